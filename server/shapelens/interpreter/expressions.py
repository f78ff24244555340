"""Expressions: what an ast expression is worth in a frame."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

from shapelens.dims import Expr, TooComplex, equal, less, less_equal, simple
from shapelens.interpreter import attributes, builtins, calls, classes, importing, iteration, memory, plain, stdlib
from shapelens.interpreter.joining import join, join_all, run_branch, settle_outcomes
from shapelens.interpreter.machine import Frame, Machine
from shapelens.interpreter.truth import assume, tested, truth
from shapelens.rules.call import Failure
from shapelens.rules.placeholders import is_placeholder
from shapelens.rules.registry import Rule, apply_rule, operator_rule, rules
from shapelens.source.recovery import LOST_NAMES
from shapelens.values import (
    MAYBE_ARRAY,
    UNKNOWN,
    Alias,
    Choice,
    Class,
    Dict,
    Exceptional,
    Function,
    Instance,
    Iter,
    Lib,
    List,
    Many,
    Ratio,
    Scalar,
    Size,
    Tensor,
    Unknown,
)
from shapelens.values.dtypes import category

_MISSING = object()
_MAX_YIELDS = 4096

# What everybody means by these names in a snippet that has no imports.
SNIPPET_NAMES = {
    "torch": Lib("torch"),
    "nn": Lib("torch.nn"),
    "F": Lib("torch.nn.functional"),
    "np": Lib("numpy"),
    "tf": Lib("tensorflow"),
    "keras": Lib("keras"),
    "layers": Lib("keras.layers"),
    "torchvision": Lib("torchvision"),
    "transforms": Lib("torchvision.transforms"),
    "optim": Lib("torch.optim"),
    "einops": Lib("einops"),
}


def ev(m: Machine, node: ast.expr, f: Frame) -> Any:
    """The value of an expression."""
    form = type(node)
    if form is ast.Constant:
        return node.value  # type: ignore[attr-defined]
    value = _EXPRESSIONS[form](m, node, f)
    if m.trying and _may_have_failed(node, value):
        m.unsure += 1
    kind = type(value)
    if kind in _SIZED and form not in _HANDED_ON and len(value) > 63:
        m.burn(len(value) >> 4)
    if f.place.focus and m.recording:
        if kind is Tensor or kind is Unknown and value.hole is not None or kind is Instance and _is_layer(value, node):
            seen = m.expressions.setdefault((f.place, node), [])
            if len(seen) < 4 and value not in seen:
                seen.append(value)
    return value


# What takes time and memory to make by its length, and the expressions that make nothing.
_SIZED = frozenset((List, Dict, tuple, Size, set, frozenset, str, bytes))
_HANDED_ON = frozenset((ast.Name, ast.Attribute, ast.Constant))


def _may_have_failed(node: ast.expr, value: Any) -> bool:
    """Whether what an expression gave is so little known that it may have raised instead."""
    if type(value) is Tensor:
        return type(value.shape) is not tuple or any(type(d) is not int for d in value.shape)
    if type(value) is Lib:
        return isinstance(node, ast.Subscript) or value.path.startswith("os.environ")
    return isinstance(value, (Unknown, Choice, Many))


def _is_layer(value: Instance, node: ast.expr) -> bool:
    """Whether a hover tells what the object holds; not on each `self`."""
    if isinstance(value.cls, Lib):
        return True
    return not (isinstance(node, ast.Name) and node.id == "self") and classes.is_module(value)


# -- names ---------------------------------------------------------------------------------------------------------


def _name(m: Machine, node: ast.Name, f: Frame) -> Any:
    value = f.locals.get(node.id, _MISSING)
    if value is _MISSING or f.globals is not None and node.id in f.globals:
        value = lookup(m, f, node.id)
    kind = type(value)
    if kind is Unknown and value.hole is not None:
        return m.store.value(value)
    return importing.member(m, f.module, node.id) if kind is importing.Later else value


def lookup(m: Machine, f: Frame, name: str) -> Any:
    """A name that is not a local variable: enclosing functions, the module, builtins, then what snippets mean."""
    if f.globals is not None and name in f.globals:
        scope = f.globals[name]
        if name in scope:
            if m.reads:
                m.read(scope, name, scope[name])
            return scope[name]
    for scope in f.cells:
        if name in scope:
            if m.reads and not (m.frames and scope is m.frames[-1].locals):
                m.read(scope, name, scope[name])
            return scope[name]
    value = importing.member(m, f.module, name)
    if value is not importing.MISSING:
        if m.reads and name in f.module.namespace:
            m.read(f.module.namespace, name, f.module.namespace[name])
        return value
    builtin = builtins.NAMES.get(name, _MISSING)
    if builtin is not _MISSING:
        return builtin
    if name in SNIPPET_NAMES:
        return SNIPPET_NAMES[name]
    if name == "__name__":
        return f.module.name
    if name == "__file__":
        return f.module.path or ""
    if name == "__class__" and f.owner is not None:
        return f.owner
    if name in LOST_NAMES:
        return m.named_unknown(name)  # each time something else
    key = f.module.name, name
    found = m.unbound.get(key)
    if found is None:
        found = m.unbound[key] = m.named_unknown(name)
    return found


def _constant(m: Machine, node: ast.Constant, f: Frame) -> Any:
    return node.value


def _attribute(m: Machine, node: ast.Attribute, f: Frame) -> Any:
    name = node.attr
    return attributes.get(m, f, ev(m, node.value, f), name if name[:2] != "__" else attributes.private(f, name), node)


def _tuple(m: Machine, node: ast.Tuple, f: Frame) -> Any:
    items, rest = _items(m, node.elts, f)
    if plain.is_folded(items):
        return UNKNOWN
    return tuple(items) if rest is None else _open_list(items, rest)


def _list(m: Machine, node: ast.List, f: Frame) -> Any:
    items, rest = _items(m, node.elts, f)
    return UNKNOWN if plain.is_folded(items) else _open_list(items, rest)


def _open_list(items: list[Any], rest: Any) -> List:
    made = List(items)
    made.rest = rest
    return made


def _items(m: Machine, elements: list[ast.expr], f: Frame) -> tuple[list[Any], Any]:
    items: list[Any] = []
    rest: Any = None
    for element in elements:
        if isinstance(element, ast.Starred):
            more, further = iteration.iterate(m, f, ev(m, element.value, f), element)
            if rest is None:
                items.extend(more)
                rest = further
            else:
                rest = UNKNOWN
        elif rest is None:
            items.append(ev(m, element, f))
        else:
            rest = join(rest, ev(m, element, f))
    return items, rest


def _set(m: Machine, node: ast.Set, f: Frame) -> Any:
    items, rest = _items(m, node.elts, f)
    return UNKNOWN if rest is not None else plain.made_set(items)


def _dict(m: Machine, node: ast.Dict, f: Frame) -> Any:
    made = Dict()
    for key_node, value_node in zip(node.keys, node.values):
        value = ev(m, value_node, f)
        if key_node is None:
            iteration.update_dict(m, made, value)
            continue
        key = ev(m, key_node, f)
        iteration.set_key(m, made, key, value)
    return made


def _joined_string(m: Machine, node: ast.JoinedStr, f: Frame) -> Any:
    parts = []
    known = True
    for value in node.values:
        if isinstance(value, ast.Constant):
            parts.append(str(value.value))
            continue
        assert isinstance(value, ast.FormattedValue)
        inner = ev(m, value.value, f)
        spec = ev(m, value.format_spec, f) if value.format_spec is not None else ""
        if isinstance(inner, (str, int, float)) and isinstance(spec, str) and plain.is_small(inner):
            if plain.may_grow(spec):
                known = False
                continue
            try:
                text = repr(inner) if value.conversion == 114 else inner
                parts.append(format(text, spec))
                continue
            except (ValueError, TypeError):
                pass
        known = False
    return "".join(parts) if known else Scalar("str")


def _formatted(m: Machine, node: ast.FormattedValue, f: Frame) -> Any:
    value = ev(m, node.value, f)
    return str(value) if isinstance(value, (str, int, float)) and plain.is_small(value) else Scalar("str")


# -- operators -----------------------------------------------------------------------------------------------------

_BINARY: dict[type, tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("add", operator.add),
    ast.Sub: ("sub", operator.sub),
    ast.Mult: ("mul", operator.mul),
    ast.Div: ("truediv", operator.truediv),
    ast.FloorDiv: ("floordiv", operator.floordiv),
    ast.Mod: ("mod", operator.mod),
    ast.Pow: ("pow", operator.pow),
    ast.MatMult: ("matmul", operator.matmul),
    ast.BitAnd: ("and", operator.and_),
    ast.BitOr: ("or", operator.or_),
    ast.BitXor: ("xor", operator.xor),
    ast.LShift: ("lshift", operator.lshift),
    ast.RShift: ("rshift", operator.rshift),
}
_NUMBERS = (int, float, bool, complex)
_MAX_BITS = 4096
_MAX_ELEMENTS = 10_000
_MAX_TERMS = 200


def _binary(m: Machine, node: ast.BinOp, f: Frame) -> Any:
    name, apply = _BINARY[type(node.op)]
    return binary(m, f, node, name, apply, ev(m, node.left, f), ev(m, node.right, f))


def binary(
    m: Machine, f: Frame, node: ast.AST, name: str, apply: Callable[[Any, Any], Any], a: Any, b: Any, place: str = ""
) -> Any:
    """`a op b`; `place` is "i" for the in-place form."""
    left, right = type(a), type(b)
    if left in _NUMBERS and right in _NUMBERS:
        return _plain_binary(m, apply, a, b)
    if left is Tensor or right is Tensor:
        return _tensor_binary(m, f, node, name, a, b, place)
    a, b = m.store.value(a), m.store.value(b)
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        return _tensor_binary(m, f, node, name, a, b, place)
    if isinstance(a, Expr) or isinstance(b, Expr):
        return _dim_binary(m, name, apply, a, b)
    if isinstance(a, Choice) or isinstance(b, Choice):
        return _choice_binary(m, f, node, name, apply, a, b)
    if (
        isinstance(a, Scalar)
        and (isinstance(b, (Scalar, *_NUMBERS, str)))
        or isinstance(b, Scalar)
        and isinstance(a, (*_NUMBERS, str))
    ):
        return _scalar_binary(name, a, b)
    if isinstance(a, (Instance, Class)) or isinstance(b, (Instance, Class)):
        return classes.operator_method(m, f, node, name, a, b)
    if left in (tuple, Size, List) and right in (tuple, Size, List, int):
        return _sequence_binary(m, name, a, b)
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        if name == "or" and (type(a) is Alias or type(b) is Alias):
            return Alias(node, f)
        return _unknown_binary(m, name, apply, a, b)
    if plain.is_plain(a) and plain.is_plain(b):
        return _plain_binary(m, apply, a, b)
    if isinstance(a, dict) and isinstance(b, dict) and name == "or":
        made = Dict(a)
        made.update(b)
        return made
    if left is int and right in (tuple, List, Size):
        return _sequence_binary(m, name, b, a)
    return UNKNOWN


def _plain_binary(m: Machine, apply: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    if apply is operator.pow and isinstance(b, int) and (abs(b) > 64 or isinstance(a, int) and abs(a) > 1 << 32):
        return UNKNOWN
    if apply is operator.lshift and isinstance(b, int) and b > 256:
        return UNKNOWN
    if isinstance(a, int) and isinstance(b, int):
        if (a.bit_length() + b.bit_length()) > _MAX_BITS:
            return Scalar("int")
    elif apply is operator.mul and isinstance(a, (str, bytes, int)) and isinstance(b, (str, bytes, int)):
        text, count = (a, b) if isinstance(b, int) else (b, a)
        if isinstance(count, int) and not isinstance(text, int) and len(text) * count > plain.LARGEST:
            return Scalar("str") if isinstance(text, str) else UNKNOWN
    elif apply is operator.add and isinstance(a, (str, bytes)) and plain.weight(a) + plain.weight(b) > plain.LARGEST:
        return Scalar("str") if isinstance(a, str) else UNKNOWN
    elif apply is operator.mod and isinstance(a, (str, bytes)):
        if plain.may_grow(str(a)) or not plain.is_small(a) or not plain.is_small(b):
            return Scalar("str") if isinstance(a, str) else UNKNOWN
    try:
        return apply(a, b)
    except ZeroDivisionError:
        raise Exceptional("ZeroDivisionError") from None
    except (TypeError, ValueError, OverflowError, ArithmeticError):
        return UNKNOWN


def _sequence_binary(m: Machine, name: str, a: Any, b: Any) -> Any:
    if name == "add" and isinstance(b, (tuple, list)):
        if isinstance(a, List) or isinstance(b, List):
            if isinstance(a, List) and a.rest is not None:
                return _open_list(list(a), UNKNOWN)
            if len(a) + len(b) > _MAX_ELEMENTS:
                return _many([*a[:1], *b[:1]], len(a) + len(b)) if getattr(b, "rest", None) is None else UNKNOWN
            return _open_list([*a, *b], getattr(b, "rest", None))
        if len(a) + len(b) > _MAX_ELEMENTS:
            return UNKNOWN
        return tuple(a) + tuple(b)
    if name == "mul":
        if isinstance(b, int):
            if len(a) * b > _MAX_ELEMENTS:
                return _many(a, len(a) * b)
            if isinstance(a, List):
                return _open_list(list(a) * b, a.rest)
            return tuple(a) * b
        if isinstance(b, (Unknown, Expr)) and isinstance(a, List) and len(a) == 1:
            return Many(a[0], b if isinstance(b, Expr) else None)
    return UNKNOWN


def _many(sample: Any, count: int) -> Any:
    """A list or tuple that is too long to hold."""
    element = UNKNOWN if not isinstance(sample, List) or sample.rest is not None else sample[0]
    if any(item is not element for item in sample):
        element = UNKNOWN
    if not isinstance(sample, List):
        return Many(element, count)
    made = _open_list([], element)
    made.count = count
    return made


def _terms(dim: int | Expr) -> int:
    return 1 if isinstance(dim, int) else len(dim.key)


def _dim_binary(m: Machine, name: str, apply: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    if isinstance(a, Unknown) and not isinstance(a, Scalar) or isinstance(a, Scalar) and a.type == "int":
        a = m.store.dim_of(a)
    if isinstance(b, Unknown) and not isinstance(b, Scalar) or isinstance(b, Scalar) and b.type == "int":
        b = m.store.dim_of(b)
    if isinstance(a, (int, Expr)) and isinstance(b, (int, Expr)):
        if name == "truediv":
            return Ratio(a, b)
        if name in ("add", "sub", "mul", "floordiv", "mod") or name == "pow" and isinstance(b, int) and 0 <= b <= 8:
            m.burn(20)
            if name in ("mul", "pow") and _terms(a) * _terms(b) > _MAX_TERMS:
                return Scalar("int")
            try:
                return simple(apply(a, b))
            except (ZeroDivisionError, ValueError, TooComplex):
                return Scalar("int")
        return UNKNOWN if name == "pow" else Scalar("int")  # n ** -1 is a float
    if isinstance(b, float) and b != 0 and isinstance(a, Expr):
        if name == "mul":
            return (
                Ratio(a * int(b), 1)
                if b == int(b)
                else Ratio(a, int(1 / b))
                if 1 / b == int(1 / b)
                else Scalar("float")
            )
        if name == "truediv" and b == int(b):
            return Ratio(a, int(b))
    if isinstance(a, float) and name == "mul":
        return _dim_binary(m, name, apply, b, a)
    if any(isinstance(x, Scalar) and x.type not in ("int", "float", "bool") for x in (a, b)):
        return UNKNOWN
    if isinstance(a, (Scalar, float)) or isinstance(b, (Scalar, float)):
        return Scalar("float", MAYBE_ARRAY if MAYBE_ARRAY in (getattr(a, "why", ""), getattr(b, "why", "")) else "")
    if isinstance(a, (tuple, List)) and name == "mul":
        return _sequence_binary(m, name, a, b)
    return UNKNOWN


def _scalar_binary(name: str, a: Any, b: Any) -> Any:
    kinds = [x.type if isinstance(x, Scalar) else type(x).__name__ for x in (a, b)]
    if any(isinstance(x, Scalar) and x.why == MAYBE_ARRAY for x in (a, b)):
        return Scalar("float", MAYBE_ARRAY)
    if "str" in kinds:
        return Scalar("str")
    if "complex" in kinds:
        return UNKNOWN
    if name == "truediv" or "float" in kinds:
        if isinstance(a, Ratio) and isinstance(b, int) and name == "mul":
            return Ratio(a.numerator * b, a.denominator)
        return Scalar("float")
    if name in ("and", "or", "xor") and kinds == ["bool", "bool"]:
        return Scalar("bool")
    if name == "pow" and not (isinstance(b, int) and b >= 0):
        return UNKNOWN  # 2 ** -1 is a float
    return Scalar("int")


def _unknown_binary(m: Machine, name: str, apply: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    """With an open parameter: a config int where the other side is one too, otherwise still unknown."""
    holed = [x for x in (a, b) if isinstance(x, Unknown) and x.hole is not None]
    if not holed:
        return UNKNOWN
    other = b if a is holed[0] else a
    if name in ("floordiv", "mod", "mul", "add", "sub", "truediv"):
        both = len(holed) == 2
        if both or isinstance(other, (int, Expr)) and not isinstance(other, bool):
            if all(_looks_like_size(x.hole.name) for x in holed if x.hole is not None):
                dims = [m.store.dim_of(x) if isinstance(x, Unknown) else x for x in (a, b)]
                return _dim_binary(m, name, apply, *dims)
    return UNKNOWN


_SIZE_LIKE = frozenset(
    "dim d_model d embed_dim hidden hidden_dim hidden_size channels in_channels out_channels in_features out_features "
    "inplanes planes features n_heads num_heads nhead heads h d_k d_head head_dim d_ff dim_feedforward width base_width "
    "n_embd n_head block_size seq_len max_len vocab_size num_classes n_classes c in_ch out_ch ch nf ngf ndf filters "
    "in_dim out_dim input_dim output_dim input_size output_size latent_dim z_dim growth_rate groups".split()
)


def _looks_like_size(name: str) -> bool:
    return name in _SIZE_LIKE or name.endswith(
        ("_dim", "_size", "_channels", "_features", "_heads", "_planes", "_len", "_width", "_planes")
    )


def _choice_binary(
    m: Machine, f: Frame, node: ast.AST, name: str, apply: Callable[[Any, Any], Any], a: Any, b: Any
) -> Any:
    lefts = a.values if isinstance(a, Choice) else (a,)
    rights = b.values if isinstance(b, Choice) else (b,)
    if len(lefts) * len(rights) > 4:
        return UNKNOWN

    def one(x: Any, y: Any) -> Callable[[], Any]:
        return lambda: binary(m, f, node, name, apply, x, y)

    return calls.of_each(m, f, [one(x, y) for x in lefts for y in rights])


def _tensor_binary(m: Machine, f: Frame, node: ast.AST, name: str, a: Any, b: Any, place: str) -> Any:
    for x in (a, b):
        if isinstance(x, Choice):

            def one(left: Any, right: Any) -> Callable[[], Any]:
                return lambda: _tensor_binary(m, f, node, name, left, right, place)

            # With None, arithmetic fails: where the program goes on, it was one of the others.
            values = [v for v in x.values if v is not None or name in ("eq", "ne")]
            return calls.of_each(m, f, [one(v, b) if x is a else one(a, v) for v in values])
        if isinstance(x, (Instance, Class)) and not isinstance(x.cls if isinstance(x, Instance) else x, Lib):
            return classes.operator_method(m, f, node, name, a, b)
    libraries = {x.library for x in (a, b) if isinstance(x, Tensor)}
    if libraries & _TENSORFLOW:
        if isinstance(a, Tensor) and a.library == "numpy" and is_placeholder(b) and name not in ("eq", "ne"):
            return _array_before_symbolic(m, f, node, name, b)
        rule = operator_rule(libraries, name)
        return Tensor(None, None, "tensorflow") if rule is None else _applied(m, f, node, rule, (a, b), UNKNOWN)
    if "numpy" in libraries:
        return _array_binary(m, f, node, name, a, b, libraries, place)
    rule = rules.get(f"torch.Tensor.__{place}{name}__") or rules.get(f"torch.Tensor.__{name}__")
    if rule is None:
        return Tensor(None)
    if a is None or b is None or isinstance(a, str) or isinstance(b, str):
        return Tensor(None)
    value = calls.guarded(m, f, node, lambda: apply_rule(m.call, rule, (a, b), {}), Tensor(None))
    if place != "i":
        memory.hold(m, f, node, rule.path, value, (a, b), {})
    return value


_TENSORFLOW = {"tensorflow", "keras"}


def _array_before_symbolic(m: Machine, f: Frame, node: ast.AST, name: str, symbolic: Tensor) -> Any:
    """Report an array on the left of a KerasTensor: NumPy asks it for its numbers."""
    text = f"an array cannot stand before a KerasTensor, {m.call.text(symbolic)}: NumPy would need its numbers"
    advice = "write the KerasTensor first, or use keras.ops"
    m.report(Failure("argument-value", f"{text}; {advice}", m.call.related(symbolic)), f.place, node)
    return UNKNOWN


def _array_binary(
    m: Machine, f: Frame, node: ast.AST, name: str, a: Any, b: Any, libraries: set[str], place: str = ""
) -> Any:
    """With an array: NumPy's own promotion; a NumPy number beside a tensor counts as a plain number."""
    if libraries == {"numpy"}:
        place = place if isinstance(a, Tensor) else ""
        rule = rules.get(f"numpy.ndarray.__{place}{name.rstrip('_')}__")
        if rule is None:
            return UNKNOWN
        value = _applied(m, f, node, rule, (a, b), UNKNOWN)
        if not place:
            memory.hold(m, f, node, rule.path, value, (a, b), {})
        return value
    number = a if isinstance(a, Tensor) and a.library == "numpy" else b
    rule = rules.get(f"torch.Tensor.__{name}__")
    if rule is None or m.store.shape(number.shape) != ():
        return Tensor(None)
    kind = None if number.dtype is None else ("bool", "int", "float", "complex")[category(number.dtype)]
    pair = [(Scalar(kind) if kind else UNKNOWN) if x is number else x for x in (a, b)]
    return _applied(m, f, node, rule, pair, Tensor(None))


