"""Writes a program statement by statement: each is run at once, and kept only if it does not raise.

So a piece of the grammar needs no knowledge of what fits: it proposes text, and the framework says whether it works.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Env = dict[str, Any]

LARGEST = 3000
"""No tensor of a program has more elements."""

DEEPEST = 5
"""No tensor has a higher rank."""


def indented(lines: Sequence[str]) -> list[str]:
    """The lines one level further in."""
    return [f"    {line}" if line else line for line in lines]


@dataclass
class Writer:
    """A program under way: what is imported, what is defined, and the names that are free."""

    rng: random.Random
    is_tensor: Callable[[Any], bool]
    words: Any
    env: Env = field(default_factory=lambda: {"__name__": "__main__"})
    imports: list[str] = field(default_factory=list)
    definitions: list[list[str]] = field(default_factory=list)
    scopes: list[Scope] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def need(self, statement: str) -> None:
        """Import something, once."""
        if statement not in self.imports:
            self.imports.append(statement)
            before = set(self.env)
            exec(statement, self.env)
            self._share(set(self.env) - before)

    def define(self, lines: Sequence[str]) -> bool:
        """Add a definition at the top of the program; False where it raises."""
        known = dict(self.env)
        if not execute("\n".join(lines), self.env):
            self.env.clear()
            self.env.update(known)
            return False
        self.definitions.append(list(lines))
        self._share([name for name, value in self.env.items() if name not in known or known[name] is not value])
        return True

    def _share(self, names: Any) -> None:
        for scope in self.scopes:
            for name in names:
                if name not in scope.own:
                    scope.env[name] = self.env[name]

    def fresh(self, stem: str) -> str:
        """A name that nothing has yet."""
        while True:
            count = self.counts.get(stem, 0)
            self.counts[stem] = count + 1
            name = f"{stem}{count}" if count else stem
            if name not in self.env:
                return name

    def text(self, script: Sequence[str]) -> str:
        """The program."""
        parts = [self.imports, *self.definitions, script]
        return "\n".join("\n".join(part) + "\n" for part in parts if part)


def execute(text: str, env: Env) -> bool:
    """Run statements; whether they ran to their end, within two seconds."""
    try:
        code = compile(text, "<piece>", "exec", dont_inherit=True)
        with limited(2.0):
            exec(code, env)
    except (Exception, SystemExit):
        return False
    return True


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """A TimeoutError after so much processor time."""

    def late(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


class Scope:
    """Where statements are written: the script, or the body of a function, a branch, a loop."""

    def __init__(self, writer: Writer, env: Env, own: Sequence[str] = ()) -> None:
        self.writer, self.env, self.own = writer, env, set(own)
        self.rng = writer.rng
        self.lines: list[str] = []

    # -- writing ---------------------------------------------------------------------------------------------------

    def run(self, text: str) -> bool:
        """Add statements if they run and nothing grows too large; what they bound is taken back if not."""
        known = dict(self.env)
        if execute(text, self.env) and self._is_small(known):
            self.lines += text.split("\n")
            self.own |= {name for name, value in self.env.items() if name not in known or known[name] is not value}
            return True
        self.env.clear()
        self.env.update(known)
        return False

    def _is_small(self, known: Env) -> bool:
        for name, value in self.env.items():
            if known.get(name) is not value and self.writer.is_tensor(value):
                if len(value.shape) > DEEPEST or size_of(value) > LARGEST:
                    return False
        return True

    def works(self, expression: str) -> bool:
        """Whether an expression can be evaluated here."""
        return execute(expression, dict(self.env))

    def assign(self, expression: str, name: str = "") -> bool:
        """Bind an expression to a name (a new one, or one of those that are there)."""
        return self.run(f"{name or self.target()} = {expression}")

    def target(self, stem: str = "") -> str:
        """A name to assign to."""
        there = [name for name in self.tensors() if name in self.own and name.isidentifier()]
        if not stem and there and self.rng.random() < 0.5:
            return self.rng.choice(there)
        return self.writer.fresh(stem or self.rng.choice("x h out feat y z emb tokens tmp a b mixed res".split()))

    @contextmanager
    def inner(self, *own: str) -> Iterator[Scope]:
        """A scope that sees what this one sees; its lines are for the caller to place."""
        scope = Scope(self.writer, dict(self.env), own)
        self.writer.scopes.append(scope)
        try:
            yield scope
        finally:
            self.writer.scopes.remove(scope)

    # -- what is there ---------------------------------------------------------------------------------------------

    def tensors(self) -> list[str]:
        """The names of the tensors."""
        return [n for n, v in self.env.items() if self.writer.is_tensor(v) and not n.startswith("_")]

    def pick(self, test: Callable[[Any], bool] = lambda _: True) -> str | None:
        """The name of a tensor, more likely one of the latest."""
        found = [name for name in self.tensors() if test(self.env[name])]
        if not found:
            return None
        return found[-1] if self.rng.random() < 0.5 else self.rng.choice(found)

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor."""
        return tuple(self.env[name].shape)

    def ints(self) -> dict[str, int]:
        """Expressions of known value: names, entries, attributes."""
        found: dict[str, int] = {}
        for name, value in self.env.items():
            if name.startswith("_"):
                continue
            for text, number in _numbers(name, value):
                found[text] = number
        return found

    def size(self, n: int, plain: float = 0.3) -> str:
        """Text for a size: a literal, a name that has it, or a calculation that gives it."""
        rng = self.rng
        if rng.random() < plain:
            return str(n)
        known = self.ints()
        choices = [text for text, value in known.items() if value == n]
        if choices and rng.random() < 0.6:
            return rng.choice(choices)
        derived = list(self._derived(n, known))
        if derived and rng.random() < 0.7:
            return rng.choice(derived)
        return rng.choice(choices) if choices else str(n)

    def _derived(self, n: int, known: dict[str, int]) -> Iterator[str]:
        rng = self.rng
        names = rng.sample(list(known), min(len(known), 4))
        for text in names:
            value = known[text]
            if value and n % value == 0 and n // value > 1:
                yield f"{text} * {n // value}"
            if value and n and value // n > 1 and value // (value // n) == n:
                yield f"{text} // {value // n}"
                if value % n == 0:
                    yield f"int({text} / {value // n})"
            if n > value:
                yield f"{text} + {n - value}"
            if n < value:
                yield f"{text} - {value - n}"
                yield f"min({text}, {n})"
            yield f"({n} if {text} {'==' if rng.random() < 0.5 else '<='} {value} else {n + 1})"
            yield f"[{text}, {n}][-1]"
        yield f"max(1, {n})"
        yield f"int('{n}')"
        yield f"len(range({n}))"
        yield f"sum([{n // 2}, {n - n // 2}])"
        yield f"{{'a': {n + 1}, 'b': {n}}}['b']"
        yield f"(lambda k: k + {n - 1})(1)"
        yield f"int({float(n)})"
        yield f"divmod({n * 3 + 1}, 3)[0]"
        if n > 0 and n & (n - 1) == 0:
            yield f"2 ** {n.bit_length() - 1}"
            yield f"1 << {n.bit_length() - 1}"


