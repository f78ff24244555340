"""Taking things apart and putting them into places: iteration, unpacking, items, assignment targets."""

from __future__ import annotations

import ast
import contextlib
from functools import partial
from typing import Any

from shapelens.dims import Expr, substitute, symbol, symbols
from shapelens.interpreter import attributes, calls, classes, containers, importing, natives, plain
from shapelens.interpreter.joining import choice, join, join_all, one_of
from shapelens.interpreter.machine import Frame, Machine
from shapelens.rules.call import Failure, NotKnown
from shapelens.rules.placeholders import is_placeholder
from shapelens.rules.registry import apply_rule, of_tensor, rules
from shapelens.rules.torch import info
from shapelens.values import (
    UNKNOWN,
    Bound,
    Children,
    Choice,
    Class,
    Dict,
    Exceptional,
    Function,
    Globals,
    Hole,
    Instance,
    Iter,
    Lib,
    List,
    Many,
    Open,
    PyModule,
    Scalar,
    ShapeVar,
    Size,
    Tensor,
    Unknown,
)
from shapelens.values.text import shape_text

_MAX_ITEMS = 4096
_MAX_PICKED = 64  # elements of an object that gives them one by one


def iterate(m: Machine, f: Frame | None, value: Any, node: ast.AST | None) -> tuple[list[Any], Any]:
    """The known elements, and what further elements (None: there are none) look like."""
    value = m.store.value(value)
    if isinstance(value, (list, tuple, dict, set, frozenset)):
        m.burn(len(value) >> 4)
    if isinstance(value, (list, tuple)):
        return list(value), another(getattr(value, "rest", None))
    if isinstance(value, dict):
        return list(value), None if getattr(value, "rest", None) is None else UNKNOWN
    if isinstance(value, range):
        if plain.weight(value) > _MAX_ITEMS:
            return [], Scalar("int")
        return list(value), None
    if isinstance(value, (str, bytes)):
        if len(value) > _MAX_ITEMS:
            return [], Scalar("str" if isinstance(value, str) else "int")
        return list(value), None
    if isinstance(value, (set, frozenset)):
        if UNKNOWN in value:
            return [], UNKNOWN
        try:
            return sorted(value), None
        except TypeError:
            return list(value), None
    if isinstance(value, Iter):
        m.touch(value)
        items = value.items[value.position :]
        m.burn(len(items) >> 4)
        value.position = len(value.items)
        return items, another(value.rest)
    if isinstance(value, Many):
        if value.last is not None:
            m.last_batches[id(value.element)] = (value.element, *value.last)
            return [], value.element
        return [], another(value.element)
    if isinstance(value, Tensor):
        if is_placeholder(value) and f is not None and node is not None:
            text = f"{m.call.text(value)} is one KerasTensor, which cannot be iterated or unpacked"
            m.report(Failure("unpack-mismatch", text, m.call.related(value)), f.place, node)
            return [], UNKNOWN
        return _iterate_tensor(m, f, value, node)
    if isinstance(value, Instance):
        return _iterate_instance(m, f, value, node)
    if isinstance(value, Class) and value.kind == "enum":
        return [v for v in value.attrs.values() if isinstance(v, Instance) and v.cls is value], None
    if isinstance(value, Choice):
        parts, before, fine = [], len(m.reports), False
        for one in value.values:
            if one is not None:
                start = len(m.reports)
                parts.append(iterate(m, f, one, node))
                fine = fine or len(m.reports) == start
        if fine:
            del m.reports[before:]
        if parts and all(r is None for _, r in parts) and len({len(i) for i, _ in parts}) == 1:
            joined = parts[0][0]
            for items, _ in parts[1:]:
                joined = [join(a, b) for a, b in zip(joined, items)]
            return joined, None
    return [], Unknown("element")


