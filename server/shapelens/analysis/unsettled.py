"""Which attributes of an object change after it was made.

A method that nobody called is run on an object that was just made. What other methods put into its attributes since then
is not known, so a problem that hangs on their first values (`self._users = np.zeros(n)`, `self.cache = []`) is none.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from shapelens.interpreter import captured, containers
from shapelens.values import UNKNOWN, Class, Descriptor, Function, Instance

# What runs before any other method: the attributes that these set, and the methods that they call, are settled.
_MAKING = ("__new__", "__init__", "__post_init__", "setUp", "setup_method", "build", "setup")


def unsettled(instance: Any, depth: int = 0) -> Any:
    """The object with all data unknown that methods assign to its attributes, but for those that make the object."""
    if not isinstance(instance, Instance) or not isinstance(instance.cls, Class):
        return instance
    functions = [(name, function.node) for name, function in methods(instance.cls)]
    settled = _reached(functions)
    changed = {n for name, function in functions if name not in settled for n in _assigned(function)}
    inner = {n: unsettled(v, depth + 1) for n, v in instance.attrs.items() if depth < 2 and isinstance(v, Instance)}
    inner |= {n: _open(v) for n, v in inner.items() if n in changed and containers.kind_of(v)}
    changed_inside = {n: v for n, v in inner.items() if v is not instance.attrs[n]}
    found = [n for n in changed if not isinstance(instance.attrs.get(n, instance), (Instance, Function, Class))]
    if not found and not changed_inside:
        return instance
    attrs = {**instance.attrs, **changed_inside, **dict.fromkeys(found, UNKNOWN)}
    made = Instance(instance.cls, attrs, instance.origin)
    made.payload = instance.payload
    return made


def _open(container: Instance) -> Instance:
    """A container of modules into which methods put more."""
    made = Instance(container.cls, {**container.attrs, "?": True}, container.origin)
    made.payload = container.payload
    return made


def methods(cls: Class) -> Iterator[tuple[str, Function]]:
    """The functions of a class and of those that it inherits from, by name."""
    for parent in cls.mro:
        if isinstance(parent, Class):
            for name, value in parent.attrs.items():
                function = value.function if isinstance(value, Descriptor) else value
                while isinstance(function, Function):
                    yield name, function
                    function = function.attrs.get("__wrapped__")


def _first(node: ast.AST) -> str:
    arguments = node.args.args if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else []
    return arguments[0].arg if arguments else ""


def _reached(functions: list[tuple[str, ast.AST]]) -> set[str]:
    """The methods that make an object and those that they call on it."""
    found: set[str] = set()
    waiting = list(_MAKING)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            for own, function in functions:
                if own == name:
                    aside = _aside(function)
                    waiting += [a.attr for a in _attributes(function, ast.Load) if a not in aside]
    return found


def _aside(node: ast.AST) -> set[ast.AST]:
    """What a method does not call for certain: what it hands on, and what it does only if it is given something."""
    parameters = {each.arg for each in node.args.args} if isinstance(node, ast.FunctionDef) else set()
    found: set[ast.AST] = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Call):
            found.update(each.args, [keyword.value for keyword in each.keywords])
        elif isinstance(each, ast.If) and _is_given(each.test, parameters):
            found.update(inner for statement in each.body for inner in ast.walk(statement))
    return found


def _is_given(test: ast.expr, parameters: set[str]) -> bool:
    """`if data:` or `if data is not None:` of a parameter."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.IsNot):
        test = test.left
    return isinstance(test, ast.Name) and test.id in parameters


def _assigned(node: ast.AST) -> set[str]:
    """The attributes that a method assigns to, or fills."""
    filled = captured.filled(node)[1]
    return {a.attr for a in _attributes(node, ast.Store)} | {field for owner, field in filled if owner == _first(node)}


def _attributes(node: ast.AST, context: type[ast.expr_context]) -> Iterator[ast.Attribute]:
    own = _first(node)
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and isinstance(each.ctx, context):
            if isinstance(each.value, ast.Name) and each.value.id == own:
                yield each
