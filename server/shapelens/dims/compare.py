"""What can be said of dimensions for every assignment of their symbols: limits, order, equality, divisibility.

Answers are three-valued: True and False hold for all assignments at or above the symbols' minimums, None is
"it depends, or not known".
"""

from __future__ import annotations

from itertools import product
from math import gcd, lcm

from shapelens.dims.expr import (
    Atom,
    Dim,
    Expr,
    FloorDiv,
    Interval,
    Max,
    Min,
    Mod,
    Symbol,
    Terms,
    TooComplex,
    cancelled,
    divide_terms,
    evaluate,
    expand_mods,
    floordiv,
    from_terms,
    interval,
    lone_atom,
    mod,
    mono_over,
    of_atom,
    symbols,
    terms_of,
    walk_atoms,
)

_DEPTH = 5
_MAX_RESIDUES = 128


def bounds(dim: Dim) -> Interval:
    """The least and the greatest value that the dimension can take, as far as is known; None for no limit."""
    if isinstance(dim, int):
        return (dim, dim)
    found = dim._limits
    if found is None:
        try:
            high = _lower(-dim, _DEPTH)
            found = (_lower(dim, _DEPTH), None if high is None else -high)
        except TooComplex:
            found = interval(dim)
        dim._limits = found
    return found


def equal(a: Dim, b: Dim) -> bool | None:
    """Whether two dimensions are always equal (True), never equal (False), or neither is known (None)."""
    if a is b:
        return True
    try:
        difference = a - b
        if isinstance(difference, int):
            return difference == 0
        if _never_zero(difference):
            return False
        if not has_composites(difference):
            return None
        return _is_zero(difference)
    except TooComplex:
        return None


def _is_zero(dim: Expr) -> bool | None:
    samples = _samples(dim)
    if not any(samples):
        if _always_zero(dim):
            return True
        if samples:
            return None
    elif not all(samples):
        return None
    if not samples or (samples[0] > 0) == (samples[1] > 0):
        low, high = bounds(dim)
        if (low is not None and low > 0) or (high is not None and high < 0):
            return False
    spread = normal(dim) if dim.special else dim
    return False if isinstance(spread, Expr) and spread is not dim and _never_zero(spread) else None


def _always_zero(dim: Expr) -> bool:
    strict = normal(dim)
    return strict == 0 if isinstance(strict, int) else _vanishes_by_residues(strict)


def less(a: Dim, b: Dim) -> bool | None:
    """Whether `a < b` always holds (True), never holds (False), or neither is known (None)."""
    return _above(a, b, 1)


def less_equal(a: Dim, b: Dim) -> bool | None:
    """Whether `a <= b` always holds (True), never holds (False), or neither is known (None)."""
    return _above(a, b, 0)


def _above(a: Dim, b: Dim, least: int) -> bool | None:
    """Whether `b - a >= least`."""
    try:
        gap = b - a
        if isinstance(gap, int):
            return gap >= least
        low, high = interval(gap)
        if low is not None and low >= least:
            return True
        if high is not None and high < least:
            return False
        if not has_composites(gap):
            return None
        samples = _samples(gap)
        if samples and (samples[0] >= least) != (samples[1] >= least):
            return None
        low, high = bounds(gap)
        if low is not None and low >= least:
            return True
        if high is not None and high < least:
            return False
        strict = normal(gap)
        return strict >= least if isinstance(strict, int) else None
    except TooComplex:
        return None


def has_composites(dim: Expr) -> bool:
    """Whether any atom is not a symbol."""
    for mono in dim.terms:
        for atom in mono:
            if type(atom) is not Symbol:
                return True
    return False


