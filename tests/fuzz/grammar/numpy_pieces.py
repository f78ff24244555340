"""Pieces of NumPy programs: array expressions, small nets and training loops by hand."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.fuzz.grammar.blocks import Words, axis, index_parts, some, steps
from tests.fuzz.grammar.plain import configuration
from tests.fuzz.grammar.scope import Scope, Writer, indented

SIZES = (1, 2, 3, 4, 5, 6, 8)


def is_array(value: Any) -> bool:
    """An array, no scalar."""
    return type(value) is np.ndarray and value.dtype != object


def program(rng: random.Random) -> str:
    """A program, which may raise."""
    np.random.seed(0)
    w = Writer(rng, is_array, _WORDS)
    w.need("import numpy as np")
    if rng.random() < 0.7:
        configuration(w)
    script = Scope(w, w.env)
    w.scopes.append(script)
    for _ in range(rng.choice([1, 2, 3])):
        rng.choice([_code, _code, _function, _net, _science])(script)
    return w.text(script.lines)


# -- expressions ---------------------------------------------------------------------------------------------------


def new_array(s: Scope, shape: Sequence[int], plain: float = 0.5) -> str:
    """An array of this shape."""
    sizes = ", ".join(s.size(n, plain) for n in shape)
    tup = f"({sizes},)" if len(shape) == 1 else f"({sizes})" if shape else "()"
    s.writer.need("import numpy as np")
    if len(shape) > 0 and s.rng.random() < 0.3:
        return (
            some(
                s,
                f"np.random.randn({sizes})",
                f"np.random.rand({sizes})",
                f"rng.normal(size={tup})",
                f"rng.random({tup})",
            )
            if "rng" in s.env
            else f"np.random.randn({sizes})"
        )
    return some(
        s,
        f"np.zeros({tup})",
        f"np.ones({tup})",
        f"np.ones({tup}, dtype={some(s, 'np.float32', 'int', repr('float32'), 'np.uint8', 'bool')})",
        f"np.full({tup}, {some(s, '1', '0.5', 'True')})",
        f"np.random.normal(0, 1, {tup})",
        f"np.random.randint(0, 4, size={tup})",
        f"np.arange({int(np.prod(shape))}).reshape({tup})",
        f"np.empty({tup}, np.float64)",
        f"np.linspace(0, 1, {int(np.prod(shape))}).reshape({tup})",
    )


def other(s: Scope, x: str) -> str:
    """An array that broadcasts against one."""
    real = list(s.shape(x))
    same = [n for n in s.tensors() if s.shape(n) == tuple(real) and n != x]
    if same and s.rng.random() < 0.4:
        return s.rng.choice(same)
    for i in range(len(real)):
        if s.rng.random() < 0.25:
            real[i] = 1
    if s.rng.random() < 0.4:
        real = real[s.rng.randrange(len(real) + 1) :]
    return new_array(s, real)


def _unary(s: Scope, x: str) -> str:
    f = some(
        s,
        "exp",
        "tanh",
        "abs",
        "sqrt",
        "square",
        "negative",
        "sign",
        "log1p",
        "isnan",
        "floor",
        "rint",
        "logical_not",
        "sin",
        "float32",
        "round",
        "conj",
        "invert",
    )
    return some(s, f"np.{f}({x})", f"{x} * 2", f"{x} / 2", f"{x} + 1.0", f"1 - {x}", f"-{x}", f"{x} ** 2", f"np.maximum({x}, 0)", f"np.clip({x}, 0, 1)", f"{x}.clip(0, 3)", f"{x}.copy()", f"{x} > 0", f"np.where({x} > 0, {x}, 0)", f"np.zeros_like({x})", f"np.ones_like({x}, dtype=int)", f"1 / (1 + np.exp(-{x}))", f"{x}.astype({some(s, 'int', 'np.float32', repr('float64'), 'bool', 'np.uint8', 'float', 'np.int16')})", f"np.asarray({x}, dtype=np.float32)", f"{x} // 2", f"{x} % 3", f"np.array({x})", f"np.float32(2) * {x}", f"{x} * np.float64(2)", f"{x} * True", f"np.nan_to_num({x})", f"({x} > 0).astype(float)", f"np.asarray({x}.tolist())", f"{x}.round(1)", f"np.heaviside({x}, 0.5)", f"np.full_like({x}, 2)", f"np.array([{x}, {x}])", f"np.power({x}, 2)", f"~({x} > 1)", f"np.real({x})", f"{x} * 1j", f"np.angle({x})", f"np.fix({x})", f"np.int64(3) - {x}", f"np.logical_and({x} > 0, {x} < 1)")  # fmt: skip


def _binary(s: Scope, x: str) -> str:
    y = other(s, x)
    return some(s, f"{x} + {y}", f"{x} * {y}", f"{y} - {x}", f"{x} / ({y} + 1)", f"np.maximum({x}, {y})", f"np.where({x} > 0, {x}, {y})", f"{x} == {y}", f"{x} @ {y}", f"np.add({x}, {y})", f"np.multiply.outer({x}, {y})", f"np.hypot({x}, {y})", f"({x} - {y}) ** 2", f"np.mean(({x} - {y}) ** 2)", f"np.allclose({x}, {y})", f"np.broadcast_to({y}, {x}.shape)", f"np.logaddexp({x}, {y})", f"np.dot({x}, {y})", f"np.inner({x}, {y})", f"np.outer({x}, {y})", f"{x} @ {y}.T", f"np.cross({x}, {y})", f"np.isclose({x}, {y})", f"{x} ** {y}", f"{x}.dot({y}.T)", f"np.vdot({x}, {y})", f"np.kron({x}, {y})", f"np.convolve({x}, {y})", f"np.searchsorted({x}, {y})", f"np.broadcast_arrays({x}, {y})[1]", f"{x} - {y}[..., None]", f"{x}[:, None] - {y}[None]")  # fmt: skip


def _reduction(s: Scope, x: str) -> str:
    d, e = axis(s, x), axis(s, x)
    keep = some(s, "", "", ", keepdims=True")
    f = some(s, "mean", "sum", "max", "min", "std", "var", "prod", "argmax", "argmin", "all", "any")
    return some(s, f"{x}.{f}({d})", f"{x}.{f}(axis={d}{keep})", f"np.{f}({x}, axis={d}{keep})", f"np.{f}({x}, {d})", f"np.mean({x}, axis=({d}, {e}){keep})", f"{x}.sum((0, 1))", f"{x}.mean()", f"{x}.sum()", f"np.median({x}, axis={d})", f"np.percentile({x}, [25, 50], axis={d})", f"np.percentile({x}, 50)", f"np.cumsum({x}, axis={d})", f"{x}.cumsum()", f"np.sort({x}, axis={d})", f"np.argsort({x}, {d})", f"np.argsort({x})[::-1]", f"{x}.argsort()", f"np.diff({x}, axis={d})", f"np.linalg.norm({x}, axis={d}{keep})", f"np.linalg.norm({x})", f"{x} - {x}.mean({d}, keepdims=True)", f"({x} - {x}.mean(axis=0)) / ({x}.std(axis=0) + 1e-8)", f"{x} / np.sum({x}, axis=-1, keepdims=True)", f"np.count_nonzero({x}, axis={d})", f"np.unique({x})", f"np.average({x}, axis={d})", f"np.ptp({x}, axis={d})", f"np.bincount({x}.astype(int).ravel())", f"np.histogram({x}, bins={s.size(4)})[0]", f"np.cov({x})", f"np.corrcoef({x}, rowvar=False)", f"np.trace({x})", f"np.gradient({x}, axis={d})", f"np.quantile({x}, 0.5, {d})", f"np.nonzero({x})[0]", f"np.argwhere({x} > 0)", f"np.partition({x}, 1, axis={d})", f"np.nanmean({x}, axis={d})", f"np.exp({x} - np.max({x}, axis=-1, keepdims=True))", f"np.trapezoid({x}, axis={d})", f"np.cumprod({x}, {d})", f"np.apply_along_axis(np.sum, {d}, {x})", f"np.unravel_index(np.argmax({x}), {x}.shape)", f"np.add.reduce({x}, axis={d})", f"np.maximum.accumulate({x}, axis={d})", f"np.add.reduceat({x}, [0, 1])")  # fmt: skip


def _reshape(s: Scope, x: str) -> str:
    shape = s.shape(x)
    rank = len(shape)
    d, e, u = axis(s, x), axis(s, x), axis(s, x, 1)
    order = list(range(rank))
    s.rng.shuffle(order)
    p = ", ".join(map(str, order))
    i = s.rng.randrange(max(rank, 1))
    n = shape[i] if rank else 1
    k = s.rng.choice([q for q in range(1, n + 1) if n % q == 0] or [1])
    sizes = [s.size(q, 0.5) for q in shape]
    split = ", ".join([*sizes[:i], s.size(k), s.size(n // k) if s.rng.random() < 0.5 else "-1", *sizes[i + 1 :]])
    return some(s, f"{x}.reshape({split})", f"{x}.reshape(({split}))", f"np.reshape({x}, ({split}))", f"{x}.reshape({x}.shape[0], -1)", f"{x}.reshape(-1)", f"{x}.reshape(-1, 1)", f"{x}.reshape(len({x}), -1)", f"{x}.flatten()", f"{x}.ravel()", f"{x}.T", f"{x}.transpose({p})", f"np.transpose({x}, ({p},))", f"np.transpose({x})", f"{x}.swapaxes({d}, {e})", f"np.swapaxes({x}, {d}, {e})", f"np.moveaxis({x}, {d}, {e})", f"np.rollaxis({x}, {i})", f"np.expand_dims({x}, {u})", f"np.expand_dims({x}, axis={u})", f"np.squeeze({x})", f"np.squeeze({x}, axis={d})", f"{x}[:, np.newaxis]", f"{x}[..., None]", f"{x}[None]", f"np.repeat({x}, {s.size(2)}, axis={d})", f"np.repeat({x}, 2)", f"np.tile({x}, (2, 1))", f"np.tile({x}, {s.size(2)})", f"np.roll({x}, 1, axis={d})", f"np.flip({x}, {d})", f"np.fliplr({x})", f"np.rot90({x})", f"np.pad({x}, {s.size(1)})", f"np.pad({x}, ((1, 1), (0, 0)))", f"np.pad({x}, [(0, 1)] * {x}.ndim, mode='edge')", f"np.atleast_2d({x})", f"np.atleast_3d({x})", f"np.broadcast_to({x}, (2, *{x}.shape))", f"np.diag({x})", f"np.tril({x})", f"np.resize({x}, ({s.size(3)}, {s.size(2)}))", f"{x}.reshape(*{x}.shape[:-1], -1, 1)", f"{x}.reshape({x}.shape + (1,))", f"{x}.reshape(2, -1, order='F')", f"np.diagonal({x})", f"np.lib.stride_tricks.sliding_window_view({x}, {s.size(2)}, axis={d})", f"{x}.squeeze()", f"{x}.view()", f"{x}.repeat(2, {d})", f"np.delete({x}, 0, axis={d})", f"np.insert({x}, 0, 0, axis={d})", f"np.append({x}, {x})", f"np.append({x}, {x}, axis={d})", f"np.flipud({x})", f"np.matrix_transpose({x})")  # fmt: skip


def _index(s: Scope, x: str) -> str:
    shape = s.shape(x)
    n = shape[0] if shape else 1
    d = axis(s, x)
    count = s.rng.randrange(1, len(shape) + 2)
    parts = index_parts(
        s,
        count,
        "np.array([0, 0])",
        "np.newaxis",
        "[True]",
        "::-1",
        "slice(0, 1)",
        "np.arange(1)",
        "(0, 0)",
        "np.int64(0)",
    )
    return some(s, f"{x}[{parts}]", f"{x}[{parts}]", f"{x}[{parts}]", f"{x}[0]", f"{x}[-1]", f"{x}[:, 0]", f"{x}[..., :{s.size(2)}]", f"{x}[{x} > 0]", f"{x}[np.random.permutation({n})]", f"{x}[np.arange({n}), 0]", f"np.take({x}, [0, 0], axis={d})", f"{x}.take(0, axis={d})", f"np.take_along_axis({x}, np.argsort({x}, axis={d}), axis={d})", f"np.split({x}, {n})[0]", f"np.array_split({x}, 2, axis={d})[0]", f"np.split({x}, [1], axis={d})[1]", f"{x}[np.ones({n}, dtype=bool)]", f"np.compress([True], {x}, axis={d})", f"{x}[:{x}.shape[0] // 2]", f"{x}[::-1]", f"{x}[np.ix_([0], [0])]", f"{x}[np.where({x} > 0)]", f"{x}[[0, -1]]", f"{x}[:, ::2]", f"{x}[0][0]", f"np.choose(np.zeros({n}, dtype=int), {x})", f"{x}[np.argmax({x}, axis=0)]", f"{x}.flat[0]", f"np.extract({x} > 0, {x})", f"np.vsplit({x}, 1)[0]", f"{x}[np.array([[0, 0], [0, 0]])]", f"{x}[tuple([0] * {x}.ndim)]", f"np.random.choice({x}.ravel(), {s.size(3)})", f"[row for row in {x}][0]", f"list({x})[-1]", f"np.hsplit({x}, 1)[0]", f"np.select([{x} > 0], [{x}], 0)", f"{x}[0, ..., 0]", f"{x}[:, [0], None]", f"{x}[[0], :, [0]]", f"{x}.item(0)", f"np.nditer({x})")  # fmt: skip


def _join(s: Scope, x: str) -> str:
    d, u = axis(s, x), axis(s, x, 1)
    y = other(s, x)
    k = s.size(s.rng.choice([2, 3]))
    return some(s, f"np.concatenate([{x}, {x}], axis={d})", f"np.concatenate(({x}, {y}), {d})", f"np.concatenate([{x}] * {k})", f"np.stack([{x}, {x}], axis={u})", f"np.stack([{x} * i for i in range({k})])", f"np.hstack([{x}, {x}])", f"np.vstack(({x}, {x}))", f"np.vstack([{x}, {y}])", f"np.dstack([{x}, {x}])", f"np.column_stack([{x}, {x}])", f"np.array([{x}, {x}, {x}])", f"np.array([row.sum() for row in {x}])", f"np.array([[a + b for a in range({k})] for b in range(3)])", f"np.c_[{x}, {x}]", f"np.r_[{x}, {x}]", f"np.block([[{x}, {x}]])", f"sum([{x}, {x}])", f"np.array(list(map(np.mean, {x})))", f"np.concatenate([{x}[:1], {x}])", f"np.stack([a * b for a, b in zip({x}, {x})], axis=-1)", f"np.concatenate([{x}, np.ones(({x}.shape[0], 1))], axis=1)", f"np.array([*{x}])", f"np.meshgrid(np.arange({n_of(s, x)}), np.arange({k}))[0]", f"np.indices({x}.shape)", f"np.eye({n_of(s, x)})[{x}.astype(int).ravel() % {n_of(s, x)}]", f"np.row_stack([{x}, {x}])", f"np.concatenate([f({x}) for f in (np.sin, np.cos)], axis={d})", f"np.concatenate(np.array_split({x}, 2, {d})[::-1], axis={d})", f"np.identity({k})", f"np.fromiter((v for v in range({k})), dtype=float)", f"np.array({{'a': {x}}}['a'])", f"np.array([({k}, 1), (2, 3)])", f"np.array([1, 2.5, {k}])", f"np.mgrid[0:{k}, 0:2]", "np.arange(0, 1, 0.25)", f"np.arange({k}, 10)", f"np.fromfunction(lambda i, j: i + j, ({k}, 2))", f"np.tri({k})", f"np.logspace(0, 1, {k})")  # fmt: skip


def n_of(s: Scope, x: str) -> str:
    """The first size of an array, as text."""
    return s.size(s.shape(x)[0]) if s.shape(x) else "1"


def _matrix(s: Scope, x: str) -> str:
    shape = s.shape(x)
    n = s.size(shape[-1] if shape else 1)
    k = s.size(s.rng.choice(SIZES))
    left = "bchwd"[: max(len(shape) - 1, 0)]
    return some(s, f"{x} @ np.random.randn({n}, {k})", f"np.dot({x}, np.ones(({n}, {k})))", f"{x}.dot(np.ones({n}))", f"np.einsum('{left}i,ij->{left}j', {x}, np.ones(({n}, {k})))", f"np.einsum('...i,...i->...', {x}, {x})", f"np.matmul({x}, {x}.T)", f"{x} @ {x}.T", f"{x}.T @ {x}", f"np.tensordot({x}, {x}, axes=([0], [0]))", f"np.einsum('ij,kj->ik', {x}, {x})", f"np.linalg.svd({x}, full_matrices=False)[0]", f"np.linalg.pinv({x})", f"np.linalg.eigvalsh({x}.T @ {x})", f"np.linalg.inv({x}.T @ {x} + np.eye({n}))", f"np.linalg.lstsq({x}, np.ones({x}.shape[0]), rcond=None)[0]", f"np.matmul({x}, np.swapaxes({x}, -1, -2))", f"np.linalg.qr({x})[0]", f"np.einsum('ij->ji', {x})", f"np.einsum('bij,bjk->bik', {x}, {x}.transpose(0, 2, 1))", f"np.linalg.solve({x}.T @ {x} + np.eye({n}), np.ones(({n}, {k})))", f"np.fft.fft({x})", f"np.fft.rfft({x}, axis=0)", f"np.polyfit(np.arange({x}.shape[0]), {x}, 1)", f"np.linalg.det({x} @ {x}.T)", f"np.linalg.matrix_rank({x})", f"np.einsum('ii', {x})", f"np.interp({x}, [0, 1], [0, 2])", f"np.linalg.cholesky({x}.T @ {x} + np.eye({n}))", f"np.linalg.eigh({x}.T @ {x})[1]", f"np.multiply({x}, {x}, dtype=float)")  # fmt: skip


_EXPRESSIONS = (
    _unary,
    _unary,
    _binary,
    _binary,
    _reduction,
    _reduction,
    _reshape,
    _reshape,
    _index,
    _index,
    _join,
    _matrix,
)


def expression(s: Scope, x: str) -> str:
    """Some expression of an array, which may not work."""
    return s.rng.choice(_EXPRESSIONS)(s, x)


def _in_place(s: Scope, x: str) -> bool:
    y = s.writer.fresh("buf")
    return s.run(some(s, f"{x} += 1", f"{x} *= {other(s, x)}", f"{x}[0] = 0", f"{x}[:, 0] = 1", f"{x}[{x} > 0] = 0", f"{x} = {x} - {x}.mean()", f"{x} /= 2", f"{y} = np.zeros({x}.shape)\n{y}[:] = {x}", f"{y} = np.zeros_like({x})\nfor i in range({x}.shape[0]):\n    {y}[i] = {x}[i] * i", f"{y} = np.zeros(({x}.size, {s.size(4)}))\n{y}[np.arange({x}.size), {x}.astype(int).ravel() % 4] = 1", f"{y} = []\nfor row in {x}:\n    {y}.append(row.sum())\n{y} = np.array({y})", f"{y} = np.empty((0, {x}.shape[-1]))\nfor row in {x}:\n    {y} = np.vstack([{y}, row])", f"{x}.sort()", f"{x}.shape = (-1,)", f"{y} = {x}.copy()\n{y}.resize({x}.size * 2)", f"{y} = {x}.copy()\n{y}.fill(0)", f"np.add.at({x}, 0, 1)", f"{y} = {x}\n{y}[...] = 0", f"{y} = np.zeros({x}.shape[0])\n{y}[1:] = {y}[:-1]", f"np.random.shuffle({x})", f"{y} = np.arange({x}.size, dtype={x}.dtype).reshape({x}.shape)\n{y} -= 1", f"{y} = np.exp({x}, out=np.zeros({x}.shape))", f"np.maximum({x}, 0, out={x})", f"{y} = {{}}\nfor i, row in enumerate({x}):\n    {y}[i] = row * 2\n{y} = np.stack(list({y}.values()))"))  # fmt: skip


def _unpacking(s: Scope, x: str) -> bool:
    a, b, c = (
        s.writer.fresh(n) for n in s.rng.choice([("left", "right", "mid"), ("u", "s", "vt"), ("n", "m", "rest")])
    )
    d = axis(s, x)
    dims = [s.writer.fresh(n) for n in "bchwd"[: len(s.shape(x))]]
    return s.run(some(s, f"{', '.join(dims)}{',' if len(dims) == 1 else ''} = {x}.shape", f"{a}, *{b} = {x}.shape", f"{a}, {b} = {x}[0], {x}[-1]", f"{a}, *{b} = {x}", f"{a}, {b}, {c} = np.linalg.svd({x}, full_matrices=False)", f"{a}, {b} = np.split({x}, 2, axis={d})", f"{a}, {b} = np.unique({x}, return_counts=True)", f"{a}, {b} = np.meshgrid({x}, np.arange({s.size(3)}))", f"{a}, {b} = np.where({x} > 0)", f"{a}, {b} = np.histogram({x}, bins={s.size(5)})", f"{a} = {b} = {x}", f"{a}, {b} = {x}, {x}.mean()", f"({a}, {b}), {c} = ({x}, {x}[0]), {x}.sum()", f"{a} = {x}.shape[1:]\n{b} = np.ones({a})", f"{a} = {x}.size\n{b} = np.arange({a})", f"{a} = len({x})\n{b} = np.eye({a})", f"{a} = {x}.ndim\n{b} = np.zeros([1] * {a})", f"{a}, {b} = np.linalg.qr({x})", f"{a}, {b} = zip(*[(row.sum(), row) for row in {x}])\n{c} = np.array({b})", f"{a}, {b} = np.meshgrid(range(3), range({s.size(2)}), indexing='ij')", f"{a} = int(0.5 * len({x}))\n{b}, {c} = {x}[:{a}], {x}[{a}:]", f"{a}, {b} = np.linalg.eig({x}.T @ {x})", f"{a} = {x}.tolist()\n{b} = np.array({a})", f"{a} = [{x}, {x}[:1]]\n{b} = np.concatenate({a})", f"{a} = int({x}.sum())\n{b} = np.zeros(3) + {a}", f"{a} = {x}.dtype\n{b} = np.zeros(3, dtype={a})", f"{a} = tuple({x}.shape[::-1])\n{b} = np.zeros({a})", f"{a} = np.prod({x}.shape)\n{b} = np.zeros({a})", f"{a}, {b} = divmod({x}, 2)", f"{a}, {b} = np.modf({x})", f"{a} = dict(x={x}, y={x}.T)\n{b} = {a}['y']", f"{a}, {b}, {c} = np.gradient({x}), {x}[..., 0], 1", f"{a}, {b} = {x}.max(axis={d}), {x}.argmax({d})"))  # fmt: skip


def _condition(s: Scope, x: str) -> str:
    rank, n = len(s.shape(x)), s.shape(x)[0] if s.shape(x) else 1
    k = s.rng.choice(list(s.ints()) or ["1"])
    return some(s, f"{x}.ndim == {rank}", f"{x}.ndim > {rank}", f"{x}.shape[0] > {n}", f"len({x}) == {n}", f"isinstance({x}, np.ndarray)", f"{x} is None", f"{k} > 2", f"not {k}", f"{x}.dtype == np.float64", f"{x}.sum() > 0", f"{x}.mean() < 0.1", f"{x}.size % 2 == 0", f"np.any({x} > 0)", f"(x0 := {x}.shape[0]) and x0 > 1", "np.random.rand() < 0.5", f"np.isnan({x}).any()", f"{x}.shape == ()", f"np.issubdtype({x}.dtype, np.integer)", f"hasattr({x}, 'shape') and {x}.shape[-1] == {s.shape(x)[-1] if rank else 1}")  # fmt: skip


_WORDS = Words(
    "np",
    "axis",
    "np.stack",
    "np.concatenate",
    "np.abs",
    ("sum", "max", "sort"),
    (),
    expression,
    _condition,
    _unpacking,
    _in_place,
)


# -- programs ------------------------------------------------------------------------------------------------------


def _input(s: Scope) -> str | None:
    r = s.rng
    if "rng" not in s.env and r.random() < 0.4:
        s.run("rng = np.random.default_rng(0)")
    shape = [r.choice(SIZES) for _ in range(r.choice([1, 2, 2, 2, 3, 3, 4]))]
    name = s.writer.fresh(r.choice(["x", "X", "data", "images", "points", "signal"]))
    return name if s.run(f"{name} = {new_array(s, shape, 0.3)}") else None


def _code(s: Scope) -> None:
    if _input(s):
        steps(s, s.rng.choice([3, 5, 8]))


def _function(s: Scope) -> None:
    x = _input(s)
    if x is None:
        return
    r, w = s.rng, s.writer
    f, k = w.fresh(r.choice(["softmax", "normalize", "distances", "filtered", "project"])), r.choice(SIZES)
    plain = {n: v for n, v in w.env.items() if not is_array(v)}
    scope = Scope(w, {**plain, "x": s.env[x].copy(), "k": k}, ["x", "k"])
    w.scopes.append(scope)
    steps(scope, r.choice([2, 4, 6]))
    w.scopes.remove(scope)
    if w.define([f"def {f}(x, k={k}):", *indented([*scope.lines, f"return {scope.pick()}"])]):
        s.run(f"{w.fresh('res')} = {f}({x})")
        if r.random() < 0.5 and (more := _input(s)):
            s.run(f"{w.fresh('res')} = {f}({more}, k={s.size(r.choice(SIZES))})")


def _net(s: Scope) -> None:
    """Layers by hand."""
    r, w = s.rng, s.writer
    n, d, h, o = (r.choice(SIZES) for _ in range(4))
    name, net, x, y = w.fresh("Dense"), w.fresh("net"), w.fresh("x"), w.fresh("y")
    lines = [
        f"class {name}:",
        "    def __init__(self, n_in, n_out, activation=None):",
        f"        self.W = np.random.randn({some(s, 'n_in, n_out', 'n_in, n_out', 'n_out, n_in')}) * 0.1",
        f"        self.b = np.zeros({some(s, 'n_out', '(1, n_out)')})",
        "        self.activation = activation",
        "",
        "    def forward(self, x):",
        "        self.x = x",
        f"        z = x @ {some(s, 'self.W', 'self.W', 'self.W.T')} + self.b",
        "        return self.activation(z) if self.activation else z",
        "",
        "    __call__ = forward",
        "",
        "    def backward(self, grad):",
        "        self.dW = self.x.T @ grad",
        f"        self.db = grad.sum(axis=0{some(s, '', ', keepdims=True')})",
        "        return grad @ self.W.T",
    ]
    if not w.define(lines):
        return
    if not s.run(
        f"{net} = [{name}({s.size(d)}, {s.size(h)}, {some(s, 'np.tanh', 'lambda z: np.maximum(z, 0)')}), {name}({s.size(h)}, {s.size(o)})]\n{x} = np.random.randn({s.size(n)}, {s.size(d)})"
    ):
        return
    out = w.fresh("out")
    if not s.run(f"{out} = {x}\nfor layer in {net}:\n    {out} = layer{some(s, '', '.forward')}({out})"):
        s.lines.append(f"{out} = {net}[0]({x})")
        return
    s.run(f"{y} = np.random.randint(0, {s.size(o)}, {s.size(n)})")
    s.run(
        some(
            s,
            f"{y}_hot = np.eye({s.size(o)})[{y}]\ngrad = ({out} - {y}_hot) / len({x})",
            f"probs = np.exp({out}) / np.exp({out}).sum(axis=1, keepdims=True)\nloss = -np.log(probs[np.arange(len({y})), {y}]).mean()\ngrad = probs.copy()\ngrad[range({x}.shape[0]), {y}] -= 1",
        )
    )
    s.run(
        f"for layer in {some(s, f'{net}[::-1]', f'reversed({net})')}:\n    grad = layer.backward(grad)\nfor layer in {net}:\n    layer.W -= 0.1 * layer.dW\n    layer.b -= 0.1 * layer.db"
    )
    steps(s, 2)


def _science(s: Scope) -> None:
    """What people do with tables of numbers."""
    r, w = s.rng, s.writer
    n, d, k = r.choice((4, 6, 8)), r.choice((2, 3, 4)), r.choice((2, 3))
    x = w.fresh("X")
    if not s.run(f"{x} = np.random.randn({s.size(n)}, {s.size(d)})"):
        return
    y = w.fresh("Y")
    s.run(
        some(
            s,
            f"centers = {x}[:{s.size(k)}]\nfor _ in range(2):\n    dist = (({x}[:, None, :] - centers[None]) ** 2).sum(-1)\n    labels = dist.argmin(1)\n    centers = np.stack([{x}[labels == j].mean(axis=0) if (labels == j).any() else centers[j] for j in range({k})])\n{y} = centers",
            f"centered = {x} - {x}.mean(0)\ncov = centered.T @ centered / (len({x}) - 1)\nvals, vecs = np.linalg.eigh(cov)\norder = np.argsort(vals)[::-1]\n{y} = centered @ vecs[:, order[:{s.size(k)}]]",
            f"A = np.hstack([{x}, np.ones((len({x}), 1))])\ntarget = {x}.sum(axis=1)\ncoef, res, rank, sv = np.linalg.lstsq(A, target, rcond=None)\n{y} = A @ coef",
            f"idx = np.random.permutation(len({x}))\nsplit = int(0.75 * len({x}))\ntrain, test = {x}[idx[:split]], {x}[idx[split:]]\n{y} = np.vstack([train, test])",
            f"weights = np.zeros({x}.shape[1])\nfor epoch in range(2):\n    pred = {x} @ weights\n    error = pred - {x}[:, 0]\n    grad = {x}.T @ error / len({x})\n    weights -= 0.1 * grad\n{y} = {x} @ weights",
            f"batches = [{x}[i:i + {s.size(2)}] for i in range(0, len({x}), {s.size(2)})]\n{y} = np.concatenate([b.mean(axis=0, keepdims=True) for b in batches])",
            f"windows = np.array([{x}[i:i + {s.size(k)}] for i in range(len({x}) - {s.size(k)} + 1)])\n{y} = windows.mean(axis=1)",
            f"def gen(data, size):\n    for i in range(0, len(data), size):\n        yield data[i:i + size]\n\n\n{y} = [b.sum(axis=0) for b in gen({x}, 2)]\n{y} = np.array({y})",
            f"{y} = np.zeros((len({x}), len({x})))\nfor i in range(len({x})):\n    for j in range(len({x})):\n        {y}[i, j] = np.linalg.norm({x}[i] - {x}[j])",
        )
    )
    steps(s, 3)
