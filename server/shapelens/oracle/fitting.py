"""From sizes that came back at some points to a formula of the symbols, or to nothing where none fits them all.

A point is the values of the symbols, in their order, and then of the dims of the call that are made of them. A formula
is plain JSON, so that it can be kept: an int, or `["s", index]`, `["+", …]`, `["*", …]`, `["//", formula, int]`,
`["min", a, b]`, `["max", a, b]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, combinations_with_replacement
from math import gcd, lcm
from typing import Any, TypeAlias

from shapelens.dims import Dim, floordiv, maximum, minimum

Point: TypeAlias = tuple[int, ...]
Formula: TypeAlias = Any

_COMPOSITE = (24, 36, 60, 48)
_PRIME = (7, 11, 13, 17)
_SMALL = range(1, 14)
_LARGE = (16, 17, 31, 32, 48, 49, 64, 96, 97, 120, 224, 225, 240, 1000, 1001)
MOST_SYMBOLS = 4
_MOST_NEAR = 6
# So many different sizes of each symbol must have worked, one of them this large, for a formula to say anything.
_LEAST_VALUES, _LARGE_ENOUGH = 4, 16
_LEAST_CLAMPED = 2
_LARGEST_DIVISOR, _LARGEST_SLOPE = 64, 8


def points(minimums: Sequence[int], near: Sequence[int] = ()) -> tuple[Point, ...]:
    """Where to ask: each symbol over small, large, even and odd sizes, others at sizes all different; the least too.

    Size 1 is special to torch (broadcasting, squeezing), so a formula that does not hold there holds nowhere. `near`
    are numbers of the call: below and above them its formula may be another one.
    """
    count = len(minimums)
    if not count:
        return ((),)
    numbers = sorted({n for n in near if max(_SMALL) <= n <= 1 << 16})[-_MOST_NEAR:]
    large = (*_LARGE, *(m for n in numbers for m in (n, n + 1, 2 * n + 1)))
    found: list[Point] = [_PRIME[:count], _COMPOSITE[:count]]
    found += [tuple(m + 2 * index for index, m in enumerate(minimums)), tuple(minimums)]
    for base in (_PRIME, _COMPOSITE):
        for index in range(count):
            others = set(base[:count]) - {base[index]}
            for value in (minimums[index], *_SMALL, *large) if base is _PRIME else (minimums[index], *large):
                if value not in others:
                    found.append((*base[:index], value, *base[index + 1 : count]))
    # Corners, for products of symbols; then multiples of 4 and of 3 all at once.
    for low, high in ((_PRIME, (29, 31, 37, 41)), (_COMPOSITE, (240, 360, 120, 480))):
        for size in range(2, count + 1):
            for chosen in combinations(range(count), size):
                found.append(tuple(high[i] if i in chosen else low[i] for i in range(count)))
    found.append(tuple(720 // (index + 1) for index in range(count)))
    return tuple(dict.fromkeys(p for p in found if all(v >= least for v, least in zip(p, minimums))))


def is_evidence(worked: Sequence[Point], count: int) -> bool:
    """Whether the points that worked say enough of so many symbols: a call that works at one size only says nothing
    of the others.
    """
    if not worked:
        return False
    for values in tuple(zip(*worked))[:count]:
        different = set(values)
        if len(different) < _LEAST_VALUES or max(different) <= _LARGE_ENOUGH:
            return False
    return True


def fit(where: Sequence[Point], sizes: Sequence[int], count: int) -> Formula | None:
    """The formula that gives each size at its point; None where there is none among those that are tried.

    The first `count` values of a point are those of the symbols.
    """
    found = _plain(where, sizes, count)
    if found is None:
        found = _clamped(where, sizes, count)
    shared = gcd(*sizes)
    if found is None and shared > 1:
        reduced = _plain(where, [size // shared for size in sizes], count)
        found = None if reduced is None else ["*", shared, reduced]
    if found is not None and all(value(found, point) == size for point, size in zip(where, sizes)):
        return found
    return None


def _plain(where: Sequence[Point], sizes: Sequence[int], count: int) -> Formula | None:
    if all(size == sizes[0] for size in sizes):
        return sizes[0]
    for index in range(len(where[0])):
        if all(point[index] == size for point, size in zip(where, sizes)):
            return ["s", index]
    symbols = [point[:count] for point in where]
    found = _extreme(symbols, sizes) or _polynomial(symbols, sizes) or _floor(symbols, sizes)
    return _product(where, sizes) if found is None else found


def _product(where: Sequence[Point], sizes: Sequence[int]) -> Formula | None:
    """A product of two values."""
    for a, b in combinations_with_replacement(range(len(where[0])), 2):
        if all(point[a] * point[b] == size for point, size in zip(where, sizes)):
            return ["*", ["s", a], ["s", b]]
    return None


def _clamped(where: Sequence[Point], sizes: Sequence[int], count: int) -> Formula | None:
    """A formula that is cut off below or above at a number, as `max(s - 2, 0)`."""
    for kind, limit in (("max", min(sizes)), ("min", max(sizes))):
        inside = [(point, size) for point, size in zip(where, sizes) if size != limit]
        free = [point for point, _ in inside]
        if len(where) - len(free) < _LEAST_CLAMPED or not is_evidence(free, count):
            continue
        found = _plain(free, [size for _, size in inside], count)
        if found is not None:
            return [kind, found, limit]
    return None


def _extreme(where: Sequence[Point], sizes: Sequence[int]) -> Formula | None:
    """The least or greatest of two symbols, or of a symbol and a number."""
    count = len(where[0])
    bounds: list[tuple[Formula, Formula]] = [(["s", i], ["s", j]) for i, j in combinations(range(count), 2)]
    for limit in (max(sizes), min(sizes)):
        bounds += [(["s", index], limit) for index in range(count)]
    for a, b in bounds:
        for kind in ("min", "max"):
            if all(value([kind, a, b], point) == size for point, size in zip(where, sizes)):
                return [kind, a, b]
    return None


def _polynomial(where: Sequence[Point], sizes: Sequence[int]) -> Formula | None:
    """Sums of products of different symbols, with numbers; divided by a number where every size divides."""
    count = len(where[0])
    monomials = [chosen for size in range(count + 1) for chosen in combinations(range(count), size)]
    rows = [[Fraction(_times(point, m)) for m in monomials] + [Fraction(size)] for point, size in zip(where, sizes)]
    solved = _solve(rows, len(monomials))
    if solved is None or len(where) < len(monomials) + 2:
        return None
    divisor = 1
    for coefficient in solved:
        divisor = lcm(divisor, coefficient.denominator)
    if divisor > _LARGEST_DIVISOR * 16:
        return None
    terms: list[Formula] = []
    for monomial, coefficient in zip(monomials, solved):
        scaled = int(coefficient * divisor)
        if scaled:
            symbols = [["s", index] for index in monomial]
            terms.append(
                scaled if not symbols else symbols[0] if scaled == 1 == len(symbols) else ["*", scaled, *symbols]
            )
    total = terms[0] if len(terms) == 1 else ["+", *terms]
    return total if divisor == 1 else ["//", total, divisor]


def _times(point: Point, monomial: tuple[int, ...]) -> int:
    result = 1
    for index in monomial:
        result *= point[index]
    return result


def _solve(rows: list[list[Fraction]], unknowns: int) -> list[Fraction] | None:
    """The one solution of the linear equations; None where there is none, or more than one."""
    reduced: list[list[Fraction]] = []
    for given in rows:
        row = given
        for other in reduced:
            factor = row[next(i for i, c in enumerate(other) if c)]
            if factor:
                row = [a - factor * b for a, b in zip(row, other)]
        lead_of_row = next((i for i, c in enumerate(row) if c), None)
        if lead_of_row is None:
            continue
        if lead_of_row == unknowns:
            return None
        scale = row[lead_of_row]
        row = [c / scale for c in row]
        for index, other in enumerate(reduced):
            if other[lead_of_row]:
                factor = other[lead_of_row]
                reduced[index] = [a - factor * b for a, b in zip(other, row)]
        reduced.append(row)
    if len(reduced) < unknowns:
        return None
    solution = [Fraction(0)] * unknowns
    for row in reduced:
        solution[next(i for i, c in enumerate(row) if c)] = row[-1]
    return solution


def _floor(where: Sequence[Point], sizes: Sequence[int]) -> Formula | None:
    """`(a*s + b) // d` of the one symbol that the size depends on; only where the points leave one `b`."""
    for index in range(len(where[0])):
        by_value: dict[int, int] = {}
        if all(by_value.setdefault(point[index], size) == size for point, size in zip(where, sizes)):
            low, high = min(by_value), max(by_value)
            slope = Fraction(by_value[high] - by_value[low], high - low)
            for divisor in range(2, _LARGEST_DIVISOR + 1):
                a = round(slope * divisor)
                if not 0 < abs(a) <= _LARGEST_SLOPE * divisor or gcd(a, divisor) > 1:
                    continue
                least = max(divisor * size - a * s for s, size in by_value.items())
                most = min(divisor * size + divisor - 1 - a * s for s, size in by_value.items())
                if least == most:
                    scaled: Formula = ["s", index] if a == 1 else ["*", a, ["s", index]]
                    return ["//", ["+", scaled, least] if least else scaled, divisor]
                if least < most:
                    return None  # more than one would do
    return None


def value(formula: Formula, point: Sequence[Dim]) -> Dim:
    """The formula with these in the place of the symbols. Raises what a broken formula raises."""
    if isinstance(formula, int):
        return int(formula)
    kind, *parts = formula
    if kind == "s":
        of_symbol: Dim = point[parts[0]]
        return of_symbol
    values: list[Dim] = [value(part, point) for part in parts]
    known = [each for each in values if isinstance(each, int)]
    if kind == "//":
        numerator, denominator = values
        return floordiv(numerator, denominator)
    if kind in ("min", "max"):
        if len(known) == len(values):
            return min(known) if kind == "min" else max(known)
        return minimum(*values) if kind == "min" else maximum(*values)
    result = values[0]
    for each in values[1:]:
        result = result + each if kind == "+" else result * each
    if kind not in ("+", "*"):
        raise ValueError(f"no formula: {kind!r}")
    return result
