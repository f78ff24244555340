"""Parameters, multiply-adds and output shapes against runs of real torch, counted by torch.utils.flop_counter."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import textwrap

import pytest
import torch
from tests.truth.recorder import declared_operators
from torch.utils.flop_counter import FlopCounterMode

from shapelens.analysis.session import InputSpec, Session
from shapelens.rules.work import formulas

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"


def spec(tensor):
    kind = {torch.int64: "i", torch.float32: "f"}[tensor.dtype]
    return InputSpec.parse(f"{kind}:{','.join(map(str, tensor.shape))}")


def real(model, inputs):
    """Half the flops of a run, and (class, shape of the first tensor) of each call of a module, in torch's own order."""
    rows, handles = [], []

    def first(value):
        while isinstance(value, (tuple, list, dict)):
            value = next(iter(value.values() if isinstance(value, dict) else value))
        return tuple(value.shape) if isinstance(value, torch.Tensor) else None

    def before(module, args):
        rows.append([type(module).__name__, None])
        module.__dict__.setdefault("_rows", []).append(rows[-1])

    def after(module, args, result):
        module.__dict__["_rows"].pop()[1] = first(result)

    for module in model.modules():
        handles += [module.register_forward_pre_hook(before), module.register_forward_hook(after)]
    # With gradients no layer takes a fast path that hides what it consists of.
    with FlopCounterMode(display=False) as counter:
        model(*inputs)
    for handle in handles:
        handle.remove()
    return counter.get_total_flops() // 2, [tuple(row) for row in rows]


def assert_same(summary, model, inputs, layers=True):
    multiply_adds, rows = real(model, inputs)
    assert summary.multiply_adds == multiply_adds
    parameters = list(model.parameters())
    assert summary.weights.count == sum(p.numel() for p in parameters)
    assert summary.weights.trainable == sum(p.numel() for p in parameters if p.requires_grad)
    assert summary.weights.bytes == sum(p.numel() * p.element_size() for p in parameters)
    assert summary.weights.buffer_bytes == sum(b.numel() * b.element_size() for b in model.buffers())
    if layers:
        called = [(row.kind, row.output and row.output.shape) for row in summary.layers if row.output is not None]
        assert called == [row for row in rows if row[1] is not None]
    assert sum(row.own.count for row in summary.layers) == summary.weights.count
    assert sum(row.own_multiply_adds for row in summary.layers) == summary.multiply_adds


def summarised(tmp_path, source, entry, inputs):
    path = tmp_path / "program.py"
    path.write_text(HEAD + textwrap.dedent(source), encoding="utf-8")
    result = Session([tmp_path]).summarise(str(path), entry, [spec(x) for x in inputs])
    problems = [p.message for analysis in result.analyses for p in analysis.problems]
    assert not problems and not result.error, (problems, result.error)
    return result.summary


def built(source, entry):
    space = {}
    exec(HEAD + textwrap.dedent(source), space)
    model = eval(entry, space)
    return model.eval()


# -- one rule --------------------------------------------------------------------------------------------------------

a, b = torch.ones(2, 3, 4), torch.ones(2, 4, 5)
m, n = torch.ones(3, 4), torch.ones(4, 5)
v, w = torch.ones(4), torch.ones(4)
BOTH = ("", "Tensor.")


def methods(name, arguments, *inputs):
    first, _, rest = arguments.partition(", ")
    return {
        f"torch.{name}": (f"torch.{name}({arguments})", inputs),
        f"torch.Tensor.{name}": (f"{first}.{name}({rest})", inputs),
    }