def _samples(dim: Expr) -> tuple[int, ...]:
    """The values at two assignments, which rule out what does not hold for all; none where that is not possible."""
    if any(isinstance(atom, FloorDiv) and atom.exact for atom in walk_atoms(dim)):
        return ()
    used = sorted(symbols(dim), key=lambda each: each.id)
    last = len(used) - 1
    rising = {each: (each.minimum or 0) + 5 + 97 * index for index, each in enumerate(used)}
    falling = {each: (each.minimum or 0) + 98 * (last - index) for index, each in enumerate(used)}
    try:
        return (evaluate(dim, rising), evaluate(dim, falling))
    except ZeroDivisionError:
        return ()


def _vanishes_by_residues(dim: Expr) -> bool:
    """Whether the dimension is 0 for each remainder that its symbols can leave; False where there are too many."""
    period = _period(dim)
    used = sorted(symbols(dim), key=lambda each: each.id)
    if period is None or period ** len(used) > _MAX_RESIDUES:
        return False
    whole = [Expr({(Symbol(each.name, 0),): period}) for each in used]
    starts = [each.minimum or 0 for each in used]
    if any(each.minimum is None for each in used):
        whole = [Expr({(Symbol(each.name, None),): period}) for each in used]
    return all(
        _polynomial_at(dim, {each: base + start + rest for each, base, start, rest in zip(used, whole, starts, rests)})
        == 0
        for rests in product(range(period), repeat=len(used))
    )


def _period(dim: Dim) -> int | None:
    """A number such that, for each remainder that symbols leave by it, all divisions can be carried out."""
    found = 1
    for mono in terms_of(dim):
        for atom in mono:
            if isinstance(atom, Symbol):
                continue
            if not isinstance(atom, (FloorDiv, Mod)) or not isinstance(atom.den, int):
                return None
            inner = _period(atom.num)
            if inner is None:
                return None
            found = lcm(found, inner * atom.den)
    return found


def _polynomial_at(dim: Dim, mapping: dict[Symbol, Dim]) -> Dim:
    result: Dim = 0
    for mono, coef in terms_of(dim).items():
        term: Dim = coef
        for atom in mono:
            if isinstance(atom, Symbol):
                term = mapping[atom] * term
            elif isinstance(atom, FloorDiv):
                term = floordiv(_polynomial_at(atom.num, mapping), atom.den) * term
            elif isinstance(atom, Mod):
                term = mod(_polynomial_at(atom.num, mapping), atom.den) * term
        result = term + result
    return result


def divides(divisor: Dim, dim: Dim) -> bool | None:
    """Whether `dim / divisor` always (True) or never (False) leaves no remainder; None where that is not known."""
    if isinstance(divisor, int):
        if divisor == 0:
            return False
        if isinstance(dim, int):
            return dim % divisor == 0
        if divisor == 1 or divisor == -1:
            return True
    elif isinstance(dim, int):
        if dim == 0:
            return True
        if dim % gcd(*divisor.terms.values()):
            return False
        low = bounds(divisor)[0]
        return False if low is not None and low > abs(dim) else None
    elif divisor == dim:
        return True
    try:
        return _divides(divisor, dim)
    except TooComplex:
        return None


def _divides(divisor: Dim, dim: Dim) -> bool | None:
    known = _divides_terms(divisor, dim)
    if known is None and isinstance(dim, Expr):
        spread = expand_mods(dim)
        if isinstance(spread, int):
            return divides(divisor, spread)
        if spread is not dim:
            known = _divides_terms(divisor, spread)
    if known is None:
        low = bounds(dim)[0]
        if low is not None and low >= 1 and less(dim, divisor):
            return False
    return known


def _divides_terms(divisor: Dim, dim: Dim) -> bool | None:
    num, den, _, _ = cancelled(terms_of(dim), terms_of(divisor))
    if not divide_terms(num, den)[1]:
        return True
    shared = gcd(*den.values(), *(coef for mono, coef in num.items() if mono))
    return False if num.get((), 0) % shared else None


def minimum(*dims: Dim) -> Dim:
    """The least of the dimensions, without those that another one never exceeds."""
    return _extreme(dims, least=True)


