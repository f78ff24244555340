"""The least of an editor: talks to a language server over stdio, and notes when each answer has come in."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_TIMINGS = "$/logTrace"
_PUBLISHED = "textDocument/publishDiagnostics"
_SEVERAL = "workspace/configuration"


class Editor:
    """A server process with documents open in it. `pulls`: asks for diagnostics, where others are told of them."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        root: Path,
        pulls: bool = True,
        settings: object = None,
    ) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environment),
            cwd=root,
        )
        self._settings = settings
        self._number = 0
        self._texts: dict[Path, str] = {}
        self._versions: dict[Path, int] = {}
        self.split: dict[str, float] = {}
        """What the server said last of the parts of an analysis, in milliseconds."""
        document: dict[str, Any] = {"inlayHint": {"resolveSupport": {"properties": ["tooltip"]}}}
        document["publishDiagnostics"] = {"relatedInformation": True, "versionSupport": True}
        if pulls:
            document["diagnostic"] = {}
        capabilities = {
            "textDocument": document,
            "general": {"positionEncodings": ["utf-16"]},
            "workspace": {"configuration": True, "workspaceFolders": True},
        }
        folders = [{"uri": root.as_uri(), "name": root.name}]
        parameters = {"processId": None, "rootUri": root.as_uri(), "workspaceFolders": folders}
        self.request("initialize", {**parameters, "capabilities": capabilities, "trace": "verbose"})
        self.notify("initialized", {})

    def __enter__(self) -> Editor:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.request("shutdown", None)
            self.notify("exit", None)
            self._process.wait(10)
        except Exception:
            self._process.kill()
            self._process.wait()

    # -- documents ---------------------------------------------------------------------------------------------------

    def open(self, path: Path) -> None:
        """Open a document as it is on the disk."""
        text = path.read_text("utf-8")
        self._texts[path], self._versions[path] = text, 1
        document = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def close(self, path: Path) -> None:
        """Close a document: its file counts again as it is on the disk."""
        del self._texts[path], self._versions[path]
        self.notify("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})

    def change(self, path: Path, text: str) -> float:
        """Put another text into a document: as an editor does, by what has changed. When that was sent."""
        before, self._texts[path] = self._texts[path], text
        self._versions[path] += 1
        document = {"uri": path.as_uri(), "version": self._versions[path]}
        change = _change(before, text)
        sent = time.perf_counter()
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
        return sent

    # -- answers -----------------------------------------------------------------------------------------------------

    def ask_hints(self, path: Path) -> int:
        """Ask for all inlay hints of a document; the request's number."""
        lines = self._texts[path].count("\n") + 1
        whole = {"start": {"line": 0, "character": 0}, "end": {"line": lines, "character": 0}}
        return self._ask("textDocument/inlayHint", {"textDocument": {"uri": path.as_uri()}, "range": whole})

    def ask_problems(self, path: Path) -> int:
        """Ask for the diagnostics of a document; the request's number."""
        return self._ask("textDocument/diagnostic", {"textDocument": {"uri": path.as_uri()}})

    def wait(self, requests: Sequence[int] = (), pushed: Path | None = None) -> tuple[list[float], float]:
        """When each request was answered, and when the diagnostics of a document's newest version were told.

        Seconds of `time.perf_counter`.
        """
        answered: dict[int, float] = {}
        told = 0.0
        while len(answered) < len(requests) or (pushed is not None and not told):
            message = self._receive()
            now = time.perf_counter()
            if message.get("id") in requests and "method" not in message:
                if "error" in message:
                    raise RuntimeError(message["error"]["message"])
                answered[message["id"]] = now
            elif message.get("method") == _PUBLISHED and pushed is not None:
                said = message["params"]
                if said["uri"] == pushed.as_uri() and said.get("version") in (None, self._versions[pushed]):
                    told = now
        return [answered[request] for request in requests], told

    def request(self, method: str, params: Any) -> Any:
        """The answer to a request."""
        number = self._ask(method, params)
        while True:
            message = self._receive()
            if message.get("id") == number and "method" not in message:
                if "error" in message:
                    raise RuntimeError(message["error"]["message"])
                return message["result"]

    def hints(self, path: Path) -> Any:
        """All inlay hints of a document."""
        lines = self._texts[path].count("\n") + 1
        whole = {"start": {"line": 0, "character": 0}, "end": {"line": lines, "character": 0}}
        return self.request("textDocument/inlayHint", {"textDocument": {"uri": path.as_uri()}, "range": whole})

    # -- the process -------------------------------------------------------------------------------------------------

    def processor_seconds(self) -> float:
        """What the server has used of the processors so far; 0 where the system does not say."""
        tasks = Path("/proc", str(self._process.pid), "task")
        try:
            return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9
        except (OSError, ValueError, IndexError):
            return 0.0

    def memory(self) -> tuple[float, float]:
        """Megabytes of memory that the server has now, and that it had at most; zeros where the system does not say."""
        try:
            said = Path("/proc", str(self._process.pid), "status").read_text()
        except OSError:
            return 0.0, 0.0
        values = dict(line.split(":", 1) for line in said.splitlines())
        return tuple(int(values[key].split()[0]) / 1024 for key in ("VmRSS", "VmHWM"))  # type: ignore[return-value]

    # -- messages ----------------------------------------------------------------------------------------------------

    def notify(self, method: str, params: Any) -> None:
        """Tell the server something."""
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def _ask(self, method: str, params: Any) -> int:
        self._number += 1
        self._send({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        return self._number

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        body = json.dumps(message).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        """The next message; a request of the server's is answered on the way."""
        assert self._process.stdout is not None
        length = 0
        while (line := self._process.stdout.readline().strip()) or not length:
            if not line and self._process.poll() is not None:
                raise RuntimeError("the server has ended")
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        message: dict[str, Any] = json.loads(self._process.stdout.read(length))
        if message.get("method") == _TIMINGS:
            self.split = _numbers(message["params"].get("verbose") or "")
        elif "id" in message and "method" in message:
            is_several = message["method"] == _SEVERAL
            result = [self._settings] * len(message["params"]["items"]) if is_several else None
            self._send({"jsonrpc": "2.0", "id": message["id"], "result": result})
        return message


def _numbers(said: str) -> dict[str, float]:
    """`parse 0.3, module 4.1` as a table; empty for any other text."""
    found = {}
    for part in said.split(", "):
        name, _, number = part.partition(" ")
        try:
            found[name] = float(number.split()[0])
        except (ValueError, IndexError):
            return {}
    return found


def _change(before: str, after: str) -> dict[str, Any]:
    """The one change that makes a text of another."""
    least = min(len(before), len(after))
    start = next((i for i in range(least) if before[i] != after[i]), least)
    end = 0
    while end < least - start and before[-1 - end] == after[-1 - end]:
        end += 1
    span = {"start": _position(before, start), "end": _position(before, len(before) - end)}
    return {"range": span, "text": after[start : len(after) - end]}


def _position(text: str, offset: int) -> dict[str, int]:
    line_start = text.rfind("\n", 0, offset) + 1
    units = len(text[line_start:offset].encode("utf-16-le")) // 2
    return {"line": text.count("\n", 0, offset), "character": units}
