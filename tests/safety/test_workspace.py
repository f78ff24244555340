"""A hostile workspace, in the server, on the command line and for the oracle: nothing in it runs or leads out of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from client import Client, hint_params

from .hostile import MODEL, Hostile, breaches, events

AUDITED = str(Path(__file__).with_name("audited.py"))
SERVER = str(Path(__file__).parents[2] / "server")
SITE = str(Path(pytest.__file__).parents[1])
LINES = MODEL.split("\n")
MADE, ASKED, WRONG = (
    next(i for i, line in enumerate(LINES) if line.startswith(name)) for name in ("y =", "asked", "wrong")
)


def served(hostile: Hostile, options: Any, settings: dict[str, Any]) -> tuple[Client, str]:
    """A server that has opened the hostile model, in its folder."""
    log = hostile.base / "server.log"
    client = Client([sys.executable, AUDITED, str(log), "server"], settings={"shapelens": settings})
    client.start(pull=True, options=options, root=hostile.root)
    uri = hostile.model.as_uri()
    client.open(uri, hostile.model.read_text())
    return client, uri


def assert_well(client: Client, uri: str) -> None:
    """It answers what it answers elsewhere."""
    labels = {line: label for line, _, label in client.labels(uri)}
    assert labels[MADE] == "→ (2, 4)"
    assert WRONG in [each["range"]["start"]["line"] for each in client.pull(uri)["items"]]
    assert client.hover(uri, MADE, 0) is not None


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        (None, {"python": "evil/bin/python3", "trusted": True}),
        ({"trusted": ["~", "/nowhere"]}, {"python": "../outside/python3"}),
        ({"trusted": True}, {}),
    ],
    ids=["silent client", "trusted elsewhere", "trusted"],
)
def test_server(hostile: Hostile, options: Any, settings: dict[str, Any]) -> None:
    client, uri = served(hostile, options, settings)
    assert_well(client, uri)
    said = [each["params"]["message"] for each in client.notifications if each["method"] == "window/showMessage"]
    assert any("[tool.shapelens]" in each for each in said)
    assert not any("](" in each or "\x1b" in each for each in said)
    log = hostile.base / "server.log"
    end, again = time.monotonic() + 100, time.monotonic() + 6
    while not any("jedi" in str(each[1]) for each in events(log)):  # imports that were not found
        assert time.monotonic() < end
        time.sleep(0.2)
        if time.monotonic() > again:  # It looks for them once nobody types, if a first analysis is done by then.
            client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
            again = time.monotonic() + 6
    assert_well(client, uri)
    assert client.stop() == 0
    assert breaches(hostile, log, options == {"trusted": True}) == []
    assert hostile.marks() == ""


def test_slow_search_for_imports(hostile: Hostile) -> None:
    log = hostile.base / "learn.log"
    run = subprocess.run(
        [sys.executable, AUDITED, log, "learn", hostile.root, hostile.model],
        env={**os.environ, "PYTHONPATH": SERVER}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert any("jedi" in each[1] for each in events(log))
    assert breaches(hostile, log, False) == []
    assert hostile.marks() == ""


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("check", "."), "reshape-mismatch"),
        (("check", ".", "--format", "github"), "::error file=model.py"),
        (("hints", "model.py", "--json", "--oracle"), '"hints": [{'),
        (("summary", "model.py::Net()", "--input", "2,3"), "Linear"),
        (("doctor",), "was not tried"),
    ],
)
def test_command_line(hostile: Hostile, command: tuple[str, ...], says: str) -> None:
    log = hostile.base / "cli.log"
    environment = {**os.environ, "PYTHONPATH": SERVER}
    run = subprocess.run(
        [sys.executable, AUDITED, str(log), *command], env=environment, capture_output=True, text=True, timeout=100
    )
    assert says in run.stdout, run.stdout + run.stderr
    assert "internal error" not in run.stderr
    # `check` forks a process for each processor, which send back what they found.
    forks = ("os.fork", "pickle.find_class")
    assert [each for each in breaches(hostile, log, True) if each[0] not in forks or "check" not in command] == []
    assert hostile.marks() == ""


def test_started_in_the_folder_as_a_module(hostile: Hostile) -> None:
    """`python -m` puts the folder first on the path: only what bears our very name can be taken for us."""
    (hostile.root / "shapelens.py").unlink()
    for name in ("sitecustomize", "usercustomize"):  # Python itself looks for these on PYTHONPATH, which is not ours
        assert (hostile.root / f"{name}.py").exists()
    run = subprocess.run(
        [sys.executable, "-m", "shapelens", "check", "model.py"],
        env={**os.environ, "PYTHONPATH": SERVER}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert "reshape-mismatch" in run.stdout, run.stdout + run.stderr
    assert hostile.marks() == ""


def real_environment(hostile: Hostile) -> Path:
    """The workspace's own environment as it looks where torch is installed: a real interpreter, by a link."""
    python = hostile.root / ".venv" / "bin" / "python"
    python.unlink()
    real = Path(os.path.realpath(sys.executable))
    python.symlink_to(real)
    for name in ("torch", "keras"):
        (hostile.site / name / "__init__.py").unlink()
        (hostile.site / name).rmdir()
    for name in ("torch-2.9.0.dist-info", "keras-3.9.0.dist-info"):
        (hostile.site / name).rmdir()
    (hostile.site / "real.pth").write_text(SITE + "\n")
    return real


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the layout of the environment")
def test_oracle_of_a_trusted_workspace(hostile: Hostile) -> None:
    """It starts the interpreter behind the link, without what the environment would have it run; it ends with the server."""
    real = real_environment(hostile)
    client, uri = served(hostile, {"trusted": [str(hostile.base)]}, {})
    end = time.monotonic() + 60
    while {line: label for line, _, label in client.labels(uri)}.get(ASKED) != "→ (3, 2)":
        assert time.monotonic() < end
        time.sleep(0.1)
    assert_well(client, uri)
    (worker,) = children(client.process.pid)
    assert os.readlink(f"/proc/{worker}/exe") == str(real)
    folder = os.readlink(f"/proc/{worker}/cwd")
    os.kill(client.process.pid, signal.SIGKILL)
    client.process.wait()
    while Path(f"/proc/{worker}").exists() or Path(folder).exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    log = hostile.base / "server.log"
    assert breaches(hostile, log, True, (str(real),)) == []
    assert hostile.marks() == ""
    assert not list(hostile.home.iterdir())


