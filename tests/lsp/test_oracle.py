"""The oracle behind the server: hints that come when it has answered, and when it is not asked at all."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from client import Client

COMMAND = [sys.executable, str(Path(__file__).parents[1] / "ruleless.py"), "server"]
TEXT = "import torch\nx = torch.rand(4, 6)\ny = torch.roll(x, 1).T\nz = torch.nn.Linear(5, 2)(y)\n"
SHAPE = "→ (6, 4)"


@pytest.fixture(params=[True, False], ids=["pull", "push"])
def client(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = Client(COMMAND, settings={"shapelens": {"python": sys.executable}})
    made.pulls, made.root = request.param, tmp_path / "project"
    made.root.mkdir()
    yield made
    assert made.stop() == 0


def codes(client: Client, uri: str) -> list[str]:
    found = client.pull(uri)["items"] if client.pulls else client.published(uri, client.versions[uri])
    return [each["code"] for each in found]


def labels(client: Client, uri: str) -> dict[int, str]:
    return {line: label for line, _, label in client.labels(uri)}


def workers(client: Client) -> list[int]:
    """The processes that the server has started."""
    if not Path("/proc/self/task").exists():
        pytest.skip("needs /proc")
    found: list[int] = []
    for task in Path(f"/proc/{client.process.pid}/task").iterdir():
        found += map(int, (task / "children").read_text().split())
    return found


def test_hints_and_problems_come_with_the_answer(client: Client) -> None:
    client.start(pull=client.pulls, options={"trusted": True}, root=client.root)
    uri = (client.root / "a.py").as_uri()
    client.open(uri, TEXT)
    assert labels(client, uri).get(2) != SHAPE  # nobody waits for the answer
    end = time.monotonic() + 60
    while labels(client, uri).get(2) != SHAPE:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert client.wait_for(lambda: client.asked("workspace/inlayHint/refresh"))
    while codes(client, uri) != ["feature-mismatch"]:
        assert time.monotonic() < end
        time.sleep(0.05)
    client.change(uri, TEXT.replace("4, 6", "4, 5").replace(".T", ""))
    while labels(client, uri).get(2) != "→ (4, 5)":
        assert time.monotonic() < end
        time.sleep(0.05)
    (worker,) = workers(client)
    assert client.stop() == 0
    with pytest.raises(OSError, match=r".*"):
        os.kill(worker, 0)


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        (None, {}),
        ({"trusted": False}, {}),
        ({"trusted": "yes"}, {}),
        ({"shapelens": {"oracle": "auto"}}, {}),
        (None, {"trusted": True}),  # what a file in the workspace may say
        ({"trusted": True}, {"oracle": "off"}),
        ({"trusted": True, "oracle": "off"}, {"oracle": "off"}),
    ],
)
@pytest.mark.parametrize("client", [True], indirect=True)
def test_nothing_is_asked_without_trust_or_by_setting(client: Client, options: Any, settings: dict[str, Any]) -> None:
    client.settings["shapelens"].update(settings)
    client.start(pull=True, options=options, root=client.root)
    uri = (client.root / "a.py").as_uri()
    client.open(uri, TEXT)
    assert labels(client, uri).get(2) != SHAPE
    assert codes(client, uri) == []
    assert workers(client) == []


@pytest.mark.parametrize("client", [True], indirect=True)
def test_it_can_be_switched_off_and_on(client: Client) -> None:
    client.start(pull=True, options={"trusted": True}, root=client.root)
    uri = (client.root / "a.py").as_uri()
    client.open(uri, TEXT)
    end = time.monotonic() + 60
    while labels(client, uri).get(2) != SHAPE:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert workers(client)
    client.settings["shapelens"]["oracle"] = "off"
    client.notify("workspace/didChangeConfiguration", {"settings": {}})
    while labels(client, uri).get(2) == SHAPE or workers(client):
        assert time.monotonic() < end
        time.sleep(0.05)
    client.settings["shapelens"]["oracle"] = "auto"
    client.notify("workspace/didChangeConfiguration", {"settings": {}})
    while labels(client, uri).get(2) != SHAPE:
        assert time.monotonic() < end
        time.sleep(0.05)
