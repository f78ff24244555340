"""torch.nn's normalizations and their functional forms: the shape stays, the channels or features must fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from shapelens.dims import Dim, divides, floordiv, product, symbol
from shapelens.rules.call import Call, Fix, NotKnown
from shapelens.rules.registry import layer, rule
from shapelens.rules.torch.spatial import (
    BOOL,
    COMPLEX,
    INTS,
    LAYOUT,
    NOT_FLOAT,
    SPATIAL,
    count,
    differ,
    flag,
    is_empty,
    layer_fix,
    least,
    maybe_weight,
    no_dtypes,
    not_empty,
    same_dtype,
)
from shapelens.values import Instance, List, Open, Shape, Tensor, Unknown

Vector = tuple[str, Tensor | None]


# -- channels ------------------------------------------------------------------------------------------------------


def _shape(c: Call, input: Tensor, names: Sequence[str] | None = None) -> tuple[Dim, ...] | Open:
    """The input's shape; one of open rank is taught the names, or without them that its first two dims are (B, C)."""
    shape = c.shape(input)
    if shape is None:
        raise NotKnown
    if isinstance(shape, Open):
        if names is not None:
            return c.dims(input, names)
        # With known dims behind the open run, the channels may be one of them.
        return c.store.at_least(shape, 2, 0, ("B", "C")) if not shape.suffix else shape
    return shape


def _channels(shape: tuple[Dim, ...] | Open) -> Dim | None:
    """Dim 1, where it is known which one that is."""
    dims = shape.prefix if isinstance(shape, Open) else shape
    return dims[1] if len(dims) > 1 else None


def _fit(
    c: Call, input: Tensor, got: Dim | None, vectors: Sequence[Vector], said_by: str = "", loose: Sequence[str] = ()
) -> str | None:
    """Hold per-channel vectors against the channels; the dtype of the result. Those of `loose` may have any dtype."""
    if is_empty(c, input):  # torch then looks at nothing
        return input.dtype if all(t is None or t.dtype == input.dtype for _, t in vectors) else None
    no_dtypes(c, input, NOT_FLOAT)
    dtype = input.dtype
    for what, tensor in vectors:
        if tensor is None:
            continue
        if dtype != tensor.dtype and what not in loose:
            dtype = same_dtype(c, input, tensor, what, low=True)
        size = c.store.shape(tensor.shape)
        if got is None or not isinstance(size, tuple) or len(size) != 1 or not differ(c, size[0], got):
            continue
        expected, got = c.store.dim(size[0]), c.store.dim(got)
        c.fail(
            "channel-mismatch",
            f"{c.name} expects {c.counted(expected, 'channel')} ({said_by or what}), got {c.dim_text(got)} "
            f"in {c.text(input)}",
            input,
            fixes=layer_fix(c, said_by, got) if said_by == "num_features" else [],
        )
    return dtype


def _same(input: Tensor, shape: Shape, dtype: str | None) -> Tensor:
    return Tensor(shape, dtype, device=input.device)


def _one(dims: Sequence[Dim]) -> bool:
    return all(type(d) is int for d in dims) and product(dims) == 1


# -- batch and instance norm ---------------------------------------------------------------------------------------