def test_oracle_of_a_workspace_that_is_not_trusted(hostile: Hostile) -> None:
    real_environment(hostile)
    client, uri = served(hostile, {"trusted": False}, {"trusted": True, "python": str(hostile.root / ".venv")})
    assert_well(client, uri)
    assert children(client.process.pid) == []
    assert client.stop() == 0
    assert breaches(hostile, hostile.base / "server.log", False) == []
    assert hostile.marks() == ""


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    if not Path("/proc/self/task").exists():
        pytest.skip("needs /proc")
    return [
        int(each) for task in Path(f"/proc/{pid}/task").iterdir() for each in (task / "children").read_text().split()
    ]


def test_nobody_who_connects_to_a_port_is_trusted(hostile: Hostile) -> None:
    real_environment(hostile)
    log, port = hostile.base / "port.log", free_port()
    command = [sys.executable, AUDITED, str(log), "server", "--tcp", "--port", str(port)]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": SERVER}, stderr=subprocess.DEVNULL)
    try:
        with connected(port) as wire:
            uri = hostile.model.as_uri()
            said = {"processId": None, "rootUri": hostile.root.as_uri(), "capabilities": {}}
            ask(wire, "initialize", {**said, "initializationOptions": {"trusted": True}}, 1)
            ask(wire, "initialized", {})
            item = {"uri": uri, "languageId": "python", "version": 1, "text": hostile.model.read_text()}
            ask(wire, "textDocument/didOpen", {"textDocument": item})
            assert ask(wire, "textDocument/inlayHint", hint_params(uri), 2)["result"]
            time.sleep(0.5)  # a worker would have been started by now
            (its_own,) = children(process.pid)  # each client has a server of its own
            assert children(its_own) == []
    finally:
        process.kill()
        process.wait()
    assert hostile.marks() == ""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def connected(port: int) -> socket.socket:
    end = time.monotonic() + 30
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 30)
        except ConnectionRefusedError:
            assert time.monotonic() < end
            time.sleep(0.1)


