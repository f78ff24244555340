"""Classes of the program: how they are made, their method resolution order, instances, dataclasses, enums."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from shapelens.interpreter import attributes, calls, keras, memory, natives, python_types, templates
from shapelens.interpreter.machine import Frame, Machine
from shapelens.interpreter.truth import truth
from shapelens.rules import registry
from shapelens.rules.call import Failure
from shapelens.values import (
    UNKNOWN,
    Bound,
    Choice,
    Class,
    Descriptor,
    Dict,
    Function,
    Instance,
    Lib,
    List,
    Named,
    Scalar,
    Tensor,
    Unknown,
)

_MISSING = object()
_PARAMS = "__dataclass_params__"  # what `dataclass` leaves in a class that it gives an `__init__`
_MAX_BASES, _MAX_ANCESTORS = 40, 100
MODULE = Lib("torch.nn.Module")
_ENUMS = {"enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag"}
_PLAIN_BASES: dict[str, Callable[[], Any]] = {
    "builtins.dict": Dict,
    "builtins.list": List,
    "collections.OrderedDict": Dict,
    "collections.UserDict": Dict,
    "builtins.tuple": tuple,
}


# What torch.nn.Module has of its own: a mixin behind it among the bases is not asked for these.
MODULE_NAMES = frozenset(
    (
        "T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double "
        "dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu "
        "load_state_dict modules mtia named_buffers named_children named_modules named_parameters parameters "
        "register_backward_hook register_buffer register_forward_hook register_forward_pre_hook "
        "register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook "
        "register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook "
        "register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict to "
        "to_empty train type xpu zero_grad"
    ).split()
)


def find_in_class(cls: Any, name: str) -> tuple[Any, Any]:
    """The class attribute and the class that has it; a Lib owner means: ask the library."""
    if not isinstance(cls, Class):
        return None, None
    library: Lib | None = None
    for base in cls.mro:
        if isinstance(base, Class):
            found = base.attrs.get(name, _MISSING)
            if found is not _MISSING:
                return found, base
        elif isinstance(base, Lib) and library is None:
            library = base
            if base.path != "torch.nn.Module" or name.startswith("__") or name in MODULE_NAMES:
                break
    return None, library


def library_base(cls: Any) -> str | None:
    """The first library class that a class inherits from."""
    if isinstance(cls, Lib):
        return cls.path
    if isinstance(cls, Class):
        for base in cls.mro:
            if isinstance(base, Lib):
                return base.path
    return None


def library_rule(cls: Any, name: str) -> registry.Rule | None:
    """The rule of a special method (`__len__`) that a library class has, or that the class inherits from one."""
    base = library_base(cls)
    for path in registry.bases_of(base) if base is not None else ():
        found = registry.rules.get(f"{path}.{name}")
        if found is not None:
            return found
    return None


def is_module_class(cls: Any) -> bool:
    """Whether instances are torch modules."""
    kind = type(cls)
    if kind is Lib:
        return "torch.nn.Module" in registry.bases_of(cls.path)
    if kind is Class:
        for base in cls.mro:
            if type(base) is Lib and "torch.nn.Module" in registry.bases_of(base.path):
                return True
    return False


def is_model_class(cls: Any) -> bool:
    """Whether instances are torch modules or Keras layers."""
    return is_module_class(cls) or keras.is_keras_class(cls)


def forward_name(cls: Any) -> str:
    """The method that runs when an instance is called: a torch module's `forward`, a Keras layer's `call`."""
    return "call" if keras.is_keras_class(cls) else "forward"


def is_module(value: Any) -> bool:
    """Whether a value is a torch module."""
    return isinstance(value, Instance) and is_module_class(value.cls)


def mro_of(cls: Class) -> tuple[Any, ...]:
    """C3 linearisation; where that fails (or a base is unknown), depth first without repeats."""
    sequences = [list(b.mro) if isinstance(b, Class) else _library_mro(b) for b in cls.bases]
    sequences.append(list(cls.bases))
    result: list[Any] = [cls]
    while True:
        sequences = [s for s in sequences if s]
        if not sequences:
            return tuple(result)
        for sequence in sequences:
            head = sequence[0]
            if not any(head is other for s in sequences for other in s[1:]):
                break
        else:
            head = sequences[0][0]
        result.append(head)
        sequences = [[x for x in s if x is not head] for s in sequences]


def _library_mro(base: Any) -> list[Any]:
    if isinstance(base, Lib):
        return [Lib(p) for p in registry.bases_of(base.path)]
    return [base]


def define_class(m: Machine, node: ast.ClassDef, f: Frame, run_body: Callable[[Frame], Any]) -> Any:
    """Execute a class statement; the class after its decorators."""
    from shapelens.interpreter.expressions import ev

    bases: list[Any] = []
    for base_node in node.bases:
        base = ev(m, base_node, f)
        if isinstance(base, Choice):
            base = UNKNOWN
        if isinstance(base, Lib) and base.path in ("typing.Generic", "typing.Protocol", "abc.ABC", "builtins.object"):
            continue
        if not isinstance(base, (Class, Lib, Unknown)):
            base = UNKNOWN
        too_deep = len(bases) > _MAX_BASES or isinstance(base, Class) and len(base.mro) > _MAX_ANCESTORS
        bases.append(UNKNOWN if too_deep or isinstance(base, Unknown) else base)
    if len(bases) > _MAX_BASES:
        bases = [UNKNOWN]
    keywords = {keyword.arg: ev(m, keyword.value, f) for keyword in node.keywords}
    qualname = node.name if f.owner is None else f"{f.owner.qualname}.{node.name}"
    cls = Class(node.name, tuple(bases), {}, f.module, node, m.origin(f, node), qualname)
    cls.mro = mro_of(cls)
    for base in bases:
        if isinstance(base, Class) and base.kind:
            cls.kind = base.kind
            cls.fields = base.fields
        elif isinstance(base, Lib):
            if base.path in _ENUMS:
                cls.kind = "enum"
            elif base.path == "typing.NamedTuple":
                cls.kind = "namedtuple"
    inner = Frame(f.module, f.place, cls.attrs, f.cells if f.owner is not None else (f.locals, *f.cells), None, cls)
    if f.locals is f.module.namespace:
        inner.cells = ()
    run_body(inner)
    for name in [name for name in cls.attrs if name[:2] == "__" and not name.endswith("__")]:
        cls.attrs[attributes.private(inner, name)] = cls.attrs.pop(name)
    for name in ("__init_subclass__", "__class_getitem__"):
        if isinstance(cls.attrs.get(name), Function):
            cls.attrs[name] = Descriptor("classmethod", cls.attrs[name])
    for value in list(cls.attrs.values()):
        function = value.function if isinstance(value, Descriptor) else value
        if isinstance(function, Function) and function.owner is None:
            function.owner = cls
    if cls.kind == "enum":
        _make_enum(m, cls)
    elif cls.kind == "namedtuple":
        cls.fields = tuple(annotated_fields(m, f, node))
    hook = find_in_class_after(cls, "__init_subclass__")
    if isinstance(hook, (Function, Descriptor)):
        function = hook.function if isinstance(hook, Descriptor) else hook
        if None not in keywords:
            given = {name: value for name, value in keywords.items() if name is not None and name != "metaclass"}
            calls.call(m, f, node, Bound(function, cls), [], given)
    made: Any = cls
    for decorator in reversed(node.decorator_list):
        made = _decorate(m, f, decorator, made, cls)
    return made


def find_in_class_after(cls: Class, name: str) -> Any:
    """A class attribute of the bases only."""
    for base in cls.mro[1:]:
        if isinstance(base, Class) and name in base.attrs:
            return base.attrs[name]
    return None


def make_dataclass(m: Machine, f: Frame, cls: Class, keywords: dict[str, Any] | None = None) -> None:
    """What `dataclass` does to a class."""
    cls.kind = "dataclass"
    if keywords is None or keywords.get("init") is not False:
        cls.attrs.setdefault(_PARAMS, UNKNOWN)
    own = annotated_fields(m, f, cls.node)
    inherited = [x for b in reversed(cls.mro[1:]) if isinstance(b, Class) and b.kind == "dataclass" for x in b.fields]
    names = [x[0] for x in own]
    cls.fields = (*[x for x in inherited if x[0] not in names], *own)


def _decorate(m: Machine, f: Frame, decorator: ast.expr, made: Any, cls: Class) -> Any:
    from shapelens.interpreter.expressions import ev

    value = ev(m, decorator, f)
    path = value.path if isinstance(value, Lib) else ""
    if isinstance(value, Instance) and isinstance(value.cls, Lib):
        path = value.cls.path
    if path in ("dataclasses.dataclass", "attr.s", "attrs.define", "attr.dataclass", "flax.struct.dataclass"):
        make_dataclass(m, f, cls, value.attrs if isinstance(value, Instance) else None)
        return made
    return calls.decorate(m, f, decorator, value, made)


def annotated_fields(m: Machine, f: Frame, node: ast.ClassDef) -> list[tuple[str, bool]]:
    """The names annotated in a class body, and whether each has a default."""
    return list(_annotated(node).items())


def _annotated(node: ast.ClassDef) -> dict[str, bool]:
    known: dict[str, bool] | None = getattr(node, "_annotated", None)  # kept with the node: it goes with it
    if known is not None:
        return known
    found: dict[str, bool] = {}
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            if not _is_class_variable(statement.annotation):
                found[statement.target.id] = statement.value is not None
    node._annotated = found  # type: ignore[attr-defined]
    return found


def _make_enum(m: Machine, cls: Class) -> None:
    count = 0
    for name, value in list(cls.attrs.items()):
        if name.startswith("_") or isinstance(value, (Function, Descriptor, Class)):
            continue
        count += 1
        if isinstance(value, Instance) and isinstance(value.cls, Lib) and value.cls.path == "enum.auto":
            value = count
        if isinstance(value, Unknown) and value.why == "auto":
            value = count
        member = Instance(cls, {"_name_": name})
        member.payload = value
        cls.attrs[name] = member


def _is_class_variable(annotation: ast.expr) -> bool:
    """Whether an annotation speaks of ClassVar, as a name or in a string."""
    for node in ast.walk(annotation):
        said = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "value", None)
        if isinstance(said, str) and "ClassVar" in said:
            return True
    return False


# -- instances -----------------------------------------------------------------------------------------------------


def instantiate(m: Machine, f: Frame, node: ast.AST, cls: Class, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """`cls(*args, **kwargs)`."""
    if cls.kind == "enum":
        return _enum_member(m, cls, args)
    instance = Instance(cls, {}, m.origin(f, node))
    new, new_owner = find_in_class(cls, "__new__")
    if isinstance(new_owner, Class) and new is not None:
        function = new.function if isinstance(new, Descriptor) else new
        made = calls.call(m, f, node, function, [cls, *args], dict(kwargs))
        if isinstance(made, Unknown) and _asks_super(function):
            made = instance  # of what it does with it, nothing is known
        if not isinstance(made, Instance) or made.cls is not cls:
            return made if not isinstance(made, Unknown) else UNKNOWN
        instance = made
    for base in cls.mro:
        if isinstance(base, Lib) and base.path in _PLAIN_BASES:
            if isinstance(new_owner, Class) and base.path not in _CHANGEABLE:
                break  # What it holds is what its own `__new__` gave it.
            instance.payload = _PLAIN_BASES[base.path]()
    init, owner = find_in_class(cls, "__init__")
    if cls.kind == "dataclass" and isinstance(owner, Class) and _is_made_below(cls, owner):
        init = owner = None
    if cls.kind == "dataclass" and isinstance(init, Function) and init.owner is None:
        # A decorator put its own `__init__` around that of the dataclass: validation, or arguments that it renames.
        fill_fields(m, f, instance, args, kwargs)
        _post_init(m, f, node, instance)
    elif isinstance(owner, Class) and isinstance(init, Function):
        if not isinstance(new_owner, Class) and is_module_class(cls):
            return templates.make(m, f, node, instance, init, args, kwargs)
        calls.call(m, f, node, Bound(init, instance), args, kwargs)
        if init.owner is None:  # a decorator put it there, around one that it made or found
            _take_fields(instance, args, kwargs)
        _post_init(m, f, node, instance)
    elif cls.kind == "dataclass":
        fill_fields(m, f, instance, args, kwargs)
        _post_init(m, f, node, instance)
    elif cls.kind == "namedtuple":
        return _named_tuple(cls, args, kwargs)
    elif isinstance(owner, Lib):
        construct(m, f, node, owner.path, instance, args, kwargs)
        if not owner.path.startswith(_KNOWN_INITS):
            _take_fields(instance, args, kwargs)
    else:
        if any(isinstance(b, Unknown) for b in cls.mro):
            instance.attrs["?"] = True
        _take_fields(instance, args, kwargs)
    if is_module_class(cls) or keras.is_keras_class(cls):
        m.instances.append(instance)
    return instance


def _is_made_below(cls: Class, owner: Class) -> bool:
    """Whether `dataclass` gave an `__init__` to a class that comes before the one that has one of its own."""
    return any(isinstance(base, Class) and _PARAMS in base.attrs for base in cls.mro[: cls.mro.index(owner)])


# Bases whose objects are filled after they are made.
_CHANGEABLE = ("builtins.list", "builtins.dict", "builtins.set", "collections.OrderedDict")


def _asks_super(new: Any) -> bool:
    """Whether a `__new__` makes the object by that of a base."""
    return isinstance(new, Function) and any(
        isinstance(n, ast.Attribute) and n.attr == "__new__" for n in ast.walk(new.node)
    )


def _post_init(m: Machine, f: Frame, node: ast.AST, instance: Instance) -> None:
    hook = find_in_class(instance.cls, "__post_init__")[0]
    if isinstance(hook, Function) and isinstance(instance.cls, Class) and instance.cls.kind == "dataclass":
        calls.call(m, f, node, Bound(hook, instance), [], {})


def fill_fields(m: Machine, f: Frame, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> None:
    """Run the `__init__` that a dataclass has by its fields."""
    assert isinstance(instance.cls, Class)
    m.touch(instance)
    given = list(args)
    names = [name for name, _ in instance.cls.fields]
    # Something that is not followed made `__init__` take more.
    instance.attrs.update({name: value for name, value in kwargs.items() if name not in names})
    for name in names:
        default = find_in_class(instance.cls, name)[0]
        if isinstance(default, Instance) and isinstance(default.cls, Lib) and default.cls.path == "dataclasses.field":
            if default.attrs.get("init") is False:
                given_value: Any = _MISSING
            else:
                given_value = given.pop(0) if given else kwargs.get(name, _MISSING)
            if given_value is not _MISSING:
                instance.attrs[name] = given_value
            elif "default_factory" in default.attrs:
                instance.attrs[name] = calls.call(m, f, instance.cls.node, default.attrs["default_factory"], [], {})
            else:
                instance.attrs[name] = default.attrs.get("default", UNKNOWN)
            continue
        if given:
            instance.attrs[name] = given.pop(0)
        elif name in kwargs:
            instance.attrs[name] = kwargs[name]
        else:
            instance.attrs[name] = default if default is not None or name in instance.cls.attrs else UNKNOWN
            if default is None:
                instance.attrs[name] = None if find_in_class(instance.cls, name)[1] is not None else UNKNOWN


_KNOWN_INITS = ("torch.", "keras.", "tensorflow.", "builtins.", "collections.", "enum.", "abc.", "typing.")


def _take_fields(instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> None:
    """What an `__init__` that is not known (pydantic's, a decorator's) does to the fields of the class body.

    One given by its name is what was given; with positional arguments, nobody knows which of the others were.
    """
    assert isinstance(instance.cls, Class)
    if not args and not kwargs:
        return
    fields = field_names(instance.cls)
    for name in fields:
        if name in kwargs:
            instance.attrs[name] = kwargs[name]
        elif args:
            instance.attrs[name] = UNKNOWN
    for name, value in kwargs.items():
        if name not in fields and isinstance(find_in_class(instance.cls, name)[1], Class):
            instance.attrs[name] = value


def field_names(cls: Class) -> list[str]:
    """What the bodies of a class and its bases annotate."""
    return list(dict.fromkeys(name for c in cls.mro if isinstance(c, Class) for name in _annotated(c.node)))


def fields_of(cls: Class) -> list[Instance]:
    """What `dataclasses.fields` gives of a dataclass."""
    return [_field_of(cls, name, has_default) for name, has_default in cls.fields]


MISSING_DEFAULT = Lib("dataclasses.MISSING")


def _field_of(cls: Class, name: str, has_default: bool) -> Instance:
    made = Instance(Lib("dataclasses.Field"), {"name": name, "type": UNKNOWN, "metadata": UNKNOWN})
    default = find_in_class(cls, name)[0] if has_default else MISSING_DEFAULT
    factory: Any = MISSING_DEFAULT
    if isinstance(default, Instance) and default.cls is Lib("dataclasses.field"):
        given = default.attrs
        factory = given.get("default_factory", MISSING_DEFAULT)
        made.attrs.update(metadata=given.get("metadata", Dict()), init=given.get("init", True))
        default = given.get("default", MISSING_DEFAULT)
    else:
        made.attrs.update(metadata=Dict(), init=True)
    made.attrs.update(default=default, default_factory=factory)
    return made


def init_fields(cls: Class) -> list[str]:
    """The fields of a dataclass that its `__init__` takes."""
    found = []
    for name, _ in cls.fields:
        default = find_in_class(cls, name)[0]
        if not (isinstance(default, Instance) and default.attrs.get("init") is False):
            found.append(name)
    return found


def _named_tuple(cls: Class, args: list[Any], kwargs: dict[str, Any]) -> Any:
    values = list(args)
    for name, _ in cls.fields[len(values) :]:
        values.append(kwargs.get(name, cls.attrs.get(name, UNKNOWN)))
    row = Named(values)
    row.names = tuple(name for name, _ in cls.fields)
    return row


def _enum_member(m: Machine, cls: Class, args: list[Any]) -> Any:
    for member in cls.attrs.values():
        if isinstance(member, Instance) and member.cls is cls and args and args[0] in (member, member.payload):
            return member
    return UNKNOWN


def construct(
    m: Machine, f: Frame, node: ast.AST, path: str, instance: Instance, args: list[Any], kwargs: dict[str, Any]
) -> None:
    """Run a library class's own constructor on an instance."""
    path = registry.canonical(path)
    if path == "builtins.property" and args:
        instance.attrs["fget"] = args[0]
    if path in _PLAIN_BASES or path.startswith("builtins."):
        if args and instance.payload is not None:
            made = python_types.convert(m, f, node, path.rpartition(".")[2], args)
            if made is not None and type(made) is type(instance.payload):
                instance.payload = made
        if kwargs and isinstance(instance.payload, Dict):
            m.touch(instance.payload)
            instance.payload.update(kwargs)
        return
    from shapelens.interpreter import containers

    if containers.make(m, f, path, instance, args, kwargs) or keras.make(m, f, node, path, instance, args, kwargs):
        return
    if path in registry.layers:
        m.touch(instance)
        try:
            known = registry.make_layer(m.call, path, instance, args, kwargs)
        except Failure as failure:
            m.report(failure, f.place, node)
            known = False
        if not known:
            instance.attrs["?"] = True
        if path.startswith("keras."):
            keras.give_name(m, instance)
        memory.hold_weights(m, f, node, path, instance)
    elif path not in ("torch.nn.Module", "tensorflow.Module"):
        instance.attrs["?"] = True


