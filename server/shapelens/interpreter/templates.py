"""Modules that are made once: one of the same class with the same plain arguments is a copy of the first.

A deep network makes the same block dozens of times, and an edit elsewhere leaves most models of a file as they were.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

from shapelens.interpreter import calls, copying
from shapelens.interpreter.effects import Effects, Recording, constant, happen_again, show
from shapelens.interpreter.machine import Frame, Machine, Read, Unkeyable
from shapelens.rules.work import all_calls
from shapelens.values import Bound, Choice, Dict, Function, Instance, List, Partial, Tensor, serials


@dataclass(frozen=True)
class Template:
    """A module as it was when its constructor was through, and what that depended on."""

    module: Instance
    since: int
    """The serial of the first object of its own; what is older is shared by all copies."""
    reads: tuple[Read, ...]
    trace: tuple[Function, ...]
    made: int
    """The serial at which this run had it first,"""
    part: Any
    """and the part of the file that it was made for (`Machine.part`)."""
    effects: Effects | None = None
    """What making it showed; the modules and all else that it made are parts of the template."""


class Kept(Protocol):
    """The templates that one analysis of a file hands on to the next; see analysis.reuse."""

    def template(self, m: Machine, key: Hashable) -> Template | None:
        """What making a module would give, if it is what it was."""

    def keep_template(self, m: Machine, key: Hashable, template: Template) -> None:
        """A module was just made."""


def make(
    m: Machine, f: Frame, node: ast.AST, instance: Instance, init: Function, args: list[Any], kwargs: dict[str, Any]
) -> Instance:
    """Run a module's constructor, or take a copy of a module that it made from the same arguments.

    Only a constructor that touched nothing from before it, learnt nothing and failed nowhere gives a template.
    """
    key = _key(m, instance, args, kwargs)
    known = m.templates.get(key) if key is not None else None
    if known is not None and not m.is_unread(known.reads):
        m.rely(known.reads, list(known.trace))
        if known.effects is not None and known.made < m.recorded:
            return _twin_shown(m, known, known.effects, instance)
        m.borrowed.add(known.part)
        m.unshown += known.made < m.recorded
        return _twin(m, known, instance)
    kept = m.kept if key is not None and _is_plain(m) else None
    if kept is not None:
        known = kept.template(m, key)
        if known is not None and known.effects is not None:
            m.templates[key] = replace(known, made=next(serials), part=m.part)
            return _first_twin(m, known, known.effects, instance)
    since, before, began = instance.born, _learnt(m), constant(m)
    traced, made, copies, templated = len(m.trace), len(m.instances), m.copies, m.templated
    watch = [since, 0]
    m.watches.append(watch)
    m.reads.append({})
    m.making.add(since)
    recording = Recording(m) if kept is not None else None
    try:
        calls.call(m, f, node, Bound(init, instance), args, kwargs)
    finally:
        reads = m.end_reads()
        m.making.discard(since)
        m.watches.pop()
        if recording is not None:
            recording.end()
    # Modules that hold one another are not copied at each level: what was copied is in proportion to what there is.
    size = _OBJECTS * (len(m.instances) - made + 1) + (m.copies - copies) - (m.templated - templated)
    is_worth = m.templated - templated <= _MOST_COPIES * size
    if key is not None and kept is None and size > _LARGE and key not in m.large:
        # A whole model is most likely made once; if it is made again, that is the time.
        m.large.add(key)
        is_worth = False
    if key is not None and is_worth and not watch[1] and before == _learnt(m):
        copies = m.copies
        with contextlib.suppress(Unkeyable):
            depends, trace = m.settled_reads(reads), tuple(dict.fromkeys(m.trace[traced:]))
            effects = None
            if recording is not None and began == constant(m):
                copy, effects = _with_copies(m, instance, recording.effects())
            else:
                copy = copying.copied(m, instance, since - 1)
            if not _holds(copy, [*args, *kwargs.values()]):
                m.templates[key] = template = Template(copy, since, depends, trace, next(serials), m.part, effects)
                if kept is not None and effects is not None:
                    kept.keep_template(m, key, template)
        m.templated += m.copies - copies
    m.instances.append(instance)
    return instance


_LARGE = 200
"""Objects: what holds more is no block that a model is made of."""
_OBJECTS = 3
"""What a module has of its own, about: itself and its weights."""
_MOST_COPIES = 4
"""How often the parts of a module may have been copied for those in it, if it is to be copied too."""


def _with_copies(m: Machine, instance: Instance, effects: Effects) -> tuple[Instance, Effects | None]:
    """A copy of a module, and the effects of making it with the copies of all that was made with it.

    None instead of effects that tell of calls of modules: these know the modules themselves.
    """
    fuel, values = m.fuel + m.reserve, tuple([given for _, given in effects.expressions])
    copy, instances, values = copying.copied(m, (instance, effects.instances, values), instance.born - 1)
    expressions = _placed(effects, values)
    if any(all_calls(effects.work)):
        return copy, None
    used = effects.fuel + fuel - m.fuel - m.reserve
    return copy, replace(effects, instances=instances, expressions=expressions, fuel=used)


def _key(m: Machine, instance: Instance, args: list[Any], kwargs: dict[str, Any]) -> Hashable:
    """What tells which arguments a module is made from; None where that cannot be told."""
    m.keyed = 0
    if any(isinstance(value, (Instance, Tensor)) for value in (*args, *kwargs.values())):
        return None
    try:
        names = [(name, _argument_key(m, value)) for name, value in kwargs.items()]
        given = [_argument_key(m, value) for value in args]
        made_in = instance.cls.born, m.epoch, m.prose, m.is_doubting(), m.call.device  # type: ignore[union-attr]
        return ("made", *made_in, *given, *names)
    except Unkeyable:
        return None


def _argument_key(m: Machine, value: Any) -> Hashable:
    """As the machine's; a list counts as what it holds, for nothing is a template that keeps the list itself."""
    return m.key(value, 1 if isinstance(value, (List, Dict)) else 0)  # type: ignore[no-any-return]