def _applied(m: Machine, f: Frame, node: ast.AST, rule: Rule, operands: Sequence[Any], otherwise: Any) -> Any:
    return calls.guarded(m, f, node, lambda: apply_rule(m.call, rule, operands, {}), otherwise)


def _unary(m: Machine, node: ast.UnaryOp, f: Frame) -> Any:
    value = ev(m, node.operand, f)
    if isinstance(node.op, ast.Not):
        known = tested(m, f, node, value)
        if known is not None:
            return not known
        relation = value.relation if isinstance(value, Unknown) else None
        return Scalar("bool", relation=("not", relation, None) if relation else None)
    if isinstance(value, Tensor):
        name = {ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "invert"}[type(node.op)]
        rule = operator_rule({value.library}, name)
        if rule is None:
            return value
        return _applied(m, f, node, rule, (value,), Tensor(None, None, value.library))
    if isinstance(value, (int, float, complex)):
        return -value if isinstance(node.op, ast.USub) else +value if isinstance(node.op, ast.UAdd) else ~value  # type: ignore[operator]
    if isinstance(value, Expr):
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(value, Ratio) and isinstance(node.op, ast.USub):
        return Ratio(-value.numerator, value.denominator)
    if isinstance(value, Scalar):
        return Scalar(value.type, MAYBE_ARRAY if value.why == MAYBE_ARRAY else "")
    return UNKNOWN