def maximum(*dims: Dim) -> Dim:
    """The greatest of the dimensions, without those that another one always reaches."""
    return _extreme(dims, least=False)


def _extreme(dims: tuple[Dim, ...], least: bool) -> Dim:
    if not dims:
        raise ValueError("no dimensions to choose from")
    known: int | None = None
    open_dims: list[Expr] = []
    pending: list[Dim] = list(dims)
    while pending:
        dim = pending.pop()
        if isinstance(dim, int):
            known = int(dim) if known is None else min(known, dim) if least else max(known, dim)
            continue
        atom = lone_atom(dim)
        if isinstance(atom, Min if least else Max):
            pending.extend(atom.args)
        elif dim not in open_dims:
            open_dims.append(dim)
    open_dims.sort(key=lambda each: each.key)
    candidates: list[Dim] = [*open_dims] if known is None else [*open_dims, known]
    kept: list[Dim] = []
    for index, dim in enumerate(candidates):
        rivals = kept + candidates[index + 1 :]
        if not any(less_equal(rival, dim) if least else less_equal(dim, rival) for rival in rivals):
            kept.append(dim)
    if len(kept) == 1:
        return kept[0]
    return of_atom(Min(tuple(kept)) if least else Max(tuple(kept)))


def _never_zero(dim: Expr) -> bool:
    low, high = interval(dim)
    if (low is not None and low > 0) or (high is not None and high < 0):
        return True
    constant = dim.terms.get((), 0)
    if not constant:
        return False
    step = gcd(*(coef for mono, coef in dim.terms.items() if mono))
    if constant % step:
        return True
    if len(dim.terms) != 2:
        return False
    mono, coef = next((mono, coef) for mono, coef in dim.terms.items() if mono)
    return len(mono) > 1 and len(set(mono)) == 1 and not _is_power(-constant // coef, len(mono))


def _is_power(value: int, power: int) -> bool:
    if value < 0:
        return power % 2 == 1 and _is_power(-value, power)
    root = round(value ** (1 / power)) if value < 1 << 52 else _root(value, power)
    return any((root + step) ** power == value for step in (-1, 0, 1))


def _root(value: int, power: int) -> int:
    low, high = 0, 1 << (value.bit_length() // power + 1)
    while low < high:
        middle = (low + high + 1) // 2
        if middle**power <= value:
            low = middle
        else:
            high = middle - 1
    return low


def _greatest_composite(dim: Expr) -> Atom | None:
    found: Atom | None = None
    for mono in dim.terms:
        for atom in mono:
            if type(atom) is not Symbol and (found is None or atom.key > found.key):
                found = atom
    return found


def _lower(dim: Dim, depth: int) -> int | None:
    """A lower limit, by replacing one composite atom after another with what it cannot fall below or exceed."""
    if isinstance(dim, int):
        return dim
    best = interval(dim)[0]
    if not depth:
        return best
    atom = _greatest_composite(dim)
    if atom is None:
        return best
    found: int | None = None
    if isinstance(atom, FloorDiv):
        found = _lower_without_floor(dim, atom, depth)
    elif isinstance(atom, Mod):
        spread = expand_mods(dim)
        if spread != dim:
            found = _lower(spread, depth - 1)
    elif isinstance(atom, (Min, Max)) and len(atom.args) <= 4:
        choices = [_lower(_replaced(dim, atom, arg), depth - 1) for arg in atom.args]
        known = [choice for choice in choices if choice is not None]
        if _falls_short(dim, atom):
            found = max(known, default=None)
        elif len(known) == len(choices):
            found = min(known)
    if found is None:
        return best
    return found if best is None else max(best, found)


def _falls_short(dim: Expr, atom: Min | Max) -> bool:
    """Whether the dimension can only become less when any argument takes the place of the minimum or maximum."""
    wanted = isinstance(atom, Max)
    return all((coef > 0) == wanted and len(mono) == 1 for mono, coef in dim.terms.items() if atom in mono)


def _lower_without_floor(dim: Expr, atom: FloorDiv, depth: int) -> int | None:
    least_den = interval(atom.den)[0]
    if least_den is None or least_den < 1:
        return None
    slack = 0 if atom.exact else atom.den - 1
    total: Dim = 0
    plain: Terms = {}
    for mono, coef in dim.terms.items():
        others = mono_over(mono, (atom,))
        if others is None:
            plain[mono] = coef
            continue
        if atom in others:
            return None
        factor = from_terms({others: coef})
        if others:
            low = interval(from_terms({others: 1}))[0]
            if low is None or low < 0:
                return None
        total = total + factor * (atom.num - slack if coef > 0 else atom.num)
    limit = _lower(total + from_terms(plain) * atom.den, depth - 1)
    if limit is None:
        return None
    if isinstance(atom.den, int):
        return -(-limit // atom.den)
    return 1 if limit > 0 else -(-limit // least_den)


def _replaced(dim: Expr, atom: Atom, value: Dim) -> Dim:
    result: Dim = 0
    plain: Terms = {}
    for mono, coef in dim.terms.items():
        if atom not in mono:
            plain[mono] = coef
            continue
        term: Dim = coef
        for each in mono:
            term = (value if each == atom else of_atom(each)) * term
        result = term + result
    return result + from_terms(plain)


def normal(dim: Dim) -> Dim:
    """A stricter canonical form, for telling equals: remainders written as divisions, one form for x//k and ⌈x/k⌉."""
    if isinstance(dim, int):
        return dim
    exact = {(atom.num, atom.den) for mono in dim.terms for atom in mono if isinstance(atom, FloorDiv) and atom.exact}
    result: Dim = 0
    for mono, coef in dim.terms.items():
        term: Dim = coef
        for atom in mono:
            term = _normal_atom(atom, exact) * term
        result = term + result
    return result


def _normal_atom(atom: Atom, exact: set[tuple[Dim, Dim]]) -> Dim:
    if isinstance(atom, Mod):
        return normal(atom.num - floordiv(atom.num, atom.den) * atom.den)
    if isinstance(atom, FloorDiv) and not atom.exact:
        if (atom.num, atom.den) in exact:
            return of_atom(FloorDiv(atom.num, atom.den, exact=True))
        return _normal_floor(normal(atom.num), atom.den)
    return of_atom(atom)


def _normal_floor(num: Dim, den: Dim) -> Dim:
    if isinstance(num, int) or not isinstance(den, int):
        return num // den
    outside, inside = _split(num.terms, den)
    shared = gcd(den, *(coef for mono, coef in inside.items() if mono))
    if shared > 1:
        den //= shared
        inside = {mono: coef // shared for mono, coef in inside.items() if coef // shared}
        if not any(inside):
            return from_terms(outside) + inside.get((), 0) // den
    if not any(inside):
        return from_terms(outside)
    mirrored: Terms = {mono: -coef for mono, coef in inside.items()}
    mirrored[()] = mirrored.get((), 0) + den - 1
    mirror_outside, mirror_inside = _split(mirrored, den)
    here, there = from_terms(inside), from_terms(mirror_inside)
    assert isinstance(here, Expr)
    assert isinstance(there, Expr)
    if there.key < here.key:
        return from_terms(outside) - from_terms(mirror_outside) - of_atom(FloorDiv(there, den))
    return of_atom(FloorDiv(here, den)) + from_terms(outside)


def _split(terms: Terms, den: int) -> tuple[Terms, Terms]:
    outside: Terms = {}
    inside: Terms = {}
    for mono, coef in terms.items():
        whole, rest = divmod(coef, den)
        if whole:
            outside[mono] = whole
        if rest:
            inside[mono] = rest
    return outside, inside
