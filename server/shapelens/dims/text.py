"""Writing dimensions: short, the way people write them, and as plain Python expressions."""

from __future__ import annotations

from collections.abc import Callable

from shapelens.dims.expr import (
    Atom,
    Dim,
    Expr,
    FloorDiv,
    Min,
    Mod,
    Mono,
    Symbol,
    from_terms,
    sorted_terms,
    terms_of,
)
from shapelens.dims.factor import factors

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def _name(symbol: Symbol) -> str:
    return symbol.name


def text(dim: Dim, names: Callable[[Symbol], str] | None = None) -> str:
    """The dimension as people write it: `2·d`, `H - 2`, `⌈H/32⌉`, `⌊(H + 1)/3⌋`, `min(T, 8)`."""
    return _Pretty(names or _name).sum(dim)


def ascii_text(dim: Dim, names: Callable[[Symbol], str] | None = None) -> str:
    """The dimension as a Python expression without blanks: `(H+31)//32`, `n+m`."""
    return _Plain(names or _name).sum(dim)


class _Plain:
    """Writes Python expressions."""

    times, plus, minus = "*", "+", "-"
    divisions: tuple[str, ...] = ("//", "%")

    def __init__(self, names: Callable[[Symbol], str]) -> None:
        self.names = names

    def sum(self, dim: Dim) -> str:
        """The whole dimension, as it stands where nothing binds tighter around it."""
        if isinstance(dim, int):
            return str(int(dim))
        if len(dim.terms) > 1:
            content, found = factors(dim)
            if len(found) > 1:
                return self.factored(content, found)
        return self.terms(self.rounded(dim))

    def factored(self, content: int, found: list[Dim]) -> str:
        written = [self.tight(factor) for factor in found]
        if abs(content) != 1:
            written.insert(0, str(abs(content)))
        return ("-" if content < 0 else "") + self.times.join(written)

    def rounded(self, dim: Dim) -> list[tuple[str, int]]:
        """Each term as its text without sign, and its sign; the constant last."""
        return [(self.term(mono, abs(coef)), 1 if coef > 0 else -1) for mono, coef in sorted_terms(terms_of(dim))]

    def terms(self, written: list[tuple[str, int]]) -> str:
        constant = written.pop() if written[-1][0].isdigit() else None
        ordered = [each for each in written if each[1] > 0] or ([constant] if constant and constant[1] > 0 else [])
        lifted = bool(ordered) and ordered[0] is constant
        ordered = [*ordered, *(each for each in written if each[1] < 0)]
        if constant and not lifted:
            ordered.append(constant)
        first, sign = ordered[0]
        result = first if sign > 0 else f"-({first})" if self.is_loose(first) else f"-{first}"
        for each, each_sign in ordered[1:]:
            result += (self.plus if each_sign > 0 else self.minus) + each
        return result

    def is_loose(self, written: str) -> bool:
        """Whether a minus sign in front would bind to a part of the text only."""
        depth = 0
        for index, letter in enumerate(written):
            depth += (letter == "(") - (letter == ")")
            if not depth and written.startswith(self.divisions, index):
                return True
        return False

    def term(self, mono: Mono, coef: int) -> str:
        """One product; `coef` is positive."""
        if not mono:
            return str(coef)
        if coef == 1 and len(mono) == 1:
            return self.atom(mono[0])
        written = [] if coef == 1 else [str(coef)]
        index = 0
        while index < len(mono):
            atom = mono[index]
            power = 1
            while index + power < len(mono) and mono[index + power] == atom:
                power += 1
            written.append(self.power(self.inner_atom(atom), power))
            index += power
        return self.times.join(written)

    def power(self, base: str, power: int) -> str:
        return base if power == 1 else f"{base}**{power}"

    def tight(self, dim: Dim) -> str:
        """The dimension with brackets where it stands next to a product sign."""
        if isinstance(dim, Expr) and len(dim.terms) == 1:
            ((mono, coef),) = dim.terms.items()
            if coef == 1:
                if len(mono) == 1:
                    return self.inner_atom(mono[0])
                return self.term(mono, 1)
        written = self.sum(dim)
        return written if isinstance(dim, int) and dim >= 0 else f"({written})"

    def inner_atom(self, atom: Atom) -> str:
        written = self.atom(atom)
        return f"({written})" if isinstance(atom, (FloorDiv, Mod)) else written

    def numerator(self, dim: Dim) -> str:
        written = self.sum(dim)
        alone = isinstance(dim, int) or (len(dim.terms) == 1 and self.is_simple(dim))
        return written if alone else f"({written})"

    def is_simple(self, dim: Expr) -> bool:
        return all(not isinstance(atom, (FloorDiv, Mod)) for mono in dim.terms for atom in mono)

    def denominator(self, dim: Dim) -> str:
        written = self.sum(dim)
        alone = isinstance(dim, int) or isinstance(_single(dim), (Symbol, Min))
        return written if alone and not written.startswith("-") else f"({written})"

    def atom(self, atom: Atom) -> str:
        if isinstance(atom, Symbol):
            return self.names(atom)
        if isinstance(atom, FloorDiv):
            return f"{self.numerator(atom.num)}//{self.denominator(atom.den)}"
        if isinstance(atom, Mod):
            return f"{self.numerator(atom.num)}%{self.denominator(atom.den)}"
        written = ",".join(self.sum(arg) for arg in atom.args)
        return f"min({written})" if isinstance(atom, Min) else f"max({written})"


