"""Attribute access: `value.name` and `value.name = x` for every kind of value."""

from __future__ import annotations

import ast
import collections
from collections.abc import Callable, Iterable
from typing import Any

from shapelens.dims import Expr
from shapelens.interpreter import (
    calls,
    captured,
    classes,
    containers,
    importing,
    keras,
    library,
    natives,
    plain,
    python_types,
)
from shapelens.interpreter.joining import join
from shapelens.interpreter.machine import Frame, Machine
from shapelens.rules import placeholders, registry
from shapelens.rules.call import Failure, NotKnown
from shapelens.rules.numpy.arrays import ATTRIBUTES, INSTEAD
from shapelens.rules.placeholders import is_placeholder
from shapelens.rules.torch.names import LAYER_NAMES, TENSOR_NAMES
from shapelens.values import (
    UNKNOWN,
    Bound,
    Children,
    Choice,
    Class,
    Descriptor,
    Dict,
    Exceptional,
    Function,
    Hole,
    Instance,
    Iter,
    Lib,
    List,
    Named,
    Partial,
    Plain,
    PyModule,
    Scalar,
    Size,
    Super,
    Tensor,
    Unknown,
)
from shapelens.values.dtypes import ALIASES, COMPLEXES, FLOATS, NAMES

_MISSING = object()
_OWN = frozenset(("__name__", "__qualname__", "__module__", "__mro__", "__bases__", "__dict__"))  # never inherited

# What methods may change although a class holds it.
_HELD_BY_CLASSES = frozenset((Instance, List, Dict, set))

# What every torch.nn.Module has besides its methods.
_MODULE_INTERNALS = frozenset(
    "_modules _parameters _buffers _forward_hooks _forward_pre_hooks _backward_hooks _state_dict_hooks "
    "_non_persistent_buffers_set _is_full_backward_hook call_super_init dump_patches T_destination _version".split()
)

# Names that tensors share with dicts, lists, strings and modules: using one teaches nothing.
_COMMON_NAMES = frozenset(
    "items keys values get pop append extend index count copy split format join to type data name names update all any "
    "map apply add remove insert sort reverse clear eval train cuda cpu half float double device dtype grad backward "
    "parameters step zero_ state_dict register_hook storage item tolist close T imag real log stack flip rotate "
    "resize resize_ set_ apply_ index_select select filter replace sub equal take put clip where diff round trace mode unique "
    "quantile fill dot rename".split()
)
# Names that tensors share with modules and namespaces of functions, which take the tensor as an argument.
_OF_LAYERS_TOO = frozenset("norm relu softmax log_softmax sigmoid tanh prelu".split())


# What tables, trees and other objects have too.
_COMMON_WITH_ARRAYS = frozenset(
    "base data device flags flat mean max min partition prod repeat size std sum var".split()
)


# Which dtypes answer yes to `dtype.is_floating_point` and `dtype.is_complex`.
_OF_DTYPES = {"is_floating_point": FLOATS, "is_complex": COMPLEXES}


def private(f: Frame, name: str) -> str:
    """The name that `x.__name` stands for in the body of a class: `_Class__name`."""
    if name[:2] != "__" or name.endswith("__"):
        return name
    owner = f.owner if f.owner is not None else f.function.owner if f.function is not None else None
    return f"_{owner.name.lstrip('_')}{name}" if owner is not None and owner.name.strip("_") else name


