"""The signature language: `"*batch in_features -> *batch out_features"`.

A pattern lists, for each tensor that goes in and each that comes out, its axes, separated by blanks:

    64            that size                       in_features   a name: bound once, the same everywhere
    _             any size                        *batch        any number of dims, the same wherever it stands again
    batch?        a dim that may be missing       2*hidden, (h*w), t-1     an expression of names bound before

Names are looked up in the layer's configuration first. An open shape is taught what the pattern says. A shape that
does not fit raises a Failure whose message says which axis expected what, and what came.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from shapelens.dims import Dim, floordiv
from shapelens.rules.call import Call, Fix, NotKnown
from shapelens.values import Open, Tensor
from shapelens.values.text import dim_text

_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: floordiv,
}

# What an unnamed leading dim of an inferred shape is called.
_LEADING = {1: ("B",), 2: ("B", "T"), 3: ("B", "H", "W")}


@dataclass(frozen=True)
class Axis:
    """One axis of a pattern: kind is "size", "name", "any", "star", "optional" or "expression"."""

    kind: str
    text: str
    size: int = 0
    node: Any = None


@dataclass(frozen=True)
class Pattern:
    """The axes of each tensor that goes in and each that comes out."""

    inputs: tuple[tuple[Axis, ...], ...]
    outputs: tuple[tuple[Axis, ...], ...]

    @staticmethod
    def axes(text: str) -> tuple[Axis, ...]:
        """The axes of one tensor."""
        return tuple(_axis(term) for term in text.split())

    @staticmethod
    def shape(c: Call, axes: Sequence[Axis], bound: Mapping[str, Any]) -> tuple[Dim, ...]:
        """The shape that axes stand for when every name is bound."""
        found: list[Dim] = []
        for axis in axes:
            if axis.kind in ("star", "optional"):
                run = bound.get(axis.text, ())
                if isinstance(run, Open) or run is None:
                    raise NotKnown
                found.extend(run)
            else:
                found.append(_value(c, axis, bound))
        return tuple(found)

    def apply(self, c: Call, args: Sequence[Tensor], config: Mapping[str, Any], code: str) -> Any:
        """Hold the tensors against the pattern; the tensors that come out, of the first one's dtype."""
        bound: dict[str, Any] = {}
        for axes, tensor in zip(self.inputs, args):
            match(c, axes, tensor, bound, config, code)
        first = args[0]
        made = []
        for axes in self.outputs:
            shape = _output(c, axes, _Both(bound, config))
            made.append(first.with_(shape=shape))
        return made[0] if len(made) == 1 else tuple(made)


