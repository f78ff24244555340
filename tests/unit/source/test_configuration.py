"""The table [tool.shapelens] of a project's pyproject.toml."""

from __future__ import annotations

import pytest

from shapelens.analysis.session import Session
from shapelens.source.configuration import StatedInput, read_configuration, read_size


def configured(folder, text):
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return read_configuration(folder)


def test_all_keys(tmp_path):
    found = configured(
        tmp_path,
        '[tool.shapelens]\nmemory-budget = "24GB"\nactivation-budget = "1.5 GiB"\nignore = ["index-dtype"]\n'
        'exclude = ["gen", "tests/*_data.py"]\n[tool.shapelens.inputs]\n"net.Net.forward" = ["B,3,H,W", "i:B,16"]\n',
    )
    assert found.complaints == ()
    assert found.memory_budget == 24 * 10**9 and found.activation_budget == 3 * 2**29
    assert found.ignore == {"index-dtype"}
    assert found.inputs == {
        "net.Net.forward": (StatedInput(("B", "3", "H", "W"), "float32"), StatedInput(("B", "16"), "int64"))
    }
    excluded = [
        p
        for p in ("gen/a.py", "gen/b/c.py", "tests/x_data.py", "tests/x.py", "a.py")
        if found.excludes(str(tmp_path / p))
    ]
    assert excluded == ["gen/a.py", "gen/b/c.py", "tests/x_data.py"]
    assert not found.excludes("/elsewhere/gen/a.py")


@pytest.mark.parametrize("text", ["", "[tool.other]\nx = 1\n", "[tool.shapelens]\n", None])
def test_nothing_said(tmp_path, text):
    found = configured(tmp_path, text) if text is not None else read_configuration(tmp_path)
    assert found.memory_budget == 64 * 2**30 and found.activation_budget is None and not found.complaints


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('memory-budget = "lots"', ["memory-budget", '"24GB"', "lots"]),
        ("memory-budget = 0", ["memory-budget"]),
        ("memory-budget = true", ["memory-budget"]),
        ('activation-budget = "3 apples"', ["activation-budget", "apples"]),
        ('ignore = "index-dtype"', ["ignore", "list of strings"]),
        ("exclude = [1]", ["exclude", "list of strings"]),
        ("inputs = 3", ["inputs", "table"]),
        ('inputs = { "a.B" = 3 }', ["a.B", "list"]),
        ('inputs = { "a.B" = ["2,,"] }', None),
        ('inputs = { "a.B" = ["q:2"] }', ["a.B", "q:2"]),
        ('inputs = { "a.B" = ["2,x y"] }', ["a.B", "2,x y"]),
        ("budget = 3", ["budget is not known", "memory-budget"]),
        ("memory-budget = ", ["pyproject.toml"]),
    ],
)
def test_what_is_not_valid_is_said_and_the_default_holds(tmp_path, line, words):
    found = configured(tmp_path, f"[tool.shapelens]\n{line}\n")
    if words is None:
        assert found.complaints == ()
        return
    (complaint,) = found.complaints
    assert all(word in complaint for word in words), complaint
    assert found.memory_budget == 64 * 2**30 and found.inputs == {} and found.ignore == frozenset()


@pytest.mark.parametrize(
    ("text", "size"), [("1kb", 1000), ("2 MiB", 2 * 2**20), ("0.5TB", 5 * 10**11), (7, 7), ("off", None), ("12", 12)]
)
def test_sizes(text, size):
    assert read_size(text) == size


# -- what it does ----------------------------------------------------------------------------------------------------

NET = """\
import torch.nn as nn


class Net(nn.Module):
    # The statement of a project counts more than a default.
    def forward(self, x, scale=None):
        y = x.mean(1)
        return y
"""


def shapes(session, path):
    return {(f.span.line, f.name): [v.shape for v in f.values] for f in session.analyse(str(path)).facts}


@pytest.mark.parametrize("name", ["net.Net.forward", "net.Net"])
def test_stated_inputs(tmp_path, name):
    configured(tmp_path, f'[tool.shapelens.inputs]\n"{name}" = ["2,3,8", "i:2"]\n')
    path = tmp_path / "net.py"
    path.write_text(NET, encoding="utf-8")
    session = Session([tmp_path])
    assert shapes(session, path) == {
        (6, "x"): [(2, 3, 8)],
        (6, "scale"): [(2,)],
        (7, "y"): [(2, 8)],
        (8, "return"): [(2, 8)],
    }
    # A name stands for the same size in all inputs, and a change of the file counts.
    configured(tmp_path, f'[tool.shapelens.inputs]\n"{name}" = ["B,B"]\n')
    session.files_changed([str(tmp_path / "pyproject.toml")])
    ((a, b),) = shapes(session, path)[6, "x"]
    assert a == b and not isinstance(a, int)


def test_a_real_call_counts_more_than_a_statement(tmp_path):
    configured(tmp_path, '[tool.shapelens.inputs]\n"net.Net" = ["2,3,8"]\n')
    path = tmp_path / "net.py"
    path.write_text(NET + "\n\nimport torch\nNet()(torch.zeros(5, 6, 7))\n", encoding="utf-8")
    assert shapes(Session([tmp_path]), path)[6, "x"] == [(5, 6, 7)]


def test_ignored_codes_and_excluded_files(tmp_path):
    bad = "import torch\ntorch.zeros(2, 3) @ torch.zeros(4, 5)\ntorch.zeros(2) + torch.zeros(3)\n"
    for name in ("a.py", "gen.py"):
        (tmp_path / name).write_text(bad, encoding="utf-8")
    configured(tmp_path, '[tool.shapelens]\nignore = ["matmul-mismatch"]\nexclude = ["gen.py"]\n')
    session = Session([tmp_path])
    assert [p.code for p in session.analyse(str(tmp_path / "a.py")).problems] == ["broadcast-mismatch"]
    assert not session.analyse(str(tmp_path / "gen.py")).problems
