"""Shapes that comments and docstrings state: evidence where nothing stronger is known, never the ground of an error."""

from __future__ import annotations

import sys
import textwrap

import pytest

from shapelens.analysis.session import Session
from shapelens.report.hints import hints
from shapelens.report.problems import reported

SESSION = Session((), sys.executable)
HEAD = "import torch, torch.nn as nn, torch.nn.functional as F, mystery\n"


def analysed(program):
    SESSION.update("stated.py", HEAD + textwrap.dedent(program))
    return SESSION.analyse("stated.py")


def labels(program):
    """Each hint of a program by its line's text, without its comment."""
    lines = (HEAD + textwrap.dedent(program)).split("\n")
    return {lines[h.line - 1].partition("#")[0].strip(): h.label for h in hints(analysed(program))}


def problems(program):
    """Code, severity, squiggled text and message of each problem."""
    analysis = analysed(program)
    lines = analysis.text.split("\n")
    return [
        (p.code, p.severity, lines[p.span.line - 1][p.span.column : p.span.end_column], p.message)
        for p in reported(analysis)
    ]


@pytest.mark.parametrize(
    "function",
    [
        "def f(x):  # (B, 3, T)\n    pass",
        "def f(x):  # [B, 3, T]\n    pass",
        "def f(x):  # x: B 3 T\n    pass",
        "def f(x, n=2):  # (B, 3, T) -> (B, T)\n    pass",
        "def f(\n    x,  # (B, 3, T)\n    n=2,\n):\n    pass",
        "def f(x, y):\n    # x: (B, 3, T)\n    pass",
        "# (B, 3, T) -> (B, T)\ndef f(x):\n    pass",
        "# The first line is prose.\n# x: (B, 3, T)\n@torch.no_grad()\ndef f(x, y):\n    pass",
        'def f(x):\n    """x: (B, 3, T)"""',
        'def f(x):\n    """Does it.\n\n    Args:\n        x (Tensor): what is done, of shape (B, 3, T)\n    """',
        'def f(x):\n    """Does it.\n\n    Args:\n        x (torch.Tensor[B, 3, T]): what is done\n    """',
        'def f(x):\n    """Does it.\n\n    Parameters\n    ----------\n    x : torch.Tensor, shape (B, 3, T)\n    """',
        'def f(x):\n    """Does it.\n\n    Parameters\n    ----------\n    x : Tensor\n        Of shape (B, 3, T).\n    """',
        'def f(x):\n    """Does it.\n\n    :param x: what is done, of shape ``(B, 3, T)``\n    """',
        'def f(x):\n    """Does it.\n\n    Shape:\n        - Input: :math:`(B, 3, T)`\n        - Output: (B, T)\n    """',
        'def f(x: torch.Tensor):\n    """x (Tensor): B x 3 x T"""',
    ],
)
def test_every_way_to_state_a_parameter(function):
    found = [h.label for h in hints(analysed(function)) if h.label.startswith("x ")]
    assert found == ["x ≈(B, 3, T)"]


@pytest.mark.parametrize(
    "function",
    [
        "def f(x, y):  # (B, 3, T)\n    pass",  # of which?
        "def f(x):  # TODO: (B, 3, T) only?\n    pass",
        'def f(x):\n    """x (list of Tensors): each of shape (B, 3, T)"""',
        'def f(x):\n    """x (Tensor): (B, 3, T) or (3, T)"""',
        'def f(x):\n    """x (ndarray): of shape (B, 3, T)"""',
        'def f(x: int):\n    """x: (B, 3, T)"""',
        'def f(x):\n    """x: the (optional, unused) thing"""',
        'def f(x: list[torch.Tensor]):\n    """x: (B, 3, T)"""',
        "def f(x):\n    s = '# x: (B, 3, T)'",
    ],
)
def test_what_can_be_read_in_two_ways_is_not_read(function):
    assert [h.label for h in hints(analysed(function)) if h.label.startswith("x ")] == []


def test_names_are_shown_and_are_what_the_layers_ask():
    shown = labels('''
        class Net(nn.Module):
            """A net.

            Shape:
                - x: (N, C_in, L)
            """
            def __init__(self, width):
                super().__init__()
                self.depth = 5
                self.conv = nn.Conv1d(16, width, 3)
            def forward(self, x):
                y = self.conv(x)
                return y
            def other(self, q, mask=None):
                # q: (B, depth, 2*B); mask: (B, depth)
                p = q.sum(-1)
                if mask is not None:
                    p = p * mask
                return p
    ''')
    assert shown["def forward(self, x):"] == "x ≈(N, 16, L)"
    assert shown["y = self.conv(x)"] == "→ ≈(N, width, L - 2)"
    assert shown["def other(self, q, mask=None):"] == "q ≈(B, 5, 2·B), mask ≈(B, 5)"
    assert shown["p = p * mask"] == "→ ≈(B, 5)"


