"""tf.data: what one element of a dataset looks like, and how many there are.

A dataset is `Instance(Lib("tensorflow.data.Dataset"), attrs)`; what makes or takes one elsewhere (image_dataset_from_directory,
model.fit) reads and writes these:

    element   one element: a tensor, or tuples, lists and dicts of them, as iterating gives it
    length    the number of elements: a dim; None where it is not known, or without end
    last      absent, or (the last element, its size in words) where that is smaller than the others: a batch of what is left

    element (*shape), batch(B)  ->  element (B, *shape)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shapelens.dims import Dim, Expr, ceildiv, equal, floordiv, less, less_equal, maximum, minimum
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.conversion import converted
from shapelens.rules.registry import attribute, rule
from shapelens.rules.tensorflow.common import made, named
from shapelens.values import (
    UNKNOWN,
    Dict,
    Function,
    Instance,
    Lib,
    List,
    Many,
    Open,
    Scalar,
    Size,
    Tensor,
    Uneven,
    Unknown,
)

DATASET = Lib("tensorflow.data.Dataset")
_D = "tensorflow.data.Dataset"


def of_elements(element: Any, length: Dim | None = None, last: tuple[Any, str] | None = None) -> Instance:
    """A dataset of such elements; of one that holds itself over and over nothing is known."""
    if _parts(element, {}) > _MOST_PARTS:
        element, last = UNKNOWN, None
    attrs: dict[str, Any] = {"element": element, "length": length}
    if last is not None:
        attrs["last"] = last
    return Instance(DATASET, attrs)


_MOST_PARTS = 4_096


def _parts(value: Any, known: dict[int, int]) -> int:
    """How many parts a nested value has, one that it holds many times over counted as often."""
    if not isinstance(value, (tuple, dict)):
        return 1
    if id(value) not in known:
        known[id(value)] = 1 + sum(_parts(v, known) for v in (value.values() if isinstance(value, dict) else value))
    return known[id(value)]


def is_dataset(value: object) -> bool:
    """Whether a value is a dataset of which something is known."""
    return isinstance(value, Instance) and value.cls is DATASET and value.attrs.get("?") is None


def element_of(c: Call, value: object) -> Any:
    """One element of a dataset; NotKnown for what is none."""
    value = c.store.value(value)
    if not isinstance(value, Instance) or "element" not in value.attrs or value.attrs.get("?") is not None:
        raise NotKnown
    return c.store.value(value.attrs["element"])


def length_of(c: Call, value: Instance) -> Dim | None:
    """The number of elements, where it is known."""
    found = c.store.value(value.attrs.get("length"))
    return found if isinstance(found, (int, Expr)) else None


# -- structures ----------------------------------------------------------------------------------------------------


def leaves(value: Any) -> list[Any]:
    """The parts of a nested value that are no tuple, list or dict."""
    if isinstance(value, tuple) and not isinstance(value, Size):
        return [leaf for part in value for leaf in leaves(part)]
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in leaves(part)]
    return [value]


def each(c: Call, value: Any, change: Callable[[Any], Any]) -> Any:
    """The same structure with every leaf changed."""
    value = c.store.value(value)
    if isinstance(value, tuple) and not isinstance(value, Size):
        return tuple([each(c, v, change) for v in value])
    if isinstance(value, dict):
        if getattr(value, "rest", None) is not None:
            return UNKNOWN
        return Dict({k: each(c, v, change) for k, v in value.items()})
    return change(value)


def as_tensors(c: Call, value: Any) -> Any:
    """A structure as tf.data keeps it: arrays, numbers and lists become tensors."""
    return each(c, value, lambda leaf: _leaf(c, leaf))


def _leaf(c: Call, value: Any) -> Any:
    if isinstance(value, Tensor):
        return value if value.library == "tensorflow" else made(value.shape, value.dtype, value.scalars)
    if isinstance(value, str) or isinstance(value, Scalar) and value.type == "str":
        return made((), None)
    if isinstance(value, Instance):
        return value
    if isinstance(value, Unknown) and not isinstance(value, Scalar):
        return UNKNOWN
    if isinstance(value, (List, tuple, list)):
        return _stacked(c, value)
    try:
        found = converted(c, value)
    except NotKnown:
        return UNKNOWN
    return made(found.shape, found.dtype)


def _stacked(c: Call, value: Any) -> Any:
    """A list of things alike as one tensor."""
    if isinstance(value, List) and value.rest is not None:
        inner = _leaf(c, c.store.value(value.rest))
        count = value.count if isinstance(value.count, (int, Expr)) and not value else c.fresh("n", 0)
        return in_front(c, inner, count)
    if value and all(isinstance(c.store.value(v), str) for v in value):
        return made((len(value),), None)
    try:
        found = converted(c, value)
        return made(found.shape, found.dtype)
    except NotKnown:
        parts = [_leaf(c, c.store.value(v)) for v in value]
        shapes = [c.shape(p) if isinstance(p, Tensor) else None for p in parts]
        if parts and all(isinstance(s, tuple) and s == shapes[0] for s in shapes):
            return in_front(c, parts[0], len(parts))
        return UNKNOWN


def in_front(c: Call, value: Any, size: Dim) -> Any:
    """A tensor with one more axis in front."""
    if not isinstance(value, Tensor):
        return value if isinstance(value, Instance) else UNKNOWN
    shape = c.shape(value)
    if isinstance(shape, Open):
        return made(Open((size, *shape.prefix), shape.var, shape.suffix), value.dtype)
    return made((size, *shape) if isinstance(shape, tuple) else None, value.dtype)


def behind(c: Call, value: Any) -> Any:
    """A tensor without its first axis."""
    if not isinstance(value, Tensor):
        return UNKNOWN
    shape = c.shape(value)
    if shape == ():
        c.fail("rank-mismatch", f"{c.name}: a scalar cannot be taken apart into elements", value)
    if isinstance(shape, Open):
        shape = c.at_least(shape, 1, 0)
        return made(Open(shape.prefix[1:], shape.var, shape.suffix), value.dtype)
    return made(shape[1:] if isinstance(shape, tuple) else None, value.dtype)


def _rows(c: Call, value: Any) -> Dim | None:
    """The size of the first axis, which all leaves must have."""
    found: Dim | None = None
    first: Tensor | None = None
    for leaf in leaves(value):
        shape = c.shape(leaf) if isinstance(leaf, Tensor) else None
        if not isinstance(shape, tuple) or not shape:
            continue
        if first is None or found is None:
            found, first = shape[0], leaf
        elif c.equate(found, shape[0]) is False:
            c.fail(
                "size-mismatch",
                f"{c.name}: {c.text(first)} and {c.text(leaf)} differ in their first axis, "
                f"{c.dim_text(found)} against {c.dim_text(shape[0])}",
                first,
                leaf,
            )
    return found


def alike(c: Call, a: Any, b: Any) -> Any:
    """One element that stands for either."""
    a, b = c.store.value(a), c.store.value(b)
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        one, two = c.shape(a), c.shape(b)
        dtype = a.dtype if a.dtype == b.dtype else None
        if isinstance(one, tuple) and isinstance(two, tuple) and len(one) == len(two):
            return made(tuple([x if equal(x, y) is True else c.fresh("n") for x, y in zip(one, two)]), dtype)
        return made(None, dtype)
    if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        return tuple([alike(c, x, y) for x, y in zip(a, b)])
    if isinstance(a, dict) and isinstance(b, dict) and list(a) == list(b):
        return Dict({k: alike(c, a[k], b[k]) for k in a})
    return UNKNOWN


# -- making --------------------------------------------------------------------------------------------------------


@rule(f"{_D}.from_tensor_slices")
def from_tensor_slices(c: Call, tensors: object, name: object = None) -> object:
    """The rows of arrays of one length."""
    whole = as_tensors(c, tensors)
    length = _rows(c, whole)
    return of_elements(each(c, whole, lambda leaf: behind(c, leaf)), length)


@rule(f"{_D}.from_tensors")
def from_tensors(c: Call, tensors: object, name: object = None) -> object:
    return of_elements(as_tensors(c, tensors), 1)


@rule(f"{_D}.range")
def range_(c: Call, *args: object, output_type: object = "int64", name: object = None) -> object:
    numbers = [c.store.value(a) for a in args]
    length: Dim | None = None
    if numbers and all(isinstance(n, int) for n in numbers) and (len(numbers) < 3 or numbers[2]):
        length = len(range(*numbers))
    elif len(numbers) == 1 and isinstance(numbers[0], Expr):
        length = numbers[0]
    return of_elements(made((), named(c, output_type)), length)


@rule(f"{_D}.random", f"{_D}.counter")
def endless_numbers(c: Call, *args: object, **kwargs: object) -> object:
    return of_elements(made((), "int64"))


@rule(f"{_D}.list_files")
def list_files(c: Call, file_pattern: object, *args: object, **kwargs: object) -> object:
    """Names: strings."""
    return of_elements(made((), None))


@rule("tensorflow.data.TFRecordDataset", "tensorflow.data.TextLineDataset")
def records(c: Call, filenames: object, *args: object, **kwargs: object) -> object:
    return of_elements(made((), None))


@rule("tensorflow.data.FixedLengthRecordDataset")
def fixed_records(c: Call, *args: object, **kwargs: object) -> object:
    return of_elements(made((), None))


@rule(f"{_D}.load", "tensorflow.data.experimental.load", "tensorflow.data.experimental.make_csv_dataset")
def loaded(c: Call, *args: object, **kwargs: object) -> object:
    return of_elements(UNKNOWN)


@rule("tensorflow.TensorSpec")
def tensor_spec(c: Call, shape: object, dtype: object = "float32", name: object = None) -> object:
    """What a tensor will look like: None stands for any size."""
    return Instance(Lib("tensorflow.TensorSpec"), {"shape": c.store.value(shape), "dtype": c.store.value(dtype)})


def described(c: Call, spec: Any) -> Any:
    """A tensor as a TensorSpec describes it; sizes that are None are of their own."""
    spec = c.store.value(spec)
    if not isinstance(spec, Instance) or spec.cls is not Lib("tensorflow.TensorSpec"):
        return UNKNOWN
    return _of_shape(c, spec.attrs["shape"], spec.attrs["dtype"])


def _of_shape(c: Call, shape: Any, dtype: Any) -> Tensor:
    shape = c.store.value(shape)
    found = named(c, dtype)
    if not isinstance(shape, (tuple, list)) or getattr(shape, "rest", None) is not None:
        return made(None, found)
    dims: list[Dim] = []
    for size in shape:
        size = c.store.value(size)
        dims.append(size if isinstance(size, (int, Expr)) else c.fresh("n", 0))
    return made(tuple(dims), found)


@rule(f"{_D}.from_generator")
def from_generator(
    c: Call,
    generator: object,
    output_types: object = None,
    output_shapes: object = None,
    args: object = None,
    output_signature: object = None,
    name: object = None,
) -> object:
    """As the signature says, or the types with the shapes."""
    if c.store.value(output_signature) is not None:
        return of_elements(each(c, output_signature, lambda spec: described(c, spec)))
    types, shapes = c.store.value(output_types), c.store.value(output_shapes)
    if isinstance(types, (tuple, list)) and (shapes is None or isinstance(shapes, (tuple, list))):
        listed = [None] * len(types) if shapes is None else list(shapes)
        if len(listed) != len(types):
            return of_elements(UNKNOWN)
        return of_elements(tuple([_of_shape(c, s, t) for s, t in zip(listed, types)]))
    if isinstance(types, dict):
        return of_elements(UNKNOWN)
    return of_elements(_of_shape(c, shapes, types))


@rule(f"{_D}.zip")
def zip_(c: Call, *args: object, datasets: object = None, name: object = None) -> object:
    """Element by element; as many as the shortest has."""
    given: Any = tuple([c.store.value(a) for a in args]) if args else c.store.value(datasets)
    if len(args) == 1 and not is_dataset(given[0]):
        given = given[0]
    parts = leaves(given)
    lengths = [length_of(c, p) if is_dataset(p) else None for p in parts]
    element = each(c, given, lambda d: element_of(c, d) if is_dataset(d) else UNKNOWN)
    shortest: Dim | None = lengths[0] if lengths else None
    for length in lengths[1:]:
        shortest = None if shortest is None or length is None else minimum(shortest, length)
    return of_elements(element, shortest)


@rule(f"{_D}.sample_from_datasets", f"{_D}.choose_from_datasets")
def sampled(c: Call, datasets: object, *args: object, **kwargs: object) -> object:
    parts = c.store.value(datasets)
    if not isinstance(parts, (list, tuple)) or not parts or getattr(parts, "rest", None) is not None:
        return of_elements(UNKNOWN)
    found = element_of(c, parts[0])
    for other in parts[1:]:
        found = alike(c, found, element_of(c, other))
    return of_elements(found)


# -- batches -------------------------------------------------------------------------------------------------------


@rule(f"{_D}.batch")
def batch(
    c: Call,
    self: Instance,
    batch_size: object,
    drop_remainder: object = False,
    num_parallel_calls: object = None,
    deterministic: object = None,
    name: object = None,
) -> object:
    """A new axis in front; the last batch may be smaller unless it is dropped."""
    element, size = element_of(c, self), _count(c, batch_size)
    return _batched(c, self, size, drop_remainder, lambda rows: each(c, element, lambda leaf: _joined(c, leaf, rows)))


def _joined(c: Call, leaf: Any, rows: Dim) -> Any:
    if is_dataset(leaf):
        return leaf
    return in_front(c, leaf, rows)


def _count(c: Call, value: object) -> Dim:
    value = c.store.value(value)
    if isinstance(value, Tensor):
        value = value.scalars
    if isinstance(value, int) and value < 1:
        c.fail("argument-value", f"{c.name}: the size must be positive, got {value}")
    return c.dim(value)


def _batched(c: Call, source: Instance, size: Dim, drop_remainder: object, of: Callable[[Dim], Any]) -> Instance:
    length, dropped = length_of(c, source), c.store.value(drop_remainder)
    if length is None or not isinstance(dropped, (bool, int)):
        return of_elements(of(size))
    if dropped:
        return of_elements(of(size), floordiv(length, size))
    if less_equal(length, size) is True:
        return of_elements(of(length), minimum(length, 1) if isinstance(length, int) else 1)
    count = ceildiv(length, size)
    if isinstance(length, int) and isinstance(size, int):
        left = length % size
        return of_elements(of(size), count, (of(left), f"{left} of {length}") if left else None)
    return of_elements(of(size), count)


@rule(f"{_D}.padded_batch")
def padded_batch(
    c: Call,
    self: Instance,
    batch_size: object,
    padded_shapes: object = None,
    padding_values: object = None,
    drop_remainder: object = False,
    name: object = None,
) -> object:
    """Each axis as long as the longest of the batch, or as `padded_shapes` says; None there and -1 mean the longest."""
    element, size = element_of(c, self), _count(c, batch_size)
    wanted = c.store.value(padded_shapes)

    def padded(leaf: Any, shape: Any) -> Any:
        if not isinstance(leaf, Tensor):
            return UNKNOWN
        dims = c.shape(leaf)
        if not isinstance(dims, tuple):
            return made(None, leaf.dtype)
        shape = c.store.value(shape)
        if not isinstance(shape, (tuple, list)) or len(shape) != len(dims):
            return made(tuple([d if isinstance(d, int) else c.fresh("T", 0) for d in dims]), leaf.dtype)
        found: list[Dim] = []
        for have, want in zip(dims, [c.store.value(s) for s in shape]):
            if isinstance(want, int) and want >= 0:
                if less(want, have) is True:
                    c.fail(
                        "padding-too-large",
                        f"padded_batch: {c.text(leaf)} does not fit into padded_shapes {tuple(shape)}",
                        leaf,
                    )
                found.append(want)
            else:
                found.append(have if isinstance(have, int) else c.fresh("T", 0))
        return made(tuple(found), leaf.dtype)

    if isinstance(element, tuple) and not isinstance(wanted, (tuple, list, type(None))):
        raise NotKnown
    if isinstance(element, tuple):
        shapes = [None] * len(element) if wanted is None else list(wanted)
        if len(shapes) != len(element):
            raise NotKnown
        filled: Any = tuple([padded(e, s) if isinstance(e, Tensor) else UNKNOWN for e, s in zip(element, shapes)])
    elif isinstance(element, Tensor):
        filled = padded(element, wanted)
    else:
        filled = UNKNOWN
    return _batched(c, self, size, drop_remainder, lambda rows: each(c, filled, lambda leaf: in_front(c, leaf, rows)))


@rule(f"{_D}.unbatch")
def unbatch(c: Call, self: Instance, name: object = None) -> object:
    return of_elements(each(c, element_of(c, self), lambda leaf: behind(c, leaf)))


@rule(f"{_D}.rebatch")
def rebatch(c: Call, self: Instance, batch_size: object, drop_remainder: object = False, name: object = None) -> object:
    rows = c.fresh("B", 0)
    return of_elements(each(c, element_of(c, self), lambda leaf: in_front(c, behind(c, leaf), rows)))


@rule(f"{_D}.window")
def window(
    c: Call,
    self: Instance,
    size: object,
    shift: object = None,
    stride: object = 1,
    drop_remainder: object = False,
    name: object = None,
) -> object:
    """Datasets of so many elements, one for each part of an element; the last ones may be shorter."""
    count, rows = _count(c, size), length_of(c, self)
    length = count if rows is None else minimum(count, rows)
    return of_elements(each(c, element_of(c, self), lambda leaf: of_elements(leaf, length)))


# -- one by one ----------------------------------------------------------------------------------------------------


def _called(c: Call, function: object, element: Any) -> Any:
    """What a function gives for an element, whose parts are its arguments where it is a tuple."""
    args = element if isinstance(element, tuple) else (element,)
    value = c.store.value(function)
    if isinstance(element, Unknown) and isinstance(value, Function):  # one thing, or as many as the function takes
        listed = value.node.args
        args = (element,) * max(len(listed.posonlyargs) + len(listed.args) - len(listed.defaults), 1)
    return c.store.value(c.invoke(function, *args))


@rule(f"{_D}.map")
def map_(
    c: Call,
    self: Instance,
    map_func: object,
    num_parallel_calls: object = None,
    deterministic: object = None,
    synchronous: object = None,
    use_unbounded_threadpool: object = None,
    name: object = None,
) -> object:
    """What the function gives for each element."""
    element = element_of(c, self)
    found = _called(c, map_func, element)
    if isinstance(found, List) and found.rest is None:  # a list that a function returns is a tuple
        found = tuple(found)
    return of_elements(as_tensors(c, found), length_of(c, self))


@rule(f"{_D}.flat_map", f"{_D}.interleave")
def flat_map(c: Call, self: Instance, map_func: object, *args: object, **kwargs: object) -> object:
    """The elements of the datasets that the function gives."""
    found = _called(c, map_func, element_of(c, self))
    return of_elements(element_of(c, found) if is_dataset(found) else UNKNOWN)


@rule(f"{_D}.filter", f"{_D}.take_while")
def filter_(c: Call, self: Instance, predicate: object, name: object = None) -> object:
    element = element_of(c, self)
    _called(c, predicate, element)
    return of_elements(element)


@rule(f"{_D}.enumerate")
def enumerate_(c: Call, self: Instance, start: object = 0, name: object = None) -> object:
    return of_elements((made((), "int64"), element_of(c, self)), length_of(c, self))


@rule(f"{_D}.scan")
def scan(c: Call, self: Instance, initial_state: object, scan_func: object, name: object = None) -> object:
    found = c.store.value(c.invoke(scan_func, as_tensors(c, initial_state), element_of(c, self)))
    return of_elements(
        as_tensors(c, found[1]) if isinstance(found, tuple) and len(found) == 2 else UNKNOWN, length_of(c, self)
    )


@rule(f"{_D}.apply")
def apply(c: Call, self: Instance, transformation_func: object) -> object:
    found = c.store.value(c.invoke(transformation_func, self))
    return found if isinstance(found, Instance) else of_elements(UNKNOWN)


# -- the same elements ---------------------------------------------------------------------------------------------


def _same(c: Call, self: Instance, length: Dim | None, keep_last: bool = False) -> Instance:
    last = c.store.value(self.attrs.get("last")) if keep_last else None
    return of_elements(element_of(c, self), length, last if isinstance(last, tuple) else None)


@rule(*(f"{_D}.{name}" for name in ("prefetch", "cache", "with_options", "ignore_errors", "snapshot", "shuffle")))
def kept(c: Call, self: Instance, *args: object, **kwargs: object) -> object:
    """As many of the same; of shuffled batches, any may be the smaller one."""
    return _same(c, self, length_of(c, self), c.name != "shuffle")


@rule(f"{_D}.repeat")
def repeat(c: Call, self: Instance, count: object = None, name: object = None) -> object:
    times, length = c.store.value(count), length_of(c, self)
    whole = isinstance(times, int) and times >= 0 and length is not None
    return _same(c, self, length * times if whole and isinstance(times, int) and length is not None else None)


@rule(f"{_D}.take")
def take(c: Call, self: Instance, count: object, name: object = None) -> object:
    number, length = c.store.value(count), length_of(c, self)
    if isinstance(number, int) and number < 0:
        return _same(c, self, length)
    if not isinstance(number, (int, Expr)):
        return _same(c, self, None)
    return _same(c, self, number if length is None else minimum(length, number))


@rule(f"{_D}.skip")
def skip(c: Call, self: Instance, count: object, name: object = None) -> object:
    number, length = c.store.value(count), length_of(c, self)
    if length is None or not isinstance(number, (int, Expr)) or isinstance(number, int) and number < 0:
        return _same(c, self, None)
    return _same(c, self, maximum(length - number, 0), True)


@rule(f"{_D}.shard", f"{_D}.unique", f"{_D}.rejection_resample")
def fewer(c: Call, self: Instance, *args: object, **kwargs: object) -> object:
    if c.name == "rejection_resample":
        return of_elements(UNKNOWN)
    return _same(c, self, None)


@rule(f"{_D}.concatenate")
def concatenate(c: Call, self: Instance, dataset: object, name: object = None) -> object:
    """The elements of one, then those of the other."""
    other = c.store.value(dataset)
    if not is_dataset(other):
        return of_elements(UNKNOWN)
    a, b = length_of(c, self), length_of(c, other)
    found = alike(c, element_of(c, self), element_of(c, other))
    return of_elements(found, None if a is None or b is None else a + b)


@rule(*(f"{_D}.{name}" for name in (
    "bucket_by_sequence_length", "group_by_window", "ragged_batch", "dense_to_ragged_batch", "sparse_batch",
)))  # fmt: skip
def not_followed(c: Call, self: Instance, *args: object, **kwargs: object) -> object:
    return of_elements(UNKNOWN)


# -- what is taken out ---------------------------------------------------------------------------------------------


@rule(f"{_D}.__iter__")
def iterate(c: Call, self: Instance) -> object:
    """All elements, the last one perhaps smaller."""
    element, length = element_of(c, self), length_of(c, self)
    last = c.store.value(self.attrs.get("last"))
    if isinstance(last, tuple) and len(last) == 2:
        return Many(element, None if length is None else Uneven(length), last)
    return Many(element, length)


@rule(f"{_D}.as_numpy_iterator")
def as_numpy_iterator(c: Call, self: Instance) -> object:
    """The same with arrays."""

    def array(leaf: Any) -> Any:
        return Tensor(leaf.shape, leaf.dtype, "numpy") if isinstance(leaf, Tensor) else leaf

    return Many(each(c, element_of(c, self), array), length_of(c, self))


@rule(f"{_D}.__len__")
def length(c: Call, self: Instance) -> object:
    found = length_of(c, self)
    return Scalar("int") if found is None else found


@rule(f"{_D}.cardinality", "tensorflow.data.experimental.cardinality")
def cardinality(c: Call, self: Instance) -> Tensor:
    """The length as a tensor; -1 and -2 where there is none."""
    return made((), "int64", length_of(c, self))


@rule(f"{_D}.get_single_element")
def get_single_element(c: Call, self: Instance, name: object = None) -> object:
    return element_of(c, self)


@rule(f"{_D}.reduce")
def reduce(c: Call, self: Instance, initial_state: object, reduce_func: object, name: object = None) -> object:
    """What the function gives for a state and an element; a state of the same kind comes out."""
    state = as_tensors(c, initial_state)
    found = c.store.value(c.invoke(reduce_func, state, element_of(c, self)))
    return alike(c, state, as_tensors(c, found))


@attribute(f"{_D}.element_spec")
def element_spec(c: Call, self: Instance) -> object:
    """A TensorSpec for each tensor."""
    return each(c, element_of(c, self), lambda leaf: _spec(c, leaf))


def _spec(c: Call, leaf: Any) -> Any:
    shape = c.shape(leaf) if isinstance(leaf, Tensor) else None
    if not isinstance(leaf, Tensor) or not isinstance(shape, tuple):
        return UNKNOWN
    dtype = UNKNOWN if leaf.dtype is None else Lib(f"tensorflow.{leaf.dtype}")
    return Instance(Lib("tensorflow.TensorSpec"), {"shape": Size(shape), "dtype": dtype})


@rule(f"{_D}.save", f"{_D}.options")
def nothing(c: Call, self: Instance, *args: object, **kwargs: object) -> object:
    return None if c.name == "save" else UNKNOWN
