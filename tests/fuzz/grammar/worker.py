"""Writes programs and runs them with the real framework. A process of its own; a line of JSON in, a line out.

    python -m tests.fuzz.grammar.worker GRAMMAR

{"seed": n} is answered by {"text": …}, {"text": …} by {"rows": [[line, name, kind, [[shape, dtype] or null…]]…], "raised": null or
{"error", "line", "lines": [[first, last]…]}, "ran": lines}: `line` where it raises by its innermost frame, `lines` those of all frames of the program.
A value that is no tensor is null.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import linecache
import os
import random
import resource
import sys
import traceback
import warnings
from collections.abc import Callable
from types import FrameType
from typing import Any

from tests.fuzz.grammar.scope import limited
from tests.truth.instrument import KEEP, Point, Rewrite

SECONDS = 20.0
MEMORY = 8 << 30
NAME = "<program>"


def torch_side() -> tuple[Callable[[random.Random], str], Callable[[Any], Any], Callable[[], None]]:
    """The grammar, what describes a value, and what sets the library back."""
    import torch

    from tests.fuzz.grammar import torch_pieces

    torch.set_num_threads(1)
    # What is imported at the first use must not count in a program's time.
    weight = torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.Adam([weight])
    weight.sum().backward()
    optimizer.step()

    def described(value: Any) -> Any:
        if type(value) in (torch.Tensor, torch.nn.Parameter) and not value.is_nested:
            return [list(value.shape), str(value.dtype).removeprefix("torch.")]
        return None

    def reset() -> None:
        torch.manual_seed(0)
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)

    return torch_pieces.program, described, reset


def numpy_side() -> tuple[Callable[[random.Random], str], Callable[[Any], Any], Callable[[], None]]:
    """The same for NumPy."""
    import numpy as np

    from tests.fuzz.grammar import numpy_pieces

    def described(value: Any) -> Any:
        if type(value) is np.ndarray or isinstance(value, np.generic):
            return [list(value.shape), value.dtype.name]
        return None

    return numpy_pieces.program, described, lambda: np.random.seed(0)


def keras_side() -> tuple[Callable[[random.Random], str], Callable[[Any], Any], Callable[[], None]]:
    """The same for Keras and TensorFlow."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    import keras
    import numpy as np
    import tensorflow as tf

    from tests.fuzz.grammar import keras_pieces

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)

    def described(value: Any) -> Any:
        if type(value) is np.ndarray or isinstance(value, np.generic):
            return [list(value.shape), value.dtype.name]
        if isinstance(value, (tf.Tensor, tf.Variable, keras.KerasTensor, keras.Variable)):
            shape = None if value.shape is None or getattr(value.shape, "rank", 0) is None else list(value.shape)
            return None if shape is None else [shape, getattr(value.dtype, "name", value.dtype)]
        return None

    def reset() -> None:
        keras.backend.clear_session()
        keras.utils.set_random_seed(0)

    return keras_pieces.program, described, reset


SIDES = {"torch": torch_side, "numpy": numpy_side, "keras": keras_side}


def run(text: str, described: Callable[[Any], Any]) -> dict[str, Any]:
    """Run a program and record what its names hold, and where it raises."""
    points: list[Point] = []
    seen: dict[Point, list[Any]] = {}

    def keep(number: int, value: Any) -> Any:
        found = described(value)
        there = seen.setdefault(points[number], [])
        if found not in there:
            there.append(found)
        return value

    raised = None
    ran: set[int] = set()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename != NAME:
            return None
        ran.add(frame.f_lineno)
        return trace

    linecache.cache[NAME] = (len(text), None, text.splitlines(keepends=True), NAME)
    try:
        tree = ast.fix_missing_locations(Rewrite("", points).visit(ast.parse(text)))
        code = compile(tree, NAME, "exec", dont_inherit=True)
        with limited(SECONDS):
            sys.settrace(trace)
            try:
                exec(code, {"__name__": "__main__", KEEP: keep})
            finally:
                sys.settrace(None)
    except TimeoutError:
        return {"late": True}
    except (Exception, SystemExit) as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == NAME]
        lines = [[f.lineno or 0, f.end_lineno or f.lineno or 0] for f in frames]
        message = (str(error).strip().split("\n") or [""])[0][:200]
        raised = {"error": f"{type(error).__name__}: {message}", "line": lines[-1] if lines else [0, 0], "lines": lines}
    rows = [[point.line, point.name, point.kind, values] for point, values in seen.items()]
    return {"rows": rows, "raised": raised, "ran": sorted(ran)}


def main() -> None:
    """Answer until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    warnings.simplefilter("ignore")
    program, described, reset = SIDES[sys.argv[1]]()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for line in sys.stdin:
        asked = json.loads(line)
        reset()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            if "seed" in asked:
                answer = {"text": program(random.Random(asked["seed"]))}
            else:
                answer = run(asked["text"], described)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
