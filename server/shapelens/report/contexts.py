"""Which call of a function is shown: how the calls are named, and a file's facts with some calls left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from shapelens.analysis.facts import CallSite, Contexts, Fact, FileAnalysis, Site

_LONGEST = 40
_INFERRED = "inferred inputs"


@dataclass(frozen=True)
class Choice:
    """A call that a person chose: its text, and which of those with the same text. It holds through edits elsewhere."""

    text: str
    number: int = 0


Choices: TypeAlias = Mapping[str, Choice]
"""By the qualified name of the function."""


def choices(contexts: Contexts) -> list[Choice]:
    """The calls of a function as they can be chosen, in order."""
    listed: list[Choice] = []
    for call in contexts.calls:
        listed.append(Choice(call.text, sum(each.text == call.text for each in listed)))
    return listed


def call_title(call: CallSite) -> str:
    """`net(x) at line 40`."""
    text = call.text if len(call.text) <= _LONGEST else call.text[: _LONGEST - 1] + "…"
    return f"{text} at line {call.span.line}" if call.text else _INFERRED


def chosen_call(contexts: Contexts, chosen: Choices) -> CallSite | None:
    """The call that was chosen, if it is still there."""
    choice = chosen.get(contexts.name)
    return next((call for call, each in zip(contexts.calls, choices(contexts)) if each == choice), None)


def contexts_title(contexts: Contexts, chosen: Choices) -> str:
    """`shown for net(x) at line 40 · 3 more`."""
    call = chosen_call(contexts, chosen)
    if call is not None:
        return f"shown for {call_title(call)} · {len(contexts.calls) - 1} more"
    first, count = call_title(contexts.calls[0]), len(contexts.calls)
    return f"shown for all {count} calls: {first} · {count - 1} more"


def with_chosen(analysis: FileAnalysis, chosen: Choices) -> FileAnalysis:
    """The analysis with the facts of the chosen calls only, where calls were chosen."""
    if not chosen:
        return analysis
    left_out: set[Site] = set()
    for contexts in analysis.contexts:
        call = chosen_call(contexts, chosen)
        if call is not None:
            left_out.update(each.site for each in contexts.calls if each is not call)
    return replace(analysis, facts=tuple(_without(fact, left_out) for fact in analysis.facts)) if left_out else analysis


def _without(fact: Fact, left_out: set[Site]) -> Fact:
    kept = [i for i, sites in enumerate(fact.sites) if not sites or not sites <= left_out]
    if not kept or len(kept) == len(fact.values):
        return fact
    return replace(fact, values=tuple(fact.values[i] for i in kept), sites=tuple(fact.sites[i] for i in kept))


def around(listed: Sequence[Contexts], line: int) -> Contexts | None:
    """The innermost function whose calls differ around a line."""
    holding = [each for each in listed if each.span.line <= line <= each.span.end_line]
    return min(holding, key=lambda each: each.span.end_line - each.span.line, default=None)
