"""Cutting a file into chunks: exact for whatever parses, and cheap and stable between versions."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import shapelens
from shapelens.source.tree import Span, Tree, parse

MODEL = '''"""A model.

Text in column 0:
x = 1
def f(): (
"""
import torch
from torch import nn


# What stands between belongs nowhere.
@torch.no_grad()
@decorator(
    1,
)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 64, 7)

    def forward(self, x):
        x = self.conv(x)
        return x
        # trailing


if torch.cuda.is_available():
    device = "cuda"
else:
    device = "cpu"

try:
    import apex
except ImportError:
    apex = None
finally:
    pass
a = 1; b = 2
table = [
1,
2,
]
net = Net()
'''


def statements(tree: Tree) -> list[tuple[str, Span]]:
    """Each statement of each chunk with its absolute place."""
    return [(ast.dump(node), tree.span(chunk, node)) for chunk in tree.chunks for node in chunk.tree]


def places(tree: Tree) -> list[tuple[Span, str]]:
    """Where each node stands."""
    nodes = [(chunk, node) for whole in tree.chunks for chunk, node in whole.nodes() if hasattr(node, "lineno")]
    return [(tree.span(chunk, node), type(node).__name__) for chunk, node in nodes]


def expected(text: str) -> list[tuple[str, Span]]:
    """The same from a parse of the whole file."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def column(line: int, offset: int) -> int:
        return len(lines[line - 1].encode()[:offset].decode())

    return [
        (
            ast.dump(node),
            Span(
                node.lineno,
                column(node.lineno, node.col_offset),
                node.end_lineno or 0,
                column(node.end_lineno or 0, node.end_col_offset or 0),
            ),
        )
        for node in ast.parse(text).body
    ]


def test_a_chunk_is_a_top_level_statement_with_its_decorators() -> None:
    tree = parse(MODEL)
    assert [chunk.text.split("\n")[0] for chunk in tree.chunks] == [
        '"""A model.',
        "import torch",
        "from torch import nn",
        "@torch.no_grad()",
        "if torch.cuda.is_available():",
        "try:",
        "a = 1; b = 2",
        "table = [",
        "net = Net()",
    ]
    assert [chunk.line for chunk in tree.chunks] == [1, 7, 8, 12, 27, 32, 38, 39, 43]
    assert tree.chunks[3].text.endswith("return x")
    assert tree.chunks[3].tree[0].lineno == 5
    assert not tree.problems
    assert statements(tree) == expected(MODEL)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "# only a comment",
        "x = 1",
        "x = 1\n\n\n",
        "x = 1 \\\n  + 2\ny = 3",
        "x = 1 \\\n\ny = 3",
        "x = 1; \\\ny = 2\nz = 3\n",
        "if a:\n    b\nelif c:\n    d\nelse:\n    e\nf\n",
        "for a in b:\n    c\nelse:\n    d\n",
        "\x0cdef f():\n    pass\n\x0c\ndef g():\n    pass\n",
        "def f():\n\tif a:\n\t\tb\n\treturn c\nd\n",
        "x = '''\n# no comment\ny = 1\n# end'''\nz = 1\n",
        "x = '''a\n# end '''  # a comment\n# another\nz = 1\n",
        "x = (\na,\nb\n)\ny = f(\n'''\n)''')\n",
        "é = 'é𝔸'; 𝔸 = é\nf('é', x)  # é\n",
        "@a\n@b(\n1)\n# between\nclass C: pass\n",
        "@a\nasync def f(): await b\n",
        "match x:\n    case 1:\n        a\ncase = 2\n",
        "try:\n    a\nexcept B:\n    c\nelse:\n    d\nfinally:\n    e\n",
        "def f(): return 1\ndef f(): return 1\n",
        "x = [  # (\n    '(', \"'\",\n]\ny = 1\n",
        'x = r\'\\\\\'\ny = \'\\\'\'\nz = """\\""""\nw = 1\n',
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_chunks_say_what_the_whole_file_says(text: str, newline: str) -> None:
    text = text.replace("\n", newline)
    tree = parse(text)
    assert not tree.problems
    assert statements(tree) == expected(text)
    assert tree.lines == tuple(text.replace(newline, "\n").split("\n"))


STDLIB = sorted(Path(os.__file__).parent.glob("*.py"))[::4]


@pytest.mark.parametrize("path", STDLIB, ids=lambda path: path.stem)
def test_the_standard_library_is_cut_exactly(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = parse(text)
    assert not tree.problems
    assert statements(tree) == expected(text)
    assert len(tree.chunks) >= len({node.lineno for node in ast.parse(text).body}) - 5


def test_a_byte_order_mark_moves_the_first_line_only() -> None:
    tree = parse("\ufeffx = 1\ny = 2\n")
    assert [span for _, span in statements(tree)] == [Span(1, 1, 1, 6), Span(2, 0, 2, 5)]
    assert tree.lines[0] == "\ufeffx = 1"


def test_an_edit_leaves_the_nodes_of_other_chunks_as_they_are() -> None:
    before = parse(MODEL)
    after = parse(MODEL.replace("return x", "y = 2\n        return x"), before)
    assert len(before.chunks) == len(after.chunks)
    for n, (old, new) in enumerate(zip(before.chunks, after.chunks)):
        assert (old.tree[0] is new.tree[0]) == (n != 3)
    assert after.chunks[-1].line == before.chunks[-1].line + 1


def test_nodes_are_kept_without_the_previous_tree_too() -> None:
    assert parse(MODEL).chunks[3].tree[0] is parse("z = 0\n" + MODEL).chunks[4].tree[0]


def test_equal_chunks_of_a_file_have_nodes_of_their_own() -> None:
    text = "x = f(x)\nx = f(x)\n"
    first, second = parse(text).chunks
    assert first.tree[0] is not second.tree[0]
    again = parse("y = 1\n" + text, parse(text))
    assert again.chunks[1].tree[0] is first.tree[0]
    assert again.chunks[2].tree[0] is second.tree[0]


def test_names_bound_and_used() -> None:
    text = """
import a.b, c as d
from e import f, g as h
from i import *
j, (k, *l) = m.n[o]
p: int = 1
p2 += 1
def q(r=s): t = u; global v; v = 1
class w(x):
    y = 1
for z in aa:
    with bb as cc: dd = (ee := 1)
try: ff
except gg as hh: pass
[ii for ii in jj if (kk := ii)]
lambda ll: (mm := 1)
match nn:
    case {"a": oo, **pp} | [*qq]: pass
"""
    tree = parse(text)
    bound = set().union(*(chunk.names_bound for chunk in tree.chunks))
    assert bound == set("a d f h * j k l p p2 q v w z cc dd ee hh kk oo pp qq".split())
    used = set().union(*(chunk.names_used for chunk in tree.chunks))
    assert used >= set("m n o p2 s u x aa bb ff gg jj ii nn int".split())
    assert not used & {"j", "t", "q", "hh"}


def test_chunk_at() -> None:
    tree = parse(MODEL)
    assert tree.chunk_at(3) is tree.chunks[0]
    assert tree.chunk_at(12) is tree.chunks[3]
    assert tree.chunk_at(22) is tree.chunks[3]
    assert tree.chunk_at(25) is None
    assert tree.chunk_at(43) is tree.chunks[-1]
    assert tree.chunk_at(99) is None
    assert parse("").chunk_at(1) is None


def test_threads_see_the_same_nodes() -> None:
    text = MODEL.replace("self.conv(x)", "self.conv(")
    seen: list[int] = []
    threads = [threading.Thread(target=lambda: seen.append(id(parse(text).chunks[3].tree[0]))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(seen)) == 1


@pytest.mark.parametrize("option", ["always", "error"])
def test_warnings_of_the_code_are_not_ours(option: str) -> None:
    code = "from shapelens.source.tree import parse; assert not parse('x = \"\\\\d\" is 1').problems"
    run = subprocess.run(
        [sys.executable, "-W", option, "-c", code],
        env={**os.environ, "PYTHONPATH": str(Path(shapelens.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize(
    "text",
    [
        "\0",
        "x = 1\0\ny = 2",
        "\ud800",
        "x = '\ud800'\ny = 2",
        "(" * 100_000,
        "-" * 100_000 + "1",
        "x = " + "1+" * 50_000 + "1",
        "x" + ".a" * 50_000,
        "1" * 10_000,
        "x = 0x" + "f" * 100_000,
        "".join(" " * n + "if x:\n" for n in range(200)),
        "".join(" " * n + "if x:\n" for n in range(90)) + " " * 90 + "y = (\n",
        "'''" * 1001,
        '"""' + "\n" * 1000,
        "[" * 50 + "\n" * 50,
        "@a\n" * 1000,
        "else:\n" * 100,
        "\t\x0c \\",
        "\\",
        "x = \\",
        "\xa0x = 1",
        "def f():\n" * 300,
        "class A:\n  def f(:\n    x = \n" * 100,
        "f'{" * 300,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_no_text_is_too_odd(text: str) -> None:
    tree = parse(text)
    assert len(tree.lines) == text.count("\n") + 1
    for chunk in tree.chunks:
        assert chunk.names_bound is not None
        assert chunk.names_used is not None


def test_what_is_unreadable_costs_its_statement() -> None:
    tree = parse("x = 1\ny = \0\nz = '\ud800'\nw = 2\n")
    assert [problem.line for problem in tree.problems] == [2]
    assert set().union(*(chunk.names_bound for chunk in tree.chunks)) == {"x", "y", "z", "w"}


WORDS = (
    "def f():|class A:|if x:|else:|try:|x = 1|f(|)|'|@a|#|:|match a:|case 1:|return|async |for x in y:|[|]|{|}|;|"
    "f'{|0000|é|𝔸|x: int =|lambda|with a as b:|import a|= | "
)
PIECES = st.sampled_from(
    [*WORDS.split("|"), '"""', "\n", "\n    ", "\n        ", "\\\n", "\t", "\f", "\0", "\ud800", "\r", "\r\n"]
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(), st.lists(PIECES).map("".join)))
def test_any_text_has_a_tree(text: str) -> None:
    check_tree(text)


def check_tree(text: str) -> None:
    tree = parse(text)
    try:
        whole = ast.parse(text.removeprefix("\ufeff"))
    except (SyntaxError, ValueError):
        whole = None
    if whole is not None and "\0" not in text:
        assert not tree.problems
        assert [ast.dump(node) for chunk in tree.chunks for node in chunk.tree] == [ast.dump(n) for n in whole.body]
    elif whole is None and not re.search("[\0\ud800-\udfff]", text):
        # NUL and lone surrogates are let pass in comments and strings, where Python refuses the file.
        assert tree.problems
    for problem in tree.problems:
        assert 1 <= problem.line <= problem.end_line <= len(tree.lines)
        assert 0 <= problem.column <= len(tree.lines[problem.line - 1])
        assert problem.end_column <= len(tree.lines[problem.end_line - 1])
        assert "\n" not in problem.message
        assert problem.message
    for span, _ in places(tree):
        assert 1 <= span.line <= span.end_line <= len(tree.lines)
        assert (span.line, span.column) <= (span.end_line, span.end_column)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(MODEL)), st.integers(0, 40), st.sampled_from(["", "(", '"""', "x", "\n", "    ", ")", "'"]))
def test_any_edit_gives_what_a_fresh_parse_gives(start: int, length: int, new: str) -> None:
    text = MODEL[:start] + new + MODEL[start + length :]
    check_tree(text)
    edited, fresh = parse(text, parse(MODEL)), parse(text)
    assert statements(edited) == statements(fresh)
    assert edited.problems == fresh.problems
    assert places(edited) == places(fresh)


METHODS = '''class Net(nn.Module):
    """Two methods."""

    def __init__(self):
        self.a = nn.Linear(3, 4)

    # x: (B, C)
    @property
    def é(self, x):
        return "é", self.a(x)

    def same(self): pass

    def last(self):
        return 1


net = Net()
'''


def methods(tree: Tree) -> dict[str, ast.AST]:
    return {node.name: node for chunk in tree.chunks for _, node in chunk.nodes() if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("old", "new", "changed"), [
    ("4)", "44)", {"__init__"}),
    ("4)", "4)\n\n        self.b = 1\n", {"__init__"}),
    ("4)", "4)\n        self.b = nn.Linear(", {"__init__"}),
    ("(B, C)", "(B, C, H)", {"é"}),
    ("1\n", "1\n\n    def more(self): ...\n", set()),
    ("Two", "Some", set()),
    ("import", "\nimport", set()),
])  # fmt: skip
def test_methods_that_were_not_edited_keep_their_nodes(old: str, new: str, changed: set[str]) -> None:
    before = parse(METHODS)
    after = parse(METHODS.replace(old, new, 1), before)
    assert places(after) == places(parse(after.text))
    known = methods(after)
    assert {name for name, node in methods(before).items() if node is not known[name]} == changed
    again = parse(METHODS, after)
    assert places(again) == places(before)
    assert methods(again)["last"] is methods(before)["last"]


def test_two_classes_never_share_nodes() -> None:
    tree = parse(METHODS)
    edited = parse(METHODS.replace("4)", "5)"), tree)
    twice = parse(METHODS.replace("4)", "5)") + METHODS, edited)
    nodes = [node for chunk in twice.chunks for _, node in chunk.nodes() if isinstance(node, ast.FunctionDef)]
    assert len(nodes) == len(set(map(id, nodes)))
    assert places(twice) == places(parse(twice.text))
