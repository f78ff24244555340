"""Programs that try to get out of the interpreter: to a real object of its process, to a file, or to all of its memory."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shapelens.analysis.session import Session

HEAD = """\
import ast, builtins, codecs, collections, copy, ctypes, dataclasses, enum, functools, importlib, itertools, marshal, math
import operator, os, pickle, re, shutil, string, struct, subprocess, sys, types
import einops, numpy as np, torch, keras, tensorflow as tf
DEED = "touch CANARY"
def deed(*args, **kwargs): return os.system(DEED)
Pair = collections.namedtuple("Pair", "a b")
made = torch.ones(2, 3).max(1)
size = torch.ones(2, 3).shape
found = re.match("(a)", "a")
class Own:
    def __init__(self): self.kept = 1
    def __reduce__(self): return os.system, (DEED,)
    def __deepcopy__(self, memo): return deed()
    def __format__(self, spec): return str(deed())
    def __repr__(self): return str(deed())
    def __hash__(self): return deed()
    def __eq__(self, other): return deed()
    def __del__(self): deed()
"""

ESCAPES = """\
().__class__.__bases__[0].__subclasses__()
(1).__class__.__base__
"".__class__.__mro__[-1].__subclasses__()
[].append.__self__.__class__
[].__init__.__globals__
{}.__class__.__init__.__globals__["__builtins__"]
getattr([], "__class__")
getattr(getattr(3, "__class__"), "mro")()
getattr("x", "join").__self__
list(map(getattr, ["x"], ["__class__"]))
functools.reduce(getattr, ["__class__", "__mro__"], "x")
functools.partial(getattr, "x")("__class__")
operator.attrgetter("__class__.__mro__")("x")
operator.methodcaller("__reduce__")("x")
operator.itemgetter("__builtins__")(globals())
type("x").__mro__
type(3)(4).__class__
type(made).of.__globals__
type(found).__class__
found.re.__class__, found.__class__, found.string.__class__
re.compile("a").__class__, re.compile("a").scanner
made.__class__.of, made.of, made.names.__class__
size.__class__.__init__, size.numel.__self__.__class__
Pair(1, 2).__class__.__init__.__globals__
slice(1).start.__class__, range(3).__class__, range(3).start.__class__
(each for each in [1]).gi_frame.f_builtins
(lambda: 0).__globals__["__builtins__"]
deed.__globals__, deed.__code__.co_consts, deed.__closure__, deed.__builtins__
Own.__init__.__globals__["os"].system(DEED)
Own().__class__.__mro__[-1].__subclasses__()
globals()["__builtins__"], __builtins__, __loader__, __spec__
vars(builtins), vars(), locals()["os"].system(DEED), dir(os)
sys.modules["os"].system(DEED), sys.modules["shapelens"], sys._getframe()
importlib.import_module("os").system(DEED), importlib.import_module("shapelens.cli.main").sys.modules
__import__("os").system(DEED), builtins.__import__("os").system(DEED)
eval("__import__('os').system(DEED)"), exec("import os; os.system(DEED)"), compile("1", "f", "eval")
builtins.eval("1"), functools.partial(eval, "open('CANARY', 'w')")(), list(map(eval, ["open('CANARY', 'w')"]))
max(["open('CANARY', 'w')"], key=eval), sorted(["open('CANARY', 'w')"], key=exec), list(filter(eval, ["1"]))
functools.reduce(lambda f, x: f(x), [eval, "open('CANARY', 'w')"])
open("CANARY", "w"), os.open("CANARY", os.O_CREAT), os.system(DEED), os.popen(DEED), breakpoint(), input()
subprocess.run(DEED, shell=True), subprocess.Popen(DEED), shutil.copy("model.py", "CANARY"), ctypes.CDLL(None).system(DEED)
pickle.loads(b"cposix\\nsystem\\n(S'touch CANARY'\\ntR."), marshal.loads(b""), types.FunctionType((lambda: 0).__code__, {})
copy.deepcopy(Own()), copy.copy(Own()), dataclasses.replace(Own()), {Own(): 1}, {Own()}, Own() == Own()
f"{Own()} {Own()!r:>{3}}", "%s %r" % (Own(), Own()), "{} {!r}".format(Own(), Own()), str(Own()), repr(Own()), hash(Own())
type("T", (), {"__init__": deed})(), types.new_class("T"), type.__call__(type, "x"), types.SimpleNamespace(a=deed).a()
enum.Enum("E", "a b __class__"), collections.namedtuple("N", "__class__ x); import os; os.system(DEED); (")
dataclasses.make_dataclass("D", [("x", "__import__('os').system(DEED)")]), dataclasses.field(default_factory=deed)
struct.pack("3s", b"abc"), string.Formatter().format("{0.__class__}", 3), string.Template("$x").substitute(x=3)
codecs.encode("x", "rot13"), b"x".decode("evil"), "x".encode("../evil"), "x".encode("idna"), codecs.lookup("evil")
torch.load("x"), torch.hub.load("x", "y"), torch.jit.load("x"), torch.utils.cpp_extension.load_inline("x", "y")
torch.serialization.os.system(DEED), np.load("x", allow_pickle=True), np.lib.npyio.os.system(DEED), torch.ops.load_library("x")
keras.models.load_model("x"), keras.utils.get_file("x", "https://example.org"), keras.layers.Lambda(eval)("1")
tf.py_function(deed, [], tf.int32), tf.io.gfile.GFile("CANARY", "w"), tf.io.write_file("CANARY", "x"), tf.load_library("x")
next(iter([].__class__.__subclasses__(object))), [].sort(key=deed), "x".__getattribute__("__class__")
{0: 1}.get.__self__, dict.fromkeys.__self__, str.format, str.join.__objclass__, int.from_bytes.__self__, (1).real.__class__
math.__loader__, math.floor.__self__, os.path.join.__globals__, os.path.join.__self__, re.sub.__globals__
itertools.chain(deed, [1]), itertools.starmap(deed, [(1,)]), functools.singledispatch(deed)(1), functools.lru_cache(deed)(1)
re.sub("a", deed, "a"), re.sub("a", lambda m: m.__class__, "a"), re.compile("a").sub(deed, "a")
""".strip().split("\n")

FORMATS = """\
"{0.__class__}".format(3)
"{0.__class__.__init__.__globals__}".format([1])
"{0[0].__class__}".format([1])
"{a.__class__.__init__.__globals__[__builtins__]}".format(a={})
"{0.of.__func__.__globals__}".format(made)
"{0.of.__globals__[__name__]}".format(made)
"{0.names}".format(made)
"{0.__class__}".format(size)
"{0.__class__.__init__.__globals__}".format(Pair(1, 2))
"{0.re.__class__.__module__}".format(found)
"{:{0.__class__}}".format(3)
"{0:{1.__class__}}".format(3, 4)
"{0.__doc__}".format(3)
"{.real.__class__}".format(3)
"{x.__class__}".format_map({"x": 3})
"{}{0.__class__}".format(3)
str.format("{0.__class__}", 3)
"{0.__class__}".__getattribute__("format")(3)
"".join(["{0.__", "class__}"]).format([])
format(3, "{0.__class__}")
""".strip().split("\n")


def namespace(text: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the names of a program stand for when it has run."""
    session = Session()
    session.update("/nowhere/model.py", text)
    monkeypatch.setenv("SHAPELENS_STRICT", "")
    _, _, module, *_ = session._namespace("/nowhere/model.py", "0")
    return module.namespace


