"""keras.layers that change a shape and no element, pad, crop or repeat. The batch axis is never touched.

Flatten (B, 4, 4, 3) -> (B, 48)      Reshape((3, -1)) (B, 48) -> (B, 3, 16)      Permute((2, 1)) (B, T, C) -> (B, C, T)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from shapelens.dims import Dim, divides, equal, exact_quotient, less, less_equal, product, symbols
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.keras.convolution import joined, split
from shapelens.rules.keras.layer import check_rank, keras_layer, output_dtype
from shapelens.rules.keras.options import as_sizes, is_channels_first, keep_sizes
from shapelens.values import Instance, List, Open, Tensor, Unknown

# -- Flatten, Reshape, Permute, RepeatVector -----------------------------------------------------------------------


@keras_layer("Flatten", "data_format=None", min_ndim=1)
def flatten(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """(B, *dims) to (B, product of dims); (B,) to (B, 1)."""
    shape = c.shape(inputs)
    if isinstance(shape, Open):
        batch = c.at_least(shape, 1, 0).prefix[0]
        return inputs.with_(shape=(batch, c.fresh("n")))
    dims = c.dims(inputs)
    return inputs.with_(shape=(dims[0], product(dims[1:])))


def _target(c: Call, self: Instance) -> tuple[Dim, ...]:
    """The `target_shape` of a Reshape; NotKnown where it is not known."""
    value = c.store.value(self.attrs.get("target_shape"))
    if not isinstance(value, (tuple, list)) or isinstance(value, List) and value.rest is not None:
        raise NotKnown
    return tuple(c.dim(v) for v in value)


def _check_target(c: Call, self: Instance) -> None:
    value = c.store.value(self.attrs.get("target_shape"))
    if isinstance(value, (int, float)):
        c.fail("argument-value", f"{c.name}: target_shape must be a tuple, got {value}; write ({value},)")
    if not isinstance(value, (tuple, list)):
        return
    if any(type(v) is int and v < -1 for v in value):
        c.fail("argument-value", f"{c.name}: target_shape {tuple(value)} has a size below -1")
    if len([v for v in value if type(v) is int and v == -1]) > 1:
        c.fail("argument-value", f"{c.name}: target_shape {tuple(value)} has more than one -1")


@keras_layer("Reshape", "target_shape", setup=_check_target)
def reshape(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """(B, *dims) to (B, *target_shape), one size of which may be -1."""
    target = _target(c, self)
    shape = c.shape(inputs)
    if isinstance(shape, Open):
        batch = c.at_least(shape, 1, 0).prefix[0]
        return inputs.with_(shape=(batch, *[c.fresh("n") if d == -1 else d for d in target]))
    dims = c.dims(inputs)
    if not dims:
        c.fail("rank-mismatch", f"{c.name} expects an input with a batch axis, got one of rank 0", inputs)
    total, known = product(dims[1:]), product([d for d in target if d != -1])
    fits = divides(known, total) if -1 in target else equal(known, total)
    if inputs.library == "keras" and not isinstance(total, int) and symbols(c.store.dim(total)) & c.nones:
        fits = None  # building a model does not ask
    elif fits is None and -1 not in target:
        fits = c.equate(known, total)
    if fits is False:
        c.conflict = _that_fits(target, total)
        c.fail(
            "reshape-mismatch",
            f"{c.name}: {c.text(inputs)} has {c.dim_text(total)} elements in each sample, "
            f"target_shape {c.text(target)} asks for {'a multiple of ' if -1 in target else ''}{c.dim_text(known)}",
            inputs,
            asked=(dims[0], *target),
        )
    missing = exact_quotient(total, known) if -1 in target and divides(known, total) is not False else -1
    if missing == -1 and -1 in target:
        raise NotKnown
    return inputs.with_(shape=(dims[0], *[missing if d == -1 else d for d in target]))


def _that_fits(target: Sequence[Dim], total: Dim) -> tuple[Dim, Dim] | None:
    """A size of the target, the last that can be changed so that all fits, and what it would have to be."""
    for i in reversed(range(len(target))):
        rest = product([*target[:i], *target[i + 1 :]])
        if target[i] != -1 and -1 not in target and rest != 0 and divides(rest, total) is True:
            return target[i], exact_quotient(total, rest)
    return None


def _check_permutation(c: Call, self: Instance) -> None:
    value = c.store.value(self.attrs.get("dims"))
    if isinstance(value, (tuple, list)) and all(type(v) is int for v in value):
        if sorted(value) != list(range(1, len(value) + 1)):
            c.fail(
                "argument-value", f"{c.name}: dims {tuple(value)} must name each axis from 1 on once (0 is the batch)"
            )
        self.attrs["dims"] = tuple(value)


@keras_layer("Permute", "dims", setup=_check_permutation)
def permute(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """(B, d1, d2) to (B, d2, d1) for dims=(2, 1)."""
    order = c.store.value(self.attrs.get("dims"))
    if not isinstance(order, tuple) or not all(type(v) is int for v in order):
        raise NotKnown
    check_rank(c, self, inputs, len(order) + 1, None)
    dims = c.dims(inputs)
    return inputs.with_(shape=(dims[0], *[dims[i] for i in order]))


def _check_count(c: Call, self: Instance) -> None:
    name = "n" if "n" in self.attrs else "size"
    value = c.store.value(self.attrs.get(name))
    if isinstance(value, (float, str, bool, type(None), tuple, list)) or isinstance(value, int) and value <= 0:
        c.fail("argument-value", f"{c.name}: {name} must be an int above 0, got {value!r}")


@keras_layer("RepeatVector", "n", ndim=2, setup=_check_count)
def repeat_vector(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """(B, D) to (B, n, D)."""
    batch, features = c.dims(inputs)
    return Tensor((batch, c.dim(self.attrs["n"]), features), output_dtype(c, self, inputs))


# -- sizes before and after each spatial dim -----------------------------------------------------------------------


def _keep_pairs(argument: str, n: int) -> Callable[[Call, Instance], None]:
    """Keep `1`, `(1, 2)` or `((1, 1), (2, 2))` as a pair for each spatial dim, as Keras does.

    For one dim `(1, 2)` is before and after; for two and three it is the same on both sides of each.
    """

    def check(c: Call, self: Instance) -> None:
        value = c.store.value(self.attrs.get(argument))
        if n == 1:
            made = as_sizes(c, value, 2, argument, allow_zero=True)
            if made is not None:
                self.attrs[argument] = (made,)
            return
        if value is None or isinstance(value, (float, str)):
            c.fail("argument-value", f"{c.name}: {argument} must be an int or {n} ints or pairs, got {value!r}")
        if type(value) is int:
            if value < 0 and argument == "cropping":
                c.fail("argument-value", f"{c.name}: {argument} must be at least 0, got {value}")
            self.attrs[argument] = ((value, value),) * n
            return
        if not isinstance(value, (tuple, list)) or isinstance(value, List) and value.rest is not None:
            return
        if len(value) != n:
            c.fail("argument-value", f"{c.name}: {argument} must have {n} entries, got {len(value)}")
        pairs = [as_sizes(c, v, 2, f"an entry of {argument}", allow_zero=True) for v in value]
        if None not in pairs:
            self.attrs[argument] = tuple(pairs)

    return check


def _pairs(c: Call, self: Instance, argument: str, n: int) -> list[tuple[Dim, Dim]]:
    value = c.store.value(self.attrs.get(argument))
    if type(value) is Unknown or not isinstance(value, tuple) or len(value) != n:
        raise NotKnown
    found = [c.ints(v, 2) for v in value]
    return [(v[0], v[1]) for v in found]


def _rebuilt(c: Call, self: Instance, inputs: Tensor, spatial: Sequence[Dim], has_format: bool = True) -> Tensor:
    dims = c.dims(inputs)
    axis = 1 if has_format and is_channels_first(c, self) else -1
    return Tensor(joined(dims[0], spatial, dims[axis], axis), output_dtype(c, self, inputs))


def _cropping(n: int, default: str) -> None:
    has_format = n > 1

    def forward(c: Call, self: Instance, inputs: Tensor) -> Tensor:
        """(B, H, W, C) to (B, H - top - bottom, W - left - right, C)."""
        spatial: Sequence[Any] = split(c, self, inputs)[0] if has_format else c.dims(inputs)[1:-1]
        out: list[Dim] = []
        for size, (before, after) in zip(spatial, _pairs(c, self, "cropping", n)):
            if less_equal(size, before + after):
                c.fail(
                    "crop-too-large",
                    f"{c.name}: crops {c.dim_text(before)} + {c.dim_text(after)} of {c.dim_text(size)} "
                    f"in {c.text(inputs)}",
                    inputs,
                )
            out.append(size - before - after)
        return _rebuilt(c, self, inputs, out, has_format)

    declared = f"cropping={default}" + (", data_format=None" if has_format else "")
    keras_layer(f"Cropping{n}D", declared, ndim=n + 2, setup=_keep_pairs("cropping", n))(forward)


def _zero_padding(n: int, default: str) -> None:
    def forward(c: Call, self: Instance, inputs: Tensor) -> Tensor:
        """(B, H, W, C) to (B, top + H + bottom, left + W + right, C)."""
        spatial, _ = split(c, self, inputs)
        out: list[Dim] = []
        for size, (before, after) in zip(spatial, _pairs(c, self, "padding", n)):
            if less(before, 0) or less(after, 0):
                raise NotKnown
            out.append(size + before + after)
        return _rebuilt(c, self, inputs, out)

    declared = f"padding={default}, data_format=None"
    keras_layer(f"ZeroPadding{n}D", declared, ndim=n + 2, setup=_keep_pairs("padding", n))(forward)


_cropping(1, "(1, 1)")
_cropping(2, "((0, 0), (0, 0))")
_cropping(3, "((1, 1), (1, 1), (1, 1))")
_zero_padding(1, "1")
_zero_padding(2, "(1, 1)")
_zero_padding(3, "((1, 1), (1, 1), (1, 1))")


# -- UpSampling ----------------------------------------------------------------------------------------------------


@keras_layer("UpSampling1D", "size=2", ndim=3, setup=_check_count)
def up_sampling_1d(c: Call, self: Instance, inputs: Tensor) -> Tensor:
    """(B, T, C) to (B, T·size, C)."""
    dims = c.dims(inputs)
    return Tensor((dims[0], dims[1] * c.dim(self.attrs["size"]), dims[2]), output_dtype(c, self, inputs))


def _up_sampling(n: int, declared: str) -> None:
    def setup(c: Call, self: Instance) -> None:
        keep_sizes(c, self, "size", n)

    def forward(c: Call, self: Instance, inputs: Tensor) -> Tensor:
        """(B, H, W, C) to (B, H·size, W·size, C)."""
        spatial, _ = split(c, self, inputs)
        factors = as_sizes(c, self.attrs["size"], n, "size")
        if factors is None:
            raise NotKnown
        made = _rebuilt(c, self, inputs, [size * factor for size, factor in zip(spatial, factors)])
        is_nearest = self.attrs.get("interpolation", "nearest") == "nearest"
        return made if is_nearest or inputs.dtype == output_dtype(c, self, inputs) else made.with_(dtype=None)

    keras_layer(f"UpSampling{n}D", declared, ndim=n + 2, setup=setup)(forward)


_up_sampling(2, "size=(2, 2), data_format=None, interpolation='nearest'")
_up_sampling(3, "size=(2, 2, 2), data_format=None")
