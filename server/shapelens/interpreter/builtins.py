"""Python's builtins and the pure part of its standard library, as the interpreter knows them."""

from __future__ import annotations

import ast
import builtins as python
import collections.abc
import copy
import inspect
import itertools
import math
import numbers
import operator
import string
import sys
from collections.abc import Callable
from typing import Any

from shapelens.dims import Expr, ceildiv, equal, floordiv, less_equal, maximum, minimum
from shapelens.interpreter import (
    attributes,
    calls,
    classes,
    containers,
    importing,
    iteration,
    keras_backend,
    plain,
    regexes,
    stdlib,
    tensorflow_control,
)
from shapelens.interpreter.joining import join
from shapelens.interpreter.machine import Frame, Machine
from shapelens.interpreter.truth import truth
from shapelens.rules.autocast import DEFAULTS, Autocast
from shapelens.rules.devices import DEVICE, device_kind
from shapelens.rules.registry import apply_rule, known_names, layers, operator_rule, tensor_class
from shapelens.values import (
    MAYBE_ARRAY,
    UNKNOWN,
    Bound,
    Choice,
    Class,
    Descriptor,
    Dict,
    Exceptional,
    Function,
    Globals,
    Instance,
    Iter,
    Lib,
    List,
    Many,
    Partial,
    Plain,
    PyModule,
    Ratio,
    Scalar,
    Size,
    Tensor,
    Unknown,
    turns,
)
from shapelens.values.dtypes import ALIASES

Native = Callable[[Machine, Frame, ast.AST, list[Any], dict[str, Any]], Any]
NATIVES: dict[str, Native] = {}
# Functions of the program's own libraries whose source is about Python's internals: module and name.
NATIVE_SOURCES: dict[str, Native] = {}


def native(*paths: str) -> Callable[[Native], Native]:
    """Register what a library name does in the interpreter."""

    def register(function: Native) -> Native:
        for path in paths:
            NATIVES[path] = function
        return function

    return register


# -- pure functions ------------------------------------------------------------------------------------------------

PURE: dict[str, tuple[Callable[..., Any], str]] = {}
for _name in (
    "ceil comb cos cosh degrees dist erf exp expm1 fabs factorial floor fmod frexp gamma gcd hypot isclose isfinite isinf "
    "isnan isqrt lcm ldexp log log10 log1p log2 modf perm pow prod radians sin sinh sqrt tan tanh trunc"
).split():
    if hasattr(math, _name):
        _kind = (
            "int"
            if _name in ("ceil", "floor", "isqrt", "gcd", "lcm", "trunc", "factorial", "comb")
            else ""
            if _name == "prod"
            else "float"
        )
        PURE[f"math.{_name}"] = (getattr(math, _name), _kind)
        PURE.setdefault(f"numpy.{_name}", (getattr(math, _name), _kind))
for _name in "abs round divmod chr ord hash hex oct bin repr ascii format pow complex bytes".split():
    _kind = (
        "int"
        if _name in ("ord", "hash")
        else ""
        if _name in ("abs", "round", "divmod", "pow", "complex", "bytes")
        else "str"
    )
    PURE[f"builtins.{_name}"] = (getattr(python, _name), _kind)
for _name in "add sub mul matmul floordiv mod neg truediv pow eq ne lt le gt ge and_ or_ xor".split():
    PURE[f"operator.{_name}"] = (getattr(operator, _name), "")
PURE["numpy.prod"] = (math.prod, "int")
# What NumPy gives a number of its own for, which counts by its dtype: `float32_array * np.sqrt(2)` is of float64.
NUMBERS_OF_NUMPY = frozenset(
    f"numpy.{name}"
    for name in "ceil cos cosh degrees exp expm1 fabs floor fmod hypot log log10 log1p log2 radians sin sinh sqrt tan tanh trunc".split()
)
PURE["os.path.join"] = (lambda *a: "/".join(a), "str")
PURE.update(regexes.PURE)

AUTOCAST = Lib("torch.autocast")

CONSTANTS: dict[str, Any] = {
    "math.pi": math.pi,
    "math.e": math.e,
    "math.inf": math.inf,
    "math.nan": math.nan,
    "numpy.pi": math.pi,
    "numpy.inf": math.inf,
    "numpy.nan": math.nan,
    "numpy.newaxis": None,
    "numpy.e": math.e,
    "numpy.euler_gamma": 0.5772156649015329,
    "numpy.NaN": math.nan,
    "numpy.Inf": math.inf,
    "tensorflow.newaxis": None,
    "tensorflow.__version__": "2.21.0",
    "torch.pi": math.pi,
    "torch.inf": math.inf,
    "torch.nan": math.nan,
    "sys.maxsize": sys.maxsize,
    "sys.version_info": tuple(sys.version_info[:3]),
    "sys.platform": "linux",
    "string.ascii_letters": string.ascii_letters,
    "string.ascii_lowercase": string.ascii_lowercase,
    "string.ascii_uppercase": string.ascii_uppercase,
    "string.digits": string.digits,
    "string.punctuation": string.punctuation,
    "typing.TYPE_CHECKING": False,
    "torch.__version__": stdlib.Version("2.13.0"),
    "os.sep": "/",
}

# What can make much of little is computed as the operators are, with their limits.
_GROWING = frozenset(f"operator.{name}" for name in ("add", "mul", "mod", "pow"))

# Library names that may be handed a model or a list without changing it.
_HARMLESS = (
    "torch.optim.", "torch.save", "torch.utils.", "torch.autograd.", "torch.cuda.", "torch.onnx.", "torch.backends.",
    "torch.distributed.", "torch.amp.", "torch.jit.", "torch.profiler.", "torch.nn.utils.", "torch.nn.parallel.",
    "torch.compile", "torch.manual_seed", "torch.set_", "torch.fx.", "torch._", "torch.func.", "torch.hub.", "torch.export",
    "builtins.", "typing.", "logging.", "warnings.", "json.", "time.", "os.", "sys.", "collections.", "functools.",
    "numpy.", "pandas.", "matplotlib.", "sklearn.", "tqdm", "torchinfo.", "torchsummary.", "torchmetrics.", "wandb.",
    "datetime.", "random.", "math.", "itertools.", "dataclasses.", "contextlib.", "copy.", "pprint.", "argparse.", "PIL.",
    "tensorboardX.", "thop.", "fvcore.", "accelerate.", "pytorch_lightning.", "lightning.", "torchviz.", "onnx", "gc.",
    "torchvision.", "torchaudio.", "transformers.", "tensorflow.", "keras.", "seaborn.", "abc.", "enum.", "types.", "inspect.",
    "threading.", "multiprocessing.", "pathlib.", "re.", "string.", "struct.", "pickle.", "shutil.", "glob.", "unittest.",
    "pytest.", "mlflow.", "optuna.", "ray.", "hydra.", "omegaconf.", "timeit.", "traceback.", "textwrap.", "tempfile.",
)  # fmt: skip


def is_harmless(path: str) -> bool:
    """Whether an unknown library callable is known to leave modules and lists as they are."""
    return path.startswith(_HARMLESS)


