"""Transforms against the real torchvision, on PIL images, tensors and arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from shapelens.rules.call import Failure
from shapelens.rules.registry import apply_rule, call_layer, layers, rules
from shapelens.values import UNKNOWN, Hole, Instance, Tensor, Unknown
from tests.rules.torchvision.images_harness import (
    abstract,
    agree,
    check,
    context,
    fails,
    make,
    ours,
    real,
    real_torchvision,
)

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


@given(
    modules,
    st.lists(st.integers(1, 5), min_size=1, max_size=4),
    st.sampled_from([torch.uint8, torch.float32, torch.int32]),
)
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


# -- one after the other -------------------------------------------------------------------------------------------


@st.composite
def pipelines(draw: Any) -> Any:
    """A Compose of v1 transforms as people write them, and some that cannot work."""
    module = draw(modules)
    steps = [
        real(module, "Resize", draw(sides)),
        real(module, "Resize", (draw(sides), draw(sides))),
        real(module, "CenterCrop", draw(sides)),
        real(module, "RandomCrop", draw(st.integers(1, 12)), padding=draw(st.integers(0, 3))),
        real(module, "RandomResizedCrop", draw(sides)),
        real(module, "RandomHorizontalFlip"),
        real(module, "RandomApply", [real(module, "ColorJitter", 0.1)], p=0.5),
        real(module, "RandomChoice", [real(module, "RandomVerticalFlip"), real(module, "RandomRotation", 10)]),
        real(module, "RandomOrder", [real(module, "RandomVerticalFlip"), real(module, "RandomRotation", 10)]),
        real(module, "Grayscale", draw(st.sampled_from([1, 3]))),
        real(module, "ToTensor"),
        real(module, "Normalize", [0.5] * draw(st.sampled_from([1, 3])), [0.5] * draw(st.sampled_from([1, 3]))),
        real(module, "ToPILImage"),
    ]
    chosen = draw(st.lists(st.sampled_from(steps), max_size=5))
    return real(module, "Compose", [*chosen, real(module, "ToTensor")])


@settings(max_examples=300)
@given(pipelines(), pictures)
def test_pipelines(pipeline: Any, img: Any) -> None:
    check(pipeline, img, exact=False)


def test_pipeline_is_known() -> None:
    steps = [
        real(T, "Resize", 256), real(T, "CenterCrop", 224), real(T, "RandomHorizontalFlip"), real(T, "ToTensor"),
        real(T, "Normalize", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)), real(T, "RandomErasing"),
    ]  # fmt: skip
    assert check(real(T, "Compose", steps), PIL.Image.new("RGB", (300, 200)))


def composed(*steps: Any) -> Any:
    c = context()
    return c, ours(c, real(T, "Compose", list(steps)))


def test_unknown_image_that_must_be_an_image() -> None:
    c, compose = composed(real(T, "Resize", (20, 30)), real(T, "ToTensor"))
    found = call_layer(c, compose.cls.path, compose, (Unknown("img", Hole("img")),), {})
    assert isinstance(found, Tensor)
    assert isinstance(found.shape, tuple)
    assert found.shape[1:] == (20, 30)
    assert found.dtype is None


def test_unknown_stays_unknown() -> None:
    c, compose = composed(real(T, "Resize", (20, 30)))
    assert isinstance(call_layer(c, compose.cls.path, compose, (Unknown("img", Hole("img")),), {}), Unknown)
    for name in ("Resize", "CenterCrop", "RandomCrop", "FiveCrop"):
        made = make(c, f"torchvision.transforms.{name}", 5)
        assert call_layer(c, made.cls.path, made, (UNKNOWN,), {}) is UNKNOWN
        assert call_layer(c, made.cls.path, made, (Tensor(None),), {}) is UNKNOWN


def test_lambda() -> None:
    c = context()
    made = make(c, "torchvision.transforms.Lambda", lambda t: Tensor((3, *t.shape[1:]), t.dtype))
    found = call_layer(c, made.cls.path, made, (Tensor((1, 4, 5), "float32"),), {})
    assert found == Tensor((3, 4, 5), "float32")


def test_several_arguments_of_v2_are_not_followed() -> None:
    c = context()
    made = make(c, "torchvision.transforms.v2.Resize", 5)
    given_ = (abstract(c, PIL.Image.new("RGB", (4, 4))), Tensor((), "int64"))
    assert call_layer(c, made.cls.path, made, given_, {}) is UNKNOWN


# -- failures ------------------------------------------------------------------------------------------------------

RGB = PIL.Image.new("RGB", (32, 24))


def test_normalize_before_to_tensor() -> None:
    for module in (T, V):
        message = fails(real(module, "Normalize", (0.5,) * 3, (0.5,) * 3), RGB, "normalize-before-tensor")
        assert message == "Normalize needs a tensor: put ToTensor() before it"
    fails(real(T, "Normalize", (0.5,) * 3, (0.5,) * 3), np.zeros((3, 4, 4), np.float32), "normalize-before-tensor")


def test_normalize() -> None:
    image = torch.zeros(1, 28, 28)
    message = fails(real(T, "Normalize", (0.5,) * 3, (0.5,) * 3), image, "channel-mismatch")
    assert message == "Normalize: mean has 3 numbers, the image (1, 28, 28) has 1 channel"
    fails(real(T, "Normalize", (0.5,), (0.5,) * 3), image, "channel-mismatch")
    fails(real(T, "Normalize", (0.5,), (0.5,)), image.to(torch.uint8), "dtype-mismatch")
    fails(real(T, "Normalize", (0.5,), (0.5,)), image[0], "rank-mismatch")
    fails(real(T, "Normalize", (0.5,), (0.0,)), image, "argument-value")


def test_crops_that_do_not_fit() -> None:
    for module in (T, V):
        message = fails(real(module, "RandomCrop", 30), RGB, "crop-too-large")
        assert message == "RandomCrop: a crop of 30×30 does not fit into an image of 24×32"
        fails(real(module, "RandomCrop", 64, padding=4), torch.zeros(3, 32, 32), "crop-too-large")
        fails(real(module, "FiveCrop", (25, 3)), RGB, "crop-too-large")


def test_kinds_of_image() -> None:
    array = np.zeros((5, 6, 3), np.uint8)
    fails(real(T, "Resize", 4), array, "image-type")
    fails(real(T, "ToTensor"), torch.zeros(3, 4, 4), "image-type")
    fails(real(T, "PILToTensor"), array, "image-type")
    fails(real(T, "ToPILImage"), RGB, "image-type")
    fails(real(T, "ConvertImageDtype", torch.float32), RGB, "image-type")
    fails(real(T, "ToPILImage"), torch.zeros(2, 3, 4, 4), "rank-mismatch")
    fails(real(T, "ToPILImage"), torch.zeros(5, 4, 4), "channel-mismatch")
    fails(real(T, "ToTensor"), np.zeros((2, 3, 4, 4)), "rank-mismatch")
    fails(real(V, "Grayscale"), torch.zeros(2, 4, 4), "channel-mismatch")


def test_linear_transformation() -> None:
    assert check(
        real(T, "LinearTransformation", torch.zeros(48, 48), torch.zeros(48)), torch.zeros(3, 4, 4), exact=False
    )
    c = context()
    made = make(c, "torchvision.transforms.LinearTransformation", Tensor((40, 40), "float32"), Tensor((40,), "float32"))
    with pytest.raises(Failure, match="the matrix is for 40 numbers"):
        call_layer(c, made.cls.path, made, (Tensor((3, 4, 4), "float32"),), {})


@pytest.mark.parametrize("size", [(1, 2, 3), []])
def test_size_of_three(size: Any) -> None:
    with pytest.raises(Failure, match="size must be one number"):
        make(context(), "torchvision.transforms.CenterCrop", size)


# -- functions -----------------------------------------------------------------------------------------------------


@given(pictures, sides, sides, st.sampled_from(["functional", "v2.functional"]))
def test_functions(img: Any, a: int, b: int, module: str) -> None:
    functions = T.functional if module == "functional" else V.functional
    for name, args in (
        ("resize", ([a, b],)), ("resize", ([a],)), ("center_crop", ([a, b],)), ("crop", (1, 2, a, b)),
        ("resized_crop", (0, 0, 5, 5, [a, b])), ("pad", ([1, 2],)), ("rotate", (30,)), ("hflip", ()), ("vflip", ()),
        ("rgb_to_grayscale", (3,)), ("five_crop", ([a, b],)), ("adjust_brightness", (0.5,)), ("gaussian_blur", ([3, 3],)),
    ):  # fmt: skip
        c = context()
        try:
            theirs = getattr(functions, name)(img, *args)
        except Exception:
            continue
        path = f"torchvision.transforms.{module}.{name}"
        agree(c, apply_rule(c, rules[path], (abstract(c, img), *args), {}), theirs)


def test_dimensions() -> None:
    c = context()
    image = abstract(c, RGB)
    assert apply_rule(c, rules["torchvision.transforms.functional.get_dimensions"], (image,), {}) == [3, 24, 32]
    assert apply_rule(c, rules["torchvision.transforms.functional.get_image_size"], (image,), {}) == [32, 24]


def test_presets() -> None:
    from torchvision.transforms._presets import ImageClassification

    preset = ImageClassification(crop_size=24, resize_size=30)
    preset._made = ("torchvision.transforms._presets.ImageClassification", (), {"crop_size": 24, "resize_size": 30})
    assert check(preset, RGB)
    assert check(preset, torch.zeros(2, 3, 40, 50, dtype=torch.uint8))


# -- parameters ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", [T, V])
def test_parameters(module: Any) -> None:
    """Each has the parameters of the real one, in its order."""
    import inspect

    held = 0
    for path, layer in layers.items():
        prefix, _, name = path.rpartition(".")
        if prefix != module.__name__ or name == "Transform":
            continue
        theirs = list(inspect.signature(getattr(module, name).__init__).parameters.values())[1:]
        assert [p.name for p in layer.make.parameters] == [p.name for p in theirs], path
        held += 1
    assert held > 35
    missing = {n for n in dir(module) if isinstance(getattr(module, n), type)} - {p.rpartition(".")[2] for p in layers}
    known_gaps = {"InterpolationMode", "AutoAugmentPolicy", "CutMix", "MixUp", "UniformTemporalSubsample"}
    assert {n for n in missing if "Bounding" not in n and "KeyPoint" not in n and "Clamping" not in n} <= known_gaps


def test_base_classes() -> None:
    c = context()
    made = make(c, "torchvision.transforms.v2.Transform")
    assert isinstance(made, Instance)
    assert call_layer(c, made.cls.path, made, (Tensor((3, 4, 4)),), {}) is UNKNOWN
