"""GradientTape, tf.function, tf.Module, functions that call functions: what passes through, and what keeps its shape."""

from __future__ import annotations

from typing import Any

from shapelens.dims import Dim
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import attribute, rule
from shapelens.rules.tensorflow.common import made, named, paths
from shapelens.rules.tensorflow.data import alike, as_tensors, behind, each, in_front, leaves
from shapelens.values import UNKNOWN, Dict, Instance, Lib, List, Open, Partial, Scalar, Tensor, Unknown

_TAPE = "tensorflow.GradientTape"


# -- gradients -----------------------------------------------------------------------------------------------------


@rule(_TAPE)
def tape(c: Call, *args: object, **kwargs: object) -> object:
    return Instance(Lib(_TAPE))


@rule(f"{_TAPE}.__enter__")
def entered(c: Call, self: Instance) -> object:
    return self


def _structure(c: Call, sources: object, change: Any) -> Any:
    """The same lists, tuples and dicts, a list that is not known to its end included."""
    value = c.store.value(sources)
    if isinstance(value, List):
        found = List([_structure(c, v, change) for v in value])
        found.rest = None if value.rest is None else _structure(c, value.rest, change)
        found.count = value.count
        return found
    if isinstance(value, tuple):
        return tuple([_structure(c, v, change) for v in value])
    if isinstance(value, dict):
        if getattr(value, "rest", None) is not None:
            return UNKNOWN
        return Dict({k: _structure(c, v, change) for k, v in value.items()})
    return change(value)


@rule(f"{_TAPE}.gradient")
def gradient(
    c: Call,
    self: Instance,
    target: object,
    sources: object,
    output_gradients: object = None,
    unconnected_gradients: object = None,
) -> object:
    """Of the shape of each source, in their structure."""

    def slope(leaf: Any) -> Any:
        # A source that the target does not depend on, or that is not trained, has none: only the run knows.
        return made(leaf.shape, leaf.dtype) if isinstance(leaf, Tensor) and leaf.frozen is not True else UNKNOWN

    return _structure(c, sources, slope)


@rule(f"{_TAPE}.jacobian")
def jacobian(c: Call, self: Instance, target: Tensor, sources: object, *args: object, **kwargs: object) -> object:
    """(*target, *source) for each source."""
    front = c.shape(target)

    def slopes(leaf: Any) -> Any:
        shape = c.shape(leaf) if isinstance(leaf, Tensor) else None
        if not isinstance(front, tuple) or not isinstance(shape, tuple):
            return UNKNOWN
        return made((*front, *shape), target.dtype)

    return _structure(c, sources, slopes)


@rule(f"{_TAPE}.batch_jacobian")
def batch_jacobian(c: Call, self: Instance, target: Tensor, source: Tensor, *args: object, **kwargs: object) -> Tensor:
    """(batch, *target, *source)."""
    one, two = c.dims(target), c.dims(source)
    if not one or not two:
        c.fail(
            "rank-mismatch", f"batch_jacobian: needs a batch axis, got {c.text(target)} and {c.text(source)}", target
        )
    c.require(
        one[0],
        two[0],
        "batch-mismatch",
        f"batch_jacobian: {c.text(target)} and {c.text(source)} differ",
        target,
        source,
    )
    return made((*one, *two[1:]), target.dtype)


@rule(*(f"{_TAPE}.{name}" for name in ("watch", "reset", "stop_recording", "watched_variables", "__exit__")))
def quiet(c: Call, self: Instance, *args: object, **kwargs: object) -> object:
    return UNKNOWN if c.name in ("stop_recording", "watched_variables") else None


# -- functions -----------------------------------------------------------------------------------------------------


@rule(*paths("function recompute_grad grad_pass_through autograph.experimental.do_not_convert"))
def function(c: Call, func: object = None, *args: object, **kwargs: object) -> object:
    """The function itself; called without one, a decorator."""
    value = c.store.value(func)
    return Lib("tensorflow.function.decorator") if value is None else value


@rule("tensorflow.function.decorator")
def decorator(c: Call, func: object) -> object:
    return c.store.value(func)


@rule("tensorflow.custom_gradient")
def custom_gradient(c: Call, f: object = None) -> object:
    """A function that gives its value and its gradient; called, it gives the value."""
    return Partial(Lib("tensorflow.custom_gradient.value"), (c.store.value(f),), {})


@rule("tensorflow.custom_gradient.value")
def value_of(c: Call, f: object, *args: object, **kwargs: object) -> object:
    found = c.store.value(c.invoke(f, *args, **kwargs))
    return c.store.value(found[0]) if isinstance(found, tuple) and len(found) == 2 else UNKNOWN


@rule("tensorflow.map_fn", "tensorflow.vectorized_map")
def map_fn(c: Call, fn: object, elems: object, *args: object, **kwargs: object) -> object:
    """What the function gives for a row, as many times as there are rows."""
    rows, row = _rows(c, elems)
    return _stacked(c, as_tensors(c, c.invoke(fn, row)), rows)


def _rows(c: Call, elems: object) -> tuple[Dim, Any]:
    """How many rows there are, and what one looks like."""
    given = c.store.value(elems)
    if isinstance(given, List) and given.rest is None and any(isinstance(c.store.value(v), Tensor) for v in given):
        given = tuple(given)
    whole = as_tensors(c, given)
    first = next((leaf for leaf in leaves(whole) if isinstance(leaf, Tensor)), None)
    if first is None:
        raise NotKnown
    shape = c.shape(first)
    if isinstance(shape, Open):
        shape = c.at_least(shape, 1, 0)
        count = shape.prefix[0]
    else:
        dims = c.dims(first)
        if not dims:
            c.fail("rank-mismatch", f"{c.name}: a scalar has no rows", first)
        count = dims[0]
    return count, each(c, whole, lambda leaf: behind(c, leaf))


