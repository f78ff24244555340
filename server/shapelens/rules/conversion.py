"""What Keras and TensorFlow make of their arguments, and whose tensor a result is.

Both take arrays, numbers and nested lists wherever they take a tensor. A result is a symbolic KerasTensor where one went
in ("keras"), else a tf.Tensor ("tensorflow").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapelens.dims import Expr
from shapelens.rules.call import Call, NotKnown
from shapelens.values import Instance, List, Scalar, Tensor, Unknown

TENSORFLOW = ("keras.", "tensorflow.")
_NUMBERS = {bool: "bool", int: "int32", float: "float32", complex: "complex128"}


def converted(c: Call, value: object, dtype: str | None = None) -> Tensor:
    """The tensor that tf.convert_to_tensor makes: arrays keep their dtype, Python's ints are int32, floats float32.

    An unknown that nobody called with is taught to be a tensor. NotKnown for what may be no tensor.
    """
    if type(value) is not Tensor:
        value = c.store.value(value)
    if isinstance(value, Tensor):
        return value if dtype is None or value.dtype == dtype else value.with_(dtype=dtype, origin=value.origin)
    if type(value) is Unknown and value.hole is not None:
        return c.store.open_tensor(value, dtype, "tensorflow")
    shape, found, scalars = _nested(c, value)
    return Tensor(shape, dtype or found, "tensorflow", scalars=scalars)


def _nested(c: Call, value: Any) -> tuple[Any, str | None, Any]:
    if isinstance(value, (bool, int, float, complex)):
        return (), _NUMBERS[type(value)], value
    if isinstance(value, Expr):
        return (), "int32", None
    if isinstance(value, Scalar):
        found = {"bool": "bool", "int": "int32", "float": "float32"}.get(value.type)
        if found is None:
            raise NotKnown
        return (), found, None
    if isinstance(value, Tensor):
        return c.shape(value), value.dtype, value.scalars
    if not isinstance(value, (list, tuple)) or isinstance(value, List) and value.rest is not None:
        raise NotKnown
    if not value:
        return (0,), "float32", []
    parts = [_nested(c, c.store.value(v)) for v in value]
    shape = parts[0][0]
    if not isinstance(shape, tuple) or any(p[0] != shape for p in parts):
        raise NotKnown
    kinds = {p[1] for p in parts}
    dtype = parts[0][1] if len(kinds) == 1 else "float32" if kinds == {"int32", "float32"} else None
    numbers = [p[2] for p in parts]
    return (len(value), *shape), dtype, None if None in numbers else numbers


def is_symbolic(values: Sequence[Any]) -> bool:
    """Whether a KerasTensor is among the arguments, or in a list or dict among them."""
    return bool(symbolic(values))


def symbolic(values: Sequence[Any]) -> list[Tensor]:
    """The KerasTensors among the arguments, in order."""
    found: list[Tensor] = []
    for value in values:
        if type(value) is Tensor:
            if value.library == "keras":
                found.append(value)
        elif isinstance(value, (list, tuple)):
            found += symbolic(value)
        elif isinstance(value, dict):
            found += symbolic(list(value.values()))
    return found


def owned(c: Call, result: Any, given: Sequence[Any]) -> Any:
    """The result of a rule of Keras or TensorFlow as a tensor of the library that its arguments make it.

    A KerasTensor keeps which layer made it of which others: what keras.Model builds its graph from.
    """
    if not isinstance(result, (Tensor, tuple, list, dict)):
        return result
    parents = symbolic(given)
    library = "keras" if parents else "tensorflow"
    history = (next((v for v in given if isinstance(v, Instance)), None), tuple(parents)) if parents else None
    return _owned(result, library, history)


def _owned(result: Any, library: str, history: Any) -> Any:
    if type(result) is Tensor:
        if result.library == "numpy" or result.history is not None and result.library == "keras":
            if history is None or any(result is p for p in history[1]):
                return result
        if result.library == library and history is None:
            return result
        return result.with_(library=library, origin=result.origin, scalars=result.scalars, history=history)
    if type(result) is tuple:
        return tuple([_owned(r, library, history) for r in result])
    if type(result) is List and result.rest is None:
        result[:] = [_owned(r, library, history) for r in result]
    elif isinstance(result, dict):
        for key, value in list(result.items()):
            result[key] = _owned(value, library, history)
    return result