def call_pure(
    m: Machine,
    f: Frame,
    node: ast.AST,
    path: str,
    pure: tuple[Callable[..., Any], str],
    args: list[Any],
    kwargs: dict[str, Any],
) -> Any:
    """A pure function: computed where all is known, else an unknown number (or an exact dim where that is easy)."""
    function, kind = pure
    args = [_plain_number(m.store.value(a)) for a in args]
    if path in _GROWING and len(args) == 2:
        from shapelens.interpreter.expressions import binary

        return binary(m, f, node, path.rpartition(".")[2], function, *args)
    if path == "builtins.bytes" and args and isinstance(args[0], int) and args[0] > plain.LARGEST:
        return UNKNOWN
    if all(map(plain.is_plain, args)) and all(map(plain.is_plain, kwargs.values())):
        if path.endswith((".factorial", ".pow", ".perm", ".comb")) and any(
            isinstance(a, int) and abs(a) > 2000 for a in args
        ):
            return UNKNOWN
        if path.endswith((".prod", ".lcm", ".format")) and sum(map(plain.weight, args)) > 512:
            return Scalar(kind) if kind else UNKNOWN  # the result may be far larger than what goes in
        if path == "builtins.format" and len(args) == 2 and plain.may_grow(str(args[1])):
            return Scalar("str")
        return plain.compute(function, args, kwargs)
    name = path.rpartition(".")[2]
    if len(args) == 1 and isinstance(args[0], Ratio):
        if name == "ceil":
            return _divided(m, ceildiv, args[0])
        if name in ("floor", "trunc"):
            return _divided(m, floordiv, args[0])
    if len(args) == 1 and isinstance(args[0], Expr) and name in ("ceil", "floor", "trunc", "round"):
        return args[0]
    if name == "prod" and len(args) == 1 and isinstance(args[0], (tuple, list)):
        if getattr(args[0], "rest", None) is None and all(isinstance(a, (int, Expr)) for a in args[0]):
            result: Any = 1
            for a in args[0]:
                result = result * a
            return result
    if path.startswith("operator.") and len(args) == 2:
        from shapelens.interpreter.expressions import binary, compare_by_name

        if name in ("eq", "ne", "lt", "le", "gt", "ge"):
            return compare_by_name(m, f, node, name, *args)

        return binary(m, f, node, name.rstrip("_"), function, *args)
    if args and isinstance(args[0], Tensor) and path == "builtins.round":
        return args[0].with_(dtype=args[0].dtype if args[0].shape != () else None)
    if any(isinstance(a, Tensor) for a in args):
        return Tensor(None, library="numpy") if path.startswith("numpy") else Scalar(kind or "float")
    if (
        kind
        and path.startswith("numpy.")
        and any(type(a) is Unknown or getattr(a, "why", "") == MAYBE_ARRAY for a in args)
    ):
        return Scalar(kind, MAYBE_ARRAY)
    return Scalar(kind) if kind else UNKNOWN


def _plain_number(value: Any) -> Any:
    """A number of NumPy that is known as the plain number that it is."""
    if isinstance(value, Tensor) and value.library == "numpy" and isinstance(value.scalars, (int, float)):
        return value.scalars
    return value


def _divided(m: Machine, divide: Callable[[Any, Any], Any], ratio: Ratio) -> Any:
    try:
        return divide(m.store.dim(ratio.numerator), m.store.dim(ratio.denominator))
    except (ZeroDivisionError, ValueError):
        return Scalar("int")


# -- types ---------------------------------------------------------------------------------------------------------

_TYPE_NAMES: dict[type, tuple[str, ...]] = {
    bool: ("bool", "int"),
    int: ("int",),
    float: ("float",),
    complex: ("complex",),
    str: ("str",),
    bytes: ("bytes",),
    List: ("list",),
    Dict: ("dict",),
    tuple: ("tuple",),
    Size: ("tuple",),
    set: ("set",),
    frozenset: ("frozenset",),
    range: ("range",),
    slice: ("slice",),
}
_ABSTRACT: dict[str, tuple[str, ...]] = {
    "int": ("numbers.Number", "numbers.Integral", "numbers.Real"),
    "float": ("numbers.Number", "numbers.Real"),
    "list": (
        "collections.abc.Sequence",
        "collections.abc.Iterable",
        "typing.Sequence",
        "typing.Iterable",
        "typing.List",
    ),
    "tuple": (
        "collections.abc.Sequence",
        "collections.abc.Iterable",
        "typing.Sequence",
        "typing.Iterable",
        "typing.Tuple",
    ),
    "str": ("collections.abc.Sequence", "collections.abc.Iterable", "typing.Sequence", "typing.Iterable"),
    "dict": (
        "collections.abc.Mapping",
        "collections.abc.Iterable",
        "typing.Mapping",
        "typing.Dict",
        "collections.OrderedDict",
    ),
    "set": ("collections.abc.Iterable", "typing.Iterable"),
}


def python_class(name: str) -> Lib:
    """The library name of a builtin type."""
    return Lib(f"builtins.{name}")


_CALLABLE = frozenset(("collections.abc.Callable", "typing.Callable"))


def python_type_names(value: Any) -> set[str] | None:
    """The names of all types that a plain value is an instance of; None for what is not plain."""
    if isinstance(value, Expr):
        names: tuple[str, ...] = ("int",)
    elif value is None:
        return {"types.NoneType", "builtins.NoneType"}
    elif isinstance(value, (Function, Bound, Partial, Plain)):
        kind = {Function: "types.FunctionType", Partial: "functools.partial", Bound: "types.MethodType"}.get(
            type(value)
        )
        return {kind, *_CALLABLE} if kind else set(_CALLABLE)
    elif isinstance(value, Class) or isinstance(value, Lib) and value.path in layers:
        enum = {"enum.EnumMeta", "enum.EnumType"} if isinstance(value, Class) and value.kind == "enum" else set()
        return {"builtins.type", *_CALLABLE, *enum}
    elif isinstance(value, Lib):
        return None
    elif isinstance(value, Iter):
        return {"types.GeneratorType", "collections.abc.Iterator", "collections.abc.Iterable", "typing.Iterable"}
    else:
        found = _TYPE_NAMES.get(type(value))
        if found is None:
            found = ("tuple",) if isinstance(value, tuple) else ()
        if not found:
            return None
        names = found
    result = {f"builtins.{n}" for n in names}
    for n in names:
        result.update(_ABSTRACT.get(n, ()))
    if isinstance(value, Size):
        result.add("torch.Size")
    return result


def is_abstract_instance(value: Any, path: str) -> bool | None:
    """Whether a plain value is an instance of a class of `collections.abc`, `numbers` or `typing`; None: not to be told."""
    module, _, name = path.rpartition(".")
    if module not in ("collections.abc", "typing", "numbers") or not (
        plain.is_plain(value) or isinstance(value, _HELD)
    ):
        return None
    kind = getattr(numbers if module == "numbers" else collections.abc, name, None)
    return isinstance(value, kind) if isinstance(kind, type) else None


_HELD = (list, dict, tuple, set)


def type_of(m: Machine, value: Any) -> Any:
    """type(value)."""
    if isinstance(value, Instance):
        return value.cls
    if isinstance(value, Scalar):
        return python_class(value.type)
    if isinstance(value, Tensor):
        if value.parameter:
            return Lib("torch.nn.Parameter") if value.library == "torch" else UNKNOWN
        return Lib(tensor_class(value.library))
    if isinstance(value, Expr):
        return python_class("int")
    if isinstance(value, Function):
        return Lib("types.FunctionType")
    found = _TYPE_NAMES.get(type(value))
    if found:
        return python_class(found[0])
    return Lib("types.NoneType") if value is None else UNKNOWN


