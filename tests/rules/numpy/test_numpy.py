"""Arrays as training code makes them: each expression is computed by NumPy and by us, shape and dtype must be the same."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from shapelens.analysis.session import Session
from shapelens.report.jsonface import rows
from shapelens.report.problems import reported
from shapelens.rules.numpy.dtypes import divided, floating, promoted

SETUP = """
import numpy as np
import torch
x = np.random.rand(10, 3)
f = np.zeros((2, 3), dtype=np.float32)
i = np.arange(6).reshape(2, 3)
u = np.full((4, 4, 3), 7, dtype=np.uint8)
b = x > 0.5
rng = np.random.default_rng(0)
state = np.random.RandomState(0)
def resized(*shape):
    grown = np.zeros((2, 3))
    grown.resize(*shape)
    return grown
reshaped = np.arange(6)
reshaped.shape = (3, 2)
total = np.zeros(3)
total += x.sum(axis=0)
"""

EXPRESSIONS = """
np.zeros((2, 3)) | np.ones(4, dtype=int) | np.empty((2, 2), dtype="float32") | np.full((2, 3), 1.5) | np.full(3, True)
np.eye(3) | np.eye(2, 4) | np.zeros_like(i) | np.ones_like(x, dtype=np.float32) | np.array([[1, 2], [3, 4]])
np.array([1, 2.0]) | np.array([[True]]) | np.array([x, x]) | np.asarray(torch.ones(3)) | np.array([1, 2], dtype=np.float32)
np.arange(5) | np.arange(0, 1, 0.1) | np.arange(3, dtype=np.float32) | np.linspace(0, 1, 7) | np.arange(0)
np.linspace(0, 1, 5, dtype=np.float32) | np.logspace(0, 2, 5) | np.meshgrid(np.arange(3), np.arange(4))[0]
np.random.rand(2, 3) | np.random.randn(4) | np.random.random((2, 2)) | np.random.normal(0, 1, (3, 2))
np.random.uniform(-1, 1, size=5) | np.random.randint(0, 10, (4,)) | np.random.randint(5, size=(2, 2))
np.random.choice(5, size=8) | np.random.choice(i[0], 2) | np.random.permutation(6) | np.random.permutation(x)
rng.normal(size=(3, 4)) | rng.random((2, 2)) | rng.random(3, dtype=np.float32) | rng.integers(0, 5, size=10)
rng.choice(5, 3) | rng.permutation(4) | state.randn(3, 4) | state.rand(2) | state.randint(0, 3, 5) | rng.uniform(size=3)
np.random.poisson(3.0, 4) | np.random.binomial(5, 0.5, size=(2, 2)) | np.random.exponential(size=3)
x.astype(np.float32) | x.astype("int64") | x.astype(int) | x.astype(bool) | x.reshape(-1, 5) | x.reshape((5, 6))
x.T | x.transpose() | u.transpose(2, 0, 1) | np.transpose(u, (1, 2, 0)) | x.flatten() | x.ravel() | np.ravel(x)
x[:, 0] | x[2:5] | x[None] | x[..., None] | x[[0, 1]] | x[i[0]] | x[:, ::-1].copy() | u[:2, 1:, 0] | np.expand_dims(x, 0)
np.squeeze(x[:1]) | x[:1].squeeze(0) | np.swapaxes(u, 0, 2) | np.moveaxis(u, -1, 0) | np.tile(x, (2, 1)) | np.repeat(x, 2, axis=0)
np.concatenate([x, x]) | np.concatenate([i, f], axis=1) | np.stack([x, x], axis=1) | np.vstack([x, x]) | np.hstack([x, x])
np.column_stack([i[0], i[1]]) | np.stack([torch.ones(3), torch.ones(3)]) | np.broadcast_to(i[0], (4, 3))
x + 1 | x * x.mean(axis=0) | (x - x.mean(0)) / x.std(0) | i / 2 | i * 0.5 | i // 2 | i % 2 | i ** 2 | 1 - x | 2.0 * i
f + 1.0 | f * x[:2] | f + i | u / 255 | u + 1 | u * f[:1] | f * np.float64(2) | f / 2 | -x | x > 0.5 | b & b | ~b | i == 2
x @ x.T | np.dot(x.T, x) | np.matmul(x, np.ones(3)) | f.mean(axis=1) | f.sum() | i.sum(axis=0) | i.mean() | u.mean()
x.max(axis=1) | x.argmax(axis=1) | x.min() | np.sum(x, axis=1, keepdims=True) | np.mean(f) | b.sum() | b.mean() | b.any(axis=0)
np.median(x, axis=0) | np.std(i) | np.cumsum(x, axis=1) | np.argsort(x, axis=0) | np.sort(x) | np.linalg.norm(x, axis=1)
np.sin(x) | np.exp(f) | np.sqrt(i) | np.sqrt(u) | np.log1p(x) | np.abs(i) | np.floor(x) | np.isnan(x) | np.clip(x, 0, 1)
np.clip(u, 0, 9) | np.where(b, 1, 0) | np.where(b, x, 0.0) | np.maximum(x, 0) | np.logical_and(b, b) | np.add(i, f)
np.float32(x) | np.float32(3) | np.int64(i) | x.copy() | x.round(2) | np.sum(i.astype(np.int32))
"""

# What is written through an index, in place, or by a function of the program.
OTHERS = """
np.mgrid[:3, :4] | np.mgrid[0:1:5j] | np.mgrid[0:1:5j, 0:2] | np.ogrid[:3, :4][1] | np.r_[1:4, 0, 5] | np.r_[x, x] | np.r_[x[0], 2.5]
np.c_[x[:, 0], x[:, 1]] | np.c_[x, x] | np.c_[np.ones(10), x] | x[np.s_[1:3]] | np.vectorize(lambda a: a * 2.0)(x).astype(float)
resized(4, 5) | resized((2, 2)) | reshaped | sum(x) | max(x[0]) | np.sqrt(2) | f * np.sqrt(2) | f * 2.0 | np.floor(3.5) | abs(x)
np.array(["a", "b"]) == "a" | x[np.array(["a", "b"] * 5) == "a"][:0] | np.array([r.sum() for r in x]) | np.array([[a, b] for a, b in zip(x[0], x[1])])
np.stack([x[k] for k in np.ndindex(2, 3)]) | np.stack([v * f for _, v in np.ndenumerate(i)]) | np.zeros((i.max() + 0, 3))[:0] | total | np.e * f | f ** 2 | np.float32(2) * f | np.float64(2) * f | i * True | u + np.uint8(3) | np.array(3) * f
"""

TENSORS = """
torch.from_numpy(x) | torch.tensor(f) | torch.as_tensor(i) | torch.FloatTensor(x) | torch.Tensor(x) | torch.tensor(x.max())
torch.tensor([x.max(), 1.0]) | torch.from_numpy(b).float() | torch.ones(3) * x.max() | x.max() * torch.ones(3)
torch.ones(3) * np.random.rand() | np.random.beta(1.0, 1.0) * torch.ones(3) | torch.ones(10, 3)[np.random.permutation(10)[:4]]
torch.zeros(x.shape[0], x.ndim, x.size) | torch.zeros(len(x), int(np.prod(x.shape))) | torch.from_numpy(x).float() * f.mean()
"""

FAILING = """
np.ones((3, 4)) + np.ones(3) | np.ones((3, 4)) @ np.ones((3, 4)) | np.arange(12).reshape(5, 2) | x.transpose(0, 1, 2)
np.concatenate([np.ones((3, 4)), np.ones((3, 5))]) | np.stack([np.ones(3), np.ones(4)]) | x.sum(axis=2) | x[0, 0, 0]
torch.nn.Linear(3, 2)(torch.from_numpy(x)) | torch.nn.Linear(4, 2)(torch.tensor(f)) | torch.matmul(torch.tensor(i), torch.tensor(f).T)
"""


def expressions(text: str) -> list[str]:
    return [part.strip() for line in text.strip().splitlines() for part in line.split(" | ")]


LISTED = [*expressions(EXPRESSIONS), *expressions(OTHERS), *expressions(TENSORS)]


@pytest.fixture(scope="module")
def claimed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[object]]:
    """What we say of each expression, by its name in one file."""
    path: Path = tmp_path_factory.mktemp("numpy") / "arrays.py"
    listed = LISTED
    path.write_text(SETUP + "".join(f"v{n} = torch.as_tensor({e})\n" for n, e in enumerate(listed)), encoding="utf-8")
    analysis = Session((path.parent,), sys.executable).analyse(str(path))
    assert not [p.message for p in reported(analysis)]
    found = {row["name"]: row["values"] for row in rows([analysis]) if row["kind"] == "assign"}
    return {e: found.get(f"v{n}", []) for n, e in enumerate(listed)}


@pytest.mark.parametrize("expression", LISTED)
def test_expression(expression: str, claimed: dict[str, list[object]]) -> None:
    scope: dict[str, object] = {}
    exec(SETUP, scope)
    value = torch.as_tensor(eval(expression, scope))
    assert claimed[expression] == [[list(value.shape), str(value.dtype).removeprefix("torch.")]]


@pytest.mark.parametrize("expression", expressions(FAILING))
def test_failing(expression: str, tmp_path: Path) -> None:
    scope: dict[str, object] = {}
    exec(SETUP, scope)
    with pytest.raises((ValueError, IndexError, RuntimeError)):
        eval(expression, scope)
    path = tmp_path / "bad.py"
    path.write_text(f"{SETUP}bad = {expression}\n", encoding="utf-8")
    assert [p.severity for p in reported(Session((tmp_path,), sys.executable).analyse(str(path)))] == ["error"]


DTYPES = "bool uint8 int8 uint16 int16 uint32 int32 int64 uint64 float16 float32 float64".split()


@pytest.mark.parametrize(("a", "b"), list(itertools.product(DTYPES, DTYPES)))
def test_promotion(a: str, b: str) -> None:
    one, two = np.ones(2, dtype=a), np.ones(2, dtype=b)
    assert promoted(a, b) == (one * two).dtype.name
    assert divided(promoted(a, b)) == (one / two).dtype.name
    assert floating(a) == np.sqrt(one).dtype.name
