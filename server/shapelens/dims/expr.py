"""Symbolic integers: polynomials over symbols, with floor division, modulo, min and max as atoms.

A dimension is a plain `int` while it is known and an `Expr` otherwise. Every operation gives its result in one
canonical form, and a plain `int` as soon as the result does not depend on a symbol, so known sizes never pay for the
algebra. All rules hold for Python's own `//` and `%` (rounding towards minus infinity) at every assignment for which
the expression is defined at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import count
from math import gcd
from operator import attrgetter
from typing import TypeAlias

Interval: TypeAlias = "tuple[int | None, int | None]"

_MAX_TERMS = 500
_MAX_POWER = 64
_serial = count(1)
_by_key = attrgetter("key")


class TooComplex(OverflowError):
    """A result with so many terms that nobody would read it; callers treat it as unknown."""


# A name may come from any text of the program (`cfg["…"]`). What editors would take for markup has no place in it.
_UNFIT = re.compile(r"[^\w .,'?*+()-]")
_LONGEST_NAME = 60


class Symbol:
    """An unknown integer. Two symbols are the same only if they are the same object.

    `minimum` is the least value that it can take; None stands for no lower limit. `id` counts creations.
    `varies`: it stands for sizes that differ, so that each of many elements that have it has its own.
    """

    __slots__ = ("bounds", "id", "key", "minimum", "name", "varies")

    def __init__(self, name: str, minimum: int | None = 1, varies: bool = False) -> None:
        self.name, self.varies = name, varies
        self.minimum = minimum
        self.id = next(_serial)
        self.key: tuple[int, ...] = (0, self.id)
        self.bounds: Interval = (minimum, None)

    def __copy__(self) -> Symbol:
        return self

    def __deepcopy__(self, memo: object) -> Symbol:
        return self

    def __repr__(self) -> str:
        return f"Symbol({self.name!r}, {self.id})"


class _Composite:
    """An atom made of other dimensions; equal to another one when kind and parts are."""

    __slots__ = ("_bounds", "_hash", "key")

    def __init__(self, kind: int, parts: tuple[Dim, ...]) -> None:
        depth = 0
        flat: list[int] = [kind, len(parts)]
        for part in parts:
            if isinstance(part, Expr):
                for mono in part.terms:
                    for atom in mono:
                        if atom.key[0] > depth:
                            depth = atom.key[0]
                flat.extend(part.key)
            else:
                flat.append(0)
                flat.append(part)
        self.key: tuple[int, ...] = (depth + 1, *flat)
        self._hash = hash(self.key)
        self._bounds: Interval | None = None

    @property
    def bounds(self) -> Interval:
        """Limits of the value over all assignments; None where there is none."""
        found = self._bounds
        if found is None:
            found = self._bounds = self._find_bounds()
        return found

    def _find_bounds(self) -> Interval:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, _Composite) and self._hash == other._hash and self.key == other.key)

    def __hash__(self) -> int:
        return self._hash


class FloorDiv(_Composite):
    """`num // den`. With `exact`, the division is taken to leave no remainder."""

    __slots__ = ("den", "exact", "num")

    def __init__(self, num: Dim, den: Dim, exact: bool = False) -> None:
        self.num = num
        self.den = den
        self.exact = exact
        super().__init__(2 if exact else 1, (num, den))

    def _find_bounds(self) -> Interval:
        low, high = interval(self.num)
        den_low, den_high = interval(self.den)
        if den_low is None or den_low < 1:
            return (None, None)
        new_low: int | None
        new_high: int | None
        if low is None:
            new_low = None
        elif low < 0:
            new_low = low // den_low
        else:
            new_low = 0 if den_high is None else low // den_high
        if high is None:
            new_high = None
        elif high >= 0:
            new_high = high // den_low
        else:
            new_high = -1 if den_high is None else high // den_high
        return (new_low, new_high)


class Mod(_Composite):
    """`num % den`."""

    __slots__ = ("den", "num")

    def __init__(self, num: Dim, den: Dim) -> None:
        self.num = num
        self.den = den
        super().__init__(3, (num, den))

    def _find_bounds(self) -> Interval:
        den_low, den_high = interval(self.den)
        if den_low is None or den_low < 1:
            return (None, None)
        high = None if den_high is None else den_high - 1
        num_low, num_high = interval(self.num)
        if num_low is not None and num_low >= 0 and num_high is not None:
            high = num_high if high is None else min(high, num_high)
        return (0, high)


class Min(_Composite):
    """The least of two or more dimensions."""

    __slots__ = ("args",)

    def __init__(self, args: tuple[Dim, ...]) -> None:
        self.args = args
        super().__init__(4, args)

    def _find_bounds(self) -> Interval:
        limits = [interval(arg) for arg in self.args]
        lows = [low for low, _ in limits if low is not None]
        highs = [high for _, high in limits if high is not None]
        return (min(lows) if len(lows) == len(limits) else None, min(highs) if highs else None)


class Max(_Composite):
    """The greatest of two or more dimensions."""

    __slots__ = ("args",)

    def __init__(self, args: tuple[Dim, ...]) -> None:
        self.args = args
        super().__init__(5, args)

    def _find_bounds(self) -> Interval:
        limits = [interval(arg) for arg in self.args]
        lows = [low for low, _ in limits if low is not None]
        highs = [high for _, high in limits if high is not None]
        return (max(lows) if lows else None, max(highs) if len(highs) == len(limits) else None)


Atom: TypeAlias = "Symbol | FloorDiv | Mod | Min | Max"
Mono: TypeAlias = "tuple[Atom, ...]"
Terms: TypeAlias = "dict[Mono, int]"


class Expr:
    """An integer that depends on at least one symbol: a sum of integer multiples of products of atoms.

    `terms` maps each product (a tuple of atoms sorted by key, repeated for powers, empty for the constant) to its
    coefficient, never 0. Never change it. `special` says that a term may hold a `Mod` or an exact quotient, which
    can vanish when terms meet.
    """

    __slots__ = ("_hash", "_interval", "_key", "_limits", "_symbols", "special", "terms")

    def __init__(self, terms: Terms, special: bool = False) -> None:
        self.terms = terms
        self.special = special
        self._hash: int | None = None
        self._interval: Interval | None = None
        self._limits: Interval | None = None
        self._key: tuple[int, ...] | None = None
        self._symbols: frozenset[Symbol] | None = None

    @property
    def key(self) -> tuple[int, ...]:
        """A flat tuple of integers that orders expressions and tells them apart."""
        found = self._key
        if found is None:
            flat: list[int] = [len(self.terms)]
            for mono, coef in sorted_terms(self.terms):
                flat.append(len(mono))
                for atom in mono:
                    flat.extend(atom.key)
                flat.append(coef)
            found = self._key = tuple(flat)
        return found

    @property
    def constant(self) -> int:
        """The term that holds no atom."""
        return self.terms.get((), 0)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Expr):
            return False
        mine, theirs = self._hash, other._hash
        if mine is not None and theirs is not None and mine != theirs:
            return False
        return self.terms == other.terms

    def __hash__(self) -> int:
        found = self._hash
        if found is None:
            found = self._hash = hash(frozenset(self.terms.items()))
        return found

    def __bool__(self) -> bool:
        raise TypeError("a symbolic dimension is neither true nor false; ask equal(), less() or is_known()")

    def __copy__(self) -> Expr:
        return self

    def __deepcopy__(self, memo: object) -> Expr:
        return self

    def __repr__(self) -> str:
        from shapelens.dims.text import ascii_text

        return f"Expr({ascii_text(self)})"

    def __add__(self, other: Dim) -> Dim:
        if isinstance(other, int):
            if not other:
                return self
            terms = dict(self.terms)
            constant = terms.get((), 0) + other
            if constant:
                terms[()] = constant
            else:
                del terms[()]
            return _finish(terms, True) if self.special else Expr(terms)
        if isinstance(other, Expr):
            terms = dict(self.terms)
            for mono, coef in other.terms.items():
                total = terms.get(mono, 0) + coef
                if total:
                    terms[mono] = total
                else:
                    del terms[mono]
            return _finish(terms, self.special or other.special)
        return NotImplemented

    __radd__ = __add__

    def __neg__(self) -> Expr:
        return Expr({mono: -coef for mono, coef in self.terms.items()}, self.special)

    def __pos__(self) -> Expr:
        return self

    def __sub__(self, other: Dim) -> Dim:
        if isinstance(other, int):
            return self + -other
        if isinstance(other, Expr):
            terms = dict(self.terms)
            for mono, coef in other.terms.items():
                total = terms.get(mono, 0) - coef
                if total:
                    terms[mono] = total
                else:
                    del terms[mono]
            return _finish(terms, self.special or other.special)
        return NotImplemented

    def __rsub__(self, other: int) -> Dim:
        if isinstance(other, int):
            return -self + other
        return NotImplemented

    def __mul__(self, other: Dim) -> Dim:
        if isinstance(other, int):
            if not other:
                return 0
            if other == 1:
                return self
            terms = {mono: coef * other for mono, coef in self.terms.items()}
            return _finish(terms, True) if self.special else Expr(terms)
        if isinstance(other, Expr):
            return _finish(_multiply(self.terms, other.terms), self.special or other.special)
        return NotImplemented

    __rmul__ = __mul__

    def __pow__(self, power: int) -> Dim:
        if not isinstance(power, int) or power < 0:
            return NotImplemented
        if power > _MAX_POWER:
            raise TooComplex(f"power of {power}")
        result: Dim = 1
        for _ in range(power):
            result = result * self
        return result

    def __floordiv__(self, other: Dim) -> Dim:
        if isinstance(other, (int, Expr)):
            return floordiv(self, other)
        return NotImplemented

    def __rfloordiv__(self, other: int) -> Dim:
        if isinstance(other, int):
            return floordiv(other, self)
        return NotImplemented

    def __mod__(self, other: Dim) -> Dim:
        if isinstance(other, (int, Expr)):
            return mod(self, other)
        return NotImplemented

    def __rmod__(self, other: int) -> Dim:
        if isinstance(other, int):
            return mod(other, self)
        return NotImplemented

    def __divmod__(self, other: Dim) -> tuple[Dim, Dim]:
        return (floordiv(self, other), mod(self, other))

    def __rdivmod__(self, other: int) -> tuple[Dim, Dim]:
        return (floordiv(other, self), mod(other, self))


Dim: TypeAlias = int | Expr


def symbol(name: str, minimum: int | None = 1, varies: bool = False) -> Expr:
    """A fresh unknown integer of at least `minimum`; two calls never give the same one."""
    if not name.isidentifier():
        name = _UNFIT.sub("_", name[:_LONGEST_NAME])
    return of_atom(Symbol(name, minimum, varies))


def of_atom(atom: Atom) -> Expr:
    """The expression that is just this atom."""
    return Expr({(atom,): 1}, type(atom) is Mod or (type(atom) is FloorDiv and atom.exact))


def is_known(dim: Dim) -> bool:
    """Whether the dimension is a plain integer."""
    return isinstance(dim, int)


def lone_atom(dim: Dim) -> Atom | None:
    """The atom, where the dimension is exactly one atom and nothing else."""
    if isinstance(dim, int) or len(dim.terms) != 1:
        return None
    ((mono, coef),) = dim.terms.items()
    return mono[0] if coef == 1 and len(mono) == 1 else None


def as_symbol(dim: Dim) -> Symbol | None:
    """The symbol, where the dimension is exactly one symbol."""
    atom = lone_atom(dim)
    return atom if isinstance(atom, Symbol) else None


def parts(atom: Atom) -> tuple[Dim, ...]:
    """The dimensions that an atom is made of; none for a symbol."""
    if isinstance(atom, (FloorDiv, Mod)):
        return (atom.num, atom.den)
    if isinstance(atom, Symbol):
        return ()
    return atom.args


_NO_SYMBOLS: frozenset[Symbol] = frozenset()


def symbols(dim: Dim) -> frozenset[Symbol]:
    """Every symbol that the dimension depends on."""
    if isinstance(dim, int):
        return _NO_SYMBOLS
    found = dim._symbols
    if found is None:
        if len(dim.terms) == 1:  # most often one symbol with a factor
            (mono,) = dim.terms
            if len(mono) == 1 and isinstance(mono[0], Symbol):
                found = dim._symbols = frozenset((mono[0],))
                return found
        seen: set[Symbol] = set()
        for mono in dim.terms:
            for atom in mono:
                if isinstance(atom, Symbol):
                    seen.add(atom)
                else:
                    for part in parts(atom):
                        seen |= symbols(part)
        found = dim._symbols = frozenset(seen)
    return found


def product(dims: Iterable[Dim]) -> Dim:
    """The product of all dimensions; 1 for none."""
    known = 1
    plain: list[Expr] = []
    exact: list[Expr] = []
    for dim in dims:
        if isinstance(dim, int):
            known *= dim
        elif dim.special:
            exact.append(dim)
        else:
            plain.append(dim)
    result: Dim = known
    for factor in plain:
        result = factor * result
    for factor in exact:
        result = factor * result
    return result


def sorted_terms(terms: Terms) -> list[tuple[Mono, int]]:
    """Terms of the highest degree first, older symbols first, the constant last."""
    if len(terms) == 1:
        return list(terms.items())
    return sorted(terms.items(), key=lambda item: mono_key(item[0]))


def mono_key(mono: Mono) -> tuple[int, list[tuple[int, ...]]]:
    """What orders products: a graded lexicographic order, so that polynomial division ends."""
    return (-len(mono), [atom.key for atom in mono])


def mono_times(left: Mono, right: Mono) -> Mono:
    """The product of two products."""
    if not left:
        return right
    if not right:
        return left
    return tuple(sorted(left + right, key=_by_key))


def mono_over(mono: Mono, by: Mono) -> Mono | None:
    """`mono / by` where `by` divides it."""
    if not by:
        return mono
    if len(by) > len(mono):
        return None
    left = list(mono)
    for atom in by:
        if atom not in left:
            return None
        left.remove(atom)
    return tuple(left)


def common_mono(monos: Iterable[Mono]) -> Mono:
    """The greatest product that divides each one."""
    shared: list[Atom] | None = None
    for mono in monos:
        if not mono:
            return ()
        if shared is None:
            shared = list(mono)
            continue
        left = list(mono)
        kept = []
        for atom in shared:
            if atom in left:
                left.remove(atom)
                kept.append(atom)
        if not kept:
            return ()
        shared = kept
    return tuple(shared or ())


def terms_of(dim: Dim) -> Terms:
    """The terms of an expression or of a plain integer."""
    if isinstance(dim, int):
        return {(): dim} if dim else {}
    return dim.terms


def from_terms(terms: Terms) -> Dim:
    """The dimension with these terms (no zero coefficients)."""
    special = any(type(atom) is Mod or (type(atom) is FloorDiv and atom.exact) for mono in terms for atom in mono)
    return _finish(terms, special)


def _multiply(left: Terms, right: Terms) -> Terms:
    if len(left) * len(right) > 4 * _MAX_TERMS:
        raise TooComplex("product of long sums")
    result: Terms = {}
    for mono_a, coef_a in left.items():
        for mono_b, coef_b in right.items():
            mono = mono_times(mono_a, mono_b)
            total = result.get(mono, 0) + coef_a * coef_b
            if total:
                result[mono] = total
            else:
                del result[mono]
    return result


def _finish(terms: Terms, special: bool) -> Dim:
    if not terms:
        return 0
    if len(terms) == 1 and () in terms:
        return terms[()]
    if len(terms) > _MAX_TERMS or any(len(mono) > _MAX_POWER for mono in terms):
        raise TooComplex("sum of too many terms")
    if special:
        return _settle(terms)
    return Expr(terms)


def _settle(terms: Terms) -> Dim:
    """Lets exact quotients meet their divisors, and remainders what they were taken from."""
    special = False
    for mono, coef in terms.items():
        for atom in mono:
            settled: Dim | None = None
            if isinstance(atom, FloorDiv):
                if not atom.exact:
                    continue
                with suppress(ValueError):
                    settled = _settle_exact(terms, mono, coef, atom)
            elif isinstance(atom, Mod):
                if len(mono) == 1:
                    settled = _settle_mod(terms, mono, coef, atom)
            else:
                continue
            special = True
            if settled is not None:
                return settled
    return Expr(terms, special)


def _without(terms: Terms, *monos: Mono) -> Dim:
    left = dict(terms)
    for mono in monos:
        del left[mono]
    return _finish(left, True)


def _settle_exact(terms: Terms, mono: Mono, coef: int, atom: FloorDiv) -> Dim | None:
    den = terms_of(atom.den)
    if len(den) == 1:
        ((den_mono, den_coef),) = den.items()
        others = list(mono)
        others.remove(atom)
        shared_coef = gcd(coef, den_coef)
        shared = common_mono((tuple(others), den_mono))
        if shared_coef == 1 and not shared:
            return None
        for each in shared:
            others.remove(each)
        left = mono_over(den_mono, shared)
        assert left is not None
        rest = _finish({tuple(others): coef // shared_coef}, True)
        smaller = _finish({left: den_coef // shared_coef}, True)
        return _without(terms, mono) + rest * exact_quotient(atom.num, smaller)
    factor: Terms = {}
    used: list[Mono] = []
    for other, other_coef in terms.items():
        rest_mono = mono_over(other, (atom,))
        if rest_mono is not None and atom not in rest_mono:
            factor[rest_mono] = other_coef
            used.append(other)
    quotient, remainder = divide_terms(factor, den)
    if not remainder:
        return _without(terms, *used) + _finish(quotient, True) * atom.num
    if not any(factor):
        return None
    smaller_den, remainder = divide_terms(den, factor)
    if remainder:
        return None
    return _without(terms, *used) + exact_quotient(atom.num, _finish(smaller_den, True))


def _settle_mod(terms: Terms, mono: Mono, coef: int, atom: Mod) -> Dim | None:
    if len(terms) == 1:
        return None
    num, den = atom.num, atom.den
    others = dict(terms)
    del others[mono]
    constant = others.pop((), 0)
    if not others:
        return None
    if isinstance(den, int):
        step = coef * den
        inside = terms_of(num)
        if all(value % coef == 0 for value in others.values()) and all(
            (others.get(each, 0) + coef * inside.get(each, 0)) % step == 0 for each in {*others, *inside} if each
        ):
            mirrored: Terms = {each: -(value // coef) for each, value in others.items()}
            if inside.get(()):
                mirrored[()] = inside[()]
            moved = from_terms(mirrored)
            return floordiv(moved, den) * -step + (constant + coef * inside.get((), 0))
    spread = _finish(others, True) + constant + num * coef - floordiv(num, den) * den * coef
    if len(terms_of(spread)) < len(terms):
        return spread
    return None


def expand_mods(dim: Dim) -> Dim:
    """The same value with each outermost `x % k` written as `x - k·(x // k)`."""
    if isinstance(dim, int) or not dim.special:
        return dim
    result: Dim = 0
    plain: Terms = {}
    for mono, coef in dim.terms.items():
        if not any(isinstance(atom, Mod) for atom in mono):
            plain[mono] = coef
            continue
        term: Dim = coef
        for atom in mono:
            if isinstance(atom, Mod):
                term = (atom.num - floordiv(atom.num, atom.den) * atom.den) * term
            else:
                term = of_atom(atom) * term
        result = term + result
    return result + _finish(plain, True)


def divide_terms(num: Terms, den: Terms) -> tuple[Terms, Terms]:
    """Quotient and remainder of polynomial division, with integer coefficients only."""
    lead, lead_coef = min(den.items(), key=lambda item: mono_key(item[0]))
    quotient: Terms = {}
    remainder: Terms = {}
    left = dict(num)
    steps = 0
    while left:
        steps += 1
        if steps > _MAX_TERMS:
            return {}, dict(num)
        mono = min(left, key=mono_key) if len(left) > 1 else next(iter(left))
        coef = left[mono]
        over = mono_over(mono, lead) if coef % lead_coef == 0 else None
        if over is None:
            remainder[mono] = left.pop(mono)
            continue
        factor = coef // lead_coef
        quotient[over] = factor
        for den_mono, den_coef in den.items():
            key = mono_times(over, den_mono)
            total = left.get(key, 0) - factor * den_coef
            if total:
                left[key] = total
            else:
                del left[key]
    return quotient, remainder


def floordiv(num: Dim, den: Dim) -> Dim:
    """`num // den`, rounded towards minus infinity. Raises ZeroDivisionError where `den` is 0."""
    if isinstance(den, int):
        if isinstance(num, int):
            return num // den
        if den == 1:
            return num
        if den > 1:
            return _floordiv_known(num, den)
        if den == 0:
            raise ZeroDivisionError("integer division or modulo by zero")
        return floordiv(-num, -den)
    return _floordiv_symbolic(num, den)


def ceildiv(num: Dim, den: Dim) -> Dim:
    """`num / den` rounded up."""
    return -floordiv(-num, den)


def _floordiv_known(num: Expr, den: int) -> Dim:
    outside: Terms = {}
    inside: Terms = {}
    constant = 0
    composites = 0
    for mono, coef in num.terms.items():
        if not mono:
            constant = coef
            continue
        if coef % den:
            inside[mono] = coef
            if not all(type(atom) is Symbol for atom in mono):
                composites += 1
        else:
            outside[mono] = coef // den
    whole, constant = divmod(constant, den)
    if whole:
        outside[()] = whole
    if not inside:
        return _finish(outside, num.special)
    shared = gcd(den, *inside.values())
    if shared > 1:
        den //= shared
        constant //= shared
        inside = {mono: coef // shared for mono, coef in inside.items()}
    if composites:
        if num.special:
            spread = expand_mods(Expr(inside, True))
            if all(coef % den == 0 for mono, coef in terms_of(spread).items() if mono):
                return floordiv(spread + constant, den) + _finish(outside, True)
        if composites == 1:
            collapsed = _collapsed(inside, constant, den)
            if collapsed is not None:
                return collapsed + _finish(outside, num.special)
        low, high = interval(Expr(inside))
        if low is not None and high is not None and (low + constant) // den == (high + constant) // den:
            return _finish(outside, num.special) + (low + constant) // den
    sign = 1
    if _lead(inside) < 0:
        sign = -1
        inside = {mono: -coef for mono, coef in inside.items()}
        constant = den - 1 - constant
    if constant:
        inside[()] = constant
    mono = (FloorDiv(Expr(inside, num.special), den),)
    total = outside.get(mono, 0) + sign
    if total:
        outside[mono] = total
    else:
        del outside[mono]
    return _finish(outside, num.special)


def _collapsed(inside: Terms, constant: Dim, den: Dim) -> Dim | None:
    """`(±(x // a) + b) // den` as one division by `a·den`, where the inner division stands alone."""
    for mono, coef in inside.items():
        if len(mono) != 1 or (coef != 1 and coef != -1):
            continue
        atom = mono[0]
        if not isinstance(atom, FloorDiv) or atom.exact:
            continue
        inner = atom.den
        low = interval(inner)[0]
        if low is None or low < 1:
            return None
        others = dict(inside)
        del others[mono]
        num = atom.num if coef == 1 else inner - atom.num - 1
        return floordiv(num + inner * (_finish(others, True) + constant), inner * den)
    return None


def cancelled(num: Terms, den: Terms) -> tuple[Terms, Terms, int, Mono]:
    """Numerator and denominator without their common factor, and that factor."""
    coef = gcd(*num.values(), *den.values())
    mono = common_mono((*num, *den))
    if coef == 1 and not mono:
        return num, den, coef, mono

    def over(terms: Terms) -> Terms:
        return {(mono_over(each, mono) or ()): value // coef for each, value in terms.items()}

    return over(num), over(den), coef, mono


def _positive(num: Dim, den: Expr) -> tuple[Dim, Expr]:
    return (-num, -den) if _lead(den.terms) < 0 else (num, den)


def _lead(terms: Terms) -> int:
    return terms[min(terms, key=mono_key)] if len(terms) > 1 else next(iter(terms.values()))


def _floordiv_symbolic(num: Dim, den: Expr) -> Dim:
    if isinstance(num, int) and num == 0:
        return 0
    if num == den:
        return 1
    num_terms, den_terms, _, _ = cancelled(terms_of(num), den.terms)
    smaller = from_terms(den_terms)
    if isinstance(smaller, int):
        return floordiv(from_terms(num_terms), smaller)
    quotient, remainder = divide_terms(num_terms, den_terms)
    if not remainder:
        return from_terms(quotient)
    outside: Dim = 0
    if quotient and (len(den_terms) == 1 or len(remainder) < len(num_terms)):
        outside = from_terms(quotient)
        return outside + _floordiv_symbolic(from_terms(remainder), smaller)
    rest = from_terms(num_terms)
    low = interval(smaller)[0]
    if low is not None and low >= 1:
        if isinstance(rest, Expr):
            collapsed = _collapsed(rest.terms, 0, smaller) if _composites(rest.terms) == 1 else None
            if collapsed is not None:
                return collapsed
        rest_low, _ = interval(rest)
        if rest_low is not None and rest_low >= 0:
            gap = interval(smaller - rest)[0]
            if gap is not None and gap >= 1:
                return 0
        elif isinstance(rest, int):
            gap = interval(smaller + rest)[0]
            if gap is not None and gap >= 0:
                return -1
    top, bottom = _positive(rest, smaller)
    low = interval(bottom)[0]
    if low is not None and low >= 1 and _lead(terms_of(top)) < 0:
        return -_floordiv_symbolic(bottom - top - 1, bottom)
    return of_atom(FloorDiv(top, bottom))


def _composites(terms: Terms) -> int:
    return sum(not all(type(atom) is Symbol for atom in mono) for mono in terms)


def mod(num: Dim, den: Dim) -> Dim:
    """`num % den`, with the sign of `den`. Raises ZeroDivisionError where `den` is 0."""
    if isinstance(den, int):
        if isinstance(num, int):
            return num % den
        if den == 1 or den == -1:
            return 0
        if den > 1:
            return _mod_known(num, den)
        if den == 0:
            raise ZeroDivisionError("integer division or modulo by zero")
        return -_mod_known(-num, -den)
    return _mod_symbolic(num, den)


def _mod_known(num: Expr, den: int) -> Dim:
    inside: Terms = {}
    constant = num.constant % den
    replaced: Dim = 0
    for mono, coef in num.terms.items():
        if not mono:
            continue
        rest = coef % den
        if rest * 2 > den:
            rest -= den
        if not rest:
            continue
        if len(mono) == 1:
            atom = mono[0]
            if isinstance(atom, Mod) and isinstance(atom.den, int) and atom.den % den == 0:
                replaced = replaced + atom.num * rest
                continue
        inside[mono] = rest
    if isinstance(replaced, Expr) or replaced:
        return mod(_finish(inside, True) + constant + replaced, den)
    if not inside:
        return constant
    shared = gcd(den, *inside.values())
    if shared > 1:
        constant, outside = divmod(constant, shared)
        smaller = _finish({mono: coef // shared for mono, coef in inside.items()}, num.special) + constant
        return mod(smaller, den // shared) * shared + outside
    if constant:
        inside[()] = constant
    rest_num = _finish(inside, num.special)
    low, high = interval(rest_num)
    if low is not None and high is not None and low // den == high // den:
        return rest_num - (low // den) * den
    return of_atom(Mod(rest_num, den))


def _mod_symbolic(num: Dim, den: Expr) -> Dim:
    if isinstance(num, int) and num == 0:
        return 0
    num_terms, den_terms, coef, mono = cancelled(terms_of(num), den.terms)
    if coef != 1 or mono:
        return mod(from_terms(num_terms), from_terms(den_terms)) * from_terms({mono: coef})
    quotient, remainder = divide_terms(num_terms, den_terms)
    if not remainder:
        return 0
    if quotient and (len(den_terms) == 1 or len(remainder) < len(num_terms)):
        return mod(from_terms(remainder), den)
    rest_low = interval(num)[0]
    if rest_low is not None and rest_low >= 0:
        gap = interval(den - num)[0]
        if gap is not None and gap >= 1:
            return num
    return of_atom(Mod(num, den))


def exact_quotient(num: Dim, den: Dim) -> Dim:
    """`num / den` for a division that is known, or taken, to leave no remainder.

    Where the algebra cannot carry it out, the result remembers it: multiplied by `den` it gives `num` back.
    Raises ValueError where the coefficients show that it always leaves one (as in 5/2 and (2·H + 1)/2), so ask
    `divides` first; ZeroDivisionError where `den` is 0.
    """
    if isinstance(den, int):
        if isinstance(num, int):
            quotient, remainder = divmod(num, den)
            if remainder:
                raise ValueError(f"{den} does not divide {num}")
            return quotient
        if den == 1:
            return num
        if den == 0:
            raise ZeroDivisionError("division by zero")
        if den < 0:
            return exact_quotient(-num, -den)
    elif num == den:
        return 1
    if isinstance(num, int) and num == 0:
        return 0
    num_terms, den_terms, _, _ = cancelled(terms_of(num), terms_of(den))
    smaller = from_terms(den_terms)
    if smaller == 1 or smaller == -1:
        return from_terms(num_terms) * smaller
    quotient_terms, remainder_terms = divide_terms(num_terms, den_terms)
    if not remainder_terms:
        return from_terms(quotient_terms)
    shared = gcd(*den_terms.values(), *(coef for mono, coef in num_terms.items() if mono))
    if num_terms.get((), 0) % shared:
        raise ValueError("the division always leaves a remainder")
    if quotient_terms and len(den_terms) == 1:
        return from_terms(quotient_terms) + exact_quotient(from_terms(remainder_terms), smaller)
    spread = expand_mods(from_terms(num_terms))
    quotient_terms, remainder_terms = divide_terms(terms_of(spread), den_terms)
    if not remainder_terms:
        return from_terms(quotient_terms)
    rest = from_terms(num_terms)
    if isinstance(smaller, int):
        return of_atom(FloorDiv(-rest, -smaller, exact=True) if smaller < 0 else FloorDiv(rest, smaller, exact=True))
    top, bottom = _positive(rest, smaller)
    return of_atom(FloorDiv(top, bottom, exact=True))


def interval(dim: Dim) -> Interval:
    """Quick limits of a dimension, term by term; None where there is none. See `compare.bounds` for tighter ones."""
    if isinstance(dim, int):
        return (dim, dim)
    found = dim._interval
    if found is None:
        found = dim._interval = _find_interval(dim)
    return found


def _find_interval(expr: Expr) -> Interval:
    low: int | None = 0
    high: int | None = 0
    nonlinear = False
    for mono, coef in expr.terms.items():
        if not mono:
            low = None if low is None else low + coef
            high = None if high is None else high + coef
            continue
        bounds = mono[0].bounds
        if len(mono) > 1:
            nonlinear = True
            bounds = _mono_bounds(mono)
        least, most = bounds if coef > 0 else (bounds[1], bounds[0])
        low = None if low is None or least is None else low + least * coef
        high = None if high is None or most is None else high + most * coef
    if nonlinear and len(expr.terms) > 1 and (low is None or high is None):
        shifted_low, shifted_high = _shifted_bounds(expr)
        if shifted_low is not None and (low is None or shifted_low > low):
            low = shifted_low
        if shifted_high is not None and (high is None or shifted_high < high):
            high = shifted_high
    return (low, high)


def _mono_bounds(mono: Mono) -> Interval:
    low: int | None = 1
    high: int | None = 1
    for atom in mono:
        next_low, next_high = atom.bounds
        low, high = _times(low, high, next_low, next_high)
    return (low, high)


def _times(a: int | None, b: int | None, c: int | None, d: int | None) -> Interval:
    """Limits of a product of one number in [a, b] and another in [c, d]."""
    if a is not None and c is not None and a >= 0 and c >= 0:
        return (a * c, None if b is None or d is None else b * d)
    if a is None or b is None or c is None or d is None:
        nonpositive_left = b is not None and b <= 0
        nonpositive_right = d is not None and d <= 0
        if nonpositive_left and nonpositive_right:
            assert b is not None
            assert d is not None
            return (b * d, None if a is None or c is None else a * c)
        if nonpositive_left and c is not None and c >= 0:
            assert b is not None
            return (None if a is None or d is None else a * d, b * c)
        if nonpositive_right and a is not None and a >= 0:
            assert d is not None
            return (None if b is None or c is None else b * c, a * d)
        return (None, None)
    corners = (a * c, a * d, b * c, b * d)
    return (min(corners), max(corners))


def shifted_terms(expr: Expr) -> Terms | None:
    """The expression in what each atom exceeds its least value by; None where an atom has no lower limit."""
    total: Terms = {}
    for mono, coef in expr.terms.items():
        if len(mono) > 6:
            return None
        spread: Terms = {(): coef}
        for atom in mono:
            low = atom.bounds[0]
            if low is None:
                return None
            grown: Terms = {}
            for each, value in spread.items():
                key = mono_times(each, (atom,))
                grown[key] = grown.get(key, 0) + value
                if low:
                    grown[each] = grown.get(each, 0) + value * low
            spread = grown
        for each, value in spread.items():
            total[each] = total.get(each, 0) + value
        if len(total) > _MAX_TERMS:
            return None
    return total


def _shifted_bounds(expr: Expr) -> Interval:
    total = shifted_terms(expr)
    if total is None:
        return (None, None)
    constant = total.pop((), 0)
    return (
        constant if all(value >= 0 for value in total.values()) else None,
        constant if all(value <= 0 for value in total.values()) else None,
    )


def walk_atoms(dim: Dim) -> Iterator[Atom]:
    """Every atom of the dimension, those inside other atoms included."""
    if isinstance(dim, int):
        return
    for mono in dim.terms:
        for atom in mono:
            yield atom
            for part in parts(atom):
                yield from walk_atoms(part)


def evaluate(dim: Dim, mapping: Mapping[Symbol, int]) -> int:
    """The value at an assignment of every symbol.

    Raises KeyError for a symbol without a value, ZeroDivisionError for a divisor of 0. An exact quotient that is not
    exact at this assignment is rounded down.
    """
    if isinstance(dim, int):
        return dim
    total = 0
    for mono, coef in dim.terms.items():
        for atom in mono:
            coef *= mapping[atom] if type(atom) is Symbol else evaluate_atom(atom, mapping)
        total += coef
    return total


def evaluate_atom(atom: Atom, mapping: Mapping[Symbol, int]) -> int:
    """The value of one atom at an assignment of every symbol."""
    if isinstance(atom, FloorDiv):
        return evaluate(atom.num, mapping) // evaluate(atom.den, mapping)
    if isinstance(atom, Symbol):
        return mapping[atom]
    if isinstance(atom, Mod):
        return evaluate(atom.num, mapping) % evaluate(atom.den, mapping)
    values = [evaluate(arg, mapping) for arg in atom.args]
    return min(values) if isinstance(atom, Min) else max(values)
