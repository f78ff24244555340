"""Holds what the interpreter makes of an expression against TensorFlow, which evaluates the same text.

`agree(text)` raises Disagreement where both do not say the same: the same shapes and dtypes, or both an error.
`mutants(text)` are the same call with other sizes, ranks and dtypes.
"""

from __future__ import annotations

import ast
import copy
import math
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # its kernels end the process where others raise

import numpy as np
import tensorflow as tf

from shapelens.analysis.session import Session
from shapelens.dims import Expr
from shapelens.interpreter.expressions import ev
from shapelens.values import Exceptional, Lib, Many, Scalar, Tensor, Unknown

SETUP = """
import numpy as np
import tensorflow as tf
f = lambda *shape: tf.ones(shape)
d = lambda *shape: tf.ones(shape, tf.float64)
i = lambda *shape: tf.ones(shape, tf.int32)
l = lambda *shape: tf.ones(shape, tf.int64)
u = lambda *shape: tf.ones(shape, tf.uint8)
b = lambda *shape: tf.cast(tf.ones(shape), tf.bool)
z = lambda *shape: tf.ones(shape, tf.complex64)
nf = lambda *shape: np.ones(shape, dtype=np.float32)
nd = lambda *shape: np.ones(shape)
nl = lambda *shape: np.ones(shape, dtype=np.int64)
D = tf.data.Dataset
K = tf.keras.backend
S = tf.data.Dataset.from_tensor_slices
first = lambda dataset: next(iter(dataset))
def slopes(use):
    x = tf.ones((2, 3))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        return use(tape, x)
"""
MAKERS = ("f", "d", "i", "l", "u", "b", "z", "nf", "nd", "nl")


class Disagreement(AssertionError):
    """Our rule and TensorFlow do not say the same."""


class Ours:
    """An abstract run of SETUP in which expressions are evaluated."""

    def __init__(self, setup: str = SETUP) -> None:
        folder = Path(tempfile.mkdtemp())
        (folder / "setup_of_test.py").write_text(setup, encoding="utf-8")
        session = Session((folder,), sys.executable)
        _, _, _, self.machine, self.frame = session._namespace(str(folder / "setup_of_test.py"), "0")
        self.machine.recording = False
        self.machine.deadline = math.inf

    def __call__(self, text: str) -> tuple[Any, str]:
        """The value of an expression, and what was reported ("" for nothing)."""
        m = self.machine
        m.fuel = 1_000_000
        before = len(m.reports)
        try:
            value = m.store.value(ev(m, ast.parse(text, mode="eval").body, self.frame))
        except Exceptional as error:
            return None, error.name
        found = list(m.reports[before:])
        del m.reports[before:]
        return value, found[0].failure.message if found else ""


def scope() -> dict[str, Any]:
    """The names in which TensorFlow evaluates."""
    names: dict[str, Any] = {}
    exec(SETUP, names)
    picture = tf.zeros([9, 6, 3], tf.uint8)
    names["img"] = tf.io.encode_jpeg(picture)
    names["wav"] = tf.audio.encode_wav(tf.zeros([9, 2]), 8000)
    path = Path(tempfile.mkdtemp()) / "text.txt"
    path.write_text("text", encoding="utf-8")
    names["path"] = str(path)
    from io import BytesIO

    from PIL import Image

    for kind in ("bmp", "gif", "webp"):
        buffer = BytesIO()
        Image.fromarray(np.zeros((9, 6, 3), np.uint8)).save(buffer, kind)
        names[kind] = tf.constant(buffer.getvalue())
    return names


def same(ours: Any, real: Any, place: str, exact: bool) -> None:
    """Raise where a value of ours is not what TensorFlow gave; with `exact` a shape must be known."""
    if isinstance(real, (tf.Tensor, tf.Variable, np.ndarray, np.generic)):
        _same_tensor(ours, real, place, exact)
    elif isinstance(real, tf.TensorShape):
        if not isinstance(ours, Unknown) and tuple(ours) != tuple(real):
            raise Disagreement(f"{place}: {real} against ours {ours}")
    elif isinstance(real, (tuple, list)):
        if isinstance(ours, (Unknown, Many)) and not exact or getattr(ours, "rest", None) is not None:
            return
        if not isinstance(ours, (tuple, list)) or len(ours) != len(real):
            raise Disagreement(f"{place}: {len(real)} things against ours {ours!r}")
        for n, (a, b) in enumerate(zip(ours, real)):
            same(a, b, f"{place}[{n}]", exact)
    elif isinstance(real, dict):
        if not isinstance(ours, dict) or list(ours) != list(real):
            raise Disagreement(f"{place}: {real} against ours {ours!r}")
        for key in real:
            same(ours[key], real[key], f"{place}[{key}]", exact)
    elif isinstance(ours, (Unknown, Scalar)) or real is None:
        return
    elif isinstance(real, tf.DType):
        if ours is not Lib(f"tensorflow.{real.name}"):
            raise Disagreement(f"{place}: {real} against ours {ours!r}")
    elif isinstance(real, (int, float, str, bool)) and ours != real:
        raise Disagreement(f"{place}: {real!r} against ours {ours!r}")