def size_of(value: Any) -> int:
    """The number of elements; a size that is not known counts as one."""
    count = 1
    for dim in value.shape:
        count *= dim or 1
    return count


def _numbers(name: str, value: Any) -> Iterator[tuple[str, int]]:
    if type(value) is int:
        yield name, value
    elif type(value) in (list, tuple) and value and all(type(v) is int for v in value):
        yield from ((f"{name}[{i}]", v) for i, v in enumerate(value[:4]))
        yield from ((f"{name}[-1]", value[-1]), (f"len({name})", len(value)), (f"sum({name})", sum(value)))
        yield f"max({name})", max(value)
    elif type(value) is dict:
        yield from ((f"{name}[{key!r}]", v) for key, v in value.items() if type(v) is int)
        yield f"len({name})", len(value)
    elif type(value).__module__ == "__main__" and not isinstance(value, type):
        fields = getattr(value, "__dict__", None) or {}
        if not hasattr(value, "fit"):
            yield from ((f"{name}.{key}", v) for key, v in fields.items() if type(v) is int and not key.startswith("_"))
    elif hasattr(value, "shape") and hasattr(value, "dtype") and isinstance(getattr(value, "shape", None), tuple):
        for i, n in enumerate(value.shape):
            if type(n) is int:
                yield f"{name}.shape[{i}]", n
        if value.shape and type(value.shape[-1]) is int:
            yield f"{name}.shape[-1]", value.shape[-1]
