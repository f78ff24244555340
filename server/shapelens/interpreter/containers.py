"""torch.nn's containers and what every module has: Sequential, ModuleList, ModuleDict, children, parameters, to …"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from shapelens.dims import equal
from shapelens.interpreter import keras
from shapelens.interpreter.machine import Frame, Machine
from shapelens.rules.call import Failure
from shapelens.rules.devices import device_kind
from shapelens.values import (
    UNKNOWN,
    Bound,
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
    Scalar,
    Tensor,
    Unknown,
)
from shapelens.values.dtypes import ALIASES, COMPLEXES, FLOATS

NO_METHOD = object()
SEQUENTIAL, MODULE_LIST, MODULE_DICT = "torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict"
PARAMETER_LIST, PARAMETER_DICT = "torch.nn.ParameterList", "torch.nn.ParameterDict"
CONTAINERS = frozenset((SEQUENTIAL, MODULE_LIST, MODULE_DICT, PARAMETER_LIST, PARAMETER_DICT, "torch.nn.Module"))
_LISTS = frozenset((SEQUENTIAL, MODULE_LIST, PARAMETER_LIST))
_DICTS = frozenset((MODULE_DICT, PARAMETER_DICT))


def kind_of(instance: Instance) -> str:
    """Which container an instance is or inherits from; empty for none."""
    cls = instance.cls
    for base in cls.mro if isinstance(cls, Class) else (cls,):
        if isinstance(base, Lib) and base.path in CONTAINERS and base.path != "torch.nn.Module":
            return base.path
    return ""


def entries(instance: Instance) -> dict[str, Any]:
    """What a container holds, by key, in order."""
    kind = kind_of(instance)
    if kind == MODULE_LIST or kind == PARAMETER_LIST:
        return {k: v for k, v in instance.attrs.items() if k.isdigit()}
    if kind in _DICTS:
        own = instance.attrs.get("_keys")
        keys = list(own) if isinstance(own, (list, dict)) else None
        return {
            k: v
            for k, v in instance.attrs.items()
            if (isinstance(v, (Instance, Choice, Tensor)) or isinstance(v, Unknown))
            and (keys is None or k in keys)
            and k not in ("?", "training")
        }
    return {k: v for k, v in instance.attrs.items() if isinstance(v, (Instance, Choice)) and is_child(v)}


def is_child(value: Any) -> bool:
    """Whether an attribute's value counts as a submodule."""
    from shapelens.interpreter.classes import is_module

    if isinstance(value, Choice):
        return any(is_module(v) for v in value.values)
    return is_module(value)


def elements(instance: Instance) -> tuple[list[Any], Any] | None:
    """What iterating over a container gives; None if it is none."""
    kind = kind_of(instance)
    if not kind:
        return None
    if instance.attrs.get("?") is not None:
        return [], UNKNOWN
    rest = instance.attrs.get("*")
    if kind in _DICTS:
        return list(entries(instance)), None if rest is None else UNKNOWN
    return list(entries(instance).values()), rest


def keys(instance: Instance) -> list[str] | None:
    """The keys of a ModuleDict or ParameterDict."""
    if kind_of(instance) in _DICTS and instance.attrs.get("?") is None and instance.attrs.get("*") is None:
        return list(entries(instance))
    return None


def container_length(instance: Instance) -> int | None:
    """len() of a container whose content is known."""
    if not kind_of(instance) or instance.attrs.get("?") is not None or instance.attrs.get("*") is not None:
        return None
    return len(entries(instance))


def get_item(m: Machine, instance: Instance, index: Any) -> Any:
    """`container[index]`; None where the instance is no container."""
    kind = kind_of(instance)
    if not kind:
        return None
    if instance.attrs.get("?") is not None:
        return UNKNOWN
    held = entries(instance)
    if kind in _DICTS:
        if isinstance(index, str) and index in held:
            return held[index]
        return UNKNOWN
    values = list(held.values())
    if instance.attrs.get("*") is not None:
        return values[index] if isinstance(index, int) and 0 <= index < len(values) else instance.attrs["*"]
    if isinstance(index, int) and -len(values) <= index < len(values):
        return values[index]
    if isinstance(index, slice) and all(x is None or isinstance(x, int) for x in (index.start, index.stop, index.step)):
        names = list(held)[index]
        made = Instance(Lib(kind), {}, instance.origin)
        for i, name in enumerate(names):
            made.attrs[name if kind == SEQUENTIAL else str(i)] = held[name]
        return made
    if isinstance(index, Unknown) and values:
        from shapelens.interpreter.joining import choice

        return choice(values)
    return UNKNOWN


