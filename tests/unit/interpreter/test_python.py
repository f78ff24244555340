"""Python as people write models in it: each program is run by Python and by us, and must end with the same shapes.

A program's module-level names that hold a tensor after the real run are what ours must say, dtype included.
"""

from __future__ import annotations

import sys
import textwrap
import types
from pathlib import Path

import pytest
import torch

from shapelens.analysis.session import Session

IMPORTS = """
import copy, enum, functools, itertools, math, operator
from collections import OrderedDict, namedtuple
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, Optional
import torch
import torch.nn as nn
import torch.nn.functional as F
"""

PROGRAMS = {
    "inheritance_and_super": """
        class Base(nn.Module):
            width = 8
            def __init__(self, n):
                super().__init__()
                self.fc = nn.Linear(n, self.width)
            def forward(self, x):
                return self.head(self.fc(x))
            def head(self, x):
                return x
        class Mixin:
            def head(self, x):
                return torch.stack([super().head(x)] * 2)
        class Net(Mixin, Base):
            width = 16
        y = Net(4)(torch.zeros(3, 4))
    """,
    "properties_class_and_static_methods": """
        class Net(nn.Module):
            def __init__(self, dim):
                super().__init__()
                self._dim = dim
            @property
            def dim(self): return self._dim * 2
            @classmethod
            def small(cls): return cls(3)
            @staticmethod
            def make(n): return torch.ones(n, n)
            def forward(self, x): return x @ self.make(self.dim)
        y = Net.small()(torch.zeros(5, 6))
    """,
    "dataclass_config": """
        @dataclass
        class Config:
            dim: int
            heads: int = 4
            sizes: list = field(default_factory=lambda: [8, 16])
            @property
            def inner(self): return self.dim // self.heads
        c = Config(dim=32)
        x = torch.zeros(2, c.inner, *c.sizes)
    """,
    "named_tuples_and_enums": """
        class Sizes(NamedTuple):
            h: int
            w: int = 5
        Point = namedtuple("Point", ["a", "b"])
        class Kind(enum.Enum):
            BIG = 64
            SMALL = 8
        s = Sizes(3)
        p = Point(2, b=7)
        x = torch.zeros(s.h, s.w, p.a, p[1], Kind.BIG.value, Kind["SMALL"].value)
    """,
    "closures_defaults_and_stars": """
        def outer(n, *rest, scale=2, **more):
            def inner(m):
                return torch.zeros(n * scale, m, *rest, more.get("last", 1))
            return inner
        x = outer(3, 4, 5, scale=3, last=6)(2)
        args, kw = (1, 2), {"scale": 1}
        y = outer(*args, **kw)(9)
    """,
    "decorators_pass_through": """
        def register(name):
            def wrap(fn):
                @functools.wraps(fn)
                def inner(*args, **kwargs):
                    return fn(*args, **kwargs)
                return inner
            return wrap
        @register("a")
        @torch.no_grad()
        def make(n): return torch.zeros(n, 2)
        x = make(3)
    """,
    "partial_and_lambda": """
        conv = partial(nn.Conv2d, kernel_size=3, padding=1)
        act = lambda t: t[:, ::2]
        x = act(conv(3, 8)(torch.zeros(1, 3, 9, 9)))
    """,
    "comprehensions_and_generators": """
        def widths():
            for i in range(4):
                yield 2 ** i
        sizes = [w for w in widths() if w > 1]
        table = {k: v for k, v in zip("abc", sizes)}
        x = torch.zeros(*(s for s in sizes), len({1, 2, 2}), table["b"])
        total = torch.zeros(sum(a * b for a, b in itertools.product([1, 2], [3, 4])))
    """,
    "star_unpacking_slices_walrus": """
        first, *middle, last = [1, 2, 3, 4, 5]
        if (n := len(middle)) > 2:
            x = torch.zeros(n, first, last, *middle[::2], *reversed([7, 8]))
        a, (b, c) = 1, (2, 3)
        y = torch.zeros(a, b, c)
    """,
    "match_statement": """
        def make(kind):
            match kind:
                case "relu": return torch.zeros(1)
                case (a, b): return torch.zeros(a, b)
                case int(): return torch.zeros(kind)
                case _: return torch.zeros(9, 9)
        w, x, y, z = make("relu"), make((2, 3)), make(4), make(None)
    """,
    "conditions_fstrings_and_dict_views": """
        names = {f"layer{i}": i + 1 for i in range(3)}
        x = torch.zeros(*names.values(), 4 if "layer1" in names else 5)
        y = torch.zeros(len([k for k in names.keys() if k.endswith("2")]), *[v for k, v in names.items()])
        z = torch.zeros(3 if None or 0 else 2, 1 and 6)
    """,
    "try_with_assert_del_global": """
        counter = 2
        def bump():
            global counter
            counter += 3
        bump()
        try:
            value = {}["missing"]
        except KeyError:
            value = 4
        finally:
            extra = 6
        with torch.no_grad():
            assert counter == 5
            x = torch.zeros(counter, value, extra)
        del value
    """,
    "nonlocal_and_recursion": """
        def count(n):
            total = 0
            def step(k):
                nonlocal total
                if k == 0: return
                total += k
                step(k - 1)
            step(n)
            return total
        x = torch.zeros(count(4))
        def fact(n): return 1 if n < 2 else n * fact(n - 1)
        y = torch.zeros(fact(4))
    """,
    "loops_while_break_continue_else": """
        n, layers = 64, []
        while n > 4:
            layers.append(n)
            n //= 2
        for i, a in enumerate(layers):
            if a == 32: continue
            if a < 16: break
        else:
            i = 99
        x = torch.zeros(len(layers), n, i)
    """,
    "getattr_setattr_isinstance_callable": """
        class Box: pass
        b = Box()
        for name, n in [("w", 3), ("h", 4)]:
            setattr(b, name, n)
        x = torch.zeros(getattr(b, "w"), getattr(b, "d", 7), b.h if hasattr(b, "h") else 1)
        y = torch.zeros(2 if isinstance(nn.ReLU(), nn.Module) else 3, 4 if callable(len) else 5)
        act = getattr(nn, "Conv1d")(3, 5, 2)
        z = act(torch.zeros(1, 3, 6))
    """,
    "known_values_are_computed": """
        x = torch.zeros(math.ceil(7 / 2), int(10 * 0.25), round(3.6), max(2, 3), abs(-4), len("a,b".split(",")))
        y = torch.zeros(functools.reduce(operator.mul, [2, 3, 4]), divmod(17, 5)[1], sorted([3, 1, 2])[0])
    """,
    "sequential_forms": """
        a = nn.Sequential(OrderedDict([("one", nn.Linear(4, 8)), ("two", nn.ReLU())]))
        a.add_module("three", nn.Linear(8, 2))
        b = nn.Sequential(*[nn.Linear(2 ** i, 2 ** (i + 1)) for i in range(1, 4)])
        c = nn.Sequential(a, b)
        x = c(torch.zeros(5, 4))
        y = b[:2](torch.zeros(1, 2))
        z = a.one(torch.zeros(3, 4))
        b.append(nn.Linear(16, 3))
        w = b(torch.zeros(1, 2))
        last = b[-1].weight
    """,
    "module_containers": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])
                self.layers.append(nn.Linear(4, 6))
                self.heads = nn.ModuleDict({"a": nn.Linear(6, 2), "b": nn.Linear(6, 3)})
                self.register_buffer("mask", torch.ones(6))
                self.scale = nn.Parameter(torch.ones(1, 6))
            def forward(self, x):
                for layer in self.layers:
                    x = layer(x)
                x = x * self.mask + self.scale
                return {name: head(x) for name, head in self.heads.items()}
        out = Net()(torch.zeros(5, 4))
        x, y = out["a"], out["b"]
        n = torch.zeros(len(list(Net().parameters())), len(list(Net().children())))
    """,
    "head_replacement_and_weight_tying": """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.emb = nn.Embedding(50, 8)
                self.fc = nn.Linear(8, 10)
                self.out = nn.Linear(8, 50, bias=False)
                self.out.weight = self.emb.weight
            def forward(self, x):
                h = self.emb(x)
                return self.fc(h), self.out(h)
        net = Net()
        net.fc = nn.Linear(net.fc.in_features, 2)
        x, y = net(torch.zeros(3, 7, dtype=torch.long))
    """,
    "apply_to_half_eval": """
        def init(m):
            if isinstance(m, nn.Linear):
                nn.init.zeros_(m.weight)
        net = nn.Sequential(nn.Linear(3, 4), nn.Tanh()).apply(init).double().eval().train()
        x = net(torch.zeros(2, 3, dtype=torch.float64))
        y = net.to(torch.float32)(torch.zeros(2, 3))
    """,
    "deepcopy_clones": """
        block = nn.Sequential(nn.Linear(4, 4))
        blocks = nn.ModuleList([copy.deepcopy(block) for _ in range(2)])
        blocks[0].append(nn.Linear(4, 7))
        x, y = blocks[0](torch.zeros(1, 4)), blocks[1](torch.zeros(1, 4))
    """,
    "call_methods_and_operators": """
        class Vec:
            def __init__(self, n): self.n = n
            def __add__(self, other): return Vec(self.n + other.n)
            def __call__(self, m): return torch.zeros(self.n, m)
            def __len__(self): return self.n
            def __getitem__(self, i): return self.n + i
            def __iter__(self): return iter([self.n, self.n])
            def __enter__(self): return self
            def __exit__(self, *a): return False
        v = Vec(2) + Vec(3)
        with v as u:
            x = u(4)
        y = torch.zeros(len(v), v[1], *v)
    """,
    "lists_change_in_place": """
        sizes = [1]
        def grow(items): items.append(len(items) + 1)
        grow(sizes); grow(sizes)
        sizes += [9]
        sizes.insert(0, 5); sizes.pop(1)
        other = sizes
        other[0] = 7
        x = torch.zeros(sizes)
        table = dict(a=1); table.update(b=2); table.setdefault("c", 3)
        y = torch.zeros(*table.values())
    """,
    "numbers_of_small_tensors": """
        widths = (torch.arange(4) * 2.5 + 8).int().tolist()
        x = torch.zeros(*widths)
        steps = [int(v) for v in torch.linspace(2, 8, 3)]
        y = torch.zeros(steps)
        z = torch.zeros(torch.diff(torch.tensor([0, 2, 5])).tolist())
    """,
    "in_place_reshapes_and_aliases": """
        x = torch.zeros(2, 3)
        other = [x]
        x.unsqueeze_(0)
        x += 1
        y = other[0].squeeze(0).t_()
    """,
    "registries_filled_by_decorators": """
        import sys, re
        from collections import defaultdict, deque
        entry_points, by_module, tags = {}, defaultdict(set), defaultdict(deque)
        def register(fn):
            module = sys.modules[fn.__module__]
            by_module[fn.__module__].add(fn.__name__)
            entry_points[fn.__name__] = fn
            tags[fn.__name__].append("b")
            tags[fn.__name__].appendleft("a")
            return fn
        for i in range(3):
            def made(width=i + 1): return torch.zeros(width)
            made.__name__ = f"net_{i}"
            register(made)
        @register
        def small(width=4): return torch.zeros(width, width)
        x = entry_points["small"]()
        y = torch.zeros(len(by_module[small.__module__]), len(tags["small"]))
        z = torch.zeros(1 if tags["small"].popleft() == "a" else 2)
    """,
    "tables_longer_than_loops_are_unrolled": """
        table = {f"net_{i}.v{i % 2}": dict(width=i) for i in range(400)}
        widths = {}
        for key, row in table.items():
            name, tag = key.split(".")
            if tag == "v1":
                widths[name] = row["width"]
        x = torch.zeros(widths["net_301"])
    """,
    "regular_expressions": """
        import re
        def decode(text):
            options = {}
            for op in text.split("_")[1:]:
                key, value = re.split(r"(\\d.*)", op)[:2]
                options[key] = int(value)
            return options
        o = decode("ir_r2_k3_c16")
        m = re.match(r"layer(\\d+)", "layer12")
        pattern = re.compile(r"[a-z]+")
        x = torch.zeros(o["k"], o["c"], int(m.group(1)) if m else 1, len(pattern.findall("ab c 1 d")))
        y = torch.zeros(1 if re.search("q", "abc") is None else 2)
    """,
    "what_a_library_has": """
        has = "silu" in dir(torch.nn.functional)
        act = nn.SiLU if has else nn.Identity
        table = dict(relu=nn.ReLU, silu=nn.SiLU if has else nn.ReLU, gelu=nn.GELU)
        x = table["gelu"]()(torch.zeros(3)) if hasattr(F, "gelu") else torch.zeros(4)
        y = torch.zeros(5) if isinstance(nn.BatchNorm2d, (type, str)) else torch.zeros(6)
        z = torch.zeros(7) if isinstance(partial(nn.Linear, 3), partial) else torch.zeros(8)
    """,
    "abstract_classes": """
        from collections.abc import Collection, Hashable, Mapping, Sequence
        import numbers
        def kind(value):
            if isinstance(value, enum.EnumMeta): return 1
            if isinstance(value, Mapping): return 2
            if isinstance(value, str): return 3
            if isinstance(value, Sequence): return 4
            if isinstance(value, numbers.Number): return 5
            if isinstance(value, Collection): return 6
            return 7 if isinstance(value, Hashable) else 8
        class Color(enum.Enum):
            RED = 1
        x = torch.zeros([kind(v) for v in (Color, {}, "a", [1], (2,), 3, {1}, None)])
    """,
    "a_mixin_behind_the_module": """
        class Encoder(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv2d(3, 4, 3, stride=2, padding=1)
            def forward(self, x): return self.conv(x)
        class Dilated:
            @property
            def stages(self): return [self.conv]
            def make_dilated(self):
                for stage in self.stages:
                    for module in stage.modules():
                        if isinstance(module, nn.Conv2d):
                            module.stride = (1, 1)
            def train(self, mode=True): raise RuntimeError
        class Net(Encoder, Dilated): pass
        net = Net()
        net.make_dilated()
        net.train()
        y = net(torch.zeros(1, 3, 8, 8))
    """,
    "modules_by_their_tables": """
        class Concat(nn.Sequential):
            def forward(self, x):
                return torch.cat([m(x) for m in self._modules.values()], 1)
        net = Concat(nn.Linear(3, 4), nn.Linear(3, 5))
        x = net(torch.zeros(2, 3))
        net._modules["last"] = nn.Linear(3, 6)
        y = net(torch.zeros(2, 3))
        z = net[0].forward(torch.zeros(7, 3))
        w = nn.Sequential(nn.Linear(3, 4), nn.ReLU()).forward(torch.zeros(2, 3))
    """,
    "replaced_configs": """
        from dataclasses import replace
        @dataclass
        class Config:
            dim: int = 3
            heads: int = 4
            def __post_init__(self): self.inner = self.dim * self.heads
        x = torch.zeros(replace(Config(), dim=5).inner)
        Point = namedtuple("Point", ["a", "b"])
        p = Point(1, 2)._replace(b=6)
        y = torch.zeros(p.a, p.b, *p._asdict().values(), len(Point._fields))
        z = torch.zeros(Point._make([2, 3]))
        nested = partial(partial(torch.zeros, 2), 3)
        w = nested() if nested.func is torch.zeros else nested
    """,
    "dataclasses_made_by_a_base": """
        class Base:
            def __init_subclass__(cls, **kwargs):
                super().__init_subclass__(**kwargs)
                dataclass(cls, repr=False)
        class Config(Base):
            dim: int = 7
            depth: int = 3
        x = torch.zeros(Config(dim=2).dim, Config(8).depth, Config().dim)
    """,
    "attribute_hooks": """
        class Config:
            attribute_map = {"hidden_size": "n_embd"}
            def __init__(self, n_embd=8):
                self.n_embd = n_embd
                self.labels = None
            def __setattr__(self, key, value):
                if key in super().__getattribute__("attribute_map"):
                    key = super().__getattribute__("attribute_map")[key]
                super().__setattr__(key, value)
            def __getattribute__(self, key):
                if key != "attribute_map" and key in super().__getattribute__("attribute_map"):
                    key = super().__getattribute__("attribute_map")[key]
                return super().__getattribute__(key)
            @property
            def classes(self): return len(self.labels)
            @classes.setter
            def classes(self, n): self.labels = list(range(n))
        c = Config(16)
        x = torch.zeros(c.hidden_size)
        c.classes = 5
        c.hidden_size = 9
        y = torch.zeros(c.classes, c.n_embd)
    """,
    "parameters_in_their_order": """
        net = nn.ModuleList([nn.Conv2d(3, 4, 2), nn.MultiheadAttention(4, 2), nn.LSTM(3, 5), nn.Linear(6, 7)])
        x = next(net.parameters()) * 1
        for p in net.parameters():
            p.requires_grad = False
        y = p * 2
        z = torch.cat([q.flatten() for n, q in net[2].named_parameters() if n.startswith("bias")])
    """,
    "ordered_dict_reordered": """
        d = OrderedDict([("p", 3), ("q", 8), ("r", 5)])
        d.move_to_end("p")
        x = torch.zeros(list(d.values()))
        d.move_to_end("r", last=False)
        first = d.popitem(last=False)
        last = d.popitem()
        y = torch.zeros(first[1], last[1], len(d))
    """,
    "sorted_by_what_is_not_known": """
        x = torch.ones(2, 3)
        y = torch.cat(sorted([x, x * 2], key=lambda t: t.sum().item()), dim=1)
    """,
    "one_of_several_things": """
        def block(t):
            if t.mean() < 0.1:
                return t[1]
            return {"out": t, "in": t}
        x = torch.ones(2, 3)
        block(x)["out"]
        block(x).get("out")
    """,
    "what_a_loader_s_loop_leaves": """
        from torch.utils.data import DataLoader, TensorDataset
        for xb, in DataLoader(TensorDataset(torch.randn(10, 4)), batch_size=5):
            out = xb * 2
        y = out + 1
    """,
    "scalars_transposed": """
        x = torch.ones(3).sum()
        y = x.mT
        z = torch.stack([x.mH, x.H, x.T])
    """,
    "stacks_put_in_a_mode": """
        net = nn.Sequential(nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 1, 8), num_layers=2))
        net.eval()
        y = net(torch.zeros(2, 3, 6))
        net.train()
        z = net(torch.zeros(4, 3, 6))
    """,
    "autograd_functions": """
        class Swish(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return (x * torch.sigmoid(x)).sum(-1)
            @staticmethod
            def backward(ctx, grad): return grad
        swish = Swish.apply
        x = Swish.apply(torch.zeros(2, 3))
        y = swish(torch.zeros(4, 5, 6))
    """,
    "known_numbers_counted": """
        widths = torch.tensor([8, 8, 16, 24, 24, 24])
        values, counts = torch.unique(widths, return_counts=True)
        x = torch.zeros(values.tolist())
        y = torch.zeros(counts.tolist())
        z = torch.zeros(len(torch.unique(widths)))
    """,
}


def analysed(source: str, path: Path) -> dict[str, list[tuple[object, ...]]]:
    path.write_text(source)
    found = Session([path.parent]).analyse(str(path))
    assert not found.problems, [p.message for p in found.problems]
    return {f.name: [(v.shape, v.dtype) for v in f.values] for f in found.facts if f.kind == "assign"}


def hold(name: str, program: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a program, and hold what is said of its last tensors against it."""
    monkeypatch.setenv("SHAPELENS_STRICT", "1")
    source = IMPORTS + textwrap.dedent(program)
    module = types.ModuleType("program")
    monkeypatch.setitem(sys.modules, "program", module)
    exec(compile(source, name, "exec", dont_inherit=True), vars(module))
    real = {k: (tuple(v.shape), str(v.dtype)[6:]) for k, v in vars(module).items() if isinstance(v, torch.Tensor)}
    assert real, "the program must leave tensors behind"
    ours = analysed(source, folder / "program.py")
    wrong = {k: (v, ours.get(k)) for k, v in real.items() if ours.get(k, [None])[-1] != v}
    assert not wrong, wrong


@pytest.mark.parametrize("name", PROGRAMS)
def test_ends_with_the_shapes_of_the_real_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hold(name, PROGRAMS[name], tmp_path, monkeypatch)