ATOMS = (int, float, complex, str, bytes, range, slice, re.Match, re.Pattern, type(None), type(...))


def reached(value: Any) -> Iterator[Any]:
    """What a value leads to that is neither plain data nor a value of the interpreter's own."""
    seen: set[int] = set()
    left = [value]
    while left:
        value = left.pop()
        if id(value) in seen or isinstance(value, ATOMS) and type(value).__module__ in ("builtins", "re"):
            continue
        seen.add(id(value))
        kind = type(value)
        if isinstance(value, (tuple, list, set, frozenset)):
            left += value
        elif isinstance(value, dict):
            left += [*value, *value.values()]
        if kind.__module__.startswith("shapelens.values"):
            for name in (
                "attrs",
                "payload",
                "args",
                "keywords",
                "function",
                "receiver",
                "items",
                "element",
                "rest",
                "values",
            ):
                held = getattr(value, name, None)
                if not callable(held) or type(held).__module__.startswith("shapelens."):
                    left.append(held)
        elif not isinstance(value, (tuple, list, set, frozenset, dict)) and not kind.__module__.startswith(
            "shapelens."
        ):
            yield value


def test_no_real_object_is_reached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for text in ESCAPES:
        parts = ast_parts(text)
        program = HEAD + "".join(f"v{number} = {part}\n" for number, part in enumerate(parts))
        held = namespace(program + "last = 1\n", monkeypatch)
        assert held["last"] == 1
        for number, part in enumerate(parts):
            assert list(reached(held.get(f"v{number}"))) == [], part
    assert not list(tmp_path.iterdir())


