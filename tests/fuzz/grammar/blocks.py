"""Statements around expressions, as any program has them: branches, loops, functions, closures, recursion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.fuzz.grammar.plain import puzzle
from tests.fuzz.grammar.scope import Scope, indented

SIZES = (1, 2, 3, 4, 5, 6, 8)

Block = Callable[[Scope, str], bool]


@dataclass(frozen=True)
class Words:
    """What a library calls things; `expression` and `condition` write about an array that has a name."""

    lib: str
    axis: str
    stack: str
    cat: str
    one: str
    reductions: Sequence[str]
    decorators: Sequence[str]
    expression: Callable[[Scope, str], str]
    condition: Callable[[Scope, str], str]
    unpacking: Block
    in_place: Block
    more: Sequence[Block] = ()


def some(s: Scope, *choices: str) -> str:
    """One of the texts."""
    return s.rng.choice(choices)


def index_parts(s: Scope, count: int, *others: str) -> str:
    """What may stand in the brackets of `x[…]`, of arrays and tensors alike and of `others` that one of them knows."""
    return ", ".join(
        some(
            s,
            ":",
            ":",
            "0",
            "-1",
            "::2",
            "1:",
            ":-1",
            f":{s.size(2)}",
            "None",
            "[0, 0]",
            f"{s.size(1)}:",
            "...",
            *others,
        )
        for _ in range(count)
    )


def axis(s: Scope, x: str, over: int = 0) -> str:
    """One of the axes, from either end."""
    rank = len(s.shape(x)) + over
    i = s.rng.randrange(max(rank, 1))
    return str(i if s.rng.random() < 0.5 else i - rank)


def working(s: Scope, x: str) -> str:
    """An expression of an array that works; it may stand in a branch that is not taken."""
    for _ in range(8):
        text = s.writer.words.expression(s, x)
        if s.works(text):
            return text
    return x


def step(s: Scope, x: str, deep: int = 1) -> bool:
    """One statement (or a few that belong together) with an array."""
    r, w = s.rng, s.writer.words
    roll = r.random()
    if roll < 0.60 or deep == 0 and roll > 0.78:
        return s.assign(w.expression(s, x))
    if roll < 0.68:
        return w.unpacking(s, x)
    if roll < 0.73:
        return w.in_place(s, x)
    if roll < 0.78:
        return puzzle(s)
    return r.choice([*BLOCKS, *w.more])(s, x)


def steps(s: Scope, count: int, deep: int = 1) -> int:
    """Up to so many steps; how many were written."""
    done = 0
    for _ in range(count * 6):
        x = s.pick()
        if x is not None and step(s, x, deep):
            done += 1
        if done >= count:
            break
    return done


def if_(s: Scope, x: str) -> bool:
    condition = s.writer.words.condition(s, x)
    then, other_name = s.writer.fresh("x"), some(s, "else", "none", "elif")
    target = x if s.rng.random() < 0.6 and x.isidentifier() and x in s.own else then
    lines = [f"if {condition}:", f"    {target} = {working(s, x)}"]
    if target == then and other_name == "none":
        other_name = "else"
    if other_name == "elif":
        lines += [f"elif {s.writer.words.condition(s, x)}:", f"    {target} = {working(s, x)}"]
    if other_name != "none":
        lines += ["else:", f"    {target} = {some(s, x, working(s, x))}"]
    return s.run("\n".join(lines))


def ternary(s: Scope, x: str) -> bool:
    return s.assign(f"{working(s, x)} if {s.writer.words.condition(s, x)} else {working(s, x)}")


def loop(s: Scope, x: str) -> bool:
    w = s.writer.words
    y, i = s.writer.fresh("h"), s.writer.fresh("i")
    k = s.size(s.rng.choice([1, 2, 3]))
    with s.inner(y) as inner:
        inner.env[y] = s.env[x]
        steps(inner, s.rng.choice([1, 1, 2]), 0)
        body = inner.lines
    if not body:
        return False
    head = some(
        s,
        f"for {i} in range({k}):",
        f"for _ in range({k}):",
        f"for {i}, scale in enumerate([1, 2]):",
        f"while {y}.ndim < 3:",
        f"for {i} in ({k}, 2):",
    )
    if head.startswith("while"):
        body = [*body, f"{y} = {y}[None]"]
    outs = s.writer.fresh("outs")
    if s.rng.random() < 0.3:
        return s.run(
            "\n".join(
                [
                    f"{outs} = []",
                    f"{y} = {x}",
                    head,
                    *indented([*body, f"{outs}.append({y})"]),
                    f"{y} = {some(s, f'{outs}[-1]', f'{w.stack}({outs})', f'{w.cat}({outs})', f'sum({outs})', f'{outs}.pop(0)')}",
                ]
            )
        )
    return s.run("\n".join([f"{y} = {x}", head, *indented(body)]))


def try_(s: Scope, x: str) -> bool:
    y = s.target()
    return s.run(
        f"try:\n    {y} = {s.writer.words.expression(s, x)}\nexcept {some(s, 'RuntimeError', 'Exception', '(RuntimeError, IndexError, ValueError)')}:\n    {y} = {working(s, x)}"
    )


def function(s: Scope, x: str) -> bool:
    """A function of a tensor, and a call of it."""
    w = s.writer.words
    f, t, k = s.writer.fresh(some(s, "block", "transform", "apply", "project", "mix")), "t", s.writer.fresh("k")
    value = s.rng.choice(SIZES)
    with s.inner(t, k) as inner:
        for name in [n for n in inner.tensors() if s.rng.random() < 0.7]:
            del inner.env[name]
        inner.env[t], inner.env[k] = s.env[x], value
        steps(inner, s.rng.choice([1, 2, 3]), 0)
        body, result = inner.lines, inner.pick()
        back = some(
            inner,
            f"return {result}",
            f"return {result}",
            f"return {t}, {result}",
            f"return {{'out': {result}, 'in': {t}}}",
            f"return [{result}, {t}]",
            f"return {inner.writer.words.expression(inner, result or t)}",
        )
        if s.rng.random() < 0.15:
            back = f"yield {result}\nyield {t}"
        if s.rng.random() < 0.15:
            body = [f"if {s.writer.words.condition(inner, t)}:", f"    return {working(inner, t)}", *body]
    style = s.rng.randrange(5)
    head, call = [
        (f"def {f}({t}, {k}={value}):", f"{f}({x})"), (f"def {f}({t}, *, {k}):", f"{f}({x}, {k}={s.size(value)})"), (f"def {f}({t}, {k}):", f"{f}({x}, {s.size(value)})"),
        (f"def {f}({t}, **kw):\n    {k} = kw.get('k', {value})", f"{f}({t}={x})"), (f"def {f}(*args):\n    {t}, {k} = args", f"{f}(*[{x}, {value}])"),
    ][style]  # fmt: skip
    y = s.writer.fresh("y")
    if "yield" in back:
        call = some(
            s,
            f"next({call})",
            f"list({call})[-1]",
            f"{w.cat}([v.flatten() for v in {call}])",
            f"[v for v in {call}][0]",
        )
    elif back.startswith(f"return {t},"):
        call = some(s, f"{call}[1]", call)
    elif back.startswith("return {"):
        call += some(s, "['out']", "['in']", ".get('out')")
    elif back.startswith("return ["):
        call += some(s, "[0]", "[-1]")
    deco: list[str] = []
    if s.rng.random() < 0.2:
        deco = [s.rng.choice(w.decorators)] if w.decorators else []
    return s.run("\n".join([*deco, *head.split("\n"), *indented([*body, *back.split("\n")]), "", "", f"{y} = {call}"]))


def lambda_(s: Scope, x: str) -> bool:
    w = s.writer.words
    f = s.writer.fresh("f")
    with s.inner("t") as inner:
        inner.env["t"] = s.env[x]
        body, second = inner.writer.words.expression(inner, "t"), inner.writer.words.expression(inner, "t")
    s.writer.need("from functools import partial, reduce")
    return s.run(some(s, f"{f} = lambda t: {body}\n{s.target()} = {f}({x})", f"{s.target()} = (lambda t, k=2: {body})({x})", f"{f} = [lambda t: {body}, lambda t: {second}]\n{s.target()} = {f}[1]({x})", f"{f} = {{'a': lambda t: {body}, 'b': {w.one}}}\n{s.target()} = {f}['a']({x})", f"{s.target()} = reduce(lambda t, g: g(t), [{w.one}, lambda t: {body}], {x})", f"{f} = partial({w.lib}.mean, {w.axis}={axis(s, x)})\n{s.target()} = {f}({x})", f"{f} = partial(lambda t, k: {body}, k=3)\n{s.target()} = {f}({x})", f"{s.target()} = list(map(lambda t: {body}, [{x}]))[0]", f"{f} = getattr({w.lib}, '{some(s, *w.reductions)}')\n{s.target()} = {f}({x}, {w.axis}=-1)", f"{f} = [g({x}) for g in ({w.one}, lambda t: {body})]\n{s.target()} = {f}[-1]"))  # fmt: skip


def recursion(s: Scope, x: str) -> bool:
    f = s.writer.fresh("rec")
    with s.inner("t") as inner:
        inner.env["t"] = s.env[x]
        body = inner.writer.words.expression(inner, "t")
    return s.run(
        f"def {f}(t, depth):\n    if depth == 0:\n        return t\n    return {f}({body}, depth - 1)\n\n\n{s.target()} = {f}({x}, {s.rng.choice([0, 1, 2])})"
    )


def decorated(s: Scope, x: str) -> bool:
    f, deco = s.writer.fresh("fn"), s.writer.fresh("deco")
    with s.inner("t") as inner:
        inner.env["t"] = s.env[x]
        body, after = inner.writer.words.expression(inner, "t"), inner.writer.words.expression(inner, "t")
    s.writer.need("import functools")
    return s.run(
        f"def {deco}(fn):\n    @functools.wraps(fn)\n    def wrapper(*args, **kwargs):\n        t = fn(*args, **kwargs)\n        return {some(s, 't', after)}\n\n    return wrapper\n\n\n@{deco}\ndef {f}(t):\n    return {body}\n\n\n{s.target()} = {f}({x})"
    )


def switch(s: Scope, x: str) -> bool:
    return s.run(
        f"match {x}.ndim:\n    case {len(s.shape(x))}:\n        {s.target()} = {working(s, x)}\n    case _:\n        {s.target()} = {working(s, x)}"
    )


BLOCKS: tuple[Block, ...] = (
    if_,
    if_,
    ternary,
    loop,
    loop,
    try_,
    function,
    function,
    lambda_,
    lambda_,
    recursion,
    decorated,
    switch,
)