def _boolean(m: Machine, node: ast.BoolOp, f: Frame) -> Any:
    stops = isinstance(node.op, ast.Or)
    return _boolean_from(m, node, 0, f, stops)


def _boolean_from(m: Machine, node: ast.BoolOp, i: int, f: Frame, stops: bool) -> Any:
    value = ev(m, node.values[i], f)
    if i == len(node.values) - 1:
        return value
    known = tested(m, f, node.values[i], value)
    if known is not None:
        return value if known is stops else _boolean_from(m, node, i + 1, f, stops)

    found: list[Any] = []

    def go_on() -> Any:
        assume(m, f, node.values[i], value, not stops)
        found.append(m.store.value(_boolean_from(m, node, i + 1, f, stops)))
        return "value", found[0]

    # What the rest learns holds only where it was looked at.
    value_of_branches(m, f, [go_on, lambda: ("value", value)])
    rest = found[0] if found else UNKNOWN
    if isinstance(value, Scalar) and value.type == "bool" and truth(m, rest) is not None:
        # `unknown and False` is False, `unknown or True` is True; otherwise it is as unknown as the first.
        return rest if rest is stops else join(value, rest)
    if not stops and isinstance(rest, bool) and rest is False:
        return False
    return join(value, rest)


def value_of_branches(m: Machine, f: Frame, bodies: list[Callable[[], Any]]) -> Any:
    """Run alternatives that each answer ("value", v); the values joined, and the effects too."""
    outcomes = [run_branch(m, f, body) for body in bodies]
    values = []
    for outcome in outcomes:
        if outcome.signal is not None and outcome.signal[0] == "value":
            values.append(outcome.signal[1])
            outcome.signal = None
    settle_outcomes(m, f, outcomes)
    return join_all(values)


