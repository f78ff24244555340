"""The axis language of jaxtyping, held against jaxtyping's own parser."""

from __future__ import annotations

import jaxtyping
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from shapelens.source.axes import ANY, REST, Axis, axes_of, with_values

WORDS = st.text("ab_#*?.=+1-{},(", min_size=1, max_size=5)


@settings(max_examples=1000)
@given(st.lists(WORDS, max_size=3).map(" ".join))
def test_what_jaxtyping_refuses_is_no_shape(text: str) -> None:
    try:
        jaxtyping.Float[torch.Tensor, text]
    except (ValueError, SyntaxError):
        assert axes_of(text) is None


def test_words() -> None:
    assert axes_of("*batch 3 #h w=4 d-1 {self.n} _ _t ... ") is None  # two runs
    assert axes_of("... 3 #h w=4 d-1 {self.n} _ _t ?p #1") == (
        REST,
        Axis(size=3),
        Axis("h", broadcast=True),
        Axis(size=4),
        Axis(expression="d-1"),
        Axis(expression="{self.n}"),
        ANY,
        Axis(label="t"),
        Axis(label="p"),
        Axis(size=1, broadcast=True),
    )
    assert axes_of("*#b") == (Axis("b", many=True, broadcast=True),)
    assert axes_of("") == ()
    assert axes_of("b, c") is None is axes_of("b#")


def test_values_in_an_expression() -> None:
    assert with_values("{self.size}-{n + 1}") == ("(_0)-(_1)", ("self.size", "n + 1"))