def get(m: Machine, f: Frame, value: Any, name: str, node: ast.AST) -> Any:
    """`value.name`."""
    kind = type(value)
    if kind is Tensor:
        return _of_tensor(m, f, value, name, node)
    if kind is Instance:
        return of_instance(m, f, value, name, node)
    if kind is Lib:
        return of_lib(value, name)
    if kind is Unknown:
        value = m.store.value(value)
        if type(value) is not Unknown:
            return get(m, f, value, name, node)
        return _of_unknown(m, f, value, name, node)
    if kind is PyModule:
        return of_module(m, value, name)
    if kind is Super:
        return _of_super(m, f, value, name, node)
    if kind is Class:
        return of_class(m, f, value, name, node)
    if kind is Function:
        return _of_function(value, name)
    if kind is Choice:

        def one(held: Any) -> Callable[[], Any]:
            return lambda: get(m, f, held, name, node)

        return calls.of_each(m, f, [one(v) for v in value.values if v is not None])
    if kind is Bound:
        if name in ("__self__",):
            return value.receiver
        if name == "__func__":
            return value.function
        return get(m, f, value.function, name, node)
    if kind is Partial:
        return {"func": value.function, "args": value.args, "keywords": Dict(value.keywords)}.get(name, UNKNOWN)
    if kind is Size:
        path = f"tensorflow.TensorShape.{name}"
        if name == "numel":
            return Plain(value, name)
        if path in registry.attributes:
            return registry.apply_rule(m.call, registry.attributes[path], (value,), {})
        if path in registry.rules:
            return Bound(Lib(path), value)
    names = getattr(value, "names", None)
    if names is not None and isinstance(value, tuple) and name in names:
        return value[names.index(name)]
    if isinstance(value, Named) and name in ("_fields", "_replace", "_asdict"):
        return value.names if name == "_fields" else Plain(value, name)
    if isinstance(value, Iter) and name in ("send", "close", "throw"):
        return UNKNOWN
    if plain.has_method(value, name):
        return Plain(value, name)
    if isinstance(value, Expr):
        return {"real": value, "numerator": value}.get(name, UNKNOWN)
    if name == "__class__":
        return python_types.type_of(m, value)
    if isinstance(value, range) and name in ("start", "stop", "step"):
        return getattr(value, name)
    if isinstance(value, type) and name == "__name__":
        return value.__name__
    if value is None and not name.startswith("__"):
        raise Exceptional("AttributeError")
    return UNKNOWN


def _of_tensor(m: Machine, f: Frame, value: Tensor, name: str, node: ast.AST) -> Any:
    if value.library == "keras" and name == "shape":
        return keras.shape_tuple(m, value)
    path = registry.of_tensor(value.library, name)
    rule = registry.attributes.get(path)
    if rule is not None:
        if name == "shape" and not isinstance(m.store.shape(value.shape), tuple):
            return Unknown(("shape of", value)) if m.store.shape(value.shape) is not None else UNKNOWN  # type: ignore[arg-type]
        return calls.guarded(m, f, node, lambda: registry.apply_rule(m.call, rule, (value,), {}), UNKNOWN)
    if value.library != "torch":
        if value.library == "numpy":
            _refuse_missing(m, f, value, name, node)
        elif (
            is_placeholder(value)
            and name not in placeholders.ATTRIBUTES
            and not name.startswith("_")
            and m.is_certain()
        ):
            text = (
                f"a KerasTensor, as {m.call.text(value)} is one, has no attribute '{name}': it stands for what a model"
            )
            m.report(Failure("no-attribute", f"{text} will be given, and holds no numbers"), f.place, node)
        return Bound(Lib(path), value) if path in registry.rules else Unknown(path)
    if (
        path in registry.rules
        or path in registry.reshaping_in_place
        or name.endswith("_")
        and path[:-1] in registry.rules
    ):
        return Bound(Lib(path), value)
    if m.oracle is not None and not name.startswith("_") and m.oracle.may_ask(path):
        return Bound(Lib(path), value)
    return Unknown(f"Tensor.{name}")


def _refuse_missing(m: Machine, f: Frame, value: Tensor, name: str, node: ast.AST) -> None:
    """Report an attribute that no array has. What may be a subclass with more, or a number, is left alone."""
    if name in ATTRIBUTES or name.startswith("_") or value.dtype is None or not m.store.shape(value.shape):
        return
    if not m.is_certain():
        return  # a branch may be about what kind of array it is
    instead = f": {INSTEAD[name]}" if name in INSTEAD else ""
    text = m.call.text(value)
    m.report(Failure("no-attribute", f"a NumPy array {text} has no attribute '{name}'{instead}"), f.place, node)