_ORDER: dict[type, tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Eq: ("eq", operator.eq),
    ast.NotEq: ("ne", operator.ne),
    ast.Lt: ("lt", operator.lt),
    ast.LtE: ("le", operator.le),
    ast.Gt: ("gt", operator.gt),
    ast.GtE: ("ge", operator.ge),
}


def _compare(m: Machine, node: ast.Compare, f: Frame) -> Any:
    left = ev(m, node.left, f)
    result: Any = True
    for op, right_node in zip(node.ops, node.comparators):
        right = ev(m, right_node, f)
        one = compare(m, f, node, op, left, right)
        if len(node.ops) == 1:
            return one
        known = tested(m, f, node, one)
        if known is False:
            return False
        if known is None:
            result = Scalar("bool")
        left = right
    return result


def compare_by_name(m: Machine, f: Frame, node: ast.AST, name: str, a: Any, b: Any) -> Any:
    """`operator.ge(a, b)`."""
    op = next(op for op, (known, _) in _ORDER.items() if known == name)
    return compare(m, f, node, op(), a, b)


def compare(m: Machine, f: Frame, node: ast.AST, op: ast.cmpop, a: Any, b: Any) -> Any:
    """`a op b`: a bool, a tensor, or an unknown truth that knows its relation."""
    kind = type(op)
    if kind in (ast.Is, ast.IsNot):
        same = identical(m, a, b)
        return Scalar("bool") if same is None else same is (kind is ast.Is)
    if kind in (ast.In, ast.NotIn):
        inside = classes.holds(m, f, node, b, a) if isinstance(b, Instance) else contains(m, a, b)
        return Scalar("bool") if inside is None else inside is (kind is ast.In)
    name, apply = _ORDER[kind]
    a, b = m.store.value(a), m.store.value(b)
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        if a is None or b is None or isinstance(a, str) or isinstance(b, str):
            array = a if isinstance(a, Tensor) else b
            if name in ("eq", "ne") and isinstance(array, Tensor) and array.library == "numpy":
                return Tensor(array.shape, "bool", "numpy")  # each element is compared
            if isinstance(array, Tensor) and array.library in ("tensorflow", "keras") and not (a is None or b is None):
                return Tensor(array.shape, "bool", array.library) if array.dtype in (None, "string") else UNKNOWN
            return name == "ne" if name in ("eq", "ne") else UNKNOWN
        return _tensor_binary(m, f, node, name, a, b, "")
    if isinstance(a, Expr) or isinstance(b, Expr):
        return _compare_dims(m, name, a, b)
    versions = stdlib.compared_versions(a, b)
    if versions is not None:
        return apply(*versions)
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        relation = None
        if (
            isinstance(a, Unknown)
            and isinstance(b, (int, Expr))
            or isinstance(b, Unknown)
            and isinstance(a, (int, Expr))
        ):
            relation = name, a, b
        if any(type(x) is Unknown or getattr(x, "why", "") == MAYBE_ARRAY for x in (a, b)):
            return Unknown(relation=relation)  # An array is compared element by element.
        return Scalar("bool", relation=relation)
    if name in ("eq", "ne"):
        same = equals(m, f, a, b)
        return Scalar("bool") if same is None else same is (name == "eq")
    if plain.is_plain(a) and plain.is_plain(b):
        try:
            return apply(a, b)
        except TypeError:
            return Scalar("bool")
    if isinstance(a, Instance) or isinstance(b, Instance):
        return classes.operator_method(m, f, node, name, a, b)
    return Scalar("bool")


