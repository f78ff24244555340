"""torch.utils.data: datasets, samplers, and what a DataLoader makes of a dataset's items.

    item (C, H, W) -> batch (batch_size, C, H, W)

The last batch may be smaller where the dataset's length is not a multiple of the batch size: what is shown is the
size of all others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from shapelens.dims import Dim, Expr, ceildiv, equal, floordiv, symbol
from shapelens.rules.call import Call, Failure, NotKnown, Related
from shapelens.rules.registry import alias, bases_of, layer, rule
from shapelens.values import (
    UNKNOWN,
    Choice,
    Class,
    Dict,
    Instance,
    Iter,
    Lib,
    List,
    Many,
    Named,
    Open,
    Scalar,
    Tensor,
    Uneven,
    Unknown,
)

IMAGE = Lib("PIL.Image.Image")
_DATA = "torch.utils.data"
_INDEX = Scalar("int")
_TYPES = {bool: "bool", int: "int64", float: "float64"}
_SCALARS = {"bool": "bool", "int": "int64", "float": "float64"}


# -- items ---------------------------------------------------------------------------------------------------------


def library_bases(value: object) -> tuple[str, ...]:
    """The library classes that an object's class is or inherits from."""
    if not isinstance(value, Instance):
        return ()
    if isinstance(value.cls, Lib):
        return bases_of(value.cls.path)
    return tuple(b.path for b in value.cls.mro if isinstance(b, Lib)) if isinstance(value.cls, Class) else ()


def known(value: Instance) -> dict[str, Any]:
    """The attributes of an object; NotKnown where something unknown got hold of it."""
    if value.attrs.get("?") is not None:
        raise NotKnown
    return value.attrs


def item_of(c: Call, dataset: object) -> Any:
    """What one item of any dataset looks like: `dataset[i]`, or what iterating over it gives."""
    dataset = c.store.value(dataset)
    if f"{_DATA}.IterableDataset" in library_bases(dataset):
        found = c.invoke(Lib("builtins.iter"), dataset)
        if isinstance(found, Iter):
            return alike(c, [*found.items, *([] if found.rest is None else [found.rest])])
        return c.store.value(found.element) if isinstance(found, Many) else UNKNOWN
    return c.store.value(c.invoke(Lib("operator.getitem"), dataset, _INDEX))


def length_of(c: Call, dataset: object) -> Dim | None:
    """The number of items as a dim; None where it is not known."""
    dataset = c.store.value(dataset)
    if isinstance(dataset, Unknown) or f"{_DATA}.IterableDataset" in library_bases(dataset):
        return None
    found = c.store.value(c.invoke(Lib("builtins.len"), dataset))
    return found if isinstance(found, (int, Expr)) else None


def alike(c: Call, values: Sequence[Any]) -> Any:
    """One value that stands for each of these; NotKnown where they are of different kinds."""
    if not values:
        raise NotKnown
    first = c.store.value(values[0])
    for other in values[1:]:
        first = _both(c, first, c.store.value(other))
    return first


def _both(c: Call, a: Any, b: Any) -> Any:
    if a is b:
        return a
    if isinstance(a, Tensor) and isinstance(b, Tensor) and a.library == b.library:
        dtype = a.dtype if a.dtype == b.dtype else None
        one, two = c.shape(a), c.shape(b)
        if isinstance(one, tuple) and isinstance(two, tuple) and len(one) == len(two):
            dims = tuple([x if equal(x, y) is True else c.fresh("n") for x, y in zip(one, two)])
            return Tensor(dims, dtype, a.library)
        return Tensor(None, dtype, a.library)
    if type(a) is type(b) is tuple and len(a) == len(b):
        return tuple([_both(c, x, y) for x, y in zip(a, b)])
    kinds = _number(a), _number(b)
    if kinds[0] and kinds[0] == kinds[1]:
        return Scalar(kinds[0])
    if isinstance(a, str) and isinstance(b, str):
        return Scalar("str")
    raise NotKnown


def _number(value: Any) -> str:
    if isinstance(value, Scalar):
        return value.type
    if isinstance(value, Expr):
        return "int"
    return type(value).__name__ if isinstance(value, (bool, int, float, str)) else ""


# -- collating -----------------------------------------------------------------------------------------------------