def of_lib(value: Lib, name: str) -> Any:
    """An attribute of a library name: a constant, or a longer name."""
    path = registry.canonical(f"{value.path}.{name}")
    constant = library.CONSTANTS.get(path, _MISSING)
    if constant is not _MISSING:
        return constant
    if name == "__name__":
        return value.name
    if name == "__class__":
        return UNKNOWN
    if (
        name in _OF_DTYPES
        and value.path.startswith("torch.")
        and (dtype := ALIASES.get(value.name, value.name)) in NAMES
    ):
        return dtype in _OF_DTYPES[name]
    return Lib(path)


def of_module(m: Machine, value: PyModule, name: str) -> Any:
    """An attribute of a module that is followed."""
    found = importing.member(m, value, name)
    if found is not importing.MISSING:
        if m.reads and name in value.namespace:
            m.read(value.namespace, name, value.namespace[name])
        return found
    if name in ("__name__", "__package__"):
        return value.name
    return Unknown(name)


def _of_unknown(m: Machine, f: Frame, value: Unknown, name: str, node: ast.AST) -> Any:
    if isinstance(value.why, tuple) and value.why[0] == "shape of":
        if name == "numel":
            return Bound(Lib("torch.Tensor.numel"), value.why[1])
        return Bound(Lib("tensorflow.TensorShape.as_list"), value) if name == "as_list" else UNKNOWN
    if value.hole is None:
        return UNKNOWN
    if name in _OF_LAYERS_TOO:
        found = of_hole(m, value, name, name)
        if type(found) is Unknown and found.hole is not None:
            found.hole.method_of = value, name
        return found
    if name not in _COMMON_NAMES and not name.startswith("__"):
        library = _library_having(f, name)
        if library is not None and not (library == "numpy" and name in _COMMON_WITH_ARRAYS):
            return _of_tensor(m, f, m.store.open_tensor(value, None, library), name, node)
    return of_hole(m, value, name, name)


def _library_having(f: Frame, name: str) -> str | None:
    """The only library whose tensors a function may take that have an attribute of that name."""
    having = [each for each in importing.tensor_libraries(f) if _is_of_tensors(each, name)]
    return having[0] if len(having) == 1 else None


def method_called(m: Machine, f: Frame, node: ast.AST, function: Unknown, given: Iterable[Any]) -> Any:
    """The method of a tensor that an unknown function is, where it is called with nothing but plain values; else None."""
    if function.hole is None or function.hole.method_of is None:
        return None
    if not all(each is None or isinstance(each, (int, float, str, tuple)) for each in map(m.store.value, given)):
        return None
    value, name = function.hole.method_of
    library = _library_having(f, name)
    if library is None:
        return None
    tensor = m.store.value(value)
    if type(tensor) is Unknown:
        tensor = m.store.open_tensor(tensor, None, library)
    return _of_tensor(m, f, tensor, name, node) if type(tensor) is Tensor else None


def _is_of_tensors(library: str, name: str) -> bool:
    path = registry.of_tensor(library, name)
    return path in registry.attributes or path in registry.rules


def of_hole(m: Machine, value: Unknown, key: str, name: str) -> Any:
    """An attribute of an unknown object: itself unknown, and the same each time."""
    assert value.hole is not None
    if value.hole.serial in m.written_holes:
        return UNKNOWN
    found = m.hole_attributes.get((value.hole.serial, key))
    if found is None:
        found = m.hole_attributes[value.hole.serial, key] = Unknown(name, Hole(name))
    return m.store.value(found)