def _iterate_tensor(m: Machine, f: Frame | None, value: Tensor, node: ast.AST | None) -> tuple[list[Any], Any]:
    rule = rules.get(of_tensor(value.library, "__iter__")) or rules.get("torch.Tensor.__iter__")
    if rule is None or f is None or node is None:
        return [], Tensor(None, None, value.library)
    found = calls.guarded(m, f, node, lambda: apply_rule(m.call, rule, (value,), {}), UNKNOWN)
    if isinstance(found, tuple):
        return list(found), None
    return [], found.element if isinstance(found, Many) else Tensor(None)


def _iterate_instance(m: Machine, f: Frame | None, value: Instance, node: ast.AST | None) -> tuple[list[Any], Any]:
    children = containers.elements(value)
    if children is not None:
        return children
    if value.payload is not None:
        return iterate(m, f, value.payload, node)
    if isinstance(value.cls, Class) and f is not None and node is not None:
        method = classes.find_in_class(value.cls, "__iter__")[0]
        if method is not None:
            return iterate(m, f, calls.call(m, f, node, Bound(method, value), [], {}), node)
        method = classes.find_in_class(value.cls, "__getitem__")[0]
        if method is not None:
            count = natives.NATIVES["builtins.len"](m, f, node, [value], {})
            if isinstance(count, int) and count <= _MAX_PICKED:
                return [calls.call(m, f, node, Bound(method, value), [i], {}) for i in range(count)], None
            m.doubtful += 1
            try:
                return [], calls.call(m, f, node, Bound(method, value), [Scalar("int")], {})
            finally:
                m.doubtful -= 1
    if f is not None and node is not None:
        rule = classes.library_rule(value.cls, "__iter__")
        if rule is not None:
            found = calls.guarded(m, f, node, lambda: apply_rule(m.call, rule, (value,), {}), UNKNOWN)
            if not isinstance(found, Unknown):
                return iterate(m, f, found, node)
        elif classes.library_rule(value.cls, "__getitem__") is not None:
            return [], _instance_item(m, f, node, value, Scalar("int"))
    return [], Unknown("element")


def length(m: Machine, value: Any) -> Any:
    """len(value) as a dim, or None."""
    value = m.store.value(value)
    if isinstance(value, (set, frozenset)) and UNKNOWN in value:
        return None
    if isinstance(value, (list, tuple, dict, str, set, frozenset, range, bytes)):
        if getattr(value, "rest", None) is not None:
            return getattr(value, "count", None) if not len(value) else None
        return plain.size(value)
    if isinstance(value, Many):
        return value.length
    if isinstance(value, Tensor):
        shape = m.store.shape(value.shape)
        if isinstance(shape, tuple) and shape:
            return shape[0]
        return m.store.at_least(shape, 1, 0).prefix[0] if isinstance(shape, Open) else None
    if isinstance(value, Instance):
        if value.payload is not None:
            return length(m, value.payload)
        return containers.container_length(value)
    if isinstance(value, Class) and value.kind == "enum":
        return len([v for v in value.attrs.values() if isinstance(v, Instance) and v.cls is value])
    return None


def unpack(m: Machine, f: Frame, value: Any, count: int, node: ast.AST, names: list[str]) -> list[Any]:
    """`count` elements of a value; tensors' shapes are taught their rank and the names."""
    if isinstance(value, Unknown) and not isinstance(value, Scalar):
        if isinstance(value.why, tuple) and value.why[0] == "shape of":
            try:
                return list(info.unpack_shape(m.call, value.why[1], names))
            except NotKnown:
                return [Scalar("int") for _ in names]
        return [m.named_unknown(n) for n in names]
    if isinstance(value, Choice):
        fitting = [v for v in value.values if isinstance(v, (tuple, list)) and len(v) == count]
        if fitting:
            parts = [unpack(m, f, v, count, node, names) for v in fitting]
            joined = parts[0]
            for other in parts[1:]:
                joined = [join(a, b) for a, b in zip(joined, other)]
            return joined
        return [m.named_unknown(n) for n in names]
    # How far an iterator is that a loop has read from before is not always known.
    fresh = not isinstance(value, Iter) or value.position == 0
    items, rest = iterate(m, f, value, node)
    many = length(m, value) if isinstance(value, Many) else None
    if rest is None or isinstance(many, int) and many != count:
        if len(items) == count:
            return items
        # A plain tuple belongs to what the program was set up with, and so may the branch that does not fit it.
        meant = type(value) is not tuple or m.is_certain()
        if isinstance(value, (tuple, Tensor, Iter, Many)) and fresh and meant:
            what = shape_text(value) if isinstance(value, Size) else f"{many or len(items)} values"
            came = [value.of] if isinstance(value, Size) and value.of is not None else []
            m.report(
                Failure("unpack-mismatch", f"{what} cannot be unpacked into {count} names", m.call.related(*came)),
                f.place,
                node,
            )
            return [m.named_unknown(n) for n in names]
        if isinstance(value, (list, str)):
            raise Exceptional("ValueError", None, f"{len(items)} values into {count} names")
        return [UNKNOWN] * count
    while len(items) < count:
        items.append(another(rest) if isinstance(rest, Tensor) else Unknown("element"))
    return items[:count]


