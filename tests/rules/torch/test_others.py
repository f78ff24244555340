"""Rules that no single call can hold: programs whose shapes are compared with those of a real run.

Each program is analysed, then run with torch: every name that holds a tensor must have the same shape in both.
"""

from __future__ import annotations

import textwrap
import warnings
from pathlib import Path

import pytest
import torch

from shapelens.analysis.session import Session
from shapelens.values import Scalar, Tensor
from tests.rules.torch.harness import call, check

PROGRAMS = {
    "samplers": """
        import torch
        from torch.utils.data import (
            BatchSampler, ChainDataset, DataLoader, DistributedSampler, IterableDataset, RandomSampler,
            SequentialSampler, Subset, SubsetRandomSampler, TensorDataset, WeightedRandomSampler,
        )
        data = TensorDataset(torch.rand(10, 3), torch.rand(10))
        part = Subset(data, [0, 1, 2, 3])
        a = torch.zeros(len(SequentialSampler(data)), len(RandomSampler(data)))
        b = torch.zeros(len(SubsetRandomSampler([1, 2, 3])), len(WeightedRandomSampler([0.5] * 10, 7)))
        c = torch.zeros(len(part), 2)
        d, e = part[0]
        for f, g in DataLoader(data, batch_size=2, sampler=SequentialSampler(data)):
            pass
        for h, i in DataLoader(part, batch_size=4, sampler=SubsetRandomSampler([0, 1, 2, 3])):
            pass
        for j, k in DataLoader(data, batch_size=5, sampler=WeightedRandomSampler([0.5] * 10, 10)):
            pass
        for l, m in DataLoader(data, batch_size=5, sampler=DistributedSampler(data, 2, 0)):
            pass
        """,
    "streams": """
        import torch
        from torch.utils.data import ChainDataset, IterableDataset
        from torch.utils.data import default_convert

        class Stream(IterableDataset):
            def __iter__(self):
                for _ in range(3):
                    yield torch.rand(4, 5)

        for x in ChainDataset([Stream(), Stream()]):
            y = x + 1
        z = default_convert(torch.rand(2, 3))
        """,
    "normalized weights": """
        import torch
        from torch import nn
        from torch.nn.utils import parametrizations, parametrize, remove_spectral_norm, remove_weight_norm
        x = torch.rand(4, 3)
        a = nn.utils.weight_norm(nn.Linear(3, 5))(x)
        b = remove_weight_norm(nn.utils.weight_norm(nn.Linear(3, 6)))(x)
        c = nn.utils.spectral_norm(nn.Linear(3, 7))(x)
        d = remove_spectral_norm(nn.utils.spectral_norm(nn.Linear(3, 8)))(x)
        e = parametrizations.weight_norm(nn.Linear(3, 9))(x)
        f = parametrizations.spectral_norm(nn.Linear(3, 10))(x)
        g = parametrizations.orthogonal(nn.Linear(3, 11))(x)
        layer = nn.Linear(3, 12)
        parametrize.register_parametrization(layer, "weight", nn.Identity())
        h = layer(x)
        parametrize.remove_parametrizations(layer, "weight")
        i = layer(x)
        j = nn.SyncBatchNorm.convert_sync_batchnorm(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))).eval()
        """,
    "training": """
        import torch
        from torch import nn
        model = nn.LSTM(3, 4)
        model.flatten_parameters()
        out, (h, c) = model(torch.rand(5, 2, 3))
        out.sum().backward()
        n = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        nn.utils.clip_grad_value_(model.parameters(), 0.5)
        t = nn.utils.get_total_norm([p.grad for p in model.parameters()])
        """,
    "uninitialized": """
        import torch
        from torch import nn
        p = nn.UninitializedParameter()
        q = nn.UninitializedBuffer()
        x = torch.rand(3)
        """,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str, tmp_path: Path) -> None:
    text = textwrap.dedent(PROGRAMS[name])
    path = tmp_path / "program.py"
    path.write_text(text)
    analysis = Session(roots=[tmp_path]).analyse(str(path))
    assert [p.message for p in analysis.problems] == []
    scope: dict[str, object] = {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(text, str(path), "exec"), scope)
    last = {f.name: f.values[-1] for f in analysis.facts if f.kind == "assign" and f.values}
    real = {n: v for n, v in scope.items() if isinstance(v, torch.Tensor) and not torch.nn.parameter.is_lazy(v)}
    assert real
    known = 0
    for key, tensor in real.items():
        if isinstance(getattr(last.get(key), "shape", None), tuple) and all(type(d) is int for d in last[key].shape):
            assert last[key].shape == tuple(tensor.shape), key
            known += 1
    assert known * 2 >= len(real)


# Methods that need a device which the machine may lack: the shape stays.
@pytest.mark.parametrize("name", ["cuda", "xpu", "pin_memory", "to_mkldnn"])
def test_moved(name: str) -> None:
    found = call(f"torch.Tensor.{name}", Tensor((2, 3), "float32"))
    assert (found.shape, found.dtype) == ((2, 3), "float32")


def test_recorded_stream() -> None:
    assert not isinstance(call("torch.Tensor.record_stream", Tensor((2, 3), "float32"), Scalar("int")), Tensor)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("BFloat16Tensor", "bfloat16"),
        ("BoolTensor", "bool"),
        ("DoubleTensor", "float64"),
        ("FloatTensor", "float32"),
        ("HalfTensor", "float16"),
        ("IntTensor", "int32"),
        ("LongTensor", "int64"),
        ("ShortTensor", "int16"),
    ],
)
def test_old_constructors_of_cuda(name: str, dtype: str) -> None:
    found = call(f"torch.cuda.{name}", 2, 3)
    assert (found.shape, found.dtype) == ((2, 3), dtype)


def test_products_of_small_floats() -> None:
    """scaled_mm and scaled_grouped_mm have no kernel for the CPU. Source: their pages."""
    a, b, scale = Tensor((4, 16), "float8_e4m3fn"), Tensor((16, 8), "float8_e4m3fn"), Tensor((1,), "float32")
    found = call("torch.nn.functional.scaled_mm", a, b, scale, 0, scale, 0)
    assert (found.shape, found.dtype) == ((4, 8), "bfloat16")
    many = Tensor((3, 16, 8), "float8_e4m3fn")
    found = call("torch.nn.functional.scaled_grouped_mm", a, many, scale, 0, scale, 0, offs=Tensor((3,), "int32"))
    assert (found.shape, found.dtype) == ((4, 8), "bfloat16")


def test_from_file(tmp_path: Path) -> None:
    path = tmp_path / "numbers"
    path.write_bytes(bytes(64))
    check("torch.from_file", str(path), False, 16)
    check("torch.from_file", str(path), size=8, dtype=torch.int64)
