"""Datasets: their parameters against the real torchvision, their items, lengths, classes and data."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from shapelens.dims import Expr
from shapelens.rules.call import Failure
from shapelens.rules.registry import layers
from shapelens.rules.torch.data import is_image
from shapelens.rules.torchvision.images import picture
from shapelens.values import UNKNOWN, List, Scalar, Tensor
from tests.rules.torchvision.images_harness import (
    abstract,
    agree,
    context,
    get_item,
    length,
    make,
    ours,
    real,
    real_torchvision,
)

settings.load_profile("images")
torchvision = real_torchvision()
from torchvision import datasets as D  # noqa: E402
from torchvision import transforms as T  # noqa: E402

NAMES = [p.rpartition(".")[2] for p in layers if p.startswith("torchvision.datasets.") and ".vision." not in p]


@pytest.mark.parametrize("name", NAMES)
def test_parameters(name: str) -> None:
    """The parameters that the real one has, in its order; what its **kwargs go to stands in their place."""
    theirs = inspect.signature(getattr(D, name).__init__).parameters.values()
    mine = layers[f"torchvision.datasets.{name}"].make.parameters
    plain = [p for p in theirs if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self"]
    assert [p.name for p in mine][: len(plain)] == [p.name for p in plain]
    for a, b in zip(mine, plain):
        if b.default is not b.empty and not callable(b.default):
            assert a.default == b.default, a.name
    if any(p.kind is p.VAR_KEYWORD for p in theirs):
        for base in getattr(D, name).__mro__[1:2]:
            for p in inspect.signature(base.__init__).parameters.values():
                if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self":
                    assert p.name in [m.name for m in mine]
    else:
        assert len(mine) == len(plain)


@pytest.mark.parametrize("name", [n for n in NAMES if isinstance(getattr(getattr(D, n), "classes", None), list)])
def test_classes(name: str) -> None:
    if name in ("EMNIST", "Cityscapes"):
        return
    made = make(context(), f"torchvision.datasets.{name}", "root")
    theirs = getattr(D, name).classes
    assert len(made.attrs["classes"]) == len(theirs)
    assert made.attrs["classes"] in (theirs, [made.attrs["classes"][0]] * len(theirs))


def test_emnist() -> None:
    c = context()
    assert length(c, make(c, "torchvision.datasets.EMNIST", "root", "letters", train=False)) == 20800
    for split, names in D.EMNIST.classes_split_dict.items():
        assert len(make(context(), "torchvision.datasets.EMNIST", "root", split).attrs["classes"]) == len(names)


@given(st.lists(st.integers(1, 9), min_size=3, max_size=3), st.booleans())
def test_fake_data(size: list[int], with_transform: bool) -> None:
    transform = real(T, "ToTensor") if with_transform else None
    if size[0] > 4:
        return
    c = context()
    real_one = D.FakeData(7, tuple(size), 10, transform)
    mine = make(c, "torchvision.datasets.FakeData", 7, tuple(size), 10, ours(c, transform) if transform else None)
    image, target = get_item(c, mine, Scalar("int"))
    agree(c, image, real_one[0][0])
    assert isinstance(target, Scalar)
    assert length(c, mine) == len(real_one)


def _image(name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
    c = context()
    image = get_item(c, make(c, f"torchvision.datasets.{name}", "root", *args, **kwargs), Scalar("int"))[0]
    assert is_image(image)
    seen = picture(c, image)
    return seen.channels, seen.height, seen.width, seen.mode


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("MNIST", (1, 28, 28, "L")), ("FashionMNIST", (1, 28, 28, "L")), ("KMNIST", (1, 28, 28, "L")),
        ("QMNIST", (1, 28, 28, "L")), ("USPS", (1, 16, 16, "L")), ("CIFAR10", (3, 32, 32, "RGB")),
        ("CIFAR100", (3, 32, 32, "RGB")), ("SVHN", (3, 32, 32, "RGB")), ("STL10", (3, 96, 96, "RGB")),
        ("SEMEION", (1, 16, 16, "L")), ("EuroSAT", (3, 64, 64, "RGB")), ("CelebA", (3, 218, 178, "RGB")),
        ("PCAM", (3, 96, 96, "RGB")),
    ],
)  # fmt: skip
def test_images(name: str, expected: tuple[Any, ...]) -> None:
    assert _image(name) == expected


@pytest.mark.parametrize("name", ["ImageFolder", "ImageNet", "Food101", "Flowers102", "OxfordIIITPet", "DTD"])
def test_images_of_unknown_size(name: str) -> None:
    channels, height, width, mode = _image(name)
    assert (channels, mode) == (3, "RGB")
    assert isinstance(height, Expr)
    assert isinstance(width, Expr)


def test_images_of_unknown_mode() -> None:
    assert isinstance(_image("Caltech101")[0], Expr)


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("MNIST", (), 60000), ("MNIST", (False,), 10000), ("CIFAR10", (True,), 50000), ("CIFAR100", (False,), 10000),
        ("SVHN", ("extra",), 531131), ("STL10", ("train+unlabeled",), 105000), ("EMNIST", ("letters",), 124800),
        ("QMNIST", ("test10k",), 10000), ("USPS", (False,), 2007),
        ("Flowers102", (), 1020), ("EuroSAT", (), 27000), ("CelebA", ("all",), 202599),
    ],
)  # fmt: skip
def test_lengths(name: str, args: tuple[Any, ...], expected: int) -> None:
    c = context()
    assert length(c, make(c, f"torchvision.datasets.{name}", "root", *args)) == expected


@pytest.mark.parametrize(
    ("name", "args"), [("MNIST", (UNKNOWN,)), ("ImageFolder", ()), ("STL10", ("train", 3)), ("SVHN", (UNKNOWN,))]
)
def test_unknown_lengths(name: str, args: tuple[Any, ...]) -> None:
    c = context()
    assert not isinstance(length(c, make(c, f"torchvision.datasets.{name}", "root", *args)), int)


def test_data() -> None:
    c = context()
    mnist, cifar = make(c, "torchvision.datasets.MNIST", "r"), make(c, "torchvision.datasets.CIFAR10", "r", False)
    assert mnist.attrs["data"] == Tensor((60000, 28, 28), "uint8")
    assert mnist.attrs["targets"] == Tensor((60000,), "int64")
    assert cifar.attrs["data"] == Tensor((10000, 32, 32, 3), "uint8", "numpy")
    assert isinstance(cifar.attrs["targets"], List)
    assert length(c, cifar.attrs["targets"]) == 10000
    assert make(c, "torchvision.datasets.SVHN", "r").attrs["data"].shape == (73257, 3, 32, 32)


def test_changed_data() -> None:
    """Items and length are those of `.data` as it is now."""
    c = context()
    cifar = make(c, "torchvision.datasets.CIFAR10", "r")
    cifar.attrs["data"] = Tensor((100, 16, 20, 3), "uint8", "numpy")
    assert length(c, cifar) == 100
    seen = picture(c, get_item(c, cifar, Scalar("int"))[0])
    assert (seen.channels, seen.height, seen.width) == (3, 16, 20)
    cifar.attrs["data"] = UNKNOWN
    assert not isinstance(length(c, cifar), int)
    assert isinstance(picture(c, get_item(c, cifar, Scalar("int"))[0]).height, Expr)


def test_havoc() -> None:
    """Something unknown got hold of it: nothing is known of it any more."""
    c = context()
    cifar = make(c, "torchvision.datasets.CIFAR10", "r")
    cifar.attrs["?"] = True
    assert get_item(c, cifar, Scalar("int")) is UNKNOWN


def test_targets() -> None:
    c = context()

    def target(name: str, *args: Any, **kwargs: Any) -> Any:
        return get_item(c, make(c, f"torchvision.datasets.{name}", "root", *args, **kwargs), Scalar("int"))[1]

    assert target("CelebA") == Tensor((40,), "int64")
    assert target("CelebA", target_type=["identity", "bbox"]) == (Tensor((), "int64"), Tensor((4,), "int64"))
    assert target("QMNIST", compat=False) == Tensor((8,), "int64")
    assert is_image(target("VOCSegmentation"))
    assert target("CocoDetection", "file") is UNKNOWN
    assert target("MNIST", target_transform=lambda t: Tensor((10,), "float32")) == Tensor((10,), "float32")


def test_transforms_of_both() -> None:
    c = context()
    both = make(c, "torchvision.datasets.VOCSegmentation", "r", transforms=lambda i, t: (1, 2))
    assert get_item(c, both, Scalar("int")) == (1, 2)
    one = make(c, "torchvision.datasets.VOCSegmentation", "r", transform=lambda i: 5)
    assert get_item(c, one, Scalar("int"))[0] == 5
    with pytest.raises(Failure, match="give either transforms"):
        make(c, "torchvision.datasets.VOCSegmentation", "r", transforms=one, transform=one)


def test_unknown_keyword() -> None:
    with pytest.raises(Failure, match="CIFAR10 has no parameter 'trainn'"):
        make(context(), "torchvision.datasets.CIFAR10", "r", trainn=True)


def test_abstract_is_what_rules_see() -> None:
    assert abstract(context(), torch.zeros(2, 3)) == Tensor((2, 3), "float32")
