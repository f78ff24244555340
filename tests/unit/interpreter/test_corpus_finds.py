"""What whole packages taught: programs that once stopped the interpreter."""

from __future__ import annotations

from pathlib import Path

import pytest

from shapelens.analysis.session import Session


@pytest.mark.parametrize(
    "text",
    [
        # An annotation that cannot be evaluated.
        "class Lazy:\n    def __getattr__(self, name):\n        return getattr(None, name)\n"
        "lazy = Lazy()\ndef f(model: 'lazy.Model | None' = None):\n    return model\n",
        # A name that one branch imports with all others.
        "import torch\ntry:\n    from fast import *\nexcept ImportError:\n    from torch import *\nx = torch.ones(2)\ny = nothing(x)\n",
    ],
    ids=["annotation", "star"],
)
def test_is_analysed(text: str, tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text(text)
    analysis = Session([tmp_path]).analyse(str(file))
    assert not analysis.problems
