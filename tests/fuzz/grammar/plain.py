"""Pieces of plain Python: sizes and configurations as people write them."""

from __future__ import annotations

from collections.abc import Callable

from tests.fuzz.grammar.scope import Scope, Writer

SIZES = (1, 2, 3, 4, 5, 6, 8)


def configuration(w: Writer) -> None:
    """Define one to three of the things that programs keep their sizes in."""
    for _ in range(w.rng.choice([1, 1, 2, 3])):
        w.rng.choice(_CONFIGURATIONS)(w)


def _dict(w: Writer) -> None:
    r = w.rng
    name = w.fresh(r.choice(["cfg", "config", "CONFIG", "params"]))
    keys = r.sample("width hidden depth heads classes channels kernel dim".split(), 3)
    entries = [f'    "{key}": {r.choice(SIZES)},' for key in keys]
    w.define([f"{name} = {{", *entries, "}"])
    if r.random() < 0.3:
        w.define([r.choice([f'{name}["{keys[0]}"] *= 2', f"{name}.update({keys[1]}={r.choice(SIZES)})",
                            f'{name} = {{**{name}, "{keys[2]}": {r.choice(SIZES)}, "extra": len({name})}}',
                            f'{name}.setdefault("more", {name}.get("none", 4))',
                            f'{name} = dict({name}, **{{"{keys[1]}": 6}})',
                            f"{name} = {{k: v + 1 for k, v in {name}.items() if v > 1}}"])])  # fmt: skip


def _dataclass(w: Writer) -> None:
    w.need("from dataclasses import dataclass")
    r = w.rng
    cls = w.fresh("Config")
    fields = r.sample("width hidden depth heads n_embd vocab".split(), 3)
    lines = [f"@dataclass{r.choice(['', '(frozen=True)', '()'])}", f"class {cls}:"]
    lines += [f"    {name}: int = {r.choice(SIZES)}" for name in fields]
    if r.random() < 0.4:
        w.need("from dataclasses import field")
        lines.append("    widths: list = field(default_factory=lambda: [4, 8])")
    if r.random() < 0.4:
        lines += ["", "    @property", "    def double(self):", f"        return self.{fields[0]} * 2"]
    w.define(lines)
    value = r.choice(["", f"{fields[1]}={r.choice(SIZES)}", f"{r.choice(SIZES)}, {r.choice(SIZES)}"])
    name = w.fresh(r.choice(["conf", "hp", "settings"]))
    w.define([f"{name} = {cls}({value})"])
    if r.random() < 0.3:
        w.need("from dataclasses import replace")
        w.define([f"{name} = replace({name}, {fields[2]}={r.choice(SIZES)})"])


def _list(w: Writer) -> None:
    r = w.rng
    name = w.fresh(r.choice(["WIDTHS", "DIMS", "CHANNELS"]))
    w.define(
        [
            f"{name} = "
            + r.choice(
                [
                    str([r.choice(SIZES) for _ in range(3)]),
                    str(tuple(r.choice(SIZES) for _ in range(4))),
                    f"[{r.choice(SIZES)} * 2 ** i for i in range(3)]",
                    "[2, 4] + [8] * 2",
                    "list(range(2, 8, 2))",
                    "sorted([4, 2, 8], reverse=True)",
                    "[int(v) for v in '4,8,2'.split(',')]",
                ]
            )
        ]
    )


def _constants(w: Writer) -> None:
    r = w.rng
    one, two, three = (w.fresh(n) for n in r.sample(["BATCH", "HIDDEN", "SEQ", "CLASSES", "EMBED", "HEADS"], 3))
    w.define(
        [
            r.choice(
                [
                    f"{one}, {two} = {r.choice(SIZES)}, {r.choice(SIZES)}\n{three} = {one} * {two}",
                    f"{one} = {two} = {r.choice(SIZES)}\n{three} = {one} + 1",
                    f"{one} = {r.choice(SIZES)}\n{two} = {one} * 2\n{three} = {two} // 2 + 1",
                    f"{one}, *{two}, {three} = [3, 4, 2, 6]",
                ]
            )
        ]
    )


def _namespace(w: Writer) -> None:
    r = w.rng
    name = w.fresh(r.choice(["args", "opt"]))
    style = r.randrange(5)
    if style == 0:
        w.need("from types import SimpleNamespace")
        w.define([f"{name} = SimpleNamespace(width={r.choice(SIZES)}, depth={r.choice(SIZES)})"])
    elif style == 1:
        w.need("from collections import namedtuple")
        w.define(
            [
                f'Shape = namedtuple("Shape", "height width channels")\n{name} = Shape(4, width=4, channels={r.choice(SIZES)})'
            ]
        )
    elif style == 2:
        w.need("import argparse")
        w.define(
            ["parser = argparse.ArgumentParser()", f'parser.add_argument("--width", type=int, default={r.choice(SIZES)})',
             'parser.add_argument("--no-bias", action="store_true")', f"{name} = parser.parse_args([])"]
        )  # fmt: skip
    elif style == 3:
        cls = w.fresh("Settings")
        w.define(
            [f"class {cls}:", f"    width = {r.choice(SIZES)}", "    depth = 2", "",
             "    def __init__(self, **overrides):", "        for key, value in overrides.items():",
             "            setattr(self, key, value)", f"        self.total = self.width * {cls}.depth", "",
             f"{name} = {cls}(width={r.choice(SIZES)})"]
        )  # fmt: skip
    else:
        w.need("from typing import NamedTuple")
        cls = w.fresh("Spec")
        w.define([f"class {cls}(NamedTuple):", "    width: int", f"    depth: int = {r.choice(SIZES)}", "",
                  f"{name} = {cls}({r.choice(SIZES)})"])  # fmt: skip


