"""A small client of the Language Server Protocol over stdio, for tests: synchronous, and able to misbehave."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SERVER_PATH = str(Path(__file__).parents[2] / "server")
WAIT = 90


def capabilities(
    encoding: str = "utf-16", pull: bool = False, document: dict[str, Any] | None = None, **workspace: Any
) -> dict[str, Any]:
    """What an editor of today says that it can do; `document` and `workspace` change that."""
    document = {
        "inlayHint": {"resolveSupport": {"properties": ["tooltip"]}},
        "hover": {"contentFormat": ["markdown", "plaintext"]},
        "publishDiagnostics": {"relatedInformation": True, "versionSupport": True},
        "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "refactor"]}}},
        **(document or {}),
    }
    if pull:
        document["diagnostic"] = {}
    return {
        "general": {"positionEncodings": [encoding]},
        "textDocument": document,
        "workspace": {
            "configuration": True,
            "inlayHint": {"refreshSupport": True},
            "diagnostics": {"refreshSupport": True},
            "workspaceEdit": {"documentChanges": True},
            "didChangeWatchedFiles": {"dynamicRegistration": True},
            "didChangeConfiguration": {"dynamicRegistration": True},
            **workspace,
        },
    }


class ResponseError(Exception):
    """The server answered with an error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error['code']}: {error['message']}")
        self.code: int = error["code"]
        self.data = error.get("data")