@rule("torch.nn.functional.batch_norm")
def batch_norm(
    c: Call,
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: object = False,
    momentum: object = 0.1,
    eps: object = 1e-5,
) -> Tensor:
    """(B, C, *) -> (B, C, *), with vectors of C. Source: the torch.nn.BatchNorm2d page."""
    shape = _shape(c, input)
    if is_empty(c, input):
        return _same(input, shape, None)
    if isinstance(shape, tuple) and len(shape) < 2:
        c.fail("rank-mismatch", f"{c.name} expects a tensor of (B, C, …), got {c.text(input)}", input)
    if training is True and isinstance(shape, tuple) and _one((shape[0], *shape[2:])):
        c.fail("argument-value", f"{c.name} needs more than one value per channel to train, got {c.text(input)}", input)
    if training is False and (running_mean is None or running_var is None):
        c.fail("argument-value", f"{c.name} needs running_mean and running_var when training=False")
    vectors: list[Vector] = [
        ("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias)
    ]  # fmt: skip
    return _same(input, shape, _fit(c, input, _channels(shape), vectors))


@rule("torch.batch_norm")
def torch_batch_norm(
    c: Call,
    input: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    training: object = False,
    momentum: object = 0.1,
    eps: object = 1e-5,
    cudnn_enabled: object = True,
) -> Tensor:
    """As F.batch_norm."""
    shape = _shape(c, input)
    vectors: list[Vector] = [
        ("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias)
    ]  # fmt: skip
    return _same(input, shape, _fit(c, input, _channels(shape), vectors))


@rule("torch.nn.functional.instance_norm")
def instance_norm(
    c: Call,
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: object = True,
    momentum: object = 0.1,
    eps: object = 1e-5,
) -> Tensor:
    """(B, C, *) -> (B, C, *), with vectors of C. Source: the torch.nn.InstanceNorm2d page."""
    shape = _shape(c, input)
    if is_empty(c, input):
        return _same(input, shape, None)
    if isinstance(shape, tuple) and len(shape) < 2:
        c.fail("rank-mismatch", f"{c.name} expects a tensor of (B, C, …), got {c.text(input)}", input)
    if use_input_stats is True:
        _more_than_one(c, input, shape, 2)
    elif use_input_stats is False and (running_mean is None or running_var is None):
        c.fail("argument-value", f"{c.name} needs running_mean and running_var when use_input_stats=False")
    vectors: list[Vector] = [
        ("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias)
    ]  # fmt: skip
    return _same(input, shape, _fit(c, input, _channels(shape), vectors, loose=_RUNNING))


def _more_than_one(c: Call, input: Tensor, shape: tuple[Dim, ...] | Open, front: int) -> None:
    if isinstance(shape, tuple) and _one(shape[front:]):
        c.fail(
            "argument-value", f"{c.name} needs more than one spatial element to normalize, got {c.text(input)}", input
        )


@rule("torch.instance_norm")
def torch_instance_norm(
    c: Call,
    input: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    use_input_stats: object = True,
    momentum: object = 0.1,
    eps: object = 1e-5,
    cudnn_enabled: object = True,
) -> Tensor:
    """As F.instance_norm."""
    shape = _shape(c, input)
    vectors: list[Vector] = [
        ("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias)
    ]  # fmt: skip
    return _same(input, shape, _fit(c, input, _channels(shape), vectors, loose=_RUNNING))


def _layer_vectors(c: Call, *names: str) -> list[Vector]:
    return [(name, maybe_weight(c, name)) for name in names]


def _expect_rank(c: Call, input: Tensor, shape: tuple[Dim, ...] | Open, ranks: Sequence[int], texts: str) -> None:
    if isinstance(shape, tuple) and len(shape) not in ranks:
        c.fail("rank-mismatch", f"{c.name} expects {texts}, got {c.text(input)}", input)


_BATCH = {
    # ranks, what a message says, what an open shape is taught
    "BatchNorm1d": ((2, 3), "(B, C) or (B, C, L)", None),
    "BatchNorm2d": ((4,), "(B, C, H, W)", LAYOUT[2]),
    "BatchNorm3d": ((5,), "(B, C, D, H, W)", LAYOUT[3]),
    "SyncBatchNorm": (range(2, 100), "(B, C, …)", None),
}
_MODULE = "torch.nn.modules.batchnorm"
_BASES = (f"{_MODULE}._NormBase", "torch.nn.Module")
_RUNNING = ("running_mean", "running_var")
_STATISTICS = "track_running_stats={}, device=None, dtype=None, *, bias=True"


def _setup(lazy: bool) -> Callable[[Call, Instance], None]:
    def setup(c: Call, self: Instance) -> None:
        a = self.attrs
        features = a["num_features"] = symbol("C", 0) if lazy else count(c, a["num_features"], "num_features")
        tracked = flag(c.store.value(a["track_running_stats"]))
        if tracked is True or flag(c.store.value(a["affine"])) is True:
            least(c, (features,), 0, "num_features")
        if tracked is not None:
            dtype = c.dtype(a["dtype"], c.floating)
            for name in ("running_mean", "running_var"):
                a[name] = Tensor((features,), dtype) if tracked else None
            a["num_batches_tracked"] = Tensor((), "int64") if tracked else None

    return setup


def _affine(c: Call, self: Instance, affine: str, shape: tuple[Dim, ...]) -> dict[str, Any]:
    """The shapes of weight and bias, None where they are absent."""
    on, bias = flag(c.store.value(self.attrs[affine])), flag(c.store.value(self.attrs.get("bias", False)))
    found: dict[str, Any] = {}
    if on is not None:
        found["weight"] = shape if on else None
        if "bias" in self.attrs and (bias is not None or not on):
            found["bias"] = shape if on and bias else None
    return found


def _feature_weights(c: Call, self: Instance) -> dict[str, Any]:
    return _affine(c, self, "affine", (self.attrs["num_features"],))


def _batch_layers() -> None:
    for name, (ranks, texts, names) in _BATCH.items():
        for prefix in ("", "Lazy") if name != "SyncBatchNorm" else ("",):
            arguments = "eps=1e-5, momentum=0.1, affine=True, " + _STATISTICS.format(True)
            if not prefix:
                arguments = f"num_features, {arguments}"
            if name == "SyncBatchNorm":
                arguments = arguments.replace("device", "process_group=None, device", 1)
            layer(
                f"torch.nn.{prefix}{name}",
                arguments,
                parameters=_feature_weights,
                setup=_setup(bool(prefix)),
                bases=(f"{_MODULE}._BatchNorm", *_BASES),
            )(_batch_forward(bool(prefix), ranks, texts, names))


def _batch_forward(
    lazy: bool, ranks: Sequence[int], texts: str, names: tuple[str, ...] | None
) -> Callable[..., Tensor]:
    def forward(c: Call, self: Instance, input: Tensor) -> Tensor:
        shape = _shape(c, input, names)
        _expect_rank(c, input, shape, ranks, texts)
        got = _channels(shape)
        if lazy and got is not None:
            differ(c, self.attrs["num_features"], got)
        if got == 0 and c.name == "SyncBatchNorm":
            not_empty(c, input, (0,))
        said_by = "" if lazy else "num_features"
        vectors = _layer_vectors(c, "running_mean", "running_var", "weight", "bias")
        return _same(input, shape, _fit(c, input, got, vectors, said_by))

    return forward


def _instance_layers(n: int) -> None:
    names = ", ".join(SPATIAL[n])
    texts = f"(B, C, {names}) or (C, {names})"

    def forward(c: Call, self: Instance, input: Tensor, lazy: bool) -> Tensor:
        shape = _shape(c, input, LAYOUT[n])
        _expect_rank(c, input, shape, (n + 1, n + 2), texts)
        assert isinstance(shape, tuple)
        got = shape[-n - 1]
        a = self.attrs
        if lazy:
            if len(shape) == n + 1:
                raise NotKnown
            differ(c, a["num_features"], got)
        vectors = _layer_vectors(c, "running_mean", "running_var", "weight", "bias")
        dtype = _fit(c, input, got, vectors, "" if lazy else "num_features", _RUNNING)
        if a["track_running_stats"] is False:
            _more_than_one(c, input, shape, len(shape) - n)
        return _same(input, shape, dtype)

    def plain(c: Call, self: Instance, input: Tensor) -> Tensor:
        return forward(c, self, input, False)

    def lazy(c: Call, self: Instance, input: Tensor) -> Tensor:
        return forward(c, self, input, True)

    arguments = "eps=1e-5, momentum=0.1, affine={0}, " + _STATISTICS
    bases = ("torch.nn.modules.instancenorm._InstanceNorm", *_BASES)
    layer(
        f"torch.nn.InstanceNorm{n}d", "num_features, " + arguments.replace("{0}", "{}").format(False, False),
        parameters=_feature_weights, setup=_setup(False), bases=bases,
    )(plain)  # fmt: skip
    layer(
        f"torch.nn.LazyInstanceNorm{n}d", arguments.replace("{0}", "{}").format(True, True),
        parameters=_feature_weights, setup=_setup(True), bases=bases,
    )(lazy)  # fmt: skip


# -- group norm ----------------------------------------------------------------------------------------------------


def _grouped(
    c: Call, input: Tensor, num_groups: Any, weight: Tensor | None, bias: Tensor | None, checked: bool = True
) -> Tensor:
    """(B, C, *) -> (B, C, *) with C divisible by num_groups. Source: the torch.nn.GroupNorm page."""
    groups = count(c, num_groups, "num_groups")
    least(c, (groups,), 1, "num_groups")
    shape = _shape(c, input)
    if isinstance(shape, tuple) and len(shape) < 2:
        c.fail("rank-mismatch", f"{c.name} expects a tensor of (B, C, …), got {c.text(input)}", input)
    got = _channels(shape)
    said_by = "num_channels" if c.layer is not None else ""
    dtype = _fit(c, input, got, [("weight", weight), ("bias", bias)], said_by)
    if got is not None and divides(groups, got) is False:
        c.fail(
            "groups-mismatch", f"{c.name}: {c.dim_text(got)} channels in {c.text(input)} are not divisible by "
            f"num_groups = {c.dim_text(groups)}", input,
        )  # fmt: skip
    if checked and isinstance(shape, tuple) and isinstance(groups, int):
        if _one((floordiv(shape[0] * shape[1], groups), *shape[2:])):
            c.fail("argument-value", f"{c.name} needs more than one value per group, got {c.text(input)}", input)
    return _same(input, shape, dtype)


@rule("torch.nn.functional.group_norm")
def group_norm(
    c: Call,
    input: Tensor,
    num_groups: object,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: object = 1e-5,
) -> Tensor:
    """(B, C, *) -> (B, C, *)."""
    return _grouped(c, input, num_groups, weight, bias)


@rule("torch.group_norm")
def torch_group_norm(
    c: Call,
    input: Tensor,
    num_groups: object,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: object = 1e-5,
    cudnn_enabled: object = True,
) -> Tensor:
    """As F.group_norm."""
    return _grouped(c, input, num_groups, weight, bias, checked=False)


def _group_setup(c: Call, self: Instance) -> None:
    a = self.attrs
    groups = a["num_groups"] if isinstance(a["num_groups"], float) else count(c, a["num_groups"], "num_groups")
    channels = a["num_channels"] = count(c, a["num_channels"], "num_channels")
    if isinstance(groups, float):
        return
    a["num_groups"] = groups
    if flag(c.store.value(a["affine"])) is True:
        least(c, (channels,), 0, "num_channels")
    if groups == 0 or divides(groups, channels) is False:
        c.fail(
            "groups-mismatch", f"{c.name}: num_channels = {c.dim_text(channels)} is not divisible by "
            f"num_groups = {c.dim_text(groups)}",
        )  # fmt: skip


@layer(
    "torch.nn.GroupNorm",
    "num_groups, num_channels, eps=1e-5, affine=True, device=None, dtype=None, *, bias=True",
    parameters=lambda c, self: _affine(c, self, "affine", (self.attrs["num_channels"],)),
    setup=_group_setup,
)
def group_norm_layer(c: Call, self: Instance, input: Tensor) -> Tensor:
    """(B, C, *) -> (B, C, *)."""
    return _grouped(c, input, self.attrs["num_groups"], maybe_weight(c, "weight"), maybe_weight(c, "bias"))


# -- layer norm ----------------------------------------------------------------------------------------------------


def _feature_normed(
    c: Call, input: Tensor, normalized_shape: Any, vectors: Sequence[Vector], mixed: bool = False
) -> Tensor:
    """(*, *normalized_shape) -> the same. Source: the torch.nn.LayerNorm page. `mixed`: any dtype of weight will do."""
    no_dtypes(c, input, INTS | BOOL if mixed else NOT_FLOAT)
    shape = c.shape(input)
    if shape is None:
        raise NotKnown
    dtype = input.dtype
    for what, tensor in vectors:
        if tensor is not None and tensor.dtype != dtype:
            if mixed:
                dtype = dtype if tensor.dtype is None else None
            else:
                dtype = same_dtype(c, input, tensor, what, low=True)
    normalized_shape = c.store.value(normalized_shape)
    if isinstance(normalized_shape, (int, float, str)):
        c.fail("argument-value", f"{c.name}: normalized_shape must be a tuple of ints, got {normalized_shape!r}")
    if isinstance(normalized_shape, Unknown) or getattr(normalized_shape, "rest", None) is not None:
        return _same(input, shape, dtype)
    expected = tuple([count(c, d, "normalized_shape") for d in normalized_shape])
    k = len(expected)
    if not k:
        c.fail("argument-value", f"{c.name}: normalized_shape is empty")
    if isinstance(shape, Open):
        try:
            shape = c.at_least(shape, 0, k)
        except NotKnown:  # the last dims may be some that are known from the front
            return _same(input, shape, dtype)
        last = shape.suffix[-k:]
    else:
        last = shape[-k:]
    if len(last) != k or any(differ(c, a, b) for a, b in zip(expected, last)):
        _feature_failure(c, input, expected, shape)
    for what, tensor in vectors:
        if tensor is None or tensor.shape == expected:
            continue
        own = c.store.shape(tensor.shape)
        if isinstance(own, tuple) and (len(own) != k or any(differ(c, a, b) for a, b in zip(own, expected))):
            c.fail(
                "feature-mismatch", f"{c.name} expects a {what} of shape {c.text(expected)}, got {c.text(tensor)}",
                input, tensor,
            )  # fmt: skip
    return _same(input, shape, dtype)


def _feature_failure(c: Call, input: Tensor, expected: tuple[Dim, ...], shape: Shape) -> None:
    fixes: list[Fix] = []
    k = len(expected)
    last = c.store.dims(shape[-k:]) if isinstance(shape, tuple) else ()
    if len(last) == k and all(isinstance(d, int) for d in last):
        if k == 1:
            fixes = layer_fix(c, "normalized_shape", last[0])
        elif c.layer is not None and c.layer.origin is not None:
            title = f"Change normalized_shape to {last} in {c.name}"
            fixes = [Fix(title, c.layer.origin, "normalized_shape", str(last))]
    wanted = c.counted(expected[0], "feature") if k == 1 else f"last dims {c.text(expected)}"
    at = f"{c.dim_text(last[-1])} in dim -1 of {c.text(input)}" if k == 1 and last else c.text(input)
    hint = ""
    if k == 1 and isinstance(shape, tuple) and len(shape) > 2 and expected[0] == shape[1]:
        hint = f"; dim 1 has {c.dim_text(expected[0])}: are the channels meant?"
    c.fail("feature-mismatch", f"{c.name} expects {wanted} (normalized_shape), got {at}{hint}", input, fixes=fixes)


@rule("torch.nn.functional.layer_norm", "torch.layer_norm")
def layer_norm(
    c: Call,
    input: Tensor,
    normalized_shape: object,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: object = 1e-5,
    cudnn_enable: object = True,
) -> Tensor:
    """(*, *normalized_shape) -> the same."""
    return _feature_normed(c, input, normalized_shape, [("weight", weight), ("bias", bias)])


@rule("torch.nn.functional.rms_norm", "torch.rms_norm")
def rms_norm(
    c: Call, input: Tensor, normalized_shape: object, weight: Tensor | None = None, eps: object = None
) -> Tensor:
    """(*, *normalized_shape) -> the same."""
    return _feature_normed(c, input, normalized_shape, [("weight", weight)], mixed=True)


def _feature_setup(c: Call, self: Instance) -> None:
    value = c.store.value(self.attrs["normalized_shape"])
    if isinstance(value, (tuple, list)):
        if isinstance(value, List) and value.rest is not None:
            return
        value = tuple([count(c, d, "normalized_shape") for d in value])
        least(c, value, 0, "normalized_shape")
    elif type(value) is not Unknown or value.hole is not None:
        value = (count(c, value, "normalized_shape"),)
        least(c, value, 0, "normalized_shape")
    self.attrs["normalized_shape"] = value


def _feature_vectors(c: Call, self: Instance) -> dict[str, Any]:
    shape = self.attrs["normalized_shape"]
    return _affine(c, self, "elementwise_affine", shape) if type(shape) is tuple else {}


@layer(
    "torch.nn.LayerNorm",
    "normalized_shape, eps=1e-5, elementwise_affine=True, bias=True, device=None, dtype=None",
    parameters=_feature_vectors,
    setup=_feature_setup,
)
def layer_norm_layer(c: Call, self: Instance, input: Tensor) -> Tensor:
    """(*, *normalized_shape) -> the same."""
    return _feature_normed(c, input, self.attrs["normalized_shape"], _layer_vectors(c, "weight", "bias"))


@layer(
    "torch.nn.RMSNorm",
    "normalized_shape, eps=None, elementwise_affine=True, device=None, dtype=None",
    parameters=_feature_vectors,
    setup=_feature_setup,
)
def rms_norm_layer(c: Call, self: Instance, x: Tensor) -> Tensor:
    """(*, *normalized_shape) -> the same."""
    return _feature_normed(c, x, self.attrs["normalized_shape"], _layer_vectors(c, "weight"), mixed=True)


# -- response norms, normalize -------------------------------------------------------------------------------------


@rule("torch.nn.functional.local_response_norm")
def local_response_norm(
    c: Call, input: Tensor, size: object, alpha: object = 1e-4, beta: object = 0.75, k: object = 1.0
) -> Tensor:
    """(B, C, *) -> the same, of rank 3 or more. Source: the torch.nn.LocalResponseNorm page."""
    shape = c.shape(input)
    if shape is None:
        raise NotKnown
    if isinstance(shape, tuple) and len(shape) < 3:
        c.fail("rank-mismatch", f"{c.name} expects a tensor of (B, C, …) of rank 3 or more, got {c.text(input)}", input)
    if is_empty(c, input):
        return _same(input, shape, input.dtype)
    no_dtypes(c, input, BOOL | COMPLEX | (INTS - {"int64"}))
    least(c, (count(c, size, "size"),), 1, "size")
    return _same(input, shape, "float32" if input.dtype == "int64" else input.dtype)


@layer("torch.nn.LocalResponseNorm", "size, alpha=1e-4, beta=0.75, k=1.0")
def local_response_norm_layer(c: Call, self: Instance, input: Tensor) -> Tensor:
    """(B, C, *) -> the same."""
    return local_response_norm(c, input, self.attrs["size"])


@layer("torch.nn.CrossMapLRN2d", "size, alpha=1e-4, beta=0.75, k=1")
def cross_map_lrn_2d(c: Call, self: Instance, input: Tensor) -> Tensor:
    """(B, C, H, W) -> the same."""
    dims = c.dims(input, LAYOUT[2])
    _expect_rank(c, input, dims, (4,), "(B, C, H, W)")
    return _same(input, dims, input.dtype)


@rule("torch.nn.functional.normalize")
def normalize(
    c: Call, input: Tensor, p: object = 2.0, dim: object = 1, eps: object = 1e-12, out: object = None
) -> Tensor:
    """Any shape stays as it is; dim must be one that the tensor has."""
    no_dtypes(c, input, INTS | BOOL)
    shape = c.shape(input)
    if shape is None:
        raise NotKnown
    dim = c.store.value(dim)
    if isinstance(dim, float):
        c.fail("argument-value", f"{c.name}: dim must be an int, got {dim!r}")
    if isinstance(shape, tuple) and isinstance(dim, (int, tuple, list)) and dim not in ((), []):
        axes = [dim] if isinstance(dim, int) else list(dim)
        if all(isinstance(a, int) for a in axes):
            c.axes(tuple(axes), len(shape), input)
    return _same(input, shape, input.dtype)


# -- torch.nn.utils ------------------------------------------------------------------------------------------------


@rule(
    "torch.nn.utils.spectral_norm",
    "torch.nn.utils.parametrizations.weight_norm",
    "torch.nn.utils.parametrizations.spectral_norm",
    "torch.nn.utils.parametrizations.orthogonal",
    "torch.nn.utils.parametrize.register_parametrization",
    "torch.nn.utils.parametrize.remove_parametrizations",
    "torch.nn.utils.remove_weight_norm",
    "torch.nn.utils.remove_spectral_norm",
    "torch.nn.SyncBatchNorm.convert_sync_batchnorm",
)
def returns_module(c: Call, module: object, *args: object, **kwargs: object) -> object:
    """The module itself: its parameters are computed in another way, their shapes stay."""
    return module


@rule("torch.nn.utils.clip_grad_norm_", "torch.nn.utils.get_total_norm", "torch.nn.utils.clip_grad_norm")
def total_norm(c: Call, parameters: object, *args: object, **kwargs: object) -> Tensor:
    """The norm of all gradients together."""
    return Tensor(())


@rule("torch.nn.utils.clip_grad_value_")
def clipped(c: Call, parameters: object, clip_value: object, foreach: object = None) -> object:
    return None


@rule("torch.nn.utils.weight_norm")
def weight_norm(c: Call, module: object, name: object = "weight", dim: object = 0) -> object:
    """The module itself, with its weight split into a magnitude `weight_g` and a direction `weight_v`."""
    if isinstance(module, Instance) and isinstance(name, str) and isinstance(module.attrs.get(name), Tensor):
        weight = module.attrs[name]
        shape = c.shape(weight)
        if isinstance(shape, tuple) and (dim is None or (isinstance(dim, int) and -len(shape) <= dim < len(shape))):
            kept = () if dim is None else tuple(d if i == dim % len(shape) else 1 for i, d in enumerate(shape))
            module.attrs[f"{name}_g"] = Tensor(kept, weight.dtype, parameter=True)
            module.attrs[f"{name}_v"] = Tensor(shape, weight.dtype, parameter=True)
            module.attrs[name] = Tensor(shape, weight.dtype)
    return module


_batch_layers()
for _n in (1, 2, 3):
    _instance_layers(_n)
