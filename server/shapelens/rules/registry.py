"""The registry of rules: which callables of which library are known, and how their arguments are bound.

A rule is a function whose first parameter is the `Call`, and whose other parameters are those of the library's own
callable, with the same names and defaults. The annotation of a parameter says what the rule needs there:

    Tensor     a tensor; an open parameter is taught to be one; anything else makes the result unknown
    Operand    a tensor or a plain number
    Tensors    a known sequence of tensors
    Dim        an int or a symbolic dim                Dims   an int or a known tuple or list of them
    int, bool, str, float   a known plain value        Instance   an object of ours, such as a layer or a dataset
    object     whatever it is, unknown included
    Array      what NumPy takes for an array: an array, a number, nested lists (`coercions`)

A value of None passes where the parameter's default is None. If a value does not meet the annotation the rule is not
called, and the result is unknown: a tensor of unknown shape where the rule's return annotation says Tensor.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from types import FunctionType
from typing import Any, TypeVar

from shapelens.dims import Expr, TooComplex, less, product
from shapelens.rules import devices
from shapelens.rules.autocast import Autocast, cast
from shapelens.rules.call import Call, Failure, NotKnown
from shapelens.rules.conversion import TENSORFLOW, converted, owned
from shapelens.rules.drawn import drawn_by, written_to
from shapelens.rules.numbers import FUNCTIONS, carried
from shapelens.rules.patterns import Pattern, parse
from shapelens.rules.strides import laid_out
from shapelens.rules.work import UNKNOWN_WORK, Op, Step, formulas
from shapelens.values import UNKNOWN, Instance, Lib, List, Many, Named, Scalar, Tensor, Unknown

F = TypeVar("F", bound=Callable[..., Any])
_MISSING = object()


@dataclass(frozen=True)
class Parameter:
    """One parameter of a rule: `kind` is "", "*", "**" or "kw"; `needs` is its annotation."""

    name: str
    default: Any
    kind: str
    needs: str

    @property
    def has_default(self) -> bool:
        """Whether a call may leave it out."""
        return self.default is not _MISSING


@dataclass(frozen=True)
class Rule:
    """How the calls of one library callable are answered."""

    path: str
    function: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    result: str
    positional: tuple[Parameter, ...] = field(default=())
    by_name: Mapping[str, Parameter] = field(default_factory=dict)
    simple: bool = False


@dataclass(frozen=True)
class LayerRule:
    """A library class: how it is made (`make`), what calling an instance does (`forward`), what it inherits from.

    `parameters(c, layer)` gives the shapes of its weights by name, None standing for one that is absent.
    """

    path: str
    make: Rule
    forward: Rule | None
    bases: tuple[str, ...]
    parameters: Callable[[Call, Instance], dict[str, Any]] | None
    setup: Callable[..., None] | None


rules: dict[str, Rule] = {}
layers: dict[str, LayerRule] = {}
attributes: dict[str, Rule] = {}
aliases: dict[str, str] = {}
# Methods that give their tensor, under all of its names, another shape: that of what the rule gives (None: it stays as it is;
# no rule, or not known: it is lost). Whether the call gives the tensor itself.
reshaping_in_place: dict[str, bool] = {}
# What a library of its own takes where an annotation says so: the argument, made what the rule needs, or NotKnown.
coercions: dict[str, Callable[[Call, Any], Any]] = {}
# Library classes that no layer rule describes, with what they inherit from.
plain_bases: dict[str, tuple[str, ...]] = {
    f"torch.nn.{name}": ("torch.nn.Module",)
    for name in ("Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict")
}


def _parameters(function: Callable[..., Any], skip: int) -> tuple[Parameter, ...]:
    """The parameters behind the first ones. What inspect.signature says, in a tenth of its time: there are thousands."""
    if type(function) is not FunctionType or hasattr(function, "__wrapped__") or hasattr(function, "__signature__"):
        return _inspected(function, skip)
    code, defaults, annotations = function.__code__, function.__defaults__ or (), function.__annotations__
    count, only = code.co_argcount, code.co_kwonlyargcount
    names = code.co_varnames
    values = (*[_MISSING] * (count - len(defaults)), *defaults)
    listed = [(name, value, "") for name, value in zip(names[:count], values)]
    after = count + only
    if code.co_flags & inspect.CO_VARARGS:
        listed.append((names[after], _MISSING, "*"))
        after += 1
    keywords = function.__kwdefaults__ or {}
    listed += [(name, keywords.get(name, _MISSING), "kw") for name in names[count : count + only]]
    if code.co_flags & inspect.CO_VARKEYWORDS:
        listed.append((names[after], _MISSING, "**"))
    return tuple([Parameter(n, value, kind, _needs(annotations.get(n, "object"))) for n, value, kind in listed[skip:]])


def _inspected(function: Callable[..., Any], skip: int) -> tuple[Parameter, ...]:
    found = []
    for p in list(inspect.signature(function).parameters.values())[skip:]:
        needs = "object" if p.annotation is inspect.Parameter.empty else _needs(p.annotation)
        kind = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**", "KEYWORD_ONLY": "kw"}.get(p.kind.name, "")
        default = _MISSING if p.default is inspect.Parameter.empty else p.default
        found.append(Parameter(p.name, default, kind, needs))
    return tuple(found)


def _needs(annotation: Any) -> str:
    name = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "object")
    return name.replace(" | None", "")


def _make_rule(path: str, function: Callable[..., Any], parameters: tuple[Parameter, ...], result: str) -> Rule:
    return Rule(
        path,
        function,
        parameters,
        result,
        tuple(p for p in parameters if p.kind == ""),
        {p.name: p for p in parameters if p.kind in ("", "kw")},
        all(p.kind == "" for p in parameters),
    )


def _result_of(function: Callable[..., Any]) -> str:
    annotation = function.__annotations__.get("return", "object")
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "object")


def rule(*paths: str) -> Callable[[F], F]:
    """Register a function as the rule of these callables: `@rule("torch.roll", "torch.Tensor.roll")`."""

    def register(function: F) -> F:
        parameters, result = _parameters(function, 1), _result_of(function)
        for path in paths:
            if path in rules:
                raise ValueError(f"two rules for {path}")
            rules[path] = _make_rule(path, function, parameters, result)
        return function

    return register


def attribute(*paths: str) -> Callable[[F], F]:
    """Register what an attribute of a tensor or layer gives: `@attribute("torch.Tensor.T")`; takes (c, value)."""

    def register(function: F) -> F:
        for path in paths:
            attributes[path] = _make_rule(path, function, _parameters(function, 1), _result_of(function))
        return function

    return register


def signature(call: str, pattern: str, code: str = "shape-mismatch") -> None:
    """Register a callable whose whole behaviour is a shape pattern.

    `signature("torch.mv(input, vec)", "n m, m -> n")`: parameters in order, then the pattern of each tensor.
    Several names may share it: `signature("torch.mv|torch.Tensor.mv(input, vec)", …)`.
    """
    names, _, declared = call.partition("(")
    parsed = parse(pattern)
    parameters = _declared(declared.rstrip(")"), dict.fromkeys(_names(declared)[: len(parsed.inputs)], "Tensor"))

    def apply(c: Call, *args: Any) -> Any:
        return parsed.apply(c, args[: len(parsed.inputs)], {}, code)

    for path in names.split("|"):
        rules[path] = _make_rule(path, apply, parameters, "Tensor" if len(parsed.outputs) == 1 else "object")


def declare(call: str, function: Callable[..., Any], result: str = "Tensor", *needs: str) -> None:
    """Register a function as the rule of callables whose parameters are given as text, for tables of many alike.

    `declare("torch.nn.functional.elu|torch.elu(input, alpha=1.0, inplace=False)", elu)`: the first parameter is a
    Tensor unless `needs` says what each of the first ones is; the function gets all of them in that order.
    """
    names, _, declared = call.partition("(")
    wanted = dict(zip(_names(declared), needs or ("Tensor",)))
    parameters = _declared(declared.rstrip(")"), wanted)
    for path in names.split("|"):
        if path in rules:
            raise ValueError(f"two rules for {path}")
        rules[path] = _make_rule(path, function, parameters, result)


def _names(declared: str) -> list[str]:
    return [p.name for p in _declared(declared.rstrip(")"), {})]


def _declared(text: str, needs: Mapping[str, str]) -> tuple[Parameter, ...]:
    """The parameters of a declaration such as `in_channels, stride=1, *, bias=True`."""
    return tuple([Parameter(p.name, p.default, p.kind, needs.get(p.name, "object")) for p in _parsed(text)])


@lru_cache(maxsize=64)  # a declaration is asked for its names first
def _parsed(text: str) -> tuple[Parameter, ...]:
    scope: dict[str, Any] = {}
    exec(f"def declared({text}): pass", {"inf": float("inf")}, scope)  # text of our own rule files, never a user's
    return _parameters(scope["declared"], 0)


def layer(
    path: str,
    declared: str,
    pattern: str | None = None,
    *,
    code: str = "shape-mismatch",
    parameters: Callable[[Call, Instance], dict[str, Any]] | Mapping[str, str] | None = None,
    setup: Callable[..., None] | None = None,
    bases: Sequence[str] = ("torch.nn.Module",),
) -> Callable[[F], F]:
    """Register a layer class with the parameters of its constructor.

    With `pattern` the forward is that pattern, in which names stand for the constructor's arguments first:
    `layer("torch.nn.Linear", "in_features, out_features, bias=True", "*batch in_features -> *batch out_features")`.
    Without one, use as a decorator on the forward: a rule function `(c, self, input, …)`.
    `parameters` names the weights: `{"weight": "out_features in_features"}`, or a function that gives their shapes.
    `setup(c, self)` runs after the constructor's arguments were stored in `self.attrs`; it may check or change them.
    """
    weights = parameters if callable(parameters) or parameters is None else _weights(parameters)
    canonical.cache_clear()
    bases_of.cache_clear()
    make = _make_rule(path, _unused, _declared(declared, {}), "object")

    def register(function: F) -> F:
        forward = _make_rule(path, function, _parameters(function, 2), _result_of(function))
        layers[path] = LayerRule(path, make, forward, tuple(bases), weights, setup)
        return function

    if pattern is not None:
        parsed = parse(pattern)
        names = ["input", *(f"input{i}" for i in range(2, len(parsed.inputs) + 1))]

        def apply(c: Call, self: Instance, *args: Any) -> Any:
            return parsed.apply(c, args, self.attrs, code)

        given = tuple(Parameter(n, _MISSING, "", "Tensor") for n in names[: len(parsed.inputs)])
        forward = _make_rule(path, apply, given, "Tensor" if len(parsed.outputs) == 1 else "object")
        layers[path] = LayerRule(path, make, forward, tuple(bases), weights, setup)
    return register


def _weights(table: Mapping[str, str]) -> Callable[[Call, Instance], dict[str, Any]]:
    patterns = {name: Pattern.axes(text) for name, text in table.items()}

    def shapes(c: Call, layer: Instance) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, axes in patterns.items():
            absent = name == "bias" and layer.attrs.get("bias") is False
            found[name] = None if absent else Pattern.shape(c, axes, layer.attrs)
        return found

    return shapes


def _unused(*_: Any) -> None:
    return None


def alias(new: str, path: str) -> None:
    """Another name of a library's callable, class or constant."""
    aliases[new] = path
    canonical.cache_clear()


