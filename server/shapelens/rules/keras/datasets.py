"""keras.datasets: what `load_data` gives, ((x_train, y_train), (x_test, y_test)) as arrays of the real sizes.

The texts of imdb and reuters are lists of word numbers, each of a length of its own.
"""

from __future__ import annotations

from typing import Any

from shapelens.dims import Dim
from shapelens.rules.call import Call, NotKnown
from shapelens.rules.registry import rule
from shapelens.values import Dict, List, Many, Scalar, Tensor, Unknown

_D = "keras.datasets."


def _array(shape: tuple[Dim, ...], dtype: str | None) -> Tensor:
    return Tensor(shape, dtype, "numpy")


def _halves(
    samples: tuple[int, int], x: tuple[int, ...], y: tuple[int, ...], dtypes: tuple[str | None, str | None]
) -> Any:
    return tuple([(_array((n, *x), dtypes[0]), _array((n, *y), dtypes[1])) for n in samples])


@rule(f"{_D}mnist.load_data")
def mnist(c: Call, path: object = "mnist.npz") -> object:
    """60,000 and 10,000 images of 28 × 28."""
    return _halves((60000, 10000), (28, 28), (), ("uint8", "uint8"))


@rule(f"{_D}fashion_mnist.load_data")
def fashion_mnist(c: Call) -> object:
    """As mnist."""
    return _halves((60000, 10000), (28, 28), (), ("uint8", "uint8"))


@rule(f"{_D}cifar10.load_data")
def cifar10(c: Call) -> object:
    """50,000 and 10,000 images of 32 × 32; the labels have an axis of 1."""
    return _halves((50000, 10000), (32, 32, 3), (1,), ("uint8", "uint8"))


@rule(f"{_D}cifar100.load_data")
def cifar100(c: Call, label_mode: object = "fine") -> object:
    """As cifar10, but for the dtype of the labels, which are read from a list."""
    mode = c.store.value(label_mode)
    if isinstance(mode, str) and mode not in ("fine", "coarse"):
        c.fail("argument-value", f"cifar100.load_data: label_mode must be 'fine' or 'coarse', got '{mode}'")
    return _halves((50000, 10000), (32, 32, 3), (1,), ("uint8", "int64"))


def _split(c: Call, total: int, test_split: object) -> tuple[int, int]:
    part = c.store.value(test_split)
    if isinstance(part, bool) or not isinstance(part, (int, float)):
        raise NotKnown
    train = int(total * (1 - part))
    return train, total - train


@rule(f"{_D}boston_housing.load_data")
def boston_housing(
    c: Call, path: object = "boston_housing.npz", test_split: object = 0.2, seed: object = 113
) -> object:
    """506 houses of 13 features."""
    return _halves(_split(c, 506, test_split), (13,), (), ("float64", "float64"))


@rule(f"{_D}california_housing.load_data")
def california_housing(c: Call, version: object = "large", path: object = "california_housing.npz",
                       test_split: object = 0.2, seed: object = 113) -> object:  # fmt: skip
    """20,640 blocks of houses of 8 features, or 600 of them."""
    total = {"large": 20640, "small": 600}.get(str(c.store.value(version)))
    if total is None:
        raise NotKnown
    return _halves(_split(c, total, test_split), (8,), (), (None, None))


# -- texts ---------------------------------------------------------------------------------------------------------


WORD = Unknown("the number of a word")


def texts(count: Dim | None) -> Many:
    """Lists of word numbers, as many as `count`.

    The words are no ints for those who would make an array of such lists: they differ in length, so there is none.
    """
    words = List()
    words.rest = WORD
    return Many(words, count)


def _of_texts(c: Call, samples: tuple[int, int], maxlen: object) -> Any:
    """Longer texts than `maxlen` are left out, if it is given."""
    sizes: list[Dim] = list(samples)
    if c.store.value(maxlen) is not None:
        sizes = [c.fresh("n", 0) for _ in samples]
    return tuple([(texts(n), _array((n,), "int64")) for n in sizes])


@rule(f"{_D}imdb.load_data")
def imdb(c: Call, path: object = "imdb.npz", num_words: object = None, skip_top: object = 0, maxlen: object = None,
         seed: object = 113, start_char: object = 1, oov_char: object = 2, index_from: object = 3,
         **others: object) -> object:  # fmt: skip
    """25,000 reviews and 25,000, with labels of 0 and 1."""
    return _of_texts(c, (25000, 25000), maxlen)


@rule(f"{_D}reuters.load_data")
def reuters(c: Call, path: object = "reuters.npz", num_words: object = None, skip_top: object = 0, maxlen: object = None,
            test_split: object = 0.2, seed: object = 113, start_char: object = 1, oov_char: object = 2,
            index_from: object = 3) -> object:  # fmt: skip
    """11,228 newswires of 46 topics."""
    return _of_texts(c, _split(c, 11228, test_split), maxlen)


@rule(f"{_D}imdb.get_word_index", f"{_D}reuters.get_word_index")
def get_word_index(c: Call, path: object = "") -> object:
    """Words to numbers."""
    made = Dict()
    made.rest = Scalar("int")
    return made


@rule(f"{_D}reuters.get_label_names")
def get_label_names(c: Call) -> object:
    """The 46 topics."""
    return tuple([Scalar("str") for _ in range(46)])
