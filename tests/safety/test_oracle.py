"""The oracle's worker, spoken to directly with hostile questions, and with hostile answers to its server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shapelens.oracle.asking import MOST_FAILURES, Oracle
from shapelens.oracle.asking import answer_of as _answer_of
from shapelens.oracle.process import Worker, WorkerFailed
from shapelens.values import Tensor

PYTHON, SITES = sys.executable, [str(Path(pytest.__file__).parents[1])]
SERVER = str(Path(__file__).parents[2] / "server")
X = {"x": [2, 3], "d": "float32"}
CODE = "__import__('os').system('touch CANARY')"
HELLO = {"hello": 1, "python": "3", "version": "9", "names": ["torch.roll"]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("oracle")


@pytest.fixture(scope="module", params=["torch", "keras"])
def worker(request: pytest.FixtureRequest, folder: Path) -> Iterator[Worker]:
    """One for each library, of a user whose home is empty."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder / request.param))
        (folder / request.param).mkdir()
        made = Worker(PYTHON, SITES, library=request.param)
    yield made
    made.close()


def ask(worker: Worker, path: Any, *groups: Any, check: tuple[int, ...] = (0,)) -> dict[str, Any]:
    """The answer to one call; a layer is made and called where there are four groups."""
    return worker.ask({"call": path, "layer": len(groups) == 4, "calls": [list(groups)], "check": list(check)}, 30)


def is_alive(worker: Worker) -> bool:
    """It still answers a simple question."""
    name = "torch.add" if "torch.add" in worker.hello.names else "keras.ops.add"
    return ask(worker, name, [X, X], {})["results"] == [["x", [2, 3], "float32"]]


WALKS = (
    "torch.serialization.os.system torch.add.__self__ torch.nn.Linear.__init__.__globals__ torch.__builtins__.eval torch.load "
    "torch.hub.load torch.hub.download_url_to_file torch.compile torch.jit.load torch.utils.cpp_extension.load "
    "torch.multiprocessing.Process torch.package.PackageImporter torch.ops.load_library torch.classes.load_library "
    "torch.Tensor.__reduce_ex__ torch.Tensor.__setstate__ torch.Tensor.apply_ torch.storage torch.nn.Module.register_buffer "
    "torch.nn.modules.module.importlib.import_module torch.nn.utils.weight_norm keras.saving.load_model keras.models.load_model "
    "keras.utils.get_file keras.layers.Lambda keras.layers.TFSMLayer keras.layers.deserialize keras.ops.custom_gradient "
    "keras.ops.vectorized_map keras.src.utils.python_utils.func_load keras.layers.TextVectorization keras.layers.StringLookup "
    "tensorflow.io.read_file tensorflow.io.gfile.GFile tensorflow.py_function tensorflow.load_op_library os.system eval exec "
    "builtins.__import__ subprocess.run importlib.import_module __main__.main sys.exit numpy.load"
).split()


def test_no_walk_leads_off_the_list(worker: Worker, folder: Path) -> None:
    for path in WALKS:
        for groups in (([CODE], {}), ([CODE], {}, [X], {})):
            assert ask(worker, path, *groups) == {"refused": path, "id": worker._ids}
    assert is_alive(worker)