def ast_parts(text: str) -> list[str]:
    """The elements of a tuple that is written without brackets: each is a statement of its own."""
    import ast

    found = ast.parse(text, mode="eval").body
    return [ast.unparse(each) for each in found.elts] if isinstance(found, ast.Tuple) and text[0] != "(" else [text]


def test_the_walk_finds_what_is_real() -> None:
    from shapelens.values import Instance, Lib, List

    for real in (open, len, type, [].append, sys, re.sub):
        assert list(reached([1, {"a": List([real])}])) == [real]
        assert list(reached(Instance(Lib("x"), {"a": (real,)}))) == [real]


SAID = HEAD + "said = {}\neinops.rearrange(torch.ones(2, 3), 'TOLD ' + said)\n"


def told(expression: str) -> list[str]:
    """The messages of a program that puts a text into one."""
    session = Session()
    session.update("/nowhere/model.py", SAID.replace("{}", expression))
    return [problem.message for problem in session.analyse("/nowhere/model.py").problems]


def test_a_format_shows_nothing_of_this_process() -> None:
    for text in FORMATS:
        assert not any("TOLD" in message for message in told(text)), text
    for text, shown in (('"{} {:03d} {x}".format(1, 2, x="c")', "1 002 c"), ('"{0}{{}}".format(1)', "1{}")):
        assert any(f"TOLD {shown}" in message for message in told(text)), text


BOMBS = """\
list(itertools.product([1, 2], repeat=100_000))
list(itertools.product(*[[1, 2]] * 5_000))
list(itertools.combinations([1, 2], 1 << 29))
list(itertools.permutations(range(60), 50))
operator.mul("a" * 60_000, 60_000)
operator.mod("%0900000000d", 5)
operator.pow(7, 10**8)
bytes(1 << 34)
format(5, "0900000000d")
"{:{w}}".format(5, w=900_000_000)
"%0*d" % (900_000_000, 5)
round(12345, -10**9)
round(10**300, -10**8)
math.ldexp(1.0, 10**9)
math.perm(10**7, 10**6)
("a" * 60_000).encode("idna")
("ü" * 60_000).encode("punycode")
re.sub("a", "b" * 60_000, "a" * 10_000)
("a" * 60_000).translate({97: "b" * 60_000})
("a" * 60_000).replace("a", "b" * 60_000)
str(int("9" * 4_000) ** 3)
int("f" * 60_000, 16)
pow(3, 10**9), math.factorial(10**8)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the limit on memory")
def test_little_does_not_become_much(tmp_path: Path) -> None:
    """In a process of its own, with a limit on its memory and time: what is too large is unknown, and the rest is not."""
    program = f"""
    import resource, sys
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
    from shapelens.analysis.session import Session
    session = Session()
    for text in {BOMBS!r}.splitlines():
        session.update("/n/a.py", "import itertools, math, operator, re, torch\\nbomb = " + text + "\\nx = torch.zeros(2, 3).view(7)\\n")
        problems = [each.code for each in session.analyse("/n/a.py").problems]
        assert problems[-1:] == ["reshape-mismatch"], (text, problems)
    """
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=200)
    assert run.returncode == 0, run.stderr[-2000:]


DEEP = ("-" * 6_000 + "1", "a." * 6_000 + "a", "(" * 300 + ")" * 300, "a[" * 90 + "]" * 90, "lambda:" * 3_000 + "1")
PLACES = (
    "def f(x: '{}', y) -> '{}':\n    z: '{}' = y\n    return z\n",
    "from torch import Tensor\nfrom jaxtyping import Float\ndef f(x: Float[Tensor, '{}']):\n    return x\n",
    "def f(x):\n    '''Args:\n        x (Tensor): shape ({})\n    '''\n    # x: ({})\n    return x\n",
)


@pytest.mark.parametrize("place", PLACES)
def test_what_is_nested_too_deeply_costs_itself_only(place: str) -> None:
    session = Session()
    for text in DEEP:
        session.update("/n/a.py", place.replace("{}", text) + "import torch\nw = torch.zeros(2, 3).view(7)\n")
        assert "reshape-mismatch" in [each.code for each in session.analyse("/n/a.py").problems], text[:20]
