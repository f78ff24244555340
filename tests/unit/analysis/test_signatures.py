"""A function's shapes written into its signature: where the annotations and the imports go."""

from __future__ import annotations

import pytest

from shapelens.analysis.adopting import edited
from shapelens.analysis.session import Session

BODY = "    return x.relu()\n\n\nf(torch.ones(2, 3))\n"
TYPED = 'x: Float[Tensor, "batch 3"]) -> Float[Tensor, "batch 3"]:\n'
IMPORTS = "from jaxtyping import Float\nfrom torch import Tensor\n"


def adopted(text: str, line: int | None = None) -> str | None:
    session = Session()
    session.update("/nowhere/f.py", text)
    number = line or next(n for n, code in enumerate(text.split("\n"), 1) if "def f(" in code)
    found = session.adopted(session.analyse("/nowhere/f.py"), number)
    return edited(text, found.edits) if found else None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import torch\n", f"import torch\n{IMPORTS}"),
        ('"""Doc."""\n\nimport torch\n\nA = 1\n', f'"""Doc."""\n\nimport torch\n{IMPORTS}\nA = 1\n'),
        ("from __future__ import annotations\n\nimport torch\n", f"from __future__ import annotations\n\nimport torch\n{IMPORTS}"),
        ("from __future__ import annotations\n", f"from __future__ import annotations\n\n{IMPORTS}"),
        ('"""Doc."""\n', f'"""Doc."""\n\n{IMPORTS}'),
        ("import torch\nfrom jaxtyping import Int\n", "import torch\nfrom jaxtyping import Int, Float\nfrom torch import Tensor\n"),
        (
            "import torch\nfrom jaxtyping import (\n    Int,\n)\nfrom torch import Tensor\n",
            "import torch\nfrom jaxtyping import (\n    Int, Float,\n)\nfrom torch import Tensor\n",
        ),
        (f"import torch\n{IMPORTS}", f"import torch\n{IMPORTS}"),
    ],
)  # fmt: skip
def test_imports(before, after):
    assert adopted(f"{before}\n\ndef f(x):\n{BODY}") == f"{after}\n\ndef f({TYPED}{BODY}"


@pytest.mark.parametrize(
    ("head", "becomes"),
    [
        ("def f(x):\n", f"def f({TYPED}"),
        ("def f(x: torch.Tensor) -> Tensor:\n", f"def f({TYPED}"),
        ("def f(x, y=None):\n", f"def f({TYPED.replace(')', ', y=None)', 1)}"),
        ("def f(  # a (comment)\n    x,  # of ) x\n):\n", f"def f(  # a (comment)\n    {TYPED.replace(')', ',  # of ) x' + chr(10) + ')', 1)}"),
        ("def f(x): # (B, C)\n", f"def f({TYPED[:-1]} # (B, C)\n"),
    ],
)  # fmt: skip
def test_heads(head, becomes):
    assert adopted(f"import torch\n{IMPORTS}\n\n{head}{BODY}") == f"import torch\n{IMPORTS}\n\n{becomes}{BODY}"


@pytest.mark.parametrize(
    "text",
    [
        "import torch\nFloat = 1\n\ndef f(x):\n" + BODY,
        "import torch\n\ndef f(x):\n    return x\n\n\nf(2)\n",
        "import torch\n\ndef f(x):\n    return x\n\n\nf(2)\nf(torch.ones(2))\n",
        "import torch\n\ndef f(x=None):\n    return x\n\n\nf(torch.ones(2, 3))\n",
        "import torch\n\ndef f(*x):\n    return x[0]\n\n\nf(torch.ones(2, 3))\n",
        "import torch\n\ndef f(x):\n    return x\n\n\nf(torch.ones(2, 3))\nf(torch.ones(2, 4))\n",
        "import torch\n\ndef f(x: \"Float[Tensor, 'a b']\"):\n    return 1\n\n\nf(torch.ones(2, 3))\n",
    ],
)
def test_nothing_is_offered_where_it_is_not_certain(text):
    assert adopted(text) is None


def test_only_the_head_of_a_function_offers_it():
    text = f"import torch\n\n\ndef f(\n    x,\n):\n{BODY}"
    assert [line for line in range(1, 11) if adopted(text, line)] == [4, 5, 6]


def test_a_named_size_is_no_number():
    text = (
        "import torch\nfrom torch import nn\n\n\nclass Net(nn.Module):\n    def __init__(self, width=64):\n"
        "        super().__init__()\n        self.fc = nn.Linear(width, 10)\n        self.conv = nn.Conv1d(3, 5, 1)\n\n"
        "    def forward(self, x):\n        return self.fc(self.conv(x))\n"
    )
    assert 'x: Shaped[Tensor, "B 3 width"]) -> Float[Tensor, "B 5 10"]' in (adopted(text, 11) or "")