def _compare_dims(m: Machine, name: str, a: Any, b: Any) -> Any:
    if not isinstance(a, (int, Expr)) or not isinstance(b, (int, Expr)):
        if a is None or b is None:
            return name == "ne"
        return Scalar("bool")
    a, b = m.store.dim(a), m.store.dim(b)
    if name in ("eq", "ne"):
        known = equal(a, b)
        known = known if known is None else known is (name == "eq")
    elif name == "lt":
        known = less(a, b)
    elif name == "le":
        known = less_equal(a, b)
    elif name == "gt":
        known = less(b, a)
    else:
        known = less_equal(b, a)
    return Scalar("bool", relation=(name, a, b)) if known is None else known


def identical(m: Machine, a: Any, b: Any) -> bool | None:
    """`a is b`, where it can be told."""
    a, b = m.store.value(a), m.store.value(b)
    if a is b:
        return None if isinstance(a, Unknown) else True
    if isinstance(a, Choice) or isinstance(b, Choice):
        pairs = {
            identical(m, x, y)
            for x in (a.values if isinstance(a, Choice) else (a,))
            for y in (b.values if isinstance(b, Choice) else (b,))
        }
        return pairs.pop() if len(pairs) == 1 else None
    if type(a) is Unknown or type(b) is Unknown:
        dtypes = [v.why for v in (a, b) if type(v) is Unknown and isinstance(v.why, tuple) and v.why[0] == "dtype"]
        return dtypes[0] == dtypes[1] if len(dtypes) == 2 else None
    if a is None or b is None or isinstance(a, (bool, Scalar)) or isinstance(b, (bool, Scalar)):
        if isinstance(a, Scalar) and isinstance(b, Scalar) or isinstance(a, Scalar) and b is not None:
            return None
        return a is b if not (isinstance(b, Scalar) and a is not None) else None
    if isinstance(a, (Instance, Class, Function, Lib, List, Dict)) or isinstance(b, (Instance, Class, Function, Lib)):
        return False
    if plain.is_plain(a) and plain.is_plain(b):
        return type(a) is type(b) and bool(a == b)
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return None
    return False