def test_texts_are_no_code_and_no_paths(worker: Worker, folder: Path) -> None:
    """Whatever takes a text is given code, a path, and the names that libraries look up."""
    texts = (CODE, "/etc/passwd", "__lambda__", "os>system", "builtins.eval", "https://example.org/x")
    if "torch.add" in worker.hello.names:
        calls: list[Any] = [
            *(("torch.einsum", [text, X], {}) for text in texts),
            *(("torch.nn.functional.pad", [X, [1, 1], text], {}) for text in texts),
            *(("torch.nn.RNN", [3, 4], {"nonlinearity": text}, [X], {}) for text in texts),
            *(("torch.nn.TransformerEncoderLayer", [4, 2], {"activation": text}, [X], {}) for text in texts),
            *(("torch.Tensor.type_as", [X, text], {}) for text in texts),
            *(("torch.zeros", [2], {"device": text}) for text in texts),
        ]
    else:
        calls = [
            *(("keras.layers.Dense", [4], {"kernel_initializer": text}, [X], {}) for text in texts),
            *(("keras.layers.Dense", [4], {"activation": text}, [X], {}) for text in texts),
            *(("keras.layers.Dense", [4], {"dtype": text}, [X], {}) for text in texts),
            *(("keras.layers.Dense", [4], {"kernel_regularizer": text}, [X], {}) for text in texts),
            *(("keras.layers.Bidirectional", [text], {}, [X], {}) for text in texts),
            *(("keras.layers.Pipeline", [[text]], {}, [X], {}) for text in texts),
            *(("keras.ops.einsum", [text, X], {}) for text in texts),
            *(("keras.ops.cast", [X, text], {}) for text in texts),
        ]
    for path, *groups in calls:
        (result,) = ask(worker, path, *groups)["results"]
        assert result[0] == "!", (path, groups)
    assert is_alive(worker)
    assert not [each for each in folder.rglob("*") if each.name not in ("torch", "keras")]  # no canary, no ~/.keras


@pytest.mark.parametrize(
    "value",
    [
        {"a": "os"}, {"a": "load"}, {"a": "__class__"}, {"d": "os"}, {"d": "Tensor"}, {"x": [2], "d": "load"}, {"call": "eval"},
        {"class_name": "__lambda__", "config": {"value": CODE}}, {"module": "os", "class_name": "system"}, {"x": [-5], "d": "float32"},
        {"x": ["2"], "d": "float32"}, {"f": CODE}, {"c": [CODE]}, {"t": 5}, {"x": {}, "d": []},
    ],
)  # fmt: skip
def test_values_are_data(worker: Worker, value: Any) -> None:
    name = "torch.neg" if "torch.add" in worker.hello.names else "keras.ops.negative"
    assert ask(worker, name, [value], {})["results"][0][0] == "!"
    assert ask(worker, name, [[value] * 3], {"other": {"t": [value]}})["results"][0][0] == "!"


def test_sizes_beyond_all_memory(worker: Worker) -> None:
    if "torch.add" not in worker.hello.names:
        pytest.skip("Keras is asked with symbols")
    found = ask(worker, "torch.zeros", [1 << 45], {"device": "cpu"})
    assert found["results"][0][0] == "!"
    assert ask(worker, "torch.neg", [{"x": [10**30], "d": "float32"}], {})["results"][0][0] == "!"
    assert ask(worker, "torch.Tensor.repeat", [X, 1 << 20, 1 << 20], {})["checks"][0][1][0] == "!"
    assert is_alive(worker)


