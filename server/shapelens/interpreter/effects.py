"""What a part of a run showed and did beside its result, kept so that a later run can tell it without doing it."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from shapelens.interpreter.machine import Machine, Place
from shapelens.rules.work import Work
from shapelens.values import Function, Instance, serials

_MOST_SHOWN = 8


@dataclass(frozen=True)
class Effects:
    """What happened in a part of a run that failed nowhere, learnt nothing and changed nothing that is older."""

    seen: tuple[list[Any], ...]
    expressions: tuple[tuple[tuple[Place, ast.AST], tuple[Any, ...]], ...]
    """What expressions gave."""
    gaps: dict[tuple[Place, ast.AST], str]
    instances: tuple[Instance, ...]
    """The modules that were made."""
    trace: tuple[Function, ...]
    """The functions that were run."""
    others: frozenset[tuple[Place, ast.AST]]
    met: frozenset[ast.AST]
    last_batches: dict[int, tuple[Any, Any, str]]
    work: Work
    truncations: int
    fuel: int
    depth: int
    """Of the call in which it happened."""


class Recording:
    """What happens from here to `end`."""

    def __init__(self, m: Machine) -> None:
        self._m = m
        self._began = (
            len(m.seen), len(m.gaps), len(m.instances), len(m.trace), len(m.last_batches), len(m.call.work or ()),
            m.truncations, m.fuel + m.reserve,
        )  # fmt: skip
        self._outer = m.expressions, m.others, frozenset(m.met)
        self._recorded, m.recorded = m.recorded, next(serials)
        m.told.append(m.expressions)  # what changes in place changes there too
        m.expressions, m.others = {}, set()

    def end(self) -> None:
        """Give what expressions showed to what is under way around it."""
        m = self._m
        self._expressions, self._others = m.expressions, m.others
        m.told.pop()
        m.recorded = self._recorded
        m.expressions, m.others, _ = self._outer
        show(m, self._expressions.items())
        m.others |= self._others

    def effects(self) -> Effects:
        """What happened, after `end`."""
        m = self._m
        seen, gaps, instances, trace, batches, work, truncations, fuel = self._began
        return Effects(
            tuple([list(entry) for entry in m.seen[seen:]]),
            tuple([(place, tuple(values)) for place, values in self._expressions.items()]),
            dict(islice(m.gaps.items(), gaps, None)),
            tuple(m.instances[instances:]),
            tuple(dict.fromkeys(m.trace[trace:])),
            frozenset(self._others),
            frozenset(m.met - self._outer[2]) if len(m.met) != len(self._outer[2]) else frozenset(),
            dict(islice(m.last_batches.items(), batches, None)),
            (m.call.work or [])[work:],
            m.truncations - truncations,
            fuel - m.fuel - m.reserve,
            m.depth,
        )


def happen_again(m: Machine, effects: Effects) -> None:
    """Show and pay for all of it, as if it had been done."""
    m.seen += [list(entry) for entry in effects.seen]
    show(m, effects.expressions)
    m.gaps.update(effects.gaps)
    m.instances += effects.instances
    m.executed.update([function.node for function in effects.trace])
    m.others |= effects.others
    m.met |= effects.met
    m.last_batches.update(effects.last_batches)
    if m.call.work is not None:
        m.call.work += effects.work
    m.truncations += effects.truncations
    m.burn(effects.fuel)


def show(m: Machine, expressions: Iterable[tuple[tuple[Place, ast.AST], Iterable[Any]]]) -> None:
    """Add what expressions gave to what the run has shown of them."""
    for key, values in expressions:
        seen = m.expressions.get(key)
        if seen is None:
            m.expressions[key] = list(values)
        else:
            seen += [value for value in values if value not in seen][: _MOST_SHOWN - len(seen)]


def constant(m: Machine) -> tuple[Any, ...]:
    """What stays as it is where nothing happens that could not happen again in this way."""
    return (
        len(m.store._trail), len(m.store.equations), len(m.reports), m.asked, m.unfinished, m.refused, m.unshown, len(m.defects),
        len(m.put_on_tensors), len(m.captured), len(m.growth), m.epoch, m.trusted, m.is_late, *modes(m),
    )  # fmt: skip


def modes(m: Machine) -> tuple[Any, ...]:
    """What functions do depends on this too."""
    c = m.call
    return (
        m.hooked, m.gradients_known, m.training, m.untracked, m.sheltered, m.record_all, m.apart, m.memory_budget,
        m.activation_budget, c.floating, c.device, c.moves, c.formats, c.rewritten, c.autocast, c.keras_policy, c.image_data_format,
        len(m.written_holes),
    )  # fmt: skip