def of_class(m: Machine, f: Frame, value: Class, name: str, node: ast.AST) -> Any:
    """An attribute of a class of the program."""
    found, owner = classes.find_in_class(value, name)
    if name == "__dataclass_fields__" and value.kind == "dataclass":
        return Dict({each.attrs["name"]: each for each in classes.fields_of(value)})
    if owner is None or isinstance(owner, Lib) and name in _OWN:
        if name in ("__name__", "__qualname__"):
            return value.name
        if name == "__module__":
            return value.module.name
        if name == "__mro__":
            return value.mro
        if name == "__bases__":
            return value.bases
        if name == "__dict__":
            return Dict(value.attrs)
        if name == "__members__" and value.kind == "enum":
            return Dict({k: v for k, v in value.attrs.items() if isinstance(v, Instance) and v.cls is value})
        if value.kind == "namedtuple" and name == "_fields":
            return tuple([field for field, _ in value.fields])
        if value.kind == "namedtuple" and name == "_make":
            return Partial(Lib("collections.namedtuple._make"), (value,), {})
        return UNKNOWN
    if isinstance(owner, Lib):
        if name == "apply" and owner.path == "torch.autograd.Function":
            return Partial(Lib("torch.autograd.Function.apply"), (value,), {})
        return Lib(f"{owner.path}.{name}")
    if m.reads and type(found) in _HELD_BY_CLASSES:
        m.read(owner.attrs, name, found)
    if isinstance(found, Descriptor):
        if found.kind == "classmethod":
            return Bound(found.function, value)
        if found.kind == "staticmethod":
            return found.function
        return found
    if isinstance(found, Instance) and isinstance(found.cls, Class):
        getter, owner = classes.find_in_class(found.cls, "__get__")
        if isinstance(owner, Class) and isinstance(getter, Function):
            return calls.call(m, f, node, Bound(getter, found), [None, value], {})
    return found


def of_instance(m: Machine, f: Frame, value: Instance, name: str, node: ast.AST) -> Any:
    """An attribute of an object: its own, its class's with descriptors, its library base's."""
    if type(value.cls) is Class and value.born not in m.getting and (hook := _getter(m, value.cls)) is not None:
        return _by_hook(m, f, value, hook, name, node)
    found = value.attrs.get(name, _MISSING)
    if found is not _MISSING:
        if type(found) is Unknown and found.hole is not None:
            return m.store.value(found)
        if type(found) is Instance and type(value.cls) is Class and containers.is_child(found):
            # PyTorch keeps modules where they are looked for last: a method of that name comes first.
            attribute, owner = classes.find_in_class(value.cls, name)
            if isinstance(owner, Class) and isinstance(attribute, (Function, Descriptor)):
                if not keras.is_keras_class(value.cls):
                    return _bind(m, f, value, attribute, node, name)
        return found
    cls = value.cls
    if isinstance(cls, Class):
        attribute, owner = classes.find_in_class(cls, name)
        if isinstance(owner, Class):
            if m.reads and type(attribute) in _HELD_BY_CLASSES:
                m.read(owner.attrs, name, attribute)
            return _bind(m, f, value, attribute, node, name)
        if name == "__class__":
            return cls
        if name == "__dict__":
            return Dict(value.attrs)
        if (
            value.payload is not None
            and not isinstance(value.payload, Instance)
            and plain.has_method(value.payload, name)
        ):
            return Plain(value.payload, name)
        if owner is not None and not (cls.kind == "enum" and name in ("value", "name")):
            known = _library_attribute(m, f, value, owner, name, node)
            hook = classes.find_in_class(cls, "__getattr__")[0] if isinstance(known, Unknown) else None
            if isinstance(hook, Function) and lacks(value, owner.path, name) and (value.born, name) not in m.asking:
                return _given(m, f, value, hook, name, node)
            return known
        return _missing_attribute(m, f, value, name, node)
    if name == "__class__":
        return cls
    return _library_attribute(m, f, value, cls, name, node)