# Tuples of types that TensorFlow has under a name.
_KINDS = {
    f"tensorflow.compat.{name}": tuple([Lib(path) for path in paths.split()])
    for name, paths in {
        "integral_types": "builtins.int numpy.integer",
        "real_types": "builtins.int builtins.float numpy.integer numpy.floating",
        "complex_types": "builtins.int builtins.float builtins.complex numpy.number",
        "bytes_or_text_types": "builtins.bytes builtins.str",
    }.items()
}


def is_instance(m: Machine, value: Any, kinds: Any) -> bool | None:
    """isinstance(value, kinds), where it can be told."""
    if isinstance(kinds, (tuple, list)):
        answers = [is_instance(m, value, k) for k in kinds]
        return True if True in answers else None if None in answers else False
    if type(kinds) is Lib and kinds.path in _KINDS:
        return is_instance(m, value, _KINDS[kinds.path])
    if type(value) is Instance and type(kinds) is Lib:
        return _is_of_library(m, value, kinds)
    if isinstance(kinds, Choice):
        decided = {is_instance(m, value, k) for k in kinds.values}
        return decided.pop() if len(decided) == 1 else None
    value = m.store.value(value)
    if isinstance(value, Choice):
        answers = list({is_instance(m, v, kinds) for v in value.values})
        return answers[0] if len(answers) == 1 else None
    if isinstance(kinds, Unknown) or isinstance(value, Unknown) and not isinstance(value, Scalar):
        return None
    if isinstance(value, Scalar):
        found = python_types.python_class(value.type)
        return True if kinds is found else None if kinds is Lib("builtins.object") else False
    if isinstance(kinds, Class):
        if isinstance(value, Instance) and isinstance(value.cls, Class):
            if kinds in value.cls.mro:
                return True
            return None if any(isinstance(c, Unknown) for c in value.cls.mro) else False
        return False
    if isinstance(kinds, Lib):
        return _is_library_instance(value, kinds)
    return None