def set_item(m: Machine, instance: Instance, index: Any, value: Any) -> bool:
    """`container[index] = value`; False where the instance is no container."""
    kind = kind_of(instance)
    if not kind:
        return False
    m.touch(instance)
    if kind in _DICTS:
        if isinstance(index, str):
            instance.attrs[index] = value
        else:
            instance.attrs["?"] = True
        return True
    names = list(entries(instance))
    if isinstance(index, int) and -len(names) <= index < len(names):
        instance.attrs[names[index]] = value
    else:
        instance.attrs["?"] = True
    return True


def make(m: Machine, f: Frame, path: str, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> bool:
    """Run a container's constructor; False where the path is no container."""
    from shapelens.interpreter.iteration import iterate

    if path == "torch.nn.Module":
        return True
    if path not in CONTAINERS:
        return False
    m.touch(instance)
    if path == SEQUENTIAL:
        if len(args) == 1 and isinstance(args[0], dict):
            instance.attrs.update({str(k): v for k, v in args[0].items()})
            if getattr(args[0], "rest", None) is not None:
                instance.attrs["?"] = True
            return True
        offset = len(entries(instance))
        for i, value in enumerate(args):
            instance.attrs[str(offset + i)] = value
        if any(isinstance(v, Unknown) or not _could_be_module(v) for v in args):
            instance.attrs["?"] = True
        return True
    given = args[0] if args else kwargs.get("modules", kwargs.get("parameters", kwargs.get("values")))
    if given is None:
        return True
    if path in _LISTS:
        items, rest = iterate(m, f, given, None)
        for i, value in enumerate(items):
            instance.attrs[str(i)] = value
        if rest is not None:
            instance.attrs["*"] = rest
        return True
    update(m, instance, given)
    return True


def _could_be_module(value: Any) -> bool:
    return isinstance(value, (Instance, Choice))


def update(m: Machine, instance: Instance, given: Any) -> None:
    """ModuleDict.update."""
    from shapelens.interpreter.iteration import update_dict

    if isinstance(given, Instance) and kind_of(given):
        instance.attrs.update(entries(given))
        return
    table = Dict()
    update_dict(m, table, given)
    for key, value in table.items():
        if isinstance(key, str):
            instance.attrs[key] = value
    if table.rest is not None:
        instance.attrs["?"] = True


def forward(
    m: Machine, f: Frame, node: ast.AST, instance: Instance, path: str, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    """Sequential's forward; NO_METHOD for what is no container."""
    from shapelens.interpreter import calls

    if path == SEQUENTIAL:
        if not args:
            return UNKNOWN
        value = args[0]
        for child in entries(instance).values():
            value = calls.call(m, f, node, child, [value], {})
        return value
    return UNKNOWN if path in CONTAINERS else NO_METHOD


# -- walking -------------------------------------------------------------------------------------------------------


def children(instance: Instance) -> dict[str, Instance]:
    """The direct submodules by name, each once; a Keras model's layers."""
    if keras.is_keras_class(instance.cls):
        return {
            str(v.attrs.get("name", i)): v for i, v in enumerate(keras.layers_of(instance) or ()) if keras.is_layer(v)
        }
    found: dict[str, Instance] = {}
    seen: set[int] = set()
    for name, value in instance.attrs.items():
        if isinstance(value, Instance) and id(value) not in seen and is_child(value):
            seen.add(id(value))
            found[name] = value
    return found


def walk(instance: Instance, prefix: str = "", seen: set[int] | None = None) -> list[tuple[str, Instance]]:
    """The module and all below it, each once, with dotted names."""
    seen = set() if seen is None else seen
    if instance.born in seen:
        return []
    seen.add(instance.born)
    found = [(prefix, instance)]
    for name, child in children(instance).items():
        found += walk(child, f"{prefix}.{name}" if prefix else name, seen)
    return found


def weights(instance: Instance, buffers: bool = False) -> list[tuple[str, Tensor]]:
    """All parameters (or buffers) below a module with dotted names."""
    found: list[tuple[str, Tensor]] = []
    for prefix, module in walk(instance):
        own = _own_weights(module, buffers)
        found += [(f"{prefix}.{name}" if prefix else name, value) for name, value in own]
    return found


def own_weights(module: Instance, buffers: bool = False) -> list[Tensor]:
    """The parameters (or buffers) of a module without those of the modules in it."""
    return [tensor for _, tensor in _own_weights(module, buffers)]


def _own_weights(module: Instance, buffers: bool) -> list[tuple[str, Tensor]]:
    return [
        (name, value)
        for name, value in module.attrs.items()
        if isinstance(value, Tensor) and value.parameter is not buffers
        if not buffers or name in _buffer_names(module)
    ]


def _buffer_names(module: Instance) -> Any:
    own = module.attrs.get("_buffers", ())
    return own if own and isinstance(own, tuple) else ("running_mean", "running_var", "num_batches_tracked")


# -- methods -------------------------------------------------------------------------------------------------------


def has_method(instance: Instance, name: str) -> bool:
    """Whether torch.nn.Module or its container class has the method."""
    return name in _METHODS or bool(kind_of(instance)) and name in _CONTAINER_METHODS or name in _QUIET


def call_method(
    m: Machine,
    f: Frame,
    node: ast.AST,
    instance: Instance,
    owner: str,
    name: str,
    args: list[Any],
    kwargs: dict[str, Any],
) -> Any:
    """A method of a library class on an instance; NO_METHOD where there is none."""
    from shapelens.interpreter import calls, classes
    from shapelens.interpreter.attributes import get_plainly, set_plainly

    if name == "__getattribute__":
        return get_plainly(m, f, instance, args[0], node) if args and isinstance(args[0], str) else UNKNOWN
    if owner == "builtins.object":
        if name == "__setattr__" and len(args) == 2 and isinstance(args[0], str):
            set_plainly(m, f, instance, args[0], args[1], node)
        return None
    if owner == "dataclasses":
        classes.fill_fields(m, f, instance, args, kwargs)
        return None
    if name == "__init__":
        classes.construct(m, f, node, owner, instance, args, kwargs)
        return None
    if name == "__setattr__" and len(args) == 2 and isinstance(args[0], str):
        set_plainly(m, f, instance, args[0], args[1], node)
        return None
    if name == "__getattr__" and args and isinstance(args[0], str):
        from shapelens.interpreter import attributes

        if m.asking and owner == "torch.nn.Module" and attributes.lacks(instance, owner, args[0]):
            raise Exceptional("AttributeError")  # only whether there is one was asked
        return instance.attrs.get(args[0], UNKNOWN)
    if owner.startswith(("builtins.", "collections.")) or owner.startswith("tensorflow.") and name != "__call__":
        return NO_METHOD
    if keras.is_keras_class(instance.cls):
        return keras.call_method(m, f, node, instance, owner, name, args, kwargs)
    if name in ("forward", "__call__"):
        if name == "__call__":
            method, found = classes.find_in_class(instance.cls, "forward")
            if isinstance(found, Class) and method is not None:
                return calls.call(m, f, node, Bound(method, instance), args, kwargs)
        return calls.forward_of_library(m, f, node, instance, owner, args, kwargs)
    if kind_of(instance) and name in _CONTAINER_METHODS:
        return _CONTAINER_METHODS[name](m, f, node, instance, args, kwargs)
    if name in _METHODS:
        return _METHODS[name](m, f, node, instance, args, kwargs)
    if name in _QUIET:
        m.hooked = m.hooked or name.endswith("_hook")
        if name in _HOOKS and any(_may_answer(a) for a in (*args, *kwargs.values())):
            m.touch(instance)
            instance.attrs["?"] = True  # the hook may replace what goes in or comes out
        if name.endswith("load_state_dict_pre_hook"):
            m.touch(instance)
            instance.attrs[_LOADING] = UNKNOWN  # the hook may change what is loaded
        return _QUIET[name]
    return NO_METHOD


_HOOKS = ("register_forward_hook", "register_forward_pre_hook")


def _may_answer(hook: Any) -> bool:
    """Whether a hook may return something: one that only looks on changes nothing."""
    function = hook.function if isinstance(hook, Bound) else hook
    if not isinstance(function, Function):
        return not isinstance(hook, bool)
    if isinstance(function.node, ast.Lambda):
        return True
    return any(isinstance(n, ast.Return) and n.value is not None for n in ast.walk(function.node))


Method = Callable[[Machine, Frame, ast.AST, Instance, list[Any], dict[str, Any]], Any]


def _add_module(
    m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    values = [*args, *kwargs.values()]
    m.touch(instance)
    if len(values) >= 2 and isinstance(values[0], str):
        value = values[1]
        instance.attrs[values[0]] = value
    else:
        instance.attrs["?"] = True
    return None


def _register_parameter(
    m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    return _add_module(m, f, node, instance, args, kwargs)


def _register_buffer(
    m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    name = args[0] if args else kwargs.get("name")
    value = args[1] if len(args) > 1 else kwargs.get("tensor")
    m.touch(instance)
    if isinstance(name, str):
        from shapelens.interpreter.attributes import put

        put(m, instance, name, value)
        before = instance.attrs.get("_buffers", ())
        instance.attrs["_buffers"] = (*before, name) if isinstance(before, tuple) else before
    else:
        instance.attrs["?"] = True
    return None


def _append(m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    m.touch(instance)
    value = args[0] if args else next(iter(kwargs.values()), UNKNOWN)
    if instance.attrs.get("*") is not None:
        from shapelens.interpreter.joining import join

        instance.attrs["*"] = join(instance.attrs["*"], value)
        return instance
    m.burn(len(instance.attrs) >> 4)
    held = entries(instance)
    number = len(held)
    while str(number) in instance.attrs:
        number += 1
    instance.attrs[str(number)] = value
    if isinstance(value, Unknown) and kind_of(instance) == SEQUENTIAL:
        instance.attrs["?"] = True
    return instance


def _extend(m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from shapelens.interpreter.iteration import iterate

    items, rest = iterate(m, f, args[0] if args else UNKNOWN, node)
    for item in items:
        _append(m, f, node, instance, [item], {})
    if rest is not None:
        instance.attrs["?" if kind_of(instance) == SEQUENTIAL else "*"] = rest if rest is not None else True
    return instance


def _renumber(m: Machine, instance: Instance, values: list[Any]) -> None:
    m.touch(instance)
    for name in entries(instance):
        del instance.attrs[name]
    for i, value in enumerate(values):
        instance.attrs[str(i)] = value


def _insert(m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    values = list(entries(instance).values())
    if len(args) == 2 and isinstance(args[0], int):
        values.insert(args[0], args[1])
        _renumber(m, instance, values)
    else:
        m.touch(instance)
        instance.attrs["?"] = True
    return instance


def _pop(m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    held = entries(instance)
    m.touch(instance)
    key = args[0] if args else -1
    if isinstance(key, int) and -len(held) <= key < len(held):
        values = list(held.values())
        found = values.pop(key)
        _renumber(m, instance, values)
        return found
    if isinstance(key, str) and key in held:
        return instance.attrs.pop(key)
    instance.attrs["?"] = True
    return UNKNOWN


def _items(m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    listed = List([(k, v) for k, v in entries(instance).items()])
    listed.rest = (UNKNOWN, UNKNOWN) if instance.attrs.get("?") is not None else None
    return listed


def _keys(m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    listed = List(entries(instance))
    listed.rest = UNKNOWN if instance.attrs.get("?") is not None else None
    return listed


def _values(m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    listed = List(entries(instance).values())
    listed.rest = UNKNOWN if instance.attrs.get("?") is not None else None
    return listed


def _update(m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    m.touch(instance)
    for arg in args:
        update(m, instance, arg)
    return None


def _length(m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    size = container_length(instance)
    return Scalar("int") if size is None else size


def _get(m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    held = entries(instance)
    if args and isinstance(args[0], str) and instance.attrs.get("?") is None:
        return held.get(args[0], args[1] if len(args) > 1 else None)
    return UNKNOWN


def _item(m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return get_item(m, instance, args[0]) if args else UNKNOWN


_CONTAINER_METHODS: dict[str, Method] = {
    "append": _append,
    "extend": _extend,
    "insert": _insert,
    "pop": _pop,
    "items": _items,
    "keys": _keys,
    "values": _values,
    "update": _update,
    "get": _get,
    "__len__": _length,
    "__getitem__": _item,
}


def _listing(build: Callable[[Instance, list[Any], dict[str, Any]], list[Any]]) -> Method:
    def method(m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if instance.attrs.get("?") is not None or instance.attrs.get("*") is not None:
            return Many(UNKNOWN)
        made = build(instance, args, kwargs)
        if not made and any(_may_hold(module) for _, module in walk(instance)):
            return Many(UNKNOWN)
        return Iter(made)

    return method


def _may_hold(module: Instance) -> bool:
    """Whether an attribute may be a module or a weight of which nothing is known."""
    return module.attrs.get("?") is not None or any(type(value) is Unknown for value in module.attrs.values())


def _eval(m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return _set_training(m, instance, False)


def _train(m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    mode = args[0] if args else kwargs.get("mode", True)
    return _set_training(m, instance, mode if isinstance(mode, bool) else Scalar("bool"))


def _set_training(m: Machine, instance: Instance, mode: Any) -> Any:
    for _, module in walk(instance):
        if module.attrs.get("training") is not mode:
            m.touch(module)
            module.attrs["training"] = mode
    return instance


def _apply(m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    from shapelens.interpreter import calls
    from shapelens.interpreter.turns import Modules

    def turn(module: Instance) -> None:
        calls.call(m, f, node, args[0], [module], {})

    if args:
        turns = Modules(m, f)
        for _, module in walk(instance):
            turns.run(module, turn)
    return instance


# Modules are cast to and from these; what holds integers stays as it is.
_CAST = (*FLOATS, *COMPLEXES)


def _cast(m: Machine, instance: Instance, dtype: str | None) -> Instance:
    """Floating parameters and buffers of the module take the dtype (None: it is not known which)."""
    cast: dict[int, Tensor] = {}  # a weight that two modules share stays shared
    for _, module in walk(instance):
        for name, value in list(module.attrs.items()):
            if isinstance(value, Tensor) and (value.dtype is None or value.dtype in _CAST) and value.dtype != dtype:
                m.touch(module)
                new = cast.get(id(value))
                if new is None:
                    new = cast[id(value)] = value.with_(dtype=dtype, parameter=value.parameter, origin=value.origin)
                module.attrs[name] = new
    return instance


def _moved(m: Machine, instance: Instance, device: str | None) -> Instance:
    """Parameters and buffers of the module go to the device; other tensors that it holds may be buffers or not."""
    for _, module in walk(instance):
        for name, value in list(module.attrs.items()):
            if isinstance(value, Tensor) and value.device != device:
                m.touch(module)
                known = value.parameter or isinstance(module.cls, Lib)
                module.attrs[name] = value.with_(
                    device=device if known else None, parameter=value.parameter, origin=value.origin
                )
    return instance


def _mover(device: str) -> Method:
    return lambda m, f, node, instance, args, kwargs: _moved(m, instance, device)


def _caster(dtype: str) -> Method:
    return lambda m, f, node, instance, args, kwargs: _cast(m, instance, dtype)


def _to(m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    for key, value in (*[("", v) for v in args], *kwargs.items()):
        value = m.store.value(value)
        if isinstance(value, Lib):
            name = ALIASES.get(value.name, value.name)
            if value.path.startswith("torch.") and name in _CAST:
                _cast(m, instance, name)
        elif isinstance(value, Tensor):
            _moved(m, instance, value.device)
            _cast(m, instance, value.dtype)
        elif value is not None and not isinstance(value, bool) and key in ("", "device"):
            _moved(m, instance, device_kind(m.call, value))
    m.call.formats = m.call.formats or "memory_format" in kwargs
    if "dtype" in kwargs and isinstance(kwargs["dtype"], Unknown):
        return _cast(m, instance, None)
    return instance


def _requires_grad(
    m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    from shapelens.interpreter import calls

    wanted = m.store.value(args[0] if args else kwargs.get("requires_grad", True))
    for _, weight in weights(instance):
        calls.set_frozen(m, weight, wanted)
    return instance


def _same(m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return instance


def _submodule(m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    found: Any = instance
    if not args or not isinstance(args[0], str):
        return UNKNOWN
    for part in args[0].split(".") if args[0] else []:
        found = found.attrs.get(part, UNKNOWN) if isinstance(found, Instance) else UNKNOWN
    return found


def _state(m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Any:
    if instance.attrs.get("?") is not None:
        return UNKNOWN
    return Dict({name: value for name, value in (*weights(instance), *weights(instance, True))})


_LOADING = "_load_from_state_dict"


def _load_state(
    m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    """Fails where a tensor has another shape than the weight of its name. Names that differ are not looked at.

    Source: `Module._load_from_state_dict`; a number is taken from a vector.
    """
    from shapelens.interpreter import calls, classes

    given = m.store.value(args[0] if args else kwargs.get("state_dict", UNKNOWN))
    own = _state(m, f, node, instance, [], {})
    if not isinstance(given, Dict) or not isinstance(own, Dict):
        return UNKNOWN
    if any(
        _LOADING in part.attrs or isinstance(classes.find_in_class(part.cls, _LOADING)[1], Class)
        for _, part in walk(instance)
    ):
        return UNKNOWN  # it has its own way to take what it is given

    def check() -> None:
        for name, value in given.items():
            mine = own.get(name)
            if isinstance(value, Tensor) and isinstance(mine, Tensor) and _differ(m, value, mine):
                raise Failure(
                    "weight-mismatch",
                    f"load_state_dict: {name} is {m.call.text(value)} in the state, {m.call.text(mine)} in "
                    f"{instance.cls.name if instance.cls is not None else 'the module'}",
                    m.call.related(value, mine),
                )

    calls.guarded(m, f, node, check, None)
    return UNKNOWN


def _differ(m: Machine, a: Tensor, b: Tensor) -> bool:
    """Whether two shapes are certainly not the same."""
    one, two = m.call.shape(a), m.call.shape(b)
    if not isinstance(one, tuple) or not isinstance(two, tuple):
        return False
    if len(one) != len(two):
        return (len(one), len(two)) != (1, 0)
    return any(equal(x, y) is False for x, y in zip(one, two))


_METHODS: dict[str, Method] = {
    "load_state_dict": _load_state,
    "add_module": _add_module,
    "register_module": _add_module,
    "register_parameter": _register_parameter,
    "register_buffer": _register_buffer,
    "children": _listing(lambda i, a, k: list(children(i).values())),
    "named_children": _listing(lambda i, a, k: list(children(i).items())),
    "modules": _listing(lambda i, a, k: [v for _, v in walk(i)]),
    "named_modules": _listing(lambda i, a, k: list(walk(i))),
    "parameters": _listing(lambda i, a, k: [v for _, v in weights(i)]),
    "named_parameters": _listing(lambda i, a, k: list(weights(i))),
    "buffers": _listing(lambda i, a, k: [v for _, v in weights(i, True)]),
    "named_buffers": _listing(lambda i, a, k: list(weights(i, True))),
    "eval": _eval,
    "train": _train,
    "apply": _apply,
    "to": _to,
    "half": _caster("float16"),
    "float": _caster("float32"),
    "double": _caster("float64"),
    "bfloat16": _caster("bfloat16"),
    "cuda": _mover("cuda"),
    "cpu": _mover("cpu"),
    "to_empty": _to,
    "type": lambda m, f, node, i, a, k: _to(m, f, node, i, a, k),
    "requires_grad_": _requires_grad,
    "share_memory": _same,
    "compile": lambda m, f, node, i, a, k: None,
    "get_submodule": _submodule,
    "get_parameter": _submodule,
    "get_buffer": _submodule,
    "state_dict": _state,
}

# Methods that change no shape and whose answer nobody needs.
_QUIET: dict[str, Any] = dict.fromkeys(
    "zero_grad register_forward_hook register_forward_pre_hook register_full_backward_hook "
    "register_backward_hook _register_load_state_dict_pre_hook register_load_state_dict_post_hook extra_repr "
    "_get_name _load_from_state_dict register_state_dict_pre_hook _register_state_dict_hook "
    "named_members _version reset_parameters flatten_parameters __repr__ set_extra_state __dir__".split(),
    UNKNOWN,
)