def convert(m: Machine, f: Frame | None, node: ast.AST, kind: str, args: list[Any]) -> Any:
    """int(x), list(x), tuple(x), dict(x) … ; None where it is not known."""
    value = m.store.value(args[0])
    if kind == "int" and len(args) > 1:
        base = m.store.value(args[1])
        digits = isinstance(value, str) and isinstance(base, int)
        return plain.compute(int, [value, base], {}) if digits else Scalar("int")
    if kind == "int":
        return _to_int(m, value)
    if kind == "float":
        if isinstance(value, (int, float, str)):
            return plain.compute(float, [value], {})
        if isinstance(value, Tensor) and isinstance(value.scalars, (int, float)):
            return float(value.scalars)
        return value if isinstance(value, Ratio) else Ratio(value, 1) if isinstance(value, Expr) else Scalar("float")
    if kind == "bool":
        known = truth(m, value)
        return Scalar("bool", relation=getattr(value, "relation", None)) if known is None else known
    if kind == "str":
        if isinstance(value, (str, int, float, bool, type(None))):
            return plain.compute(str, [value], {}) if plain.is_small(value) else Scalar("str")
        return _said(value) or Scalar("str")
    if kind in ("list", "tuple", "set", "frozenset"):
        items, rest = iteration.iterate(m, f, value, node)
        if kind == "list":
            made = List(items)
            made.rest = rest
            made.count = iteration.length(m, value) if rest is not None and not items else None
            return made
        if rest is not None:
            return Many(rest) if not items else UNKNOWN
        if kind == "tuple":
            return tuple(items)
        if plain.is_plain(items):
            return plain.compute(set if kind == "set" else frozenset, [items], {})
        return plain.made_set(items) if all(map(plain.is_member, items)) else List(items)
    if kind in ("dict", "OrderedDict"):
        table = Dict()
        iteration.update_dict(m, table, value)
        return table
    return None


def is_known_place(path: str) -> bool:
    """Whether a name, or names below it, are known without being a rule: `torch.xpu`."""
    if not _places:
        for each in (*NATIVES, *CONSTANTS, *PURE):
            while each:
                _places.add(each)
                each = each.rpartition(".")[0]
    return path in _places


_places: set[str] = set()


def _said(value: Any) -> str | None:
    """What `str` gives for classes, and for tuples of them."""
    if isinstance(value, Class):
        return f"<class '{value.module.name}.{value.qualname}'>"
    if isinstance(value, Lib):
        return f"<class '{value.path}'>"
    if type(value) is tuple and value and all(isinstance(each, (Class, Lib)) for each in value):
        return f"({', '.join(str(_said(each)) for each in value)}{',' * (len(value) == 1)})"
    return None


def _to_int(m: Machine, value: Any) -> Any:
    if isinstance(value, (int, float, str)):
        return plain.compute(int, [value], {})
    if isinstance(value, Expr):
        return value
    if isinstance(value, Ratio):
        return _divided(m, floordiv, value)
    if isinstance(value, Tensor):
        return int(value.scalars) if isinstance(value.scalars, (int, float)) else Scalar("int")
    if isinstance(value, Unknown) and value.hole is not None:
        return value
    if isinstance(value, Instance) and isinstance(value.payload, int):
        return value.payload
    why = value.why if isinstance(value, Unknown) and isinstance(value.why, str) else ""
    return Scalar("int", "" if why == MAYBE_ARRAY else why)


