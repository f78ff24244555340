"""Shapes that docstrings state."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapelens.source.docstrings import DocShape, docstring_shapes


@pytest.mark.parametrize(
    ("entry", "axes", "dtype"),
    [
        ("x (torch.Tensor): input of shape (B, C, H, W)", "B C H W", None),
        ("x (Tensor[N, 4]): boxes in ``(x1, y1, x2, y2)`` format with ``0 <= x1 < x2``", "N 4", None),
        ("x (Optional[Tensor[K, C, H, W]]): or None", "K C H W", None),
        ("x (Tensor[..., 4]): boxes", "... 4", None),
        ("x: (B, T, C) tensor", "B T C", None),
        ("x: [B, T, 512]", "B T 512", None),
        ("x (LongTensor): tokens, shape (N, L)", "N L", "int64"),
        ("x (`torch.FloatTensor` of shape `(batch_size, seq_len)`): what goes in", "batch_size seq_len", None),
        ("x : torch.Tensor of shape (B, 64)", "B 64", None),
        (":param x: of shape ``(N, L)``", "N L", None),
        (":type x: Tensor of shape (N, L)", "N L", None),
        ("- Input: :math:`(N, C_{in}, *)` where `*` is any number of dims", "N C_in ...", None),
        ("x: BxCxHxW", "B C H W", None),
        ("x (Tensor): B x 3 x 32 images", "B 3 32", None),
        ("x (List[Tensor[N, 4]]): boxes", None, None),
        ("x (Tensor): (N, L) or (L)", None, None),
        ("x: a tuple of shape (N, L) and (L)", None, None),
        ("x (numpy.ndarray): of shape (H, W, 3)", None, None),
        ("x (int): the size (in pixels)", None, None),
        ("x: the thing (optional)", None, None),
        ("y: (B, T, C)", None, None),
        ("x (float): a number between (0, 1)", None, None),
        ("kernel_size: (3, 3)", None, None),
    ],
)
def test_entries(entry: str, axes: str | None, dtype: str | None) -> None:
    text = f"Does it.\n\n    Args:\n        {entry}\n\n    Returns:\n        (B, T): what it is\n    "
    expected = {} if axes is None else {"x": DocShape(tuple(axes.split()), dtype)}
    assert docstring_shapes(text, ("x",)) == expected


def test_two_shapes_of_one_parameter_are_none() -> None:
    assert docstring_shapes("x: (B, T)\nx: (B, T, C)\ny: (B,)\n", ("x", "y")) == {"y": DocShape(("B",))}


def test_the_shape_may_stand_below() -> None:
    text = "Parameters\n----------\nx : Tensor\n    The frames, of shape\n    (B, T, 80).\ny : Tensor\n"
    assert docstring_shapes(text, ("x", "y")) == {"x": DocShape(("B", "T", "80"))}


@given(st.text("x:() [],.-*`BT3\n\\{}_orTensorshape"))
def test_any_docstring_is_looked_at(text: str) -> None:
    docstring_shapes(text, ("x",))
