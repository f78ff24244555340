"""Comments that speak to Shapelens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapelens.source.comments import ShapeComment, ignores, said_axes, shape_comments, shapes_of


def test_ignores() -> None:
    text = """x = 1  # shapelens: ignore
y = 2  # shapelens: ignore[channel-mismatch]
z = 3  # a note # shapelens:ignore [a, b-c]
s = "# shapelens: ignore"
t = '''
# shapelens: ignore
'''  # shapelens: ignore[a]
# shapelens: ignored
# shapelens: ignore-all
# shapelens: ignore[]
"""
    assert ignores(text) == {
        1: None,
        2: frozenset({"channel-mismatch"}),
        3: frozenset({"a", "b-c"}),
        7: frozenset({"a"}),
        10: frozenset(),
    }
    assert ignores(text.replace("\n", "\r\n")) == ignores(text) == ignores(text.replace("\n", "\r"))
    assert ignores("x = 1") == {}


@pytest.mark.parametrize(
    ("comment", "name", "axes", "arrow"),
    [
        ("(B, C, H, W)", None, "B C H W", None),
        ("(B, C, H, W).", None, "B C H W", None),
        ("[B, T, 512]", None, "B T 512", None),
        ("[B T C]", None, "B T C", None),
        ("(N,)", None, "N", None),
        ("[b, t, d]", None, "b t d", None),
        ("(1, 512, 7, 7)", None, "1 512 7 7", None),
        ("(..., D)", None, "... D", None),
        ("(2*B, -1)", None, "2*B -1", None),
        ("(B, H*(W+1))", None, "B H*(W+1)", None),
        ("(batch_size, seq_len, hidden)", None, "batch_size seq_len hidden", None),
        ("N x 768 x 17 x 17", None, "N 768 17 17", None),
        ("(B x T x C)", None, "B T C", None),
        ("torch.Size([2, 3])", None, "2 3", None),
        ("shape: (batch, seq, dim)", None, "batch seq dim", None),
        ("shape (B, C)", None, "B C", None),
        ("output shape: [B, T]", None, "B T", None),
        ("shape: ()", None, "", None),
        ("x: B T C", "x", "B T C", None),
        ("x: (B, T, C)", "x", "B T C", None),
        ("x.shape = (3, 4)", "x", "3 4", None),
        ("x.shape: (B, 3)", "x", "B 3", None),
        ("shape of x: (B, 3)", "x", "B 3", None),
        ("(B, 3, H, W) -> (B, 64, H/2, W/2)", None, "B 3 H W", "B 64 H/2 W/2"),
        ("(B, T, C) → (B, C, T)", None, "B T C", "B C T"),
        ("[N, C] => [C]", None, "N C", "C"),
        ("x: (B, T, C) -> (B, C, T)", "x", "B T C", "B C T"),
    ],
)
def test_shapes(comment: str, name: str | None, axes: str, arrow: str | None) -> None:
    expected = ShapeComment(name, tuple(axes.split()), None if arrow is None else tuple(arrow.split()))
    assert shapes_of(comment) == (expected,)
    assert shape_comments(f"s = '# (A, B)'\nx = f(y)  # {comment}\n") == {2: (expected,)}


def test_only_what_comes_out() -> None:
    assert shapes_of("-> (B, 10)") == (ShapeComment(None, None, ("B", "10")),)
    assert shapes_of("→ [N]") == (ShapeComment(None, None, ("N",)),)
    assert shapes_of("-> x") == () == shapes_of("-> the output (B, 10)")


@pytest.mark.parametrize(
    ("text", "axes"),
    [
        ("(B, C, 3)", "B C 3"),
        ("[B, T]", "B T"),
        ("b c h w", "b c h w"),
        ("batch seq_len dim", "batch seq_len dim"),
        ("*b d", "*b d"),
        ("b 3 h//2", "b 3 h//2"),
        ("the input image", None),
        ("image", None),
        ("image batch", None),
        ("", None),
    ],
)
def test_texts_that_are_all_shape(text: str, axes: str | None) -> None:
    assert said_axes(text) == (None if axes is None else tuple(axes.split()))


def test_several_names() -> None:
    assert shapes_of("q: (B, H, T, D), k: (B, H, S, D)") == (
        ShapeComment("q", ("B", "H", "T", "D")),
        ShapeComment("k", ("B", "H", "S", "D")),
    )


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "TODO: fix this",
        "(see above)",
        "(optional)",
        "(deprecated, unused)",
        "(train, test)",
        "(x, y)",
        "(i, j)",
        "(x)",
        "(3, 3)",
        "[1]",
        "(x + 1, y)",
        "x = (B, C)",
        "size = (224, 224)",
        "dims: (0, 1)",
        "kernel: (3, 3)",
        "x: the input",
        "x: 3",
        "lr: 0.1",
        "conv: 3x3",
        "(a, b) are inputs",
        "(H, W) of the image",
        "returns (B, C)",
        "note: B T",
        "noqa",
        "type: ignore",
        "like BERT",
        "A B",
        "I think",
        "Stage 2",
        "1x1 conv",
        "(e.g., foo)",
        "https://a.b/c",
        "from (a, b) to c",
        "(B, C) or (C,)",
        "(B, C",
        "B, C)",
    ],
)
def test_prose_is_no_shape(comment: str) -> None:
    assert shapes_of(comment) == ()
    assert shape_comments(f"x = 1  # {comment}") == {}


@given(st.text())
def test_any_comment_is_looked_at(text: str) -> None:
    shapes_of(text)
    shape_comments("#" + text)
    ignores("# shapelens: " + text)