FUNCTIONS = {
    **methods("matmul", "x, y", a, b),
    "torch.Tensor.__matmul__": ("x @ y", (a, n)),
    "torch.linalg.matmul": ("torch.linalg.matmul(x, y)", (torch.ones(7, 1, 3, 4), b)),
    **methods("mm", "x, y", m, n),
    **methods("bmm", "x, y", a, b),
    **methods("mv", "x, y", m, v),
    **methods("dot", "x, y", v, w),
    **methods("vdot", "x, y", v, w),
    **methods("inner", "x, y", m, torch.ones(2, 4)),
    **methods("addmm", "z, x, y", m, n, torch.ones(3, 5)),
    **methods("addmv", "z, x, y", m, v, torch.ones(3)),
    **methods("baddbmm", "z, x, y", a, b, torch.ones(2, 3, 5)),
    **methods("addbmm", "z, x, y", a, b, torch.ones(3, 5)),
    "torch.chain_matmul": ("torch.chain_matmul(x, y)", (m, n)),
    "torch.linalg.multi_dot": ("torch.linalg.multi_dot([x, y])", (m, n)),
    "torch.tensordot": ("torch.tensordot(x, y, dims=([2, 0], [1, 0]))", (a, b)),
    "torch.einsum": ("torch.einsum('bij,bjk->bik', x, y) + torch.einsum('b...j,b...j->b', x, x).sum()", (a, b)),
    "torch.nn.functional.linear": ("F.linear(x, y)", (a, torch.ones(6, 4))),
    "torch.nn.functional.scaled_dot_product_attention": (
        "F.scaled_dot_product_attention(x, y, z)", (torch.ones(2, 3, 5, 8), torch.ones(2, 3, 7, 8), torch.ones(2, 3, 7, 6)),
    ),
    "torch.conv_tbc": ("torch.conv_tbc(x, y, z)", (torch.ones(9, 2, 3), torch.ones(4, 3, 5), torch.ones(5))),
    "torch.nn.functional.conv_tbc": ("F.conv_tbc(x, y, z)", (torch.ones(9, 2, 3), torch.ones(4, 3, 5), torch.ones(5))),
}  # fmt: skip
LAYERS = {
    "torch.nn.Linear": ("nn.Linear(4, 6)", (a,)),
    "torch.nn.LazyLinear": ("nn.LazyLinear(6)", (a,)),
    "torch.nn.modules.linear.NonDynamicallyQuantizableLinear": (
        "nn.modules.linear.NonDynamicallyQuantizableLinear(4, 6)", (a,),
    ),
    "torch.nn.MultiheadAttention": (
        "nn.MultiheadAttention(8, 2, kdim=6, vdim=5, add_bias_kv=True, add_zero_attn=True, batch_first=True)",
        (torch.ones(2, 3, 8), torch.ones(2, 7, 6), torch.ones(2, 7, 5)),
    ),
    "torch.nn.RNN": ("nn.RNN(4, 5, 2, bidirectional=True)", (torch.ones(7, 2, 4),)),
    "torch.nn.GRU": ("nn.GRU(4, 5, batch_first=True)", (torch.ones(2, 7, 4),)),
    "torch.nn.LSTM": ("nn.LSTM(4, 5, 2, proj_size=3)", (torch.ones(7, 2, 4),)),
    "torch.nn.RNNCell": ("nn.RNNCell(4, 5)", (torch.ones(2, 4),)),
    "torch.nn.GRUCell": ("nn.GRUCell(4, 5)", (torch.ones(2, 4),)),
    "torch.nn.LSTMCell": ("nn.LSTMCell(4, 5)", (torch.ones(2, 4),)),
}  # fmt: skip
for d in (1, 2, 3):
    image, kernel = torch.ones(2, 4, *(6, 7, 8)[:d]), torch.ones(6, 2, *(3, 2, 3)[:d])
    for module, short in (("torch", "torch"), ("torch.nn.functional", "F")):
        FUNCTIONS[f"{module}.conv{d}d"] = (f"{short}.conv{d}d(x, y, None, 2, 1, groups=2)", (image, kernel))
        back = kernel.transpose(0, 1).repeat(2, *[1] * (d + 1))
        FUNCTIONS[f"{module}.conv_transpose{d}d"] = (f"{short}.conv_transpose{d}d(x, y, None, 2, 1)", (image, back))
    LAYERS[f"torch.nn.Conv{d}d"] = (f"nn.Conv{d}d(4, 6, 3, stride=2, padding=2, dilation=2, groups=2)", (image,))
    LAYERS[f"torch.nn.ConvTranspose{d}d"] = (f"nn.ConvTranspose{d}d(4, 6, 3, stride=2, groups=2)", (image,))
    LAYERS[f"torch.nn.LazyConv{d}d"] = (f"nn.LazyConv{d}d(6, 3)", (image,))
    LAYERS[f"torch.nn.LazyConvTranspose{d}d"] = (f"nn.LazyConvTranspose{d}d(6, 3, 2)", (image,))

