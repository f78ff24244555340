"""Objects of Python's standard library that frameworks are built with: mappings, context variables, versions, fields."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from typing import Any

from shapelens.interpreter import attributes, calls, classes, importing, iteration, plain, python_types
from shapelens.interpreter.machine import Frame, Machine
from shapelens.interpreter.natives import NATIVES, Native, first_argument, native, nothing
from shapelens.rules.registry import layers
from shapelens.values import (
    UNKNOWN,
    Bound,
    Class,
    Dict,
    Exceptional,
    Function,
    Instance,
    Lib,
    List,
    Plain,
    Scalar,
    Unknown,
)

# -- methods of dict and list by their special names: what a subclass calls by `super()` -------------------------------

_TABLES = (
    "builtins.dict",
    "builtins.list",
    "collections.OrderedDict",
    "collections.UserDict",
    "collections.defaultdict",
)


def _held(value: Any) -> Any:
    """What an object of a subclass of dict or list holds."""
    return value.payload if isinstance(value, Instance) else value


@native(*(f"{path}.__getitem__" for path in _TABLES))
def _get_item(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return iteration.get_item(m, f, node, _held(args[0]), args[1]) if len(args) == 2 else UNKNOWN


@native(*(f"{path}.__setitem__" for path in _TABLES))
def _set_item(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) == 3 and isinstance(_held(args[0]), (dict, list)):
        if isinstance(args[0], Instance):
            m.touch(args[0])
        iteration.set_item(m, f, node, _held(args[0]), args[1], args[2])
    return None


@native(*(f"{path}.__delitem__" for path in _TABLES))
def _delete_item(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    table = _held(args[0]) if len(args) == 2 else None
    if isinstance(table, Dict):
        plain.call_method(m, Plain(table, "pop"), [args[1], None], {})
    return None


@native(*(f"{path}.__contains__" for path in _TABLES))
def _contains(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from shapelens.interpreter.expressions import contains

    known = contains(m, args[1], _held(args[0])) if len(args) == 2 else None
    return Scalar("bool") if known is None else known


@native(*(f"{path}.__iter__" for path in _TABLES))
def _iterator(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return plain.iterator_of(_held(args[0])) or UNKNOWN


@native(*(f"{path}.__len__" for path in _TABLES))
def _length(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    known = iteration.length(m, _held(args[0]))
    return Scalar("int") if known is None else known


# -- what collections.abc adds to a class that has __getitem__ and __iter__ --------------------------------------------

_MAPPINGS = tuple(f"{m}.{n}" for m in ("collections.abc", "typing") for n in ("Mapping", "MutableMapping"))


def _entries(m: Machine, f: Frame, node: ast.AST, args: list[Any]) -> tuple[list[Any], bool]:
    """The keys of a mapping of the program, and whether these are all."""
    keys, rest = iteration.iterate(m, f, args[0], node) if args else ([], UNKNOWN)
    return keys, rest is None


@native(*(f"{path}.keys" for path in _MAPPINGS))
def _keys(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    listed, whole = _entries(m, f, node, args)
    keys = List(listed)
    keys.rest = None if whole else UNKNOWN
    return keys


def _of_entries(pick: Callable[[Any, Any], Any], unknown: Any) -> Native:
    def apply(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
        keys, whole = _entries(m, f, node, args)
        made = List([pick(key, iteration.get_item(m, f, node, args[0], key)) for key in keys])
        made.rest = None if whole else unknown
        return made

    return apply


NATIVES.update({f"{path}.items": _of_entries(lambda k, v: (k, v), (UNKNOWN, UNKNOWN)) for path in _MAPPINGS})
NATIVES.update({f"{path}.values": _of_entries(lambda k, v: v, UNKNOWN) for path in _MAPPINGS})


@native(*(f"{path}.get" for path in _MAPPINGS))
def _get(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) < 2:
        return UNKNOWN
    m.caught.append(("KeyError",))
    try:
        return iteration.get_item(m, f, node, args[0], args[1])
    except Exceptional as error:
        if error.name != "KeyError":
            raise
        return args[2] if len(args) > 2 else kwargs.get("default")
    finally:
        m.caught.pop()


@native(*(f"{path}.__contains__" for path in _MAPPINGS))
def _has_key(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from shapelens.interpreter.expressions import contains

    keys = _keys(m, f, node, args[:1], {})
    known = contains(m, args[1], keys) if len(args) == 2 else None
    return Scalar("bool") if known is None else known


# -- collections -------------------------------------------------------------------------------------------------------


@native("collections.defaultdict")
def _defaultdict(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    table = Dict()
    if args and args[0] is not None:
        table.factory = args[0]
    for given in (*args[1:2], Dict(kwargs)):
        iteration.update_dict(m, table, given)
    return table


_LONG = 512
"""A deque of so many elements is not filled by what is followed element by element."""


@native("collections.deque")
def _deque(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    made: Any = python_types.convert(m, f, node, "list", args[:1]) if args else List()
    most = m.store.value((args[1:2] or [kwargs.get("maxlen")])[0])
    if isinstance(made, List) and most is not None and not (type(most) is int and most > _LONG):
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


@native("collections.namedtuple._make")
def _make_named(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    items, rest = iteration.iterate(m, f, args[1], node) if len(args) == 2 else ([], UNKNOWN)
    return UNKNOWN if rest is not None else calls.call(m, f, node, args[0], items, {})


# -- context variables -------------------------------------------------------------------------------------------------

_VARIABLE = Lib("contextvars.ContextVar")
_NOTHING = object()


@native("contextvars.ContextVar")
def _context_variable(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Instance(_VARIABLE, {"default": kwargs["default"]} if "default" in kwargs else {})


@native("contextvars.ContextVar.get")
def _variable_get(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    held = args[0].attrs if args and isinstance(args[0], Instance) else {}
    value = held.get("value", _NOTHING)
    if value is _NOTHING:
        value = args[1] if len(args) > 1 else held.get("default", UNKNOWN)
    return value


@native("contextvars.ContextVar.set")
def _variable_set(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) != 2 or not isinstance(args[0], Instance):
        return UNKNOWN
    m.touch(args[0])
    old = args[0].attrs.get("value", _NOTHING)
    args[0].attrs["value"] = args[1]
    return Instance(Lib("contextvars.Token"), {} if old is _NOTHING else {"old_value": old})


@native("contextvars.ContextVar.reset")
def _variable_reset(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) == 2 and isinstance(args[0], Instance):
        m.touch(args[0])
        token = m.store.value(args[1])
        if not isinstance(token, Instance):
            args[0].attrs["value"] = UNKNOWN
        elif "old_value" in token.attrs:
            args[0].attrs["value"] = token.attrs["old_value"]
        else:
            args[0].attrs.pop("value", None)
    return None


# -- the environment ---------------------------------------------------------------------------------------------------


# What launchers set for the processes that they start (torchrun, mpirun, srun): of those, nobody knows.
_LAUNCHED = re.compile(
    r"(LOCAL_|GROUP_|ROLE_)?(RANK|WORLD_SIZE)|MASTER_(ADDR|PORT)|CUDA_VISIBLE_DEVICES|TF_CONFIG"
    r"|(SLURM|OMPI|PMI|MPI|MV2|TORCHELASTIC)_\w+"
)


@native("os.environ.get", "os.getenv")
def _variable_of_environment(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A variable of the environment: an installed package's switches are taken to be as they come."""
    if not f.module.path or not any(folder in f.module.path for folder in ("site-packages", "dist-packages")):
        return UNKNOWN
    if args and isinstance(args[0], str) and _LAUNCHED.fullmatch(args[0]):
        return UNKNOWN
    return args[1] if len(args) > 1 else kwargs.get("default")