def _getter(m: Machine, cls: Class) -> Function | None:
    """The class's own `__getattribute__`."""
    try:
        return m.getters[cls]
    except KeyError:
        found = classes.find_in_class(cls, "__getattribute__")[0]
        hook = m.getters[cls] = found if isinstance(found, Function) else None
        return hook


def _by_hook(m: Machine, f: Frame, value: Instance, hook: Function, name: str, node: ast.AST) -> Any:
    m.getting.add(value.born)
    try:
        return calls.call(m, f, node, Bound(hook, value), [name], {})
    finally:
        m.getting.discard(value.born)


def _missing_attribute(m: Machine, f: Frame, value: Instance, name: str, node: ast.AST) -> Any:
    assert isinstance(value.cls, Class)
    special = {"value": value.payload, "name": value.attrs.get("_name_", UNKNOWN)}
    if value.cls.kind == "enum" and name in special:
        return special[name]
    if value.payload is not None:
        return get(m, f, value.payload, name, node)
    if name == "training":
        return _training(m, value)
    if UNKNOWN in value.cls.mro or any(isinstance(b, Unknown) for b in value.cls.mro):
        return UNKNOWN
    if name.startswith("__") and name.endswith("__"):
        return UNKNOWN
    if value.attrs.get("?") is not None:
        return UNKNOWN
    hook = classes.find_in_class(value.cls, "__getattr__")[0]
    if isinstance(hook, Function):
        return calls.call(m, f, node, Bound(hook, value), [name], {})
    return Unknown(f"no attribute {name}")


def _training(m: Machine, value: Instance) -> Any:
    return Scalar("bool") if m.training is None else m.training


def _library_attribute(m: Machine, f: Frame, value: Instance, owner: Any, name: str, node: ast.AST) -> Any:
    if not isinstance(owner, Lib):
        return UNKNOWN
    if name == "training":
        return _training(m, value)
    if name == "_modules" and "torch.nn.Module" in registry.bases_of(owner.path):
        table = Children(
            value, {k: v for k, v in value.attrs.items() if isinstance(v, Instance) and containers.is_child(v)}
        )
        table.rest = None if value.attrs.get("?") is None and value.attrs.get("*") is None else UNKNOWN
        return table
    for path in registry.bases_of(owner.path):
        rule = registry.attributes.get(f"{path}.{name}")
        if rule is not None:
            return calls.guarded(m, f, node, lambda: registry.apply_rule(m.call, rule, (value,), {}), UNKNOWN)
        if f"{path}.{name}" in registry.rules:
            return Bound(Lib(f"{path}.{name}"), value)
    if keras.is_keras_class(value.cls):
        own = keras.attribute(m, value, name)
        if own is not keras.NO_METHOD:
            return own
        return Bound(Lib(f"{owner.path}.{name}"), value) if keras.has_method(name) else Unknown(f"{owner.name}.{name}")
    if name == "forward" and (owner.path in registry.layers or owner.path in containers.CONTAINERS):
        return Bound(Lib(f"{owner.path}.forward"), value)
    if containers.has_method(value, name):
        return Bound(Lib(f"torch.nn.Module.{name}"), value)
    constant = library.CONSTANTS.get(f"{owner.path}.{name}", _MISSING)
    if constant is not _MISSING:
        return constant
    if owner.path == "inspect.Parameter":
        return Lib(f"{owner.path}.{name}")
    if f"{owner.path}.{name}" in natives.NATIVES:
        return Bound(Lib(f"{owner.path}.{name}"), value)
    return Unknown(f"{owner.name}.{name}")


