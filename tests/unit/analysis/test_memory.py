"""The memory budget: what certainly allocates too much, and what does not."""

from __future__ import annotations

import pytest

from shapelens.analysis.session import Session

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\nimport unheard\n\n"


def said(tmp_path, source, **budgets):
    path = tmp_path / "program.py"
    path.write_text(HEAD + source, encoding="utf-8")
    session = Session([tmp_path])
    if budgets:
        session.limit(**budgets)
    problems = session.analyse(str(path)).problems
    assert all(p.severity == "warning" and p.clue is None for p in problems if p.code == "memory-budget")
    return [(p.span.line - HEAD.count("\n"), p.message) for p in problems if p.code == "memory-budget"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("torch.zeros(10**6, 10**6)\n", "zeros makes (1000000, 1000000) float32: 3.6 TiB, more than the memory budget of 64 GiB"),
        ("torch.ones((10**6, 10**5), dtype=torch.int8)\n", "ones makes (1000000, 100000) int8: 93.1 GiB"),
        ("torch.arange(10**11)\n", "arange makes (100000000000,) int64"),
        ("nn.Linear(10**6, 10**6)\n", "Linear.weight is (1000000, 1000000) float32: 3.6 TiB"),
        ("nn.Embedding(10**9, 512)\n", "Embedding.weight is (1000000000, 512) float32"),
        ("a = torch.randn(200_000, 3); a[:, None] - a[None]\n", "sub makes (200000, 200000, 3) float32: 447 GiB"),
        ("a = torch.randn(200_000, 3); a @ a.T\n", "matmul makes (200000, 200000) float32: 149 GiB"),
        ("a = torch.randn(200_000, 3); torch.cdist(a, a)\n", "cdist makes (200000, 200000)"),
        ("torch.zeros(10, 10).repeat(10**5, 10**5)\n", "repeat makes (1000000, 1000000)"),
        ("F.one_hot(torch.zeros(10**6, dtype=torch.int64), 10**5)\n", "one_hot makes (1000000, 100000) int64"),
        ("def f(x):\n    return torch.zeros(10**6, 10**6)\n", "zeros makes"),
    ],
)  # fmt: skip
def test_an_allocation_that_exceeds_the_budget(tmp_path, source, words):
    ((line, message),) = said(tmp_path, source)
    assert line == source.count("\n") and message.startswith(words)
    assert not said(tmp_path, source, memory_budget=None)


def test_the_first_of_several_is_told(tmp_path):
    assert [
        line for line, _ in said(tmp_path, "a = torch.zeros(10**6, 10**6)\nb = a + 1\nc = torch.relu(b) * a\n")
    ] == [1]


@pytest.mark.parametrize(
    "source",
    [
        "torch.zeros(1).expand(10**12)\n",
        "torch.zeros(1).expand(10**12).view(10**6, 10**6).T[None]\n",
        "torch.broadcast_to(torch.zeros(1), (10**12,)).sum()\n",
        "torch.zeros(10**6, 10**6, device='meta')\n",
        "a = torch.zeros(10**6, 1, device='meta')\na + a.T\n",
        "torch.zeros(10**6, 10**6, device=unheard.device)\n",
        "with torch.device('meta'):\n    nn.Linear(10**6, 10**6)\n",
        "with unheard.init_empty_weights():\n    nn.Linear(10**6, 10**6)\n",
        "nn.Linear(10**6, 10**6, device='meta')\n",
        "nn.Linear(10**6, 10**6, device=unheard.device)\n",
        "try:\n    torch.zeros(10**12)\nexcept RuntimeError:\n    pass\n",
        "if unheard.flag:\n    torch.zeros(10**12)\n",
        "x = torch.zeros(10**12) if unheard.flag else None\n",
        "for _ in unheard.turns:\n    torch.zeros(10**12)\n",
        "if False:\n    torch.zeros(10**12)\n",
        "@torch.compile\ndef f():\n    a = torch.zeros(10**6, 4)\n    return (a[:, None] - a[None]).sum()\nf()\n",
        "def f(n, x):\n    return torch.zeros(n, n) + x[:, None] - x[None]\n",
        "torch.zeros(10**5, 10**5)\n",
        "torch.zeros(10**6, 10**6, layout=torch.sparse_coo)\n",
        "torch.add(torch.zeros(10), 1, out=unheard.buffer)\n",
        "torch.zeros(unheard.size, 10**12)\n",
    ],
)
def test_what_may_not_allocate_is_not_told(tmp_path, source):
    assert not said(tmp_path, source)


TRAINING = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(*[nn.Linear(256, 256) for _ in range(4)])
        self.act = nn.ReLU()

    def forward(self, x):
        return self.act(self.blocks(x))


net = Net()
x = torch.randn(1000, 256)
"""
ACTIVATIONS = 2 * 4 * 1000 * 256 * 4


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("net(x)", True),
        ("def step(batch):\n    return net(batch)\nstep(x)", True),
        ("with torch.no_grad():\n    net(x)", False),
        ("@torch.inference_mode()\ndef step():\n    return net(x)\nstep()", False),
        ("net.eval()\nnet(x)", False),
        ("if unheard.flag:\n    net(x)", False),
    ],
)
def test_activations_only_where_a_budget_is_configured(tmp_path, step, told):
    assert not said(tmp_path, TRAINING + step + "\n")
    found = said(tmp_path, TRAINING + step + "\n", activation_budget=ACTIVATIONS - 1)
    assert [message.startswith("one step of training Net keeps 7.8 MiB") for _, message in found] == [True] * told
    assert not said(tmp_path, TRAINING + step + "\n", activation_budget=ACTIVATIONS)
