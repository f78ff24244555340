"""Taking a polynomial apart into factors that share no symbol."""

from __future__ import annotations

from math import gcd

from shapelens.dims.expr import (
    Atom,
    Dim,
    Expr,
    Mono,
    Symbol,
    Terms,
    common_mono,
    from_terms,
    mono_key,
    mono_over,
    of_atom,
    symbols,
)


def factors(dim: Expr) -> tuple[int, list[Dim]]:
    """An integer and factors whose product is the dimension.

    Finds single atoms that every term holds, and factors that have no symbol in common with the rest; no others.
    The integer is drawn out only where there is more than one factor.
    """
    terms = dim.terms
    if len(terms) == 1:
        ((mono, coef),) = terms.items()
        return coef, [of_atom(atom) for atom in mono]
    shared = common_mono(terms)
    if shared:
        terms = {(mono_over(mono, shared) or ()): coef for mono, coef in terms.items()}
    content, found = _split(terms)
    if not shared and len(found) == 1:
        return 1, [dim]
    return content, [of_atom(atom) for atom in shared] + [from_terms(each) for each in found]


def _split(terms: Terms) -> tuple[int, list[Terms]]:
    content = gcd(*terms.values())
    if terms[min(terms, key=mono_key)] < 0:
        content = -content
    if content != 1:
        terms = {mono: coef // content for mono, coef in terms.items()}
    found: list[Terms] = []
    for group in _groups(terms):
        part = separate(terms, group)
        if part is not None:
            terms, one = part
            found.append(one)
    return content, [*found, terms] if any(terms) or not found else found


def _groups(terms: Terms) -> list[frozenset[Atom]]:
    """The atoms, put together where they share a symbol; all groups but the last."""
    groups: list[tuple[set[Atom], set[Symbol]]] = []
    for atom in sorted({atom for mono in terms for atom in mono}, key=lambda each: each.key):
        atoms, used = {atom}, set(symbols(of_atom(atom)))
        apart = []
        for group in groups:
            if group[1].isdisjoint(used):
                apart.append(group)
            else:
                atoms |= group[0]
                used |= group[1]
        groups = [*apart, (atoms, used)]
    ordered = sorted(groups, key=lambda group: min(symbol.id for symbol in group[1]))
    return [frozenset(atoms) for atoms, _ in ordered[:-1]]


def separate(terms: Terms, group: frozenset[Atom]) -> tuple[Terms, Terms] | None:
    """Terms without the group's factor and that factor, where the terms are their product."""
    parts: dict[Mono, Terms] = {}
    for mono, coef in terms.items():
        mine = tuple(atom for atom in mono if atom in group)
        rest = tuple(atom for atom in mono if atom not in group)
        parts.setdefault(rest, {})[mine] = coef
    pivot = min(parts, key=mono_key)
    one = parts[pivot]
    content = gcd(*one.values())
    lead = min(one, key=mono_key)
    if one[lead] < 0:
        content = -content
    one = {mono: coef // content for mono, coef in one.items()}
    other: Terms = {}
    for rest, part in parts.items():
        if part.keys() != one.keys():
            return None
        scale, left = divmod(part[lead], one[lead])
        if left or any(coef != one[mono] * scale for mono, coef in part.items()):
            return None
        other[rest] = scale
    if len(one) == 1 and not any(one):
        return None
    return other, one