def equals(m: Machine, f: Frame, a: Any, b: Any) -> bool | None:
    """`a == b` of values that are no tensors, where it can be told."""
    if a is b:
        return None if isinstance(a, Unknown) else True
    a, b = m.store.value(a), m.store.value(b)
    if isinstance(a, Unknown) or isinstance(b, Unknown) or isinstance(a, Tensor) or isinstance(b, Tensor):
        return None
    if isinstance(a, _NOT_COMPARED) or isinstance(b, _NOT_COMPARED):
        return None
    if isinstance(a, Expr) or isinstance(b, Expr):
        return equal(a, b) if isinstance(a, (int, Expr)) and isinstance(b, (int, Expr)) else False
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        if isinstance(a, List) != isinstance(b, List):
            return False
        if getattr(a, "rest", None) is not None or getattr(b, "rest", None) is not None:
            return None
        if len(a) != len(b):
            return False
        m.burn(len(a) >> 2)
        parts = [equals(m, f, x, y) for x, y in zip(a, b)]
        return False if False in parts else None if None in parts else True
    if isinstance(a, Instance) and isinstance(b, Instance):
        if a.payload is not None and b.payload is not None:
            return equals(m, f, a.payload, b.payload) if a.cls is b.cls else False
        return None
    if plain.is_plain(a) and plain.is_plain(b):
        try:
            return bool(a == b)
        except Exception:
            return None
    if isinstance(a, dict) and isinstance(b, dict):
        return None
    if isinstance(a, Instance) or isinstance(b, Instance):
        return None
    if _may_be_plain(a) and plain.is_plain(b) or _may_be_plain(b) and plain.is_plain(a):
        return None if a is not None and b is not None else False
    return False


