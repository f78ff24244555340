"""What only IPython understands does not get in the way of the rest of a cell."""

from __future__ import annotations

import ast

import pytest

from shapelens.source.magics import without_magics


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("x = 5\n% 3\n", "x = 5\npass\n"),
        ("x = (5\n  % 3)\n", "x = (5\n  % 3)\n"),
        ('"""\n%time\n"""\nx = 1', '"""\n%time\n"""\nx = 1'),
        ("%matplotlib inline\nimport torch", "pass\nimport torch"),
        ("!pip install torch\r\nx = 1", "pass\nx = 1"),
        ("if gpu:\n    !nvidia-smi\n", "if gpu:\n    pass\n"),
        ("%time x = f(2)", "0    ;x = f(2)"),
        ("  %timeit f(2)", "  0      ;f(2)"),
        ("%timeit -n 10 f(2)", "pass"),
        ("files = !ls *.py\ny = 1", "files = get_ipython()\ny = 1"),
        ("a, b = %sx ls", "a, b = get_ipython()"),
        ("torch.nn?\nx = 1", "pass\nx = 1"),
        ("?torch.nn.Linear", "pass"),
        ("x.shape??  # what", "pass"),
        ("%%time\nx = 1\ny = 2", "\nx = 1\ny = 2"),
        ("%%time\n!ls\ny = 2", "\npass\ny = 2"),
        ("%%bash\nls *\necho x = 1\n", "\n\n\n"),
        ("%%html\n<b>", "\n"),
        ("!pip install \\\n  torch \\\n  numpy\nx = 1", "pass\n  pass\n  pass\nx = 1"),
        ("await f()", "await f()"),
        ("x = self.conv(\ny = 2", "x = self.conv(\ny = 2"),
        ("", ""),
    ],
)
def test_lines_stay_where_they_are(cell, expected):
    found = without_magics(cell)
    assert found == expected
    assert len(found.split("\n")) == len(cell.replace("\r\n", "\n").split("\n"))


def test_a_continued_shell_line_leaves_python():
    found = without_magics("!pip install \\\n  torch\nx = 1")
    assert found.split("\n")[-1] == "x = 1"
    with pytest.raises(SyntaxError):
        ast.parse("!pip")