def test_real_calls_and_annotations_are_stronger():
    assert labels("def f(x):  # (B, 3)\n    y = x + 1\nf(torch.zeros(7))\n")["y = x + 1"] == "→ (7,)"
    program = "def f(x: \"Float[torch.Tensor, 'n']\"):  # (B, 3)\n    y = x + 1\n"
    assert labels("from jaxtyping import Float\n" + program)["y = x + 1"] == "→ (n,)"


def test_layers_overrule_a_number():
    shown = labels("def f(x):  # (B, 1, 28, 28)\n    y = nn.Conv2d(3, 8, 1)(x)\n")
    assert shown["def f(x):"] == "x ≈(B, 3, 28, 28)"
    program = "def f(x):  # (B, 3, {0}, {0})\n    y = nn.Linear(400, 10)(torch.flatten(nn.Conv2d(3, 16, 28)(x), 1))\n"
    assert labels(program.format(32))["def f(x):"] == labels(program.format(28))["def f(x):"] == "x ≈(B, 3, 32, 32)"


@pytest.mark.parametrize(
    "program",
    [
        "def f(x):  # (B, T)\n    return x.permute(0, 2, 1)",
        'def f(x):\n    """x: (B, C, H, W)"""\n    b, t, c = x.shape\n    return x.view(b * t, c)',
        "def f(q, k):\n    # q: (B, T, C), k: (B, T, 2*C)\n    return q @ k.transpose(1, 2)",
        "def f(x):  # (B, 3, 32, 32)\n    return x.view(-1, 3 * 24 * 24)",
        "x = mystery.load()  # (B, 3, H, W)\ny = x.permute(0, 2, 1)",
        "def f():\n    x = mystery.load()  # (B, T)\n    return x.permute(0, 2, 1)",
        "def f(x, mask=None):\n    # mask: (B, 7)\n    if mask is not None:\n        x = mask.permute(0, 2, 1)\n    return x",
    ],
)
def test_no_error_comes_from_prose(program):
    assert [p for p in problems(program) if p[1] != "information"] == []


def test_a_problem_is_told_in_spite_of_prose():
    assert [
        p[0] for p in problems("def f(x):  # (B, 3, 32, 32)\n    return nn.Conv2d(4, 8, 3)(nn.Conv2d(3, 8, 3)(x))")
    ] == ["channel-mismatch"]


def test_what_a_comment_says_of_the_unknown():
    shown = labels("""
        net = mystery.create("resnet")
        x = net(torch.zeros(2, 3, 224, 224))  # (B, 512, 7, 7)
        y = nn.Conv2d(512, 8, 1)(x)
        def f(x):
            z = net(x)  # z: [B, T, 64]
            return z.sum(1)
        def g(x):
            z = net(x)  # the shape is unknown
            return z.mean(1)
    """)
    assert shown["x = net(torch.zeros(2, 3, 224, 224))"] == "→ ≈(B, 512, 7, 7)"
    assert shown["y = nn.Conv2d(512, 8, 1)(x)"] == "→ ≈(B, 8, 7, 7)"
    assert shown["return z.sum(1)"] == "→ ≈(B, 64)"
    assert shown["return z.mean(1)"] == "→ (B, …)"


# -- comments that are wrong ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("(B, 32, 8, 8)", "the comment says (B, 32, 8, 8), but x is (2, 64, 8, 8)"),
        ("(B, 64)", "the comment says (B, 64), but x is (2, 64, 8, 8)"),
        ("x: [B, C, 8, 4]", "the comment says (B, C, 8, 4), but x is (2, 64, 8, 8)"),
        ("(1, 3, 8, 8) -> (1, 32, 8, 8)", "the comment says (1, 32, 8, 8), but x is (2, 64, 8, 8)"),
    ],
)
def test_a_comment_that_is_contradicted(comment, message):
    found = problems(f"x = nn.Conv2d(3, 64, 1)(torch.zeros(2, 3, 8, 8))  # {comment}\n")
    assert found == [("comment-mismatch", "information", f"# {comment}", message)]


@pytest.mark.parametrize(
    "comment",
    [
        "(B, 64, 8, 8)",
        "(N, C, H, W)",
        "(64, 8, 8)",  # of one sample
        "(B, 64, H, W)",
        "(..., 8)",
        "(B, 64, -1, ?)",
        "(2, 3, 8, 8) -> (2, 64, 8, 8)",
        "(3, 1, 1)",  # a kernel
        "(B, 3, 8, 8) is what goes in",
        "y: (B, 7)",
        "(B, 64, H/2, W/2)",
        "(B, 32, 8, 8)  # shapelens: ignore[comment-mismatch]",
    ],
)
def test_a_comment_that_may_be_meant(comment):
    assert problems(f"x = nn.Conv2d(3, 64, 1)(torch.zeros(2, 3, 8, 8))  # {comment}\n") == []


def test_one_call_that_fits_is_enough():
    program = "def f(x):\n    y = x + 1  # (B, 3)\n    return y\n"
    assert problems(program + "f(torch.zeros(2, 3)), f(torch.zeros(2, 4))\n") == []
    assert [p[0] for p in problems(program + "f(torch.zeros(2, 5)), f(torch.zeros(2, 4))\n")] == ["comment-mismatch"]