# What torch's counter leaves out, with the number that the formula in the documentation comes to.
UNCOUNTED = {
    "torch.nn.Bilinear": ("nn.Bilinear(3, 4, 5)", (torch.ones(7, 3), torch.ones(7, 4)), 7 * 5 * 3 * 4),
    "torch.nn.functional.bilinear": (
        "F.bilinear(x, y, z)", (torch.ones(7, 3), torch.ones(7, 4), torch.ones(5, 3, 4)), 7 * 5 * 3 * 4,
    ),
    "torch.bilinear": (
        "torch.bilinear(x, y, z, None)", (torch.ones(7, 3), torch.ones(7, 4), torch.ones(5, 3, 4)), 7 * 5 * 3 * 4,
    ),
    "torch.conv_tbc": (FUNCTIONS["torch.conv_tbc"][0], FUNCTIONS["torch.conv_tbc"][1], 6 * 2 * 4 * 3 * 5),
    "torch.nn.functional.conv_tbc": (FUNCTIONS["torch.nn.functional.conv_tbc"][0], FUNCTIONS["torch.conv_tbc"][1], 6 * 2 * 4 * 3 * 5),
}  # fmt: skip
for name, number in {"mv": 12, "dot": 4, "vdot": 4, "addmv": 12, "addbmm": 2 * 3 * 4 * 5}.items():
    for kind in BOTH:
        expression, inputs = FUNCTIONS[f"torch.{kind}{name}"]
        UNCOUNTED[f"torch.{kind}{name}"] = expression, inputs, number


def program(expression, count):
    if expression.startswith("nn."):
        return f"model = {expression}\n"
    return f"class Model(nn.Module):\n    def forward(self, {', '.join('xyz'[:count])}):\n        return {expression}\nmodel = Model()\n"


@pytest.mark.parametrize("path", sorted({**FUNCTIONS, **LAYERS}.keys() - UNCOUNTED.keys()))
def test_a_rule_counts_as_torch_does(tmp_path, path):
    expression, inputs = {**FUNCTIONS, **LAYERS}[path]
    source = program(expression, len(inputs))
    summary = summarised(tmp_path, source, "model", inputs)
    model = built(source, "model")
    assert summary.multiply_adds == real(model, inputs)[0] > 0
    assert summary.weights.count == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("path", sorted(UNCOUNTED))
def test_a_rule_counts_what_its_formula_says(tmp_path, path):
    expression, inputs, expected = UNCOUNTED[path]
    assert summarised(tmp_path, program(expression, len(inputs)), "model", inputs).multiply_adds == expected


def test_each_formula_has_a_test():
    assert {p for p in formulas if p.startswith("torch.")} == FUNCTIONS.keys() | LAYERS.keys() | UNCOUNTED.keys()


@pytest.mark.parametrize("equation", ["ij,jk->ik", "bij,bkj->bik", "ij,kl->il", "bhid,bhjd->bhij", "i,j->ij", "ij->j"])
def test_einsum_counts_as_torch_does(tmp_path, equation):
    sizes = dict(zip("bhijkld", (2, 3, 4, 5, 6, 7, 8)))
    inputs = [torch.ones([sizes[x] for x in term]) for term in equation.partition("->")[0].split(",")]
    source = program(f"torch.einsum({equation!r}, {', '.join('xyz'[: len(inputs)])})", len(inputs))
    found = summarised(tmp_path, source, "model", inputs).multiply_adds
    # Where nothing is summed torch multiplies by bmm, which the counter counts, or by mul, which it does not.
    assert found in (real(built(source, "model"), inputs)[0], 0 if "->ij" in equation and "," in equation else None)