def _is_of_library(m: Machine, value: Instance, kind: Lib) -> bool | None:
    """isinstance of an object and a class of a library, which is asked of each module of a model in turn."""
    if value.payload is not None:
        return _is_library_instance(value, kind)
    try:
        return m.kinds[value.cls, kind]
    except KeyError:
        known = m.kinds[value.cls, kind] = _is_library_instance(value, kind)
        return known


def _is_library_instance(value: Any, kind: Lib) -> bool | None:
    path = registry.canonical(kind.path)
    if isinstance(value, Instance):
        mro = value.cls.mro if isinstance(value.cls, Class) else tuple(_library_mro(value.cls))
        if kind in mro or Lib(path) in mro:
            return True
        if value.payload is not None:
            return _is_library_instance(value.payload, kind)
        if any(isinstance(c, Unknown) for c in mro):
            return None
        for base in mro:
            if isinstance(base, Lib) and not base.path.startswith("torch.nn."):
                return None
        return False
    if isinstance(value, Tensor):
        if value.library == "numpy" and value.shape == () and path.startswith(("builtins.", "numpy.")):
            return None  # NumPy's scalars are no arrays, and some are Python's numbers; which this is, is not known
        if path in ("torch.Tensor", "torch.FloatTensor", "typing.Any"):
            return value.library == "torch"
        if path in ("torch.nn.Parameter", "torch.nn.parameter.Parameter"):
            return value.parameter
        if path == "numpy.ndarray":
            return value.library == "numpy"
        if path == "keras.KerasTensor":
            return value.library == "keras"
        if path in ("tensorflow.Tensor", "tensorflow.Variable"):
            # Of a function that is traced, or a variable, only the run knows which it is.
            return None if value.library == "tensorflow" else False
        return False if path.startswith(("builtins.", "torch.nn.", "typing.")) else None
    abstract = python_types.is_abstract_instance(value, path)
    if abstract is not None:
        return abstract
    names = python_types.python_type_names(value)
    if names is None:
        return None
    if path in names or path == "builtins.object":
        return True
    return (
        False
        if path.startswith(
            ("builtins.", "torch.", "numpy.", "collections.", "numbers.", "types.", "functools.", "enum.")
        )
        else None
    )


