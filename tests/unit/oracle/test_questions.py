"""Calls as questions: the same call is the same question, and what is not wholly known is none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shapelens.dims import ceildiv, symbol
from shapelens.oracle.questions import answered, question
from shapelens.values import UNKNOWN, Lib, List, Named, Open, Scalar, ShapeVar, Tensor
from shapelens.values.text import shape_text


def T(*dims: Any, dtype: str | None = "float32") -> Tensor:
    return Tensor(dims, dtype)


def key(*args: Any, **kwargs: Any) -> str:
    found = question("torch.f", args, kwargs, None)
    assert found is not None
    return found.key


def test_names_of_dims_do_not_count() -> None:
    b, h, c, w = (symbol(name) for name in "bhcw")
    assert key(T(b, h, b)) == key(T(c, w, c))
    assert key(T(b, h, b)) != key(T(c, w, w))
    assert key(T(b, 3), 1) != key(T(b, 3), 2)
    assert key(T(b)) != key(T(b, dtype="int64"))
    assert key(T(b)) != key(T(b, dtype=None))
    assert key(T(symbol("n", 0))) != key(T(b))


def test_a_dim_that_stands_alone_is_a_symbol() -> None:
    b, h = symbol("b"), symbol("h")
    assert key(T(b, ceildiv(h, 32))) == key(T(b, h))
    assert key(T(h, ceildiv(h, 32))) != key(T(b, h))
    assert key(T(2 * h, 2 * h)) == key(T(*[symbol("b", 2)] * 2))


def test_devices_do_not_count() -> None:
    assert key(T(3), device="cuda", requires_grad=True) == key(T(3))


def test_plain_data_goes_as_it_is() -> None:
    found = question("torch.f", (None, True, 1, 2.5, "sum", (1, 2), List([3]), Lib("torch.int32"), 1j), {}, None)
    assert found is not None
    sent = [None, True, 1, 2.5, "sum", {"t": [1, 2]}, [3], {"d": "int32"}, {"c": [0.0, 1.0]}]
    assert json.loads(json.dumps(found.call((), "float32"))) == [sent, {}]
    assert question("torch.f", (float("inf"),), {}, None).call((), "float32") == [[{"f": "inf"}], {}]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "given",
    [
        UNKNOWN,
        Scalar("int"),
        Tensor(None),
        Tensor(Open((), ShapeVar(), ())),
        Tensor((2,), "float32", "numpy"),
        [1, UNKNOWN],
        Lib("torch.foo"),
        Lib("os.environ"),
        object(),
        {"a": 1},
        b"bytes",
        list(range(1000)),
        "x" * 5000,
        1 << 60,
        T(*[symbol("s") for _ in range(5)]),
        symbol("n", None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_wholly_known_is_no_question(given: Any) -> None:
    assert question("torch.f", (given,), {}, None) is None
    assert question("torch.f", (T(2),), {"x": given}, None) is None


def test_sizes_are_put_in() -> None:
    b, h = symbol("b"), symbol("h")
    found = question("torch.f", (T(b, h, h + 1, dtype=None), h), {"n": b * 2 - 1}, None)
    assert found is not None
    assert not found.is_typed
    b_at, h_at = (("b", "h")[index] for index in range(2))
    by_name = {"b": 4, "h": 9}
    assert found.call((by_name[b_at], by_name[h_at]), "int64") == [
        [{"x": [4, 9, 10], "d": "int64"}, 9],
        {"n": 7},
    ]


def test_answers_are_in_the_programs_dims() -> None:
    b, h = symbol("B"), symbol("H")
    found = question("torch.f", (T(b, ceildiv(h, 2)),), {}, None)
    assert found is not None
    value = answered(found, ["t", [["x", [["s", 0], ["*", 2, ["s", 1]]], "int64"], ["n"], ["?"]], ["a", "b", "c"]])
    assert isinstance(value, Named)
    assert value.names == ("a", "b", "c")
    assert (shape_text(value[0].shape), value[0].dtype) == ("(B, 2·⌈H/2⌉)", "int64")
    assert value[1] is None
    assert value[2] is UNKNOWN


@pytest.mark.parametrize(
    "damaged",
    [None, 5, [], ["x"], ["x", 3, None], ["x", [["s", 9]], None], ["x", [["**", 2, 3]], None], ["x", [1], "float99"],
     ["x", [["//", 1, 0]], None], ["x", ["5"], None], ["t", [["x", [], None]], ["a", "b"]], ["q"], {"x": 1}, ["?"]],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_damaged_answers_are_none(damaged: Any) -> None:
    found = question("torch.f", (T(symbol("B")),), {}, None)
    assert found is not None
    assert answered(found, damaged) is None
