"""Holds whole programs against the real Keras: each variable that they leave has the same shape and dtype with us.

`agree(program)` runs a program for real and with the interpreter. Where it raises, we must report a problem on the line of
the program that raised; where it runs, we must report nothing, and know each tensor, shape and plain value in its names.
"""

from __future__ import annotations

import os
import sys
import textwrap
import traceback
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from shapelens.analysis.session import Session
from shapelens.dims import Expr
from shapelens.interpreter.keras import is_layer
from shapelens.report.problems import reported
from shapelens.values import Tensor

HEAD = """\
import numpy as np
import tensorflow as tf
import keras
from keras import Input, Model, Sequential, layers
"""


class Disagreement(AssertionError):
    """Keras and Shapelens do not say the same of a program."""


def _real(program: str) -> tuple[dict[str, Any], int | None, str]:
    """The names that a program leaves, the line that raised, and what it said."""
    keras.backend.clear_session()
    namespace: dict[str, Any] = {"__name__": "__main__"}
    try:
        exec(compile(program, "program.py", "exec"), namespace)
    except Exception as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == "program.py"]
        return namespace, frames[-1].lineno, str(error)
    return namespace, None, ""


def _shape(value: Any) -> tuple[Any, ...] | None:
    if isinstance(value, (keras.KerasTensor, tf.Tensor, tf.Variable, np.ndarray)):
        return tuple(value.shape)
    return None


def _same(ours: Any, real: Any, store: Any) -> bool:
    ours = store.value(ours)
    shape = _shape(real)
    if shape is not None:
        if not isinstance(ours, Tensor):
            return False
        found = store.shape(ours.shape)
        if not isinstance(found, tuple) or len(found) != len(shape):
            return False
        sizes = all(isinstance(a, Expr) if b is None else a == b for a, b in zip(found, shape))
        return sizes and ours.dtype == (real.dtype if isinstance(real.dtype, str) else real.dtype.name)
    if isinstance(real, (list, tuple)):
        ours = list(ours) if isinstance(ours, (list, tuple)) else None
        return ours is not None and len(ours) == len(real) and all(map(_same, ours, real, [store] * len(real)))
    if isinstance(real, keras.layers.Layer):
        return is_layer(ours) and ours.attrs.get("name") == real.name
    if isinstance(real, (int, str, float, bool)) or real is None:
        return type(ours) is type(real) and ours == real
    return True


def agree(program: str, *unknown: str) -> None:
    """Run both. `unknown` names the variables that we need not know."""
    text = HEAD + textwrap.dedent(program)
    real, line, said = _real(text)
    path = str(Path("program.py").absolute())
    session = Session((), sys.executable)
    session.update(path, text)
    problems = [p for p in reported(session.analyse(path)) if p.severity in ("error", "warning")]
    told = "; ".join(f"{p.span.line} [{p.code}] {p.message}" for p in problems)
    if line is not None:
        lines = {n for p in problems for n in range(p.span.line, p.span.end_line + 1)}
        if line not in lines:
            raise Disagreement(f"Keras raises in line {line}: {said[:300]}; we say: {told or 'nothing'}\n{text}")
        return
    if problems:
        raise Disagreement(f"Keras runs it; we say {told}\n{text}")
    _, _, module, machine, _ = session._namespace(path, "0")
    for name, value in real.items():
        if name.startswith("_") or name in unknown or type(value).__name__ in ("module", "type", "function"):
            continue
        ours = machine.store.value(module.namespace.get(name))
        if not _same(ours, value, machine.store):
            shown = ours, getattr(ours, "shape", None), getattr(ours, "dtype", None)
            raise Disagreement(f"{name}: Keras has {_shape(value) or value!r}, we have {shown}\n{text}")
