"""Shapes that annotations state: jaxtyping's own check is the judge of what fits, the hints show the stated names."""

from __future__ import annotations

import sys
import textwrap

import jaxtyping
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from shapelens.analysis.session import Session
from shapelens.report.hints import hints

SESSION = Session((), sys.executable)
KINDS = sorted(
    name
    for name in dir(jaxtyping)
    if hasattr(getattr(jaxtyping, name), "dtypes") and name not in ("AbstractArray", "AbstractDtype")
)
HEAD = f"""\
from typing import Annotated, Dict, Iterator, Literal, Optional, Union
import torch, torch.nn as nn, torch.nn.functional as F
from torch import Tensor
import jaxtyping
from jaxtyping import Array, {", ".join(KINDS)}
from torchtyping import TensorType
"""


def analysed(program, head=HEAD):
    SESSION.update("annotated.py", head + textwrap.dedent(program))
    return SESSION.analyse("annotated.py")


def labels(program):
    """Each hint of a program by its line's text."""
    lines = (HEAD + textwrap.dedent(program)).split("\n")
    return {lines[h.line - 1].strip(): h.label for h in hints(analysed(program))}


def problems(program):
    """Code, severity, squiggled text and message of each problem."""
    analysis = analysed(program)
    lines = analysis.text.split("\n")
    found = []
    for p in analysis.problems:
        line = lines[p.span.line - 1]
        end = p.span.end_column if p.span.end_line == p.span.line else len(line)
        found.append((p.code, p.severity, line[p.span.column : end], p.message))
    return found


# -- jaxtyping as the judge ----------------------------------------------------------------------------------------

SIZES = st.integers(0, 4)
NAMES = st.sampled_from("abc")
AXES = st.one_of(
    NAMES,
    NAMES,
    SIZES.map(str),
    NAMES.map("#{}".format),
    SIZES.map("#{}".format),
    st.just("_"),
    NAMES.map("_{}".format),
    st.tuples(NAMES, SIZES).map(lambda t: f"{t[0]}={t[1]}"),
    st.sampled_from(["a+1", "2*a", "a-1", "a*b", "b//2", "a%2", "(a+b)//2", "min(a,b)", "a**2", "#a+1", "-a+4"]),
)
RUNS = st.sampled_from(["...", "*a", "*b", "*#a", "*#b", "*_a"])
SHAPES = st.lists(st.integers(0, 4), max_size=4).map(tuple)


@st.composite
def specs(draw):
    axes = draw(st.lists(AXES, max_size=3))
    if draw(st.booleans()):
        axes.insert(draw(st.integers(0, len(axes))), draw(RUNS))
    return " ".join(axes)


def fits(pairs):
    """What jaxtyping says: None where it cannot."""
    with jaxtyping.jaxtyped("context"):
        for annotation, tensor in pairs:
            try:
                if not isinstance(tensor, annotation):
                    return False
            except jaxtyping.AnnotationError:
                return None
    return True


@settings(max_examples=600, deadline=None)
@given(st.lists(st.tuples(specs(), SHAPES), min_size=1, max_size=4))
def test_jaxtyping_is_the_judge(cases):
    truth = fits([(jaxtyping.Shaped[torch.Tensor, spec], torch.zeros(shape)) for spec, shape in cases])
    parameters = ", ".join(f'x{i}: Shaped[Tensor, "{spec}"]' for i, (spec, _) in enumerate(cases))
    arguments = ", ".join(f"torch.zeros({shape})" for _, shape in cases)
    found = problems(f"def f({parameters}): pass\nf({arguments})\n")
    assert {code for code, *_ in found} <= {"annotation-mismatch"}
    if truth is not None:
        assert bool(found) is not truth, found


@settings(max_examples=200, deadline=None)
@given(st.tuples(specs(), SHAPES), st.tuples(specs(), SHAPES), st.tuples(specs(), SHAPES))
def test_results_and_names_share_the_axes_of_the_arguments(argument, name, result):
    cases = [argument, name, result]
    truth = fits([(jaxtyping.Shaped[torch.Tensor, spec], torch.zeros(shape)) for spec, shape in cases])
    found = problems(f"""
        def f(x: Shaped[Tensor, "{argument[0]}"]) -> Shaped[Tensor, "{result[0]}"]:
            y: Shaped[Tensor, "{name[0]}"] = torch.zeros({name[1]})
            return torch.zeros({result[1]})
        f(torch.zeros({argument[1]}))
    """)
    if truth is not None:
        assert [f for f in found if f[0] == "annotation-mismatch"] if not truth else not found, found