def _bind(m: Machine, f: Frame, value: Instance, attribute: Any, node: ast.AST, name: str) -> Any:
    if isinstance(attribute, Function):
        return Bound(attribute, value)
    if isinstance(attribute, Descriptor):
        if attribute.kind in ("property", "cached_property"):
            return calls.call(m, f, node, Bound(attribute.function, value), [], {})
        if attribute.kind == "classmethod":
            return Bound(attribute.function, value.cls)
        return attribute.function
    if isinstance(attribute, Choice) and all(isinstance(each, Function) for each in attribute.values):
        return Choice(tuple([Bound(each, value) for each in attribute.values]))
    if isinstance(attribute, Instance) and isinstance(attribute.cls, Class):
        getter, owner = classes.find_in_class(attribute.cls, "__get__")
        if isinstance(owner, Class) and isinstance(getter, Function):
            return calls.call(m, f, node, Bound(getter, attribute), [value, value.cls], {})
    return attribute


_BASE_METHODS = frozenset(
    "__init__ forward __call__ __new__ __setattr__ __getattr__ __getattribute__ extra_repr".split()
)


def _of_super(m: Machine, f: Frame, value: Super, name: str, node: ast.AST) -> Any:
    receiver = value.receiver
    cls = receiver.cls if isinstance(receiver, Instance) else receiver
    mro = cls.mro if isinstance(cls, Class) else ()
    start = next((i + 1 for i, c in enumerate(mro) if c is value.cls), 0)
    for base in mro[start:]:
        if isinstance(base, Class) and name in base.attrs:
            attribute = base.attrs[name]
            if isinstance(receiver, Instance):
                return _bind(m, f, receiver, attribute, node, name)
            if isinstance(attribute, Descriptor):
                return Bound(attribute.function, receiver) if attribute.kind == "classmethod" else attribute.function
            return Bound(attribute, receiver) if name == "__new__" else attribute
        if isinstance(base, Class) and base.kind == "dataclass" and name == "__init__" and base.fields:
            return Bound(Lib("dataclasses.__init__"), receiver)
        if isinstance(base, Lib):
            if name in _BASE_METHODS:
                return Bound(Lib(f"{base.path}.{name}"), receiver)
            if isinstance(receiver, Instance):
                if receiver.payload is not None and plain.has_method(receiver.payload, name):
                    return Plain(receiver.payload, name)
                return _library_attribute(m, f, receiver, base, name, node)
        if isinstance(base, Unknown):
            return UNKNOWN
    if name in ("__init__", "__init_subclass__", "__setattr__", "__getattribute__", "__post_init__"):
        return Bound(Lib(f"builtins.object.{name}"), receiver)
    if name == "__new__":
        return Bound(Lib("builtins.object.__new__"), receiver)
    return UNKNOWN


def _of_function(value: Function, name: str) -> Any:
    if name in value.attrs:
        return value.attrs[name]
    if name in ("__name__", "__qualname__"):
        return value.name
    if name == "__module__":
        return value.module.name
    if name == "__code__":
        code = calls.code_of(value)
        names = (*code.args, *code.kwonly, *(n for n in (code.vararg, code.kwarg) if n), *code.assigned())
        return Instance(Lib("types.CodeType"), {"co_varnames": names, "co_argcount": len(code.args)})
    return UNKNOWN