def _converter(kind: str, empty: Callable[[], Any]) -> Native:
    def apply(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if kind == "int" and "base" in kwargs:
            args = [*args[:1], kwargs["base"]]
        if kind == "str" and (len(args) > 1 or kwargs):
            made = Scalar("str")
        elif not args:
            made = empty()
        else:
            made = convert(m, f, node, kind, [*args, kwargs["base"]] if "base" in kwargs else args)
        if kind == "dict" and kwargs and isinstance(made, Dict):
            made.update(kwargs)
        return UNKNOWN if made is None and args else made

    return apply


for _kind, _empty in (
    ("int", int), ("float", float), ("bool", bool), ("str", str), ("list", List), ("tuple", tuple), ("dict", Dict),
    ("set", set), ("frozenset", frozenset),
):  # fmt: skip
    NATIVES[f"builtins.{_kind}"] = _converter(_kind, _empty)
NATIVES["collections.OrderedDict"] = _converter("dict", Dict)
NATIVES["typing.OrderedDict"] = _converter("dict", Dict)
NATIVES["torch.Size"] = lambda m, f, node, args, kwargs: (
    Size(made) if args and isinstance(made := convert(m, f, node, "tuple", args), tuple) else UNKNOWN
)


@native("collections.defaultdict")
def _defaultdict(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    table = Dict()
    if args and args[0] is not None:
        table.factory = args[0]
    for given in (*args[1:2], Dict(kwargs)):
        iteration.update_dict(m, table, given)
    return table


@native("collections.deque")
def _deque(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    made: Any = convert(m, f, node, "list", args[:1]) if args else List()
    if isinstance(made, List) and (args[1:2] or [kwargs.get("maxlen")]) != [None]:
        made.clear()
        made.rest = UNKNOWN
    return made


@native("collections.Counter")
def _counter(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    table = Dict()
    table.rest = Scalar("int")
    return table


@native("collections.namedtuple")
def _namedtuple(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) < 2 or not isinstance(args[0], str):
        return UNKNOWN
    names = args[1]
    if isinstance(names, str):
        names = names.replace(",", " ").split()
    if not isinstance(names, (list, tuple)) or not all(isinstance(n, str) for n in names):
        return UNKNOWN
    cls = Class(args[0], (), {}, f.module, node)
    cls.mro = (cls,)
    cls.kind = "namedtuple"
    cls.fields = tuple((n, False) for n in names)
    defaults = kwargs.get("defaults")
    if isinstance(defaults, (tuple, list)):
        for name, value in zip(names[len(names) - len(defaults) :], defaults):
            cls.attrs[name] = value
    return cls


# -- builtins ------------------------------------------------------------------------------------------------------


@native("builtins.len")
def _len(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = m.store.value(args[0]) if args else UNKNOWN
    if isinstance(value, Instance) and isinstance(value.cls, Class):
        method, owner = classes.find_in_class(value.cls, "__len__")
        if isinstance(owner, Class) and method is not None:
            return calls.call(m, f, node, Bound(method, value), [], {})
    if isinstance(value, Unknown) and isinstance(value.why, tuple) and value.why[0] == "shape of":
        return Scalar("int")
    found = turns(iteration.length(m, value))
    if found is None and isinstance(value, Instance):
        rule = classes.library_rule(value.cls, "__len__")
        if rule is not None:
            return calls.guarded(m, f, node, lambda: apply_rule(m.call, rule, (value,), {}), Scalar("int"))
    return Scalar("int") if found is None else found


@native("builtins.range")
def _range(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    args = [m.store.value(a) for a in args]
    if args and all(isinstance(a, int) for a in args):
        return plain.compute(range, args, {})
    length = None
    if len(args) == 1 and isinstance(args[0], (Expr, Unknown)):
        length = args[0] if isinstance(args[0], Expr) else None
    elif len(args) == 2 and all(isinstance(a, (int, Expr)) for a in args):
        length = args[1] - args[0]
    return Many(Scalar("int"), length)


@native("builtins.enumerate")
def _enumerate(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    start = args[1] if len(args) > 1 else kwargs.get("start", 0)
    items, rest = iteration.iterate(m, f, args[0] if args else UNKNOWN, node)
    if not isinstance(start, int):
        start = 0
    made = Iter([(i + start, v) for i, v in enumerate(items)], None if rest is None else (Scalar("int"), rest))
    if rest is not None and not items:
        return Many(made.rest, iteration.length(m, args[0]) if args else None)
    return made


@native("builtins.zip")
def _zip(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    parts = [iteration.iterate(m, f, a, node) for a in args]
    if not parts:
        return Iter([])
    known = [p for p in parts if p[1] is None]
    if len(known) == len(parts):
        return Iter(zip(*[p[0] for p in parts]))
    # An endless part takes the length of the known ones.
    if known and all(not p[0] for p in parts if p[1] is not None):
        count = min(len(p[0]) for p in known)
        rows = [tuple(p[0][i] if p[1] is None else iteration.another(p[1]) for p in parts) for i in range(count)]
        return Iter(rows)
    return Many(tuple(_joined([*items, *([] if rest is None else [rest])]) for items, rest in parts))


def _joined(items: list[Any]) -> Any:
    result = items[0] if items else UNKNOWN
    for item in items[1:]:
        result = join(result, item)
    return result


@native("builtins.reversed")
def _reversed(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    items, rest = iteration.iterate(m, f, args[0] if args else UNKNOWN, node)
    return Iter(items[::-1]) if rest is None else Many(_joined([*items, rest]))


@native("builtins.sorted")
def _sorted(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    made = sort(m, f, node, args[0] if args else UNKNOWN, kwargs)
    if made is None:
        items, rest = iteration.iterate(m, f, args[0] if args else UNKNOWN, node)
        made = List()
        made.rest = _joined([*items, *([] if rest is None else [rest])])
        if rest is None and items:
            # In an unknown order, but as many.
            made[:], made.rest = [iteration.another(made.rest) for _ in items], None
    return made


def sort(m: Machine, f: Frame, node: ast.AST, value: Any, kwargs: dict[str, Any]) -> List | None:
    """sorted(value, key=…, reverse=…) where every key is plain; None otherwise."""
    items, rest = iteration.iterate(m, f, value, node)
    if rest is not None:
        return None
    key = kwargs.get("key")
    marks = items if key is None else [calls.call(m, f, node, key, [i], {}) for i in items]
    if not plain.is_plain(marks):
        return None
    try:
        order = sorted(range(len(items)), key=lambda i: marks[i], reverse=kwargs.get("reverse") is True)
    except TypeError:
        return None
    return List([items[i] for i in order])


@native("torch._assert")
def _assert(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    said = args[1] if len(args) > 1 else kwargs.get("message")
    if args and truth(m, args[0]) is False:
        raise Exceptional("AssertionError", None, said if isinstance(said, str) else None)
    return None


@native("builtins.map")
def _map(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) < 2:
        return UNKNOWN
    rows = _zip(m, f, node, args[1:], {})
    items, rest = iteration.iterate(m, f, rows, node)
    m.doubtful += 1  # It runs when, and as far as, somebody takes its elements.
    try:
        made = [calls.call(m, f, node, args[0], list(row), {}) for row in items]
        if rest is not None:
            more = calls.call(m, f, node, args[0], list(rest) if isinstance(rest, tuple) else [rest], {})
            return Many(more) if not made else Iter(made, more)
        return Iter(made)
    finally:
        m.doubtful -= 1


@native("builtins.filter")
def _filter(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    items, rest = iteration.iterate(m, f, args[1] if len(args) > 1 else UNKNOWN, node)
    kept = []
    for item in items:
        known = truth(m, item if args[0] is None else calls.call(m, f, node, args[0], [item], {}))
        if known is None:
            return Many(_joined(items))
        if known:
            kept.append(item)
    return Iter(kept, rest)


@native("builtins.sum")
def _sum(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from shapelens.interpreter.expressions import binary

    items, rest = iteration.iterate(m, f, args[0] if args else UNKNOWN, node)
    total = args[1] if len(args) > 1 else kwargs.get("start", 0)
    for item in items:
        total = binary(m, f, node, "add", operator.add, total, item)
    if rest is not None:
        more = binary(m, f, node, "add", operator.add, total, rest)
        if isinstance(rest, Tensor) and not items:
            return rest if isinstance(more, Tensor) and more.shape == rest.shape else Tensor(None)
        return join(total, more) if items else more
    return total


@native("operator.getitem")
def _getitem(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return iteration.get_item(m, f, node, args[0], args[1]) if len(args) == 2 else UNKNOWN


@native("builtins.abs")
def _abs(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = m.store.value(args[0]) if args else UNKNOWN
    if isinstance(value, Tensor):
        rule = operator_rule({value.library}, "abs")
        if rule is None:
            return value.with_(origin=value.origin)
        return calls.guarded(m, f, node, lambda: apply_rule(m.call, rule, (value,), {}), Tensor(None))
    kind = "int" if isinstance(value, Expr) else value.type if isinstance(value, Scalar) else ""
    if kind not in ("int", "float") or getattr(value, "why", "") == MAYBE_ARRAY:
        kind = ""
    return call_pure(m, f, node, "builtins.abs", (abs, kind), [value], {})


def _extreme(larger: bool) -> Native:
    pick, name = (maximum, "max") if larger else (minimum, "min")

    def apply(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
        items = list(args)
        if len(args) == 1:
            if isinstance(args[0], Tensor):
                return Tensor((), args[0].dtype, args[0].library)
            items, rest = iteration.iterate(m, f, args[0], node)
            if rest is not None:
                return rest if isinstance(rest, Scalar) else UNKNOWN
            if not items:
                if "default" in kwargs:
                    return kwargs["default"]
                raise Exceptional("ValueError")
        items = [_plain_number(m.store.value(i)) for i in items]
        key = kwargs.get("key")
        if key is not None:
            marks = [calls.call(m, f, node, key, [i], {}) for i in items]
            if not plain.is_plain(marks):
                return _joined(items)
            best = (max if larger else min)(range(len(items)), key=lambda i: marks[i])
            return items[best]
        if plain.is_plain(items):
            return plain.compute(max if larger else min, [items], {})
        if all(isinstance(i, (int, Expr)) for i in items):
            return pick(*items)
        kinds = {i.type if isinstance(i, Scalar) else type(i).__name__ for i in items}
        return Scalar("float" if "float" in kinds else "int") if kinds <= {"int", "float", "Expr"} else UNKNOWN

    del name
    return apply


NATIVES["builtins.max"], NATIVES["builtins.min"] = _extreme(True), _extreme(False)


def _quantifier(stops: bool) -> Native:
    def apply(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
        items, rest = iteration.iterate(m, f, args[0] if args else UNKNOWN, node)
        sure = rest is None
        for item in items:
            known = truth(m, item)
            if known is stops:
                return stops
            sure = sure and known is not None
        return (not stops) if sure else Scalar("bool")

    return apply


NATIVES["builtins.any"], NATIVES["builtins.all"] = _quantifier(True), _quantifier(False)


@native("builtins.isinstance", "torch.jit.isinstance")
def _isinstance(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    known = classes.is_instance(m, args[0], args[1]) if len(args) == 2 else None
    return Scalar("bool") if known is None else known


@native("builtins.issubclass")
def _issubclass(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) != 2:
        return Scalar("bool")
    if isinstance(args[1], tuple):
        answers = [_issubclass(m, f, node, [args[0], k], {}) for k in args[1]]
        return True if True in answers else Scalar("bool") if any(isinstance(a, Unknown) for a in answers) else False
    if isinstance(args[0], Class) and isinstance(args[1], (Class, Lib)):
        if args[1] in args[0].mro:
            return True
        return Scalar("bool") if any(isinstance(c, Unknown) for c in args[0].mro) else False
    if isinstance(args[0], Lib) and isinstance(args[1], Lib):
        return True if args[1] in classes._library_mro(args[0]) else Scalar("bool")
    return Scalar("bool")


@native("builtins.callable")
def _callable(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = m.store.value(args[0]) if args else UNKNOWN
    if isinstance(value, (Function, Class, Lib, Bound, Partial, Plain)):
        return True
    if isinstance(value, Instance):
        if classes.is_module(value):
            return True
        return classes.find_in_class(value.cls, "__call__")[0] is not None
    return Scalar("bool") if isinstance(value, (Unknown, Choice)) else False


@native("builtins.type")
def _type(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return type_of(m, m.store.value(args[0])) if len(args) == 1 else UNKNOWN


@native("builtins.getattr")
def _getattr(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) < 2 or not isinstance(args[1], str):
        return UNKNOWN
    if len(args) == 3:
        known = attributes.attribute_or_none(m, f, m.store.value(args[0]), args[1], node)
        if known is False:
            return args[2]
        if known is None and isinstance(args[0], Lib):
            return attributes.get(m, f, args[0], args[1], node)
        if known is None:
            return join(attributes.get(m, f, args[0], args[1], node), args[2])
    return attributes.get(m, f, args[0], args[1], node)


@native("builtins.dir")
def _dir(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """What is known to be there of a library's module; it may hold more."""
    if len(args) != 1 or not isinstance(args[0], Lib):
        return UNKNOWN
    listed = List(known_names(args[0].path))
    listed.rest = UNKNOWN
    return listed


@native("builtins.hasattr")
def _hasattr(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) != 2 or not isinstance(args[1], str):
        return Scalar("bool")
    known = attributes.attribute_or_none(m, f, m.store.value(args[0]), args[1], node)
    return Scalar("bool") if known is None else known


@native("builtins.setattr")
def _setattr(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) == 3:
        if isinstance(args[1], str):
            attributes.set_attribute(m, f, args[0], args[1], args[2], node)
        elif isinstance(args[0], Instance):
            m.touch(args[0])
            args[0].attrs["?"] = True
    return None


@native("builtins.delattr")
def _delattr(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) == 2 and isinstance(args[0], Instance) and isinstance(args[1], str):
        m.touch(args[0])
        args[0].attrs.pop(args[1], None)
    return None


@native("builtins.vars")
def _vars(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Dict(args[0].attrs) if args and isinstance(args[0], Instance) else UNKNOWN


@native("builtins.globals")
def _globals(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    scope = f.module.namespace
    made = Globals(scope, {name: importing.member(m, f.module, name) for name in list(scope) if name != "*"})
    made.rest = UNKNOWN  # what other modules and star imports put there
    return made


@native("builtins.locals")
def _locals(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Dict(f.locals)


@native("builtins.iter")
def _iter(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = m.store.value(args[0]) if args else UNKNOWN
    known = plain.iterator_of(value)
    if known is not None:
        return known
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, Instance) and classes.library_rule(value.cls, "__iter__") is not None:
        if not isinstance(classes.find_in_class(value.cls, "__iter__")[1], Class):
            return value  # nothing happens before the first `next`
    items, rest = iteration.iterate(m, f, value, node)
    return Many(rest) if rest is not None and not items else Iter(items, rest)


@native("builtins.next")
def _next(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = m.store.value(args[0]) if args else UNKNOWN
    if isinstance(value, Iter):
        m.touch(value)
        if value.position < len(value.items):
            value.position += 1
            return value.items[value.position - 1]
        if value.rest is not None:
            m.unsure += 1
            return value.rest
        if len(args) > 1:
            return args[1]
        raise Exceptional("StopIteration")
    m.unsure += 1  # it may be at its end
    if isinstance(value, Many):
        return value.element
    if isinstance(value, Instance):
        method = classes.find_in_class(value.cls, "__next__")[0]
        if isinstance(method, Function):
            return calls.call(m, f, node, Bound(method, value), [], {})
        items, rest = iteration.iterate(m, f, value, node)
        return items[0] if items else rest if rest is not None else UNKNOWN
    return UNKNOWN


@native("builtins.property", "functools.cached_property", "builtins.classmethod", "builtins.staticmethod",
        "abc.abstractproperty")  # fmt: skip
def _descriptor(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    raise AssertionError("replaced below")


def _make_descriptor(kind: str) -> Native:
    return lambda m, f, node, args, kwargs: Descriptor(kind, args[0] if args else kwargs.get("fget", UNKNOWN))


for _path, _kind in (
    ("builtins.property", "property"),
    ("functools.cached_property", "property"),
    ("abc.abstractproperty", "property"),
    ("builtins.classmethod", "classmethod"),
    ("builtins.staticmethod", "staticmethod"),
):
    NATIVES[_path] = _make_descriptor(_kind)


@native("functools.partial", "functools.partialmethod")
def _partial(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if args and type(args[0]) is Partial:  # Python makes one of the two
        inner = args[0]
        return Partial(inner.function, (*inner.args, *args[1:]), {**inner.keywords, **kwargs})
    return Partial(args[0], tuple(args[1:]), dict(kwargs)) if args else UNKNOWN


def _same_function(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return args[0] if args else Lib("functools.wraps()")


for _path in (
    "functools.wraps()", "functools.lru_cache()", "torch.no_grad()", "functools.cache", "abc.abstractmethod",
    "typing.overload", "typing.final", "torch.jit.script", "torch.jit.unused", "torch.jit.ignore", "torch.jit.export",
    "torch.jit.interface", "torch.compile", "torch.fx.wrap", "typing.no_type_check", "contextlib.contextmanager",
    "torch.jit._overload_method", "torch.jit.script_if_tracing", "torch.jit.script_method", "contextlib.asynccontextmanager",
    "torch.nn.SyncBatchNorm.convert_sync_batchnorm",
    "torch.nn.utils.weight_norm", "torch.nn.utils.spectral_norm", "torch.nn.utils.parametrizations.weight_norm",
    "torch.nn.utils.parametrizations.spectral_norm", "torch.nn.utils.parametrizations.orthogonal",
    "torch.autograd.Variable", "torch.nn.utils.remove_weight_norm", "torch.nn.utils.remove_spectral_norm",
    "torch.nn.utils.fusion.fuse_conv_bn_eval", "tqdm.tqdm", "tqdm.auto.tqdm", "tqdm.notebook.tqdm", "tqdm", "tqdm.trange",
    "typing.runtime_checkable", "torch._dynamo.assume_constant_result", "torch._dynamo.allow_in_graph", "torch.compiler.disable",
    "atexit.register", "torch.utils._pytree.tree_map_only",
):  # fmt: skip
    NATIVES[_path] = _same_function


NATIVES.update(stdlib.NATIVES)
NATIVES.update(keras_backend.NATIVES)
NATIVES.update(tensorflow_control.NATIVES)


@native("torch.autograd.Function.apply")
def _apply_function(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """`MyFunction.apply(x)` runs its static `forward`, with a context unless it is set up apart."""
    if not args or not isinstance(args[0], Class):
        return UNKNOWN
    forward = classes.find_in_class(args[0], "forward")[0]
    function = forward.function if isinstance(forward, Descriptor) else forward
    if not isinstance(function, Function):
        return UNKNOWN
    apart = isinstance(classes.find_in_class(args[0], "setup_context")[1], Class)
    context = [] if apart else [Instance(Lib("torch.autograd.function.FunctionCtx"), {"?": True})]
    receiver = [args[0]] if isinstance(forward, Descriptor) and forward.kind == "classmethod" else []
    return calls.call(m, f, node, function, [*receiver, *context, *args[1:]], kwargs)


@native("collections.namedtuple._make")
def _make_named(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    items, rest = iteration.iterate(m, f, args[1], node) if len(args) == 2 else ([], UNKNOWN)
    return UNKNOWN if rest is not None else calls.call(m, f, node, args[0], items, {})


@native("functools.wraps")
def _wraps(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    wrapped = args[0] if args else kwargs.get("wrapped", UNKNOWN)
    return Partial(Lib("functools.update_wrapper"), (), {"wrapped": wrapped})


@native("functools.update_wrapper")
def _update_wrapper(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    wrapper = args[0] if args else UNKNOWN
    wrapped = args[1] if len(args) > 1 else kwargs.get("wrapped", UNKNOWN)
    if isinstance(wrapper, Function) and isinstance(wrapped, Function):
        m.touch(wrapper)
        wrapper.attrs.update(wrapped.attrs)
        wrapper.attrs.update(__wrapped__=wrapped, __name__=attributes.get(m, f, wrapped, "__name__", node))
        wrapper.attrs["__module__"] = attributes.get(m, f, wrapped, "__module__", node)
    return wrapper


@native("functools.lru_cache", "torch.no_grad", "torch.inference_mode", "torch.enable_grad",
        "functools.singledispatch", "torch.cuda.amp.custom_fwd", "torch.cuda.amp.custom_bwd", "torch.set_grad_enabled")  # fmt: skip
def _decorator_factory(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if stdlib.is_decorated(args):
        return args[0]
    return Lib("functools.wraps()")


def _autocast_of(device: str | None) -> Native:
    """torch.autocast of a device that is given, or that the name says: used in a `with`, or as a decorator."""

    def apply(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
        names = ("enabled", "dtype") if device else ("device_type", "dtype", "enabled")
        given = {**dict(zip(names, args)), **kwargs}
        kind = m.store.value(given.get("device_type", device))
        kind = kind.partition(":")[0] if isinstance(kind, str) else None
        dtype = m.store.value(given.get("dtype"))
        asked = DEFAULTS.get(kind or "") if dtype is None else m.call.dtype(dtype)
        enabled = truth(m, m.store.value(given.get("enabled", True)))
        return Instance(AUTOCAST, {"state": Autocast(kind, asked if enabled else None), "enabled": enabled})

    return apply


for _path in ("torch.autocast", "torch.amp.autocast", "torch.amp.autocast_mode.autocast"):
    NATIVES[_path] = _autocast_of(None)
NATIVES["torch.cuda.amp.autocast"] = _autocast_of("cuda")
NATIVES["torch.cpu.amp.autocast"] = _autocast_of("cpu")


def autocast_state(value: Any) -> tuple[bool, Autocast | None]:
    """Whether a value is torch.autocast, or may be, and the state inside of it: None where it is switched off."""
    if isinstance(value, Choice):
        return any(autocast_state(v)[0] for v in value.values), Autocast()
    if not isinstance(value, Instance) or value.cls is not AUTOCAST:
        return False, None
    enabled = value.attrs["enabled"]
    return True, None if enabled is False else value.attrs["state"] if enabled else Autocast()


@native("functools.reduce")
def _reduce(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) < 2:
        return UNKNOWN
    items, rest = iteration.iterate(m, f, args[1], node)
    if rest is not None:
        return UNKNOWN
    if len(args) > 2:
        items.insert(0, args[2])
    if not items:
        return UNKNOWN
    total = items[0]
    for item in items[1:]:
        total = calls.call(m, f, node, args[0], [total, item], {})
    return total


_MOST_PRODUCTS, _LONGEST_PRODUCT = 100_000, 1_000


def _pure_iterator(function: Callable[..., Any], is_counted: bool) -> Native:
    """`is_counted`: how long its tuples are is said by an argument, or by the number of them."""

    def apply(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
        counts = [len(args), *(a for a in (*args, *kwargs.values()) if isinstance(a, int))]
        if is_counted and max(counts) > _LONGEST_PRODUCT:
            return Many(UNKNOWN)
        parts: list[Any] = []
        for arg in args:
            if isinstance(arg, (int, str)) and not isinstance(arg, bool):
                parts.append(arg)
                continue
            items, rest = iteration.iterate(m, f, arg, node)
            if rest is not None:
                return Many(UNKNOWN)
            parts.append(items)
        try:
            left, made = _MOST_PRODUCTS, []
            for item in function(*parts, **kwargs):
                left -= len(item) if is_counted and isinstance(item, tuple) else 1
                if left < 0:
                    return Many(UNKNOWN)
                made.append(item)
        except Exception:
            return UNKNOWN
        m.burn((_MOST_PRODUCTS - left) >> 4)
        return Iter(made)

    return apply


for (
    _name
) in "product permutations combinations combinations_with_replacement chain islice zip_longest pairwise".split():
    if hasattr(itertools, _name):
        NATIVES[f"itertools.{_name}"] = _pure_iterator(getattr(itertools, _name), _name not in ("chain", "islice"))


@native("itertools.accumulate")
def _accumulate(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from shapelens.interpreter.expressions import binary

    items, rest = iteration.iterate(m, f, args[0] if args else UNKNOWN, node)
    if rest is not None or len(args) > 1:
        return Many(UNKNOWN)
    total, made = None, []
    for item in items:
        total = item if total is None else binary(m, f, node, "add", operator.add, total, item)
        made.append(total)
    return Iter(made)


@native("itertools.chain.from_iterable")
def _chain(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    items, rest = iteration.iterate(m, f, args[0] if args else UNKNOWN, node)
    made: list[Any] = []
    for item in items:
        inner, more = iteration.iterate(m, f, item, node)
        if rest is None:
            made.extend(inner)
            rest = more
        else:
            rest = _joined([rest, *inner, *([] if more is None else [more])])
    return Iter(made, rest)


@native("itertools.repeat")
def _repeat(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) > 1 and isinstance(args[1], int) and 0 <= args[1] <= 100_000:
        return Iter([args[0]] * args[1])
    return Many(args[0]) if args else UNKNOWN


@native("itertools.count")
def _count(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Many(Scalar("int"))


@native("copy.deepcopy", "copy.copy", "torch.clone")
def _copy(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return copied(m, args[0]) if args else UNKNOWN


class TooLarge(Exception):
    """There is more to copy than was allowed."""


def copied(m: Machine, value: Any, since: int = 0, most: int | None = None) -> Any:
    """A deep copy, paid for by what was copied. Raises TooLarge where that is more than `most` objects."""
    made: dict[int, Any] = {}
    left = -1 if most is None else most

    def tick() -> None:
        nonlocal left
        if left == 0:
            raise TooLarge
        left -= 1
        m.tick()

    try:
        return clone(value, made, since, tick)
    finally:
        m.burn(len(made))


def clone(
    value: Any, made: dict[int, Any] | None = None, since: int = 0, tick: Callable[[], None] | None = None
) -> Any:
    """A deep copy of lists, dicts and objects made after the serial `since`; everything else is shared."""
    made = {} if made is None else made
    kind = type(value)
    if kind is Instance or kind is List or kind is Dict:
        if value.born < since:
            return value
        twin = made.get(id(value))
        if twin is not None:
            return twin
    if kind is Instance:
        if tick is not None:
            tick()
        twin = made[id(value)] = Instance(value.cls, {}, value.origin)
        attrs = twin.attrs
        for name, held in value.attrs.items():
            attrs[name] = clone(held, made, since, tick) if type(held) in _CLONED else held
        twin.payload = clone(value.payload, made, since, tick)
        return twin
    if kind is List:
        twin = made[id(value)] = List([clone(v, made, since, tick) for v in value])
        twin.rest, twin.count = value.rest, value.count
        return twin
    if kind is Dict:
        twin = made[id(value)] = Dict({k: clone(v, made, since, tick) for k, v in value.items()})
        twin.rest, twin.factory = value.rest, value.factory
        return twin
    if kind is tuple:
        known = made.get(id(value))
        if known is None:
            known = made[id(value)] = tuple([clone(v, made, since, tick) for v in value])
        return known
    if kind is Bound:
        return Bound(value.function, clone(value.receiver, made, since, tick))
    if kind is Tensor:
        # Two modules of one kind have weights of their own, but what one of them shares with itself stays shared.
        twin = made.get(id(value))
        if twin is None:
            kept = {"parameter": value.parameter, "origin": value.origin, "scalars": value.scalars}
            twin = made[id(value)] = value.with_(**kept)
        return twin
    if kind is Partial:
        return Partial(
            clone(value.function, made, since, tick),
            clone(value.args, made, since, tick),
            {k: clone(v, made, since, tick) for k, v in value.keywords.items()},
        )
    return copy.copy(value) if kind is set else value


_CLONED = frozenset((Instance, List, Dict, Tensor, tuple, Bound, Partial, set))


# How the rules write the kinds of parameters.
_KINDS = {
    "": inspect.Parameter.POSITIONAL_OR_KEYWORD,
    "*": inspect.Parameter.VAR_POSITIONAL,
    "**": inspect.Parameter.VAR_KEYWORD,
    "kw": inspect.Parameter.KEYWORD_ONLY,
}


@native("inspect.signature")
def _signature(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    function = args[0].function if args and isinstance(args[0], Bound) else args[0] if args else UNKNOWN
    skip = 1 if args and isinstance(args[0], Bound) else 0
    if isinstance(function, Class):
        function, skip = classes.find_in_class(function, "__init__")[0], 1
    while isinstance(function, Function) and "__wrapped__" in function.attrs:
        function = function.attrs["__wrapped__"]
    table = Dict()
    kinds = inspect.Parameter

    def add(name: str, kind: Any, default: Any) -> None:
        one = Instance(Lib("inspect.Parameter"))
        one.attrs.update(name=name, kind=Lib(f"inspect.Parameter.{kind.name}"), default=default, annotation=UNKNOWN)
        table[name] = one

    empty = Lib("inspect.Parameter.empty")
    if isinstance(function, Lib) and function.path in layers:
        for parameter in layers[function.path].make.parameters:
            add(parameter.name, _KINDS[parameter.kind], UNKNOWN if parameter.has_default else empty)
        return Instance(Lib("inspect.Signature"), {"parameters": table})
    if not isinstance(function, Function):
        return UNKNOWN
    code = calls.code_of(function)
    first_default = len(code.args) - len(function.defaults)
    for i, name in enumerate(code.args):
        if i >= skip:
            kind = kinds.POSITIONAL_ONLY if name in code.positional else kinds.POSITIONAL_OR_KEYWORD
            add(name, kind, function.defaults[i - first_default] if i >= first_default else empty)
    if code.vararg:
        add(code.vararg, kinds.VAR_POSITIONAL, empty)
    for name in code.kwonly:
        add(name, kinds.KEYWORD_ONLY, function.kw_defaults.get(name, empty))
    if code.kwarg:
        add(code.kwarg, kinds.VAR_KEYWORD, empty)
    return Instance(Lib("inspect.Signature"), {"parameters": table})


@native("dataclasses.field")
def _field(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Instance(Lib("dataclasses.field"), dict(kwargs))


@native("dataclasses.dataclass", "attrs.define", "attr.s", "attr.dataclass")
def _dataclass(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if args and isinstance(args[0], Class):
        classes.make_dataclass(m, f, args[0], kwargs)
        return args[0]
    return Instance(Lib("dataclasses.dataclass"), dict(kwargs))


@native("dataclasses.asdict")
def _asdict(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = args[0] if args else UNKNOWN
    return Dict(value.attrs) if isinstance(value, Instance) else UNKNOWN


@native("dataclasses.replace", "copy.replace")
def _replace(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = args[0] if args else UNKNOWN
    if not isinstance(value, Instance) or not isinstance(value.cls, Class):
        return UNKNOWN
    fields = [name for name in classes.init_fields(value.cls) if name in value.attrs]
    return calls.call(m, f, node, value.cls, [], {**{name: value.attrs[name] for name in fields}, **kwargs})


@native("enum.auto")
def _auto(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Unknown("auto")


@native("typing.cast", "typing_extensions.cast", "torch.jit.annotate")
def _cast(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return args[1] if len(args) > 1 else UNKNOWN


@native("types.SimpleNamespace", "argparse.Namespace", "easydict.EasyDict", "ml_collections.ConfigDict")
def _namespace(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    made = Instance(Lib("types.SimpleNamespace"), dict(kwargs))
    if args and isinstance(args[0], dict):
        made.attrs.update({k: v for k, v in args[0].items() if isinstance(k, str)})
    return made


@native("builtins.object")
def _object(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Instance(Lib("builtins.object"))


@native("builtins.object.__new__")
def _new(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    cls = args[0] if args else UNKNOWN
    return Instance(cls, {}, m.origin(f, node)) if isinstance(cls, (Class, Lib)) else UNKNOWN


@native("builtins.divmod")
def _divmod(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from shapelens.interpreter.expressions import binary

    if len(args) != 2:
        return UNKNOWN
    return (
        binary(m, f, node, "floordiv", operator.floordiv, *args),
        binary(m, f, node, "mod", operator.mod, *args),
    )


@native("builtins.round")
def _round(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = m.store.value(args[0]) if args else UNKNOWN
    if isinstance(value, Tensor):
        return value
    if isinstance(value, Expr):
        return value
    if all(map(plain.is_plain, args)) and all(isinstance(a, int) and abs(a) < 400 for a in args[1:] if a is not None):
        return plain.compute(round, args, {})
    return Scalar("int" if len(args) == 1 else "float")


@native("builtins.slice")
def _slice(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return slice(*args) if 1 <= len(args) <= 3 else UNKNOWN


def _nothing(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return None


for _path in (
    "builtins.print", "warnings.warn", "torch._C._log_api_usage_once", "torch.manual_seed",
    "torch.cuda.manual_seed", "torch.cuda.manual_seed_all", "torch.nn.Module.__init__", "gc.collect", "random.seed",
    "numpy.random.seed", "torch.set_printoptions", "torch.cuda.empty_cache", "torch.cuda.synchronize", "builtins.object.__init__",
    "builtins.object.__init_subclass__", "builtins.object.__post_init__", "warnings.filterwarnings", "logging.info",
):  # fmt: skip
    NATIVES[_path] = _nothing

for _path in (
    "torch.jit.is_scripting", "torch.jit.is_tracing", "torch.onnx.is_in_onnx_export", "torch.overrides.has_torch_function",
    "torch.compiler.is_compiling", "torch._dynamo.is_compiling", "torch.overrides.has_torch_function_unary",
    "torch.distributed.is_initialized", "torch.overrides.has_torch_function_variadic", "torch.compiler.is_dynamo_compiling",
    "torch.compiler.is_exporting", "torch.is_autocast_enabled", "torch.fx.is_fx_tracing", "torch.xpu.is_available",
    "torch.cuda.is_current_stream_capturing", "torch.xpu.is_current_stream_capturing",
):  # fmt: skip
    NATIVES[_path] = lambda m, f, node, args, kwargs: False


def _tuples(n: int) -> Native:
    def apply(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
        value = m.store.value(args[0]) if args else UNKNOWN
        if isinstance(value, (tuple, list)):
            return tuple(value)
        return (value,) * n if not isinstance(value, Unknown) or isinstance(value, Scalar) else (value,) * n

    return apply


for _n, _name in enumerate(("_single", "_pair", "_triple", "_quadruple"), 1):
    NATIVES[f"torch.nn.modules.utils.{_name}"] = _tuples(_n)


@native("torch.nn.modules.utils._ntuple")
def _ntuple(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    names = {1: "_single", 2: "_pair", 3: "_triple", 4: "_quadruple"}
    n = args[0] if args else None
    return Lib(f"torch.nn.modules.utils.{names[n]}") if n in names else UNKNOWN


@native("torch.utils.checkpoint.checkpoint")
def _checkpoint(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    given = {k: v for k, v in kwargs.items() if k not in ("use_reentrant", "preserve_rng_state", "context_fn")}
    return calls.call(m, f, node, args[0], list(args[1:]), given) if args else UNKNOWN


@native("torch.nn.parallel.data_parallel", "torch.nn.parallel.data_parallel.data_parallel")
def _data_parallel(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """What the module gives: the batch is split among devices and put together again."""
    inputs = args[1] if len(args) > 1 else kwargs.get("inputs", UNKNOWN)
    named = kwargs.get("module_kwargs")
    if not args or named is not None:
        return UNKNOWN
    return calls.call(m, f, node, args[0], list(inputs) if type(inputs) is tuple else [inputs], {})


@native("torch.utils.checkpoint.checkpoint_sequential")
def _checkpoint_sequential(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = args[2] if len(args) > 2 else kwargs.get("input", UNKNOWN)
    items, rest = iteration.iterate(m, f, args[0] if args else UNKNOWN, node)
    for function in items:
        value = calls.call(m, f, node, function, [value], {})
    return UNKNOWN if rest is not None else value


@native("torch.get_default_dtype")
def _default_dtype(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return UNKNOWN if m.call.floating is None else Lib(f"torch.{m.call.floating}")


@native("torch.set_default_dtype", "torch.set_default_tensor_type")
def _set_default_dtype(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """What follows is made in that dtype; after a branch that may not have been taken, in an unknown one."""
    value = m.store.value(args[0]) if args else UNKNOWN
    name = value.name if isinstance(value, Lib) else value.rpartition(".")[2] if isinstance(value, str) else ""
    kinds = {"DoubleTensor": "float64", "FloatTensor": "float32", "HalfTensor": "float16", "BFloat16Tensor": "bfloat16"}
    found = kinds.get(name) or m.call.dtype(value)
    if found != m.call.floating:
        m.call.floating = None if m.touched else found
        m.memo.clear()
        m.templates.clear()
        for watch in m.watches:
            watch[1] = 1
    return None


_LIMITS = ("min", "max", "tiny", "eps", "smallest_normal", "resolution")


def _limits_of(path: str, kind: str) -> Native:
    """What a dtype holds: floats, or ints for the integer types, and the number of bits."""

    def apply(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
        values: dict[str, Any] = {name: Scalar(kind) for name in _LIMITS}
        return Instance(Lib(path), {**values, "bits": Scalar("int")})

    return apply


for _path in ("torch.finfo", "torch.iinfo", "numpy.finfo", "numpy.iinfo"):
    NATIVES[_path] = _limits_of(_path, "int" if _path.endswith("iinfo") else "float")


@native("importlib.import_module")
def _import_module(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) != 1 or kwargs or not isinstance(args[0], str) or args[0].startswith("."):
        return UNKNOWN
    return importing.imported(m, f, args[0], True)


@native("torch.is_grad_enabled", "torch.is_inference_mode_enabled", "torch.accelerator.is_available")
def _state_of_torch(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Scalar("bool")


@native("torch.cuda.is_available", "torch.backends.mps.is_available", "torch.cuda.is_bf16_supported")
def _available(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Scalar("bool")


@native("torch.device")
def _device(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A device; `type` is what its kind is, unknown where a condition chose it."""
    value = m.store.value(args[0] if args else kwargs.get("device", kwargs.get("type", UNKNOWN)))
    if isinstance(value, Instance) and value.cls is DEVICE:
        return value
    return Instance(DEVICE, {"type": device_kind(m.call, value) or Scalar("str"), "index": UNKNOWN})


@native("torch.set_default_device")
def _set_default_device(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    m.call.device = None if m.touched or not args else device_kind(m.call, args[0])
    m.memo.clear()
    m.templates.clear()
    return None


@native("torch.nn.DataParallel", "torch.nn.parallel.DataParallel", "torch.nn.parallel.DistributedDataParallel")
def _parallel(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """The module itself, but it moves its inputs to where it is."""
    m.call.moves = True
    return args[0] if args else kwargs.get("module", UNKNOWN)


@native("sys.modules.get")
def _loaded_module(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return importing.loaded(m, f, args[0]) if args else UNKNOWN


def _checked_class(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A decorator, with arguments or without, that only checks the types of what the fields are given."""
    return args[0] if args and args[0] is not None else Lib("functools.wraps()")


NATIVE_SOURCES["huggingface_hub.dataclasses.strict"] = _checked_class


@native("builtins.exec")
def _exec(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Code that is not followed: what it may put in its namespaces is unknown."""
    for value in (*args, *kwargs.values()):
        calls.havoc(m, m.store.value(value))
    return None


@native("builtins.hash", "builtins.id")
def _number(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Scalar("int")


@native("builtins.input", "builtins.repr", "builtins.ascii")
def _text(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Scalar("str")


NAMES: dict[str, Any] = {
    name: Lib(f"builtins.{name}")
    for name in dir(python)
    if not name.startswith("_") and name not in ("True", "False", "None", "Ellipsis", "NotImplemented", "torch")
}
NAMES["Ellipsis"] = Ellipsis
NAMES["NotImplemented"] = UNKNOWN
NAMES["__build_class__"] = UNKNOWN
NAMES["__import__"] = UNKNOWN

__all__ = ["ALIASES", "PyModule", "containers", "equal", "less_equal"]