def _helper(w: Writer) -> None:
    r = w.rng
    name = w.fresh("helper")
    k = r.choice([2, 3, 4])
    bodies = [
        [f"def {name}(v, divisor={k}):", "    new = max(divisor, int(v + divisor / 2) // divisor * divisor)",
         "    if new < 0.9 * v:", "        new += divisor", "    return new"],
        [f"def {name}(n):", f"    return 1 if n <= 1 else n * {name}(n - 1)"],
        [f"def {name}(*sizes, scale=1):", "    total = 0", "    for size in sizes:", "        total += size * scale", "    return total"],
        [f"def {name}(kernel, stride=1, dilation=1):", "    return ((stride - 1) + dilation * (kernel - 1)) // 2"],
        [f"{name} = lambda v, k={k}: v * k if v < 4 else v"],
        [f"def {name}(n, **options):", '    step = options.get("step", 1)', "    return len([i for i in range(n) if i % step == 0])"],
        [f"def {name}(a, b={k}):", "    while b:", "        a, b = b, a % b", "    return a"],
    ]  # fmt: skip
    if w.define(r.choice(bodies)):
        result = w.fresh("K")
        w.define([f"{result} = {name}({r.choice([2, 3, 4, 5])})"])


_CONFIGURATIONS: tuple[Callable[[Writer], None], ...] = (_dict, _dataclass, _list, _constants, _namespace, _helper)