def _stacked(c: Call, value: Any, rows: Dim) -> Any:
    return each(c, value, lambda leaf: in_front(c, leaf, rows))


@rule("tensorflow.scan", "tensorflow.foldl", "tensorflow.foldr")
def scan(c: Call, fn: object, elems: object, initializer: object = None, *args: object, **kwargs: object) -> object:
    """A state that goes through the rows: its last value, or all of them."""
    rows, row = _rows(c, elems)
    start = row if c.store.value(initializer) is None else as_tensors(c, initializer)
    found = alike(c, start, as_tensors(c, c.invoke(fn, start, row)))
    return _stacked(c, found, rows) if c.name == "scan" else found


@rule("tensorflow.while_loop")
def while_loop(c: Call, cond: object, body: object, loop_vars: object, *args: object, **kwargs: object) -> object:
    """The variables as they went in, where the body keeps their shapes."""
    given = c.store.value(loop_vars)
    if not isinstance(given, (list, tuple)) or isinstance(given, List) and given.rest is not None:
        raise NotKnown
    start = [as_tensors(c, v) for v in given]
    c.invoke(cond, *start)
    after = c.store.value(c.invoke(body, *start))
    if len(start) == 1 and not isinstance(after, (list, tuple)):
        after = (after,)
    if not isinstance(after, (list, tuple)) or getattr(after, "rest", None) is not None:
        return UNKNOWN
    if len(after) != len(start):
        given_text = f"{len(start)} variable{'s' if len(start) != 1 else ''}"
        c.fail("call-arguments", f"while_loop: the body must give its {given_text} back, and gives {len(after)}")
    found = [alike(c, a, as_tensors(c, b)) for a, b in zip(start, after)]
    return List(found) if isinstance(given, List) else tuple(found)


@rule("tensorflow.py_function", "tensorflow.numpy_function")
def py_function(
    c: Call, func: object = None, inp: object = None, Tout: object = None, *args: object, **kwargs: object
) -> object:
    """Tensors of which only the dtypes are known."""
    kinds = c.store.value(Tout)
    if isinstance(kinds, (list, tuple)):
        if len(kinds) == 1:
            return UNKNOWN  # a list of one, or that one
        return List([made(None, named(c, k)) for k in kinds])
    return made(None, named(c, kinds))


# -- tf.Module -----------------------------------------------------------------------------------------------------


@attribute("tensorflow.Module.trainable_variables", "tensorflow.Module.variables")
def variables(c: Call, self: Instance) -> object:
    """The variables in the object and in what it holds, by name; unknown where there may be others."""
    found: list[Tensor] = []
    if not _collect(c, self, found, 0):
        return UNKNOWN
    return tuple(found)


def _collect(c: Call, value: Any, found: list[Tensor], depth: int) -> bool:
    value = c.store.value(value)
    if isinstance(value, Tensor):
        if value.parameter and not any(value is v for v in found):
            found.append(value)
        return True
    if isinstance(value, Instance):
        if depth > 8 or value.attrs.get("?") is not None or value.payload is not None:
            return False
        if isinstance(value.cls, Lib) and value.cls.path.startswith("keras."):
            return False
        return all(_collect(c, value.attrs[name], found, depth + 1) for name in sorted(value.attrs))
    if isinstance(value, (list, tuple)):
        return getattr(value, "rest", None) is None and all(_collect(c, v, found, depth + 1) for v in value)
    if isinstance(value, dict):
        return getattr(value, "rest", None) is None and all(_collect(c, v, found, depth + 1) for v in value.values())
    return not isinstance(value, Unknown) or isinstance(value, Scalar)


# -- strings and files ---------------------------------------------------------------------------------------------


@rule(
    *paths(
        "strings.lower upper strip regex_replace substr as_string length to_number regex_full_match to_hash_bucket to_hash_bucket_fast"
    )
)
def strings(c: Call, input: Tensor, *args: object, **kwargs: object) -> Tensor:
    """One for each string."""
    kinds = {"length": "int32", "to_number": "float32", "regex_full_match": "bool", "to_hash_bucket": "int64"}
    kinds["to_hash_bucket_fast"] = "int64"
    dtype = kinds.get(c.name)
    if c.name == "to_number":
        dtype = named(c, kwargs.get("out_type", args[0] if args else None), "float32")
    return made(input.shape, dtype)


@rule("tensorflow.io.decode_raw")
def decode_raw(c: Call, input_bytes: object, out_type: object, *args: object, **kwargs: object) -> Tensor:
    """A string's bytes as numbers: how many is in the data."""
    value = c.store.value(input_bytes)
    if not isinstance(value, Tensor):
        raise NotKnown
    return made((*c.dims(value), c.fresh("n", 0)), named(c, out_type))


@rule("tensorflow.audio.decode_wav")
def decode_wav(
    c: Call, contents: object, desired_channels: object = -1, desired_samples: object = -1, name: object = None
) -> object:
    """(samples, channels), and the rate."""
    asked = [c.store.value(v) for v in (desired_samples, desired_channels)]
    dims = [v if isinstance(v, int) and v > 0 else c.fresh(n, 0) for v, n in zip(asked, ("samples", "channels"))]
    return made(tuple(dims), "float32"), made((), "int32")
