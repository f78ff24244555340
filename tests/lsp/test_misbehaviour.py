"""Clients that misbehave: each is answered as JSON-RPC and the Language Server Protocol say, nothing of it ends the server,
and the log says in a line what was wrong."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from client import FAKE, SHAPELENS, Client, ResponseError, capabilities, hint_params

URI = "file:///tmp/net.py"
ALIVE = "file:///tmp/alive.py"


@pytest.fixture(scope="module")
def started():
    client = Client(FAKE)
    client.start()
    yield client
    assert client.stop() == 0
    assert b"Traceback" not in client.log


@pytest.fixture
def client(started):
    yield started
    started.reset()


@pytest.fixture
def fresh():
    """A client that has not said initialize."""
    made = Client(FAKE)
    yield made
    made.kill()


def is_alive(client, uri=ALIVE):
    client.open(uri, "x = 1  #! x 2\n")
    return client.labels(uri) == [(0, 13, "→ (2,)")]


def refused(client, method, params):
    """The code of the error that a request is answered with."""
    with pytest.raises(ResponseError) as raised:
        client.request(method, params)
    return raised.value.code


def answers_to_nobody(client, count):
    """The codes of errors answered with the id null, as soon as there are so many."""
    found = client.wait_for(lambda: len(client.nobody) >= count and list(client.nobody))
    client.nobody.clear()
    return [message["error"]["code"] for message in found]


# -- the order of life -----------------------------------------------------------------------------------------------


def test_before_initialize_requests_are_refused_and_notifications_passed_over(fresh):
    assert refused(fresh, "textDocument/hover", {}) == -32002
    assert refused(fresh, "shutdown", None) == -32002
    fresh.open(URI, "x = 1  #! x 2\n")
    fresh.start()
    assert fresh.hints(URI) is None
    assert is_alive(fresh)
    assert fresh.has_logged(b"comes too early")


def test_after_shutdown_only_exit_counts(fresh):
    fresh.start()
    fresh.request("shutdown", None)
    assert refused(fresh, "shutdown", None) == -32600
    assert refused(fresh, "initialize", {"capabilities": {}}) == -32600
    fresh.open(URI, "x = 1\n")
    fresh.notify("exit", None)
    assert fresh.process.wait(10) == 0
    assert fresh.has_logged(b"comes too late")


def test_exit_without_shutdown_is_told_by_the_status():
    client = Client(SHAPELENS)
    client.notify("exit", None)
    assert client.process.wait(20) == 1


@pytest.mark.parametrize(
    "params",
    [
        {"processId": None, "rootUri": None, "capabilities": None},
        {"capabilities": {}, "workspaceFolders": None, "initializationOptions": [1, 2]},
        {},
        None,
        {"capabilities": {"general": {"positionEncodings": ["utf-7", "utf-32"]}}, "rootPath": "/nowhere/at/all"},
        {"capabilities": {"general": None, "textDocument": None, "workspace": None}, "initializationOptions": "no"},
        {"capabilities": {"textDocument": {"codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": [
            "later.kind"]}}}, "publishDiagnostics": {"tagSupport": {"valueSet": [1, 2, 99]}}, "completion": {
            "completionItemKind": {"valueSet": [1, 99]}}, "laterFeature": {"x": 1}}}},
        {"capabilities": {}, "workspaceFolders": [{"uri": "file:///nowhere", "name": "a"}, {"uri": "odd:%%", "name": ""}]},
        {"capabilities": {}, "rootUri": "untitled:x", "trace": "off", "locale": "de", "clientInfo": {"name": "x"}},
    ],
)  # fmt: skip
def test_odd_introductions_are_taken(fresh, params):
    assert fresh.request("initialize", params)["capabilities"]["inlayHintProvider"]
    fresh.notify("initialized", {})
    assert is_alive(fresh)


def test_an_introduction_of_the_wrong_form_may_be_made_again(fresh):
    assert refused(fresh, "initialize", {"capabilities": 7}) == -32602
    assert refused(fresh, "initialize", [1]) == -32602
    fresh.start()
    assert is_alive(fresh)


# -- the wire ---------------------------------------------------------------------------------------------------------


def test_what_is_no_message_is_answered_with_an_error_for_nobody(client):
    for body in (b"{nope", b"\xff\xfe", b"[" * 100_000, b'{"a": '):
        client.send_bytes(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    assert answers_to_nobody(client, 4) == [-32700] * 4
    for message in ([1, 2], 3, None, "x", {"jsonrpc": "2.0", "id": [1], "method": "shutdown"}):
        client.send(message)
    assert answers_to_nobody(client, 5) == [-32600] * 5
    assert is_alive(client)
    assert client.has_logged(b"not JSON")


def test_messages_that_are_none_are_passed_over(client):
    for message in ({}, {"jsonrpc": "2.0"}, {"jsonrpc": "2.0", "method": 3}, {"method": "exit"}, {"jsonrpc": "1.0"}):
        client.send(message)
    client.send({"jsonrpc": "2.0", "id": "never-asked", "result": 1})
    client.send({"jsonrpc": "2.0", "id": 99_999, "error": {"code": 1, "message": "x"}})
    client.send({"jsonrpc": "2.0", "id": 99_998, "error": "x"})
    assert is_alive(client)


def test_headers_of_every_kind(client):
    message = {"jsonrpc": "2.0", "method": "textDocument/didOpen"}
    item = {"uri": URI, "languageId": "python", "version": 1, "text": "x = 1  #! x 2\n"}
    body = json.dumps({**message, "params": {"textDocument": item}}).encode()
    client.send_bytes(b"garbage\r\n\r\nContent-Length: x\r\n\r\n")
    client.send_bytes(b"content-length:%d\nContent-Type: odd\n\n%s" % (len(body), body))
    assert client.labels(URI) == [(0, 13, "→ (2,)")]
    client.send_bytes(b"X" * 100_000 + b"\n" + b"Content-Length: -5\r\n\r\nContent-Length: 0\r\n\r\n")
    client.send_bytes(b"{}Content-Length: %d\r\n\r\n%s" % (len(body), body))
    assert is_alive(client)


def test_a_message_in_single_bytes_and_many_at_once(client):
    body = json.dumps({"jsonrpc": "2.0", "method": "$/nothing", "params": {"x": "é𝔸"}}, ensure_ascii=False).encode()
    whole = b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    for i in range(len(whole)):
        client.send_bytes(whole[i : i + 1])
    client.send_bytes(whole * 500)
    assert is_alive(client)


def test_a_huge_message(client):
    text = "x = 1  #! x 2\n" + "# é𝔸\n" * 200_000
    client.open(URI, text)
    assert client.hints(URI, 0, 5)[0]["label"] == "→ (2,)"
    client.change(URI, (0, 0, 0, 0, "y = 1  #! y 3\n"))
    assert len(client.hints(URI, 0, 5)) == 2
    assert is_alive(client)


def test_a_message_too_large_to_be_one_is_passed_over(fresh):
    fresh.start()
    fresh.send_bytes(b"Content-Length: 999999999999999\r\n\r\n{}")
    assert fresh.has_logged(b"is passed over")
    fresh.process.stdin.close()
    fresh.process.wait(10)


@pytest.mark.parametrize(
    "said", [b"", b"Content-Len", b"Content-Length: 500\r\n\r\n{", b'Content-Length: 9\r\n\r\n{"a": 1}']
)
def test_the_server_ends_with_its_input_wherever_that_ends(fresh, said):
    fresh.start()
    fresh.wait_for(lambda: fresh.asked("workspace/configuration") and fresh.asked("client/registerCapability"))
    time.sleep(0.05)  # it has been answered
    fresh.send_bytes(said)
    fresh.process.stdin.close()
    fresh.process.wait(10)
    assert b"Traceback" not in fresh.log


def sent(process, **message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    process.stdin.flush()


def test_the_server_ends_when_nobody_reads_any_more():
    process = subprocess.Popen(FAKE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        process.stdout.close()
        sent(process, id=0, method="initialize", params={"capabilities": capabilities()})
        process.wait(20)  # although its input is still open
    finally:
        process.kill()
        with contextlib.suppress(OSError):
            process.stdin.close()


def test_a_client_that_does_not_read_for_a_while_gets_all_later():
    process = subprocess.Popen(FAKE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        sent(process, id=0, method="initialize", params={"capabilities": capabilities()})
        text = "".join(f"x{i} = 1  #! x{i} 2\n" for i in range(400))
        item = {"uri": URI, "languageId": "python", "version": 1, "text": text}
        sent(process, method="textDocument/didOpen", params={"textDocument": item})
        for i in range(1, 40):  # some megabytes of answers, far more than a pipe holds
            sent(process, id=i, method="textDocument/inlayHint", params=hint_params(URI))
        time.sleep(1)
        found: set[object] = set()
        while len(found) < 40:
            length = 0
            while header := process.stdout.readline().strip():
                length = int(header.split(b":")[1]) if header.startswith(b"Content-Length") else length
            message = json.loads(process.stdout.read(length))
            if "method" not in message:
                assert message.get("result")
                found.add(message["id"])
    finally:
        process.kill()
        process.wait(10)
    assert found == set(range(40))


# -- parameters --------------------------------------------------------------------------------------------------------

AREA = {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}}


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("textDocument/hover", {"textDocument": {"uri": URI}, "position": {"line": "x", "character": 0}}),
        ("textDocument/hover", {"textDocument": {"uri": URI}, "position": None}),
        ("textDocument/inlayHint", {"textDocument": {"uri": URI}, "range": [0, 1]}),
        ("textDocument/codeAction", {"textDocument": {"uri": URI}, "range": AREA}),
        ("textDocument/codeLens", [URI]),
        ("workspace/executeCommand", {"command": None}),
        ("workspace/executeCommand", {"command": "shapelens.nothing"}),
        ("workspace/executeCommand", {"command": "shapelens.summary", "arguments": [7]}),
        ("workspace/executeCommand", {"command": "shapelens.summary", "arguments": [{"uri": 3}]}),
        ("workspace/executeCommand", {"command": "shapelens.rulePage", "arguments": [{"code": ["x"]}]}),
    ],
)
def test_parameters_of_wrong_types_are_refused(client, method, params):
    assert refused(client, method, params) == -32602
    assert is_alive(client)


def test_unknown_methods(client):
    assert refused(client, "shapelens/unheardOf", {}) == -32601
    assert refused(client, "$/unheardOf", {}) == -32601
    assert refused(client, "textDocument/rename", {}) in (-32601, -32602)
    client.notify("$/unheardOf", {})
    client.notify("shapelens/unheardOf", [1])
    assert is_alive(client)
    assert client.has_logged(b"shapelens/unheardOf is unknown")


@pytest.mark.parametrize("character", [-1, -(10**9), 10**9, 2**31 - 1])
def test_places_outside_of_the_text(client, character):
    client.open(URI, "x = 1  #! x 2\nb()  #? bad\n")
    for line in (-1, -(10**9), 0, 1, 2, 10**9):
        place = {"line": line, "character": character}
        for ask in (
            lambda: client.hover(URI, line, character),
            lambda: client.request(
                "textDocument/inlayHint", {"textDocument": {"uri": URI}, "range": {"start": place, "end": place}}
            ),
            lambda: client.request(
                "textDocument/codeAction",
                {"textDocument": {"uri": URI}, "range": {"start": place, "end": place}, "context": {"diagnostics": []}},
            ),
        ):
            try:
                ask()
            except ResponseError as error:
                assert error.code == -32602
    client.change(URI, (-5, character, -1, -1, "z = 1  #! z 4\n"))
    assert len(client.labels(URI)) >= 1
    assert is_alive(client)


def test_ranges_the_wrong_way_round(client):
    client.open(URI, "x = 1  #! x 2\ny = 1  #! y 3\n")
    params = {"textDocument": {"uri": URI}, "range": {"start": AREA["end"], "end": AREA["start"]}}
    assert client.request("textDocument/inlayHint", params) == []
    assert not client.request("textDocument/codeAction", {**params, "context": {"diagnostics": []}})
    client.change(URI, (1, 0, 0, 0, ""))
    assert is_alive(client)


def test_documents_opened_twice_closed_twice_and_never(client):
    client.open(URI, "x = 1  #! x 2\n")
    client.open(URI, "y = 1  #! y 3\n")
    assert client.labels(URI) == [(0, 13, "→ (3,)")]
    for _ in range(2):
        client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    assert client.hints(URI) is None
    client.change(URI, (0, 0, 0, 1, "z"))
    assert client.hints(URI) is None
    assert is_alive(client)
    assert client.has_logged(b"change of a document that is not open")


@pytest.mark.parametrize("version", [1, 0, -3, 5, None, "x", 1.5])
def test_versions_of_every_kind(client, version):
    client.open(URI, "x = 1  #! x 2\n")
    change = {"contentChanges": [{"text": "x = 1  #! x 7\n"}]}
    client.notify("textDocument/didChange", {"textDocument": {"uri": URI, "version": version}, **change})
    assert client.labels(URI)[0][2] in ("→ (7,)", "→ (2,)")
    client.notify("textDocument/didChange", {"textDocument": {"uri": URI}, **change})
    assert is_alive(client)


def test_ids_used_twice_and_cancelled_late(client):
    client.open(URI, "SLOW\n")
    number = client.ask("textDocument/inlayHint", hint_params(URI))
    client.send({"jsonrpc": "2.0", "id": number, "method": "textDocument/hover", "params": {
        "textDocument": {"uri": ALIVE}, "position": {"line": 0, "character": 0}}})  # fmt: skip
    assert client.answer(number) is None  # the hover
    client.notify("$/cancelRequest", {"id": number})
    client.notify("$/cancelRequest", {"id": number})
    client.notify("$/cancelRequest", {"id": "never"})
    client.notify("$/cancelRequest", {})
    client.change(URI, "x = 1  #! x 2\n")
    assert is_alive(client)


@pytest.mark.parametrize(
    "uri",
    ["untitled:Untitled-1", "git:/a/b.py?%7B%22ref%22%3A%22HEAD%22%7D", "vscode-notebook-cell:/n.ipynb#W0", "file:///a%00b.py",
     "file:///%ff%fe.py", "file://host/share/a.py", "file:///c%3A/x.py", "FILE:///A.py", "file:///tmp/%2e%2e/a.py", "://", "%",
     "file:///" + "a" * 5000 + ".py", "http://[::1", "file:///tmp/", "file:///tmp"],
)  # fmt: skip
def test_uris_of_every_kind(client, uri):
    client.open(uri, "x = 1  #! x 2\nb()  #? bad\n")
    assert client.labels(uri) == [(0, 13, "→ (2,)")]
    assert len(client.published(uri, 1)) == 1
    client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": uri, "type": 3}]})
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert is_alive(client)


def test_folders_come_and_go_that_nobody_knows(client):
    for added, removed in (
        ([], ["file:///never"]),
        (["file:///nowhere", "odd:x"], []),
        ([], ["file:///nowhere", "odd:x"]),
    ):
        event = {"added": [{"uri": u, "name": ""} for u in added], "removed": [{"uri": u, "name": ""} for u in removed]}
        client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    assert is_alive(client)


# -- answers of the client ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer", [None, [], {}, 7, "x", [None], [7], [[]], [{"inlayHints": 3, "python": []}], [{}, {}]]
)
def test_settings_of_every_kind(fresh, answer):
    fresh.answers["workspace/configuration"] = {"result": answer}
    fresh.start()
    assert is_alive(fresh)


@pytest.mark.parametrize("silent", ["workspace/configuration", "client/registerCapability"])
def test_a_client_that_never_answers(fresh, silent):
    fresh.answers[silent] = None
    fresh.start()
    fresh.wait_for(lambda: fresh.asked("workspace/configuration") and fresh.asked("client/registerCapability"))
    assert is_alive(fresh)


def test_a_client_that_answers_with_errors(fresh):
    error = {"error": {"code": -32601, "message": "what?"}}
    for method in ("workspace/configuration", "client/registerCapability", "workspace/inlayHint/refresh"):
        fresh.answers[method] = error
    fresh.start()
    assert is_alive(fresh)
    fresh.notify("textDocument/didSave", {"textDocument": {"uri": URI}})
    fresh.notify("workspace/didChangeConfiguration", {"settings": 3})
    assert fresh.has_logged(b"the client does not tell its settings: what?")
    assert is_alive(fresh)


# -- the real server ---------------------------------------------------------------------------------------------------


def test_files_that_are_none_or_are_gone(tmp_path: Path):
    """A folder opened as a file, a file deleted while it is open, and one that it imports."""
    (tmp_path / "sizes.py").write_text("WIDTH = 3\n")
    text = "import torch\nfrom sizes import WIDTH\nx = torch.zeros(2, WIDTH)\n"
    (tmp_path / "net.py").write_text(text)
    client = Client(SHAPELENS, settings={"shapelens": {"python": sys.executable}})
    try:
        client.start(root=tmp_path)
        client.open(tmp_path.as_uri(), text)
        assert [label for *_, label in client.labels(tmp_path.as_uri())] == ["→ (2, 3)"]
        uri = (tmp_path / "net.py").as_uri()
        client.open(uri, text)
        assert [label for *_, label in client.labels(uri)] == ["→ (2, 3)"]
        for name in ("net.py", "sizes.py"):
            os.unlink(tmp_path / name)
            changes = [{"uri": (tmp_path / name).as_uri(), "type": 3}]
            client.notify("workspace/didChangeWatchedFiles", {"changes": changes})
        assert client.labels(uri) == []
        client.change(uri, (2, 20, 2, 25, "7"))
        client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        assert client.labels(uri) == []  # it is obvious
        client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        assert client.hints(uri) is None
        assert client.stop() == 0
        assert b"Traceback" not in client.log
    finally:
        client.kill()


class Caller:
    """A client on a socket."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.file = self.socket.makefile("rb")
        self.ids = 0

    def send(self, **message) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.socket.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def request(self, method, params=None):
        self.ids += 1
        self.send(id=self.ids, method=method, params=params)
        while True:
            length = 0
            while header := self.file.readline().strip():
                length = int(header.split(b":")[1]) if header.startswith(b"Content-Length") else length
            message = json.loads(self.file.read(length))
            if message.get("id") == self.ids and "method" not in message:
                return message["result"]

    def hints(self, text):
        item = {"uri": URI, "languageId": "python", "version": 1, "text": text}
        self.send(method="textDocument/didOpen", params={"textDocument": item})
        return [hint["label"] for hint in self.request("textDocument/inlayHint", hint_params(URI))]

    def close(self) -> None:
        self.file.close()
        self.socket.close()


def test_clients_on_sockets_at_once_and_one_after_another():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([*SHAPELENS, "--tcp", "--port", str(port)], stderr=subprocess.DEVNULL)
    try:
        callers = []
        until = time.monotonic() + 30
        while not callers:
            try:
                callers.append(Caller(port))
            except OSError:
                assert time.monotonic() < until
                time.sleep(0.05)
        callers.append(Caller(port))
        first, second = callers
        for caller in callers:
            caller.request("initialize", {"capabilities": {}})
        program = "import torch\nn = {}\nx = torch.zeros(2, n)\n"
        assert first.hints(program.format(3)) == ["→ (2, 3)"]
        assert second.hints(program.format(4)) == ["→ (2, 4)"]  # the same document, but not the same client
        first.close()
        assert second.hints(program.format(5)) == ["→ (2, 5)"]
        assert second.request("shutdown") is None
        second.send(method="exit")
        assert second.file.read() == b""
        second.close()
        third = Caller(port)
        third.request("initialize", {"capabilities": {}})
        assert third.hints(program.format(6)) == ["→ (2, 6)"]
        third.close()
        assert process.poll() is None
    finally:
        process.kill()
        process.wait(10)