# -- calling -----------------------------------------------------------------------------------------------------


# torch takes NumPy's names of these parameters too. Source: `numpy_compatibility_arg_names` in python_arg_parser.cpp.
_NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim", "x": "input", "x2": "other"}


def bind(rule: Rule, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any] | None:
    """The arguments in the order of the rule's parameters, as Python would bind them; None where they do not fit."""
    positional = rule.positional
    count = len(args)
    if rule.simple and not kwargs:
        if count > len(positional):
            return None
        bound = list(args)
        for p in rule.parameters[count:]:
            if p.default is _MISSING:
                return None
            bound.append(p.default)
        return bound
    given = dict(zip([p.name for p in positional], args))
    extra = tuple(args[len(positional) :])
    loose: dict[str, Any] = {}
    for name, value in kwargs.items():
        if name not in rule.by_name and rule.path.startswith("torch."):
            name = _NUMPY_NAMES.get(name, name)
        if name in rule.by_name:
            if name in given:
                return None
            given[name] = value
        else:
            loose[name] = value
    bound = []
    for p in rule.parameters:
        if p.kind == "*":
            if not extra and p.name in loose:  # `x.permute(dims=(0, 2, 1))`
                extra = (loose.pop(p.name),)
            bound.append(extra)
            extra = ()
        elif p.kind == "**":
            bound.append(loose)
            loose = {}
        else:
            value = given.get(p.name, p.default)
            if value is _MISSING:
                return None
            bound.append(value)
    return None if extra or loose else bound


