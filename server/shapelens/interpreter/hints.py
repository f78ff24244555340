"""What annotations say: shapes (jaxtyping, torchtyping, `Annotated`), alone or within Optional, tuple, list and dict.

`said` reads an annotation, `Axes` holds what its axis names stand for within one call, `opened` makes a value of it.
Whether a value fits is `contracts`' to say.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from shapelens.dims import Dim, Expr, symbol
from shapelens.interpreter.arithmetic import expression_of, written_size
from shapelens.interpreter.machine import Frame, Machine, Place
from shapelens.source.axes import ANY, REST, Axis, axes_of, with_values
from shapelens.source.comments import said_axes
from shapelens.values import (
    UNKNOWN,
    Alias,
    Class,
    Dict,
    Exceptional,
    Function,
    Hole,
    Lib,
    List,
    Open,
    Scalar,
    Shape,
    ShapeVar,
    Tensor,
    Unknown,
)
from shapelens.values.dtypes import FLOATS

_UINTS = frozenset(("uint8", "uint16", "uint32", "uint64"))
_INTS = frozenset(("int8", "int16", "int32", "int64"))
_COMPLEX = frozenset(("complex64", "complex128"))
_FLOATS = frozenset(FLOATS)
# The dtypes that each kind of jaxtyping admits; None: any.
KINDS: dict[str, frozenset[str] | None] = {
    "Shaped": None, "Bool": frozenset(("bool",)), "Key": frozenset(), "UInt": _UINTS, "Int": _INTS,
    "Integer": _UINTS | _INTS, "Float": _FLOATS, "Complex": _COMPLEX, "Inexact": _FLOATS | _COMPLEX,
    "Real": _FLOATS | _UINTS | _INTS, "Num": _FLOATS | _UINTS | _INTS | _COMPLEX, "BFloat16": frozenset(("bfloat16",)),
    "Float8e4m3fn": frozenset(("float8_e4m3fn",)), "Float8e5m2": frozenset(("float8_e5m2",)),
    **{f"Float{n}": frozenset((f"float{n}",)) for n in (16, 32, 64)},
    **{f"Int{n}": frozenset((f"int{n}",)) for n in (8, 16, 32, 64)},
    **{f"UInt{n}": frozenset((f"uint{n}",)) for n in (8, 16, 32, 64)},
    **{f"Complex{n}": frozenset((f"complex{n}",)) for n in (64, 128)},
}  # fmt: skip
# The member that stands for a family, where a value is to be made.
_USUAL = {_FLOATS: "float32", _INTS: "int64", _UINTS | _INTS: "int64"}
_TORCHTYPING_DTYPES = {"builtins.float": _FLOATS, "builtins.int": _INTS, "builtins.bool": KINDS["Bool"]}
_TENSORS = ("torch.Tensor", "torch.FloatTensor", "torch.LongTensor", "torch.nn.Parameter", "numpy.ndarray")
_SCALARS = {"builtins.int": "int", "builtins.float": "float", "builtins.bool": "bool", "builtins.str": "str"}
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Shaped:
    """A tensor of these axes and one of these dtypes (None: any). `text` is the annotation as people write it."""

    axes: tuple[Axis, ...]
    dtypes: frozenset[str] | None
    text: str
    library: str = "torch"


@dataclass(frozen=True, slots=True)
class Either:
    """One of several; None stands for what says no shape. `optional`: the value None is one of them."""

    options: tuple[Said | None, ...]
    optional: bool


@dataclass(frozen=True, slots=True)
class Items:
    """A "tuple", "list" or "dict" of these. `more`: any number of the one item."""

    kind: str
    items: tuple[Said | None, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Calls:
    """A callable of these annotations: `Callable[[Float[Tensor, "b c"]], Float[Tensor, "b"]]`."""

    parameters: tuple[ast.expr, ...] | None
    returns: ast.expr
    frame: Frame


Said: TypeAlias = "Shaped | Either | Items | Calls"


class Signature(NamedTuple):
    """What the annotations of a function say of its parameters and of what it returns."""

    parameters: dict[str, Said]
    returns: Said | None


def signature(m: Machine, function: Function) -> Signature | None:
    """What a function's annotations say of shapes; None for nothing. Read once in a run."""
    if function.born not in m.signatures:
        m.signatures[function.born] = _signature(m, function)
    found: Signature | None = m.signatures[function.born]
    return found


def _signature(m: Machine, function: Function) -> Signature | None:
    arguments: ast.arguments = function.node.args
    frame = Frame(function.module, function.code, {}, function.cells)
    parameters = {}
    for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        found = said(m, a.annotation, frame)
        if found is not None:
            parameters[a.arg] = found
    returns = said(m, getattr(function.node, "returns", None), frame)
    return Signature(parameters, returns) if parameters or returns is not None else None