def holds(m: Machine, f: Frame, node: ast.AST, container: Instance, item: Any) -> bool | None:
    """`item in container` by the container's `__contains__`, its own or what it has as a mapping; None: not to be told."""
    method, owner = find_in_class(container.cls, "__contains__")
    path = f"{library_base(container.cls)}.__contains__"
    if isinstance(owner, Class) and method is not None:
        return truth(m, calls.call(m, f, node, Bound(method, container), [item], {}))
    if container.payload is None and path in natives.NATIVES:
        return truth(m, calls.call(m, f, node, Lib(path), [container, item], {}))
    return instance_contains(m, item, container)


def instance_contains(m: Machine, item: Any, container: Instance) -> bool | None:
    """`item in container` for an object."""
    from shapelens.interpreter import containers

    keys = containers.keys(container)
    if keys is not None and isinstance(item, str):
        return item in keys
    if isinstance(find_in_class(container.cls, "__contains__")[1], Class):
        return None
    if container.payload is not None:
        from shapelens.interpreter.expressions import contains

        return contains(m, item, container.payload)
    return None


def operator_method(m: Machine, f: Frame, node: ast.AST, name: str, a: Any, b: Any) -> Any:
    """`a op b` where an operand is an object: its own method, or unknown."""
    for value, other, prefix in ((a, b, ""), (b, a, "r")):
        if isinstance(value, Instance) and isinstance(value.cls, Class):
            method, owner = find_in_class(value.cls, f"__{prefix}{name}__")
            if isinstance(owner, Class) and method is not None:
                return calls.call(m, f, node, Bound(method, value), [other], {})
            if value.payload is not None:
                from shapelens.interpreter.expressions import _BINARY, binary, compare

                left, right = (value.payload, other) if prefix == "" else (other, value.payload)
                for _, (known, apply) in _BINARY.items():
                    if known == name:
                        return binary(m, f, node, name, apply, left, right)
                del compare
    return UNKNOWN