def collate(c: Call, item: Any, size: Dim, about: Sequence[Related] = ()) -> Any:
    """The batch that default_collate makes of `size` items that look like this one.

    Fails with `collate-mismatch` for what cannot be batched. `about`: the places that the failure names.
    """
    item = c.store.value(item)
    if isinstance(item, Tensor):
        return _stacked(c, item, (size,))
    dtype = _TYPES.get(type(item)) or ("int64" if isinstance(item, Expr) else None)
    if isinstance(item, Scalar):
        dtype = _SCALARS.get(item.type)
    if dtype is not None:
        return Tensor((size,), dtype, device=c.device)
    if isinstance(item, (str, bytes)) or isinstance(item, Scalar) and item.type == "str":
        return _repeated(Scalar("str") if isinstance(item, (str, Scalar)) else UNKNOWN, size)
    if isinstance(item, Dict):
        table = Dict({k: collate(c, v, size, about) for k, v in item.items()})
        table.rest = None if item.rest is None else UNKNOWN
        return table
    if isinstance(item, Named):
        return Named.of(**{n: collate(c, v, size, about) for n, v in zip(item.names, item)})
    if isinstance(item, (tuple, List)):
        if getattr(item, "rest", None) is not None:
            return UNKNOWN
        return List([collate(c, v, size, about) for v in item])
    if item is None or is_image(item):
        _not_collated(item, about)
    return UNKNOWN


def is_image(value: object) -> bool:
    """Whether a value is a PIL image, or one of several."""
    if isinstance(value, Choice):
        return bool(value.values) and all(is_image(v) for v in value.values)
    return isinstance(value, Instance) and value.cls is IMAGE


def _not_collated(item: Any, about: Sequence[Related]) -> None:
    if item is None:
        message = "default_collate cannot batch None: the dataset's items must not hold it"
    else:
        message = "default_collate cannot batch PIL images: give the dataset a transform that ends in ToTensor()"
    raise Failure("collate-mismatch", message, about)


def _stacked(c: Call, item: Tensor, front: tuple[Dim, ...]) -> Tensor:
    shape = c.shape(item)
    if isinstance(shape, tuple):
        made = Tensor((*front, *shape), item.dtype, device=item.device)
        made.drawn = item.drawn
        return made
    if isinstance(shape, Open):
        return Tensor(Open((*front, *shape.prefix), shape.var, shape.suffix), item.dtype)
    return Tensor(None, item.dtype)


def _repeated(element: Any, count: Dim | None) -> List:
    made = List()
    made.rest, made.count = element, count
    return made


def _converted(c: Call, item: Any) -> Any:
    """What default_convert makes of an item that is not batched: arrays become tensors."""
    item = c.store.value(item)
    if isinstance(item, Tensor):
        return _stacked(c, item, ()) if item.library == "numpy" else item
    if type(item) is tuple or isinstance(item, List) and item.rest is None:
        return List([_converted(c, v) for v in item])
    if isinstance(item, Dict) and item.rest is None:
        return Dict({k: _converted(c, v) for k, v in item.items()})
    return UNKNOWN if isinstance(item, (Dict, List, Named)) else item


@rule(f"{_DATA}.default_collate")
def default_collate(c: Call, batch: object) -> object:
    batch = c.store.value(batch)
    if isinstance(batch, List) and batch.rest is not None and not batch:
        return collate(c, batch.rest, batch.count if isinstance(batch.count, (int, Expr)) else c.fresh("B"))
    if not isinstance(batch, (tuple, list)) or not batch or getattr(batch, "rest", None) is not None:
        raise NotKnown
    shapes = [c.shape(v) for v in batch if isinstance(v, Tensor)]
    if len(shapes) == len(batch):
        for shape in shapes[1:]:
            if _certainly_differ(shapes[0], shape):
                c.fail(
                    "stack-mismatch",
                    f"default_collate: {c.text(shapes[0])} and {c.text(shape)} cannot be stacked into one batch",
                    *[v for v in batch if isinstance(v, Tensor)][:1],
                )
    return collate(c, alike(c, list(batch)), len(batch))


def _certainly_differ(a: Any, b: Any) -> bool:
    if not isinstance(a, tuple) or not isinstance(b, tuple):
        return False
    return len(a) != len(b) or any(equal(x, y) is False for x, y in zip(a, b))


@rule(f"{_DATA}.default_convert")
def default_convert(c: Call, data: object) -> object:
    return _converted(c, data)


# -- datasets ------------------------------------------------------------------------------------------------------


def _not_called(c: Call, self: Instance) -> object:
    raise NotKnown