def test_einops_einsum_and_mix(tmp_path):
    pytest.importorskip("einops")
    source = """
        from einops import einsum
        from einops.layers.torch import EinMix

        class Model(nn.Module):
            def __init__(self):
                super().__init__()
                self.mix = EinMix("b t c -> b t d", weight_shape="c d", c=4, d=6)

            def forward(self, x):
                return einsum(self.mix(x), self.mix(x), "batch i d, batch j d -> batch i j")
    """
    inputs = [a]
    assert summarised(tmp_path, source, "Model()", inputs).multiply_adds == real(built(source, "Model()"), inputs)[0]


# -- models ----------------------------------------------------------------------------------------------------------

LSTM = """
    class Tagger(nn.Module):
        def __init__(self, words=50, tags=7):
            super().__init__()
            self.embedding = nn.Embedding(words, 16)
            self.lstm = nn.LSTM(16, 12, num_layers=2, bidirectional=True, batch_first=True)
            self.dropout = nn.Dropout(0.1)
            self.fc = nn.Linear(24, tags)

        def forward(self, x):
            x, _ = self.lstm(self.embedding(x))
            return self.fc(self.dropout(x))
"""
SHARED = """
    class Head(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.fc = nn.Linear(width, 50, bias=False)

        def forward(self, x):
            return self.fc(x)

    class Language(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(50, 16)
            self.block = nn.Sequential(nn.Linear(16, 16), nn.ReLU())
            self.norms = nn.ModuleList(nn.LayerNorm(16) for _ in range(3))
            self.heads = nn.ModuleList(Head(16) for _ in range(2))
            self.heads[0].fc.weight = self.embedding.weight
            self.scale = nn.Parameter(torch.ones(16), requires_grad=False)
            for parameter in self.norms.parameters():
                parameter.requires_grad = False
            self.block[0].requires_grad_(False)
            self.block[0].bias.requires_grad_(True)

        def forward(self, x):
            x = self.embedding(x) * self.scale
            for norm in self.norms:
                x = norm(self.block(x))
            return self.heads[0](x) @ self.heads[1](x).transpose(1, 2)
"""
FROZEN = """
    class Deep(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Linear(4, 4)
            self.layers = nn.Sequential(*[nn.Linear(4, 4) for _ in range(80)])
            for name, parameter in self.named_parameters():
                if "stem" not in name:
                    parameter.requires_grad = False

        def forward(self, x):
            return self.layers(self.stem(x))
"""


@pytest.mark.parametrize(
    ("source", "entry", "inputs"),
    [
        (LSTM, "Tagger()", [torch.zeros(2, 9, dtype=torch.int64)]),
        (SHARED, "Language()", [torch.zeros(2, 9, dtype=torch.int64)]),
        (FROZEN, "Deep()", [torch.ones(2, 4)]),
        ("", "nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)", [torch.ones(2, 9, 16)]),
        ("", "nn.TransformerEncoderLayer(16, 4, 32, norm_first=True).half().float()", [torch.ones(9, 2, 16)]),
        ("", "nn.TransformerDecoderLayer(16, 4, 32)", [torch.ones(9, 2, 16), torch.ones(5, 2, 16)]),
        ("", "nn.Transformer(16, 4, 2, 3, 32)", [torch.ones(5, 2, 16), torch.ones(9, 2, 16)]),
        ("", "nn.Transformer(16, 4, 1, 1, 32, norm_first=True, bias=False)", [torch.ones(5, 16), torch.ones(9, 16)]),
    ],
    ids=["lstm", "shared", "frozen", "encoder", "pre-norm", "decoder", "transformer", "unbatched"],
)
def test_a_model_is_as_in_a_real_run(tmp_path, source, entry, inputs):
    # On the meta device no kernel is taken that the counter does not know.
    with torch.device("meta"):
        model = built(source, entry)
    assert_same(summarised(tmp_path, source, entry, inputs), model, [x.to("meta") for x in inputs])


