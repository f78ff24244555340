"""Convolutions against torch, and every constructor of this topic's layers against its real signature."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.dims import symbol
from shapelens.rules.autocast import Autocast
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import call_layer, layers
from shapelens.values import UNKNOWN, Hole, Instance, Origin, Store, Tensor, Unknown
from tests.rules.torch.harness import Shaped, check, check_layer
from tests.rules.torch.symbolic import agrees, layer_run, made, rule_run

WORDS = ("Conv", "Pool", "Norm", "Pad", "Upsampl", "Shuffle", "Unshuffle", "Fold", "Unfold", "LRN", "Unpool")
NAMES = [
    name
    for name in sorted(vars(torch.nn))
    if isinstance(vars(torch.nn)[name], type) and any(w in name for w in WORDS) and name != "Container"
]


@pytest.mark.parametrize("name", NAMES)
def test_constructor(name: str) -> None:
    real = list(inspect.signature(getattr(torch.nn, name)).parameters.values())
    kinds = {"KEYWORD_ONLY": "kw", "POSITIONAL_OR_KEYWORD": ""}
    ours = layers[f"torch.nn.{name}"].make.parameters
    assert [(p.name, p.kind) for p in ours] == [(p.name, kinds[p.kind.name]) for p in real]
    for mine, theirs in zip(ours, real):
        if theirs.default is not inspect.Parameter.empty:
            assert mine.default == theirs.default, mine.name
            assert type(mine.default) is type(theirs.default), mine.name
        else:
            assert type(mine.default) is object, mine.name


@pytest.mark.parametrize("name", NAMES)
def test_forward_and_bases(name: str) -> None:
    real = getattr(torch.nn, name)
    ours = layers[f"torch.nn.{name}"]
    assert ours.forward is not None
    assert [p.name for p in ours.forward.parameters] == list(inspect.signature(real.forward).parameters)[1:]
    for base in ours.bases:
        module, _, last = base.rpartition(".")
        found: Any = torch
        for part in module.split(".")[1:]:
            found = getattr(found, part)
        assert issubclass(real, getattr(found, last)), base


def many(draw: Any, n: int, low: int, high: int) -> Any:
    """One int, or a tuple of n, or now and then of a wrong length."""
    value = st.integers(low, high)
    form = draw(st.integers(0, 9))
    if form < 5:
        return draw(value)
    length = n if form < 9 else draw(st.integers(1, 4))
    return tuple(draw(value) for _ in range(length))


@st.composite
def convolutions(draw: Any) -> tuple[int, tuple[Any, ...], dict[str, Any], torch.Tensor]:
    """n, constructor arguments and an input, legal more often than not."""
    n = draw(st.integers(1, 3))
    groups = draw(st.sampled_from([1, 1, 1, 2, 3]))
    channels, outputs = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    kwargs = {
        "stride": many(draw, n, 1, 3),
        "padding": draw(st.sampled_from(["same", "valid"])) if draw(st.integers(0, 7)) == 0 else many(draw, n, 0, 2),
        "dilation": many(draw, n, 1, 2),
        "groups": groups,
        "bias": draw(st.booleans()),
    }
    if draw(st.integers(0, 4)) == 0:
        kwargs["padding_mode"] = draw(st.sampled_from(["reflect", "replicate", "circular", "zeros", "other"]))
    shape = [
        channels,
        *draw(st.lists(st.integers(0 if draw(st.integers(0, 9)) == 0 else 1, 7), min_size=n, max_size=n)),
    ]
    if draw(st.integers(0, 3)):
        shape.insert(0, draw(st.integers(0, 2)))
    if draw(st.integers(0, 7)) == 0:
        shape[-n - 1] += draw(st.integers(-1, 1))
    if draw(st.integers(0, 9)) == 0:
        shape = draw(st.lists(st.integers(1, 4), max_size=6))
    dtype = draw(st.sampled_from([torch.float32] * 9 + [torch.float64, torch.int64, torch.float16]))
    kernel = many(draw, n, 1, 4)
    return n, (channels, outputs, kernel), kwargs, torch.zeros(shape, dtype=dtype)


def loose(x: torch.Tensor) -> dict[str, bool]:
    """Of a tensor without elements torch checks little: we must not alarm, but may know less."""
    return {"allow_unknown": x.numel() == 0, "may_miss": x.numel() == 0}


@given(convolutions())
def test_conv_layer(case: Any) -> None:
    n, args, kwargs, x = case
    check_layer(f"torch.nn.Conv{n}d", args, kwargs, x, **loose(x))


@given(convolutions())
def test_lazy_conv(case: Any) -> None:
    n, args, kwargs, x = case
    check_layer(f"torch.nn.LazyConv{n}d", args[1:], kwargs, x, **loose(x))


@given(convolutions(), st.integers(0, 2))
def test_conv_function(case: Any, bias: int) -> None:
    n, (channels, outputs, kernel), kwargs, x = case
    del kwargs["padding_mode" if "padding_mode" in kwargs else "bias"]
    kwargs.pop("bias", None)
    kernel = kernel if isinstance(kernel, tuple) else (kernel,) * n
    weight = torch.zeros(outputs, channels // kwargs["groups"], *kernel)
    extra = [None, torch.zeros(outputs), torch.zeros(outputs + 1)][bias]
    for path in (f"torch.conv{n}d", f"torch.nn.functional.conv{n}d"):
        check(path, x, weight, extra, **kwargs, **loose(x))


def is_empty_output(n: int, shape: Any, kernel: Any, arguments: dict[str, Any]) -> bool:
    """Whether a transposed convolution comes to a size of 0, which some backends of torch take and others refuse."""

    def each(value: Any) -> Any:
        return (
            value * n
            if isinstance(value, tuple) and len(value) == 1
            else value
            if isinstance(value, tuple)
            else (value,) * n
        )

    lists = [
        each(arguments.get(k, d)) for k, d in (("stride", 1), ("padding", 0), ("dilation", 1), ("output_padding", 0))
    ]
    sizes = zip(shape[-n:], each(kernel), *lists)
    return any((x - 1) * s - 2 * p + d * (k - 1) + o + 1 == 0 for x, k, s, p, d, o in sizes)


@given(convolutions(), st.data())
def test_transposed(case: Any, data: Any) -> None:
    n, args, kwargs, x = case
    kwargs["output_padding"] = many(data.draw, n, 0, 2)
    if kwargs.get("padding_mode") != "other":
        kwargs.pop("padding_mode", None)
    if x.dtype == torch.int64:
        x = x.float()
    if not isinstance(kwargs["padding"], str) and is_empty_output(n, x.shape, args[2], kwargs):
        return
    for prefix in ("", "Lazy"):
        check_layer(f"torch.nn.{prefix}ConvTranspose{n}d", args if not prefix else args[1:], kwargs, x, **loose(x))
    if isinstance(kwargs["padding"], str):
        return
    kernel = args[2] if isinstance(args[2], tuple) else (args[2],) * n
    weight = torch.zeros(args[0], args[1] // kwargs["groups"], *kernel)
    given = {k: kwargs[k] for k in ("stride", "padding", "output_padding", "groups", "dilation")}
    bias = data.draw(st.sampled_from([None, torch.zeros(args[1]), torch.zeros(args[1] + 1)]))
    check(f"torch.nn.functional.conv_transpose{n}d", x, weight, bias, **given, **loose(x))
    check(f"torch.conv_transpose{n}d", x, weight, bias, **given, **loose(x))


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(0, 1), st.data())
def test_output_size(n: int, stride: int, kernel: int, padding: int, data: Any) -> None:
    shape = (2, 3, *data.draw(st.tuples(*[st.integers(1, 4)] * n)))
    shape = shape[data.draw(st.integers(0, 1)) :]
    wanted = data.draw(st.lists(st.integers(1, 9), min_size=n - 1, max_size=n + 2))
    if data.draw(st.booleans()):
        wanted = [(s - 1) * stride - 2 * padding + kernel + data.draw(st.integers(-1, 2)) for s in shape[-n:]]
    x = torch.zeros(shape)
    if 0 in wanted or is_empty_output(n, shape, kernel, {"stride": stride, "padding": padding}):
        return
    args = (shape[-n - 1], 2, kernel)
    check_layer(f"torch.nn.ConvTranspose{n}d", args, {"stride": stride, "padding": padding}, x, output_size=wanted)


@pytest.mark.parametrize("kwargs", [
    {"stride": 0}, {"stride": -1}, {"dilation": 0}, {"padding": -1}, {"groups": 0}, {"groups": -1}, {"groups": 4},
    {"stride": 2.0}, {"padding": 1.5}, {"dilation": 1.0}, {"stride": ()}, {"padding": "same", "stride": 2},
    {"padding": "full"}, {"groups": None}, {"padding": None}, {"bias": False}, {"bias": None}, {"bias": 1},
    {"dtype": torch.float64},
    {"stride": [2, 1]}, {"padding_mode": "reflect", "padding": 5}, {"padding_mode": "reflect", "padding": "same"},
    {"padding_mode": "reflect", "padding": "valid"}, {"padding_mode": "circular", "padding": 6},
])  # fmt: skip
def test_arguments(kwargs: dict[str, Any]) -> None:
    x = torch.zeros(1, 3, 5, 5, dtype=kwargs.get("dtype", torch.float32))
    check_layer("torch.nn.Conv2d", (3, 6, 3), kwargs, x)
    if "padding_mode" not in kwargs:
        check_layer("torch.nn.ConvTranspose2d", (3, 6, 3), kwargs, x)


@pytest.mark.parametrize("args", [(3, 6, 0), (3, 0, 3), (-3, 6, 3), (3, -6, 3), (3, 6, 3.0), (3.0, 6, 3), (3, 6.0, 3),
                                  (3, 6, (3, 3, 3)), (3, 6, (3,)), (3, 6, [1, 3]), (3, 6, -1), (0, 6, 3)])  # fmt: skip
def test_sizes(args: tuple[Any, ...]) -> None:
    x = torch.zeros(1, 3, 5, 5)
    check_layer("torch.nn.Conv2d", args, {}, x)
    check_layer("torch.nn.LazyConv2d", args[1:], {}, x)
    check_layer("torch.nn.ConvTranspose2d", args, {}, x)


@pytest.mark.parametrize(
    "dtype", [torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.bool, torch.complex64]
)
@pytest.mark.parametrize("weight", [torch.float32, torch.float64, torch.int64, torch.bool, torch.complex64])
def test_dtypes(dtype: torch.dtype, weight: torch.dtype) -> None:
    x, w = torch.zeros(1, 2, 4, 4, dtype=dtype), torch.zeros(3, 2, 2, 2, dtype=weight)
    check("torch.conv2d", x, w)
    check("torch.conv2d", x, x[0:1, :, :2, :2], torch.zeros(1, dtype=weight))
    check("torch.conv_transpose2d", x, torch.zeros(2, 3, 2, 2, dtype=weight))


@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2), st.integers(0, 1), st.integers(0, 1))
def test_conv_tbc(time: int, batch: int, kernel: int, pad: int, channels: int, bias: int) -> None:
    x, w = torch.zeros(time, batch, 2), torch.zeros(kernel, 2 + channels, 3)
    check("torch.conv_tbc", x, w, torch.zeros(3 + bias), pad)


@given(convolutions())
def test_symbolic(case: Any) -> None:
    n, (channels, outputs, kernel), kwargs, x = case
    if kwargs.get("padding_mode", "zeros") != "zeros" or x.dim() not in (n + 1, n + 2) or x.dtype != torch.float32:
        return
    shape = tuple(x.shape)
    try:
        agrees(layer_run(f"torch.nn.Conv{n}d", channels, outputs, kernel, **kwargs), shape)
    except Failure:
        return  # the constructor's
    del kwargs["padding"]
    agrees(layer_run(f"torch.nn.ConvTranspose{n}d", channels, outputs, kernel, **kwargs), shape)
    weight = Tensor((outputs, channels, *(symbol("k") for _ in range(n))), "float32")
    agrees(rule_run(f"torch.conv{n}d", weight), shape, exact=False)


def test_reading_back_what_was_configured() -> None:
    _, conv = made("torch.nn.Conv2d", 3, 64, 7, stride=2, padding="valid")
    a = conv.attrs
    assert (a["kernel_size"], a["stride"], a["padding"], a["dilation"], a["groups"]) == (
        (7, 7),
        (2, 2),
        "valid",
        (1, 1),
        1,
    )
    assert a["weight"] == Shaped((64, 3, 7, 7), "float32")
    assert a["weight"].parameter
    assert a["bias"] == Shaped((64,), "float32")
    _, conv = made("torch.nn.ConvTranspose1d", 4, 6, [3], groups=2, bias=False, dtype=None)
    assert conv.attrs["weight"].shape == (4, 3, 3)
    assert conv.attrs["bias"] is None
    assert conv.attrs["output_padding"] == (0,)


def test_an_open_input_is_taught() -> None:
    c, conv = made("torch.nn.Conv2d", 3, 64, 7, stride=2, padding=3)
    x = Unknown("x", Hole("x"))
    found = call_layer(c, "torch.nn.Conv2d", conv, [x], {})
    assert c.text(c.tensor(x)) == "(B, 3, H, W)"
    assert c.text(found) == "(B, 64, ⌈H/2⌉, ⌈W/2⌉)"
    assert found.dtype == "float32"


def test_a_lazy_layer_remembers_its_channels() -> None:
    c, conv = made("torch.nn.LazyConv2d", 8, 3)
    assert call_layer(c, "torch.nn.LazyConv2d", conv, [Tensor((1, 5, 9, 9))], {}).shape == (1, 8, 7, 7)
    assert c.shape(conv.attrs["weight"]) == (8, 5, 3, 3)
    with pytest.raises(Failure, match="expects 5 channels"):
        call_layer(c, "torch.nn.LazyConv2d", conv, [Tensor((1, 6, 9, 9))], {})


def failure(path: str, args: Any, kwargs: Any, *inputs: Tensor) -> Failure:
    c, instance = made(path, *args, **kwargs)
    instance.origin = Origin(None, "made")
    with pytest.raises(Failure) as caught:
        call_layer(c, path, instance, inputs, {})
    return caught.value


def test_messages() -> None:
    found = failure("torch.nn.Conv2d", (32, 8, 3), {}, Tensor((8, 16, 16, 16), "float32"))
    assert found.code == "channel-mismatch"
    assert found.message == "Conv2d expects 32 channels (in_channels), got 16 in (8, 16, 16, 16)"
    assert [(f.argument, f.text) for f in found.fixes] == [("in_channels", "16")]
    found = failure("torch.nn.Conv2d", (3, 8, 7), {}, Tensor((8, 3, 4, 4), "float32"))
    assert (found.code, found.message) == ("kernel-too-large", "Conv2d: kernel 7×7 is larger than the input 4×4")
    found = failure("torch.nn.Conv2d", (3, 8, 9), {"padding": 1, "dilation": 2}, Tensor((8, 3, 4, 4), "float32"))
    assert found.message == "Conv2d: kernel 9×9 (dilated to 17×17) is larger than the padded input 6×6"
    found = failure("torch.nn.Conv2d", (3, 8, 3), {}, Tensor((8, 32, 32, 3), "float32"))
    assert "permute(0, 3, 1, 2)" in found.message
    found = failure("torch.nn.Conv2d", (3, 8, 3), {}, Tensor((8, 32, 32), "float32"))
    assert found.message.endswith("got 8 in (8, 32, 32), read as an unbatched (C, H, W)")
    found = failure("torch.nn.Conv2d", (3, 8, 3), {}, Tensor((8, 3), "float32"))
    assert (found.code, found.message) == ("rank-mismatch", "Conv2d expects (B, C, H, W) or (C, H, W), got (8, 3)")
    found = failure("torch.nn.Conv2d", (3, 8, 3), {}, Tensor((8, 3, 9, 9), "int64"))
    assert (found.code, found.message) == (
        "dtype-mismatch", "Conv2d: input is int64, weight is float32: they must be the same"
    )  # fmt: skip
    with pytest.raises(Failure, match=r"Conv2d: out_channels = 6 is not divisible by groups = 4"):
        made("torch.nn.Conv2d", 4, 6, 3, groups=4)


def test_what_is_not_known_raises_nothing() -> None:
    x = Tensor((8, 3, 16, 16), None)
    for kwargs in ({"stride": UNKNOWN}, {"padding": UNKNOWN}, {"groups": UNKNOWN}, {"dilation": (1, UNKNOWN)}):
        c, conv = made("torch.nn.Conv2d", 3, 8, 3, **kwargs)
        found = call_layer(c, "torch.nn.Conv2d", conv, [x], {})
        assert found.shape[:2] == (8, 8)
        assert found.dtype == "float32"
        assert not any(isinstance(d, int) for d in found.shape[2:]) or "groups" in kwargs
    c, conv = made("torch.nn.Conv2d", UNKNOWN, UNKNOWN, UNKNOWN, bias=UNKNOWN)
    assert call_layer(c, "torch.nn.Conv2d", conv, [x], {}).shape[0] == 8
    c, other = made("torch.nn.Conv2d", UNKNOWN, 8, 3)
    assert call_layer(c, "torch.nn.Conv2d", other, [Tensor((8, 4, 9, 9))], {}).shape == (8, 8, 7, 7)


def test_replaced_weights_count() -> None:
    c, conv = made("torch.nn.Conv2d", 3, 8, 3)
    conv.attrs["weight"] = Tensor((8, 1, 3, 3), "float32", parameter=True)
    conv.attrs["stride"] = (1, 1)
    assert call_layer(c, "torch.nn.Conv2d", conv, [Tensor((2, 1, 9, 9), "float32")], {}).shape == (2, 8, 7, 7)


def test_depthwise_with_symbolic_channels() -> None:
    width = symbol("dim")
    c, conv = made("torch.nn.Conv2d", width, width, 3, padding=1, groups=width)
    assert c.text(conv.attrs["weight"]) == "(dim, 1, 3, 3)"
    found = call_layer(c, "torch.nn.Conv2d", conv, [Tensor((2, width, 9, 9))], {})
    assert found.shape == (2, width, 9, 9)


def test_autocast_lets_floats_meet() -> None:
    c, conv = made("torch.nn.Conv2d", 3, 8, 3)
    c.autocast = Autocast()
    found = call_layer(c, "torch.nn.Conv2d", conv, [Tensor((2, 3, 9, 9), "float16")], {})
    assert found.dtype is None
    with pytest.raises(Failure):
        call_layer(c, "torch.nn.Conv2d", conv, [Tensor((2, 3, 9, 9), "int64")], {})


def test_the_store_learns_the_channels() -> None:
    store = Store()
    c = Call(store, "torch.nn.Conv2d")
    _, conv = made("torch.nn.Conv2d", 3, 8, 3)
    channels = symbol("C")
    call_layer(c, "torch.nn.Conv2d", conv, [Tensor((2, channels, 9, 9))], {})
    assert store.dim(channels) == 3
    assert isinstance(conv, Instance)