for _name, _bases in (("Dataset", ()), ("IterableDataset", (f"{_DATA}.Dataset",)), ("Sampler", ())):
    layer(f"{_DATA}.{_name}", "*args, **kwargs", bases=_bases)(_not_called)


def _make_tensors(c: Call, self: Instance, tensors: tuple[Any, ...]) -> None:
    """Source: the torch.utils.data.TensorDataset page: all tensors have the same first size."""
    found: list[Any] = []
    for value in tensors:
        value = c.store.value(value)
        if isinstance(value, Tensor) and value.library == "numpy":
            _fail(c, "call-arguments", "TensorDataset needs tensors, got a NumPy array: use torch.from_numpy")
        if isinstance(value, List):
            _fail(c, "call-arguments", "TensorDataset needs tensors, got a list: use torch.tensor")
        try:
            found.append(c.tensor(value))
        except NotKnown:
            found.append(Tensor(None))
    self.attrs["tensors"] = tuple(found)
    firsts = [(t, _first(c, t)) for t in found]
    known_firsts = [(t, d) for t, d in firsts if d is not None]
    for tensor, dim in known_firsts[1:]:
        if c.equate(known_firsts[0][1], dim) is False:
            listed = " and ".join(c.text(t) for t in found)
            c.fail(
                "size-mismatch",
                f"TensorDataset: tensors of shapes {listed} differ in their first dim: "
                f"{c.dim_text(known_firsts[0][1])} against {c.dim_text(dim)}",
                known_firsts[0][0],
                tensor,
            )


def _fail(c: Call, code: str, message: str, *about: Related) -> None:
    raise Failure(code, message, about)


def _first(c: Call, tensor: Tensor) -> Dim | None:
    shape = c.shape(tensor)
    if isinstance(shape, Open):
        shape = c.store.at_least(shape, 1, 0)
        return shape.prefix[0]
    if shape == ():
        c.fail("rank-mismatch", "TensorDataset: a tensor without dims has no items", tensor)
    return shape[0] if isinstance(shape, tuple) else None


layer(f"{_DATA}.TensorDataset", "*tensors", bases=(f"{_DATA}.Dataset",), setup=_make_tensors)(_not_called)


@rule(f"{_DATA}.TensorDataset.__getitem__")
def tensor_item(c: Call, self: object, index: object) -> object:
    tensors = _attribute(c, self, "tensors")
    if not isinstance(tensors, tuple):
        raise NotKnown
    return tuple([_row(c, t, index) for t in tensors])


def _attribute(c: Call, self: object, name: str) -> Any:
    if not isinstance(self, Instance) or name not in known(self):
        raise NotKnown
    return c.store.value(self.attrs[name])


def _row(c: Call, tensor: Tensor, index: object) -> Tensor:
    if not isinstance(c.store.value(index), (int, Expr, Scalar)):
        found = c.invoke(Lib("operator.getitem"), tensor, index)
        return found if isinstance(found, Tensor) else Tensor(None, tensor.dtype)
    shape = c.shape(tensor)
    if isinstance(shape, tuple) and shape:
        row = Tensor(shape[1:], tensor.dtype, device=tensor.device)
        row.drawn = tensor.drawn
        return row
    if isinstance(shape, Open) and shape.prefix:
        return Tensor(Open(shape.prefix[1:], shape.var, shape.suffix), tensor.dtype)
    return Tensor(None, tensor.dtype)


@rule(f"{_DATA}.TensorDataset.__len__")
def tensor_length(c: Call, self: object) -> object:
    tensors = _attribute(c, self, "tensors")
    dim = _first(c, tensors[0]) if tensors else None
    return Scalar("int") if dim is None else c.store.dim(dim)


layer(f"{_DATA}.Subset", "dataset, indices", bases=(f"{_DATA}.Dataset",))(_not_called)


@rule(f"{_DATA}.Subset.__getitem__")
def subset_item(c: Call, self: object, idx: object) -> object:
    if isinstance(c.store.value(idx), (slice, List, tuple)):
        raise NotKnown
    return item_of(c, _attribute(c, self, "dataset"))


@rule(f"{_DATA}.Subset.__len__")
def subset_length(c: Call, self: object) -> object:
    return c.invoke(Lib("builtins.len"), _attribute(c, self, "indices"))


def _make_joined(c: Call, self: Instance) -> None:
    if c.store.value(self.attrs["datasets"]) in ((), []) and not getattr(self.attrs["datasets"], "rest", None):
        _fail(c, "argument-value", f"{c.name}: datasets must not be empty")


