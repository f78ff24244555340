"""Solving equations between dimensions: one symbol by the others, and sizes that fit.

`isolate` is for unification and answers only what is certain. `solve` finds input sizes, such as the image size that
makes `16·⌊(H - 12)/4⌋·⌊(W - 12)/4⌋ = 400`, or proves that there are none. It writes what it can as products of factors
that each rise with one symbol; each factor must then be a divisor, and the sizes for which it is that divisor are one
interval. So the solutions of an equation are a union of boxes, and those of several equations are intersections.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, product
from math import gcd
from typing import TypeAlias

from shapelens.dims.compare import bounds, equal
from shapelens.dims.expr import (
    Atom,
    Dim,
    Expr,
    FloorDiv,
    Max,
    Min,
    Symbol,
    Terms,
    TooComplex,
    evaluate,
    from_terms,
    mono_key,
    mono_over,
    of_atom,
    shifted_terms,
    symbol,
    symbols,
    walk_atoms,
)
from shapelens.dims.expr import product as product_of
from shapelens.dims.factor import factors
from shapelens.dims.substitute import substitute

_FAR = 1 << 40
_LARGEST_PRIME = 10_000


@dataclass(frozen=True, slots=True)
class Binding:
    """The one value that a symbol must have for an equation to hold."""

    symbol: Symbol
    value: Dim


@dataclass(frozen=True, slots=True)
class Impossible:
    """No assignment makes the equation hold."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes that fit all equations.

    `values` leaves out symbols that the equations do not settle. `ranges` gives for each symbol the least and the
    greatest size (None for no limit) that also fits: sizes that were chosen equal move together, others one at a time.
    `unique` says that no other sizes fit.
    """

    values: dict[Symbol, int]
    ranges: dict[Symbol, tuple[int, int | None]]
    unique: bool


@dataclass(frozen=True, slots=True)
class NoSolution:
    """Proven: no sizes at or above the symbols' minimums fit."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """Neither sizes nor a proof that there are none were found."""


Solution: TypeAlias = Sizes | NoSolution | Undecided
Equation: TypeAlias = "tuple[Dim, Dim]"
Span: TypeAlias = "tuple[int, int | None]"
Box: TypeAlias = "dict[Symbol, Span]"


class _NotBoxed(Exception):
    """The equation is not a product of rising factors of one symbol each."""


def isolate(a: Dim, b: Dim) -> Binding | Impossible | None:
    """What `a = b` says of one symbol; None where it says nothing definite.

    The youngest symbol that the equation determines is bound; of two lone symbols the older one stays.
    """
    try:
        return _isolate(a, b)
    except (TooComplex, ZeroDivisionError):
        return None


def _isolate(a: Dim, b: Dim) -> Binding | Impossible | None:
    difference = a - b
    if isinstance(difference, int):
        return Impossible() if difference else None
    same = equal(difference, 0)
    if same is not None:
        return None if same else Impossible()
    difference = _cleared(difference)
    if isinstance(difference, int):
        return Impossible() if difference else None
    found = _lone_symbol(difference)
    if found is not None:
        return found
    used = symbols(difference)
    if len(used) == 1 and not any(isinstance(atom, FloorDiv) and atom.exact for atom in walk_atoms(difference)):
        (only,) = used
        answer = _solve_one(only, [(a, b)] if symbols(a) | symbols(b) == used else [(difference, 0)], 256)
        if isinstance(answer, NoSolution):
            return Impossible()
        if isinstance(answer, Sizes) and answer.unique:
            return Binding(only, answer.values[only])
    return None


def _lone_symbol(difference: Expr) -> Binding | None:
    candidates: list[tuple[Symbol, int]] = []
    for mono, coef in difference.terms.items():
        if len(mono) == 1 and isinstance(mono[0], Symbol) and (coef == 1 or coef == -1):
            candidates.append((mono[0], coef))
    candidates.sort(key=lambda each: -each[0].id)
    for candidate, coef in candidates:
        rest = (difference - of_atom(candidate) * coef) * -coef
        if candidate not in symbols(rest):
            return Binding(candidate, rest)
    return None