# What these hold is not known one by one.
_NOT_COMPARED = (Choice, Many, Iter)


def _may_be_plain(value: Any) -> bool:
    """Whether a library's name may stand for a number or a text, as `torch.__version__` does."""
    return isinstance(value, Lib) and not value.name[:1].isupper() and value.path not in rules


def contains(m: Machine, a: Any, b: Any) -> bool | None:
    """`a in b`, where it can be told."""
    if isinstance(b, (dict, set, frozenset)):
        if getattr(b, "rest", None) is not None:
            return True if plain.is_plain(a) and a in b else None
        if isinstance(a, (Unknown, Choice)):
            return None if len(b) else False
        try:
            return True if a in b else None if UNKNOWN in b else False
        except TypeError:
            return None
    if isinstance(b, str) and isinstance(a, str):
        return a in b
    if isinstance(b, (tuple, list)):
        found: bool | None = False
        m.burn(len(b) >> 2)
        for item in b:
            same = a is item or equals(m, None, a, item)  # type: ignore[arg-type]
            if same:
                return True
            if same is None:
                found = None
        return None if getattr(b, "rest", None) is not None else found
    if isinstance(b, range) and isinstance(a, int):
        return a in b
    if isinstance(b, Instance):
        return classes.instance_contains(m, a, b)
    if isinstance(b, Class):
        return None
    return None


# -- the rest ------------------------------------------------------------------------------------------------------


def _conditional(m: Machine, node: ast.IfExp, f: Frame) -> Any:
    test = ev(m, node.test, f)
    known = tested(m, f, node.test, test)
    if known is not None:
        return ev(m, node.body if known else node.orelse, f)

    def side(expression: ast.expr, holds: bool) -> Callable[[], Any]:
        def run() -> Any:
            assume(m, f, node.test, test, holds)
            return "value", ev(m, expression, f)

        return run

    return value_of_branches(m, f, [side(node.body, True), side(node.orelse, False)])


def _call(m: Machine, node: ast.Call, f: Frame) -> Any:
    try:
        return calls.evaluate_call(m, node, f)
    except Exceptional as error:
        m.locate(error, f.place, node)
        raise


def _lambda(m: Machine, node: ast.Lambda, f: Frame) -> Any:
    return calls.make_function(m, node, "<lambda>", f)


def _subscript(m: Machine, node: ast.Subscript, f: Frame) -> Any:
    value = ev(m, node.value, f)
    if type(value) is Lib and _SAYS_SHAPES.match(value.path) or type(value) is Alias:
        return Alias(node, f)
    index = _index(m, node.slice, f)
    try:
        return iteration.get_item(m, f, node, value, index)
    except Exceptional as error:
        m.locate(error, f.place, node)
        raise