layer(f"{_DATA}.ConcatDataset", "datasets", bases=(f"{_DATA}.Dataset",), setup=_make_joined)(_not_called)
layer(f"{_DATA}.ChainDataset", "datasets", bases=(f"{_DATA}.IterableDataset",))(_not_called)


def _parts(c: Call, self: object) -> list[Any]:
    datasets = _attribute(c, self, "datasets")
    if not isinstance(datasets, (tuple, list)):
        raise NotKnown
    rest = getattr(datasets, "rest", None)
    return [*datasets, *([] if rest is None else [rest])]


@rule(f"{_DATA}.ConcatDataset.__getitem__")
def joined_item(c: Call, self: object, idx: object) -> object:
    return alike(c, [item_of(c, d) for d in _parts(c, self)])


@rule(f"{_DATA}.ChainDataset.__iter__")
def chained(c: Call, self: object) -> object:
    return Many(alike(c, [item_of(c, d) for d in _parts(c, self)]))


@rule(f"{_DATA}.ConcatDataset.__len__")
def joined_length(c: Call, self: object) -> object:
    if getattr(_attribute(c, self, "datasets"), "rest", None) is not None:
        return Scalar("int")
    total: Dim = 0
    for part in _parts(c, self):
        length = length_of(c, part)
        if length is None:
            return Scalar("int")
        total = total + length
    return total


@rule(f"{_DATA}.random_split")
def random_split(c: Call, dataset: object, lengths: object, generator: object = None) -> object:
    """Source: the torch.utils.data.random_split page."""
    lengths = c.store.value(lengths)
    if not isinstance(lengths, (tuple, list)) or getattr(lengths, "rest", None) is not None:
        raise NotKnown
    parts: list[Any] = [c.store.value(v) for v in lengths]
    whole = length_of(c, dataset)
    if all(isinstance(p, (int, float)) for p in parts):
        if math.isclose(sum(parts), 1) and sum(parts) <= 1:
            parts = _shares(parts, whole)
        elif whole is not None and equal(whole, int(sum(parts))) is False or sum(parts) != int(sum(parts)):
            shown = "an unknown number" if whole is None else c.dim_text(whole)
            c.fail(
                "split-mismatch",
                f"random_split: the lengths {' + '.join(map(str, parts))} = {sum(parts)} are not those of the dataset "
                f"({shown})",
            )
    made = List()
    for part in parts:
        indices = Many(_INDEX, part if isinstance(part, (int, Expr)) else None)
        made.append(Instance(Lib(f"{_DATA}.Subset"), {"dataset": dataset, "indices": indices}))
    return made


def _shares(parts: list[float], whole: Dim | None) -> list[Any]:
    if not isinstance(whole, int):
        return [None] * len(parts)
    sizes = [math.floor(whole * p) for p in parts]
    for i in range(whole - sum(sizes)):
        sizes[i % len(sizes)] += 1
    return sizes


# -- samplers ------------------------------------------------------------------------------------------------------


def _sampler(name: str, declared: str, counted: str) -> None:
    """A sampler of indices; `counted` is the attribute whose length, or value, is the number of them."""
    path = f"{_DATA}.{name}"
    layer(path, declared, bases=(f"{_DATA}.Sampler",))(_not_called)

    @rule(f"{path}.__iter__")
    def indices(c: Call, self: object) -> object:
        return Many(_INDEX)

    @rule(f"{path}.__len__")
    def length(c: Call, self: object) -> object:
        value = _attribute(c, self, counted)
        if counted == "num_samples":
            if value is not None:
                return value if isinstance(value, (int, Expr)) else Scalar("int")
            value = _attribute(c, self, "data_source")
        found = length_of(c, value)
        return Scalar("int") if found is None else found


_sampler("SequentialSampler", "data_source", "data_source")
_sampler("RandomSampler", "data_source, replacement=False, num_samples=None, generator=None", "num_samples")
_sampler("SubsetRandomSampler", "indices, generator=None", "indices")
_sampler("WeightedRandomSampler", "weights, num_samples, replacement=True, generator=None", "num_samples")


def _make_batch_sampler(c: Call, self: Instance) -> None:
    _check_batch_size(c, c.store.value(self.attrs["batch_size"]))


def _check_batch_size(c: Call, size: object) -> None:
    if isinstance(size, (bool, float)) or isinstance(size, int) and size < 1:
        _fail(c, "argument-value", f"{c.name}: batch_size must be a positive int, got {size}")