def _same_tensor(ours: Any, real: Any, place: str, exact: bool) -> None:
    shape, dtype = tuple(real.shape), real.dtype.name
    if isinstance(ours, Unknown) and not exact:
        return
    if not isinstance(ours, Tensor):
        raise Disagreement(f"{place}: TensorFlow gives {shape}, our rule {ours!r}")
    if ours.shape is None:
        if exact:
            raise Disagreement(f"{place}: TensorFlow gives {shape}, our rule does not know")
        return
    if not isinstance(ours.shape, tuple) or len(ours.shape) != len(shape):
        raise Disagreement(f"{place}: {shape} against ours {ours.shape}")
    for a, b in zip(ours.shape, shape):
        if isinstance(a, int) and a != b:
            raise Disagreement(f"{place}: {shape} against ours {ours.shape}")
        if isinstance(a, Expr) and exact and not place.startswith("?"):
            raise Disagreement(f"{place}: {shape} against ours {ours.shape}")
    if dtype != "string" and ours.dtype != dtype and (exact or ours.dtype is not None):
        raise Disagreement(f"{place}: {dtype} against ours {ours.dtype}")
    scalars = ours.scalars
    if scalars is not None and not isinstance(scalars, Expr):
        found = np.asarray(real)
        if not np.allclose(np.asarray(scalars, dtype=found.dtype), found):
            raise Disagreement(f"{place}: the numbers {found} against ours {scalars}")


def agree(ours: Ours, names: dict[str, Any], text: str, exact: bool = True, data: bool = False) -> bool | None:
    """Whether TensorFlow accepts the text, None where it does not and we do not notice. Raises Disagreement.

    With `data`, sizes may be symbolic that are in the data.
    """
    try:
        real = eval(text, names)
    except Exception as error:
        _, problem = ours(text)
        if exact and not problem:
            raise Disagreement(f"{text}: TensorFlow raises {type(error).__name__}: {str(error)[:200]}") from None
        return False if problem else None
    value, problem = ours(text)
    if problem:
        raise Disagreement(f"{text}: TensorFlow accepts it; our rule says {problem}")
    same(value, real, ("?" if data else "") + text, exact)
    return True


class _Change(ast.NodeTransformer):
    """Changes the n-th place of a call that can be changed: a size, a rank, a dtype, a number."""

    def __init__(self, place: int, rng: random.Random) -> None:
        self.place, self.rng, self.count = place, rng, 0

    def _mine(self) -> bool:
        self.count += 1
        return self.count - 1 == self.place

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id in MAKERS:
            if self._mine():
                args = list(node.args)
                kind = self.rng.randrange(4)
                if kind == 0 and args:
                    args[self.rng.randrange(len(args))] = ast.Constant(self.rng.choice((1, 2, 3, 4, 5)))
                elif kind == 1 and args:
                    del args[self.rng.randrange(len(args))]
                elif kind == 2:
                    args.insert(self.rng.randrange(len(args) + 1), ast.Constant(self.rng.choice((1, 2, 3))))
                else:
                    node.func = ast.Name(self.rng.choice(MAKERS))
                node.args = args
            return node
        self.generic_visit(node)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if type(node.value) is int and self._mine():
            return ast.Constant(node.value + self.rng.choice((-1, 1, 2)))
        if type(node.value) is bool and self._mine():
            return ast.Constant(not node.value)
        if node.value in ("SAME", "VALID") and self._mine():
            return ast.Constant("VALID" if node.value == "SAME" else "SAME")
        return node


def mutants(text: str, count: int, seed: int = 0) -> Iterator[str]:
    """The same call with one or two things changed, at random but the same each time."""
    tree = ast.parse(text, mode="eval")
    counter = _Change(-1, random.Random(0))
    counter.visit(copy.deepcopy(tree))
    if not counter.count:
        return
    rng = random.Random(f"{text}{seed}")
    seen = {text}
    for _ in range(count):
        made: ast.AST = copy.deepcopy(tree)
        for _ in range(rng.choice((1, 1, 2))):
            made = _Change(rng.randrange(counter.count), rng).visit(made)
        found = ast.unparse(ast.fix_missing_locations(made))
        if found not in seen:
            seen.add(found)
            yield found