def _holds(module: Instance, given: list[Any]) -> bool:
    """Whether a module keeps one of the lists or tables that it was made from, or one of those within them."""
    outside: set[int] = set()
    for value in given:
        if isinstance(value, (List, Dict)):
            outside.update(id(part) for part in _parts(value) if isinstance(part, (List, Dict)))
    return bool(outside) and any(id(part) in outside for part in _parts(module))


def _parts(value: Any) -> Iterator[Any]:
    """An object and all that it holds, each once."""
    pending, met = [value], set()
    while pending:
        each = pending.pop()
        if type(each) not in _HOLDING or id(each) in met:
            continue
        met.add(id(each))
        yield each
        if isinstance(each, Instance):
            pending += [*each.attrs.values(), each.payload]
        elif isinstance(each, (list, tuple)):
            pending += each
        elif isinstance(each, dict):
            pending += each.values()
        elif isinstance(each, Choice):
            pending += each.values
        elif isinstance(each, Bound):
            pending.append(each.receiver)
        elif isinstance(each, Partial):
            pending += [*each.args, *each.keywords.values()]


_HOLDING = frozenset((Instance, List, Dict, list, tuple, dict, Choice, Bound, Partial))


def _twin(m: Machine, template: Template, instance: Instance) -> Instance:
    """A copy, in the place of an object that was to be made."""
    twin: Instance = copying.copied(m, template.module, template.since)
    twin.origin = instance.origin
    m.instances.append(twin)
    return twin


def _twin_shown(m: Machine, template: Template, effects: Effects, instance: Instance) -> Instance:
    """As `_twin`, and what making it showed: who records what happens here has not seen it yet."""
    given = tuple([values for _, values in effects.expressions])
    twin, values = copying.copied(m, (template.module, given), template.since)
    twin.origin = instance.origin
    m.instances.append(twin)
    m.executed.update([function.node for function in template.trace])
    m.others |= effects.others
    show(m, _placed(effects, values))
    return twin  # type: ignore[no-any-return]


def _first_twin(m: Machine, template: Template, effects: Effects, instance: Instance) -> Instance:
    """A copy of what an earlier run made, with all that making it anew would show and cost."""
    m.rely(template.reads, list(template.trace))
    given = tuple([values for _, values in effects.expressions])
    parts = template.module, effects.instances, given
    twin, instances, values = copying.clone(parts, None, template.since, m.tick)
    twin.origin = instance.origin
    happen_again(m, replace(effects, instances=(*instances, twin), expressions=_placed(effects, values)))
    return twin  # type: ignore[no-any-return]


def _placed(effects: Effects, values: tuple[tuple[Any, ...], ...]) -> tuple[Any, ...]:
    """What expressions gave, with copies of the values."""
    return tuple(zip([place for place, _ in effects.expressions], values))


def _is_plain(m: Machine) -> bool:
    """Whether what is made now is made as it always would be: it surely runs, is shown, and nothing was yet learnt."""
    doubts = m.doubt, m.trying, m.branching, m.doubtful, m.caught, m.epoch, m.apart, m.store._trail, m.store.equations
    return m.recording and not any(doubts)


def _learnt(m: Machine) -> tuple[int, ...]:
    return len(m.store._trail), len(m.reports), len(m.seen)