DTYPES = ["bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16", "bfloat16"]
DTYPES += ["float32", "float64", "complex64", "complex128", "float8_e4m3fn", "float8_e5m2"]


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_admit_the_dtypes_that_jaxtyping_admits(kind):
    annotation = getattr(jaxtyping, kind)[torch.Tensor, "n"]
    calls = "".join(f"f(torch.empty(2, dtype=torch.{dtype}))\n" for dtype in DTYPES)
    found = problems(f'def f(x: {kind}[Tensor, "n"]): pass\n{calls}')
    refused = [d for d in DTYPES if not isinstance(torch.empty(2, dtype=getattr(torch, d)), annotation)]
    if found or any(word in kind for word in ("Float", "Int", "Bool", "Complex")) and kind not in UNKNOWN_TO_TORCH:
        assert [squiggle for _, _, squiggle, _ in found] == [f"torch.empty(2, dtype=torch.{d})" for d in refused]


# Kinds of dtypes that torch does not have under that name: nothing is said of them.
UNKNOWN_TO_TORCH = {k for k in KINDS if k[-1].isdigit() or "fn" in k} - {
    *(f"Float{n}" for n in (16, 32, 64)),
    *(f"{kind}{n}" for kind in ("Int", "UInt") for n in (8, 16, 32, 64)),
    *("Complex64", "Complex128"),
}


# -- what is shown -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "label"),
    [
        ('Float[Tensor, "b c h w"]', "x (b, c, h, w)"),
        ('Float32[Tensor, "b c"]', "x (b, c)"),
        ('BFloat16[Tensor, "b c"]', "x (b, c) bfloat16"),
        ('Int[Tensor, "b t"]', "x (b, t) int64"),
        ('UInt8[Tensor, "b 3"]', "x (b, 3) uint8"),
        ('Bool[Tensor, "t t"]', "x (t, t) bool"),
        ('Shaped[Tensor, "b 3"]', "x (b, 3)"),
        ('Float[torch.Tensor, "*batch c"]', "x (…, c)"),
        ('Float[Tensor, "... 4"]', "x (…, 4)"),
        ('Float[Tensor, "_ c"]', "x (n, c)"),
        ('Float[Tensor, "_batch c"]', "x (batch, c)"),
        ('Float[Tensor, "#b c"]', "x (b, c)"),
        ('Float[Tensor, "rgb=3 h w"]', "x (3, h, w)"),
        ('Float[Tensor, "n n+1"]', "x (n, n + 1)"),
        ('Float[Tensor, ""]', "x ()"),
        ("\"Float[Tensor, 'b c']\"", "x (b, c)"),
        ('jaxtyping.Float[Tensor, "b c"]', "x (b, c)"),
        ('Float[nn.Parameter, "o i"]', "x (o, i)"),
        ('Float[Float[Tensor, "h w"], "b c"]', "x (b, c, h, w)"),
        ('Optional[Float[Tensor, "b c"]]', "x (b, c)"),
        ('Union[Float[Tensor, "b c"], None]', "x (b, c)"),
        ('Float[Tensor, "b c"] | None', "x (b, c)"),
        ('TensorType["batch", 3, "h", -1]', "x (batch, 3, h, n)"),
        ('TensorType["batch", 3, float]', "x (batch, 3)"),
        ('TensorType["batch":..., "d"]', "x (…, d)"),
        ("TensorType[..., 4]", "x (…, 4)"),
        ('TensorType["c": 3, "h"]', "x (3, h)"),
        ("TensorType[torch.int32, 2, 3]", "x (2, 3) int32"),
        ('Annotated[Tensor, "b c h w"]', "x (b, c, h, w)"),
        ('Annotated[Tensor, "(B, C, H, W)"]', "x (B, C, H, W)"),
        ('Annotated[torch.Tensor, ("B", 3, 32, 32)]', "x (B, 3, 32, 32)"),
        ('Annotated[torch.Tensor, Float32["b c"]]', "x (b, c)"),
        ('Annotated[Tensor, Literal["B", 3]]', "x (B, 3)"),
        ('Annotated[Tensor, Shape("B", 3)]', "x (B, 3)"),
        ('Annotated[Float[Tensor, "b c"], "the input"]', "x (b, c)"),
        # What says no shape of a torch tensor says nothing.
        ('Annotated[Tensor, "the input image"]', None),
        ('Annotated[Tensor, "image"]', None),
        ('Annotated[int, "b c"]', None),
        ('Float[Array, "b c"]', None),
        ('Float[Tensor, "b, c"]', None),
        ("NDArray[Shape['2, 2'], Float]", None),
    ],
)
def test_a_parameter_shows_what_its_annotation_states(annotation, label):
    assert labels(f"def f(x: {annotation}):\n    pass\n").get(f"def f(x: {annotation}):") == label


