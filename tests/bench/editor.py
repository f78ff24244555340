"""The least of an editor: talks to `shapelens server` over stdio, one request at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


class Editor:
    """A server process with documents open in it."""

    def __init__(self, environment: dict[str, str], root: Path) -> None:
        command = [sys.executable, "-m", "shapelens", "server"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )
        self._number = 0
        self._versions: dict[Path, int] = {}
        self._lines: dict[Path, int] = {}
        capabilities = {
            "textDocument": {"diagnostic": {}, "inlayHint": {"resolveSupport": {"properties": ["tooltip"]}}},
            "general": {"positionEncodings": ["utf-16"]},
        }
        self._request("initialize", {"processId": None, "rootUri": root.as_uri(), "capabilities": capabilities})
        self._notify("initialized", {})

    def __enter__(self) -> Editor:
        return self

    def __exit__(self, *_: object) -> None:
        self._request("shutdown", None)
        self._notify("exit", None)
        self._process.wait(10)

    def open(self, path: Path, text: str) -> None:
        """Open a document."""
        self._versions[path], self._lines[path] = 1, text.count("\n")
        document = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": text}
        self._notify("textDocument/didOpen", {"textDocument": document})

    def change(self, path: Path, text: str) -> None:
        """Put another text into a document."""
        self._versions[path] += 1
        self._lines[path] = text.count("\n")
        document = {"uri": path.as_uri(), "version": self._versions[path]}
        self._notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})

    def hints(self, path: Path) -> Any:
        """All inlay hints of a document."""
        whole = {"start": {"line": 0, "character": 0}, "end": {"line": self._lines[path] + 1, "character": 0}}
        return self._request("textDocument/inlayHint", {"textDocument": {"uri": path.as_uri()}, "range": whole})

    def problems(self, path: Path) -> Any:
        """The diagnostics of a document."""
        return self._request("textDocument/diagnostic", {"textDocument": {"uri": path.as_uri()}})

    def _notify(self, method: str, params: Any) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def _request(self, method: str, params: Any) -> Any:
        self._number += 1
        self._send({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") == self._number and "method" not in message:
                if "error" in message:
                    raise RuntimeError(message["error"]["message"])
                return message["result"]
            if "id" in message:  # A request of the server's: nothing is registered or configured here.
                items = message.get("params", {}).get("items") if isinstance(message.get("params"), dict) else None
                result = [None] * len(items) if items is not None else None
                self._send({"jsonrpc": "2.0", "id": message["id"], "result": result})

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        body = json.dumps(message).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while (line := self._process.stdout.readline().strip()) or not length:
            if not line and self._process.poll() is not None:
                raise RuntimeError("the server has ended")
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        message: dict[str, Any] = json.loads(self._process.stdout.read(length))
        return message