def _ev(m: Machine, node: ast.expr, f: Frame) -> Any:
    from shapelens.interpreter.expressions import ev

    try:
        return ev(m, node, f)
    except (Exceptional, RecursionError):
        return UNKNOWN  # Python reads few annotations when it runs, and this one may be nested thousands of times.


# -- reading -------------------------------------------------------------------------------------------------------


def said(m: Machine, node: ast.expr | None, f: Frame, depth: int = 0) -> Said | None:
    """What an annotation says of shapes; None where it says nothing, or nothing that is understood."""
    if node is None or depth > _DEEPEST:
        return None
    if isinstance(node, ast.Constant):
        return said(m, parsed, f, depth + 1) if (parsed := _forward(node.value)) is not None else None
    if isinstance(node, (ast.Name, ast.Attribute)):
        value = _ev(m, node, f)
        return said(m, value.node, value.frame, depth + 1) if type(value) is Alias else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _either(m, [node.left, node.right], f, depth)
    if not isinstance(node, ast.Subscript) or not isinstance(node.value, (ast.Name, ast.Attribute)):
        return None
    base = _ev(m, node.value, f)
    if not isinstance(base, Lib):
        return None
    parts = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    top, _, name = base.path.partition(".")
    if top == "jaxtyping":
        return _jaxtyping(m, name, parts, f, depth)
    if top == "torchtyping":
        return _torchtyping(m, node, parts, f) if name == "TensorType" else None
    if top not in ("typing", "typing_extensions", "builtins", "collections"):
        return None
    if base.name == "Annotated":
        return _annotated(m, node, parts, f, depth)
    if base.name == "Callable" and len(parts) == 2:
        parameters = tuple(parts[0].elts) if isinstance(parts[0], ast.List) else None
        stated = any(said(m, part, f, depth + 1) is not None for part in (*(parameters or ()), parts[1]))
        return Calls(parameters, parts[1], f) if stated else None
    if base.name == "Optional":
        return _either(m, [*parts, ast.Constant(None)], f, depth)
    if base.name == "Union":
        return _either(m, parts, f, depth)
    if base.name in ("tuple", "Tuple", "list", "List", "Sequence", "dict", "Dict", "Mapping"):
        return _items(m, base.name.lower(), parts, f, depth)
    return None


