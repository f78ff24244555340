"""Pieces of PyTorch programs: tensor expressions, layers, modules, and what a script does with them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from tests.fuzz.grammar.blocks import Words, axis, index_parts, some, step, steps
from tests.fuzz.grammar.plain import configuration, puzzle
from tests.fuzz.grammar.scope import Scope, Writer, indented
from tests.fuzz.grammar.torch_scenes import scene

SIZES = (1, 2, 3, 4, 5, 6, 8)


def is_tensor(value: Any) -> bool:
    """A plain tensor."""
    return type(value) in (torch.Tensor, nn.Parameter)


def writer(rng: random.Random) -> Writer:
    """An empty PyTorch program."""
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float32)
    w = Writer(rng, is_tensor, _WORDS)
    for line in ("import torch", "import torch.nn as nn", "import torch.nn.functional as F"):
        w.need(line)
    return w


def program(rng: random.Random) -> str:
    """A program, which may raise."""
    w = writer(rng)
    if rng.random() < 0.8:
        configuration(w)
    script = Scope(w, w.env)
    w.scopes.append(script)
    if rng.random() < 0.3:
        scene(script)
    for _ in range(rng.choice([1, 1, 2, 3])):
        rng.choice([use_of_module] * 5 + [tensor_code] * 2 + [use_of_function, training])(script)
    return w.text(script.lines)


# -- expressions ---------------------------------------------------------------------------------------------------


def new_tensor(s: Scope, shape: Sequence[int], plain: float = 0.5) -> str:
    """A tensor of this shape."""
    sizes = ", ".join(s.size(n, plain) for n in shape)
    kind = s.rng.choice(["randn", "randn", "randn", "zeros", "ones", "rand", "empty"])
    if len(shape) == 0:
        return some(s, "torch.tensor(1.0)", "torch.randn(())", "torch.ones([])")
    return (
        some(
            s,
            f"torch.{kind}({sizes})",
            f"torch.{kind}(({sizes},))",
            f"torch.{kind}([{sizes}])",
            f"torch.{kind}(size=({sizes},))",
            f"torch.full(({sizes},), 0.5)",
        )
        if s.rng.random() < 0.4
        else f"torch.{kind}({sizes})"
    )


def other(s: Scope, x: str, shape: Sequence[int] | None = None) -> str:
    """A tensor that broadcasts against one."""
    real = list(s.shape(x))
    same = [n for n in s.tensors() if s.shape(n) == tuple(real) and n != x]
    if same and s.rng.random() < 0.4:
        return s.rng.choice(same)
    for i in range(len(real)):
        if s.rng.random() < 0.25:
            real[i] = 1
    if s.rng.random() < 0.4:
        real = real[s.rng.randrange(len(real) + 1) :]
    return new_tensor(s, real)


def _unary(s: Scope, x: str) -> str:
    f = some(s, "relu", "sigmoid", "tanh", "exp", "abs", "neg", "square", "sign")
    return some(s, f"torch.{f}({x})", f"{x}.{f}()", f"F.{some(s, 'relu', 'gelu', 'silu', 'softplus', 'elu')}({x})", f"{x} * {s.size(2)}",
                f"{x} / {some(s, '2', '2.0')}", f"{x} + 1.0", f"1 - {x}", f"-{x}", f"{x} ** 2", f"2 ** {x}", f"{x}.clamp(min=0)", f"torch.clamp({x}, -1, 1)",
                f"F.dropout({x}, 0.1)", f"F.dropout({x}, p=0.5, training=False)", f"{x}.clone()", f"{x}.detach()", f"torch.zeros_like({x})", f"torch.randn_like({x}.float())",
                f"{x} // 2", f"{x} % 3", f"F.leaky_relu({x}, 0.2)", f"{x}.contiguous()", f"torch.nan_to_num({x})", f"{x}.new_zeros({x}.shape)", f"{x}.new_ones({x}.size(0), 2)")  # fmt: skip


def _binary(s: Scope, x: str) -> str:
    y = other(s, x)
    return some(s, f"{x} + {y}", f"{x} * {y}", f"{y} - {x}", f"{x} / ({y} + 1e-6)", f"torch.add({x}, {y})", f"torch.maximum({x}, {y})",
                f"torch.where({x} > 0, {x}, {y})", f"{x}.mul({y})", f"{x} > {y}", f"torch.lerp({x}, {y}, 0.5)", f"{x}.masked_fill({y} > 0, 0)", f"torch.atan2({x}, {y})",
                f"{x}.eq({y})", f"torch.addcmul({x}, {x}, {y})", f"{x} @ {y}", f"torch.stack([{x}, {y}])", f"torch.broadcast_tensors({x}, {y})[1]", f"F.mse_loss({x}, {y})",
                f"F.cosine_similarity({x}, {y}, dim=-1)", f"torch.cdist({x}, {y})", f"F.l1_loss({x}, {y}, reduction='none')", f"{y}.expand_as({x})", f"({x}, {y})[0]")  # fmt: skip


def _reduction(s: Scope, x: str) -> str:
    d, e = axis(s, x), axis(s, x)
    keep = some(s, "", "", ", keepdim=True", ", True")
    f = some(
        s,
        "mean",
        "sum",
        "amax",
        "amin",
        "std",
        "var",
        "prod",
        "logsumexp",
        "argmax",
        "argmin",
        "norm",
        "all",
        "any",
        "median",
    )
    dim = some(s, d, f"dim={d}", f"axis={d}") if f != "norm" else f"dim={d}"
    keep = keep if f != "norm" else some(s, "", ", keepdim=True")
    if f in ("std", "var") and keep == ", True":
        keep = ""
    return some(s, f"{x}.{f}({dim}{keep})", f"{x}.{f}({dim}{keep})", f"torch.{f}({x}, dim={d})", f"{x}.mean(dim=({d}, {e}){keep})", f"{x}.sum([{d}, {e}])",
                f"{x}.mean()", f"{x}.sum()", f"{x}.max(dim={d}{keep})[0]", f"{x}.max({d}).values", f"{x}.min({d})[1]", f"{x}.softmax({d})", f"F.softmax({x}, dim={d})",
                f"F.log_softmax({x}, {d})", f"{x}.cumsum({d})", f"torch.cumsum({x}, dim={d})", f"{x}.sort({d})[0]", f"{x}.argsort(dim={d}, descending=True)", f"{x}.topk({s.size(2)}, dim={d})[0]",
                f"torch.topk({x}, {s.size(1)}).indices", f"F.normalize({x}, dim={d})", f"{x} - {x}.mean({d}, keepdim=True)", f"{x} / {x}.sum(-1, keepdim=True)", f"{x}.var({d}, unbiased=False)",
                f"{x}.norm()", f"{x}.count_nonzero({d})", f"torch.linalg.norm({x}, dim={d})", f"{x}.std()", f"F.glu({x}, {d})", f"torch.diff({x}, dim={d})", f"{x}.flatten({d}).norm(dim=-1)", f"{x}.kthvalue(1, {d})[0]", f"{x}.mode({d})[0]", f"torch.quantile({x}, 0.5, dim={d})", f"torch.trapz({x}, dim={d})", f"{x}.cummax({d})[0]", f"{x}.aminmax()[0]", f"torch.einsum('...d->...', {x})")  # fmt: skip


def _factors(s: Scope, n: int) -> tuple[str, str]:
    found = [d for d in range(1, n + 1) if n % d == 0] or [1]
    d = s.rng.choice(found)
    return s.size(d), s.size(n // d)


def _reshape(s: Scope, x: str) -> str:
    shape = s.shape(x)
    rank = len(shape)
    d, e, u = axis(s, x), axis(s, x), axis(s, x, 1)
    i = s.rng.randrange(rank) if rank else 0
    a, b = _factors(s, shape[i]) if rank else ("1", "1")
    order = list(range(rank))
    s.rng.shuffle(order)
    p = ", ".join(map(str, order))
    sizes = [s.size(n, 0.5) for n in shape]
    kept = ", ".join(sizes[:i])
    split = ", ".join([*sizes[:i], a, b, *sizes[i + 1 :]])
    some_size = ", ".join(s.rng.choice(["-1", t]) if j == i else t for j, t in enumerate(sizes))
    f = some(s, "view", "reshape", "reshape")
    return some(s, f"{x}.{f}({split})", f"{x}.{f}({kept}{', ' if kept else ''}-1)", f"{x}.{f}(-1)", f"{x}.{f}({x}.size(0), -1)", f"{x}.{f}({x}.shape[0], {x}.shape[1], -1)", f"torch.reshape({x}, (-1, {s.size(shape[-1]) if rank else 1}))",
                f"{x}.{f}(*{x}.shape[:-1], {_factors(s, shape[-1])[0] if rank else 1}, -1)", f"{x}.{f}({x}.shape[:2] + (-1,))", f"{x}.{f}(({split}))", f"{x}.flatten({some(s, '', '1', '-2', '0, 1', 'start_dim=1', '2')})", f"torch.flatten({x}, 1)", f"{x}.unflatten({d}, ({a}, -1))", f"{x}.unflatten({i}, ({a}, {b}))",
                f"{x}.permute({p})", f"{x}.permute({p})", f"torch.permute({x}, ({p},))", f"{x}.transpose({d}, {e})", f"torch.transpose({x}, {d}, {e})", f"{x}.mT", f"{x}.t()", f"{x}.T", f"{x}.movedim({d}, {e})", f"{x}.swapaxes({d}, {e})",
                f"{x}.unsqueeze({u})", f"{x}.unsqueeze({u})", f"{x}.squeeze({d})", f"{x}.squeeze()", f"{x}[..., None]", f"{x}[None]", f"{x}[:, None]", f"{x}.unsqueeze(0).expand({s.size(3)}, {', '.join(['-1'] * rank)})", f"{x}.expand({some_size})", f"{x}.repeat({', '.join(s.size(s.rng.choice([1, 2])) for _ in range(rank + s.rng.choice([0, 0, 1])))})",
                f"{x}.repeat_interleave({s.size(2)}, dim={d})", f"torch.tile({x}, (2, 1))", f"{x}.roll(1, {d})", f"torch.flip({x}, dims=[{d}])", f"{x}.flip({d}, {e})", f"{x}.contiguous().view({some_size})", f"{x}.transpose({d}, {e}).contiguous().view({s.size(shape[0]) if rank else 1}, -1)", f"{x}.view_as({x})", f"F.pad({x}, ({s.size(1)}, {s.size(1)}))", f"F.pad({x}, (0, 1, {s.size(1)}, 0), value=1.0)", f"{x}.diagonal()", f"{x}.tril()", f"torch.rot90({x}, 1, ({d}, {e}))", f"torch.atleast_2d({x})", f"{x}.ravel()", f"{x}.unfold({d}, {s.size(2)}, 1)", f"{x}.view({x}.shape)", f"{x}.reshape({x}.numel())", f"{x}.as_strided((2, 2), (1, 1))", f"torch.broadcast_to({x}, (2, *{x}.shape))")  # fmt: skip


def _einops(s: Scope, x: str) -> str:
    shape = s.shape(x)
    rank = len(shape)
    s.writer.need("from einops import rearrange, repeat")
    s.writer.need("import einops")
    names = "b c h w d".split()[:rank]
    mixed = names[:]
    s.rng.shuffle(mixed)
    joined = mixed[:]
    if rank > 1:
        k = s.rng.randrange(rank - 1)
        joined[k : k + 2] = [f"({joined[k]} {joined[k + 1]})"]
    i = s.rng.randrange(max(rank, 1))
    split = [f"(p {n})" if j == i else n for j, n in enumerate(names)]
    a = _factors(s, shape[i])[0] if rank else "1"
    left = " ".join(names)
    return some(s, f"rearrange({x}, '{left} -> {' '.join(joined)}')", f"rearrange({x}, '{' '.join(split)} -> {' '.join(mixed)} p', p={a})", f"einops.reduce({x}, '{left} -> {' '.join(mixed[:-1])}', '{some(s, 'mean', 'sum', 'max')}')",
                f"repeat({x}, '{left} -> {' '.join(mixed)} r', r={s.size(2)})", f"rearrange({x}, '... {names[-1] if names else 'a'} -> {names[-1] if names else 'a'} ...')", f"repeat({x}, '{left} -> (n {names[0] if names else ''}) {' '.join(names[1:])}', n=2)", f"einops.reduce({x}, '{' '.join(split)} -> {left}', 'max', p={a})")  # fmt: skip


def _index(s: Scope, x: str) -> str:
    shape = s.shape(x)
    rank = len(shape)
    n = shape[0] if shape else 1
    d = axis(s, x)
    k = s.rng.randrange(max(shape[0], 1)) if shape else 0
    count = s.rng.randrange(1, max(rank, 1) + 2)
    parts = index_parts(s, count, "0:1", "::1", "[0]", "torch.tensor([0, 0, 0])", "torch.arange(1)", "slice(None)")
    return some(s, f"{x}[{k}]", f"{x}[{parts}]", f"{x}[{parts}]", f"{x}[{parts}]", f"{x}[:, 0]", f"{x}[..., -1]", f"{x}[..., :{s.size(2)}]", f"{x}[:, :, None]", f"{x}[torch.tensor([0, 0])]", f"{x}[torch.arange({x}.size(0)), 0]", f"{x}[{x} > 0]", f"{x}[torch.randperm({n})]",
                f"{x}.index_select({d}, torch.tensor([0, 0]))", f"{x}.narrow({d}, 0, 1)", f"{x}.select({d}, 0)", f"torch.gather({x}, {d}, torch.zeros_like({x}, dtype=torch.long))", f"{x}.gather({d}, {x}.argmax({d}, keepdim=True))", f"{x}.unbind({d})[0]", f"{x}.chunk(2, dim={d})[0]", f"{x}.split({s.size(1)}, dim={d})[-1]", f"torch.split({x}, [1, {n - 1}])[1]",
                f"torch.take_along_dim({x}, {x}.argsort(-1), dim=-1)", f"{x}[torch.ones({n}, dtype=torch.bool)]", f"torch.masked_select({x}, {x} > 0)", f"[{x}[i] for i in range(len({x}))][-1]", f"list({x})[0]", f"{x}[:{x}.shape[0] // 2]", f"{x}[{x}.size(0) - 1]", f"torch.triu({x})", f"{x}[:, torch.tensor([0])]", f"{x}[[0, -1]]", f"{x}[:, [0, 0], :]", f"{x}[0][0]", f"{x}[0, ..., 0]", f"{x}[torch.zeros(2, 3, dtype=torch.long)]", f"{x}[:, None, 0]", f"{x}[0:1].squeeze(0)", f"{x}[:, ::2, ::2]", f"{x}[True]")  # fmt: skip


def _join(s: Scope, x: str) -> str:
    d, u = axis(s, x), axis(s, x, 1)
    y = other(s, x)
    k = s.size(s.rng.choice([2, 3]))
    return some(s, f"torch.cat([{x}, {x}], dim={d})", f"torch.cat(({x}, {y}), {d})", f"torch.stack([{x}, {x}], dim={u})", f"torch.cat([{x} for _ in range({k})], dim={d})", f"torch.stack(tuple({x} * i for i in range({k})), {u})", f"torch.cat([f({x}) for f in (torch.relu, torch.tanh)], {d})", f"torch.cat([{x}] * {k}, dim={d})", f"torch.concat([{x}, {y}], axis={d})", f"torch.hstack([{x}, {x}])", f"torch.vstack(({x}, {x}))", f"torch.cat(list({x}.chunk(2, {d}))[::-1], dim={d})", f"torch.cat(sorted([{x}, {x}], key=lambda t: t.sum().item()), {d})", f"sum([{x}, {x}, {x}])", f"torch.cat([{x}[:, :1], {x}], 1)", f"torch.stack([row.mean() for row in {x}])", f"torch.stack([a * b for a, b in zip({x}, {x})])", f"torch.stack(list(map(torch.sum, {x})))", f"torch.cat([t for t in [{x}, None, {x}] if t is not None], dim={d})", f"torch.stack([{x}[:, i] for i in range({x}.shape[1])], dim={d})", f"torch.dstack([{x}, {x}])")  # fmt: skip


def _matrix(s: Scope, x: str) -> str:
    shape = s.shape(x)
    n = shape[-1] if shape else 1
    k = s.size(s.rng.choice(SIZES))
    left = "bchwd"[: max(len(shape) - 1, 0)]
    return some(s, f"{x} @ torch.randn({s.size(n)}, {k})", f"torch.matmul({x}, {x}.transpose(-1, -2))", f"{x} @ {x}.mT", f"torch.einsum('{left}i,ij->{left}j', {x}, torch.randn({s.size(n)}, {k}))", f"torch.einsum('...i,ji->...j', {x}, torch.randn({k}, {s.size(n)}))", f"F.linear({x}, torch.randn({k}, {s.size(n)}))", f"F.linear({x}, torch.randn({k}, {s.size(n)}), torch.zeros({k}))", f"torch.bmm({x}, {x}.transpose(1, 2))", f"torch.outer({x}, {x})", f"{x}.matmul(torch.ones({s.size(n)}))", f"torch.einsum('{left}i,{left}i->{left}', {x}, {x})", f"torch.mm({x}, torch.randn({s.size(n)}, {k}))", f"torch.einsum('bi,bj->bij', {x}, {x})", f"torch.einsum('bid,bjd->bij', {x}, {x})", f"torch.tensordot({x}, {x}, dims=([0], [0]))", f"torch.addmm(torch.zeros({k}), {x}, torch.randn({s.size(n)}, {k}))", f"F.scaled_dot_product_attention({x}, {x}, {x})", f"F.bilinear({x}, {x}, torch.randn({k}, {s.size(n)}, {s.size(n)}))", f"torch.kron({x}, torch.ones(2))", f"torch.linalg.inv({x} @ {x}.mT + torch.eye({s.shape(x)[-2] if len(shape) > 1 else 1}))", f"torch.softmax({x} @ {x}.transpose(-2, -1) / {n} ** 0.5, dim=-1) @ {x}", f"torch.baddbmm(torch.zeros(1, 1, 1), {x}, {x}.mT)", f"torch.dot({x}, {x})", f"torch.linalg.svd({x}, full_matrices=False)[0]", f"torch.triu(torch.ones({n}, {n}), diagonal=1)")  # fmt: skip


def _dtype(s: Scope, x: str) -> str:
    t = some(s, "long", "float64", "half", "bool", "int32", "uint8", "bfloat16", "float32", "int16")
    return some(s, f"{x}.long()", f"{x}.float()", f"{x}.double()", f"{x}.to(torch.{t})", f"{x}.to(dtype=torch.{t})", f"{x}.type(torch.{t})", f"{x} > 0", f"({x} > 0).float()", f"{x}.int() + 1", f"{x}.bool()", f"{x}.long() / 2", f"{x}.long() * 2.5", f"{x}.to('cpu')", f"{x}.to({x}.device)", f"{x}.type_as(torch.zeros(1))", f"{x}.half()", f"torch.zeros({s.size(2)}, dtype=torch.{t}) + 1", f"~({x} > 0)", f"({x} > 0) & ({x} < 1)", f"({x} > 0).sum()", f"torch.arange({s.size(4)}) * 1.0", f"torch.arange(0, {s.size(4)}, dtype=torch.float)", f"torch.tensor([1, 2, {s.size(3)}])", "torch.tensor([[1.0, 2.0], [3.0, 4.0]])", f"{x}.to(torch.zeros(1, dtype=torch.{t}))", f"torch.linspace(0, 1, {s.size(4)})", f"torch.eye({s.size(3)})", f"torch.as_tensor({x}.tolist())", f"torch.tensor({x}.shape)", f"torch.from_numpy({x}.detach().numpy())", f"torch.full_like({x}, 2)", f"torch.ones_like({x}, dtype=torch.{t})", f"torch.randint(0, {s.size(4)}, ({s.size(2)}, {s.size(3)}))", f"torch.complex({x}, {x})", f"({x} + 0j).abs()", f"torch.scalar_tensor({x}.shape[0])", f"torch.result_type({x}, 1)", f"{x}.bernoulli()", f"torch.bincount({x}.long().abs().flatten())")  # fmt: skip


def _images(s: Scope, x: str) -> str:
    shape = s.shape(x)
    c = s.size(shape[1]) if len(shape) > 1 else "1"
    o = s.size(s.rng.choice(SIZES))
    k = some(s, "1", "2", "3")
    return some(s, f"F.conv2d({x}, torch.randn({o}, {c}, {k}, {k}), padding={some(s, '0', '1', repr('same'))})", f"F.max_pool2d({x}, {k})", f"F.avg_pool2d({x}, {k}, stride=1)", f"F.interpolate({x}, scale_factor={some(s, '2', '0.5', '1.5')})", f"F.interpolate({x}, size=({s.size(4)}, {s.size(3)}), mode='bilinear', align_corners=False)", f"F.adaptive_avg_pool2d({x}, {some(s, '1', '(1, 1)', '(2, None)', '2')})", f"F.unfold({x}, {k})", f"F.pixel_shuffle({x}, 2)", f"F.pad({x}, (1, 1, 1, 1), mode='reflect')", f"F.conv1d({x}, torch.randn({o}, {c}, {k}))", f"F.max_pool1d({x}, 2)", f"F.layer_norm({x}, {x}.shape[1:])", f"F.layer_norm({x}, ({s.size(shape[-1]) if shape else 1},))", f"F.group_norm({x}, 1)", f"F.interpolate({x}, size={x}.shape[-2:])", f"{x}.mean((2, 3))", f"{x}.mean([-2, -1], keepdim=True)", f"F.conv_transpose2d({x}, torch.randn({c}, {o}, 2, 2), stride=2)", f"F.avg_pool1d({x}, {k})", f"F.instance_norm({x})", f"F.one_hot({x}.long().abs() % 4, {s.size(4)})", f"F.embedding({x}.long().abs() % 3, torch.randn(3, {o}))", f"F.grid_sample({x}, torch.zeros({x}.size(0), 3, 4, 2), align_corners=False)", f"F.batch_norm({x}, torch.zeros({c}), torch.ones({c}))", f"F.fold({x}, (4, 4), 2)", f"{x}.flatten(2).transpose(1, 2)", f"F.adaptive_max_pool1d({x}, {s.size(2)})", f"F.upsample({x}, scale_factor=2)", f"F.conv2d({x}, weight=torch.randn({c}, 1, 3, 3), padding=1, groups={c})", f"F.lp_pool2d({x}, 2, 2)")  # fmt: skip


_EXPRESSIONS: tuple[Callable[[Scope, str], str], ...] = (_unary, _unary, _binary, _binary, _reduction, _reduction, _reshape, _reshape, _reshape, _index, _index, _join, _matrix, _dtype, _images, _einops)  # fmt: skip


def expression(s: Scope, x: str) -> str:
    """Some expression of a tensor, which may not work."""
    return s.rng.choice(_EXPRESSIONS)(s, x)


def _in_place(s: Scope, x: str) -> bool:
    d = axis(s, x)
    y = s.writer.fresh("buf")
    return s.run(some(s, f"{x} += 1", f"{x} *= {other(s, x)}", f"{x}[0] = 0", f"{x} = {x}.clone()\n{x}[:, 0] = 1.0", f"{x}.add_(1)", f"{x}.unsqueeze_({d})", f"{x}.transpose_({d}, {axis(s, x)})", f"{x}.squeeze_()", f"{x}.mul_(2).clamp_(min=0)",
                      f"{y} = torch.zeros({x}.shape)\n{y}[:] = {x}", f"{y} = torch.zeros_like({x})\nfor i in range({x}.size(0)):\n    {y}[i] = {x}[i] * i", f"{y} = {x}.new_zeros({s.size(2)}, *{x}.shape)\n{y}[0] = {x}", f"{x} = {x}.clone()\n{x}[{x} > 0] = 0", f"{y} = torch.empty(0)\nfor row in {x}:\n    {y} = torch.cat([{y}, row.flatten()])", f"{x}.masked_fill_({x} > 0, 0.0)", f"{x}.zero_()", f"{y} = {x}.clone()\n{y}.resize_(2, 2)", f"{y} = {x}\n{y}.t_()", f"{x}.data = {x}.data.unsqueeze(0)", f"{x}.copy_({other(s, x)})", f"{x} -= {x}.mean()", f"{x} /= 2", f"{x}.fill_(1)", f"{y} = torch.zeros({s.size(2)}, {s.size(3)})\n{y}.scatter_(1, torch.tensor([[0], [1]]), 1.0)", f"{y} = torch.zeros(3, {s.size(4)})\n{y}.index_add_(0, torch.tensor([0, 2]), torch.ones(2, {s.size(4)}))", f"{x}[..., 0], {y} = {x}[..., -1], {x}[0]"))  # fmt: skip


def _unpacking(s: Scope, x: str) -> bool:
    shape = s.shape(x)
    a, b, c = (
        s.writer.fresh(n)
        for n in s.rng.choice([("left", "right", "mid"), ("q", "k", "v"), ("values", "idx", "rest"), ("B", "T", "C")])
    )
    d = axis(s, x)
    dims = [s.writer.fresh(n) for n in "bchwd"[: len(shape)]]
    return s.run(some(s, f"{a}, {b} = {x}.chunk(2, dim={d})", f"{a}, {b} = {x}.max(dim={d})", f"{a}, {b}, {c} = {x}.repeat(3, *[1] * ({x}.dim() - 1)).chunk(3, dim=0)", f"{', '.join(dims)}{',' if len(dims) == 1 else ''} = {x}.shape", f"{', '.join(dims)}{',' if len(dims) == 1 else ''} = {x}.size()", f"{a}, *{b} = {x}.shape", f"*{a}, {b} = {x}.shape\n{c} = {x}.reshape(-1, {b})", f"{a}, {b} = {x}[0], {x}[-1]", f"{a}, *{b} = {x}", f"{a}, {b} = {x}, {x}.mean()", f"{a} = {b} = {x}", f"({a}, {b}), {c} = ({x}, {x}[0]), {x}.sum()", f"{a} = {{'x': {x}, 'y': {x}[0]}}\n{b} = {a}['y']", f"{a} = [{x}, {x}[:1]]\n{a}.append({x}.mean(0))\n{b} = {a}[-1]", f"{a}, {b} = torch.split({x}, {s.size(1)}, dim={d})[:2]", f"{a}, {b} = {x}.topk(1)", f"{a}, {b} = torch.var_mean({x}, dim={d})", f"{a} = {x}.shape[1:]\n{b} = torch.ones({a})", f"{a}, {b} = torch.unbind({x}[:2])", f"{a} = tuple({x}.shape)\n{b} = torch.zeros(*{a}[::-1])", f"{a}: torch.Tensor = {x}.mean({d})", f"{a} = {x}.size({d})\n{b} = torch.arange({a})", f"{a} = len({x})\n{b} = torch.zeros({a}, {a} + 1)", f"{a} = {x}.numel() // {x}.shape[0]\n{b} = torch.randn({a})", f"{a} = {x}.dim()\n{b} = torch.zeros([1] * {a})", f"{b}, {c} = torch.meshgrid(torch.arange({x}.shape[0]), torch.arange({s.size(3)}), indexing='ij')", f"{a}, {b} = zip(*[(row.sum(), row) for row in {x}])\n{c} = torch.stack({b})", f"{a}, {b} = torch.unique({x}, return_inverse=True)", f"{a}, {b} = torch.sort({x}, dim={d}, descending=True)", f"{a} = torch.nonzero({x})\n{b} = {a}.shape[1]\n{c} = torch.zeros({b})", f"{a} = torch.Size([2, *{x}.shape])\n{b} = torch.zeros({a}).numel()\n{c} = torch.ones({b})", f"{a}, {b} = torch.aminmax({x}, dim={d})", f"{a}, {b}, {c} = torch.linalg.svd({x})"))  # fmt: skip


def _condition(s: Scope, x: str) -> str:
    rank, n = len(s.shape(x)), s.shape(x)[0] if s.shape(x) else 1
    known = list(s.ints()) or ["1"]
    k = s.rng.choice(known)
    return some(s, f"{x}.dim() == {rank}", f"{x}.dim() > {rank}", f"{x}.ndim != {rank}", f"{x}.shape[0] > {n}", f"{x}.size(-1) == {s.shape(x)[-1] if rank else 1}", f"isinstance({x}, torch.Tensor)", f"{x} is None", f"{x} is not None and {x}.is_floating_point()", f"{k} > 2", f"not {k}", f"{k} in (2, 4, 8)", f"{x}.dtype == torch.float32", f"{x}.requires_grad", "torch.is_grad_enabled()", f"{x}.sum() > 0", f"{x}.mean().item() < 0.1", f"len({x}.shape) < 3 or {k} == 1", f"hasattr({x}, 'shape')", "torch.cuda.is_available()", f"{x}.shape == torch.Size([1])", f"{x}.size(0) % 2 == 0", "torch.rand(1) < 0.5", f"(n := {x}.shape[0]) and n > 1")  # fmt: skip


def _with(s: Scope, x: str) -> bool:
    with s.inner() as inner:
        if not steps(inner, 1, 0):
            return False
        body = inner.lines
    return s.run(
        "\n".join(
            [
                f"with {some(s, 'torch.no_grad()', 'torch.inference_mode()', 'torch.enable_grad()', 'torch.set_grad_enabled(False)')}:",
                *indented(body),
            ]
        )
    )


_WORDS = Words(
    "torch", "dim", "torch.stack", "torch.cat", "torch.relu", ("relu", "sum", "softmax"),
    ("@torch.no_grad()", "@torch.jit.ignore", "@torch.inference_mode()"), expression, _condition, _unpacking, _in_place, (_with,),
)  # fmt: skip


# -- layers --------------------------------------------------------------------------------------------------------


def layer(s: Scope, x: Any) -> str:
    """A layer that may suit a tensor; its sizes are worked out in `s`, where it is made."""
    r = s.rng
    shape = tuple(x.shape)
    rank = len(shape)
    o = s.size(r.choice(SIZES), 0.2)
    last, c = s.size(shape[-1] if shape else 1, 0.2), s.size(shape[1] if rank > 1 else 1, 0.2)
    bias = some(s, "", "", ", bias=False", ", bias=True")
    if not x.is_floating_point() or r.random() < 0.03:
        return some(
            s,
            f"nn.Embedding({s.size(8)}, {o})",
            f"nn.Embedding({s.size(10)}, {o}, padding_idx=0)",
            f"nn.EmbeddingBag(10, {o})",
            "nn.Identity()",
            "nn.Flatten()",
        )
    plain = some(
        s,
        "nn.ReLU()",
        "nn.GELU()",
        "nn.Identity()",
        "nn.Dropout(0.1)",
        "nn.Sigmoid()",
        "nn.Tanh()",
        "nn.ReLU(inplace=True)",
        "nn.Softmax(dim=-1)",
        "nn.LeakyReLU(0.1)",
        "nn.PReLU()",
        "nn.SiLU()",
        f"nn.LayerNorm({last})",
        "nn.Flatten()",
        f"nn.Flatten({some(s, '0', '-2', '2')})",
        f"nn.Unflatten(-1, ({some(s, '1', '2')}, -1))",
        f"nn.LayerNorm([{', '.join(s.size(n) for n in shape[1:])}])",
        "nn.Hardswish()",
        "nn.GLU()",
        "nn.LogSoftmax(1)",
        f"nn.RMSNorm({last})",
        "nn.ELU()",
    )
    linear = f"nn.Linear({last}, {o}{bias})"
    if r.random() < 0.3:
        return some(s, plain, linear)
    k = some(s, "1", "3", "2", "(3, 1)", "3", "kernel_size=3")
    options = some(
        s,
        "",
        ", padding=1",
        ", 2",
        ", stride=2, padding=1",
        ", 1, 1",
        ", padding='same'",
        f", groups={some(s, '1', c)}",
        ", dilation=2",
        ", padding=(1, 0)",
    )
    if k.startswith("kernel") and options[2:3].isdigit():
        options = ""
    if rank == 4:
        return some(s, f"nn.Conv2d({c}, {o}, {k}{options}{bias})", f"nn.Conv2d({c}, {o}, {k}{options}{bias})", f"nn.Conv2d(in_channels={c}, out_channels={o}, kernel_size=3, padding=1)", f"nn.BatchNorm2d({c})", f"nn.MaxPool2d({some(s, '2', '2, 2', '3, stride=2, padding=1', '(2, 1)', '2, ceil_mode=True')})", f"nn.AvgPool2d({some(s, '2', '3, 1, 1')})", f"nn.AdaptiveAvgPool2d({some(s, '1', '(1, 1)', '(2, 3)', '(None, 1)')})", f"nn.ConvTranspose2d({c}, {o}, {some(s, '2, 2', '3, stride=2, padding=1, output_padding=1', '4, 2, 1')})", f"nn.Upsample(scale_factor={some(s, '2', '(1, 2)')})", f"nn.GroupNorm({some(s, '1', '2', c)}, {c})", f"nn.InstanceNorm2d({c})", "nn.ZeroPad2d(1)", f"nn.PixelShuffle({some(s, '1', '2')})", "nn.Dropout2d()", plain, linear, f"nn.Conv2d({c}, {c}, 3, padding=1, groups={c})", "nn.Unfold(2)", f"nn.LazyConv2d({o}, 1)", "nn.ReflectionPad2d((0, 1, 1, 0))", "nn.AdaptiveMaxPool2d(1)", "nn.PixelUnshuffle(2)", "nn.LocalResponseNorm(2)", f"nn.Upsample(size=({s.size(4)}, {s.size(6)}), mode='nearest')")  # fmt: skip
    if rank == 3:
        return some(s, linear, f"nn.LayerNorm({last})", f"nn.Conv1d({c}, {o}, {some(s, '1', '3', '3, padding=1', '2, stride=2')})", f"nn.BatchNorm1d({c})", "nn.MaxPool1d(2)", f"nn.AdaptiveAvgPool1d({some(s, '1', '3')})", f"nn.TransformerEncoderLayer({last}, {some(s, '1', '2')}, 8, batch_first=True)", f"nn.LSTM({last}, {o}, batch_first=True)", f"nn.GRU({last}, {o}{some(s, '', ', num_layers=2', ', bidirectional=True', ', batch_first=True')})", f"nn.MultiheadAttention({last}, {some(s, '1', '2')}, batch_first=True)", plain, f"nn.RNN({last}, {o}, batch_first=True)", f"nn.LSTM({last}, {o}, 2, batch_first=True, bidirectional=True)", f"nn.ConvTranspose1d({c}, {o}, 2, 2)", "nn.AvgPool1d(2)", f"nn.TransformerEncoder(nn.TransformerEncoderLayer({last}, 1, 8), num_layers=2)", f"nn.LazyLinear({o})", f"nn.LSTM(input_size={last}, hidden_size={o}, proj_size=1)")  # fmt: skip
    if rank == 2:
        return some(s, linear, linear, linear, f"nn.BatchNorm1d({last})", f"nn.LayerNorm({last})", plain, f"nn.Unflatten(1, ({s.size(1)}, -1))", f"nn.LazyLinear({o})", f"nn.GRUCell({last}, {o})", f"nn.Linear(in_features={last}, out_features={o})", "nn.Dropout(p=0.2)", "nn.Softmax(1)", f"nn.RNNCell({last}, {o})", f"nn.LSTMCell({last}, {o})")  # fmt: skip
    return some(s, linear, plain)


_TUPLES = (nn.LSTM, nn.GRU, nn.RNN, nn.MultiheadAttention, nn.LSTMCell)


class Class:
    """A class of modules under way: its `__init__` and its `forward`, both run as they are written."""

    def __init__(self, s: Scope, inputs: Sequence[Any], options: dict[str, Any]) -> None:
        self.w, self.rng = s.writer, s.rng
        w = self.w
        self.name = w.fresh(
            self.rng.choice("Net Model Encoder Block Head Classifier Backbone MLP Attention Mixer".split())
        )
        self.options = options
        self.me = nn.Module()
        plain = {k: v for k, v in w.env.items() if not is_tensor(v)}
        self.init = Scope(w, {**plain, "self": self.me, **options}, ["self", *options])
        self.inputs = [
            self.w.fresh(n) for n in (["x", "y"] if self.rng.random() < 0.6 else ["inputs", "context"])[: len(inputs)]
        ]
        values = dict(zip(self.inputs, inputs))
        self.forward = Scope(w, {**plain, "self": self.me, **values}, ["self", *self.inputs])
        self.methods: list[list[str]] = []
        w.scopes += [self.init, self.forward]

    def close(self) -> None:
        self.w.scopes.remove(self.init)
        self.w.scopes.remove(self.forward)

    def attribute(self, text: str, stem: str = "layer") -> str | None:
        """Make something in `__init__`."""
        names = [
            n for n in ("conv fc norm proj act block net head layer attn embed pool".split()) if not hasattr(self.me, n)
        ]
        name = self.rng.choice(names) if names and self.rng.random() < 0.6 else self.w.fresh(stem)
        return f"self.{name}" if self.init.run(f"self.{name} = {text}") else None

    def take_back(self, before: int) -> None:
        """Drop what was made in `__init__` since."""
        del self.init.lines[before:]


def _call(c: Class, made: str, x: str, target: str = "") -> bool:
    f = c.forward
    try:
        layer_made = eval(made, f.env)
    except Exception:
        return False
    y = target or f.target()
    if isinstance(layer_made, nn.MultiheadAttention):
        q = f.writer.fresh("attn")
        return f.run(
            some(
                f,
                f"{y}, {q} = {made}({x}, {x}, {x})",
                f"{y} = {made}({x}, {x}, {x}, need_weights=False)[0]",
                f"{y}, _ = {made}(query={x}, key={x}, value={x})",
            )
        )
    if isinstance(layer_made, nn.LSTM):
        h, k = f.writer.fresh("h"), f.writer.fresh("c")
        return f.run(
            some(
                f,
                f"{y}, ({h}, {k}) = {made}({x})",
                f"{y}, _ = {made}({x})",
                f"{y} = {made}({x})[0][:, -1]",
                f"{y}, {h} = {made}({x})\n{y} = {h}[0][-1]",
            )
        )
    if isinstance(layer_made, nn.LSTMCell):
        return f.run(f"{y}, {f.writer.fresh('c')} = {made}({x})")
    if isinstance(layer_made, _TUPLES):
        h = f.writer.fresh("state")
        return f.run(
            some(
                f,
                f"{y}, {h} = {made}({x})",
                f"{y} = {made}({x})[0]",
                f"_, {h} = {made}({x})\n{y} = {h}.squeeze(0)",
                f"{y}, {h} = {made}({x}, None)",
            )
        )
    return f.run(
        some(
            f,
            f"{y} = {made}({x})",
            f"{y} = {made}({x})",
            f"{y} = F.relu({made}({x}))",
            f"{y} = {made}({x}) + {x}",
            f"{y} = torch.relu({made}({x}))",
            f"{y} = {made}.forward({x})",
            f"{y} = {x} + {made}({x})",
            f"{y} = torch.cat([{x}, {made}({x})], dim=1)",
        )
    )


def _one_layer(c: Class) -> bool:
    x = c.forward.pick()
    if x is None:
        return False
    before = len(c.init.lines)
    made = c.attribute(layer(c.init, c.forward.env[x]))
    if made and _call(c, made, x):
        return True
    c.take_back(before)
    return False


def _chain(c: Class, x: Any, count: int) -> tuple[list[str], Any]:
    """Texts of layers that fit one behind the other, and what comes out."""
    found: list[str] = []
    for _ in range(count * 6):
        text = layer(c.init, x)
        try:
            made = eval(text, c.init.env)
            if isinstance(made, _TUPLES):
                continue
            y = made(x)
        except Exception:
            continue
        if is_tensor(y) and y.numel() <= 3000 and y.dim() <= 5:
            found.append(text)
            x = y.detach()
        if len(found) >= count:
            break
    return found, x


def _sequential(c: Class) -> bool:
    x = c.forward.pick()
    if x is None:
        return False
    texts, _ = _chain(c, c.forward.env[x], c.rng.choice([2, 3, 4]))
    if not texts:
        return False
    before = len(c.init.lines)
    listed = ", ".join(texts)
    names = [f"m{i}" for i in range(len(texts))]
    pairs = ", ".join(f'("{n}", {t})' for n, t in zip(names, texts))
    style = c.rng.randrange(9)
    made: str | None
    if style <= 3:
        made = c.attribute(f"nn.Sequential({listed})")
    elif style == 4:
        c.w.need("from collections import OrderedDict")
        made = c.attribute(f"nn.Sequential(OrderedDict([{pairs}]))")
    elif style == 5:
        layers = c.w.fresh("layers")
        lines = [
            f"{layers} = []",
            *(f"{layers}.append({t})" if c.rng.random() < 0.7 else f"{layers} += [{t}]" for t in texts),
        ]
        if not c.init.run("\n".join(lines)):
            return False
        made = c.attribute(f"nn.Sequential(*{layers})")
    elif style == 6:
        made = c.attribute("nn.Sequential()")
        if made and not c.init.run("\n".join(f'{made}.add_module(f"{n}", {t})' for n, t in zip(names, texts))):
            made = None
    elif style == 7:
        made = c.attribute(f"nn.Sequential(*[{listed}])")
        if made and not c.init.run(f"{made}.append(nn.Identity())"):
            made = None
    else:
        f = c.w.fresh("make")
        if not c.init.run(
            "\n".join(
                [
                    f"def {f}():",
                    *indented(
                        [
                            f"layers = [{texts[0]}]",
                            *(f"layers.append({t})" for t in texts[1:]),
                            "return nn.Sequential(*layers)",
                        ]
                    ),
                ]
            )
        ):
            return False
        made = c.attribute(f"{f}()")
    if made and _call(c, made, x):
        return True
    c.take_back(before)
    return False


def _module_list(c: Class) -> bool:
    x = c.forward.pick()
    if x is None:
        return False
    f = c.forward
    before = len(c.init.lines)
    texts, _ = _chain(c, f.env[x], c.rng.choice([1, 2, 3]))
    if not texts:
        return False
    y, outs = c.w.fresh("h"), c.w.fresh("outs")
    k = c.init.size(c.rng.choice([1, 2, 3]))
    style = c.rng.randrange(8)
    if style <= 1:
        made = c.attribute(f"nn.ModuleList([{', '.join(texts)}])")
        body = some(
            f,
            f"{y} = {x}\nfor layer in {made}:\n    {y} = layer({y})",
            f"{y} = {x}\nfor i, layer in enumerate({made}):\n    {y} = layer({y}) if i < len({made}) else {y}",
            f"{y} = {x}\nfor i in range(len({made})):\n    {y} = {made}[i]({y})",
            f"{outs} = []\n{y} = {x}\nfor layer in {made}:\n    {y} = layer({y})\n    {outs}.append({y})\n{y} = {outs}[-1]",
            f"{y} = {made}[0]({x})\nfor layer in {made}[1:]:\n    {y} = layer({y})",
        )
    elif style == 2:
        made = c.attribute(f"nn.ModuleList([{texts[0]} for _ in range({k})])")
        body = some(
            f,
            f"{y} = torch.stack([m({x}) for m in {made}], dim=1)",
            f"{y} = torch.cat([m({x}) for m in {made}], 1)",
            f"{y} = sum(m({x}) for m in {made})",
            f"{y} = {x}\nfor m in {made}:\n    {y} = m({y})",
            f"{y} = [m({x}) for m in {made}][-1]",
        )
    elif style == 3:
        made = c.attribute("nn.ModuleList()")
        if not made or not c.init.run("\n".join(f"{made}.append({t})" for t in texts)):
            c.take_back(before)
            return False
        body = f"{y} = {x}\nfor layer in {made}:\n    {y} = layer({y})"
    elif style == 4:
        made = c.attribute("nn.ModuleDict({" + ", ".join(f"'k{i}': {t}" for i, t in enumerate(texts)) + "})")
        body = some(
            f,
            f"{y} = {made}['k0']({x})",
            f"{y} = {x}\nfor name, m in {made}.items():\n    {y} = m({y})",
            f"{outs} = {{name: m({x}) for name, m in {made}.items()}}\n{y} = {outs}['k0']",
            f"{y} = {x}\nfor m in {made}.values():\n    {y} = m({y})",
            f"{y} = {made}[f'k{{0}}']({x})",
            f"{y} = {made}[list({made}.keys())[0]]({x})",
        )
    elif style == 5:
        n = len(texts)
        name = c.w.fresh("stage")
        lines = [f"self.{name}{i} = {t}" for i, t in enumerate(texts)]
        if c.rng.random() < 0.4:
            lines = [f"setattr(self, f'{name}{{{i}}}', {t})" for i, t in enumerate(texts)]
        if c.rng.random() < 0.3:
            lines = [f"self.add_module('{name}' + str({i}), {t})" for i, t in enumerate(texts)]
        if not c.init.run("\n".join(lines)):
            return False
        made = "self"
        body = some(
            f,
            f"{y} = {x}\nfor i in range({n}):\n    {y} = getattr(self, f'{name}{{i}}')({y})",
            f"{y} = {x}\nfor name in [{', '.join(repr(f'{name}{i}') for i in range(n))}]:\n    {y} = getattr(self, name)({y})",
            f"{y} = self.{name}0({x})",
            f"{y} = {x}\nfor name, m in self.named_children():\n    if name.startswith('{name}'):\n        {y} = m({y})",
        )
    elif style == 6:
        size = f.env[x].shape[-1] if f.env[x].dim() else 1
        d, widths = c.w.fresh("d"), [c.rng.choice(SIZES) for _ in range(3)]
        blocks = c.w.fresh("blocks")
        if not c.init.run(
            "\n".join(
                [
                    f"{blocks} = []",
                    f"{d} = {c.init.size(size)}",
                    f"for width in {some(c.init, repr(widths), repr(tuple(widths)))}:",
                    f"    {blocks} += [nn.Linear({d}, width), nn.ReLU()]",
                    f"    {d} = width",
                ]
            )
        ):
            return False
        made = c.attribute(f"nn.Sequential(*{blocks})")
        head = c.attribute(f"nn.Linear({d}, {c.init.size(3)})")
        body = f"{y} = {head}({made}({x}))"
    else:
        size = f.env[x].shape[-1] if f.env[x].dim() else 1
        dims = c.w.fresh("dims")
        if not c.init.run(f"{dims} = [{c.init.size(size)}, {c.init.size(4)}, {c.init.size(2)}]"):
            return False
        made = c.attribute(
            some(
                c.init,
                f"nn.ModuleList(nn.Linear(a, b) for a, b in zip({dims}, {dims}[1:]))",
                f"nn.ModuleList([nn.Linear({dims}[i], {dims}[i + 1]) for i in range(len({dims}) - 1)])",
                f"nn.ModuleList(map(nn.Linear, {dims}[:-1], {dims}[1:]))",
            )
        )
        body = f"{y} = {x}\nfor fc in {made}:\n    {y} = torch.relu(fc({y}))"
    if made and f.run(body):
        return True
    c.take_back(before)
    return False


def _child(c: Class) -> bool:
    """A class of our own as a layer."""
    x = c.forward.pick()
    if x is None or len(c.w.definitions) > 9:
        return False
    before = len(c.init.lines)
    built = module(c.forward, [c.forward.env[x]], small=True, maker=c.init)
    if built is None:
        return False
    made = c.attribute(built)
    if made and c.forward.run(f"{c.forward.target()} = {made}({x})"):
        return True
    c.take_back(before)
    return False


def _parameter(c: Class) -> bool:
    f = c.forward
    x = f.pick()
    if x is None:
        return False
    before = len(c.init.lines)
    shape = list(f.shape(x))
    name = c.w.fresh(c.rng.choice(["pos", "cls", "scale", "weight", "table"]))
    for i in range(len(shape)):
        if c.rng.random() < 0.4:
            shape[i] = 1
    sizes = ", ".join(c.init.size(n) for n in shape)
    text = some(
        c.init,
        f"self.{name} = nn.Parameter(torch.zeros({sizes or '1'}))",
        f"self.{name} = nn.Parameter(torch.randn({sizes or '1'}) * 0.02)",
        f"self.register_buffer('{name}', torch.ones({sizes or '1'}))",
        f"self.{name} = torch.nn.Parameter(torch.empty({sizes or '1'}))\nnn.init.zeros_(self.{name})",
        f"self.register_parameter('{name}', nn.Parameter(torch.ones({sizes or '1'})))",
    )
    y = f.target()
    p = f"self.{name}"
    if c.init.run(text) and f.run(
        some(
            f,
            f"{y} = {x} + {p}",
            f"{y} = {x} * {p}",
            f"{y} = torch.cat([{p}.expand({x}.shape[0], *[-1] * ({x}.dim() - 1)), {x}], dim=1)",
            f"{y} = {p}[:, :{x}.size(1)] + {x}",
            f"{y} = {p}.repeat({x}.size(0), *[1] * ({x}.dim() - 1))",
            f"{y} = {x} @ {p}.transpose(-1, -2)",
            f"{y} = torch.softmax({p}, 0)",
        )
    ):
        return True
    c.take_back(before)
    return False


def _attention(c: Class) -> bool:
    """Heads as people write them."""
    f = c.forward
    x = f.pick(lambda v: v.dim() == 3 and v.is_floating_point())
    if x is None:
        return False
    b, t, d = f.shape(x)
    heads = c.rng.choice([h for h in (1, 2, 3, 4) if d % h == 0])
    before = len(c.init.lines)
    text = [
        f"self.heads = {c.init.size(heads)}",
        f"self.dim_head = {c.init.size(d)} // self.heads",
        "self.scale = self.dim_head ** -0.5",
        f"self.qkv = nn.Linear({c.init.size(d)}, {c.init.size(d)} * 3, bias=False)",
        f"self.out = nn.Linear({c.init.size(d)}, {c.init.size(d)})",
    ]
    if not c.init.run("\n".join(text)):
        return False
    y = f.target()
    c.w.need("from einops import rearrange, repeat")
    heads_text = some(
        f,
        f"B, T, C = {x}.shape\nqkv = self.qkv({x}).reshape(B, T, 3, self.heads, C // self.heads).permute(2, 0, 3, 1, 4)\nq, k, v = qkv[0], qkv[1], qkv[2]",
        f"B, T, C = {x}.size()\nq, k, v = self.qkv({x}).split(C, dim=2)\nq = q.view(B, T, self.heads, -1).transpose(1, 2)\nk = k.view(B, T, self.heads, C // self.heads).transpose(1, 2)\nv = v.view(B, T, self.heads, C // self.heads).transpose(1, 2)",
        f"B, T, C = {x}.shape\nq, k, v = map(lambda t: rearrange(t, 'b n (h d) -> b h n d', h=self.heads), self.qkv({x}).chunk(3, dim=-1))",
        f"B, T, C = {x}.shape\nq, k, v = rearrange(self.qkv({x}), 'b n (k h d) -> k b h n d', k=3, h=self.heads).unbind(0)",
        f"B, T, C = {x}.shape\nq, k, v = (t.unflatten(-1, (self.heads, -1)).transpose(1, 2) for t in self.qkv({x}).chunk(3, -1))",
    )
    middle = some(
        f,
        "att = (q @ k.transpose(-2, -1)) * self.scale\natt = att.softmax(dim=-1)\nout = att @ v",
        "out = F.scaled_dot_product_attention(q, k, v, is_causal=True)",
        "att = torch.einsum('bhid,bhjd->bhij', q, k) * self.scale\nmask = torch.tril(torch.ones(T, T)).view(1, 1, T, T)\natt = att.masked_fill(mask[:, :, :T, :T] == 0, float('-inf'))\natt = F.softmax(att, dim=-1)\nout = torch.einsum('bhij,bhjd->bhid', att, v)",
        "att = torch.matmul(q, k.mT) / self.dim_head ** 0.5\nmask = torch.ones(T, T).triu(1).bool()\natt = att.masked_fill(mask, -1e9)\nout = torch.matmul(att.softmax(-1), v)",
    )
    after = some(
        f,
        f"{y} = self.out(out.transpose(1, 2).reshape(B, T, C))",
        f"out = out.transpose(1, 2).contiguous().view(B, T, -1)\n{y} = self.out(out)",
        f"{y} = self.out(rearrange(out, 'b h n d -> b n (h d)'))",
        f"{y} = self.out(out.permute(0, 2, 1, 3).flatten(2))",
    )
    if f.run("\n".join([heads_text, middle, after])):
        return True
    c.take_back(before)
    return False


def _method(c: Class) -> bool:
    """A helper method, or a static one."""
    f = c.forward
    x = f.pick()
    if x is None:
        return False
    name = c.w.fresh(some(f, "encode", "pooled", "_reset", "project"))
    with f.inner("self", "t") as inner:
        for n in f.tensors():
            del inner.env[n]
        inner.env["t"] = f.env[x]
        steps(inner, c.rng.choice([1, 2]), 0)
        result = inner.pick()
        body = [*inner.lines, f"return {result}"]
    kind = c.rng.randrange(4)
    head = [
        ["@staticmethod", f"def {name}(t):"],
        [f"def {name}(self, t):"],
        [f"def {name}(self, t, *, flag=True):"],
        ["@torch.no_grad()", f"def {name}(self, t):"],
    ][kind]
    function: dict[str, Any] = {}
    lines = [*head, *indented(body)]
    env = {**f.env}
    try:
        exec("\n".join(lines), env)
        function[name] = env[name]
    except Exception:
        return False
    bound = env[name]
    if kind == 0:
        object.__setattr__(c.me, name, bound.__func__ if isinstance(bound, staticmethod) else bound)
    else:
        object.__setattr__(c.me, name, bound.__get__(c.me))
    if f.run(f"{f.target()} = self.{name}({x})"):
        c.methods.append(lines)
        return True
    return False


def _plain_init(c: Class) -> bool:
    return puzzle(c.init)


def _plain_attribute(c: Class) -> bool:
    name = c.w.fresh(c.rng.choice(["dim", "groups", "depth", "size"]))
    return c.init.run(f"self.{name} = {c.init.size(c.rng.choice(SIZES))}")


def _code(c: Class) -> bool:
    x = c.forward.pick()
    return x is not None and step(c.forward, x)


_PARTS: tuple[Callable[[Class], bool], ...] = (_one_layer, _one_layer, _one_layer, _one_layer, _sequential, _sequential, _module_list, _module_list, _child, _parameter, _attention, _method, _plain_init, _plain_attribute, _code, _code, _code, _code)  # fmt: skip


def module(s: Scope, inputs: Sequence[Any], small: bool = False, maker: Scope | None = None) -> str | None:
    """Define a class of modules for these inputs; the text of its construction."""
    r, w = s.rng, s.writer
    maker = maker or s
    options: dict[str, Any] = {}
    for name in r.sample("dim hidden depth width out_dim heads in_ch num_classes".split(), r.choice([0, 1, 2, 3])):
        x = inputs[0]
        options[name] = r.choice([*(int(n) for n in x.shape), r.choice(SIZES)])
    inputs = [x.detach().clone() for x in inputs]
    c = Class(s, inputs, options)
    done = 0
    for _ in range(40):
        if r.choice(_PARTS)(c):
            done += 1
        if done >= r.choice([1, 2] if small else [2, 3, 4, 5, 6]):
            break
    result = c.forward.pick()
    if result is None:
        c.close()
        return None
    back = f"return {result}"
    if not small and r.random() < 0.25:
        second = c.forward.pick()
        back = some(
            s,
            f"return {result}, {second}",
            f"return {{'out': {result}, 'aux': {second}}}",
            f"return [{result}, {second}]",
        )
    elif r.random() < 0.1:
        back = f"return {expression(c.forward, result)}"
    c.close()
    keyword = {name: r.random() < 0.4 for name in options}
    signature, call = ["self"], []
    default = False
    for name, value in options.items():
        if default or r.random() < 0.4:
            default = True
            signature.append(f"{name}={value if r.random() < 0.8 or keyword[name] is False else value + 1}")
            if not signature[-1].endswith(f"={value}"):
                keyword[name] = True
                call.append(f"{name}={maker.size(value)}")
        else:
            signature.append(name)
            call.append(f"{name}={maker.size(value)}")
    positional = True
    for i, name in enumerate(options):
        texts = [t for t in call if t.startswith(f"{name}=")]
        if texts and positional and not keyword[name] and i < len(call) and call[i] == texts[0]:
            call[i] = texts[0].partition("=")[2]
        else:
            positional = False
    inherits = "nn.Module"
    body = ["super().__init__()" if r.random() < 0.8 else f"super({c.name}, self).__init__()", *c.init.lines]
    classes: list[list[str]] = []
    if r.random() < 0.15:
        base = w.fresh("Base")
        base_forward = [
            f"class {base}(nn.Module):",
            "    scale = 1",
            "",
            "    def __init__(self, *args, **kwargs):",
            "        super().__init__()",
            "        self.extra = kwargs.get('extra', 2)",
            "",
            "    def forward(self, *inputs):",
            "        return self.run(*inputs)",
            "",
        ]
        classes.append(base_forward)
        inherits = base
        body[0] = some(s, "super().__init__()", "super().__init__(extra=3)", f"{base}.__init__(self)")
    lines = [f"class {c.name}({inherits}):"]
    if r.random() < 0.2:
        lines += ['    """A model."""', ""]
    lines += [f"    def __init__({', '.join(signature)}):", *indented(indented(body)), ""]
    for method in c.methods:
        lines += [*indented(method), ""]
    name = "run" if inherits != "nn.Module" else "forward"
    second = f"{c.inputs[1]}=None" if len(c.inputs) > 1 and r.random() < 0.3 else ", ".join(c.inputs[1:])
    lines += [
        f"    def {name}(self, {c.inputs[0]}{', ' + second if second else ''}):",
        *indented(indented([*c.forward.lines, back])),
        "",
    ]
    for extra in [*classes, lines]:
        if not w.define(extra):
            return None
    return f"{c.name}({', '.join(call)})"


# -- scripts -------------------------------------------------------------------------------------------------------


def fresh_input(s: Scope) -> tuple[str, Any] | None:
    """Define an input."""
    r = s.rng
    rank = r.choice([2, 2, 3, 3, 4, 4, 4])
    shape = [r.choice((1, 2, 3, 4)), *(r.choice(SIZES) for _ in range(rank - 1))]
    if rank == 4:
        shape[2:] = [r.choice((4, 5, 6, 8)), r.choice((4, 6, 8))]
    name = s.writer.fresh(r.choice(["x", "x", "batch", "images", "inputs", "data"]))
    if rank < 4 and r.random() < 0.25:
        sizes = ", ".join(s.size(n) for n in shape[:2])
        ok = s.run(f"{name} = torch.randint(0, 4, ({sizes},))")
    else:
        ok = s.run(f"{name} = {new_tensor(s, shape, 0.3)}")
    return (name, s.env[name]) if ok else None


def use_of_module(s: Scope) -> None:
    """A model is made and called."""
    r, w = s.rng, s.writer
    made = fresh_input(s)
    if made is None:
        return
    x, value = made
    arguments, values = [x], [value]
    if r.random() < 0.2 and (more := fresh_input(s)):
        arguments.append(more[0])
        values.append(more[1])
    text = module(s, values, maker=s)
    if text is None:
        return
    name = w.fresh(r.choice(["model", "net", "model", "encoder"]))
    if r.random() < 0.15:
        build = w.fresh("build")
        if not w.define([f"def {build}(**kwargs):", f"    return {text}"]):
            return
        text = f"{build}()"
    if not s.run(f"{name} = {text}"):
        return
    if r.random() < 0.3:
        s.run(
            some(
                s,
                f"{name}.eval()",
                f"{name}.train()",
                f"{name} = {name}.to('cpu')",
                f"for p in {name}.parameters():\n    p.requires_grad = False",
                f"total = sum(p.numel() for p in {name}.parameters())",
                f"{name}.double().float()",
                f"{name}.apply(lambda m: None)",
                f"state = {name}.state_dict()\n{name}.load_state_dict(state)",
                f"import copy\n{name} = copy.deepcopy({name})",
            )
        )
    if r.random() < 0.2:
        surgery(s, name, value)
    y = w.fresh(r.choice(["out", "y", "logits", "pred"]))
    call = f"{name}({', '.join(arguments)})"
    done = s.run(
        some(
            s,
            f"{y} = {call}",
            f"{y} = {call}",
            f"with torch.no_grad():\n    {y} = {call}",
            f"{y} = {name}.forward({', '.join(arguments)})",
            f"{y} = [{call} for _ in range(2)][0]",
        )
    )
    if not done:
        # What does not run is as good a test of us.
        s.lines.append(f"{y} = {call}")
        return
    result = s.env[y]
    if isinstance(result, dict):
        s.run(f"{w.fresh('res')} = {y}['out']")
    elif isinstance(result, (tuple, list)):
        s.run(some(s, f"{w.fresh('res')}, {w.fresh('aux')} = {y}", f"{w.fresh('res')} = {y}[0]"))
    for _ in range(r.choice([0, 1, 2])):
        steps(s, 1)
    if r.random() < 0.3:
        loss(s)


def surgery(s: Scope, model: str, x: Any) -> None:
    """Change a model that is there."""
    value = s.env[model]
    children = [(n, m) for n, m in value.named_children()]
    if not children:
        return
    name, child = s.rng.choice(children)
    if isinstance(child, nn.Linear):
        s.run(
            some(
                s,
                f"{model}.{name} = nn.Linear({model}.{name}.in_features, {s.size(3)})",
                f"{model}.{name} = nn.Identity()",
                f"{model}.{name} = nn.Sequential(nn.Dropout(0.1), nn.Linear({child.in_features}, {s.size(2)}))",
                f"with torch.no_grad():\n    {model}.{name}.weight.fill_(0)",
                f"{model}.{name}.weight = nn.Parameter(torch.zeros({model}.{name}.weight.shape))",
            )
        )
    elif isinstance(child, nn.Sequential) and len(child):
        s.run(
            some(
                s,
                f"{model}.{name}[-1] = nn.Identity()",
                f"{model}.{name} = {model}.{name}[:-1]",
                f"{model}.{name}.append(nn.ReLU())",
                f"{model}.{name} = nn.Sequential(*list({model}.{name}.children())[:-1])",
                f"del {model}.{name}[0]",
                f"{model}.{name}[0] = nn.Identity()",
            )
        )
    else:
        s.run(
            some(
                s,
                f"{model}.{name} = nn.Identity()",
                f"setattr({model}, '{name}', nn.Sequential({model}.{name}))",
                f"for n, m in {model}.named_children():\n    if isinstance(m, nn.Linear):\n        setattr({model}, n, nn.Linear(m.in_features, 2))",
            )
        )


def loss(s: Scope) -> None:
    """A loss of one of the tensors."""
    x = s.pick(lambda v: v.dim() in (2, 3) and v.is_floating_point())
    if x is None:
        return
    shape = s.shape(x)
    n, k = s.size(shape[0]), shape[1]
    labels = s.writer.fresh(some(s, "labels", "target"))
    value = s.writer.fresh("loss")
    lines = some(s, f"{labels} = torch.randint(0, {k}, ({n},))\n{value} = F.cross_entropy({x}, {labels})", f"{labels} = torch.zeros({n}, dtype=torch.long)\ncriterion = nn.CrossEntropyLoss({some(s, '', 'reduction=' + repr('none'), 'label_smoothing=0.1')})\n{value} = criterion({x}, {labels})", f"{labels} = torch.rand({n}, {k})\n{value} = F.mse_loss({x}, {labels})", f"{labels} = torch.rand_like({x})\n{value} = nn.BCEWithLogitsLoss()({x}, {labels})", f"{labels} = torch.randint({k}, ({n}, {s.size(shape[-1])}))\n{value} = F.cross_entropy({x}, {labels})", f"{value} = F.nll_loss(F.log_softmax({x}, dim=1), torch.zeros({x}.size(0)).long())", f"{value} = F.kl_div({x}.log_softmax(-1), {x}.softmax(-1), reduction='batchmean')", f"{labels} = torch.randn({n}, {k})\n{value} = nn.SmoothL1Loss(reduction='none')({x}, {labels}).mean(dim=1)", f"{value} = ((({x} - {x}.mean(0)) ** 2).sum(-1)).sqrt()", f"{labels} = F.one_hot(torch.arange({n}) % {k}, {k}).float()\n{value} = F.cross_entropy({x}, {labels})", f"{value} = ({x}.argmax(dim=1) == torch.zeros({n}, dtype=torch.long)).float().mean()", f"{value} = F.cross_entropy({x}.view(-1, {x}.size(-1)), torch.zeros({x}.numel() // {x}.size(-1), dtype=torch.long))", f"{value} = F.cross_entropy({x}.transpose(1, 2), torch.zeros({n}, {k}, dtype=torch.long))")  # fmt: skip
    if s.run(lines) and s.rng.random() < 0.4:
        s.run(
            some(s, f"{value}.backward()", f"{value} = {value}.item()", f"{value} = {value}.mean()\n{value}.backward()")
        )


def tensor_code(s: Scope) -> None:
    """Statements with tensors."""
    if fresh_input(s):
        steps(s, s.rng.choice([3, 5, 8]))


def use_of_function(s: Scope) -> None:
    """A function at the top of the file, called with one or two inputs."""
    r, w = s.rng, s.writer
    made = fresh_input(s)
    if made is None:
        return
    f = w.fresh(r.choice(["attend", "preprocess", "compute", "embed_patches", "augment"]))
    k = r.choice(SIZES)
    scope = Scope(w, {**{n: v for n, v in w.env.items() if not is_tensor(v)}, "x": made[1].clone(), "k": k}, ["x", "k"])
    w.scopes.append(scope)
    steps(scope, r.choice([2, 4, 6]))
    w.scopes.remove(scope)
    result = scope.pick()
    if w.define([f"def {f}(x, k={k}):", *indented([*scope.lines, f"return {result}"])]):
        s.run(f"{w.fresh('res')} = {f}({made[0]})")
        if r.random() < 0.4 and (more := fresh_input(s)):
            s.run(f"{w.fresh('res')} = {f}({more[0]}, k={s.size(r.choice(SIZES))})")


def training(s: Scope) -> None:
    """A data set, a loader, a loop."""
    r, w = s.rng, s.writer
    n, d, k = r.choice([4, 6, 8]), r.choice(SIZES), r.choice([2, 3, 4])
    batch = r.choice([2, 3, 4])
    w.need("from torch.utils.data import DataLoader, TensorDataset, Dataset")
    kind = r.randrange(3)
    xs, ys = w.fresh("xs"), w.fresh("ys")
    if not s.run(f"{xs} = torch.randn({s.size(n)}, {s.size(d)})\n{ys} = torch.randint(0, {s.size(k)}, ({s.size(n)},))"):
        return
    data = w.fresh("data")
    if kind == 0:
        s.run(f"{data} = TensorDataset({xs}, {ys})")
    elif kind == 1:
        cls = w.fresh("Data")
        w.define(
            [
                f"class {cls}(Dataset):",
                "    def __init__(self, xs, ys, transform=None):",
                "        self.xs, self.ys, self.transform = xs, ys, transform",
                "",
                "    def __len__(self):",
                "        return len(self.xs)",
                "",
                "    def __getitem__(self, i):",
                "        x = self.xs[i]",
                "        if self.transform is not None:",
                "            x = self.transform(x)",
                f"        return {some(s, 'x, self.ys[i]', 'x, int(self.ys[i])')}",
            ]
        )
        s.run(
            f"{data} = {cls}({xs}, {ys}{some(s, '', ', transform=lambda t: t * 2', ', transform=lambda t: t.unsqueeze(0).squeeze(0)')})"
        )
    else:
        s.run(f"{data} = list(zip({xs}, {ys}))")
    model = module(s, [torch.randn(batch, d)], small=True)
    if model is None:
        return
    net, loader, x, y = w.fresh("net"), w.fresh("loader"), w.fresh("xb"), w.fresh("yb")
    body = [
        f"for {x}, {y} in {loader}:",
        f"    out = {net}({x})",
        f"    out = out.reshape({x}.shape[0], -1).float()",
        f"    loss = F.cross_entropy(out, {y} % out.shape[1])",
        "    optimizer.zero_grad()",
        "    loss.backward()",
        "    optimizer.step()",
    ]
    if r.random() < 0.5:
        body = ["for epoch in range(2):", *indented(body)]
    text = "\n".join(
        [
            f"{net} = {model}",
            f"{loader} = DataLoader({data}, batch_size={batch}{some(s, '', ', shuffle=True', ', drop_last=True')})",
            f"optimizer = torch.optim.{some(s, 'SGD', 'Adam')}([*{net}.parameters(), nn.Parameter(torch.zeros(1))], lr=0.1)",
            *body,
        ]
    )
    s.run(text)