@pytest.fixture(scope="module")
def torchvision_operators():
    return None if "torchvision" in sys.modules else declared_operators()


@pytest.mark.skipif(importlib.util.find_spec("torchvision") is None, reason="torchvision is not installed")
@pytest.mark.parametrize(
    "name",
    ["resnet18", "mobilenet_v2", "vit_b_16", "densenet121", "swin_t", "convnext_tiny", "shufflenet_v2_x1_0"],
)
def test_a_torchvision_model_is_as_in_a_real_run(name, torchvision_operators):
    models = importlib.import_module("torchvision.models")
    with torch.device("meta"):
        model = getattr(models, name)().eval()
    inputs = [torch.empty(2, 3, 224, 224, device="meta")]
    result = Session().summarise("torchvision.models", f"{name}()", [spec(x) for x in inputs])
    assert_same(result.summary, model, inputs)


# -- what is not known -----------------------------------------------------------------------------------------------


def summary_of(tmp_path, body, inputs=("f:2,4",), imports=""):
    source = f"{HEAD}{imports}\nclass Model(nn.Module):\n" + textwrap.indent(textwrap.dedent(body), "    ")
    path = tmp_path / "program.py"
    path.write_text(source, encoding="utf-8")
    return Session([tmp_path]).summarise(str(path), "Model()", [InputSpec.parse(x) for x in inputs]).summary


INIT = """
def __init__(self):
    super().__init__()
    self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)
    self.c = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
"""


@pytest.mark.parametrize(
    ("forward", "expected"),
    [
        ("return self.a(x) if x.sum() > 0 else self.b(x)", 32),
        ("return self.a(x) if x.sum() > 0 else self.c(x)", None),
        ("if x.sum() > 0:\n        raise ValueError\n    return self.a(x)", 32),
        ("if x.sum() > 0:\n        x = self.a(x)\n    return x", None),
        ("if x.sum() > 0:\n        return x\n    return self.a(x)", None),
        ("if x.sum() > 0:\n        return self.b(x)\n    else:\n        return self.a(x)", 32),
        ("while x.sum() > 0:\n        x = self.a(x)\n    return x", None),
        ("for _ in range(3):\n        x = self.a(x)\n    return x", 96),
        ("return unheard.of(self.a(x))", None),
        ("def twice(y):\n        return self.a(self.a(y))\n    return twice(twice(x))", 128),
    ],
)
def test_multiply_adds_are_known_only_where_every_run_has_them(tmp_path, forward, expected):
    body = f"{INIT}\ndef forward(self, x):\n    {forward}\n"
    assert summary_of(tmp_path, body, imports="import unheard").multiply_adds == expected


@pytest.mark.parametrize(
    ("last", "count", "trainable"),
    [
        ("pass", 80, 80),
        ("self.d = unheard.Layer(3)", None, None),
        ("for p in [q for q in self.parameters() if unheard.of(q)]:\n        p.requires_grad = False", 80, None),
        ("self.a.requires_grad_(bool(unheard.flag))", 80, None),
        ("if unheard.flag:\n        self.a.requires_grad_(False)", 80, None),
        ("if unheard.flag:\n        self.e = nn.Linear(4, 4)", None, None),
        ("self.e = nn.Linear(4, unheard.size)", None, None),
        ("self.e = [nn.Linear(4, 4)]", 80, 80),
    ],
)
def test_weights_are_known_only_where_all_are(tmp_path, last, count, trainable):
    body = f"{INIT}\n    {last}\n\ndef forward(self, x):\n    return self.a(x)\n"
    weights = summary_of(tmp_path, body, imports="import unheard").weights
    assert (
        weights.count if isinstance(weights.count, int) else None,
        weights.trainable if isinstance(weights.trainable, int) else None,
    ) == (count, trainable)
