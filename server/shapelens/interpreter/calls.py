"""Calls: arguments, functions of the program, library callables, and what an unknown callee may have changed."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from shapelens.dims import simple_dims, symbols
from shapelens.interpreter import (
    asking,
    attributes,
    builtins,
    captured,
    classes,
    containers,
    importing,
    iteration,
    keras,
    library,
    memory,
    natives,
    packages,
    plain,
    pure,
    torch_state,
)
from shapelens.interpreter.joining import Outcome, adopt_heap, common, join_all, resume, revive
from shapelens.interpreter.keras import judges
from shapelens.interpreter.machine import DECORATOR_FUEL, Frame, Key, Machine, Unkeyable
from shapelens.rules import registry
from shapelens.rules.call import Failure
from shapelens.rules.placeholders import refuse_symbolic
from shapelens.rules.work import UNKNOWN_WORK, Again, Step, record
from shapelens.values import (
    UNKNOWN,
    Bound,
    Choice,
    Class,
    Descriptor,
    Dict,
    Exceptional,
    Function,
    Instance,
    Iter,
    Lib,
    List,
    Many,
    Origin,
    Partial,
    Plain,
    Super,
    Tensor,
    Unknown,
    serials,
)

MAX_DEPTH = 60
# A function that calls itself in a branch that nobody knows to be taken would do so up to the depth, and each time in
# all of its branches.
_MAX_UNSURE_RECURSION = 3
# A function whose arguments hold more modules than this that have changed is compared with its earlier calls only so
# often in vain: a loop that changes a deep network would look at all of it in each turn.
_COSTLY, _MOST_TRIES = 20, 8
# A tensor of more dims than this (no framework computes with more than 64) is of unknown shape.
_MOST_DIMS = 200
_MISSING = object()


class Code:
    """What is worked out once for a function's ast node: its parameters and what kind of function it is."""

    __slots__ = (
        "annotated", "args", "body", "is_generator", "is_lambda", "kwarg", "kwonly", "nodes", "positional", "vararg",
    )  # fmt: skip

    def __init__(self, node: Any) -> None:
        arguments: ast.arguments = node.args
        self.args = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
        self.nodes = {a.arg: a for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
        self.kwonly = [a.arg for a in arguments.kwonlyargs]
        self.vararg = arguments.vararg.arg if arguments.vararg else None
        self.kwarg = arguments.kwarg.arg if arguments.kwarg else None
        self.positional = {a.arg for a in arguments.posonlyargs}
        self.is_lambda = isinstance(node, ast.Lambda)
        annotated = any(a.annotation is not None for a in self.nodes.values())
        self.annotated = annotated or getattr(node, "returns", None) is not None
        self.body = [] if self.is_lambda else node.body
        self.is_generator = not self.is_lambda and _has_yield(node.body)

    def assigned(self) -> list[str]:
        """The local names that the body binds, parameters apart."""
        inner = [n for statement in self.body for n in ast.walk(statement)]
        stored = [n.id for n in inner if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        return [name for name in dict.fromkeys(stored) if name not in self.nodes]


def _has_yield(body: list[ast.stmt]) -> bool:
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            stack.extend(ast.iter_child_nodes(node))
    return False


def code_of(function: Function) -> Code:
    """The function's code, worked out once for its node."""
    code: Code | None = getattr(function.node, "_code", None)
    if code is None:
        code = function.node._code = Code(function.node)
    return code


def make_function(m: Machine, node: Any, name: str, f: Frame) -> Function:
    """The function object of a def or lambda."""
    from shapelens.interpreter.expressions import ev

    arguments: ast.arguments = node.args
    defaults = tuple([ev(m, d, f) for d in arguments.defaults])
    kw_defaults = {a.arg: ev(m, d, f) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults) if d is not None}
    in_class = f.owner is not None and f.locals is f.owner.attrs
    if in_class or f.locals is f.module.namespace:
        cells = f.cells
    else:
        cells = (f.locals, *f.cells)
    qualname = f"{f.owner.qualname}.{name}" if in_class and f.owner is not None else name
    made = Function(node, name, f.module, cells, defaults, kw_defaults, f.owner, qualname)
    made.code = f.place
    return made


# -- evaluating a call ---------------------------------------------------------------------------------------------


def evaluate_call(m: Machine, node: ast.Call, f: Frame) -> Any:
    """The value of a call expression."""
    from shapelens.interpreter.expressions import ev

    callee = node.func
    if isinstance(callee, ast.Name) and callee.id == "super" and "super" not in f.locals:
        return _super(m, node, f)
    function = ev(m, callee, f)
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    vague = is_open = False
    for arg in node.args:
        if isinstance(arg, ast.Starred):
            value = ev(m, arg.value, f)
            items, rest = iteration.iterate(m, f, value, arg)
            args.extend(items)
            vague = vague or rest is not None
        else:
            args.append(ev(m, arg, f))
    for keyword in node.keywords:
        value = ev(m, keyword.value, f)
        if keyword.arg is not None:
            kwargs[keyword.arg] = value
            continue
        table = Dict()
        iteration.update_dict(m, table, value)
        if table.rest is not None:
            vague = vague or not _is_own(function)
            is_open = True
        kwargs.update({k: v for k, v in table.items() if isinstance(k, str)})
    if vague:
        return _vague_call(m, f, node, function, args, kwargs)
    if is_open:
        kwargs.update(dict.fromkeys(_left_out(m, function, args, kwargs), UNKNOWN))
        kwargs = Dict(kwargs)
        kwargs.rest = UNKNOWN  # for the keywords that the callee collects in its turn
    return call(m, f, node, function, args, kwargs)


def _is_own(function: Any) -> bool:
    """Whether what is called is a function of the program or a class that has an `__init__` of its own."""
    if isinstance(function, (Bound, Partial)):
        return _is_own(function.function)
    if isinstance(function, Class):
        own = isinstance(classes.find_in_class(function, "__init__")[0], Function)
        return own or classes.library_base(function) is None
    return isinstance(function, Function)


def _left_out(m: Machine, function: Any, args: list[Any], kwargs: dict[str, Any]) -> list[str]:
    """The parameters that an open table must give in a call, and those that it may give as well."""
    count = len(args)
    if isinstance(function, Class):
        function, count = classes.find_in_class(function, "__init__")[0], count + 1
    elif isinstance(function, Bound):
        function, count = function.function, count + 1
    if not isinstance(function, Function):
        return []
    names, keywords = code_of(function).args, code_of(function).kwonly
    needed = [
        *names[count : len(names) - len(function.defaults)],
        *(k for k in keywords if k not in function.kw_defaults),
    ]
    if all(name in kwargs for name in needed) and not m.doubt:
        return []
    # The table gives those, so it gives more than is known of it: any of the others too. In doubt, it gives them anyway.
    return [name for name in (*names[count:], *keywords) if name not in kwargs]


def _vague_call(m: Machine, f: Frame, node: ast.Call, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """A call with an unknown number of arguments: only what does not depend on them is known."""
    if isinstance(function, Bound) and isinstance(function.function, Lib) and isinstance(function.receiver, Instance):
        receiver = function.receiver
        if function.function.name == "__init__" and classes.library_base(receiver.cls) is not None:
            if function.function.path.rpartition(".")[0] not in keras.OWN:
                receiver.attrs["?"] = True
            return None
    if isinstance(function, Lib) and function.path in ("torch.nn.Sequential", "torch.nn.ModuleList"):
        made = Instance(function, {"?": True}, m.origin(f, node))
        return made
    for value in (*args, *kwargs.values()):
        havoc(m, value)
    if isinstance(function, Bound):
        result = registry.rules.get(function.function.path) if isinstance(function.function, Lib) else None
        return registry.unknown_result(result.result) if result else UNKNOWN
    return UNKNOWN


def _super(m: Machine, node: ast.Call, f: Frame) -> Any:
    from shapelens.interpreter.expressions import ev

    if len(node.args) >= 2:
        return Super(ev(m, node.args[0], f), ev(m, node.args[1], f))
    function = f.function
    owner = f.owner if f.owner is not None else function.owner if function is not None else None
    receiver: Any = UNKNOWN
    if function is not None:
        names = code_of(function).args
        if names and names[0] in f.locals:
            receiver = f.locals[names[0]]
    if not isinstance(receiver, (Instance, Class)):
        for scope in f.cells:
            for name in ("self", "cls"):
                if isinstance(scope.get(name), (Instance, Class)):
                    return Super(owner, scope[name])
    return Super(owner, receiver) if owner is not None else UNKNOWN


_UNCALLABLE = (int, float, str, bool, tuple)


def _is_abstract(node: Any) -> bool:
    """Whether a method is there to be overridden: all that it does is to raise NotImplementedError, or it says so."""
    if type(node) is not ast.FunctionDef:
        return False
    last = node.body[-1]
    if type(last) is ast.Raise:
        raised = last.exc.func if isinstance(last.exc, ast.Call) else last.exc
        if isinstance(raised, ast.Name) and raised.id == "NotImplementedError":
            return all(isinstance(each, (ast.Expr, ast.Delete)) for each in node.body[:-1])
    return any(
        (each.attr if isinstance(each, ast.Attribute) else each.id if isinstance(each, ast.Name) else "")
        == "abstractmethod"
        for each in node.decorator_list
    )


def call(m: Machine, f: Frame, node: ast.AST, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Call any value."""
    kind = type(function)
    if kind is Bound:
        target = function.function
        if type(target) is Function:
            if not m.caught and _is_abstract(target.node):
                return not_counted(m, UNKNOWN, args)
            return call_function(m, f, node, target, [function.receiver, *args], kwargs)
        if type(target) is Lib:
            return call_method(m, f, node, target, function.receiver, args, kwargs)
        return call(m, f, node, target, [function.receiver, *args], kwargs)
    if kind is Lib:
        return call_library(m, f, node, function, args, kwargs)
    if kind is Function:
        return call_function(m, f, node, function, args, kwargs)
    if kind is Instance:
        return call_instance(m, f, node, function, args, kwargs)
    if kind is Class:
        m.burn(2)
        return classes.instantiate(m, f, node, function, args, kwargs)
    if kind is Plain:
        if function.name == "numel":
            from shapelens.dims import product

            return product(m.call.ints(function.receiver))
        if function.name == "sort" and kwargs.get("key") is not None:
            m.touch(function.receiver)
            ordered = builtins.sort(m, f, node, function.receiver, kwargs)
            function.receiver[:] = ordered if ordered is not None else []
            function.receiver.rest = None if ordered is not None else UNKNOWN
            return None
        return plain.call_method(m, function, args, kwargs)
    if kind is Partial:
        return call(m, f, node, function.function, [*function.args, *args], {**function.keywords, **kwargs})
    if kind is Choice:
        return _call_choice(m, f, node, function, args, kwargs)
    if kind is Descriptor:
        return call(m, f, node, function.function, args, kwargs)
    if kind is Unknown:
        known = m.store.value(function)
        if type(known) is not Unknown:
            return call(m, f, node, known, args, kwargs)
        method = attributes.method_called(m, f, node, known, (*args, *kwargs.values()))
        if method is not None:
            return call(m, f, node, method, args, kwargs)
    if kind is asking.Unruled:
        not_counted(m, None)
        return guarded(m, f, node, lambda: asking.asked_of_layer(m, function, args, kwargs), UNKNOWN)
    if (function is None or kind in _UNCALLABLE) and m.is_certain():
        raise Exceptional("TypeError", None, f"'{kind.__name__}' object is not callable")
    for value in (*args, *kwargs.values()):
        havoc(m, value)
    return not_counted(m, UNKNOWN, args)


def not_counted(m: Machine, value: Any, args: Sequence[Any] | None = None) -> Any:
    """The value, of a call that may compute one does not know what; with `args`, only if it is given a tensor."""
    if m.call.work is not None and (args is None or any(isinstance(a, (Tensor, Unknown)) for a in args)):
        m.call.work.append(UNKNOWN_WORK)
    return value


def _call_choice(m: Machine, f: Frame, node: ast.AST, function: Choice, args: list[Any], kwargs: dict[str, Any]) -> Any:
    return of_each(
        m, f, [partial(call, m, f, node, v, list(args), dict(kwargs)) for v in function.values if v is not None]
    )


def of_each(m: Machine, f: Frame, uses: Sequence[Callable[[], Any]]) -> Any:
    """What may come of using a value that is one of several; each is used aside, and the results are joined.

    Which one it is was decided elsewhere, where all else may have been decided too: a problem counts only if there is
    one with every alternative. A run that goes on had none of those that raise, so these add nothing to the result.
    """
    from shapelens.interpreter.expressions import value_of_branches

    before = len(m.reports)
    fine = 0

    def one(use: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            nonlocal fine
            start = len(m.reports)
            result = use()
            fine += len(m.reports) == start
            return "value", result

        return run

    result = value_of_branches(m, f, [one(use) for use in uses])
    if fine:
        del m.reports[before:]
    return result


def havoc(m: Machine, value: Any, depth: int = 0) -> None:
    """An unknown callee got hold of this object: what it may have changed is unknown from here on."""
    if isinstance(value, (Function, Bound, Partial)):
        captured.release(m, value)
    if isinstance(value, Bound) and isinstance(value.function, Function):
        m.hooked = True
    if isinstance(value, List):
        m.touch(value)
        if depth == 0:
            list.clear(value)
            value.rest = UNKNOWN
    elif isinstance(value, Dict):
        m.touch(value)
        if depth == 0:
            value.clear()
            value.rest = UNKNOWN
    elif isinstance(value, Instance) and depth == 0 and value.cls is not None and value.payload is None:
        m.touch(value)
        for held in list(value.attrs.values()):
            if isinstance(held, (Instance, List, Dict)) and depth < 3:
                havoc(m, held, depth + 1)
        value.attrs["?"] = True
        if isinstance(value.cls, Class) and not classes.is_module_class(value.cls):
            for name in classes.field_names(value.cls):
                value.attrs[name] = UNKNOWN


def decorate(m: Machine, f: Frame, node: ast.AST, decorator: Any, made: Any) -> Any:
    """A function or class after a decorator; an unknown one, and one that takes too long, passes it through."""
    source = decorator.node if isinstance(decorator, Function) else None
    if source in m.slow:
        return made
    try:
        result = m.within(DECORATOR_FUEL, lambda: call(m, f, node, decorator, [made], {}), _SLOW, True)
    except Exceptional:
        return made  # that a program fails where it defines something is less likely than that we are wrong
    if result is _SLOW and source is not None:
        m.slow.add(source)
    if isinstance(result, Choice) and all(_is_wrapper_of(made, value) for value in result.values):
        return made  # wrapped in one way or another, or not at all
    if result is not None and not isinstance(result, Unknown):
        return result
    if isinstance(made, Function) and isinstance(result, Unknown):
        made.attrs["__decorated__"] = True
    return made


def _is_wrapper_of(made: Any, value: Any) -> bool:
    """Whether a value is the function, or one that says by `functools.wraps` that it wraps it."""
    while isinstance(value, Function) and value is not made:
        value = value.attrs.get("__wrapped__")
    return value is made


_SLOW = Unknown("slow")


# -- functions of the program --------------------------------------------------------------------------------------


def bind_arguments(
    m: Machine, function: Function, args: list[Any], kwargs: dict[str, Any]
) -> tuple[dict[str, Any], str]:
    """The function's parameters with their values, and what does not fit (empty: all fits)."""
    code = code_of(function)
    names = code.args
    count = len(args)
    bound = dict(zip(names, args))
    problem = ""
    if count > len(names):
        if code.vararg is None:
            problem = f"{function.name}() takes {len(names)} positional arguments but {count} were given"
    open_ended = m.is_doubting()
    if code.vararg is not None:
        bound[code.vararg] = Many(UNKNOWN) if open_ended else tuple(args[len(names) :])
    loose: dict[str, Any] = {}
    if kwargs:
        for name, value in kwargs.items():
            if name in code.nodes and name not in code.positional:
                if name in bound and not problem:
                    problem = f"{function.name}() got multiple values for argument '{name}'"
                bound[name] = value
            else:
                loose[name] = value
    if code.kwarg is not None:
        bound[code.kwarg] = Dict(loose)
        if open_ended or isinstance(kwargs, Dict) and kwargs.rest is not None:
            bound[code.kwarg].rest = UNKNOWN
    elif loose and not problem:
        problem = f"{function.name}() got an unexpected keyword argument '{next(iter(loose))}'"
    if count < len(names):
        first_default = len(names) - len(function.defaults)
        for i in range(count, len(names)):
            name = names[i]
            if name not in bound:
                if i >= first_default:
                    bound[name] = function.defaults[i - first_default]
                else:
                    problem = problem or f"{function.name}() missing argument '{name}'"
                    bound[name] = m.named_unknown(name)
    for name in code.kwonly:
        if name not in bound:
            default = function.kw_defaults.get(name, _MISSING)
            if default is not _MISSING and not (open_ended and default is None):
                bound[name] = default
            elif default is not _MISSING:  # nobody has called with that default
                bound[name] = m.named_unknown(name)
            else:
                problem = problem or f"{function.name}() missing keyword argument '{name}'"
                bound[name] = m.named_unknown(name)
    return bound, problem


def call_function(
    m: Machine, f: Frame, node: ast.AST, function: Function, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    """Run a function of the program; a call that only depends on keyed arguments is run once."""
    m.burn()
    native = packages.INSTEAD_OF_SOURCE.get(f"{function.module.name}.{function.qualname}")
    if native is not None:
        return native(m, f, node, args, kwargs)
    bound, problem = bind_arguments(m, function, args, kwargs)
    if problem and "__decorated__" in function.attrs:
        for value in (*args, *kwargs.values()):
            havoc(m, value)
        return not_counted(m, UNKNOWN, args)  # what an unknown decorator made of it takes other arguments
    if problem:
        raise Exceptional("TypeError", None, problem)
    wrapped = function.attrs.get("__wrapped__") if function.attrs else None
    if isinstance(wrapped, Function):
        entered = m.entered.get(wrapped.node, 0)
        result = _remembered(m, f, node, function, bound)
        if (
            (type(result) is Unknown or result is None)
            and m.entered.get(wrapped.node, 0) == entered
            and m.depth < MAX_DEPTH
        ):
            # A wrapper that cannot be followed to the call of what it wraps is an unknown decorator: it passes through.
            if m.is_doubting():
                kwargs = {**_opened_defaults(m, wrapped, len(args)), **kwargs}
            if bind_arguments(m, wrapped, args, kwargs)[1]:
                return result  # it hands on other arguments than it takes
            return call_function(m, f, node, wrapped, args, kwargs)
        return result
    if "__autocast__" in function.attrs:
        before, m.call.autocast = m.call.autocast, torch_state.autocast_state(function.attrs["__autocast__"])[1]
        try:
            return _remembered(m, f, node, function, bound)
        finally:
            m.call.autocast = before
    return _remembered(m, f, node, function, bound)


def _opened_defaults(m: Machine, function: Function, given: int) -> dict[str, Any]:
    """Unknowns for the parameters behind the first ones whose default is None: nobody has called with that default."""
    names = code_of(function).args
    defaults = dict(zip(names[len(names) - len(function.defaults) :], function.defaults))
    return {name: m.named_unknown(name) for name in names[given:] if defaults.get(name, _MISSING) is None}


def _remembered(m: Machine, f: Frame, node: ast.AST, function: Function, bound: dict[str, Any]) -> Any:
    """What the function gives for these arguments, from an earlier run where that is known."""
    key: tuple[Any, ...] | None = None
    tried = m.tried.get(function.node, 0)
    if not m.apart and tried < _MOST_TRIES:
        fingerprinted, m.keyed = m.fingerprinted, 0
        with contextlib.suppress(Unkeyable):
            arguments = [m.key(v) for v in bound.values()]
            key = (function.born, m.epoch, m.prose, m.call.autocast, m.call.device, *arguments)
        m.burn(m.keyed >> 5)
        if m.fingerprinted - fingerprinted > _COSTLY:
            m.tried[function.node] = tried + 1
    if key is not None:
        known = m.memo.get(key)
        if known is not None and not m.is_unread(known.reads):
            m.rely(known.reads, known.trace)
            m.borrowed.add(known.part)
            m.tried.pop(function.node, None)
            if known.truncations != m.truncations or known.start > len(m.seen):
                m.seen.extend([list(e) for e in known.seen])
                m.reports.extend(known.reports)
            if known.work.work and m.call.work is not None:
                m.call.work.append(known.work)
            m.unsure += known.unsure
            return known.result
    nested = m.active.get(function.node, ())
    if m.depth >= MAX_DEPTH or len(nested) >= _MAX_UNSURE_RECURSION and nested[-_MAX_UNSURE_RECURSION] < len(m.touched):
        _escaped(m, function)
        m.unsure += 1
        m.refused += 1
        return UNKNOWN
    start, reports, trail, traced = len(m.seen), len(m.reports), len(m.store._trail), len(m.trace)
    truncations, done, unsure = m.truncations, len(m.call.work or ()), m.unsure
    watch = [next(serials), 0]
    m.watches.append(watch)
    m.reads.append({})
    m.callsites.append((f.place, node, len(m.touched), len(m.frames)))
    m.active[function.node] = (*nested, len(m.touched))
    try:
        result = run_function(m, function, bound)
    finally:
        reads = m.end_reads()
        m.watches.pop()
        m.callsites.pop()
        m.active[function.node] = nested
    is_pure = not watch[1] and len(m.store._trail) == trail and truncations == m.truncations
    if key is not None and is_pure and _memoisable(m, result, key):
        work = Again(m.call.work[done:] if m.call.work is not None else [])
        trace = list(dict.fromkeys(m.trace[traced:]))
        sure = m.trying > 0 and unsure == m.unsure
        with contextlib.suppress(Unkeyable):
            told, depends = (m.seen[start:], m.reports[reports:]), m.settled_reads(reads)
            m.memo[key] = Key(result, *told, start, m.truncations, work, not sure, depends, trace, m.part)
    return result


def _escaped(m: Machine, function: Function) -> None:
    """What a function gives is not known, nor who changes the tables of the objects that it can reach from then on."""
    for scope in function.cells:
        for value in list(scope.values()):
            if isinstance(value, Instance):
                for held in list(value.attrs.values()):
                    if isinstance(held, (List, Dict)):
                        havoc(m, held)


def _memoisable(m: Machine, value: Any, key: Any) -> bool:
    """Only immutable results without symbols of their own can be given out again."""
    if isinstance(value, Tensor):
        if isinstance(value.shape, tuple):
            fresh = [d for d in value.shape if not isinstance(d, int)]
            if not fresh:
                return True
            given: set[Any] = set()
            for part in key:
                if isinstance(part, Tensor) and isinstance(part.shape, tuple):
                    for dim in part.shape:
                        given |= symbols(dim)
            return all(symbols(d) <= given for d in fresh)
        return value.shape is None
    if isinstance(value, tuple):
        return all(_memoisable(m, v, key) for v in value)
    return value is None or isinstance(value, (int, float, str, bool, Lib, Class, Function))


def run_function(m: Machine, function: Function, bound: dict[str, Any]) -> Any:
    """Run a function's body with its parameters bound."""
    from shapelens.interpreter.expressions import ev
    from shapelens.interpreter.statements import run_block

    code = code_of(function)
    place = function.code
    frame = Frame(function.module, place, bound, function.cells, function, function.owner)
    m.executed.add(function.node)
    m.trace.append(function)
    m.entered[function.node] = m.entered.get(function.node, 0) + 1
    if code.annotated:
        from shapelens.interpreter import contracts

        contracts.enter(m, function, frame, code.args)
    if m.recording:
        for name, parameter in code.nodes.items():
            value = bound.get(name)
            kind = type(value)
            if kind is Tensor or kind is Unknown:
                m.saw(place, parameter, name, "param", value)
            else:
                m.others.add((place, parameter))
    m.depth += 1
    m.frames.append(frame)
    frame.base, suspended = len(m.touched), len(m.suspended)
    try:
        if code.is_lambda:
            return ev(m, function.node.body, frame)
        if code.is_generator:
            frame.yields = Iter([])
        try:
            signal = run_block(m, code.body, frame)
        except Exceptional as error:
            if frame.yields is not None:
                error.certain = False  # Who takes its elements may stop before.
            if not frame.exits or frame.yields is not None:
                raise
            signal = ("ended", None)  # Some branches returned before this one raised.
        result = signal[1] if signal is not None and signal[0] == "return" else None
        ended = signal is not None and signal[0] == "ended"
        if frame.exits:
            result = _join_exits(m, frame, result, ended)
        if frame.yields is not None:
            frame.yields.result = result
            if frame.yields.rest is not None and not frame.yields.items:
                return Many(frame.yields.rest)
            return frame.yields
        return result
    finally:
        m.depth -= 1
        m.frames.pop()
        del m.suspended[suspended:]


def _join_exits(m: Machine, frame: Frame, result: Any, ended: bool) -> Any:
    """The result of a function that returned in some branches while others went on."""
    values = [o.signal[1] for o in frame.exits]
    if not ended:
        values.append(m.store.value(result))
    revive(m, frame.exits)
    joined = join_all(values)
    going = [] if ended else [Outcome(None, frame.locals, {}, [])]
    resume(m, frame.exits)
    if len(frame.exits) > 1 or going:
        adopt_heap(m, [*frame.exits, *going])
    else:
        adopt_heap(m, frame.exits)
    if not going:
        m.store.redo(common(frame.exits))
    return joined


# -- library callables ---------------------------------------------------------------------------------------------


def guarded(m: Machine, f: Frame, node: ast.AST, rule: Callable[[], Any], otherwise: Any) -> Any:
    """What a rule gives; where it says that the call fails, that is reported and the result is unknown."""
    previous = m.call.warn, m.call.invoke
    m.call.warn = lambda failure: m.report(failure, f.place, node)
    m.call.invoke = lambda function, *args, **kwargs: call(m, f, node, function, list(args), kwargs)
    try:
        value = rule()
    except Failure as failure:
        m.report(failure, f.place, node)
        return not_counted(m, otherwise)
    except registry.NotKnown:
        return otherwise
    finally:
        m.call.warn, m.call.invoke = previous
    if m.call.flows and m.call.work and type(m.call.work[-1]) is Step:
        return _flowed(m, f, node, m.call.work[-1], value)
    if type(value) is Tensor:
        return _placed(m, f, node, value)
    if type(value) is tuple:
        return tuple([_placed(m, f, node, v) if type(v) is Tensor else v for v in value])
    return value


def _flowed(m: Machine, f: Frame, node: ast.AST, step: Step, value: Any) -> Any:
    """The result of a step, with where it was made. A tensor that a rule hands on is another one from here on."""

    def one(each: Any) -> Any:
        if type(each) is Tensor and any(each is given for given in step.args):
            each = each.with_(scalars=each.scalars, parameter=each.parameter)
        return _placed(m, f, node, each) if type(each) is Tensor else each

    if step.result is not value:
        return one(value)
    value = one(value) if type(value) is Tensor else tuple(map(one, value)) if type(value) is tuple else value
    step.where, step.result = (f.place, node), value
    return value


def _placed(m: Machine, f: Frame, node: ast.AST, value: Tensor) -> Tensor:
    """The tensor with where it came from; symbolic dims cost fuel, and those that grew too large are given up."""
    shape = value.shape
    if type(shape) is tuple:
        if len(shape) > _MOST_DIMS:
            return Tensor(None, value.dtype, value.library)
        for dim in shape:
            if type(dim) is not int:
                m.burn(20)
                kept = simple_dims(shape)
                if kept is not shape:
                    value = value.with_(shape=kept, parameter=value.parameter)
                break
    if value.origin is None:
        value.origin = Origin((f.place, node), "")
    return value


def call_library(m: Machine, f: Frame, node: ast.AST, function: Lib, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Call a library name: a native of the interpreter, a class, a rule, a pure function, or unknown."""
    path = registry.canonical(function.path)
    native = natives.NATIVES.get(path)
    if native is not None:
        return native(m, f, node, args, kwargs)
    if path.startswith(importing.FOLLOWED_PARTS):
        followed = importing.of_followed_part(m, f, path)
        if followed is not None and not isinstance(followed, Lib):
            return call(m, f, node, followed, args, kwargs)
    if path in registry.layers or path in containers.CONTAINERS or path in keras.OWN:
        instance = Instance(Lib(path), {}, m.origin(f, node))
        classes.construct(m, f, node, path, instance, args, kwargs)
        m.instances.append(instance)
        return instance
    rule = registry.rules.get(path)
    computed = pure.PURE.get(path)
    if rule is not None and (computed is None or _is_of_arrays(m, path, args)):
        return _ruled(m, f, node, rule, path, args, kwargs)
    if computed is not None:
        return pure.call(m, f, node, path, computed, args, kwargs)
    short, _, name = path.rpartition(".")
    if short == "torch" and f"torch.Tensor.{name}" in registry.rules and args:
        return call_method(m, f, node, Lib(f"torch.Tensor.{name}"), args[0], args[1:], kwargs)
    base, _, method = path.rpartition(".")
    if args and isinstance(args[0], Instance) and (base in registry.layers or base == "torch.nn.Module"):
        return call_method(m, f, node, Lib(path), args[0], args[1:], kwargs)
    if m.oracle is not None and m.oracle.may_ask(path):
        made = asking.unruled(m, path, args, kwargs)
        return made if made is not None else _asked(m, f, node, path, args, kwargs, Unknown(f"{path}()"))
    _lacking(m, f, node, path, args)
    if not library.is_harmless(path):
        for value in (*args, *kwargs.values()):
            havoc(m, value)
        not_counted(m, None, args)
    for value in (*args, *kwargs.values()):
        if isinstance(value, (Function, Bound, Partial)):
            captured.release(m, value)  # it may be called, by whatever it is handed to
    return Unknown(f"{path}()")


def _is_of_arrays(m: Machine, path: str, args: Sequence[Any]) -> bool:
    """Whether a function of plain numbers is called as NumPy's: on arrays or lists, or where its result is no plain float."""
    values = [m.store.value(a) for a in args]
    if any(isinstance(v, Tensor) for v in values):
        return True
    if path in pure.NUMBERS_OF_NUMPY:
        return all(isinstance(v, (int, float, list, tuple)) for v in values)
    return path.startswith("numpy.") and path != "numpy.prod" and any(isinstance(v, (list, tuple)) for v in values)


def _ruled(
    m: Machine, f: Frame, node: ast.AST, rule: registry.Rule, path: str, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    """What a rule gives; what it leaves open, without a problem, the oracle may know."""
    reports = len(m.reports)
    otherwise = registry.unknown_result(rule.result)

    def apply() -> Any:
        if m.keras is not None and path.startswith(_NUMERIC):
            refuse_symbolic(m.call, path, [m.store.value(v) for v in (*args, *kwargs.values())])
        return registry.apply_rule(m.call, rule, args, kwargs)

    value = guarded(m, f, node, apply, otherwise)
    memory.hold(m, f, node, path, value, args, kwargs)
    if asking.is_unanswered(value) and len(m.reports) == reports:
        if m.oracle is not None:
            value = _asked(m, f, node, path, args, kwargs, value)
        if rule.result == "Tensor" and asking.is_unanswered(value):
            _lacking(m, f, node, path, args)
    return value


_NUMERIC = ("tensorflow.", "numpy.")


def _lacking(m: Machine, f: Frame, node: ast.AST, path: str, args: list[Any]) -> None:
    """Keep a call of known tensors that only the library itself could answer."""
    if f.place.focus:
        tensors = [value for value in map(m.store.value, args) if type(value) is Tensor]
        if tensors and all(type(tensor.shape) is tuple for tensor in tensors):
            m.lacks(f.place, node, path)


def _asked(
    m: Machine, f: Frame, node: ast.AST, path: str, args: list[Any], kwargs: dict[str, Any], otherwise: Any
) -> Any:
    return guarded(m, f, node, lambda: asking.asked(m, path, args, kwargs, otherwise), otherwise)


def call_method(
    m: Machine, f: Frame, node: ast.AST, method: Lib, receiver: Any, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    """Call a library method on a tensor or an instance."""
    path = method.path
    owner, _, name = path.rpartition(".")
    if "hook" in name:
        for hook in (*args, *kwargs.values()):
            captured.release(m, m.store.value(hook), first=receiver)
    if name == "requires_grad_" and isinstance(receiver, Tensor):
        set_frozen(m, receiver, m.store.value(args[0] if args else kwargs.get("requires_grad", True)))
    if isinstance(receiver, Instance):
        found = containers.call_method(m, f, node, receiver, owner, name, args, kwargs)
        if found is not containers.NO_METHOD:
            return found
    rule = registry.rules.get(path)
    if path.startswith("torch.Tensor.") and isinstance(receiver, Tensor) and not isinstance(receiver.shape, tuple):
        if name in _OF_BOTH and any(isinstance(a, Tensor) and a.library == "numpy" for a in args):
            return not_counted(m, UNKNOWN)  # Taken for torch's by the name alone: `matrix.dot(array)`
    if isinstance(receiver, Tensor) and path in registry.reshaping_in_place:
        known = rule or registry.rules.get(path[:-1])
        value: Any = UNKNOWN
        if known is not None:
            value = guarded(m, f, node, lambda: registry.apply_rule(m.call, known, [receiver, *args], kwargs), UNKNOWN)
        if value is not None:
            reshape_in_place(m, receiver, value.shape if isinstance(value, Tensor) else None)
        return receiver if registry.reshaping_in_place[path] else None
    if rule is None and name.endswith("_") and not name.endswith("__"):
        rule = registry.rules.get(path[:-1])
        if rule is not None:
            guarded(m, f, node, lambda: registry.apply_rule(m.call, rule, [receiver, *args], kwargs), UNKNOWN)
            return receiver
    if rule is None:
        native = natives.NATIVES.get(path)
        if native is not None:
            return native(m, f, node, [receiver, *args], kwargs)
        if isinstance(receiver, Tensor) and m.oracle is not None and m.oracle.may_ask(path):
            value = _asked(m, f, node, path, [receiver, *args], kwargs, UNKNOWN)
            if asking.is_unanswered(value):
                _lacking(m, f, node, path, [receiver, *args])
            return value
        _lacking(m, f, node, path, [receiver, *args])
        for value in (*args, *kwargs.values()):
            havoc(m, value)
        return not_counted(m, UNKNOWN, [receiver])
    return _ruled(m, f, node, rule, path, [receiver, *args], kwargs)


def set_frozen(m: Machine, tensor: Tensor, requires_grad: Any) -> None:
    """The tensor requires gradients from here on, or does not."""
    frozen = not requires_grad if isinstance(requires_grad, bool) else None
    if m.vague:
        m.gradients_known = False  # which of several tensors it is, only the run knows
    elif tensor.frozen is not frozen:
        m.touch(tensor)
        tensor.frozen = frozen


# Methods with an argument that arrays have too, under the same name.
_OF_BOTH = frozenset("dot multiply take put".split())


def reshape_in_place(m: Machine, tensor: Tensor, shape: Any) -> None:
    """Every name of the tensor sees the new shape; what was seen before keeps the old one."""
    before = tensor.with_(origin=tensor.origin, parameter=tensor.parameter)
    m.change_in_place(tensor, before)
    m.epoch += 1
    for watch in m.watches:
        watch[1] = 1
    # In a branch that may not be taken the shape is lost, as the change cannot be taken back.
    tensor.reshape(None if m.touched else shape)


def call_instance(
    m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    """Call an object: a module's forward, or `__call__`."""
    if m.call.work is not None and classes.is_model_class(instance.cls):
        outer = m.call.work
        value = record(m.call, instance, args, kwargs, lambda: _call_instance(m, f, node, instance, args, kwargs))
        if m.activation_budget is not None and memory.may_train(m, f, instance):
            outer[-1].site = f.place, node
        return value
    return _call_instance(m, f, node, instance, args, kwargs)


def _call_instance(
    m: Machine, f: Frame, node: ast.AST, instance: Instance, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    cls = instance.cls
    if keras.is_keras_class(cls):
        own_call, call_owner = classes.find_in_class(cls, "__call__")
        if isinstance(call_owner, Class) and own_call is not None:
            return call(m, f, node, Bound(own_call, instance), args, kwargs)
        return keras.call_layer(m, f, node, instance, args, kwargs)
    if isinstance(cls, Class):
        if classes.is_module_class(cls):
            forward, owner = classes.find_in_class(cls, "forward")
            own_call, call_owner = classes.find_in_class(cls, "__call__")
            if isinstance(call_owner, Class) and own_call is not None:
                return call(m, f, node, Bound(own_call, instance), args, kwargs)
            replaced = instance.attrs.get("forward")
            if replaced is not None:
                return call(m, f, node, replaced, args, kwargs)
            if isinstance(owner, Class) and forward is not None:
                value = call(m, f, node, Bound(forward, instance), args, kwargs)
                layer_seen(m, instance, value)
                return value
            library = classes.library_base(cls)
            return forward_of_library(m, f, node, instance, library or "torch.nn.Module", args, kwargs)
        method, owner = classes.find_in_class(cls, "__call__")
        if isinstance(owner, Class) and method is not None:
            return call(m, f, node, Bound(method, instance), args, kwargs)
        if isinstance(owner, Lib):
            judge = judges.base_of(instance) if owner.path.startswith("keras.") else None
            if judge == judges.LOSS and judges.own_method(instance, "call") is not None:
                return judges.call_loss(m, f, node, instance, args, kwargs)
            if judge == judges.METRIC and judges.own_method(instance, "update_state") is not None:
                return judges.call_metric(m, f, node, instance, args, kwargs)
            return forward_of_library(m, f, node, instance, owner.path, args, kwargs)
        return UNKNOWN
    if cls is torch_state.AUTOCAST:  # as a decorator
        if args and isinstance(args[0], Function):
            args[0].attrs["__autocast__"] = instance
        return args[0] if args else UNKNOWN
    return forward_of_library(m, f, node, instance, cls.path, args, kwargs)


def layer_seen(m: Machine, instance: Instance, value: Any) -> None:
    """A layer gave a tensor: its output shape belongs where the layer was made."""
    origin = instance.origin
    if origin is not None and m.recording:
        if type(value) is Tensor:
            place, node = origin.where
            if isinstance(node, ast.Call) and not _is_no_layer(instance):
                m.saw(place, node, "", "layer", value)


def _is_no_layer(instance: Instance) -> bool:
    """Whether it is a loss or metric of Keras, or what makes its weights: called like a layer, and none."""
    cls = instance.cls
    return isinstance(cls, Lib) and cls.path.startswith(("keras.losses.", "keras.metrics.", "keras.initializers."))


_WITHOUT_FORWARD = frozenset({"torch.nn.ModuleList", "torch.nn.ModuleDict"})


def forward_of_library(
    m: Machine, f: Frame, node: ast.AST, instance: Instance, path: str, args: list[Any], kwargs: dict[str, Any]
) -> Any:
    """What calling a library layer on these arguments gives."""
    if instance.attrs.get("?") is not None:
        return not_counted(m, UNKNOWN)
    if path in _WITHOUT_FORWARD and "forward" not in instance.attrs and m.is_certain():
        name = instance.cls.name if isinstance(instance.cls, Class) else path.rpartition(".")[2]
        raise Exceptional("NotImplementedError", None, f'Module [{name}] is missing the required "forward" function')
    value = containers.forward(m, f, node, instance, path, args, kwargs)
    if value is containers.NO_METHOD:
        for base in registry.bases_of(path):
            found = registry.layers.get(base)
            if found is not None and found.forward is not None:
                rule = found.forward
                value = guarded(
                    m,
                    f,
                    node,
                    partial(registry.call_layer, m.call, base, instance, args, kwargs),
                    registry.unknown_result(rule.result),
                )
                memory.hold(m, f, node, base, value, args, kwargs)
                break
        else:
            return not_counted(m, UNKNOWN)
    layer_seen(m, instance, value[0] if isinstance(value, tuple) and value else value)
    return value