def deep(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("question", [{"call": []}, {"call": "torch.add", "calls": [deep(900)]}], ids=["odd", "deep"])
def test_questions_that_are_none_end_it_at_worst(question: dict[str, Any]) -> None:
    made = Worker(PYTHON, SITES)
    try:
        made.ask({"layer": False, "check": [], **question}, 10)
    except WorkerFailed as failure:
        assert "\n" not in str(failure)
    finally:
        made.close()
    with pytest.raises(OSError, match=r".*"):
        os.kill(made.pid, 0)


ANSWERS = {
    "nothing": {},
    "no list": {"results": 7},
    "no shapes": {"results": ["x"]},
    "numbers": {"results": [7]},
    "texts for sizes": {"results": [["x", ["2", "3"], "float32"]]},
    "objects": {"results": [["x", [{"a": 1}], "float32"]]},
    "odd kinds": {"results": [["__class__", [2]]]},
    "odd dtype": {"results": [["x", [2], "__class__"]]},
    "half an answer": {"results": [["x"]]},
    "negative": {"results": [["x", [-2, 3], "float32"]]},
    "odd checks": {"results": [["x", [2, 3], "float32"]], "checks": 5},
    "checks of nothing": {"results": [["x", [2, 3], "float32"]], "checks": [[99, ["x", [2], "float32"]]]},
    "names": {"results": [["t", [["x", [2], "float32"]], ["__class__"]]]},
}
SCRIPT = """
import json, os, sys, time
sys.stdin.readline()
print(json.dumps({hello}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    answer = dict({answer}, id=asked["id"])
    if isinstance(answer.get("results"), list):
        answer["results"] = answer["results"] * len(asked["calls"])
    {deed}
    print(json.dumps(answer), flush=True)
"""
DEEDS = {
    "dies": "os._exit(3)",
    "is killed": "os.kill(os.getpid(), 9)",
    "half a line": "os.write(1, b'{\"id\"'); os._exit(0)",
    "no end of it": "os.write(1, b'[' * 20_000_000)",
    "deep": "os.write(1, b'[' * 200_000 + b'\\n')",
    "no text": "os.write(1, b'\\xff\\0\\n')",
    "closes its pipe and stays": "os.close(1); time.sleep(60)",
    "stops": "os.kill(os.getpid(), 19)",
}


def oracle_of(tmp_path: Path, answer: Any, deed: str = "pass") -> tuple[Oracle, list[int]]:
    """An oracle whose workers give this answer or do this deed, and their processes."""
    script = tmp_path / "worker.py"
    script.write_text(SCRIPT.format(hello=HELLO, answer=answer, deed=deed))
    site, pids = tmp_path / "site-packages", list[int]()
    (site / "torch-9.dist-info").mkdir(parents=True)

    def start() -> Worker:
        made = Worker(PYTHON, [], script=script)
        pids.append(made.pid)
        return made

    return Oracle(PYTHON, [str(site)], tmp_path / "cache", start=start), pids


def assert_unharmed(oracle: Oracle, pids: list[int]) -> None:
    """It gives no answer, or none that is no shape; at last it gives up, and leaves no process."""
    for size in range(MOST_FAILURES + 1):
        oracle.ask("torch.roll", [Tensor((2, 3 + size), "float32"), 1], {})
        assert oracle.wait(30)
        found = oracle.ask("torch.roll", [Tensor((2, 3 + size), "float32"), 1], {})
        sizes = found.shape if isinstance(found, Tensor) else ()
        assert all(type(each) is int for each in sizes)
        assert getattr(found, "dtype", None) in (None, "float32")
    assert len(pids) <= MOST_FAILURES
    oracle.close()
    for pid in pids:
        with pytest.raises(OSError, match=r".*"):
            os.kill(pid, 0)


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_that_are_none(tmp_path: Path, name: str) -> None:
    assert_unharmed(*oracle_of(tmp_path, ANSWERS[name]))


@pytest.mark.parametrize("name", DEEDS)
def test_a_worker_that_ends_or_hangs_in_the_middle(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shapelens.oracle.asking.CALL_SECONDS", 1.0)
    monkeypatch.setattr("shapelens.oracle.asking.answer_of", _quickly)
    assert_unharmed(*oracle_of(tmp_path, {}, DEEDS[name]))


def _quickly(asked: Any, worker: Worker) -> Any:
    return _answer_of(asked, worker, 1.0)


def test_it_ends_with_its_server_while_it_is_at_work(tmp_path: Path) -> None:
    """Killed, its server can tell it nothing: it goes at once, and not when the library is loaded."""
    site = tmp_path / "site"
    (site / "torch").mkdir(parents=True)
    (site / "torch" / "__init__.py").write_text("import time\ntime.sleep(60)\n")
    text = (
        "import sys, tempfile\ntempfile.tempdir = sys.argv[1]\nfrom shapelens.oracle.process import Worker\n"
        "Worker(sys.executable, [sys.argv[2]])\n"
    )
    held = tmp_path / "held"
    held.mkdir()
    server = subprocess.Popen([PYTHON, "-c", text, str(held), str(site)], env={**os.environ, "PYTHONPATH": SERVER})
    end = time.monotonic() + 30
    while not list(held.iterdir()):
        assert time.monotonic() < end
        time.sleep(0.05)
    time.sleep(0.5)
    server.send_signal(signal.SIGKILL)
    server.wait()
    end = time.monotonic() + 10
    while list(held.iterdir()):
        assert time.monotonic() < end
        time.sleep(0.05)