def set_attribute(m: Machine, f: Frame, target: Any, name: str, value: Any, node: ast.AST) -> None:
    """`target.name = value`."""
    target = m.store.value(target)
    if type(target) is Unknown and target.hole is not None:
        m.written_holes.add(target.hole.serial)
    if type(target) is Unknown and isinstance(value, (Function, Bound, Partial)):
        calls.havoc(m, value)  # whoever has the object may call it
    if isinstance(target, Choice):
        for one in target.values:
            if isinstance(one, Instance):
                m.touch(one)
                one.attrs[name] = join(one.attrs.get(name, UNKNOWN), value)
        return
    if isinstance(target, Instance):
        if isinstance(target.cls, Class):
            hook, owner = classes.find_in_class(target.cls, "__setattr__")
            if isinstance(owner, Class) and isinstance(hook, Function):
                if (target.born, name) not in m.setting:
                    m.setting.add((target.born, name))
                    try:
                        calls.call(m, f, node, Bound(hook, target), [name, value], {})
                    finally:
                        m.setting.discard((target.born, name))
                    if name in target.attrs:
                        return
        set_plainly(m, f, target, name, value, node)
    elif isinstance(target, (Class, Function)):
        m.touch(target)
        m.epoch += 1
        target.attrs[name] = value
    elif isinstance(target, PyModule):
        m.touch(target)
        m.epoch += 1
        target.namespace[name] = value
    elif isinstance(target, Tensor) and name == "requires_grad":
        calls.set_frozen(m, target, m.store.value(value))
    elif isinstance(target, Tensor) and target.library == "numpy" and name in ("shape", "dtype"):
        _reshape_array(m, f, target, name, value, node)
    elif isinstance(target, Tensor) and name == "data":
        value = m.store.value(value)
        calls.reshape_in_place(m, target, value.shape if isinstance(value, Tensor) else None)
    elif isinstance(target, Tensor):
        m.put_on_tensors.add(name)


def _reshape_array(m: Machine, f: Frame, array: Tensor, name: str, value: Any, node: ast.AST) -> None:
    """`x.shape = …` reshapes in place; what `x.dtype = …` makes of the last axis is not followed."""
    made = UNKNOWN
    if name == "shape":
        rule = registry.rules["numpy.ndarray.reshape"]
        made = calls.guarded(m, f, node, lambda: registry.apply_rule(m.call, rule, (array, value), {}), UNKNOWN)
    calls.reshape_in_place(m, array, made.shape if isinstance(made, Tensor) else None)
    if name == "dtype":
        array.dtype = None


def set_plainly(m: Machine, f: Frame, target: Instance, name: str, value: Any, node: ast.AST) -> None:
    """`object.__setattr__`: by a property's setter, or into the object."""
    if isinstance(target.cls, Class):
        found, _ = classes.find_in_class(target.cls, name)
        if isinstance(found, Descriptor) and found.kind == "property":
            if found.setter is not None:
                calls.call(m, f, node, Bound(found.setter, target), [value], {})
            return
    put(m, target, name, value)


def get_plainly(m: Machine, f: Frame, value: Instance, name: str, node: ast.AST) -> Any:
    """`object.__getattribute__`."""
    m.getting.add(value.born)
    try:
        return of_instance(m, f, value, name, node)
    finally:
        m.getting.discard(value.born)


def put(m: Machine, target: Instance, name: str, value: Any) -> None:
    """Store an attribute; an unknown becomes one that its uses may teach."""
    m.touch(target)
    if type(value) is Unknown and value.hole is None and not isinstance(value.why, tuple):
        value = Unknown(name, Hole(name))
    if (target.born, name) in m.captured_values and not isinstance(value, (Instance, Function, Class)):
        value = UNKNOWN
    if (target.born, name) in m.captured_fields:
        captured.forget(m, value)
    target.attrs[name] = value


def _answered(m: Machine, f: Frame, value: Instance, hook: Function, name: str, node: ast.AST) -> bool | None:
    """Whether a `__getattr__` gives an attribute rather than raising; None where it is not known to the end."""
    if (value.born, name) in m.asking:
        return None
    m.asking.add((value.born, name))
    unsure = m.unsure
    m.trying += 1
    try:
        calls.call(m, f, node, Bound(hook, value), [name], {})
    except Exceptional as error:
        return False if error.name == "AttributeError" and m.unsure == unsure else None
    finally:
        m.trying -= 1
        m.asking.discard((value.born, name))
    return True if m.unsure == unsure else None


def _given(m: Machine, f: Frame, value: Instance, hook: Function, name: str, node: ast.AST) -> Any:
    """What a `__getattr__` gives for what a module has not."""
    m.asking.add((value.born, name))
    try:
        return calls.call(m, f, node, Bound(hook, value), [name], {})
    except Exceptional as error:
        if error.name != "AttributeError":
            raise
        return Unknown(f"no attribute {name}")
    finally:
        m.asking.discard((value.born, name))