layer(
    f"{_DATA}.BatchSampler", "sampler, batch_size, drop_last", bases=(f"{_DATA}.Sampler",), setup=_make_batch_sampler
)(_not_called)


@rule(f"{_DATA}.BatchSampler.__iter__")
def index_batches(c: Call, self: object) -> object:
    return Many(_repeated(_INDEX, None))


layer(
    f"{_DATA}.DistributedSampler",
    "dataset, num_replicas=None, rank=None, shuffle=True, seed=0, drop_last=False",
    bases=(f"{_DATA}.Sampler",),
)(_not_called)


@rule(f"{_DATA}.DistributedSampler.__iter__")
def shard(c: Call, self: object) -> object:
    return Many(_INDEX)


# -- the loader ----------------------------------------------------------------------------------------------------


def _make_loader(c: Call, self: Instance) -> None:
    """What the constructor rejects. Source: torch.utils.data.DataLoader."""
    a = {name: c.store.value(value) for name, value in self.attrs.items()}
    sampler, batches, size = a["sampler"], a["batch_sampler"], a["batch_size"]
    workers, iterable = a["num_workers"], f"{_DATA}.IterableDataset" in library_bases(a["dataset"])
    if isinstance(workers, int) and workers < 0:
        _fail(c, "argument-value", f"DataLoader: num_workers must not be negative, got {workers}")
    if type(workers) is int and workers == 0:
        for name in ("prefetch_factor", "persistent_workers"):
            if a[name] is True or name == "prefetch_factor" and isinstance(a[name], int):
                _fail(c, "argument-value", f"DataLoader: {name} needs num_workers > 0")
    if iterable and (a["shuffle"] is True or isinstance(sampler, Instance) or isinstance(batches, Instance)):
        which = "shuffle" if a["shuffle"] is True else "sampler" if isinstance(sampler, Instance) else "batch_sampler"
        _fail(c, "argument-value", f"DataLoader: an IterableDataset takes no {which}")
    if a["shuffle"] is True and isinstance(sampler, Instance):
        _fail(c, "argument-value", "DataLoader: give either sampler or shuffle, not both")
    if isinstance(batches, Instance):
        given = [
            n for n, plain in (("batch_size", 1), ("shuffle", None), ("drop_last", False)) if _is_given(a[n], plain)
        ]
        given += ["sampler"] if isinstance(sampler, Instance) else []
        if given:
            _fail(c, "argument-value", f"DataLoader: batch_sampler does not go with {given[0]}")
        return
    if size is None:
        if a["drop_last"] is True:
            _fail(c, "argument-value", "DataLoader: drop_last needs a batch_size")
    elif batches is None:
        _check_batch_size(c, size)


def _is_given(value: Any, plain: Any) -> bool:
    return type(value) in (int, bool) and value is not False and value != plain


layer(
    f"{_DATA}.DataLoader",
    "dataset, batch_size=1, shuffle=None, sampler=None, batch_sampler=None, num_workers=0, collate_fn=None, "
    "pin_memory=False, drop_last=False, timeout=0, worker_init_fn=None, multiprocessing_context=None, generator=None, "
    "*, prefetch_factor=None, persistent_workers=False, pin_memory_device='', in_order=True",
    bases=(),
    setup=_make_loader,
)(_not_called)


@rule(f"{_DATA}.DataLoader.__iter__")
def batches(c: Call, self: object) -> object:
    """The batches: what collate_fn, or default_collate, makes of `batch_size` items."""
    if not isinstance(self, Instance):
        raise NotKnown
    a = known(self)
    dataset, collate_fn = c.store.value(a["dataset"]), c.store.value(a["collate_fn"])
    item = item_of(c, dataset)
    size = _batch_size(c, a, dataset)
    if size is None:
        return Many(_converted(c, item) if collate_fn is None else c.invoke(collate_fn, item), length_of(c, dataset))

    def batch(size: Dim) -> Any:
        if collate_fn is not None and not _is_default(collate_fn):
            return _placed(c.invoke(collate_fn, _repeated(item, size)), self)
        return _placed(collate(c, item, size, _about(self, dataset)), self)

    element, left = batch(size), _left_over(c, a, dataset)
    last = None if left is None else (batch(left[0]), left[1])
    count = _count(c, a, dataset)
    return Many(element, count if last is None and _is_even(c, a, dataset) else Uneven(count), last)


