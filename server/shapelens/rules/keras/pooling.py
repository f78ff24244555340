"""keras.layers' pools, for one, two and three spatial dims and both data formats.

    window     (B, H, W, C) -> (B, (H - pool_size) // strides + 1, …, C)   padding="valid"; strides default to pool_size
               (B, H, W, C) -> (B, ⌈H / strides⌉, …, C)                    padding="same"
    global     (B, H, W, C) -> (B, C), with keepdims (B, 1, 1, C)
    adaptive   (B, H, W, C) -> (B, *output_size, C)

Source: keras.src.ops.operation_utils.compute_pooling_output_shape.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shapelens.dims import Dim
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.keras.convolution import SPATIAL, joined, slid, split
from shapelens.rules.keras.layer import floating, keras_layer, output_dtype
from shapelens.rules.keras.options import choice, flag, is_channels_first, keep_sizes, sizes_of
from shapelens.rules.registry import alias
from shapelens.values import Instance, Tensor


def _setup(n: int) -> Callable[[Call, Instance], None]:
    def check(c: Call, self: Instance) -> None:
        keep_sizes(c, self, "pool_size", n)
        if c.store.value(self.attrs["strides"]) is None:
            self.attrs["strides"] = self.attrs["pool_size"]
        else:
            keep_sizes(c, self, "strides", n, allow_zero=True)

    return check


def _window(name: str, n: int, default: str) -> None:
    def forward(c: Call, self: Instance, inputs: Tensor) -> Tensor:
        """(B, *spatial, C) to (B, *windows, C)."""
        choice(c, self, "padding", ("valid", "same"))
        spatial, axis = split(c, self, inputs)
        out: Sequence[Dim]
        try:
            kernel, strides = sizes_of(c, self, "pool_size", n), sizes_of(c, self, "strides", n)
            if 0 in strides:
                c.fail("argument-value", f"{c.name}: strides must be at least 1, got {strides}")
            out = slid(c, inputs, spatial, kernel, strides, (1,) * n, c.store.value(self.attrs["padding"]))
        except NotKnown:
            out = [c.fresh(s, 1) for s in SPATIAL[n]]
        dims = c.dims(inputs)
        return Tensor(joined(dims[0], out, dims[axis], axis), output_dtype(c, self, inputs))

    declared = f"pool_size{default}, strides=None, padding='valid', data_format=None, name=None"
    keras_layer(name, declared, ndim=n + 2, setup=_setup(n))(forward)


def _global(name: str, n: int, masked: bool, averaged: bool) -> None:
    def reduced(c: Call, self: Instance, inputs: Tensor) -> Tensor:
        dims = c.dims(inputs)
        keep, first = flag(c, self, "keepdims"), is_channels_first(c, self)
        axis = 1 if first else -1
        shape = joined(dims[0], (1,) * n if keep else (), dims[axis], axis)
        return Tensor(
            shape, output_dtype(c, self, inputs) if not averaged or inputs.dtype == floating(c, self, inputs) else None
        )

    def forward(c: Call, self: Instance, inputs: Tensor) -> Tensor:
        """(B, *spatial, C) to (B, C)."""
        return reduced(c, self, inputs)

    def forward_masked(c: Call, self: Instance, inputs: Tensor, mask: object = None) -> Tensor:
        """(B, T, C) to (B, C); `mask` (B, T) says which steps count."""
        return reduced(c, self, inputs)

    declared = "data_format=None, keepdims=False"
    keras_layer(name, declared, ndim=n + 2)(forward_masked if masked else forward)


def _adaptive_setup(n: int) -> Callable[[Call, Instance], None]:
    def check(c: Call, self: Instance) -> None:
        keep_sizes(c, self, "output_size", n)

    return check


def _adaptive(name: str, n: int) -> None:
    def forward(c: Call, self: Instance, inputs: Tensor) -> Tensor:
        """(B, *spatial, C) to (B, *output_size, C)."""
        dims, axis = c.dims(inputs), 1 if is_channels_first(c, self) else -1
        if len(dims) != n + 2:
            raise NotKnown  # building a model asks no rank, running it does
        out = sizes_of(c, self, "output_size", n)
        return Tensor(joined(dims[0], out, dims[axis], axis), output_dtype(c, self, inputs))

    keras_layer(name, "output_size, data_format=None", setup=_adaptive_setup(n))(forward)


for _n in (1, 2, 3):
    for _kind, _short, _default in (("Max", "Max", "=2"), ("Average", "Avg", "")):
        _window(f"{_kind}Pooling{_n}D", _n, _default)
        alias(f"keras.layers.{_short}Pool{_n}D", f"keras.layers.{_kind}Pooling{_n}D")
        _global(f"Global{_kind}Pooling{_n}D", _n, _kind == "Average" and _n == 1, _kind == "Average")
        alias(f"keras.layers.Global{_short}Pool{_n}D", f"keras.layers.Global{_kind}Pooling{_n}D")
        _adaptive(f"Adaptive{_kind}Pooling{_n}D", _n)