def test_names_are_the_same_size_throughout_a_call():
    shown = labels("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.size = 8
                self.fc = nn.Linear(8, 5)
            def forward(self, x: Float[Tensor, "*batch {self.size}"], y: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch 5"]:
                z = self.fc(x)
                w = z * y[..., None]
                return w
        Image = Float[Tensor, "b 3 h w"]
        Video = Float[Image, "t"]
        MaybeImage = Image | None
        def clip(v: Video, i: MaybeImage, k: Dict[str, Image], q: list[Image]) -> tuple[Image, Int[Tensor, "b"]]:
            first = v[0]
            both = F.relu(i)
            same = k["a"] + first
            more = q[0] + same
            return more, more.flatten(1).argmax(1)
        def use(v, i, d, l):
            a, n = clip(v, i, d, l)
    """)
    assert shown["z = self.fc(x)"] == "→ (…, 5)"
    assert shown["first = v[0]"] == "→ (b, 3, h, w)"
    assert shown["both = F.relu(i)"].startswith("→ (b, 3, h, w)")
    assert shown["more = q[0] + same"] == "→ (b, 3, h, w)"
    assert shown["a, n = clip(v, i, d, l)"] == "a (b, 3, h, w), n (b,) int64"


def test_callables_and_fields():
    shown = labels("""
        from dataclasses import dataclass
        from typing import Callable, NamedTuple
        @dataclass
        class Batch:
            image: Float[Tensor, "b 3 h w"]
            label: Int[Tensor, "b"]
            name: str = ""
            def both(self):
                i = self.image.sum((1, 2, 3)) * self.label
                return i
        class Pair(NamedTuple):
            q: Float[Tensor, "t d"]
            n: int
        def loss(model: Callable[[Float[Tensor, "n 3 h w"]], Float[Tensor, "n 10"]], batch: Batch, p: Pair):
            logits = model(batch.image)
            more = model(batch.image[:2])
            r = F.relu(p.q)
            return F.cross_entropy(logits, batch.label)
        def run(net: Callable[..., Float[Tensor, "n 10"]], x):
            y = net(x, 3, deep=True)
    """)
    assert shown["i = self.image.sum((1, 2, 3)) * self.label"] == "→ (b,)"
    assert shown["logits = model(batch.image)"] == "→ (b, 10)"
    assert shown["more = model(batch.image[:2])"] == "→ (min(b, 2), 10)"
    assert shown["r = F.relu(p.q)"] == "→ (t, d)"
    assert shown["y = net(x, 3, deep=True)"] == "→ (n, 10)"
    assert problems("""
        from typing import Callable
        def f(model: Callable[[Float[Tensor, "n 3"]], Float[Tensor, "n"]]):
            return model(torch.zeros(2, 4))
    """)[0][2:] == (
        "torch.zeros(2, 4)",
        'model() is given (2, 4) where Float[Tensor, "n 3"] is stated: 4, not 3 for argument 1',
    )


def test_what_is_not_known_is_what_its_annotation_says():
    shown = labels("""
        import mystery
        def load(n: int) -> Float[Tensor, "b 3 224 224"]:
            return mystery.load(n)
        def forward():
            x = load(3)
            y: Float[Tensor, "n 512"] = mystery.net(x)
            z = F.relu(y)
    """)
    assert shown["x = load(3)"] == "→ (b, 3, 224, 224)"
    assert shown["z = F.relu(y)"] == "→ (n, 512)"


# -- what is reported ----------------------------------------------------------------------------------------------


def test_where_and_how_a_mismatch_is_told():
    assert problems("""
        def project(x: Float[Tensor, "b d"], w: Float[Tensor, "d h"]) -> Float[Tensor, "b h"]:
            return x
        project(torch.zeros(2, 3), torch.zeros(3, 4))
    """) == [
        (
            "annotation-mismatch",
            "warning",
            "return x",
            'project() returns (2, 3) where Float[Tensor, "b h"] is stated: h is 4, not 3',
        )
    ]
    assert problems("""
        class Net(nn.Module):
            def forward(self, x: Float[Tensor, "b 3 h w"], scale=1):
                return x
        Net()(torch.zeros(2, 4, 8, 8))
    """) == [
        (
            "annotation-mismatch",
            "warning",
            "torch.zeros(2, 4, 8, 8)",
            'forward() is given (2, 4, 8, 8) where Float[Tensor, "b 3 h w"] is stated: 4, not 3 for x',
        )
    ]
    assert problems('x: Int[Tensor, "n"] = torch.zeros(2)\n') == [
        (
            "annotation-mismatch",
            "warning",
            'x: Int[Tensor, "n"] = torch.zeros(2)',
            'x is float32 where Int[Tensor, "n"] is stated',
        )
    ]
    assert [p[2:] for p in problems('def f(x: Float[Tensor, "b t d"]) -> Float[Tensor, "b d t"]:\n    return x\n')] == [
        ("return x", 'f() returns (b, t, d) where Float[Tensor, "b d t"] is stated: t, not d')
    ]


@pytest.mark.parametrize(
    "program",
    [
        # Sizes that happen to be equal are legal, and a program that is called shows that they are.
        'def t(x: Float[Tensor, "n m"]) -> Float[Tensor, "n m"]:\n    return x.T\nt(torch.zeros(3, 3))',
        # A batch of one.
        'def f(x: Float[Tensor, "b c"]) -> Float[Tensor, "b c"]:\n    return x.mean(0, keepdim=True)\nf(torch.zeros(1, 4))',
        'def f(x: Float[Tensor, "b c"]) -> Float[Tensor, "b c"]:\n    return x.mean(0, keepdim=True)',
        # Broadcasting axes.
        'def f(x: Float[Tensor, "#b c"], y: Float[Tensor, "#b c"]):\n    return x + y\nf(torch.zeros(1, 4), torch.zeros(3, 4))',
        'def f(x: Float[Tensor, "*#b c"], y: Float[Tensor, "*#b c"]) -> Float[Tensor, "*b c"]:\n    return x + y\n'
        "f(torch.zeros(2, 1, 4), torch.zeros(3, 4))",
        # Any float is a Float.
        'def f(x: Float[Tensor, "n"]) -> Float[Tensor, "n"]:\n    return x.double()\nf(torch.zeros(3).half())',
        'def f(x: Float[Tensor, "n"]):\n    return x @ torch.zeros(3, dtype=torch.float64)',
        # A guard.
        'def f(x: Float[Tensor, "b t"]) -> Float[Tensor, "b 128"]:\n'
        "    if x.shape[1] >= 128 and flag:\n        return x\n    return x.new_zeros(x.shape[0], 128)",
        # A union of which one fits.
        'def f(x: Union[Float[Tensor, "c h w"], Float[Tensor, "b c h w"]]):\n    return x\nf(torch.zeros(1, 2, 3, 4))',
        # A new name in what is returned.
        'def f(x: Float[Tensor, "b c"]) -> Float[Tensor, "b d"]:\n    return F.pad(x, (0, 1))',
        # Names are anew in each call, in each turn, and of each object.
        'def f(x: Float[Tensor, "n"]):\n    for i in range(3):\n        y: Float[Tensor, "m"] = x[i:]\nf(torch.zeros(5))',
        'class A:\n    def __init__(self):\n        self.x: Float[Tensor, "n"] = torch.zeros(3)\n'
        '        self.y: Float[Tensor, "n"] = torch.zeros(4)\nA()',
        'def f(x: Float[Tensor, "b c"]):\n    return x\nf(torch.zeros(1, 2)); f(torch.zeros(3, 4))',
        # Generators and context managers return something else than their annotation's element.
        'def f(x: Float[Tensor, "b c"]) -> Iterator[Float[Tensor, "c"]]:\n    yield from x\nlist(f(torch.zeros(3, 4)))',
        # What numpy or plain numbers are is another matter.
        'import numpy as np\ndef f(x: Float[np.ndarray, "b c"]):\n    return x\nf(np.zeros((2, 3)))',
        'def f(x: Float[Tensor, ""] | float):\n    return x\nf(0.5)',
        'def f(x: Optional[Float[Tensor, "b"]] = None):\n    return x\nf(); f(None); f(torch.zeros(3))',
        'def f(*, x: Float[Tensor, "b"], y: Float[Tensor, "b"]):\n    return x\nf(y=torch.zeros(3), x=torch.zeros(3))',
    ],
)
def test_legal_programs(program):
    assert problems(program) == []