def binding_problem(rule: Rule, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """What does not fit in the arguments, in Python's own words; empty where it cannot be told."""
    name = rule.path.rpartition(".")[2]
    loose = [k for k in kwargs if k not in rule.by_name and not any(p.kind == "**" for p in rule.parameters)]
    if loose:
        return f"{name} has no parameter '{loose[0]}'"
    if len(args) > len(rule.positional) and not any(p.kind == "*" for p in rule.parameters):
        return f"{name} takes {len(rule.positional)} positional arguments, {len(args)} were given"
    given = {p.name for p in rule.positional[: len(args)]} | set(kwargs)
    missing = [
        p.name for p in rule.parameters if p.default is _MISSING and p.kind in ("", "kw") and p.name not in given
    ]
    return f"{name} is missing the argument '{missing[0]}'" if missing else ""


def _coerce(c: Call, needs: str, value: Any, default: Any) -> Any:
    if value is None and default is None:
        return None
    if needs == "object":
        return value
    if needs == "Tensor":
        if c.path.startswith(TENSORFLOW):
            return converted(c, value)
        if c.path.startswith("numpy."):  # NumPy takes lists and numbers too: an unknown is no tensor for that
            value = c.store.value(value)
            if not isinstance(value, Tensor):
                raise NotKnown
            if value.library in ("tensorflow", "keras"):  # they have `__array__`
                return value.with_(library="numpy", origin=value.origin, scalars=value.scalars, history=None)
        return c.tensor(value)
    made = coercions.get(needs)
    if made is not None:
        return made(c, value)
    value = c.store.value(value)
    if needs == "Operand":
        if isinstance(value, (Tensor, int, float, complex, Expr, Scalar)):
            return value
        if type(value) is Unknown and value.hole is not None:
            return c.tensor(value)
        raise NotKnown
    if needs == "Dim":
        return c.dim(value)
    if needs == "Dims":
        if isinstance(value, (tuple, list)):
            return c.ints(value)
        return c.dim(value)
    if needs == "Tensors":
        return c.tensors(value)
    if isinstance(value, Unknown):
        raise NotKnown
    if needs == "int":
        if isinstance(value, int):
            return value
        if isinstance(value, Tensor) and c.path.startswith("numpy."):
            return _of_array(c, value)
        raise NotKnown
    if needs == "bool":
        if isinstance(value, (bool, int)):
            return bool(value)
        raise NotKnown
    if needs == "float":
        if isinstance(value, (int, float)):
            return value
        raise NotKnown
    if needs == "str":
        if isinstance(value, str):
            return value
        raise NotKnown
    if needs == "Instance" and not isinstance(value, Instance):
        raise NotKnown
    return value


def _of_array(c: Call, value: Tensor) -> int:
    """The int that an array of NumPy stands for; one of several elements stands for none, and that fails."""
    shape = c.shape(value)
    if isinstance(shape, tuple) and shape and less(1, product(shape)) is True:
        c.fail("call-arguments", f"{c.name} expects an int where it is given an array of {c.text(value)}", value)
    if shape == () and type(value.scalars) is int:
        return value.scalars
    raise NotKnown


# Parameters that say something else when more is in their list.
_WHOLE = frozenset("dim dims axis axes".split())


def unknown_result(result: str) -> Any:
    """What a call gives whose rule could not answer."""
    return Tensor(None) if result == "Tensor" else UNKNOWN


def apply_rule(c: Call, rule: Rule, args: Sequence[Any], kwargs: Mapping[str, Any], *leading: Any) -> Any:
    """Call a rule; `leading` goes before the bound arguments (the layer of a forward). Raises Failure."""
    c.tick()
    bound = bind(rule, args, kwargs)
    is_counted = c.work is not None and rule.path in formulas
    if bound is None:
        return _uncounted(c, rule, is_counted)
    previous, c.path = c.path, rule.path
    try:
        ready: list[Any] = []
        arrays = rule.path.startswith("numpy.")
        for p, value in zip(rule.parameters, bound):
            if p.kind == "*":
                ready.extend(value if p.needs == "object" else [_coerce(c, p.needs, v, _MISSING) for v in value])
            elif p.kind == "**":
                continue
            elif type(value) is List and value.rest is not None and p.name in _WHOLE:
                raise NotKnown  # How many there are is not known.
            elif p.needs == "object" or type(value) is Tensor and p.needs in ("Tensor", "Operand") and not arrays:
                ready.append(value)
            else:
                ready.append(_coerce(c, p.needs, value, p.default))
        if rule.simple:
            result = rule.function(c, *leading, *ready)
        else:
            result = rule.function(c, *leading, *_ordered(rule, ready, bound), **_keywords(rule, bound, c))
        if rule.path.startswith(TENSORFLOW):
            result = owned(c, result, (*leading, *ready))
        elif rule.path.startswith("torch"):
            layer = leading[0] if leading and isinstance(leading[0], Instance) else None
            if not c.moves and devices.needs_one_device(rule.path, layer):
                devices.together(c, ready, layer)
            devices.placed(c, rule.path, result, ready, kwargs.get("device"), layer)
            if "memory_format" in kwargs:
                c.formats = True
            elif type(result) is Tensor and result.strides is None:
                result.strides = laid_out(c, rule.path, ready, layer)
        c.rewritten = c.rewritten or written_to(rule.path, ready)
        if type(result) is Tensor and result.drawn is None:
            result.drawn = drawn_by(c, rule.path, args, ready)
        if c.autocast is not None:
            result = _autocast(c, c.autocast, result, ready)
        if type(result) is Tensor and result.scalars is None and rule.path in FUNCTIONS:
            result.scalars = carried(rule.path, result, args, kwargs)
        if is_counted and c.work is not None:
            c.work.append(Op(rule.path, (*leading, *ready), result))
        if c.flows and c.work is not None and type(result) in (Tensor, tuple, Named):
            c.work.append(Step(rule.path, (*leading, *ready), result))
        return result
    except (NotKnown, TooComplex):
        return _uncounted(c, rule, is_counted)
    finally:
        c.path = previous


def _autocast(c: Call, state: Autocast, result: Any, given: Sequence[Any]) -> Any:
    """The result, or each of several, in the dtype that torch.autocast gives it."""
    if type(result) is tuple:
        return tuple([_autocast(c, state, r, given) for r in result])
    if type(result) is not Tensor or not c.path.startswith("torch."):
        return result
    tensors = [v for v in given if isinstance(v, Tensor)]
    dtype = cast(state, c.name, tensors, result)
    if dtype == result.dtype or any(result is v for v in tensors):
        return result
    return result.with_(dtype=dtype, origin=result.origin, parameter=result.parameter)


def _uncounted(c: Call, rule: Rule, is_counted: bool) -> Any:
    if is_counted and c.work is not None:
        c.work.append(UNKNOWN_WORK)
    return _unknown(rule)


def _unknown(rule: Rule) -> Any:
    """A function of NumPy may give a plain number as well as an array."""
    return UNKNOWN if rule.path.startswith("numpy.") else unknown_result(rule.result)


def _ordered(rule: Rule, ready: list[Any], bound: list[Any]) -> list[Any]:
    """The values that go in by position: all up to the star, and the star's own."""
    if not any(p.kind == "*" for p in rule.parameters):
        return [v for v, p in zip(ready, rule.parameters) if p.kind == ""]
    index = next(i for i, p in enumerate(rule.parameters) if p.kind == "*")
    return ready[: index + len(bound[index])]


def _keywords(rule: Rule, bound: list[Any], c: Call) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for p, value in zip(rule.parameters, bound):
        if p.kind == "kw":
            found[p.name] = _coerce(c, p.needs, value, p.default)
        elif p.kind == "**":
            found.update(value)
    return found


@lru_cache(maxsize=8192)
def canonical(path: str) -> str:
    """The name under which a library's callable is registered: aliases and private modules resolved."""
    found = aliases.get(path)
    if found is not None:
        return found
    if path.startswith(TENSORFLOW):
        return _canonical_keras(path)
    if path.startswith("torch.nn.modules."):
        short = "torch.nn." + path.rpartition(".")[2]
        if short in layers or short in plain_bases or short == "torch.nn.Module":
            return short
    head, _, last = path.rpartition(".")
    if head in aliases:
        return f"{aliases[head]}.{last}"
    return path


# What keras.src calls by another name than the public one: the modules there hold one class each.
_KERAS = ("tensorflow.keras.", "tensorflow.python.keras.", "tensorflow.compat.v2.keras.", "keras.src.", "keras.api.")
# tf.losses is tf.keras.losses.
_SHORT = tuple(f"tensorflow.{name}." for name in ("losses", "metrics", "optimizers", "initializers"))
_COMPAT = ("tensorflow.compat.v1.", "tensorflow.compat.v2.")
_OPS = ("numpy", "nn", "math", "core", "linalg", "einops")
_OPENED = ("layers", "losses", "metrics", "optimizers", "callbacks", "initializers", "regularizers", "constraints")


def _canonical_keras(path: str) -> str:
    """`tensorflow.keras.layers.Dense` and `keras.src.layers.core.dense.Dense` are keras.layers.Dense."""
    for prefix in _KERAS:
        if path.startswith(prefix):
            path = "keras." + path[len(prefix) :]
            break
    else:
        if path in ("tensorflow.keras", "tensorflow.python.keras", "keras.src", "keras.api"):
            return "keras"
        given = path
        for prefix in _COMPAT:
            if path.startswith(prefix):
                path = "tensorflow." + path[len(prefix) :]
        if given.startswith(_COMPAT[0]) and f"{path}.".startswith(_SHORT):
            return given  # TensorFlow 1 had functions and classes of its own under these names.
        if path.startswith(_SHORT):
            path = "keras." + path[len("tensorflow.") :]
    parts = path.split(".")
    if len(parts) == 4 and parts[:2] == ["keras", "ops"] and parts[2] in _OPS:
        path = f"keras.ops.{parts[3]}"
    if len(parts) > 3 and parts[0] == "keras" and parts[1] in _OPENED:
        path = f"keras.{parts[1]}.{parts[-1]}"
    return aliases.get(path, path)


def make_layer(c: Call, path: str, instance: Instance, args: Sequence[Any], kwargs: Mapping[str, Any]) -> bool:
    """Run a library class's constructor on an instance: False where the arguments cannot be bound or known."""
    found = layers[path]
    bound = bind(found.make, args, kwargs)
    if any(value is Ellipsis for value in (*args, *kwargs.values())):
        return False  # `nn.Linear(...)` in a sketch
    if bound is None:
        problem = binding_problem(found.make, args, kwargs)
        if problem:
            raise Failure("call-arguments", problem)
        return False
    for p, value in zip(found.make.parameters, bound):
        if p.kind != "*":
            instance.attrs[p.name] = value
    previous, c.path = c.path, path
    try:
        if found.setup is not None:
            star = next((v for p, v in zip(found.make.parameters, bound) if p.kind == "*"), None)
            if star is not None:
                found.setup(c, instance, star)
            else:
                found.setup(c, instance)
        if found.parameters is not None:
            dtype = c.dtype(instance.attrs.get("dtype"), c.floating)
            for name, shape in found.parameters(c, instance).items():
                # `bias` was an argument before: parameters stand in the order in which torch registers them.
                instance.attrs.pop(name, None)
                instance.attrs[name] = None if shape is None else Tensor(shape, dtype, parameter=True)
        asked = instance.attrs.get("device")
        device = c.device if asked is None else devices.device_kind(c, asked)
        for value in instance.attrs.values():
            if (
                type(value) is Tensor
                and value.device is None
                and value.library == "torch"
                and path.startswith("torch.nn")
            ):
                value.device = device
    except (NotKnown, TooComplex):
        return False
    finally:
        c.path = previous
    return True


def call_layer(c: Call, path: str, instance: Instance, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """What calling a library layer gives. Raises Failure."""
    found = layers[path]
    if found.forward is None:
        return UNKNOWN
    previous, c.layer = c.layer, instance
    try:
        return apply_rule(c, found.forward, args, kwargs, instance)
    finally:
        c.layer = previous


@lru_cache(maxsize=8192)
def bases_of(path: str) -> tuple[str, ...]:
    """A library class and all that it inherits from, itself first."""
    found = layers.get(path)
    bases = plain_bases.get(path, ()) if found is None else found.bases
    if not bases:
        return (path,)
    seen = [path]
    for base in bases:
        seen += [b for b in bases_of(base) if b not in seen]
    return tuple(seen)


def is_tensor_method(name: str, library: str = "torch") -> bool:
    """Whether a rule answers the method of that name."""
    return f"{library}.Tensor.{name}" in rules


# Whose methods and attributes a tensor has, by its library: those of the first class that has one of the name.
_TENSOR_CLASSES = {
    "torch": ("torch.Tensor",),
    "numpy": ("numpy.ndarray",),
    "tensorflow": ("tensorflow.Tensor",),
    "keras": ("keras.KerasTensor", "tensorflow.Tensor"),
}


def tensor_class(library: str) -> str:
    """The class of a library's tensors: numpy.ndarray."""
    return _TENSOR_CLASSES[library][0]


def of_tensor(library: str, name: str) -> str:
    """The path of a method or attribute of a library's tensors: `numpy.ndarray.T`, whether there is a rule or not."""
    first, *others = [f"{each}.{name}" for each in _TENSOR_CLASSES[library]]
    for path in others:
        if first not in rules and first not in attributes and (path in rules or path in attributes):
            return path
    return first


def operator_rule(libraries: Set[str], name: str) -> Rule | None:
    """The rule of an operator (`add`) between tensors of these libraries; plain numbers may stand beside them.

    What is computed with a KerasTensor is one, and what is computed with a tf.Tensor is one.
    """
    for library in ("keras", "tensorflow"):
        if library in libraries:
            return rules.get(of_tensor(library, f"__{name}__"))
    return rules.get(of_tensor("numpy" if libraries == {"numpy"} else "torch", f"__{name}__"))


def known_names(path: str) -> tuple[str, ...]:
    """The names below a library's module or class for which there are rules."""
    if not _names_below:
        for each in (*rules, *layers, *attributes, *aliases):
            parent, _, name = each.rpartition(".")
            _names_below.setdefault(parent, {})[name] = None
    return tuple(_names_below.get(path, ()))


_names_below: dict[str, dict[str, None]] = {}


def number_of_rules() -> int:
    """How many rules are loaded: those of a library come with the first file that speaks of it."""
    return len(rules)


def forget_names() -> None:
    """More rules were registered."""
    _names_below.clear()


__all__ = [
    "Call",
    "Failure",
    "Lib",
    "List",
    "Many",
    "NotKnown",
    "alias",
    "aliases",
    "apply_rule",
    "attribute",
    "attributes",
    "bases_of",
    "bind",
    "binding_problem",
    "call_layer",
    "canonical",
    "coercions",
    "declare",
    "forget_names",
    "is_tensor_method",
    "known_names",
    "layer",
    "layers",
    "make_layer",
    "of_tensor",
    "operator_rule",
    "rule",
    "rules",
    "signature",
    "tensor_class",
    "unknown_result",
]