def ask(wire: socket.socket, method: str, params: Any, identity: int | None = None) -> Any:
    """Send a message over a socket; the answer to it, where it has an identity."""
    body = json.dumps(
        {"jsonrpc": "2.0", "method": method, "params": params} | ({"id": identity} if identity else {})
    ).encode()
    wire.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    while identity:
        with wire.makefile("rb", 0) as file:
            length = 0
            while header := file.readline().strip():
                length = int(header.split(b":")[1]) if header.startswith(b"Content-Length") else length
            data = b""
            while len(data) < length:
                data += file.read(length - len(data))
        said = json.loads(data)
        if said.get("id") == identity and "method" not in said:
            return said
    return None


@pytest.mark.parametrize(
    "name", ["huge.py", "pipe.py", "unreadable.py", "folder.py", "device.py", "round.py", "slow.py"]
)
def test_what_is_no_text_is_an_error_of_one_line(hostile: Hostile, name: str) -> None:
    from shapelens.source.reading import SourceError, read_text

    if name == "unreadable.py" and os.geteuid() == 0:
        pytest.skip("root may read everything")
    with pytest.raises(SourceError) as error:
        read_text(hostile.root / name)
    assert "\n" not in str(error.value)


def test_a_pipe_for_a_configuration(hostile: Hostile) -> None:
    from shapelens.source.configuration import read_configuration

    assert read_configuration(hostile.root / "sub").complaints == ()
    assert len(read_configuration(hostile.root).complaints) >= 5
    (hostile.root / "pyproject.toml").write_text("[tool.shapelens]\nignore = " + "[" * 20_000 + "]" * 20_000)
    assert read_configuration(hostile.root).complaints == ("pyproject.toml: nested too deeply",)


@pytest.mark.parametrize(
    ("options", "is_granted"),
    [
        (None, False), ({}, False), ([], False), ("trusted", False), ({"trusted": "true"}, False), ({"trusted": 1}, False),
        ({"trusted": True}, True), ({"shapelens": {"trusted": True}}, True), ({"shapelens.trusted": True}, True),
        # A client that says what it thinks beside settings, which may be those of the workspace.
        ({"shapelens": {"trusted": True}, "trusted": False}, False), ({"shapelens.trusted": True, "trusted": False}, False),
        ({"trusted": False, "shapelens": {"trusted": True, "shapelens": {"trusted": True}}}, False),
        ({"trusted": []}, False), ({"trusted": ["{base}"]}, True), ({"trusted": ["{base}/wor"]}, False),
        ({"trusted": ["{base}/work/../outside"]}, False), ({"trusted": ["work", ".", ""]}, False), ({"trusted": ["\0", 5, None]}, False),
    ],
)  # fmt: skip
def test_who_is_trusted(hostile: Hostile, options: Any, is_granted: bool) -> None:
    from shapelens.lsp.settings import is_trusted

    if isinstance(options, dict) and isinstance(options.get("trusted"), list):
        options = {"trusted": [str(each).format(base=hostile.base) for each in options["trusted"]]}
    assert is_trusted(options, [hostile.root]) is is_granted
    if isinstance(options, dict) and isinstance(options.get("trusted"), list):
        assert is_trusted(options, [hostile.root, Path("/nowhere")]) is False  # every folder has to be
        assert is_trusted(options, []) is False