class Client:
    """Starts a server and talks to it."""

    def __init__(self, command: list[str], encoding: str = "utf-16", settings: dict[str, Any] | None = None) -> None:
        # An empty entry would be the folder that the test is in.
        paths = [path for path in (SERVER_PATH, os.environ.get("PYTHONPATH", "")) if path]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        )
        self.encoding, self.settings = encoding, settings or {}
        self.versions: dict[str, int] = {}
        self.notifications: list[dict[str, Any]] = []
        self.requests: list[dict[str, Any]] = []
        self.replies: dict[str, Any] = {}
        self.answers: dict[str, dict[str, Any] | None] = {}  # whole answers, errors for example; None: no answer
        self.nobody: list[dict[str, Any]] = []  # errors that the server answers to the id null
        self.scoped: dict[str | None, dict[str, Any]] = {}  # settings of single folders
        self.log = b""
        self._answers: dict[Any, queue.Queue[dict[str, Any]]] = {}
        self._arrived = threading.Condition()
        self._ids = 0
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._read_log, daemon=True).start()

    # -- the wire ----------------------------------------------------------------------------------------------------

    def send(self, message: Any) -> None:
        body = json.dumps(message).encode()
        self.send_bytes(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def send_bytes(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def _read(self) -> None:
        assert self.process.stdout is not None
        while True:
            length = 0
            while header := self.process.stdout.readline().strip():
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            if not length:
                break
            self._take(json.loads(self.process.stdout.read(length)))

    def _take(self, message: dict[str, Any]) -> None:
        if "method" in message and "id" in message:
            result = None
            if message["method"] in self.replies:
                result = self.replies[message["method"]]
            if message["method"] == "workspace/configuration":
                result = [
                    self.scoped.get(item.get("scopeUri"), self.settings).get(item.get("section"))
                    for item in message["params"]["items"]
                ]
            answer = self.answers.get(message["method"], {"result": result})
            if answer is not None:
                self.send({"jsonrpc": "2.0", "id": message["id"], **answer})
        with self._arrived:
            if "method" not in message:
                waiting = self._answers.get(message["id"])
                if message["id"] is None:
                    self.nobody.append(message)
                elif waiting is not None:
                    waiting.put(message)
            else:
                (self.requests if "id" in message else self.notifications).append(message)
            self._arrived.notify_all()

    def has_logged(self, words: bytes, seconds: float = 10) -> bool:
        """Whether the server's log says so, or does so soon: it comes by a pipe of its own."""
        until = time.monotonic() + seconds
        while words not in self.log and time.monotonic() < until:
            time.sleep(0.01)
        return words in self.log

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log += line

    # -- messages ----------------------------------------------------------------------------------------------------

    def notify(self, method: str, params: Any) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, params: Any) -> int:
        """Send a request without waiting; its id."""
        self._ids += 1
        self._answers[self._ids] = queue.Queue()
        self.send({"jsonrpc": "2.0", "id": self._ids, "method": method, "params": params})
        return self._ids

    def answer(self, identity: int, timeout: float = WAIT) -> Any:
        """The answer to a request; raises ResponseError."""
        message = self._answers[identity].get(timeout=timeout)
        if "error" in message:
            raise ResponseError(message["error"])
        return message["result"]

    def request(self, method: str, params: Any) -> Any:
        return self.answer(self.ask(method, params))

    def wait_for(self, condition: Any, timeout: float = WAIT) -> Any:
        """What the condition gives as soon as it is true."""
        end = time.monotonic() + timeout
        with self._arrived:
            while True:
                result = condition()
                if result:
                    return result
                left = end - time.monotonic()
                if left <= 0:
                    raise TimeoutError(self.log.decode(errors="replace")[-3000:])
                self._arrived.wait(left)

    # -- a session ---------------------------------------------------------------------------------------------------

    def start(
        self,
        pull: bool = False,
        options: Any = None,
        root: Path | None = None,
        roots: Sequence[Path] = (),
        editor: dict[str, Any] | None = None,
        **workspace: Any,
    ) -> Any:
        """`editor` are the capabilities to tell instead of those that are put together from the rest."""
        folders = [{"uri": each.as_uri(), "name": each.name} for each in (roots or [root] if root else roots)] or None
        result = self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": root.as_uri() if root else None,
                "workspaceFolders": folders,
                "capabilities": editor or capabilities(self.encoding, pull, **workspace),
                "initializationOptions": options,
            },
        )
        self.notify("initialized", {})
        return result

    def stop(self) -> int:
        """Shut the server down; its exit status."""
        if self.process.poll() is None:
            self.request("shutdown", None)
            self.notify("exit", None)
        return self.process.wait(WAIT)

    def reset(self) -> None:
        """Close all documents and forget what was said."""
        for uri in self.versions:
            self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        self.versions.clear()
        self.hints("file:///none.py")
        self.notifications.clear()
        self.requests.clear()
        self.log = b""

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(WAIT)

    def open(self, uri: str, text: str, language: str = "python") -> None:
        self.versions[uri] = 1
        item = {"uri": uri, "languageId": language, "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, uri: str, *changes: Any) -> int:
        """Each change is a whole text, or (line, character, end_line, end_character, text)."""
        self.versions[uri] = self.versions.get(uri, 0) + 1
        listed = [{"text": change} if isinstance(change, str) else _partial(*change) for change in changes]
        identifier = {"uri": uri, "version": self.versions[uri]}
        self.notify("textDocument/didChange", {"textDocument": identifier, "contentChanges": listed})
        return self.versions[uri]

    def hints(self, uri: str, first: int = 0, last: int = 10_000) -> Any:
        return self.request("textDocument/inlayHint", hint_params(uri, first, last))

    def labels(self, uri: str) -> list[tuple[int, int, str]]:
        """Line, character and label of each hint."""
        found = self.hints(uri)
        return [(h["position"]["line"], h["position"]["character"], label_of(h)) for h in found]

    def hover(self, uri: str, line: int, character: int) -> Any:
        place = {"line": line, "character": character}
        return self.request("textDocument/hover", {"textDocument": {"uri": uri}, "position": place})

    def pull(self, uri: str, previous: str | None = None) -> Any:
        params = {"textDocument": {"uri": uri}, **({"previousResultId": previous} if previous else {})}
        return self.request("textDocument/diagnostic", params)

    def published(self, uri: str, version: int | None) -> Any:
        """The diagnostics pushed for this version."""

        def found() -> Any:
            for message in reversed(self.notifications):
                params = message["params"]
                if (
                    message["method"] == "textDocument/publishDiagnostics"
                    and params["uri"] == uri
                    and params.get("version") == version
                ):
                    return [params]
            return None

        return self.wait_for(found)[0]["diagnostics"]

    def actions(self, uri: str, line: int, only: list[str] | None = None) -> Any:
        place = {"line": line, "character": 0}
        context = {"diagnostics": [], **({"only": only} if only else {})}
        params = {"textDocument": {"uri": uri}, "range": {"start": place, "end": place}, "context": context}
        return self.request("textDocument/codeAction", params)

    def asked(self, method: str) -> int:
        """How often the server asked this of us."""
        return sum(message["method"] == method for message in self.requests)


def label_of(hint: dict[str, Any]) -> str:
    """The text of a hint, whose label may be in parts."""
    label = hint["label"]
    return label if isinstance(label, str) else "".join(part["value"] for part in label)


def hint_params(uri: str, first: int = 0, last: int = 10_000) -> dict[str, Any]:
    lines = {"start": {"line": first, "character": 0}, "end": {"line": last, "character": 0}}
    return {"textDocument": {"uri": uri}, "range": lines}


def _partial(line: int, character: int, end_line: int, end_character: int, text: str) -> dict[str, Any]:
    start, end = {"line": line, "character": character}, {"line": end_line, "character": end_character}
    return {"range": {"start": start, "end": end}, "text": text}


SHAPELENS = [sys.executable, "-m", "shapelens", "server"]
FAKE = [sys.executable, str(Path(__file__).parent / "fake_server.py")]
