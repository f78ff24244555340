"""Transforms against the real torchvision, on PIL images, tensors and arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from images_harness import abstract, check, context, fails, make, ours, real, real_torchvision

from shapelens.rules.call import Failure
from shapelens.rules.registry import apply_rule, call_layer, layers, rules
from shapelens.values import UNKNOWN, Hole, Instance, Tensor, Unknown

settings.load_profile("images")
torchvision = real_torchvision()
from torchvision import transforms as T  # noqa: E402
from torchvision.transforms import v2 as V  # noqa: E402

sides = st.integers(1, 24)
modules = st.sampled_from([T, V])
MODES = ["L", "RGB", "RGBA", "1", "P", "I", "F", "LA", "CMYK", "I;16"]


@st.composite
def images(draw: Any, modes: tuple[str, ...] = ("L", "RGB", "RGBA")) -> PIL.Image.Image:
    return PIL.Image.new(draw(st.sampled_from(modes)), (draw(sides), draw(sides)))


@st.composite
def tensors(draw: Any) -> torch.Tensor:
    front = draw(st.lists(st.integers(1, 2), max_size=1))
    dtype = draw(st.sampled_from([torch.float32, torch.uint8]))
    return torch.zeros(*front, draw(st.sampled_from([1, 3])), draw(sides), draw(sides), dtype=dtype)


pictures = st.one_of(images(), tensors())
sizes = st.one_of(sides, st.tuples(sides), st.tuples(sides, sides), st.lists(sides, min_size=2, max_size=2))
paddings = st.one_of(st.integers(0, 4), st.tuples(*[st.integers(0, 4)] * 2), st.tuples(*[st.integers(0, 4)] * 4))


@given(modules, pictures, sizes, st.one_of(st.none(), st.integers(1, 40)))
def test_resize(module: Any, img: Any, size: Any, max_size: int | None) -> None:
    if isinstance(size, (tuple, list)) and len(size) == 2:
        max_size = None
    check(real(module, "Resize", size, max_size=max_size), img)


@given(modules, pictures, sizes, st.sampled_from(["CenterCrop", "RandomResizedCrop", "FiveCrop", "TenCrop"]))
def test_crops(module: Any, img: Any, size: Any, name: str) -> None:
    check(real(module, name, size), img)


@given(modules, pictures, sizes, st.one_of(st.none(), paddings), st.booleans())
def test_random_crop(module: Any, img: Any, size: Any, padding: Any, pad: bool) -> None:
    check(real(module, "RandomCrop", size, padding=padding, pad_if_needed=pad), img)


@given(modules, pictures, paddings)
def test_pad(module: Any, img: Any, padding: Any) -> None:
    check(real(module, "Pad", padding), img)


@given(modules, pictures, st.sampled_from([1, 3]))
def test_grayscale(module: Any, img: Any, n: int) -> None:
    check(real(module, "Grayscale", n), img)


@given(modules, images(tuple(MODES)))
def test_to_tensor(module: Any, img: Any) -> None:
    check(real(module, "ToTensor"), img)
    check(real(module, "PILToTensor"), img)


@given(modules, st.lists(sides, min_size=1, max_size=4), st.sampled_from(["uint8", "float32", "float64", "int64"]))
def test_arrays(module: Any, shape: list[int], dtype: str) -> None:
    array = np.zeros(shape, dtype)
    check(real(module, "ToTensor"), array)
    check(real(module, "ToPILImage"), array, exact=False)
    check(real(V, "ToImage"), array) if len(shape) in (2, 3) else None


@given(modules, st.lists(st.integers(1, 5), min_size=1, max_size=4), st.sampled_from([torch.uint8, torch.float32, torch.int32]))
def test_to_pil_image(module: Any, shape: list[int], dtype: torch.dtype) -> None:
    check(real(module, "ToPILImage"), torch.zeros(shape, dtype=dtype), exact=False)


SAME: list[tuple[str, tuple[Any, ...]]] = [
    ("RandomHorizontalFlip", ()), ("RandomVerticalFlip", (1.0,)), ("RandomRotation", (30,)), ("RandomAffine", (10,)),
    ("ColorJitter", (0.1, 0.1, 0.1, 0.1)), ("RandomPerspective", (0.5, 1.0)), ("GaussianBlur", (3,)),
    ("RandomGrayscale", (1.0,)), ("RandomInvert", (1.0,)), ("RandomPosterize", (4, 1.0)), ("RandomSolarize", (0.5, 1.0)),
    ("RandomAdjustSharpness", (2, 1.0)), ("RandomAutocontrast", (1.0,)), ("RandomEqualize", (1.0,)),
    ("ElasticTransform", ()), ("RandAugment", ()), ("AutoAugment", ()), ("TrivialAugmentWide", ()), ("AugMix", ()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args"), SAME)
@settings(max_examples=12)
@given(modules, pictures)
def test_same_size(name: str, args: tuple[Any, ...], module: Any, img: Any) -> None:
    check(real(module, name, *args), img)


@given(modules, pictures, st.sampled_from([0, 30, 90]))
def test_rotation_with_expand(module: Any, img: Any, degrees: int) -> None:
    check(real(module, "RandomRotation", degrees, expand=True), img, exact=False)


@given(modules, tensors(), st.integers(1, 4), st.integers(1, 4))
def test_normalize(module: Any, img: Any, means: int, stds: int) -> None:
    transform = real(module, "Normalize", [0.5] * means, [0.5] * stds)
    worked = check(transform, img)
    channels = img.shape[-3] if module is T or img.shape[-3] > 1 else means  # v2 broadcasts one channel
    assert worked is (img.dtype.is_floating_point and {means, stds} <= {1, channels})


@given(st.sampled_from([torch.float32, torch.uint8, torch.float64]), tensors())
def test_dtypes(dtype: torch.dtype, img: Any) -> None:
    for module, name in ((T, "ConvertImageDtype"), (V, "ConvertImageDtype"), (V, "ToDtype")):
        check(real(module, name, dtype), img)
    check(real(V, "ToDtype", dtype, scale=True), img)
    check(real(V, "ToImage"), img)
    check(real(V, "Identity"), img)


@given(pictures, sides)
def test_v2_sizes_that_depend_on_chance(img: Any, side: int) -> None:
    for name, args in (
        ("ScaleJitter", ((side, side),)), ("RandomResize", (side, side + 4)), ("RandomShortestSize", (side,)),
        ("RandomZoomOut", ()), ("GaussianNoise", ()), ("RandomChannelPermutation", ()), ("RGB", ()),
    ):  # fmt: skip
        check(real(V, name, *args), img, exact=False)