# -- what is installed -------------------------------------------------------------------------------------------------


@native("importlib.util.find_spec")
def _find_spec(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    name = args[0] if len(args) == 1 else None
    known = m.loader.is_installed(name, f.module.path) if isinstance(name, str) and not name.startswith(".") else None
    if known is None:
        return UNKNOWN
    return Instance(Lib("importlib.machinery.ModuleSpec"), {"name": name, "?": True}) if known else None


@native("importlib.metadata.version", "importlib_metadata.version")
def _distribution_version(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """The version that an installed distribution states; which name it has is not always that of its module."""
    name = args[0] if args else kwargs.get("distribution_name")
    known = m.loader.version_of(name) if isinstance(name, str) else None
    return Scalar("str") if known is None else known


_VERSION = Lib("packaging.version.Version")
# Releases and what was built locally from them; of others it is not tried to say which comes first.
_RELEASE = re.compile(r"\s*v?(?P<release>\d+(?:\.\d+)*)(?:\+[\w.]+)?\s*")


def release_of(text: str) -> tuple[int, ...] | None:
    """The numbers of a released version, without zeros at the end: `2.1.0+cpu` is (2, 1)."""
    found = _RELEASE.fullmatch(text)
    if found is None:
        return None
    numbers = [int(part) for part in found["release"].split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


@native("packaging.version.parse", "packaging.version.Version", "pkg_resources.parse_version",
        "torch.torch_version.TorchVersion")  # fmt: skip
def _version(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    text = m.store.value(args[0]) if args else kwargs.get("version")
    if isinstance(text, Instance) and text.cls is _VERSION:
        return text
    release = release_of(text) if isinstance(text, str) else None
    if release is None:
        return UNKNOWN
    numbers = (*release, 0, 0, 0)
    plainly = ".".join(map(str, release)) or "0"
    said = {"major": numbers[0], "minor": numbers[1], "micro": numbers[2], "release": numbers[: max(len(release), 3)]}
    made = Instance(_VERSION, {**said, "base_version": plainly, "public": plainly, "is_prerelease": False})
    made.payload = release
    return made


def compared_versions(a: Any, b: Any) -> tuple[Any, Any] | None:
    """What two versions are compared by; None where one of them is no version that is known."""
    if isinstance(a, Instance) and isinstance(b, Instance) and a.cls is _VERSION and b.cls is _VERSION:
        return a.payload, b.payload
    return None


class Version(str):
    """`torch.__version__`: a text that compares as a version."""

    __slots__ = ()

    def _compare(self, other: object, holds: Callable[[Any, Any], bool]) -> bool:
        if isinstance(other, tuple):
            other = ".".join(map(str, other))
        mine, theirs = release_of(self), release_of(str(other))
        return holds(mine, theirs) if mine is not None and theirs is not None else holds(str(self), str(other))

    def __lt__(self, other: object) -> bool:
        return self._compare(other, lambda a, b: a < b)

    def __le__(self, other: object) -> bool:
        return self._compare(other, lambda a, b: a <= b)

    def __gt__(self, other: object) -> bool:
        return self._compare(other, lambda a, b: a > b)

    def __ge__(self, other: object) -> bool:
        return self._compare(other, lambda a, b: a >= b)


# -- dataclasses -------------------------------------------------------------------------------------------------------


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


@native("dataclasses.fields")
def _fields(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = m.store.value(args[0]) if args else UNKNOWN
    cls = value.cls if isinstance(value, Instance) else value
    if not isinstance(cls, Class) or cls.kind != "dataclass":
        return UNKNOWN
    return tuple(classes.fields_of(cls))


@native("dataclasses.is_dataclass")
def _is_dataclass(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    value = m.store.value(args[0]) if args else UNKNOWN
    cls = value.cls if isinstance(value, Instance) else value
    if isinstance(cls, Class):
        return cls.kind == "dataclass"
    return Scalar("bool") if isinstance(value, Unknown) or isinstance(cls, Lib) else False


@native("builtins.dict.fromkeys", "collections.OrderedDict.fromkeys")
def _from_keys(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    items, rest = iteration.iterate(m, f, args[0], node) if args else ([], UNKNOWN)
    made, value = Dict(), args[1] if len(args) > 1 else None
    for item in items:
        iteration.set_key(m, made, item, value)
    if rest is not None:
        made.rest = value if value is not None else UNKNOWN
    return made


# -- loggers -----------------------------------------------------------------------------------------------------------


@native("logging.getLogger")
def _logger(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return Instance(Lib("logging.Logger"))


_SAYING = "debug info warning warn error exception critical log setLevel addHandler removeHandler addFilter".split()
NATIVES.update({f"logging.Logger.{name}": lambda m, f, node, args, kwargs: None for name in _SAYING})


@native("builtins.object.__setattr__")
def _set_plainly(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) == 3 and isinstance(args[0], Instance) and isinstance(args[1], str):
        attributes.set_plainly(m, f, args[0], args[1], args[2], node)
    return None


@native("builtins.object.__getattribute__")
def _get_plainly(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) == 2 and isinstance(args[0], Instance) and isinstance(args[1], str):
        return attributes.get_plainly(m, f, args[0], args[1], node)
    return UNKNOWN


# -- the rest ----------------------------------------------------------------------------------------------------------

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


@native("importlib.import_module")
def _import_module(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if len(args) != 1 or kwargs or not isinstance(args[0], str) or args[0].startswith("."):
        return UNKNOWN
    return importing.imported(m, f, args[0], True)


@native("sys.modules.get")
def _loaded_module(m: Machine, f: Frame, node: ast.AST, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return importing.loaded(m, f, args[0]) if args else UNKNOWN


# -- decorators, and what has no effect on any shape ---------------------------------------------------------------

for _path in (
    "abc.abstractmethod", "atexit.register", "contextlib.asynccontextmanager", "contextlib.contextmanager", "typing.final",
    "typing.no_type_check", "typing.overload", "typing.runtime_checkable",
):  # fmt: skip
    NATIVES[_path] = first_argument

for _path in ("gc.collect", "logging.info", "random.seed", "warnings.filterwarnings", "warnings.warn"):
    NATIVES[_path] = nothing