class _Pretty(_Plain):
    """Writes for people."""

    times, plus, minus = "·", " + ", " - "
    divisions = (" mod ",)

    def power(self, base: str, power: int) -> str:
        return base if power == 1 else base + str(power).translate(_SUPERSCRIPTS)

    def rounded(self, dim: Dim) -> list[tuple[str, int]]:
        """Terms with a constant drawn into the one floor it belongs to, where that is shorter."""
        drawn = _drawn_in(dim) if isinstance(dim, Expr) else None
        if drawn is None:
            return super().rounded(dim)
        left, atom, rest = drawn
        written = self.quotient(left, atom.num, atom.den, "⌋" if left == "⌊" else "⌉")
        return [(written, 1), *(super().rounded(rest) if rest is not None else [])]

    def inner_atom(self, atom: Atom) -> str:
        written = self.atom(atom)
        if isinstance(atom, Mod):
            return f"({written})"
        return f"({written})" if isinstance(atom, FloorDiv) and atom.exact else written

    def is_simple(self, dim: Expr) -> bool:
        return all(
            not (isinstance(atom, Mod) or (isinstance(atom, FloorDiv) and atom.exact))
            for mono in dim.terms
            for atom in mono
        )

    def quotient(self, left: str, num: Dim, den: Dim, right: str) -> str:
        return f"{left}{self.numerator(num)}/{self.denominator(den)}{right}"

    def atom(self, atom: Atom) -> str:
        if isinstance(atom, FloorDiv):
            if atom.exact:
                return self.quotient("", atom.num, atom.den, "")
            if isinstance(atom.num, Expr) and isinstance(atom.den, int) and atom.num.constant == atom.den - 1:
                return self.quotient("⌈", atom.num - atom.num.constant, atom.den, "⌉")
            return self.quotient("⌊", atom.num, atom.den, "⌋")
        if isinstance(atom, Mod):
            return f"{self.numerator(atom.num)} mod {self.denominator(atom.den)}"
        if isinstance(atom, Symbol):
            return self.names(atom)
        written = ", ".join(self.sum(arg) for arg in atom.args)
        return f"min({written})" if isinstance(atom, Min) else f"max({written})"


def _single(dim: Expr) -> Atom | None:
    if len(dim.terms) != 1:
        return None
    ((mono, coef),) = dim.terms.items()
    return mono[0] if coef == 1 and len(mono) == 1 else None


def _drawn_in(dim: Expr) -> tuple[str, FloorDiv, Dim | None] | None:
    """A floor that reads better with a part of the constant inside, its bracket, and the other terms.

    `⌊(H + 2)/4⌋ - 1` is `⌊(H - 2)/4⌋`, and `⌊(H - 1)/T⌋ + 1` is `⌈H/T⌉`.
    """
    outside = dim.constant
    if not outside:
        return None
    for mono, coef in dim.terms.items():
        if coef != 1 or len(mono) != 1:
            continue
        atom = mono[0]
        if not isinstance(atom, FloorDiv) or atom.exact or not isinstance(atom.num, Expr):
            continue
        inside = atom.num.constant
        rest = {each: value for each, value in dim.terms.items() if each and each != mono}
        if isinstance(atom.den, int):
            if outside > 0 or not inside or inside == atom.den - 1:
                continue
            moved, bracket = FloorDiv(atom.num + outside * atom.den, atom.den), "⌊"
        else:
            if outside < 1 or inside != -1:
                continue
            moved, bracket = FloorDiv(atom.num + 1, atom.den), "⌈"
            if outside > 1:
                rest[()] = outside - 1
        return bracket, moved, from_terms(rest) if rest else None
    return None