def _cleared(dim: Expr) -> Dim:
    """Something that is 0 exactly where `dim` is, without common factors and exact quotients."""
    terms = dim.terms
    shared = gcd(*terms.values())
    if shared > 1:
        terms = {mono: coef // shared for mono, coef in terms.items()}
    for atom in next(iter(terms)):
        low, high = atom.bounds
        if (low is None or low < 1) and (high is None or high > -1):
            continue
        if all(atom in mono for mono in terms):
            terms = {(mono_over(mono, (atom,)) or ()): coef for mono, coef in terms.items()}
    result = dim if terms is dim.terms else from_terms(terms)
    if isinstance(result, Expr) and result.special:
        for mono in result.terms:
            for atom in mono:
                if isinstance(atom, FloorDiv) and atom.exact and (bounds(atom.den)[0] or 0) >= 1:
                    multiplied = result * atom.den
                    if isinstance(multiplied, int) or not _has_exact(multiplied, atom):
                        return multiplied if isinstance(multiplied, int) else _cleared(multiplied)
    return result


def _has_exact(dim: Expr, atom: Atom) -> bool:
    return any(atom in mono for mono in dim.terms)


def solve(equations: Sequence[Equation], limit: int = 4096) -> Solution:
    """Sizes that make all equations hold, a proof that there are none, or neither.

    Symbols that the equations treat alike are given the same value where that fits (images are square), and of the
    values that fit the roundest is taken, the multiple of the highest power of two. `limit` bounds the search.
    """
    used = sorted({each for a, b in equations for each in symbols(a) | symbols(b)}, key=lambda each: each.id)
    stand_ins = _stand_ins(tuple((each.name, each.minimum) for each in used))
    renamed = dict(zip(used, map(of_atom, stand_ins)))
    try:
        answer = _solve_known(tuple((substitute(a, renamed), substitute(b, renamed)) for a, b in equations), limit)
    except (TooComplex, ZeroDivisionError):
        return Undecided()
    if not isinstance(answer, Sizes):
        return answer
    own = dict(zip(stand_ins, used))
    return Sizes(
        {own[each]: value for each, value in answer.values.items()},
        {own[each]: span for each, span in answer.ranges.items()},
        answer.unique,
    )


@lru_cache(256)
def _stand_ins(kinds: tuple[tuple[str, int | None], ...]) -> tuple[Symbol, ...]:
    """The same symbols each time for symbols of these names and minimums, in their order.

    Every run makes its own symbols, so the equations of the run before come back under other ones: with these in their
    place, they are recognised.
    """
    return tuple(Symbol(name, minimum) for name, minimum in kinds)


@lru_cache(1024)
def _solve_known(equations: tuple[Equation, ...], limit: int) -> Solution:
    return _solve(list(equations), limit)


def _solve(equations: list[Equation], limit: int) -> Solution:
    bound: dict[Symbol, Dim] = {}
    pending = equations
    progress = True
    while progress:
        progress = False
        left: list[Equation] = []
        for a, b in pending:
            if bound:
                a, b = substitute(a, bound), substitute(b, bound)
            known = isolate(a, b)
            if isinstance(known, Impossible):
                return NoSolution()
            if known is None:
                if equal(a, b) is not True:
                    left.append((a, b))
                continue
            low = bounds(known.value)[0]
            least = known.symbol.minimum
            if least is None or (low is not None and low >= least):
                update = {known.symbol: known.value}
                bound = {each: substitute(value, update) for each, value in bound.items()}
                bound[known.symbol] = known.value
                progress = True
            else:
                left.append((a, b))
        pending = left
    values: dict[Symbol, int] = {}
    ranges: dict[Symbol, Span] = {}
    unique = True
    undecided = False
    for group in _connected(pending):
        answer = _solve_group(group, limit)
        if isinstance(answer, NoSolution):
            return answer
        if isinstance(answer, Undecided):
            undecided = True
            continue
        values |= answer.values
        ranges |= answer.ranges
        unique = unique and answer.unique
    if undecided:
        return Undecided()
    for each, value in bound.items():
        settled = substitute(value, values)
        if isinstance(settled, int):
            if each.minimum is not None and settled < each.minimum:
                return Undecided()
            values[each] = settled
            ranges[each] = (settled, settled)
    if not all(_fits(equation, values) for equation in equations):
        return Undecided()
    return Sizes(values, ranges, unique)


def _fits(equation: Equation, values: Mapping[Symbol, int]) -> bool:
    """Whether the equation holds at these values; symbols without a value are taken to cancel."""
    a, b = equation
    if not (symbols(a) | symbols(b)) <= values.keys():
        return True
    try:
        for atom in chain(walk_atoms(a), walk_atoms(b)):
            if isinstance(atom, FloorDiv) and atom.exact and evaluate(atom.num, values) % evaluate(atom.den, values):
                return False
        return evaluate(a, values) == evaluate(b, values)
    except ZeroDivisionError:
        return False


def _connected(equations: list[Equation]) -> list[list[Equation]]:
    groups: list[tuple[set[Symbol], list[Equation]]] = []
    for a, b in equations:
        used, members = set(symbols(a) | symbols(b)), [(a, b)]
        apart = []
        for group in groups:
            if group[0].isdisjoint(used):
                apart.append(group)
            else:
                used |= group[0]
                members = group[1] + members
        groups = [*apart, (used, members)]
    return [members for _, members in groups]


def _solve_group(equations: list[Equation], limit: int) -> Solution:
    cleared = [_without_common(equation) for equation in equations]
    used = frozenset[Symbol]().union(*(symbols(a) | symbols(b) for a, b in cleared))
    if len(used) == 1:
        (only,) = used
        return _solve_one(only, cleared, limit)
    boxes: list[Box] | None = None
    filters: list[Equation] = []
    for equation in cleared:
        try:
            found = _boxes(equation, limit)
        except _NotBoxed:
            filters.append(equation)
            continue
        boxes = found if boxes is None else _intersections(boxes, found, limit)
        if boxes is None:
            return Undecided()
        if not boxes:
            return NoSolution()
    alike = _alike(cleared, sorted(used, key=lambda each: each.id))
    if boxes is None:
        return _solve_alike(cleared, alike, limit)
    if all(each in boxes[0] for each in used):
        if filters:
            return _filtered(boxes, filters, alike, limit)
        proper = [box for box in boxes if _is_proper(cleared, box)]
        return _chosen(proper, alike, _is_point(boxes)) if proper else Undecided()
    return _solve_alike(cleared, alike, limit)


def _without_common(equation: Equation) -> Equation:
    """The equation without a factor that both sides share, in a form with one side known where there is one."""
    a, b = equation
    if isinstance(a, int):
        a, b = b, a
    if isinstance(b, int) and not (isinstance(a, Expr) and a.special):
        return a, b
    difference = a - b
    return (_cleared(difference) if isinstance(difference, Expr) else difference), 0


def _is_point(boxes: list[Box]) -> bool:
    return len(boxes) == 1 and all(low == high for low, high in boxes[0].values())


# Products of rising factors, and the boxes that solve them


def _boxes(equation: Equation, limit: int) -> list[Box]:
    """All solutions of one equation. Raises _NotBoxed where it has not the form that allows it."""
    for content, group, value in _forms(equation):
        if value % content:
            return []
        target = value // content
        if target == 0:
            continue
        try:
            return list(_boxes_of_product(list(group.items()), target, [limit]))
        except _NotBoxed:
            continue
    raise _NotBoxed


def _forms(equation: Equation) -> Iterator[tuple[int, dict[Symbol, Expr], int]]:
    """Ways to write the equation as content · f(H) · g(W) … = value."""
    a, b = equation
    whole = a - b
    if isinstance(whole, int):
        return
    sides: list[tuple[Dim, int]] = []
    if isinstance(b, int) and isinstance(a, Expr) and b:
        sides.append((a, b))
    varying = {mono: coef for mono, coef in whole.terms.items() if mono}
    sides.append((from_terms(varying), -whole.constant))
    shift = _completing(varying)
    if shift:
        sides.append((from_terms({**varying, (): shift}), shift - whole.constant))
    for side, value in sides:
        if isinstance(side, int):
            continue
        content, found = factors(side)
        group: dict[Symbol, list[Dim]] = {}
        for factor in found:
            used = symbols(factor)
            if len(used) != 1:
                break
            group.setdefault(next(iter(used)), []).append(factor)
        else:
            joined = {each: product_of(several) for each, several in group.items()}
            yield content, {each: value for each, value in joined.items() if isinstance(value, Expr)}, value


def _completing(varying: Terms) -> int:
    """The constant that makes `F·G - 3·F - 2·G` a product; 0 where there is none to be seen."""
    mixed = min(varying, key=mono_key)
    if len(mixed) < 2:
        return 0
    for index in range(1, len(mixed)):
        left, right = varying.get(mixed[:index], 0), varying.get(mixed[index:], 0)
        if left and right and left * right % varying[mixed] == 0:
            return left * right // varying[mixed]
    return 0


def _boxes_of_product(group: list[tuple[Symbol, Expr]], target: int, budget: list[int]) -> Iterator[Box]:
    (only, factor), rest = group[0], group[1:]
    if not rest:
        span = _span(factor, only, target, target)
        if span is not None:
            yield {only: span}
        return
    low, high = bounds(factor)
    divisors = _divisors(abs(target))
    for value in [*divisors, *(-each for each in divisors)] if low is None or low < 0 else divisors:
        budget[0] -= 1
        if budget[0] < 0:
            raise _NotBoxed
        if (low is not None and value < low) or (high is not None and value > high):
            continue
        span = _span(factor, only, value, value)
        if span is None:
            continue
        for box in _boxes_of_product(rest, target // value, budget):
            box[only] = span
            yield box


@lru_cache(maxsize=256)
def _divisors(number: int) -> tuple[int, ...]:
    """The positive divisors, rising. Raises _NotBoxed where they would take long to find."""
    found = [1]
    left, prime = number, 2
    while prime * prime <= left:
        if prime > _LARGEST_PRIME:
            raise _NotBoxed
        power = 1
        base = found
        while left % prime == 0:
            left //= prime
            power *= prime
            found = found + [each * power for each in base]
        prime += 1 if prime == 2 else 2
    if left > 1:
        found = found + [each * left for each in found]
    return tuple(sorted(found))


def _span(dim: Dim, only: Symbol, low: int | None, high: int | None) -> Span | None:
    """The values of the one symbol for which `low <= dim <= high`; None for no value.

    Raises _NotBoxed where these are not known to be an interval.
    """
    if isinstance(dim, int):
        inside = (low is None or dim >= low) and (high is None or dim <= high)
        return _from_minimum(only) if inside else None
    varying = [(mono, coef) for mono, coef in dim.terms.items() if mono]
    if len(varying) != 1 or len(varying[0][0]) != 1:
        return _span_by_bisection(dim, only, low, high)
    (atom,), coef = varying[0]
    constant = dim.constant
    if coef < 0:
        coef, constant = -coef, -constant
        low, high = None if high is None else -high, None if low is None else -low
    low = None if low is None else -((constant - low) // coef)
    high = None if high is None else (high - constant) // coef
    if low is not None and high is not None and low > high:
        return None
    if isinstance(atom, Symbol):
        least = atom.minimum
        if least is None and low is None:
            raise _NotBoxed
        start = max(each for each in (low, least) if each is not None)
        return None if high is not None and start > high else (start, high)
    if isinstance(atom, FloorDiv) and isinstance(atom.den, int):
        slack = 0 if atom.exact else atom.den - 1
        return _span(
            atom.num, only, None if low is None else low * atom.den, None if high is None else high * atom.den + slack
        )
    if isinstance(atom, (Min, Max)):
        return _span_of_extreme(atom, only, low, high)
    return _span_by_bisection(dim - constant, only, low, high) if coef == 1 else _not_boxed()


def _not_boxed() -> Span | None:
    raise _NotBoxed


def _from_minimum(only: Symbol) -> Span:
    if only.minimum is None:
        raise _NotBoxed
    return (only.minimum, None)


def _span_of_extreme(atom: Min | Max, only: Symbol, low: int | None, high: int | None) -> Span | None:
    if not all(direction(arg, only) == 1 for arg in atom.args):
        raise _NotBoxed
    above = [_span(arg, only, low, None) for arg in atom.args]
    below = [_span(arg, only, None, high) for arg in atom.args]
    start: int
    end: int | None
    if isinstance(atom, Min):
        if any(each is None for each in above) or all(each is None for each in below):
            return None
        start = max(each[0] for each in above if each is not None)
        ends = [each[1] for each in below if each is not None]
        end = None if any(each is None for each in ends) else max(each for each in ends if each is not None)
    else:
        if all(each is None for each in above) or any(each is None for each in below):
            return None
        start = min(each[0] for each in above if each is not None)
        limits = [each[1] for each in below if each is not None and each[1] is not None]
        end = min(limits) if limits else None
    return None if end is not None and start > end else (start, end)


def _span_by_bisection(dim: Dim, only: Symbol, low: int | None, high: int | None) -> Span | None:
    least = only.minimum
    turn = direction(dim, only)
    if least is None or not turn:
        raise _NotBoxed
    if turn < 0:
        dim = -dim
        low, high = None if high is None else -high, None if low is None else -low

    def at(value: int) -> int:
        return evaluate(dim, {only: value})

    start = least
    if low is not None:
        reached = _first(lambda value: at(value) >= low, least)
        if reached is None:
            most = bounds(dim)[1]
            if most is not None and most < low:
                return None
            raise _NotBoxed
        start = reached
    if high is None:
        return (start, None)
    if at(start) > high:
        return None
    past = _first(lambda value: at(value) > high, start)
    if past is None:
        most = bounds(dim)[1]
        if most is None or most > high:
            raise _NotBoxed
        return (start, None)
    return (start, past - 1)


def _first(holds: Callable[[int], bool], start: int) -> int | None:
    """The first number from `start` on for which a test holds that stays true once it is; None if too far off."""
    if holds(start):
        return start
    step = 1
    while not holds(start + step):
        step *= 2
        if step > _FAR:
            return None
    low, high = start + step // 2, start + step
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return high


def direction(dim: Dim, only: Symbol) -> int:
    """1 where the dimension never falls as the symbol grows, -1 where it never rises, 0 where neither is known."""
    if isinstance(dim, int) or only not in symbols(dim):
        return 1
    signs: set[int] = set()
    linear = True
    for mono, coef in dim.terms.items():
        if not mono:
            continue
        turns = {_atom_direction(atom, only) for atom in mono}
        if len(mono) > 1:
            linear = False
            if turns != {1}:
                return 0
        turn = turns.pop()
        signs.add(turn if coef > 0 else -turn)
    if 0 in signs:
        return 0
    if linear:
        return signs.pop() if len(signs) == 1 else _merged_direction(dim, only)
    shifted = shifted_terms(dim)
    if shifted is None:
        return 0
    varying = [coef for mono, coef in shifted.items() if mono]
    return 1 if all(coef >= 0 for coef in varying) else -1 if all(coef <= 0 for coef in varying) else 0


def _atom_direction(atom: Atom, only: Symbol) -> int:
    if isinstance(atom, Symbol):
        return 1
    if isinstance(atom, FloorDiv):
        return direction(atom.num, only) if isinstance(atom.den, int) else 0
    if isinstance(atom, (Min, Max)):
        turns = {direction(arg, only) for arg in atom.args if not isinstance(arg, int)}
        return turns.pop() if len(turns) == 1 else 0
    return 0


def _merged_direction(dim: Expr, only: Symbol) -> int:
    """The direction of `R - x // k`, which is `(k·R - x + k - 1) // k`."""
    for mono, coef in dim.terms.items():
        if coef != -1 or len(mono) != 1:
            continue
        atom = mono[0]
        if isinstance(atom, FloorDiv) and isinstance(atom.den, int) and not atom.exact:
            rest = dim + of_atom(atom)
            return direction(rest * atom.den - atom.num, only)
    return 0


def _intersections(left: list[Box], right: list[Box], limit: int) -> list[Box] | None:
    """The boxes that two lists have in common; None where there are too many pairs."""
    if len(left) * len(right) > limit * 4:
        return None
    found: list[Box] = []
    for one, other in product(left, right):
        both = dict(one)
        for each, span in other.items():
            mine = both.get(each)
            if mine is not None:
                common = _common([mine, span])
                if common is None:
                    break
                span = common
            both[each] = span
        else:
            found.append(both)
    return found


def _common(spans: Sequence[Span]) -> Span | None:
    low = max(low for low, _ in spans)
    ends = [high for _, high in spans if high is not None]
    high = min(ends) if ends else None
    return None if high is not None and low > high else (low, high)


# Choosing


def _alike(equations: list[Equation], used: list[Symbol]) -> list[list[Symbol]]:
    """The symbols, put together where exchanging two leaves the equations as they are; two symbols always are."""
    if len(used) == 2:
        return [used]
    before = {a - b for a, b in equations}
    groups: list[list[Symbol]] = []
    for each in used:
        for group in groups:
            swap: dict[Symbol, Dim] = {each: of_atom(group[0]), group[0]: of_atom(each)}
            if {substitute(a, swap) - substitute(b, swap) for a, b in equations} == before:
                group.append(each)
                break
        else:
            groups.append([each])
    return groups


def _is_proper(equations: list[Equation], box: Box) -> bool:
    """Whether every factor is a size, not a negative number that another negative number makes good."""
    corner = {each: span[0] for each, span in box.items()}
    for equation in equations:
        try:
            forms = next(_forms(equation), None)
        except _NotBoxed:
            continue
        if forms is not None and any(evaluate(factor, corner) < 0 for factor in forms[1].values()):
            return False
    return True


def _chosen(boxes: list[Box], alike: list[list[Symbol]], unique: bool) -> Sizes:
    """One point of the boxes: like symbols equal if that can be, and else as near to it as can be."""
    together: list[list[Span]] = []
    for box in boxes:
        spans = [_common([box[each] for each in group]) for group in alike]
        known = [span for span in spans if span is not None]
        if len(known) == len(spans):
            together.append(known)
    values: dict[Symbol, int] = {}
    ranges: dict[Symbol, Span] = {}
    if together:
        chosen = together[0] if len(alike) > 1 else [_joined([spans[0] for spans in together])]
        for group, span in zip(alike, chosen):
            value = roundest(span)
            for each in group:
                values[each] = value
                ranges[each] = span
        return Sizes(values, ranges, unique)
    best = min(boxes, key=_spread)
    for each, span in best.items():
        values[each] = roundest(span)
        ranges[each] = span
    return Sizes(values, ranges, unique)


def _spread(box: Box) -> tuple[int, int]:
    lows = [low for low, _ in box.values()]
    return (max(lows) - min(lows), sum(lows))


def _joined(spans: list[Span]) -> Span:
    """The first span, with those that follow it without a gap."""
    spans = sorted(spans)
    low, high = spans[0]
    for next_low, next_high in spans[1:]:
        if high is None or next_low > high + 1:
            break
        high = None if next_high is None else max(high, next_high)
    return (low, high)


def roundest(span: Span) -> int:
    """Of the numbers in the span, the multiple of the highest power of two."""
    low, high = span
    if high is None:
        high = max(2 * low, low + 1)
    if low <= 0 <= high:
        low = 1
        if high < 1:
            return 0
    power = 1
    while -(-low // (power * 2)) * power * 2 <= high:
        power *= 2
    return -(-low // power) * power


def _filtered(boxes: list[Box], filters: list[Equation], alike: list[list[Symbol]], limit: int) -> Solution:
    """The roundest point of the boxes at which the other equations hold too."""
    volume = 0
    for box in boxes:
        here = 1
        for low, high in box.values():
            if high is None:
                return Undecided()
            here *= high - low + 1
        volume += here
        if volume > limit:
            return Undecided()
    fitting: list[dict[Symbol, int]] = []
    for box in boxes:
        ordered = list(box)
        for point in product(*(range(low, (low if high is None else high) + 1) for low, high in box.values())):
            values = dict(zip(ordered, point))
            if all(_fits(equation, values) for equation in filters):
                fitting.append(values)
    if not fitting:
        return NoSolution()

    def merit(values: dict[Symbol, int]) -> tuple[int, int, int]:
        apart = sum(len({values[each] for each in group}) - 1 for group in alike)
        return (apart, -sum((value & -value) for value in values.values()), sum(values.values()))

    best = min(fitting, key=merit)
    return Sizes(best, {each: (value, value) for each, value in best.items()}, len(fitting) == 1)


def _solve_alike(equations: list[Equation], alike: list[list[Symbol]], limit: int) -> Solution:
    """Sizes for equations that are no products, tried with all like symbols equal; never a proof."""
    if len(alike) != 1:
        return Undecided()
    first = alike[0][0]
    equalled: dict[Symbol, Dim] = {each: of_atom(first) for each in alike[0][1:]}
    answer = _solve_one(first, [(substitute(a, equalled), substitute(b, equalled)) for a, b in equations], limit)
    if not isinstance(answer, Sizes):
        return Undecided()
    values, ranges = answer.values[first], answer.ranges[first]
    return Sizes(dict.fromkeys(alike[0], values), dict.fromkeys(alike[0], ranges), False)


# One symbol


def _solve_one(only: Symbol, equations: list[Equation], limit: int) -> Solution:
    span: Span | None = None
    open_equations: list[Equation] = []
    for equation in equations:
        difference = equation[0] - equation[1]
        if isinstance(difference, int):
            if difference:
                return NoSolution()
            continue
        try:
            here = _span_of_equation(equation, only)
        except _NotBoxed:
            open_equations.append(equation)
            continue
        span = here if span is None or here is None else _common([span, here])
        if span is None:
            return NoSolution()
    if not open_equations:
        if span is None:
            return Undecided()
        return Sizes({only: roundest(span)}, {only: span}, span[0] == span[1])
    return _search(only, open_equations, span, limit)


def _span_of_equation(equation: Equation, only: Symbol) -> Span | None:
    a, b = equation
    if isinstance(b, int):
        try:
            return _span(a, only, b, b)
        except _NotBoxed:
            pass
    difference = a - b
    return _span(difference, only, 0, 0)


def _search(only: Symbol, equations: list[Equation], span: Span | None, limit: int) -> Solution:
    """Tries value after value, up to where one of the equations is seen to fail for good."""
    if span is None:
        if only.minimum is None:
            return Undecided()
        span = (only.minimum, None)
    low, high = span
    if high is None:
        high = _last_candidate(only, equations, low, limit)
    if high is None or high - low >= limit:
        return Undecided()
    fitting = [value for value in range(low, high + 1) if all(_fits(equation, {only: value}) for equation in equations)]
    if not fitting:
        return NoSolution()
    last = len(fitting)
    for index in range(1, last):
        if fitting[index] != fitting[index - 1] + 1:
            last = index
            break
    if last < len(fitting) and last < len(fitting) - last:
        run = (fitting[last], fitting[-1]) if fitting[-1] - fitting[last] == len(fitting) - last - 1 else None
    else:
        run = (fitting[0], fitting[last - 1])
    if run is None:
        value = max(fitting, key=lambda each: (each & -each, -each))
        return Sizes({only: value}, {only: (value, value)}, False)
    return Sizes({only: roundest(run)}, {only: run}, len(fitting) == 1)


def _last_candidate(only: Symbol, equations: list[Equation], low: int, limit: int) -> int | None:
    """A value beyond which one of the equations cannot hold."""
    start = 4
    while start <= limit:
        beyond: dict[Symbol, Dim] = {only: symbol(only.name, low + start)}
        for a, b in equations:
            rest = substitute(a - b, beyond)
            least, most = bounds(rest)
            if (least is not None and least > 0) or (most is not None and most < 0):
                return low + start - 1
        start *= 4
    return None


__all__ = [
    "Binding",
    "Impossible",
    "NoSolution",
    "Sizes",
    "Solution",
    "Undecided",
    "isolate",
    "solve",
]