def _forward(value: object) -> ast.expr | None:
    if not isinstance(value, str) or "[" not in value and not value.replace(".", "").isidentifier():
        return None
    try:
        return ast.parse(value, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _either(m: Machine, nodes: list[ast.expr], f: Frame, depth: int) -> Said | None:
    options: list[Said | None] = []
    optional = False
    for node in nodes:
        if isinstance(node, ast.Constant) and node.value is None:
            optional = True
            continue
        option = said(m, node, f, depth + 1)
        if isinstance(option, Either):
            options += option.options
            optional = optional or option.optional
        else:
            options.append(option)
    return Either(tuple(options), optional) if any(options) else None


def _items(m: Machine, kind: str, parts: list[ast.expr], f: Frame, depth: int) -> Said | None:
    if kind == "tuple":
        more = len(parts) == 2 and isinstance(parts[1], ast.Constant) and parts[1].value is Ellipsis
        items = tuple([said(m, part, f, depth + 1) for part in (parts[:1] if more else parts)])
        return Items("tuple", items, more) if any(items) else None
    item = said(m, parts[-1], f, depth + 1)
    if item is None or kind in ("dict", "mapping") and len(parts) != 2:
        return None
    return Items("dict" if kind in ("dict", "mapping") else "list", (item,), True)


def _jaxtyping(m: Machine, kind: str, parts: list[ast.expr], f: Frame, depth: int) -> Shaped | None:
    if kind not in KINDS or len(parts) != 2:
        return None
    text = parts[1].value if isinstance(parts[1], ast.Constant) else _ev(m, parts[1], f)
    if not isinstance(text, str) or (axes := axes_of(text)) is None:
        return None
    inner = said(m, parts[0], f, depth + 1)
    if isinstance(inner, Shaped):
        if inner.dtypes is None or KINDS[kind] is None:
            dtypes = KINDS[kind] if inner.dtypes is None else inner.dtypes
        else:
            dtypes = inner.dtypes & KINDS[kind]  # type: ignore[operator]
        if sum(axis.many for axis in axes + inner.axes) > 1:
            return None
        return Shaped(axes + inner.axes, dtypes, f'{kind}[{ast.unparse(parts[0])}, "{text}"]', inner.library)
    library = _library(m, parts[0], f)
    if inner is not None or library is None:
        return None
    return Shaped(axes, KINDS[kind], f'{kind}[{ast.unparse(parts[0])}, "{text}"]', library)


def _library(m: Machine, node: ast.expr, f: Frame) -> str | None:
    """Whose arrays a type is of; None where it is none that is known."""
    if isinstance(node, ast.Constant) and isinstance(parsed := _forward(node.value), ast.expr):
        node = parsed
    if isinstance(node, ast.BinOp):
        found = [_library(m, node.left, f), _library(m, node.right, f)]
        return "torch" if "torch" in found else found[0] or found[1]
    if isinstance(node, ast.Subscript):
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        libraries = [_library(m, part, f) for part in parts]
        return "torch" if "torch" in libraries else None
    value = _ev(m, node, f) if isinstance(node, (ast.Name, ast.Attribute)) else None
    if isinstance(value, Class):
        value = next((base for base in value.mro if isinstance(base, Lib)), None)
    if isinstance(value, Lib):
        top = value.path.partition(".")[0]
        if top == "typing" and value.name != "Any" or top in ("builtins", "jax", "jaxtyping", "tensorflow", "keras"):
            return None
        return "numpy" if top == "numpy" else "torch" if top in ("torch", "typing") else None
    return "torch" if isinstance(value, Unknown) else None


def _torchtyping(m: Machine, node: ast.Subscript, parts: list[ast.expr], f: Frame) -> Shaped | None:
    axes: list[Axis] = []
    dtypes: frozenset[str] | None = None
    for part in parts:
        axis: Axis | None = None
        if isinstance(part, ast.Slice):  # "batch": ...  or  "channels": 3
            upper = part.upper.value if isinstance(part.upper, ast.Constant) else _number(m, part.upper, f)
            name = part.lower.value if isinstance(part.lower, ast.Constant) else None
            if upper is Ellipsis:
                axis = Axis(name, many=True) if isinstance(name, str) else REST
            else:
                axis = _axis_of(upper)
        elif isinstance(part, ast.Constant) or isinstance(part, ast.UnaryOp):
            axis = _axis_of(_number(m, part, f))
        else:
            value = _ev(m, part, f)
            if isinstance(value, Lib):
                if value.path in _TORCHTYPING_DTYPES:
                    dtypes = _TORCHTYPING_DTYPES[value.path]
                elif value.path.startswith("torch.") and value.name in (*FLOATS, *_INTS, *_UINTS, "bool"):
                    dtypes = frozenset((value.name,))
                continue  # a layout, or a request such as is_named
            axis = _axis_of(value)
        if axis is None:
            return None
        axes.append(axis)
    return Shaped(tuple(axes), dtypes, ast.unparse(node)) if sum(a.many for a in axes) < 2 else None


def _number(m: Machine, node: ast.expr | None, f: Frame) -> Any:
    return None if node is None else node.value if isinstance(node, ast.Constant) else _ev(m, node, f)


def _axis_of(value: object) -> Axis | None:
    """The axis that one element of a tuple says: `"batch"`, 3, -1, None, `...`."""
    if value is Ellipsis:
        return REST
    if value is None or value == -1:
        return ANY
    if isinstance(value, int) and not isinstance(value, bool):
        return Axis(size=value) if value >= 0 else None
    if isinstance(value, str):
        axes = axes_of(value)
        return axes[0] if axes is not None and len(axes) == 1 else None
    return None


def _annotated(m: Machine, node: ast.Subscript, parts: list[ast.expr], f: Frame, depth: int) -> Said | None:
    inner = said(m, parts[0], f, depth + 1)
    if inner is not None:
        return inner
    library = _library(m, parts[0], f)
    if library is None:
        return None
    for part in parts[1:]:
        found = _metadata(m, part, f)
        if found is not None:
            return Shaped(found[0], found[1], ast.unparse(node), library)
    return None


def _metadata(m: Machine, node: ast.expr, f: Frame) -> tuple[tuple[Axis, ...], frozenset[str] | None] | None:
    """The axes and dtypes that one part of an `Annotated` says: "b c", ("B", 3), Float32["b c"], Shape("B", 3)."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        words = said_axes(node.value)
        return _words(words)
    if isinstance(node, (ast.Tuple, ast.List)):
        return _elements(m, list(node.elts), f)
    if isinstance(node, ast.Subscript):
        name = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        parts = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        text = parts[0].value if len(parts) == 1 and isinstance(parts[0], ast.Constant) else None
        if name in KINDS or name in ("Literal", "Shape"):
            dtypes = KINDS.get(name)
            if isinstance(text, str):
                axes = axes_of(" ".join(said_axes(text) or (text,)))
                return None if axes is None else (axes, dtypes)
            found = _elements(m, parts, f)
            return None if found is None else (found[0], dtypes)
        return None
    if isinstance(node, ast.Call) and not node.keywords:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if "shape" in name.lower():
            if len(node.args) == 1 and not isinstance(node.args[0], ast.Starred):
                return _metadata(m, node.args[0], f) or _elements(m, node.args, f)
            return _elements(m, node.args, f)
    return None


def _elements(m: Machine, nodes: list[ast.expr], f: Frame) -> tuple[tuple[Axis, ...], frozenset[str] | None] | None:
    axes = [None if isinstance(node, ast.Starred) else _axis_of(_number(m, node, f)) for node in nodes]
    kept = tuple([axis for axis in axes if axis is not None])
    return (kept, None) if len(kept) == len(axes) and sum(axis.many for axis in kept) < 2 else None


def _words(words: tuple[str, ...] | None) -> tuple[tuple[Axis, ...], frozenset[str] | None] | None:
    if words is None:
        return None
    axes = [ANY if word in ("-1", "?", "None") else _axis_of("..." if word == "…" else word) for word in words]
    kept = tuple([axis for axis in axes if axis is not None])
    return (kept, None) if len(kept) == len(axes) and sum(axis.many for axis in kept) < 2 else None


# -- axis names ----------------------------------------------------------------------------------------------------


class Axes:
    """What the axis names of one call stand for: dims, and runs of them (with whether they were met as `*#name`)."""

    __slots__ = ("dims", "frame", "runs")

    def __init__(self, frame: Frame) -> None:
        self.dims: dict[str, Dim] = {}
        self.runs: dict[str, tuple[bool, tuple[Dim, ...] | Open] | None] = {}
        self.frame = frame

    def copy(self) -> Axes:
        """For a trial."""
        made = Axes(self.frame)
        made.dims, made.runs = dict(self.dims), dict(self.runs)
        return made

    def take(self, other: Axes) -> None:
        """Go on with what a trial found."""
        self.dims, self.runs = other.dims, other.runs


def size_of(m: Machine, expression: str, axes: Axes, make: bool = False) -> Dim | None:
    """The size that `dim-1` or `{self.size}` says; None where a name is not known (with `make` it is made)."""
    text, held = with_values(expression)
    values: dict[str, Dim] = {}
    for i, part in enumerate(held):
        value = m.store.value(_ev(m, node, axes.frame)) if (node := expression_of(part)) is not None else None
        if isinstance(value, str) and text == f"(_{i})" and value.isidentifier():
            return axes.dims.get(value)
        if isinstance(value, bool) or not isinstance(value, (int, Expr)):
            return None
        values[f"_{i}"] = value

    def named(name: str) -> Dim | None:
        if name in values:
            return values[name]
        if make and name not in axes.dims:
            axes.dims[name] = symbol(name)
        return axes.dims.get(name)

    return written_size(text, named)


# -- values of what is said ----------------------------------------------------------------------------------------


def opened(m: Machine, what: Said | None, axes: Axes, name: str = "") -> Any:
    """A value that is nothing but what an annotation says; unknown where it says nothing."""
    if isinstance(what, Shaped):
        tensor = tensor_of(m, what, axes)
        return tensor if tensor is not None else Unknown(name, Hole(name))
    if isinstance(what, Calls):
        return _callable(m, what, name or "function")
    if isinstance(what, Either):
        return opened(m, next(option for option in what.options if option is not None), axes, name)
    if isinstance(what, Items):
        if what.kind == "tuple" and not what.more:
            return tuple([opened(m, item, axes, name) for item in what.items])
        made = Dict() if what.kind == "dict" else List()
        made.rest = opened(m, what.items[0], axes, name)
        return made
    return Unknown(name, Hole(name))


def _callable(m: Machine, what: Calls, name: str) -> Function:
    """A function of which only the annotations are known."""
    names = [f"argument {i + 1}" for i in range(len(what.parameters or ()))]
    parameters = [ast.copy_location(ast.arg(n, p), p) for n, p in zip(names, what.parameters or ())]
    rest = None if what.parameters is not None else ast.arg("arguments", None)
    arguments = ast.arguments([], parameters, rest, [], [], rest and ast.arg("keywords", None), [])
    # Without parameters of a known number, any arguments are taken.
    body: list[ast.stmt] = [ast.Return(ast.Constant(UNKNOWN))]  # type: ignore[arg-type]
    node = ast.FunctionDef(name, arguments, body, [], what.returns)
    for made in (node, *body):
        ast.copy_location(made, what.returns)
    function = Function(node, name, what.frame.module, what.frame.cells)
    place = what.frame.place
    function.code = Place(place.file, place.chunk, False)
    return function


def fields(m: Machine, cls: Class) -> dict[str, Any]:
    """A value for each field of a dataclass or NamedTuple whose annotations state shapes; nothing for any other."""
    if cls.kind not in ("dataclass", "namedtuple") or cls.node is None or cls.origin is None or "__init__" in cls.attrs:
        return {}
    frame = Frame(cls.module, cls.origin.where[0], {})
    axes = Axes(frame)
    annotated = [s for s in cls.node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)]
    whats = {s.target.id: said(m, s.annotation, frame) for s in annotated}  # type: ignore[union-attr]
    if not any(whats.values()):
        return {}
    types = {s.target.id: s.annotation for s in annotated if s.value is None}  # type: ignore[union-attr]
    return {
        name: value_of(m, name, types[name], frame) if what is None else opened(m, what, axes, name)
        for name, what in whats.items()
        if name in types
    }


def tensor_of(m: Machine, what: Shaped, axes: Axes) -> Tensor | None:
    """The tensor that an annotation such as `Float[Tensor, "b n d"]` describes; None where a size is not understood."""
    shape = shape_of(m, what, axes)
    if shape is None:
        return None
    dtype = None
    if what.dtypes is not None:
        # A family's usual member is a guess: nothing that only it causes may be reported.
        dtype = next(iter(what.dtypes)) if len(what.dtypes) == 1 else None if m.doubt else _USUAL.get(what.dtypes)
    return Tensor(shape, dtype, what.library)


def shape_of(m: Machine, what: Shaped, axes: Axes) -> Shape:
    """The shape that the axes describe, of the sizes that their names stand for, or of new ones."""
    prefix: list[Dim] = []
    dims: list[Dim] = []
    run: tuple[Dim, ...] | Open | None = None
    for axis in what.axes:
        if axis.many:
            prefix, dims = dims, []
            run = _run(axis, axes)
            continue
        dim = _dim(m, axis, axes)
        if dim is None:
            return None
        dims.append(dim)
    if run is None:
        return tuple(dims)
    if isinstance(run, tuple):
        return (*prefix, *run, *dims)
    return m.store.shape(Open((*prefix, *run.prefix), run.var, (*run.suffix, *dims)))


def _run(axis: Axis, axes: Axes) -> tuple[Dim, ...] | Open:
    if axis.name and not axis.broadcast:
        known = axes.runs.get(axis.name)
        if known is None:
            known = axes.runs[axis.name] = (False, Open((), ShapeVar(), ()))
        return known[1] if not known[0] else Open((), ShapeVar(), ())
    return Open((), ShapeVar(), ())


def _dim(m: Machine, axis: Axis, axes: Axes) -> Dim | None:
    if axis.size is not None:
        return axis.size if axis.size >= 0 and not axis.broadcast else symbol("n")
    if axis.broadcast:
        return symbol(axis.name or "n")
    if axis.expression:
        return size_of(m, axis.expression, axes, make=True)
    if not axis.name:
        return symbol(axis.label or "n")
    if axis.name not in axes.dims:
        axes.dims[axis.name] = symbol(axis.name)
    return axes.dims[axis.name]


def value_of(m: Machine, name: str, node: ast.expr | None, f: Frame) -> Any:
    """What a parameter that nobody called with, and whose annotation says no shape, holds: by its type, else open."""
    kind = _ev(m, node, f) if isinstance(node, (ast.Name, ast.Attribute)) else None
    if isinstance(kind, Class):
        given = fields(m, kind)
        if given:
            from shapelens.interpreter.classes import instantiate

            # What only this object, which nobody made, does wrong is no problem.
            reports = len(m.reports)
            made = instantiate(m, f, node or kind.node, kind, [], given)
            del m.reports[reports:]
            return made
    if isinstance(kind, Lib):
        if kind.path in _TENSORS:
            dtype = "int64" if kind.name == "LongTensor" else None
            return Unknown(name, Hole(name)) if dtype is None else Tensor(Open((), ShapeVar(), ()), dtype)
        if kind.path == "builtins.int":
            return symbol(name)
        if kind.path in _SCALARS:
            return Scalar(_SCALARS[kind.path], name)
    return Unknown(name, Hole(name))