_PLAIN_TYPES = {
    "builtins.dict": dict,
    "builtins.list": list,
    "builtins.tuple": tuple,
    "collections.OrderedDict": collections.OrderedDict,
}


def lacks(value: Instance, path: str, name: str) -> bool:
    """Whether a layer of torch has certainly no attribute of that name: none of its own, and none that wrappers add."""
    known = LAYER_NAMES.get(path, _NO_NAMES if path == classes.MODULE.path else None)
    if known is None or name in known or name in _MODULE_INTERNALS or name in classes.MODULE_NAMES:
        return False
    if name in value.attrs or name.startswith(("__", "weight_", "bias_")) or name in _ADDED or name.isdigit():
        return False
    return value.attrs.get("?") is None and value.attrs.get("*") is None


_NO_NAMES: frozenset[str] = frozenset()
_ADDED = frozenset(("parametrizations", "qconfig", "activation_post_process", "training", "module", "_orig_mod"))


def attribute_or_none(m: Machine, f: Frame, value: Any, name: str, node: ast.AST) -> bool | None:
    """hasattr(value, name), where it can be told."""
    if isinstance(value, Tensor) and value.library == "numpy" and not name.startswith("_"):
        return name in ATTRIBUTES if value.dtype is not None and m.store.shape(value.shape) else None
    if isinstance(value, Instance):
        if name in value.attrs:
            return True
        if isinstance(value.cls, Class):
            found, owner = classes.find_in_class(value.cls, name)
            if isinstance(owner, Class):
                return True
            if any(isinstance(c, Unknown) for c in value.cls.mro) or value.attrs.get("?") is not None:
                return None
            hook = classes.find_in_class(value.cls, "__getattr__")[0]
            if hook is not None:
                return _answered(m, f, value, hook, name, node) if isinstance(hook, Function) else None
            if isinstance(owner, Lib) and owner.path in _PLAIN_TYPES:
                return hasattr(_PLAIN_TYPES[owner.path], name)
            if isinstance(owner, Lib):
                try:
                    known = _library_attribute(m, f, value, owner, name, node)
                except NotKnown:
                    return None
                if not isinstance(known, Unknown):
                    return True
                return False if lacks(value, owner.path, name) else None
            return found is not None
        known = _library_attribute(m, f, value, value.cls, name, node)
        return True if not isinstance(known, Unknown) else False if lacks(value, value.cls.path, name) else None
    if isinstance(value, Class):
        found, owner = classes.find_in_class(value, name)
        if owner is not None and not isinstance(owner, Lib):
            return True
        if name == "__dataclass_fields__":
            return value.kind == "dataclass"
        libraries = [c for c in value.mro if not isinstance(c, Class)]
        if all(c is classes.MODULE for c in libraries):
            inherited = name in classes.MODULE_NAMES or name in _MODULE_INTERNALS or name.startswith("__")
            return None if libraries and inherited else False
        return None
    if isinstance(value, Lib):
        path = f"{value.path}.{name}"
        return True if name in registry.known_names(value.path) or library.is_known_place(path) else None
    if isinstance(value, PyModule):
        return True if importing.member(m, value, name) is not importing.MISSING else None
    if isinstance(value, Function):
        return True if name in value.attrs or name in ("__name__", "__module__") else False
    if plain.is_plain(value) and not isinstance(value, Size):
        return hasattr(value, name)
    if isinstance(value, (list, dict)):
        return hasattr(value, name)
    if isinstance(value, Tensor):
        known = _of_tensor(m, f, value, name, node)
        if isinstance(known, Unknown) and value.library == "torch" and not name.startswith("__"):
            return None if name in TENSOR_NAMES or name in m.put_on_tensors else False
        return None if isinstance(known, Unknown) else True
    return None
