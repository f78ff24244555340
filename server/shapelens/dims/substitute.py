"""Putting values in the place of symbols."""

from __future__ import annotations

from collections.abc import Mapping

from shapelens.dims.compare import maximum, minimum
from shapelens.dims.expr import (
    Atom,
    Dim,
    FloorDiv,
    Min,
    Mod,
    Symbol,
    exact_quotient,
    floordiv,
    from_terms,
    mod,
    of_atom,
    symbols,
)


def substitute(dim: Dim, mapping: Mapping[Symbol, Dim]) -> Dim:
    """The dimension with each symbol of the mapping replaced, in canonical form.

    An exact quotient that can no longer be exact is rounded down. Raises ZeroDivisionError where a divisor becomes 0.
    """
    if isinstance(dim, int) or not mapping or symbols(dim).isdisjoint(mapping):
        return dim
    result: Dim = 0
    plain: dict[tuple[Atom, ...], int] = {}
    done: dict[Atom, Dim] = {}
    for mono, coef in dim.terms.items():
        known = coef
        term: Dim = 1
        changed = False
        for atom in mono:
            value = done.get(atom)
            if value is None:
                value = done[atom] = _substitute_atom(atom, mapping)
            if isinstance(value, int):
                known *= value
                changed = True
            else:
                term = value * term
                changed = changed or value.terms.get((atom,)) != 1
        if changed:
            result = result + term * known
        else:
            plain[mono] = coef
    return result + from_terms(plain) if plain else result


def _substitute_atom(atom: Atom, mapping: Mapping[Symbol, Dim]) -> Dim:
    if isinstance(atom, Symbol):
        value = mapping.get(atom)
        return of_atom(atom) if value is None else value
    if isinstance(atom, FloorDiv):
        num, den = substitute(atom.num, mapping), substitute(atom.den, mapping)
        if num is atom.num and den is atom.den:
            return of_atom(atom)
        if not atom.exact:
            return floordiv(num, den)
        try:
            return exact_quotient(num, den)
        except ValueError:
            return floordiv(num, den)
    if isinstance(atom, Mod):
        return mod(substitute(atom.num, mapping), substitute(atom.den, mapping))
    args = [substitute(arg, mapping) for arg in atom.args]
    return minimum(*args) if isinstance(atom, Min) else maximum(*args)