def puzzle(s: Scope) -> bool:
    """A few statements that work out a number (or a list of them)."""
    r, w = s.rng, s.writer
    n, m, k = (s.size(r.choice(SIZES), 0.5) for _ in range(3))
    a, b, c = w.fresh("n"), w.fresh("v"), w.fresh("i")
    texts = [
        f"{a} = 0\nfor {c} in range({n}):\n    if {c} % 2:\n        continue\n    {a} += 1",
        f"{a} = {n}\nwhile {a} > 3:\n    {a} -= 2",
        f"{a} = {n}\nwhile True:\n    {a} += 1\n    if {a} % 4 == 0:\n        break",
        f"{a} = sum({c} for {c} in range({n}) if {c} != 2) + 1",
        f"{a} = len([{c} * {b} for {c} in range({n}) for {b} in (1, 2) if {c} >= {b}]) + 1",
        f"{a} = max(map(lambda {c}: {c} % 3, [{n}, {m}, {k}])) + 1",
        f"{a}, {b} = divmod({n} + 5, {m})\n{a} += {b} + 1",
        f"if ({a} := {n} + 1) > 4:\n    {a} = {a} // 2",
        f"try:\n    {a} = {{'x': {n}}}['y']\nexcept KeyError:\n    {a} = {m}\nelse:\n    {a} = 1",
        f"try:\n    {a} = int('a{n}')\nexcept (ValueError, TypeError) as error:\n    {a} = {m}\nfinally:\n    {b} = {a} * 2",
        f"{b} = sorted([{n}, {m}, {k}], key=lambda {c}: -{c})\n{a} = {b}[0]",
        f"{b} = {{f'layer{{{c}}}': {c} + 1 for {c} in range(3)}}\n{a} = {b}['layer2'] + {b}[f'layer{{1}}']",
        f"{b} = list(zip([{n}, {m}], [{k}, 2]))\n{a} = {b}[1][0] + {b}[0][1]",
        f"{b} = [{n}, {m}]\n{b}.append({k})\n{b}.insert(0, 2)\n{a} = {b}.pop() + len({b})",
        f"{b} = [{n}, {m}, {k}]\n{b}[1:2] = [3, 4]\ndel {b}[0]\n{a} = sum({b}[::-1][:2])",
        f"{b} = {{}}\nfor {c} in ['u', 'v', 'u']:\n    {b}[{c}] = {b}.get({c}, 0) + 1\n{a} = {b}['u'] + len({b})",
        f"def {b}(n, acc=1):\n    return acc if n <= 1 else {b}(n - 1, acc + 1)\n\n\n{a} = {b}({n})",
        f"def {b}(stop):\n    i = 1\n    while i < stop:\n        yield i\n        i += 2\n\n\n{a} = len(list({b}({n}))) + sum({b}(4))",
        f"def {b}():\n    count = {n}\n\n    def step():\n        nonlocal count\n        count += 1\n        return count\n\n    return step\n\n\n{a} = {b}()\n{a} = {a}() + 1",
        f"{a} = int('{{}}{{}}'.format(1, 2)) - {n}\n{a} = max({a}, 1)",
        f"{a} = {n} if {n} > {m} else {m} if {m} > {k} else {k}",
        f"{a} = {n} and {m} or {k}",
        f"{a} = not {n} == {m} and {n} or 2",
        f"{a} = [*range({n}), {m}][-1]",
        f"{b} = ({n}, {m}, ({k}, 3))\n{c}, _, ({a}, _) = {b}",
        f"{a} = next(({c} for {c} in range(2, 10) if {c} % 3 == 0), 4)",
        f"{a} = any({c} > 3 for {c} in ({n}, {m})) + 2",
        f"{a} = len('a,b,c'.split(',')) * {n}",
        f"{a} = len({{{n}, {m}, {k}}}) + 1",
        f"{a} = len(str({n}).zfill({m} + 1))",
        f"{b} = iter([{n}, {m}, {k}])\nnext({b})\n{a} = next({b})",
        f"{a} = 1\nfor {c}, {b} in enumerate([{n}, {m}], start=1):\n    {a} += {c} * ({b} > 2)",
        f"{a} = 1\nfor {c} in reversed(range(3)):\n    if {c} == 5:\n        break\n    {a} += {c}\nelse:\n    {a} += 1",
        f"{a} = min([{n}, {m}], default=3) + abs(-{k})",
        f"{a} = isinstance({n}, int) + 1 + callable(len)",
        f"{a} = {n}\n{a} <<= 1\n{a} |= 1\n{a} ^= 2\n{a} = {a} % 5 + 1",
        f"match {n}:\n    case 1 | 2:\n        {a} = 3\n    case {c} if {c} > 4:\n        {a} = {c}\n    case _:\n        {a} = 2",
        f"{b} = dict(zip('abc', [{n}, {m}, {k}]))\n{b}.pop('a', None)\n{a} = min({b}.values()) + len({b}.keys())",
        f"{b} = [[i + j for j in range(2)] for i in range({n})]\n{a} = len({b}) * len({b}[0])",
        f"{b} = 'conv{n}x'\n{a} = 2 if {b}.startswith('conv') and '{n}' in {b} else 1",
        f"class {b.upper()}:\n    count = {n}\n\n    def __init__(self, k):\n        self.k = k\n        type(self).count += 1\n\n    @staticmethod\n    def twice(v):\n        return v * 2\n\n    @classmethod\n    def make(cls, k):\n        return cls(k + 1)\n\n    def __len__(self):\n        return self.k\n\n\n{a} = len({b.upper()}.make({m})) + {b.upper()}.twice({b.upper()}.count)",
        f"class {b.upper()}:\n    def __init__(self, v):\n        self._v = v\n\n    @property\n    def v(self):\n        return self._v\n\n    @v.setter\n    def v(self, value):\n        self._v = value + 1\n\n    def __call__(self, k=1):\n        return self._v + k\n\n    def __getitem__(self, i):\n        return self._v * i\n\n\n{c} = {b.upper()}({n})\n{c}.v = {m}\n{a} = {c}() + {c}[2]",
    ]  # fmt: skip
    extra = {
        "import math": [f"{a} = math.ceil({n} / 2) + int(math.sqrt(16))", f"{a} = math.prod([{n}, 2])", f"{a} = int(math.log2(8)) + math.floor({n} * 1.5)"],
        "import itertools": [f"{a} = len(list(itertools.product(range(2), range({n}))))", f"{a} = sum(itertools.accumulate([1, 2]))", f"{a} = len(list(itertools.chain([1], range({n}))))", f"{a} = sum(j - i for i, j in zip([1, 2], itertools.islice(range({n} + 2), 1, 3))) + 3"],
        "from functools import reduce": [f"{a} = reduce(lambda p, q: p * q, [{n}, 2, 1])"],
        "from collections import OrderedDict": [f"{b} = OrderedDict([('p', {n}), ('q', {m})])\n{b}.move_to_end('p')\n{a} = list({b}.values())[0]"],
        "from collections import Counter": [f"{a} = Counter('abca')['a'] + {n}"],
        "from collections import defaultdict": [f"{b} = defaultdict(list)\n{b}['u'].append({n})\n{a} = len({b}['u']) + len({b}['v']) + 1"],
        "from collections import deque": [f"{b} = deque([{n}, {m}], maxlen=2)\n{b}.append({k})\n{a} = {b}.popleft()"],
        "from functools import partial": [f"{b} = partial(max, {n})\n{a} = {b}({m})"],
    }  # fmt: skip
    if r.random() < 0.25:
        need, more = r.choice(list(extra.items()))
        w.need(need)
        texts = more
    return s.run(r.choice(texts)) and type(s.env.get(a)) is int and 0 < s.env[a] < 1000