def _is_even(c: Call, a: dict[str, Any], dataset: object) -> bool:
    """Whether all batches are certainly of one size."""
    size, sampler = c.store.value(a["batch_size"]), c.store.value(a["sampler"])
    if c.store.value(a["batch_sampler"]) is not None:
        return False
    length = length_of(c, dataset if sampler is None else sampler)
    whole = isinstance(size, int) and isinstance(length, int) and (length % size == 0 or length < size)
    return whole or c.store.value(a["drop_last"]) is True


def _left_over(c: Call, a: dict[str, Any], dataset: object) -> tuple[int, str] | None:
    """The size of a last batch that is certainly smaller than the others, and how it comes about."""
    size, sampler = c.store.value(a["batch_size"]), c.store.value(a["sampler"])
    if c.store.value(a["batch_sampler"]) is not None or a["drop_last"] is not False:
        return None
    length = length_of(c, dataset if sampler is None else sampler)
    if not isinstance(size, int) or not isinstance(length, int) or not 0 < size < length or length % size == 0:
        return None
    left = length % size
    items = "item" if left == 1 else "items"
    return left, f"the last batch has {left} {items} ({length} = {length // size} · {size} + {left})"


def _is_default(collate_fn: object) -> bool:
    return isinstance(collate_fn, Lib) and collate_fn.path.rpartition(".")[2] == "default_collate"


def _about(self: Instance, dataset: object) -> list[Related]:
    found = []
    if isinstance(dataset, Instance) and dataset.origin is not None:
        found.append(Related(dataset.origin, "the dataset is made here"))
    if self.origin is not None:
        found.append(Related(self.origin, "the DataLoader is made here"))
    return found


def _placed(element: Any, self: Instance) -> Any:
    """The tensors of a batch come from the loader."""
    parts: list[Any] = element if isinstance(element, List) else [element]
    if isinstance(element, (Dict, Named)):
        parts = list(element.values() if isinstance(element, Dict) else element)
    for part in parts:
        if isinstance(part, Tensor) and part.origin is None:
            part.origin = self.origin
    return element


def _batch_size(c: Call, a: dict[str, Any], dataset: object) -> Dim | None:
    """The size of a batch as a dim; None where items are not batched."""
    sampler = c.store.value(a["batch_sampler"])
    if sampler is not None:
        inside = (
            sampler.attrs if isinstance(sampler, Instance) and f"{_DATA}.BatchSampler" in library_bases(sampler) else {}
        )
        size = c.store.value(inside.get("batch_size", UNKNOWN))
        return size if isinstance(size, (int, Expr)) else c.fresh("B")
    size = c.store.value(a["batch_size"])
    if size is None:
        return None
    if type(size) is Unknown and size.hole is not None:
        return c.dim(c.store.teach(size.hole, symbol("B")))
    if not isinstance(size, (int, Expr)):
        return c.fresh("B")
    if isinstance(size, int) and c.store.value(a["sampler"]) is None and a["drop_last"] is False:
        length: Any = length_of(c, dataset)
        if isinstance(length, int) and 0 < length < size:
            return length
    found: Dim = size
    return found


def _count(c: Call, a: dict[str, Any], dataset: object) -> Dim | None:
    """How many batches there are; None where it is not known."""
    size, drop = c.store.value(a["batch_size"]), c.store.value(a["drop_last"])
    if c.store.value(a["batch_sampler"]) is not None or not isinstance(drop, bool):
        return None
    sampler = c.store.value(a["sampler"])
    length = length_of(c, dataset if sampler is None else sampler)
    if length is None or size is None:
        return length
    if not isinstance(size, int) or size < 1:
        return None
    return floordiv(length, size) if drop else ceildiv(length, size)


@rule(f"{_DATA}.DataLoader.__len__")
def loader_length(c: Call, self: object) -> object:
    if not isinstance(self, Instance):
        raise NotKnown
    a = known(self)
    found = _count(c, a, c.store.value(a["dataset"]))
    return Scalar("int") if found is None else found


for _module, _names in (
    ("dataloader", "DataLoader default_collate default_convert"),
    ("dataset", "Dataset IterableDataset TensorDataset Subset ConcatDataset ChainDataset random_split"),
    ("sampler", "Sampler SequentialSampler RandomSampler SubsetRandomSampler WeightedRandomSampler BatchSampler"),
    ("distributed", "DistributedSampler"),
    ("_utils.collate", "default_collate default_convert"),
):
    for _name in _names.split():
        alias(f"{_DATA}.{_module}.{_name}", f"{_DATA}.{_name}")