class _Both(dict[str, Any]):
    """Names bound by the match, then the configuration."""

    def __init__(self, bound: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        super().__init__(config)
        self.update(bound)


def _axis(term: str) -> Axis:
    if term == "_":
        return Axis("any", term)
    if term.isdigit():
        return Axis("size", term, int(term))
    if term.startswith("*"):
        return Axis("star", term[1:])
    if term.endswith("?"):
        return Axis("optional", term[:-1])
    if term.isidentifier():
        return Axis("name", term)
    return Axis("expression", term, 0, ast.parse(term, mode="eval").body)


@cache
def parse(text: str) -> Pattern:
    """The pattern that a text stands for."""
    left, arrow, right = text.partition("->")
    if not arrow:
        raise ValueError(f"a pattern needs an arrow: {text!r}")
    return Pattern(
        tuple(Pattern.axes(part) for part in left.split(",")), tuple(Pattern.axes(part) for part in right.split(","))
    )


def _value(c: Call, axis: Axis, bound: Mapping[str, Any]) -> Dim:
    if axis.kind == "size":
        return axis.size
    if axis.kind == "name":
        if axis.text not in bound:
            raise NotKnown
        return c.dim(bound[axis.text])
    if axis.kind == "expression":
        return _evaluate(c, axis.node, bound)
    raise NotKnown


def _evaluate(c: Call, node: ast.expr, bound: Mapping[str, Any]) -> Dim:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    if isinstance(node, ast.Name):
        if node.id not in bound:
            raise NotKnown
        return c.dim(bound[node.id])
    if isinstance(node, ast.BinOp):
        apply = _OPERATORS[type(node.op)]
        return apply(_evaluate(c, node.left, bound), _evaluate(c, node.right, bound))  # type: ignore[no-any-return]
    raise ValueError(f"a pattern cannot have {ast.dump(node)}")


def _output(c: Call, axes: Sequence[Axis], bound: Mapping[str, Any]) -> tuple[Dim, ...] | Open | None:
    for i, axis in enumerate(axes):
        if axis.kind == "star":
            run = bound.get(axis.text)
            if isinstance(run, Open):
                front = Pattern.shape(c, axes[:i], bound) + run.prefix
                return Open(front, run.var, run.suffix + Pattern.shape(c, axes[i + 1 :], bound))
    return Pattern.shape(c, axes, bound)


def match(
    c: Call, axes: Sequence[Axis], tensor: Tensor, bound: dict[str, Any], config: Mapping[str, Any], code: str
) -> None:
    """Bind the names of a pattern to the tensor's dims, teaching an open shape; fails with `code` where it cannot."""
    shape = c.shape(tensor)
    if shape is None:
        raise NotKnown
    star = next((i for i, a in enumerate(axes) if a.kind == "star"), None)
    if isinstance(shape, Open):
        shape = _taught(c, axes, star, shape, bound)
    if isinstance(shape, Open):
        assert star is not None
        back = len(axes) - star - 1
        shape = c.at_least(shape, star, back)
        run = Open(shape.prefix[star:], shape.var, shape.suffix[: len(shape.suffix) - back])
        dims = shape.prefix[:star] + shape.suffix[len(shape.suffix) - back :]
        bound[axes[star].text] = run
        _dims(c, (*axes[:star], *axes[star + 1 :]), dims, bound, config, code, tensor, len(dims))
        return
    fixed = [a for a in axes if a.kind not in ("star", "optional")]
    missing = len(shape) - len(fixed)
    if star is not None:
        if missing < 0:
            _rank_failure(c, axes, tensor, code)
        back = len(axes) - star - 1
        run_dims = shape[star : len(shape) - back]
        _run(c, axes[star].text, run_dims, bound, code, tensor)
        rest = shape[:star] + shape[len(shape) - back :]
        _dims(c, (*axes[:star], *axes[star + 1 :]), rest, bound, config, code, tensor, len(shape))
        return
    optional = [a for a in axes if a.kind == "optional"]
    if not 0 <= missing <= len(optional):
        _rank_failure(c, axes, tensor, code)
    for i, axis in enumerate(optional):
        bound[axis.text] = (shape[i],) if i < missing else ()
    _dims(c, fixed, shape[missing:], bound, config, code, tensor, len(shape))


def _taught(
    c: Call, axes: Sequence[Axis], star: int | None, shape: Open, bound: Mapping[str, Any]
) -> tuple[Dim, ...] | Open:
    if star is None:
        names = [a.text if a.kind == "name" else "B" if a.kind == "optional" else "D" for a in axes]
        taught = c.store.rank(shape, names)
        if taught is None:
            raise NotKnown
        return taught
    run = bound.get(axes[star].text)
    if isinstance(run, tuple):
        names = ["D"] * (len(axes) - 1 + len(run))
        taught = c.store.rank(shape, names)
        if taught is None:
            raise NotKnown
        return taught
    return shape


def _run(c: Call, name: str, dims: tuple[Dim, ...], bound: dict[str, Any], code: str, tensor: Tensor) -> None:
    before = bound.get(name)
    if before is None:
        bound[name] = dims
        return
    if isinstance(before, Open):
        raise NotKnown
    if len(before) != len(dims):
        c.fail(code, f"{c.name}: leading dims {_listed(c, before)} and {_listed(c, dims)} differ in number", tensor)
    for a, b in zip(before, dims):
        c.require(a, b, code, f"{c.name}: leading dims {_listed(c, before)} and {_listed(c, dims)} differ", tensor)


def _listed(c: Call, dims: Sequence[Dim]) -> str:
    return "(" + ", ".join(dim_text(c.store.dim(d)) for d in dims) + ")"


def _dims(
    c: Call,
    axes: Sequence[Axis],
    dims: Sequence[Dim],
    bound: dict[str, Any],
    config: Mapping[str, Any],
    code: str,
    tensor: Tensor,
    rank: int,
) -> None:
    for i, (axis, dim) in enumerate(zip(axes, dims)):
        if axis.kind == "any":
            continue
        if axis.kind == "name" and axis.text not in bound and axis.text not in config:
            bound[axis.text] = dim
            continue
        expected = _value(c, axis, _Both(bound, config))
        if c.equate(expected, dim) is False:
            _size_failure(c, axis, expected, dim, i - len(axes), tensor, code, axis.text in config)


def _size_failure(
    c: Call, axis: Axis, expected: Dim, came: Dim, place: int, tensor: Tensor, code: str, configured: bool
) -> None:
    named = axis.text if axis.kind == "name" else f"a size of {axis.text}" if axis.kind == "expression" else "a size"
    fixes: list[Fix] = []
    resolved = c.store.dim(came)
    if configured and isinstance(resolved, int) and c.layer is not None and c.layer.origin is not None:
        fixes.append(Fix(f"Change {axis.text} to {resolved} in {c.name}", c.layer.origin, axis.text, str(resolved)))
    c.fail(
        code,
        f"{c.name} expects {named} = {c.dim_text(expected)}, got {c.dim_text(came)} in dim {place} of {c.text(tensor)}",
        tensor,
        fixes=fixes,
    )


def _rank_failure(c: Call, axes: Sequence[Axis], tensor: Tensor, code: str) -> None:
    wanted = ", ".join(("…" if a.kind == "star" else a.text) for a in axes)
    c.fail("rank-mismatch", f"{c.name} expects a tensor of ({wanted}), got {c.text(tensor)}", tensor)