# Types whose subscripts may say shapes: they are read where they annotate something.
_SAYS_SHAPES = re.compile(r"jaxtyping\.|torchtyping\.|typing(?:_extensions)?\.(?:Annotated|Optional|Union)\Z")


def _index(m: Machine, node: ast.expr, f: Frame) -> Any:
    return ev(m, node, f)


def _slice(m: Machine, node: ast.Slice, f: Frame) -> Any:
    def part(n: ast.expr | None) -> Any:
        return None if n is None else ev(m, n, f)

    return slice(part(node.lower), part(node.upper), part(node.step))


def _named(m: Machine, node: ast.NamedExpr, f: Frame) -> Any:
    value = ev(m, node.value, f)
    f.locals[node.target.id] = value
    return value


def _starred(m: Machine, node: ast.Starred, f: Frame) -> Any:
    return ev(m, node.value, f)


def _comprehension(m: Machine, node: Any, f: Frame) -> Any:
    made = List()
    is_dict = isinstance(node, ast.DictComp)
    table = Dict()
    inner = Frame(f.module, f.place, {}, (f.locals, *f.cells), f.function, f.owner)

    def element() -> Any:
        try:
            if is_dict:
                return ev(m, node.key, inner), ev(m, node.value, inner)
            return ev(m, node.elt, inner)
        except Exceptional as error:
            m.locate(error, f.place, node)
            raise

    def add(value: Any, unsure: bool) -> None:
        if is_dict:
            if unsure:
                table.rest = value[1] if table.rest is None else join(table.rest, value[1])
            else:
                iteration.set_key(m, table, *value)
        elif unsure or made.rest is not None:
            made.rest = value if made.rest is None else join(made.rest, value)
        else:
            made.append(value)

    def loop(i: int, unsure: bool) -> None:
        if i == len(node.generators):
            add(element(), unsure)
            return
        generator = node.generators[i]
        source = ev(m, generator.iter, inner if i else f)
        items, rest = iteration.iterate(m, f, source, generator.iter)

        def turn(item: Any, doubtful: bool) -> None:
            m.burn()
            iteration.assign_target(m, inner, generator.target, item, generator.target)
            for test in generator.ifs:
                value = ev(m, test, inner)
                known = tested(m, inner, test, value)
                if known is False:
                    return
                doubtful = doubtful or known is None
            m.doubtful += doubtful
            try:
                loop(i + 1, doubtful)  # noqa: F821
            finally:
                m.doubtful -= doubtful

        for item in items:
            turn(item, unsure)
        if rest is not None:
            m.doubtful += 1
            try:
                turn(rest, True)
            finally:
                m.doubtful -= 1
            if i == 0 and len(node.generators) == 1 and not items and not generator.ifs and not is_dict:
                made.count = iteration.length(m, source)

    lazy = isinstance(node, ast.GeneratorExp)
    m.doubtful += lazy
    try:
        loop(0, False)
    finally:
        m.doubtful -= lazy
        del loop  # it holds itself
    if is_dict:
        return table
    if isinstance(node, ast.SetComp):
        return UNKNOWN if made.rest is not None else plain.made_set(made)
    if isinstance(node, ast.GeneratorExp):
        if made.rest is not None and not made:
            return Many(made.rest, made.count)
        return Iter(made, made.rest)
    return made


def _yield(m: Machine, node: ast.Yield, f: Frame) -> Any:
    value = ev(m, node.value, f) if node.value is not None else None
    if f.yields is not None:
        m.touch(f.yields)
        if f.yields.rest is not None:
            f.yields.rest = join(f.yields.rest, value)
        elif len(f.yields.items) < _MAX_YIELDS:
            f.yields.items.append(value)
        else:
            f.yields.rest = value
    return UNKNOWN


def _yield_from(m: Machine, node: ast.YieldFrom, f: Frame) -> Any:
    items, rest = iteration.iterate(m, f, ev(m, node.value, f), node)
    if f.yields is not None:
        m.touch(f.yields)
        if f.yields.rest is None:
            f.yields.items.extend(items)
            f.yields.rest = rest
        else:
            for item in (*items, *(() if rest is None else (rest,))):
                f.yields.rest = join(f.yields.rest, item)
    return UNKNOWN


def _await(m: Machine, node: ast.Await, f: Frame) -> Any:
    return ev(m, node.value, f)


_EXPRESSIONS: dict[type, Callable[..., Any]] = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.Attribute: _attribute,
    ast.Tuple: _tuple,
    ast.List: _list,
    ast.Set: _set,
    ast.Dict: _dict,
    ast.JoinedStr: _joined_string,
    ast.FormattedValue: _formatted,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.Compare: _compare,
    ast.IfExp: _conditional,
    ast.Call: _call,
    ast.Lambda: _lambda,
    ast.Subscript: _subscript,
    ast.Slice: _slice,
    ast.NamedExpr: _named,
    ast.Starred: _starred,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.Yield: _yield,
    ast.YieldFrom: _yield_from,
    ast.Await: _await,
}