def target_name(target: ast.expr) -> str:
    """How a target is called, for the name of a dim."""
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Attribute):
        return target.attr
    if isinstance(target, ast.Starred):
        return target_name(target.value)
    return "n"


def assign_target(m: Machine, f: Frame, target: ast.expr, value: Any, node: ast.AST) -> None:
    """`target = value` for every form of target."""
    kind = type(target)
    if kind is ast.Name:
        assign_name(m, f, target.id, value)  # type: ignore[attr-defined]
    elif isinstance(target, ast.Attribute):
        attributes.set_attribute(m, f, _ev(m, target.value, f), attributes.private(f, target.attr), value, node)
    elif isinstance(target, ast.Subscript):
        container = _ev(m, target.value, f)
        set_item(m, f, node, container, _ev(m, target.slice, f), value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        _assign_sequence(m, f, target.elts, value, node)
    elif isinstance(target, ast.Starred):
        assign_target(m, f, target.value, value, node)


def _ev(m: Machine, node: ast.expr, f: Frame) -> Any:
    from shapelens.interpreter.expressions import ev

    return ev(m, node, f)


def assign_name(m: Machine, f: Frame, name: str, value: Any) -> None:
    """A plain name; an unknown becomes one that its uses may teach."""
    if type(value) is Unknown and value.hole is None and not isinstance(value.why, tuple):
        value = Unknown(name, Hole(name, computed=True), value.relation)
    if f.globals is not None and name in f.globals:
        scope = f.globals[name]
        m.touch_scope(scope)
        scope[name] = value
    else:
        f.locals[name] = value


def _assign_sequence(m: Machine, f: Frame, targets: list[ast.expr], value: Any, node: ast.AST) -> None:
    star = next((i for i, t in enumerate(targets) if isinstance(t, ast.Starred)), None)
    names = [target_name(t) for t in targets]
    if star is None:
        for target, item in zip(targets, unpack(m, f, value, len(targets), node, names)):
            assign_target(m, f, target, item, node)
        return
    back = len(targets) - star - 1
    value = m.store.value(value)
    if isinstance(value, Unknown):
        if isinstance(value.why, tuple) and value.why[0] == "shape of":
            _assign_open_shape(m, f, targets, star, value.why[1], node)
            return
        items: list[Any] = []
        rest: Any = UNKNOWN
    else:
        items, rest = iterate(m, f, value, node)
    if rest is None and len(items) >= star + back:
        for target, item in zip(targets[:star], items[:star]):
            assign_target(m, f, target, item, node)
        assign_target(m, f, targets[star], List(items[star : len(items) - back]), node)
        for target, item in zip(targets[star + 1 :], items[len(items) - back :]):
            assign_target(m, f, target, item, node)
        return
    for i, target in enumerate(targets):
        assign_target(m, f, target, UNKNOWN if i != star else Many(UNKNOWN), node)


def _assign_open_shape(m: Machine, f: Frame, targets: list[ast.expr], star: int, tensor: Tensor, node: ast.AST) -> None:
    shape = m.store.shape(tensor.shape)
    back = len(targets) - star - 1
    for i, target in enumerate(targets):
        if i == star:
            assign_target(m, f, target, Many(UNKNOWN), node)
        elif isinstance(shape, Open):
            at = i if i < star else i - len(targets)
            assign_target(m, f, target, info.size_at(m.call, tensor, at), node)
        else:
            assign_target(m, f, target, UNKNOWN, node)
    del back


# -- items ---------------------------------------------------------------------------------------------------------


def get_item(m: Machine, f: Frame, node: ast.AST, value: Any, index: Any) -> Any:
    """`value[index]`."""
    kind = type(value)
    if kind is not Tensor:
        value = m.store.value(value)
        kind = type(value)
    if kind is Tensor:
        rule = rules.get(of_tensor(value.library, "__getitem__")) or rules.get("torch.Tensor.__getitem__")
        otherwise = Tensor(None, None, value.library)
        if rule is None:
            return otherwise
        return calls.guarded(m, f, node, lambda: apply_rule(m.call, rule, (value, index), {}), otherwise)
    if isinstance(value, (tuple, list, str, range)):
        return _sequence_item(m, value, index)
    if isinstance(value, dict):
        return _dict_item(m, f, node, value, index)
    if isinstance(value, Instance):
        return _instance_item(m, f, node, value, index)
    if isinstance(value, Choice):
        return _item_of_each(m, f, node, [v for v in value.values if v is not None], index)
    if isinstance(value, Many):
        if isinstance(index, (int, Unknown, Expr)):
            return value.element
        return Many(value.element) if isinstance(index, slice) else UNKNOWN
    if isinstance(value, Class):
        if value.kind == "enum" and isinstance(index, str) and index in value.attrs:
            return value.attrs[index]
        return value  # generics: List[int]
    if isinstance(value, Lib):
        if value.path == "sys.modules":
            return importing.loaded(m, f, index)
        picking = rules.get(f"{value.path}.__getitem__")
        if picking is not None:  # np.r_[…]
            return calls.guarded(m, f, node, lambda: apply_rule(m.call, picking, (index,), {}), UNKNOWN)
        return value
    if isinstance(value, Unknown):
        if isinstance(value.why, tuple) and value.why[0] == "shape of" and isinstance(index, int):
            try:
                return info.size_at(m.call, value.why[1], index)
            except NotKnown:
                return UNKNOWN
        if value.hole is not None and _is_tensor_index(index):
            library = importing.tensor_library(f)
            if library is None:
                return UNKNOWN
            return get_item(m, f, node, m.store.open_tensor(value, None, library), index)
        if value.hole is not None and isinstance(index, (str, int)):
            return attributes.of_hole(m, value, f"[{index!r}]", index if isinstance(index, str) else value.hole.name)
    return UNKNOWN


def _item_of_each(m: Machine, f: Frame, node: ast.AST, values: list[Any], index: Any) -> Any:
    """An item of one of several; where only some have it, nobody knows that it was not one of the others."""
    raised: list[Exceptional] = []

    def item(value: Any) -> Any:
        try:
            return get_item(m, f, node, value, index)
        except Exceptional as error:
            raised.append(error)
            return UNKNOWN

    found = calls.of_each(m, f, [partial(item, value) for value in values])
    if values and len(raised) == len(values):
        raise raised[0]
    return found


def _is_tensor_index(index: Any) -> bool:
    """Only a tensor or array takes `[:, 0]` or `[..., None]`."""
    return isinstance(index, tuple) and any(isinstance(i, slice) or i is Ellipsis or i is None for i in index)


def _sequence_item(m: Machine, value: Any, index: Any) -> Any:
    rest = getattr(value, "rest", None)
    if isinstance(index, bool):
        index = int(index)
    if isinstance(index, int):
        if rest is not None:
            if 0 <= index < len(value):
                return value[index]
            return _one_of(m, join_all([rest, *value]) if index < 0 else rest)
        if type(value) is range:  # one of more than 2**63 elements has no len()
            with contextlib.suppress(IndexError):
                return value[index]
            raise Exceptional("IndexError")
        if -len(value) <= index < len(value):
            return value[index]
        raise Exceptional("IndexError")
    if isinstance(index, slice):
        parts = index.start, index.stop, index.step
        if rest is None and all(p is None or isinstance(p, int) for p in parts):
            if index.step == 0:
                raise Exceptional("ValueError")
            taken = value[index]
            if isinstance(value, List):
                return List(taken)
            return Size(taken) if isinstance(value, Size) else taken
        if isinstance(value, (List, tuple)) and len(value) + (rest is not None):
            return Many(join_all([*value, *([] if rest is None else [rest])]))
        return UNKNOWN
    if isinstance(index, (Unknown, Expr)) and isinstance(value, (tuple, list)) and (value or rest is not None):
        if rest is None and all(isinstance(v, (Instance, Class, Lib)) for v in value):
            return choice(value)
        if rest is None and len(value) == 1:
            return value[0]
        return _one_of(m, join_all([*value, *([] if rest is None else [rest])]))
    if isinstance(index, Instance) and isinstance(index.payload, int):
        return _sequence_item(m, value, index.payload)
    return UNKNOWN


def _one_of(m: Machine, value: Any) -> Any:
    """One of several elements: what its uses teach of an open shape is nothing to the others."""
    if isinstance(value, Tensor) and isinstance(m.store.shape(value.shape), Open):
        return Tensor(Open((), ShapeVar(), ()), value.dtype, value.library, value.device)
    if type(value) is List and not value.others:
        return one_of(value)
    return another(value)


def another(value: Any) -> Any:
    """One more of many elements that look alike: sizes in which they differ are its own."""
    kind = type(value)
    if kind is tuple:
        each = tuple([another(v) for v in value])
        return value if all(a is b for a, b in zip(each, value)) else each
    if kind is not Tensor or type(value.shape) is not tuple:
        return value
    own = {s: symbol(s.name, s.minimum, varies=True) for dim in value.shape for s in symbols(dim) if s.varies}
    if not own:
        return value
    dims = tuple([substitute(dim, own) for dim in value.shape])
    return value.with_(shape=dims, origin=value.origin, parameter=value.parameter)


def _dict_item(m: Machine, f: Frame, node: ast.AST, value: dict[Any, Any], index: Any) -> Any:
    if isinstance(index, Unknown) or not plain._hashable(index):
        candidates = list(value.values())
        if getattr(value, "rest", None) is None and candidates and isinstance(index, Unknown):
            if all(isinstance(v, (Class, Lib, Instance)) for v in candidates):
                return choice(candidates)
        if isinstance(getattr(value, "rest", None), Tensor) and all(isinstance(v, Tensor) for v in candidates):
            return join_all([value.rest, *candidates])  # type: ignore[attr-defined]
        factory = getattr(value, "factory", None)
        if factory is not None and getattr(value, "rest", None) is None and isinstance(value, Dict):
            made = calls.call(m, f, node, factory, [], {})
            m.touch(value)
            value.rest = made
        found = one_of_values(value)
        return UNKNOWN if found is None else found
    if index in value:
        return value[index]
    rest = getattr(value, "rest", None)
    if rest is not None:
        return _one_of(m, rest) if not isinstance(rest, Unknown) else UNKNOWN
    factory = getattr(value, "factory", None)
    if factory is not None:
        made = calls.call(m, f, node, factory, [], {})
        m.touch(value)
        value[index] = made
        return made
    raise Exceptional("KeyError")


def one_of_values(table: dict[Any, Any]) -> Any:
    """What stands under an unknown key of a table of lists or of tables, so that a change to it is one to them."""
    rest = getattr(table, "rest", None)
    values = [*table.values(), *([] if rest is None else [rest])]
    if values and all(type(v) is List for v in values):
        found = join_all(values)
        return found if found.others else one_of(found)
    return choice(values) if values and all(type(v) is Dict for v in values) else None


def _instance_item(m: Machine, f: Frame, node: ast.AST, value: Instance, index: Any) -> Any:
    found = containers.get_item(m, value, index)
    if found is not None or containers.kind_of(value):  # a ModuleList may hold None
        return found
    if isinstance(value.cls, Class):
        method = classes.find_in_class(value.cls, "__getitem__")[0]
        if method is not None and not isinstance(method, Lib):
            return calls.call(m, f, node, Bound(method, value), [index], {})
    if value.payload is not None:
        if isinstance(value.payload, Dict) and plain._hashable(index) and index not in value.payload:
            return UNKNOWN  # A table with methods of its own has ways of its own to be filled.
        return get_item(m, f, node, value.payload, index)
    rule = classes.library_rule(value.cls, "__getitem__")
    if rule is not None:
        return calls.guarded(m, f, node, lambda: apply_rule(m.call, rule, (value, index), {}), UNKNOWN)
    return UNKNOWN


def set_item(m: Machine, f: Frame, node: ast.AST, container: Any, index: Any, value: Any) -> None:
    """`container[index] = value`."""
    container = m.store.value(container)
    if isinstance(container, Tensor):
        rule = rules.get(of_tensor(container.library, "__setitem__")) or rules.get("torch.Tensor.__setitem__")
        if rule is not None:
            calls.guarded(m, f, node, lambda: apply_rule(m.call, rule, (container, index, value), {}), None)
    elif isinstance(container, dict):
        set_key(m, container, index, value)
    elif type(container) is Unknown and container.hole is not None:
        m.written_holes.add(container.hole.serial)
    elif isinstance(container, Choice):
        for one in container.values:
            calls.havoc(m, one)
    elif isinstance(container, list):
        m.touch(container)
        if isinstance(index, int) and -len(container) <= index < len(container):
            container[index] = value
        elif isinstance(container, List):
            joined = join_all([value, *container, *([] if container.rest is None else [container.rest])])
            list.clear(container)
            container.rest = joined
    elif isinstance(container, Instance):
        if containers.set_item(m, container, index, value):
            return
        if isinstance(container.cls, Class):
            method = classes.find_in_class(container.cls, "__setitem__")[0]
            if method is not None and not isinstance(method, Lib):
                calls.call(m, f, node, Bound(method, container), [index, value], {})
                return
        if isinstance(container.payload, (dict, list)):
            set_item(m, f, node, container.payload, index, value)


def set_key(m: Machine, table: dict[Any, Any], key: Any, value: Any) -> None:
    """`table[key] = value`; an unknown key makes further keys possible."""
    m.touch(table)
    if isinstance(table, Children):
        m.touch(table.owner)
        if isinstance(key, str):
            attributes.put(m, table.owner, key, value)
        else:
            table.owner.attrs["?"] = True
    if isinstance(table, Globals):
        m.touch_scope(table.scope)
        if isinstance(key, str):
            table.scope[key] = value
        else:
            forget_names(table.scope)
    if isinstance(key, (Unknown, Choice)) or not plain._hashable(key):
        if isinstance(table, Dict):
            table.rest = value if table.rest is None else join(table.rest, value)
            for known in table:
                table[known] = join(table[known], value)
        return
    table[key] = value


def forget_names(scope: dict[str, Any]) -> None:
    """Any name of a module may have been given another value: data is not known any more."""
    for name, value in scope.items():
        if not isinstance(value, (Lib, Class, Function, PyModule)) and not name.startswith("__") and name != "*":
            scope[name] = UNKNOWN


def update_dict(m: Machine, table: dict[Any, Any], other: Any) -> None:
    """`table.update(other)`, `{**other}`."""
    other = m.store.value(other)
    m.touch(table)
    if isinstance(other, Instance) and isinstance(other.payload, dict):
        other = other.payload
    if isinstance(other, dict):
        table.update(other)
        rest = getattr(other, "rest", None)
        if rest is not None and isinstance(table, Dict):
            table.rest = rest if table.rest is None else join(table.rest, rest)
        return
    items, rest = iterate(m, None, other, None)
    if rest is None and all(isinstance(i, (tuple, list)) and len(i) == 2 for i in items):
        for key, value in items:
            set_key(m, table, key, value)
    elif isinstance(table, Dict):
        for key in table:
            table[key] = UNKNOWN
        table.rest = UNKNOWN
