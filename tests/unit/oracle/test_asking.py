"""The oracle as the interpreter meets it: never waiting, remembering, giving up in time; and right, by real torch."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from shapelens.dims import Dim, Symbol, evaluate, substitute, symbol, symbols
from shapelens.oracle import asking
from shapelens.oracle.asking import Oracle
from shapelens.oracle.cache import LARGEST_FILE, Cache
from shapelens.oracle.process import Worker, WorkerFailed
from shapelens.values import Tensor
from shapelens.values.text import shape_text

from .conftest import PYTHON, SITES, written
from .test_process import HELLO

B, H, W = symbol("B"), symbol("H"), symbol("W")


def T(*dims: Dim, dtype: str | None = "float32") -> Tensor:
    return Tensor(dims, dtype)


def told(oracle: Oracle, path: str, *args: Any, made_of: Any = None, **kwargs: Any) -> Any:
    """What the oracle says in the end."""
    oracle.ask(path, args, kwargs, made_of)
    assert oracle.wait(60)
    return oracle.ask(path, args, kwargs, made_of)


def texts(value: Any) -> Any:
    if isinstance(value, Tensor):
        return f"{shape_text(value.shape)} {value.dtype}"
    return [texts(each) for each in value] if isinstance(value, (tuple, list)) else value


# -- what it says ------------------------------------------------------------------------------------------------------

ANSWERS: list[tuple[str, tuple[Any, ...], dict[str, Any], Any]] = [
    ("torch.roll", (T(B, 3), 1), {}, "(B, 3) float32"),
    ("torch.roll", (T(B, 3, dtype=None), 1), {}, "(B, 3) None"),
    ("torch.isnan", (T(B, 3, dtype=None),), {}, "(B, 3) bool"),
    ("torch.pixel_unshuffle", (T(B, 3, H, W), 2), {}, "(B, 12, ⌊H/2⌋, ⌊W/2⌋) float32"),
    ("torch.pixel_unshuffle", (T(B, 3, 2 * H, 4 * W), 2), {}, "(B, 12, H, 2·W) float32"),
    ("torch.nn.functional.max_pool2d", (T(B, 3, H, W), 3, 2, 1), {}, "(B, 3, ⌈H/2⌉, ⌈W/2⌉) float32"),
    ("torch.flatten", (T(B, 3, H, W), 1), {}, "(B, 3·H·W) float32"),
    ("torch.cat", ([T(B, H), T(B, W)], 1), {}, "(B, H + W) float32"),
    ("torch.Tensor.unfold", (T(B, H), 1, 4, 2), {}, "(B, ⌊H/2⌋ - 1, 4) float32"),
    ("torch.eye", (B,), {}, "(B, B) float32"),
    ("torch.zeros", (B, 3), {"dtype": None, "device": "cuda"}, "(B, 3) float32"),
    ("torch.max", (T(B, 5), 1), {}, ["(B,) float32", "(B,) int64"]),
    (
        "torch.linalg.svd", (T(B, H, W),), {"full_matrices": False},
        ["(B, H, min(H, W)) float32", "(B, min(H, W)) float32", "(B, min(H, W), W) float32"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("path", "args", "kwargs", "expected"), ANSWERS, ids=lambda case: str(case)[:30])
def test_answers(oracle: Oracle, path: str, args: Any, kwargs: Any, expected: Any) -> None:
    assert texts(told(oracle, path, *args, **kwargs)) == expected


def test_names_of_results(oracle: Oracle) -> None:
    assert told(oracle, "torch.linalg.svd", T(B, 4, 5)).names == ("U", "S", "Vh")


def test_layers(oracle: Oracle) -> None:
    found = told(oracle, "torch.nn.Bilinear", T(B, 3), T(B, 4), made_of=((3, 4), {"out_features": 7}))
    assert texts(found) == "(B, 7) float32"
    assert told(oracle, "torch.nn.Bilinear", T(B, 3), T(B, 5), made_of=((3, 4, 7), {})) is None
    assert told(oracle, "torch.nn.Bilinear", T(B, 3), T(B, 4)) is None


@pytest.mark.parametrize(
    ("path", "args"),
    [
        ("torch.squeeze", (T(B, 3),)),  # a batch of one loses its dim
        ("torch.add", (T(B, 3), T(H, 3))),  # B and H are equal, or one of them is 1
        ("torch.add", (T(B, 3), T(4, 3))),
        ("torch.add", (T(3), T(4))),  # fails always
        ("torch.chunk", (T(B, H), 3, 1)),  # of two or three
        ("torch.nonzero", (T(B, 3),)),
        ("torch.unique", (T(B),)),
        ("torch.masked_select", (T(B), T(B, dtype="bool"))),
        ("torch.bincount", (T(B, dtype="int64"),)),
        ("torch.Tensor.to_sparse", (T(B, 3),)),
        ("torch.numel", (T(B),)),
        ("torch.is_tensor", (T(B),)),
        ("torch.load", ("x",)),
        ("torch.no_such_function", (T(B),)),
    ],
)
def test_what_has_no_one_answer_is_unknown(oracle: Oracle, path: str, args: Any) -> None:
    assert told(oracle, path, *args) is None
    assert not oracle.problem


RUNS: list[tuple[str, Any, list[Any], dict[str, Any]]] = [
    ("torch.fft.rfft", torch.fft.rfft, [T(B, H)], {}),
    ("torch.kron", torch.kron, [T(B, 3), T(H, W)], {}),
    ("torch.diff", torch.diff, [T(B, H)], {"n": 2}),
    ("torch.tensordot", torch.tensordot, [T(B, H, 4), T(4, W)], {"dims": 1}),
    ("torch.nn.functional.fold", torch.nn.functional.fold, [T(B, 12, 30)], {"output_size": (6, 7), "kernel_size": 2}),
    ("torch.nn.functional.unfold", torch.nn.functional.unfold, [T(B, 3, H, 8)], {"kernel_size": 2, "stride": 2}),
    ("torch.nn.functional.interpolate", torch.nn.functional.interpolate, [T(B, 3, H, W)], {"scale_factor": 2}),
    ("torch.nn.functional.avg_pool1d", torch.nn.functional.avg_pool1d, [T(B, 3, H), 4], {"stride": 3, "ceil_mode": True}),
    ("torch.repeat_interleave", torch.repeat_interleave, [T(B, H), 3], {"dim": 1}),
    ("torch.cartesian_prod", torch.cartesian_prod, [T(B), T(H)], {}),
    ("torch.block_diag", torch.block_diag, [T(B, 2), T(H, W)], {}),
    ("torch.trapezoid", torch.trapezoid, [T(B, H, 3)], {"dim": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "real", "args", "kwargs"), RUNS, ids=[case[0] for case in RUNS])
def test_answers_hold_for_real_tensors(oracle: Oracle, path: str, real: Any, args: Any, kwargs: Any) -> None:
    found = told(oracle, path, *args, **kwargs)
    assert isinstance(found, Tensor), texts(found)
    assert isinstance(found.shape, tuple)
    rng = random.Random(path)
    tried = 0
    for _ in range(12):
        at: dict[Symbol, int] = {each: rng.randint(1, 40) for dim in (B, H, W) for each in symbols(dim)}
        sizes = [torch.ones([evaluate(d, at) for d in arg.shape]) if isinstance(arg, Tensor) else arg for arg in args]
        try:
            result = real(*sizes, **kwargs)
        except RuntimeError:
            continue
        tried += 1
        assert [substitute(d, at) for d in found.shape] == list(result.shape), at
        assert f"torch.{found.dtype}" == str(result.dtype)
    assert tried > 3


# -- how it goes about it ----------------------------------------------------------------------------------------------


class Starts:
    """Counts workers; each runs a script."""

    def __init__(self, script: Path) -> None:
        self.script, self.count = script, 0

    def __call__(self) -> Worker:
        self.count += 1
        return Worker(PYTHON, SITES, script=self.script)


ROLL = "say(json.dumps({'id': 1, 'results': [['x', [3], 'float32']], 'checks': []}))\nsys.stdin.readline()\n"


def scripted(tmp_path: Path, script: str, **more: Any) -> tuple[Oracle, Starts]:
    starts = Starts(written(tmp_path / "worker.py", HELLO + script))
    return Oracle(PYTHON, SITES, tmp_path / "cache", start=starts, **more), starts


def test_asking_never_waits(tmp_path: Path) -> None:
    oracle, starts = scripted(tmp_path, "time.sleep(60)")
    started = time.monotonic()
    for size in range(200):
        assert oracle.ask("torch.roll", (T(size), 1), {}) is None
    assert time.monotonic() - started < 1
    assert not oracle.wait(0.01)
    oracle.close()
    assert oracle.wait(1)
    assert starts.count <= 1


def test_it_says_when_answers_have_come(tmp_path: Path) -> None:
    arrived = threading.Event()
    oracle, _ = scripted(tmp_path, ROLL, arrived=arrived.set)
    before = oracle.generation
    assert oracle.ask("torch.roll", (T(3), 1), {}) is None
    assert arrived.wait(20)
    assert oracle.generation > before
    assert texts(oracle.ask("torch.roll", (T(3), 1), {})) == "(3,) float32"
    oracle.close()


def test_answers_are_kept_for_other_processes(tmp_path: Path) -> None:
    first, _ = scripted(tmp_path, ROLL)
    assert told(first, "torch.roll", T(3), 1) is not None
    first.close()
    second, starts = scripted(tmp_path, "time.sleep(60)")
    assert second.may_ask("torch.roll")
    assert texts(second.ask("torch.roll", (T(3), 1), {})) == "(3,) float32"
    second.close()
    assert starts.count == 0


@pytest.mark.parametrize("script", ["os._exit(1)", "say('garbage')", "os.close(1)"])
def test_it_gives_up_after_some_failures(tmp_path: Path, script: str) -> None:
    oracle, starts = scripted(tmp_path, script)
    for size in range(10):
        assert told(oracle, "torch.roll", T(size), 1) is None
    assert starts.count == asking.MOST_FAILURES
    assert oracle.problem.startswith("given up after 3 failures")
    oracle.close()


def test_a_question_that_kills_the_worker_costs_itself_only(tmp_path: Path) -> None:
    script = (
        "import pathlib\np = pathlib.Path(__file__).with_name('died')\n"
        "if not p.exists():\n    p.touch()\n    os._exit(1)\n"
    ) + ROLL
    oracle, starts = scripted(tmp_path, script)
    assert told(oracle, "torch.roll", T(3), 1) is None
    assert told(oracle, "torch.roll", T(3), 2) is not None
    assert told(oracle, "torch.roll", T(3), 1) is None  # not asked again
    assert starts.count == 2
    assert not oracle.problem
    oracle.close()


def test_a_worker_that_does_not_start_is_not_started_again(tmp_path: Path) -> None:
    def start() -> Worker:
        starts.append(1)
        raise WorkerFailed("no")

    starts: list[int] = []
    oracle = Oracle(PYTHON, SITES, tmp_path, start=start)
    for size in range(5):
        assert told(oracle, "torch.roll", T(size), 1) is None
    assert (len(starts), oracle.problem) == (1, "no")


def test_without_torch_nothing_is_started(tmp_path: Path) -> None:
    oracle = Oracle(PYTHON, [str(tmp_path)], tmp_path / "cache")
    assert oracle.problem == "no torch in this environment"
    assert not oracle.may_ask("torch.roll")
    assert oracle.ask("torch.roll", (T(3), 1), {}) is None
    assert oracle.wait(0)
    assert oracle._thread is None


def test_an_idle_worker_ends_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "IDLE_SECONDS", 0.05)
    oracle, starts = scripted(tmp_path, ROLL)
    assert told(oracle, "torch.roll", T(3), 1) is not None
    end = time.monotonic() + 10
    while oracle._worker is not None and time.monotonic() < end:
        time.sleep(0.01)
    assert oracle._worker is None
    assert told(oracle, "torch.roll", T(3), 2) is not None
    assert starts.count == 2
    oracle.close()


# -- the cache ---------------------------------------------------------------------------------------------------------


def test_a_damaged_cache_is_no_harm(tmp_path: Path) -> None:
    first, _ = scripted(tmp_path, ROLL)
    told(first, "torch.roll", T(3), 1)
    first.close()
    (file,) = (tmp_path / "cache").glob("*.jsonl")
    key = json.dumps([json.loads(line)[0] for line in file.read_text().splitlines()][-1])
    with open(file, "ab") as stream:
        stream.write(b"\xff\xfe\n{}\n[1]\n[[" * 3 + b"\n[" + key.encode() + b',["x",[["s",7]],3]]\n' + b"[" * 100_000)
    second, starts = scripted(tmp_path, "time.sleep(60)")
    assert second.may_ask("torch.roll")
    assert second.ask("torch.roll", (T(3), 1), {}) is None
    assert starts.count == 0
    second.close()


def test_a_cache_that_cannot_be_written_is_no_harm(tmp_path: Path) -> None:
    written(tmp_path / "cache", "a file where the folder should be")
    oracle, _ = scripted(tmp_path, ROLL)
    assert told(oracle, "torch.roll", T(3), 1) is not None
    oracle.close()


def test_a_cache_is_bounded_and_keeps_the_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Cache(tmp_path, "2.0")
    cache.add_names(frozenset({"torch.roll"}))
    monkeypatch.setattr("shapelens.oracle.cache.LARGEST_FILE", 2000)
    for number in range(300):
        cache.add({f"key {number}": ["x", [number], None]})
        assert cache.path.stat().st_size <= 2100
    answers, names = cache.load()
    assert names == {"torch.roll"}
    assert answers["key 299"] == ["x", [299], None]
    assert "key 0" not in answers
    assert LARGEST_FILE > 2000
    for number in range(20):
        Cache(tmp_path, f"2.{number}").add({"a": None})
    assert len(list(tmp_path.iterdir())) <= 6


def test_each_version_has_its_own_answers(tmp_path: Path) -> None:
    Cache(tmp_path, "2.0/../../x").add({"a": 1})
    assert [file.parent for file in tmp_path.rglob("*.jsonl")] == [tmp_path]
    assert Cache(tmp_path, "2.1").load() == ({}, None)


def test_dims_that_are_made_of_others(oracle: Oracle) -> None:
    rows, columns = (H + 6) // 7, (W + 6) // 7
    found = told(oracle, "torch.Tensor.reshape", T(B, rows, columns, 7, 7, 192), B * rows * columns, 49, 192)
    assert texts(found) == "(B·⌈H/7⌉·⌈W/7⌉, 49, 192) float32"
    assert texts(told(oracle, "torch.cat", [T(B, H), T(B, H)], 1)) == "(B, 2·H) float32"


def test_a_slow_answer_is_asked_again_another_time(tmp_path: Path) -> None:
    late = ROLL.replace("'checks'", "'late': True, 'checks'").replace("['x', [3], 'float32']", "['!', 'TimeoutError']")
    first, _ = scripted(tmp_path, late)
    assert told(first, "torch.roll", T(3), 1) is None
    first.close()
    second, starts = scripted(tmp_path, ROLL)
    assert texts(told(second, "torch.roll", T(3), 1)) == "(3,) float32"
    assert starts.count == 1
    second.close()


def test_a_loop_over_a_long_axis_ends_in_time(oracle: Oracle) -> None:
    started = time.monotonic()
    told(oracle, "torch.nn.LSTM", T(B, H, 3), made_of=((3, 4), {"batch_first": True}))
    assert time.monotonic() - started < 20
    assert not oracle.problem
    assert oracle._failures == 0


def test_a_worker_whose_server_was_killed_ends_too(tmp_path: Path) -> None:
    text = (
        "import site, sys, tempfile, time\n"
        "tempfile.tempdir = sys.argv[1]\n"
        "from shapelens.oracle.process import Worker\n"
        "print(Worker(sys.executable, site.getsitepackages()).pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    path = os.pathsep.join(p for p in sys.path if p)
    server = subprocess.Popen(
        [sys.executable, "-c", text, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert server.stdout is not None
    pid = int(server.stdout.readline())
    server.kill()
    server.wait()
    end = time.monotonic() + 20
    while list(tmp_path.iterdir()):
        assert time.monotonic() < end, f"the worker {pid} is still there"
        time.sleep(0.05)
