"""Tensors on two devices are reported, those that a condition places are not.

No test machine needs a GPU: that the marked lines raise is torch's rule that tensors of one operation, apart from numbers
on the CPU, must be on one device ("Tensor Attributes" page, torch.device).
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

from shapelens.analysis.session import Session
from shapelens.report.problems import reported

IMPORTS = "import torch, torch.nn as nn, torch.nn.functional as F, numpy as np\n"

PROGRAMS = {
    "lists_of_unknown_length": """
        def run(loader):
            net = nn.Linear(4, 2).cuda()
            outs, labels = [], []
            for x, y in loader:
                outs.append(net(x.cuda()))
                labels.append(y)
            a = torch.stack(outs) + torch.zeros(2, device="cuda")
            b = torch.cat(outs) + torch.zeros(2, device="cuda")
            c = nn.utils.rnn.pad_sequence([o for o in outs]) + torch.zeros(2, device="cuda")
            return a, b, c
        def other(n):
            outs = [torch.zeros(3, device="cuda") for _ in range(n)]
            return torch.stack(outs) + torch.zeros(3)  # raises
    """,
    "legacy_constructors": """
        a = torch.cuda.FloatTensor(2) + torch.zeros(2, device="cuda")
        make = torch.cuda.FloatTensor if torch.cuda.is_available() else torch.FloatTensor
        b = make(2) + torch.zeros(2)
        c = torch.cuda.FloatTensor(2) + torch.FloatTensor(2)  # raises
    """,
    "model_cuda_x_cpu": """
        m = nn.Linear(4, 2).cuda()
        x = torch.randn(3, 4)
        y = m(x)  # raises
    """,
    "model_cuda_x_cuda": """
        m = nn.Linear(4, 2).cuda()
        x = torch.randn(3, 4).cuda()
        y = m(x)
        z = y + torch.tensor(1.0)
        w = y * 2
        l = F.cross_entropy(y, torch.zeros(3, dtype=torch.long, device="cuda"))
        i = y[torch.tensor([0, 1])]
        y[torch.tensor([0])] = 0
        k = y.cpu() + torch.zeros(3, 2)
        q = torch.zeros_like(y) + y
        r = y.new_zeros(3, 2) + y
        t = torch.zeros(3, 2).to(y) + y
        u = torch.zeros(3, 2).to(y.device) + y
        v = torch.zeros(3, 2, device=y.device) + y
        o = torch.ones(3, 2).type_as(y) + y
    """,
    "loader_loop": """
        from torch.utils.data import DataLoader, TensorDataset
        ld = DataLoader(TensorDataset(torch.randn(64, 4), torch.zeros(64).long()), batch_size=16)
        device = torch.device("cuda:0")
        m = nn.Linear(4, 2).to(device)
        for x, y in ld:
            x = x.to(device)
            out = m(x)
            loss = F.cross_entropy(out, y)  # raises
    """,
    "loader_ok": """
        from torch.utils.data import DataLoader, TensorDataset
        ld = DataLoader(TensorDataset(torch.randn(64, 4), torch.zeros(64).long()), batch_size=16)
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        m = nn.Linear(4, 2).to(device)
        for x, y in ld:
            x, y = x.to(device), y.to(device)
            loss = F.cross_entropy(m(x), y)
        for x, y in ld:
            out = m(x)
    """,
    "inside_forward": """
        class N(nn.Module):
            def __init__(self):
                super().__init__()
                self.l = nn.Linear(4, 4)
                self.mask = torch.ones(4)
                self.register_buffer("b", torch.ones(4))
            def forward(self, x):
                x = self.l(x) * self.b
                return x + self.mask
        n = N().cuda()
        y = n(torch.randn(2, 4).cuda())
    """,
    "hidden_state": """
        class R(nn.Module):
            def __init__(self):
                super().__init__()
                self.rnn = nn.LSTM(4, 8)
            def forward(self, x):
                h0 = torch.zeros(1, x.size(1), 8)
                c0 = torch.zeros(1, x.size(1), 8)
                return self.rnn(x, (h0, c0))[0]  # raises
        r = R().to("cuda")
        y = r(torch.randn(5, 2, 4, device="cuda"))
    """,
    "hidden_ok": """
        class R(nn.Module):
            def __init__(self):
                super().__init__()
                self.rnn = nn.LSTM(4, 8)
            def forward(self, x):
                h0 = torch.zeros(1, x.size(1), 8, device=x.device)
                c0 = torch.zeros(1, x.size(1), 8).to(x.device)
                return self.rnn(x, (h0, c0))[0]
        r = R().to("cuda")
        y = r(torch.randn(5, 2, 4, device="cuda"))
    """,
    "cond": """
        use = torch.cuda.is_available()
        m = nn.Linear(4, 2)
        x = torch.randn(3, 4)
        if use:
            m = m.cuda()
        if use:
            x = x.cuda()
        y = m(x)
    """,
    "cond2": """
        m = nn.Linear(4, 2)
        if torch.cuda.is_available():
            m.cuda()
        y = m(torch.randn(1, 4))
        dev = "cuda" if torch.cuda.is_available() else "cpu"
        z = torch.zeros(3).to(dev) + torch.zeros(3)
    """,
    "dp": """
        m = nn.DataParallel(nn.Linear(4, 2)).cuda()
        y = m(torch.randn(8, 4))
    """,
    "default_dev": """
        torch.set_default_device("cuda")
        m = nn.Linear(4, 2)
        y = m(torch.randn(8, 4))
        z = y + torch.zeros(8, 2)
    """,
    "with_dev": """
        with torch.device("cuda"):
            m = nn.Linear(4, 2)
            x = torch.randn(8, 4)
        y = m(x)
        z = m(torch.zeros(1, 4))  # raises
    """,
    "meta": """
        with torch.device("meta"):
            m = nn.Linear(4, 2)
        y = m(torch.zeros(1, 4, device="meta"))
    """,
    "cat": """
        a, b = torch.zeros(2).cuda(), torch.zeros(2)
        c = torch.cat([a, b])  # raises
    """,
    "add": """
        a, b = torch.zeros(2).cuda(), torch.zeros(2)
        c = a + b  # raises
    """,
    "numpy": """
        a = torch.zeros(2).cuda()
        b = torch.from_numpy(np.zeros(2)).float()
        c = a + b  # raises
    """,
    "emb": """
        e = nn.Embedding(10, 4).cuda()
        y = e(torch.tensor([1, 2]))  # raises
    """,
    "where": """
        a = torch.zeros(3).cuda()
        b = torch.where(a > 0, a, torch.tensor(0.0))
        c = a.masked_fill(a > 0, 1.0)
        d = torch.where(a > 0, a, 0.0)
        a[a > 0] = 1
        f = torch.max(a, torch.tensor(0.0))
        g = a.sum().cpu() + torch.zeros(3)
        h = a.to("cpu").numpy()
        i = a.argmax() == torch.tensor(1)
        j = torch.linspace(0, 1, 5)[a.argmax()]
    """,
    "module_arg": """
        def train(model, device, x):
            model.to(device)
            return model(x.to(device))
        y = train(nn.Linear(4, 2), "cuda", torch.zeros(1, 4))
        z = train(nn.Linear(4, 2), torch.device("cpu"), torch.zeros(1, 4))
    """,
    "seq_head": """
        m = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)).cuda()
        m[2] = nn.Linear(8, 3)
        y = m(torch.zeros(1, 4).cuda())  # raises
    """,
    "tri": """
        x = torch.randn(2, 5, 8).cuda()
        m = nn.MultiheadAttention(8, 2, batch_first=True).cuda()
        mask = torch.triu(torch.ones(5, 5), diagonal=1).bool()
        y, w = m(x, x, x, attn_mask=mask)  # raises
        pos = torch.arange(5)
        e = nn.Embedding(5, 8).cuda()
        z = x + e(pos)  # raises
    """,
    "type": """
        a = torch.zeros(2).type(torch.cuda.FloatTensor)
        b = torch.cuda.FloatTensor(2).fill_(1.0)
        c = a + b
        d = torch.zeros(2, device=0) + torch.ones(2, device="cuda:0")
    """,
    "ref": """
        class P(nn.Module):
            def __init__(self):
                super().__init__()
                self.pe = nn.Parameter(torch.zeros(1, 4))
                self.l = nn.Linear(4, 4)
            def forward(self, x):
                dev = next(self.parameters()).device
                t = torch.arange(4, device=dev).float()
                return self.l(x + self.pe) + t
        p = P().cuda()
        y = p(torch.zeros(1, 4).cuda())
        q = P()
        y = q(torch.zeros(1, 4))
        q = q.to("cuda")
        y = q(torch.zeros(1, 4, device="cuda"))
    """,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_devices(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAPELENS_STRICT", "1")
    source = IMPORTS + textwrap.dedent(PROGRAMS[name]).lstrip()
    path = tmp_path / "program.py"
    path.write_text(source, encoding="utf-8")
    found = [p for p in reported(Session((tmp_path,), sys.executable).analyse(str(path))) if p.severity == "error"]
    expected = {i for i, line in enumerate(source.splitlines(), 1) if line.endswith("# raises")}
    assert {p.span.line for p in found} == expected, [p.message for p in found]
    assert {p.code for p in found} <= {"device-mismatch"}
