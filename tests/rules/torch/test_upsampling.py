"""interpolate, shuffles, grids, fold and unfold against torch."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from shapelens.dims import symbol
from shapelens.rules.call import Call, Failure
from shapelens.rules.registry import apply_rule, call_layer, rules
from shapelens.values import UNKNOWN, Hole, Store, Tensor, Unknown
from tests.rules.torch.harness import call, check, check_layer
from tests.rules.torch.symbolic import agrees, layer_run, made, rule_run

pytestmark = pytest.mark.filterwarnings("ignore")
MODES = ["nearest", "nearest-exact", "area", "linear", "bilinear", "bicubic", "trilinear", "lanczos"]
FITTING = {3: MODES[:4], 4: [*MODES[:3], "bilinear", "bicubic", "lanczos"], 5: [*MODES[:3], "trilinear"]}
DTYPES = [torch.float16, torch.float32, torch.float64, torch.int64, torch.uint8, torch.bool, torch.complex64]
dtypes = st.sampled_from([torch.float32] * 8 + DTYPES)


@st.composite
def images(draw: Any, low: int = 3, high: int = 5, most: int = 6) -> tuple[int, ...]:
    rank = draw(st.integers(low, high)) if draw(st.integers(0, 7)) else draw(st.integers(0, 6))
    least = 1 if draw(st.integers(0, 7)) else 0
    return tuple(draw(st.lists(st.integers(least, most), min_size=rank, max_size=rank)))


@given(images(), dtypes, st.data())
def test_interpolate(shape: tuple[int, ...], dtype: torch.dtype, data: Any) -> None:
    draw = data.draw
    n = max(len(shape) - 2, 1)
    mode = draw(st.sampled_from(FITTING.get(len(shape), MODES) if draw(st.integers(0, 5)) else [*MODES, "other"]))
    kwargs: dict[str, Any] = {"mode": mode}
    length = n if draw(st.integers(0, 5)) else draw(st.integers(1, 3))
    size, factor = (
        st.integers(0 if draw(st.integers(0, 9)) == 0 else 1, 7),
        st.sampled_from([2, 0.5, 1.5, 1 / 3, 3.0, 0.7, 1]),
    )
    form = draw(st.integers(0, 9))
    if form < 5 or form == 9:
        kwargs["size"] = draw(size) if draw(st.booleans()) else tuple(draw(size) for _ in range(length))
    if form > 5:
        kwargs["scale_factor"] = draw(factor) if draw(st.booleans()) else tuple(draw(factor) for _ in range(length))
    if draw(st.integers(0, 3)) == 0 or (mode in MODES[3:7] and draw(st.booleans())):
        kwargs["align_corners"] = draw(st.sampled_from([True, False, None]))
    if draw(st.integers(0, 5)) == 0:
        kwargs["recompute_scale_factor"] = draw(st.booleans())
    x = torch.zeros(shape, dtype=dtype)
    empty = x.numel() == 0
    check_layer("torch.nn.Upsample", (), kwargs, x, may_miss=empty)
    if mode == "lanczos" or draw(st.integers(0, 7)) == 0:
        kwargs["antialias"] = True
    check("torch.nn.functional.interpolate", x, **kwargs, may_miss=empty)
    both = {k: v for k, v in kwargs.items() if k in ("size", "scale_factor")}
    for kind in ("Nearest", "Bilinear"):
        check_layer(f"torch.nn.Upsampling{kind}2d", (), both, x, may_miss=empty)
        check(f"torch.nn.functional.upsample_{kind.lower()}", x, **both, may_miss=empty)
    check("torch.nn.functional.upsample", x, **both, mode=mode, may_miss=empty)


@pytest.mark.parametrize("kwargs", [
    {"size": 3.0}, {"size": (3.0, 3)}, {"size": (None, 3)}, {"size": True}, {"size": torch.Size([3, 3])},
    {"size": [3, 4]},
    {"scale_factor": 0}, {"scale_factor": -1.0}, {"scale_factor": 0.1}, {"scale_factor": [2.0, 0.5]}, {}, {"size": -1},
    {"scale_factor": 0.1, "mode": "area"}, {"size": 0, "mode": "area"}, {"size": 3, "antialias": True},
])  # fmt: skip
def test_interpolate_arguments(kwargs: dict[str, Any]) -> None:
    x = torch.zeros(1, 2, 5, 7)
    check("torch.nn.functional.interpolate", x, **kwargs)
    if "antialias" not in kwargs:
        check_layer("torch.nn.Upsample", (), kwargs, x)


@given(st.integers(1, 500), st.floats(0.05, 4))
def test_scale_factors_are_rounded_as_torch_does(size: int, factor: float) -> None:
    check("torch.nn.functional.interpolate", torch.zeros(1, 1, size), scale_factor=factor)


@given(images(3, 5, 8), st.integers(-1, 3), dtypes)
def test_shuffles(shape: tuple[int, ...], factor: int, dtype: torch.dtype) -> None:
    x = torch.zeros(shape, dtype=dtype)
    for name in ("pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "native_channel_shuffle"):
        empty = {"may_miss": x.numel() == 0, "allow_unknown": x.numel() == 0}
        check(f"torch.{name}", x, factor, **empty)
        check(f"torch.nn.functional.{name}", x, factor, **empty)
    for name in ("PixelShuffle", "PixelUnshuffle", "ChannelShuffle"):
        check_layer(f"torch.nn.{name}", (factor,), {}, x, **empty)


@given(st.sampled_from([2, 3]), st.data())
def test_shuffles_that_fit(r: int, data: Any) -> None:
    front = data.draw(st.lists(st.integers(1, 2), max_size=2))
    c, h, w = data.draw(st.tuples(*[st.integers(1, 3)] * 3))
    check("torch.pixel_shuffle", torch.zeros(*front, c * r * r, h, w), r)
    check("torch.pixel_unshuffle", torch.zeros(*front, c, h * r, w * r), r)
    check("torch.channel_shuffle", torch.zeros(2, c * r, h, w), r)


@given(images(4, 5, 4), images(4, 5, 4), st.booleans(), dtypes, st.data())
def test_grid_sample(shape: tuple[int, ...], grid: tuple[int, ...], fits: bool, dtype: torch.dtype, data: Any) -> None:
    if fits and len(shape) > 2:
        middle = data.draw(st.lists(st.integers(0, 4), min_size=len(shape) - 2, max_size=len(shape) - 2))
        grid = (shape[0], *middle, len(shape) - 2)
    x, points = torch.zeros(shape, dtype=dtype), torch.zeros(grid)
    kwargs = {
        "mode": data.draw(st.sampled_from(["bilinear", "nearest", "bicubic", "other"])),
        "padding_mode": data.draw(st.sampled_from(["zeros", "border", "reflection", "other"])),
    }
    empty = x.numel() == 0 or points.numel() == 0
    check("torch.nn.functional.grid_sample", x, points, **kwargs, may_miss=empty, allow_unknown=empty)
    check("torch.nn.functional.grid_sample", x, points.to(dtype), may_miss=empty, allow_unknown=empty)


@given(st.lists(st.integers(0, 3), min_size=3, max_size=6), st.booleans(), dtypes, st.data())
def test_affine_grid(size: list[int], fits: bool, dtype: torch.dtype, data: Any) -> None:
    n = len(size) - 2
    shape = (size[0], n, n + 1) if fits else data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    check("torch.nn.functional.affine_grid", torch.zeros(shape, dtype=dtype), size)


@st.composite
def windows(draw: Any) -> dict[str, Any]:
    value = {"kernel_size": (1, 3), "dilation": (1, 2), "padding": (0, 2), "stride": (1, 3)}
    if draw(st.integers(0, 9)) == 0:
        value = {k: (low - 1, high) for k, (low, high) in value.items()}
    found: dict[str, Any] = {}
    for name, (low, high) in value.items():
        number = st.integers(low, high)
        length = 2 if draw(st.integers(0, 9)) else draw(st.integers(1, 3))
        found[name] = draw(number) if draw(st.booleans()) else tuple(draw(number) for _ in range(length))
    return found


@given(images(3, 4), windows(), dtypes)
def test_unfold(shape: tuple[int, ...], kwargs: dict[str, Any], dtype: torch.dtype) -> None:
    x = torch.zeros(shape, dtype=dtype)
    check("torch.nn.functional.unfold", x, **kwargs)
    check_layer("torch.nn.Unfold", (), kwargs, x)


@given(windows(), st.tuples(st.integers(1, 6), st.integers(1, 6)), dtypes, st.data())
def test_fold(kwargs: dict[str, Any], output: tuple[int, int], dtype: torch.dtype, data: Any) -> None:
    kernel, d, p, s = (v if isinstance(v, tuple) else (v, v) for v in kwargs.values())
    shape = data.draw(st.lists(st.integers(0, 9), max_size=4))
    if data.draw(st.integers(0, 5)) and all(len(v) == 2 for v in (kernel, d, p, s)) and 0 not in s:
        blocks = [(o + 2 * p[i] - d[i] * (kernel[i] - 1) - 1) // s[i] + 1 for i, o in enumerate(output)]
        if min(blocks) > 0 and min(kernel) > 0:
            shape = [2, 3 * kernel[0] * kernel[1], blocks[0] * blocks[1]][data.draw(st.integers(0, 1)) :]
    x = torch.zeros(shape, dtype=dtype)
    check("torch.nn.functional.fold", x, output, **kwargs)
    check_layer("torch.nn.Fold", (output,), kwargs, x)


@given(
    st.tuples(*[st.integers(1, 6)] * 4),
    st.sampled_from([2, 0.5, 1.5, 0.25, 3.0]),
    windows(),
    st.sampled_from([1, 2, 3]),
)
def test_symbolic(shape: tuple[int, ...], factor: float, window: dict[str, Any], r: int) -> None:
    agrees(layer_run("torch.nn.Upsample", scale_factor=factor), shape)
    agrees(rule_run("torch.nn.functional.interpolate", size=(3, 5), mode="bilinear"), shape)
    agrees(rule_run("torch.nn.functional.interpolate", scale_factor=0.3), shape, exact=False)
    agrees(rule_run("torch.nn.functional.unfold", **window), shape)
    b, ch, h, w = shape
    agrees(rule_run("torch.pixel_shuffle", r), (b, ch * r * r, h, w))
    agrees(rule_run("torch.pixel_unshuffle", r), (b, ch, h * r, w * r))


def test_what_is_shown() -> None:
    x = Tensor((symbol("B"), 64, symbol("H"), symbol("W")), "float32")
    for path, args, kwargs, shown in (
        ("torch.nn.Upsample", (), {"scale_factor": 2}, "(B, 64, 2*H, 2*W)"),
        ("torch.nn.Upsample", (), {"scale_factor": 0.5}, "(B, 64, ⌊H/2⌋, ⌊W/2⌋)"),
        ("torch.nn.PixelShuffle", (2,), {}, "(B, 16, 2*H, 2*W)"),
        ("torch.nn.PixelUnshuffle", (2,), {}, "(B, 256, H/2, W/2)"),
    ):
        c, made_layer = made(path, *args, **kwargs)
        assert (
            c.text(call_layer(c, path, made_layer, [x], {})).replace("·", "*").replace("2H", "2*H").replace("2W", "2*W")
            == shown
        )


def test_open_inputs() -> None:
    def taught(path: str, *args: Any, **kwargs: Any) -> tuple[str, str]:
        c, x = Call(Store(), path), Unknown("x", Hole("x"))
        found = apply_rule(c, rules[path], (x, *args), kwargs)
        return c.text(c.tensor(x)), c.text(found)

    resize = "torch.nn.functional.interpolate"
    assert taught(resize, size=(7, 9)) == ("(B, C, H, W)", "(B, C, 7, 9)")
    assert taught(resize, scale_factor=2, mode="linear")[0] == "(B, C, L)"
    assert taught(resize, scale_factor=2) == ("(…)", "(…)"), "nearest takes three ranks: nothing is guessed"
    assert taught("torch.nn.functional.unfold", 2)[0] == "(B, C, H, W)"
    assert taught("torch.pixel_shuffle", 2)[0].startswith("(…, ")


def test_messages() -> None:
    def message(path: str, *args: Any, **kwargs: Any) -> tuple[str, str]:
        with pytest.raises(Failure) as caught:
            call(path, *args, **kwargs)
        return caught.value.code, caught.value.message

    x = Tensor((1, 6, 5, 5), "float32")
    assert message("torch.pixel_shuffle", x, 2) == (
        "channel-mismatch", "pixel_shuffle expects channels divisible by 2² = 4, got 6 in (1, 6, 5, 5)"
    )  # fmt: skip
    assert message("torch.nn.functional.interpolate", x, size=3, mode="linear") == (
        "rank-mismatch", "interpolate: mode 'linear' expects (B, C, L), got (1, 6, 5, 5)"
    )  # fmt: skip
    grid = Tensor((1, 4, 4, 3), "float32")
    assert message("torch.nn.functional.grid_sample", x, grid) == (
        "feature-mismatch", "grid_sample expects a grid of (B, H, W, 2), got (1, 4, 4, 3)"
    )  # fmt: skip
    assert message("torch.nn.functional.fold", Tensor((1, 8, 9), "float32"), (5, 5), 2) == (
        "feature-mismatch", "fold expects 4×4 = 16 blocks, got 9 in (1, 8, 9)"
    )  # fmt: skip


def test_what_is_not_known_raises_nothing() -> None:
    x = Tensor((1, 6, 5, 5), "float32")
    assert call("torch.nn.functional.interpolate", x, UNKNOWN).shape[:2] == (1, 6)
    assert call("torch.nn.functional.interpolate", x, None, UNKNOWN).shape[:2] == (1, 6)
    assert call("torch.nn.functional.interpolate", x, (UNKNOWN, 3)).shape[3] == 3
    assert call("torch.nn.functional.interpolate", x, 3, mode=UNKNOWN).shape is None
    assert call("torch.nn.functional.grid_sample", x, Tensor(None)).shape is not None
    with warnings.catch_warnings():
        assert call("torch.nn.functional.unfold", x, UNKNOWN).shape is None
