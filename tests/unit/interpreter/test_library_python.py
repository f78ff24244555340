"""Python as libraries of models use it: each program is run by Python and by us, and must end with the same shapes."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
import torch
from tests.unit.interpreter.test_python import IMPORTS, hold
from torch import nn

from shapelens.analysis.session import Session
from shapelens.interpreter.stdlib import Version, release_of
from shapelens.rules.torch.names import LAYER_NAMES, TENSOR_NAMES

PROGRAMS = {
    "part_of_an_iterator": """
        import itertools
        def batches(data, size):
            it = iter(data)
            while True:
                chunk = list(itertools.islice(it, size))
                if not chunk:
                    return
                yield torch.stack(chunk)
        rows = [torch.zeros(3) for _ in range(7)]
        x = torch.cat(list(batches(rows, 4)))
        left = iter(range(9))
        y = torch.zeros(len(list(itertools.islice(left, 1, 6, 2))), len(list(left)))
        z = torch.stack(list(itertools.accumulate(torch.ones(4, 2), lambda a, b: 0.9 * a + b)))
    """,
    "gradients_and_in_place": """
        w = torch.randn(5, 3, requires_grad=True)
        (w ** 2).sum().backward()
        with torch.no_grad():
            w -= 0.1 * w.grad
            if w.grad is not None:
                w.grad.zero_()
        fresh = torch.zeros(2, requires_grad=True)
        assert fresh.grad is None
        x = w.clone()
        y = x * w.grad
    """,
    "what_chance_picks": """
        import random
        from collections import deque, namedtuple
        Step = namedtuple("Step", "state action reward")
        memory = deque([], maxlen=1000)
        for i in range(20):
            memory.append(Step(torch.rand(1, 4), torch.tensor([[random.randrange(2)]]), torch.tensor([random.random()])))
        batch = Step(*zip(*random.sample(memory, 8)))
        states, actions, rewards = torch.cat(batch.state), torch.cat(batch.action), torch.cat(batch.reward)
        one = random.choice(memory).state
        rows = [torch.zeros(2, 3) for _ in range(4)]
        random.shuffle(rows)
        x = torch.stack(rows)
        y = torch.stack(random.choices(rows, k=5))
    """,
    "states_that_fit": """
        class Head(nn.Module):
            def __init__(self, n):
                super().__init__()
                self.body, self.head = nn.Linear(4, 8), nn.Linear(8, n)
        state = Head(10).state_dict()
        new = Head(3)
        new.load_state_dict({k: v for k, v in state.items() if not k.startswith("head")}, strict=False)
        class Own(nn.Linear):
            def _load_from_state_dict(self, *args): pass
        Own(4, 3).load_state_dict({"weight": torch.zeros(9, 9)}, strict=False)
        Head(10).load_state_dict(state)
        x = new.head.weight
    """,
    "bare_caches": """
        from functools import lru_cache, cache
        @lru_cache
        def width(): return 6
        @cache
        def height(): return 4
        x = torch.zeros(width(), height())
    """,
    "subclass_of_dict": """
        class Registry(dict):
            def __setitem__(self, key, value): super().__setitem__(str(key), value)
            def get(self, key): return super().get(str(key)) or 3
            def __contains__(self, key): return super().__contains__(str(key))
        class A: pass
        widths = Registry()
        widths[A] = 5
        x = torch.zeros(widths.get(A), widths.get(7))
        y = torch.zeros(2 if A in widths else 9, 2 if 7 in widths else 9)
        z = torch.zeros([8 if str(A) == "<class 'program.A'>" else 1])
    """,
    "mapping_with_two_tables": """
        from collections.abc import MutableMapping
        class Interface(MutableMapping):
            _all = {"sum": torch.sum, "mean": torch.mean}
            def __init__(self): self._own = {}
            def __getitem__(self, key): return self._own[key] if key in self._own else self._all[key]
            def __setitem__(self, key, value): self._own.update({key: value})
            def __delitem__(self, key): del self._own[key]
            def __iter__(self): return iter({**self._all, **self._own})
            def __len__(self): return len(self._all.keys() | self._own.keys())
            def names(self): return list(self.keys())
        ops = Interface()
        ops["stack"] = lambda x, dim: torch.stack([x, x], dim)
        x = ops["stack"](torch.zeros(3, 4), 1)
        y = ops.get("nothing", ops["sum"])(torch.zeros(3, 4), 1)
        z = torch.zeros(len(ops.names()), 2 if "mean" in ops else 1, 5 if "max" in ops else 1)
    """,
    "output_that_is_a_dataclass_and_a_dict": """
        from dataclasses import fields, is_dataclass
        class Output(OrderedDict):
            def __init__(self, *args, **kwargs): super().__init__(*args, **kwargs)
            def __post_init__(self):
                for field in fields(self):
                    if getattr(self, field.name) is not None:
                        self[field.name] = getattr(self, field.name)
            def __getitem__(self, k): return dict(self.items())[k] if isinstance(k, str) else self.to_tuple()[k]
            def __setitem__(self, key, value):
                super().__setitem__(key, value)
                super().__setattr__(key, value)
            def to_tuple(self): return tuple(self[k] for k in self.keys())
        @dataclass
        class Features(Output):
            last: Optional[torch.Tensor] = None
            hidden: Optional[torch.Tensor] = None
            pooled: Optional[torch.Tensor] = None
        out = Features(last=torch.zeros(2, 3), pooled=torch.zeros(4))
        a, b, c = out[0], out[1], out["pooled"]
        d = torch.zeros(len(out.to_tuple()), 3 if is_dataclass(out) else 1)
    """,
    "subclass_hooks_run_before_decorators": """
        class Base:
            def __init_subclass__(cls, **kwargs):
                super().__init_subclass__(**kwargs)
                dataclass(cls)
        def checked(cls):
            cls.count = len(cls.__dataclass_fields__) if hasattr(cls, "__dataclass_fields__") else 0
            return cls
        @checked
        class Config(Base):
            width: int = 4
            depth: int = 5
        x = torch.zeros(Config(depth=7).depth, 1 + bool(Config.count))
    """,
    "descriptors_of_the_program": """
        class classproperty(property):
            def __get__(self, instance, cls): return self.fget(cls)
        class Doubled:
            def __init__(self, n): self.n = n
            def __get__(self, instance, cls): return self.n if instance is None else 2 * self.n
        class Net:
            sizes = {"a": 3}
            size = Doubled(4)
            @classproperty
            def first(cls): return cls.sizes["a"]
        x = torch.zeros(Net.first, Net().first, Net.size, Net().size)
    """,
    "context_variables": """
        from contextvars import ContextVar
        width = ContextVar("width", default=2)
        def made(): return torch.zeros(width.get())
        a = made()
        token = width.set(7)
        b = made()
        width.reset(token)
        c = made()
    """,
    "a_try_that_cannot_fail": """
        def check(kind):
            if kind not in ("a", "b"):
                raise ValueError(kind)
        kind, width = "a", 4
        try:
            check(kind)
        except ValueError:
            kind, width = "b", 5
        x = torch.zeros(width)
        try:
            check("z")
        except (ValueError, ImportError):
            width = 6
        y = torch.zeros(width)
    """,
    "attributes_that_layers_have_not": """
        conv = nn.Conv2d(3, 8, 3)
        x = torch.zeros([2 if hasattr(conv, "plan") else 3, 4 if hasattr(conv, "groups") else 5])
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(2, 2)
        y = torch.zeros(1 + hasattr(Net(), "head"), 1 + hasattr(Net(), "fc"), 1 + hasattr(Net, "prepare"))
        z = torch.zeros(getattr(nn.ReLU(), "width", 9), 2 if hasattr(x, "jax") else 3)
    """,
    "versions": """
        import importlib.util
        from importlib.metadata import PackageNotFoundError, version as installed
        from packaging import version
        new = version.parse(torch.__version__) >= version.parse("2.0")
        x = torch.zeros(3 if new else 4, 5 if torch.__version__ >= "1.10" else 6, version.Version("1.20").minor)
        y = torch.zeros(2 if importlib.util.find_spec("json") is not None else 3)
    """,
    "what_a_call_reads_around_it_changes": """
        class Config: n = 2
        class Table:
            held = {"n": 3}
            def size(self): return torch.zeros(self.held["n"])
        config, table, k = Config(), {"n": 2}, 2
        def by_object(): return torch.zeros(config.n)
        def by_table(): return torch.zeros(table["n"])
        def by_name(): return torch.zeros(k)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(3, k)
            def forward(self, x): return self.fc(x)
        def around():
            n = 3
            def inner(): return torch.zeros(n)
            first = inner()
            n = 4
            return first, inner()
        a, b, c, d, e = by_object(), by_table(), by_name(), Table().size(), Net()(torch.zeros(1, 3))
        config.n = table["n"] = Table.held["n"] = 7
        k = 8
        f, g, h, i, j = by_object(), by_table(), by_name(), Table().size(), Net()(torch.zeros(1, 3))
        x, y = around()
        Config.n = 9
        config = Config()
        z = by_object()
    """,
    "private_names": """
        class Base:
            __count = 2
            def __init__(self):
                self.__width = 3
                self.__width += 1
            def __size(self): return self.__width
            def made(self): return torch.zeros(self.__size(), self.__count)
        class Net(Base):
            def __init__(self):
                super().__init__()
                self.__width = 9
            def __size(self): return 7
            def other(self): return torch.zeros(self.__size(), self.__width)
        x, y = Net().made(), Net().other()
        z = torch.zeros(2 if hasattr(Net(), "_Base__width") else 3, 2 if hasattr(Net(), "__width") else 3)
    """,
    "registered_configuration": """
        class Frozen(OrderedDict):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                for key, value in self.items():
                    setattr(self, key, value)
                self.__frozen = True
            def __setattr__(self, name, value):
                if hasattr(self, "__frozen") and self.__frozen:
                    raise Exception("frozen")
                super().__setattr__(name, value)
        def registered(init):
            @functools.wraps(init)
            def made(self, **kwargs):
                self.register(**kwargs)
                init(self, **kwargs)
            return made
        class Mixin:
            def register(self, **kwargs):
                if not hasattr(self, "_held"):
                    held = kwargs
                else:
                    held = {**self._held, **kwargs}
                object.__setattr__(self, "_held", Frozen(held))
            @property
            def config(self): return self._held
        class Model(nn.Module):
            def __init__(self):
                super().__init__()
            def __getattr__(self, name):
                if "_held" in self.__dict__ and name in self.__dict__["_held"] and name not in self.__dict__:
                    return self._held[name]
                return super().__getattr__(name)
        class Net(Model, Mixin):
            @registered
            def __init__(self, n):
                super().__init__()
                self.fc = nn.Linear(self.config.n, self.n)
        net = Net(n=6)
        x = net.fc(torch.zeros(2, 6))
        y = torch.zeros(net.config["n"], 2 if hasattr(net, "nothing") else 3)
    """,
    "what_is_known_of_and_and_or": """
        class Net(nn.Module):
            recompute = False
            def forward(self, x):
                if torch.is_grad_enabled() and self.recompute:
                    return x.unknown(3)
                if torch.is_grad_enabled() or True:
                    return x[1:]
                return x.t()
        x = Net()(torch.zeros(3, 4))
        y = torch.zeros(3 if operator.ge(2, 1) else 4)
    """,
    "wrapped_in_one_way_or_another": """
        import os
        def deprecated(since):
            if os.environ.get("SINCE_WHEN", "1") == since:
                return lambda function: function
            def decorator(function):
                @functools.wraps(function)
                def wrapper(*args, **kwargs):
                    return function(*args, **kwargs)
                return wrapper
            return decorator
        class Net(nn.Module):
            @deprecated("2")
            def __init__(self, n):
                super().__init__()
                self.fc = nn.Linear(n, 2 * n)
            @deprecated("3")
            def forward(self, x): return self.fc(x)
        x = Net(3)(torch.zeros(1, 3))
    """,
    "lists_of_modules_and_none": """
        layers, skips = nn.ModuleList(), nn.ModuleList()
        for i in range(3):
            layers.append(nn.Linear(2, 2))
            skips.append(nn.Linear(2, 5) if i == 2 else None)
        x = torch.zeros(1, 2)
        for layer, skip in zip(*tuple(tuple(each[i] for i in range(3)) for each in (layers, skips))):
            x = layer(x)
            if skip is not None:
                x = skip(x)
        y = torch.zeros(len(skips), 2 if skips[0] is None else 3)
    """,
    "sequences_by_item": """
        class Layers:
            def __init__(self, n): self.n = n
            def __len__(self): return self.n
            def __getitem__(self, i):
                if i >= len(self): raise IndexError(i)
                return torch.zeros(i + 1, 2)
        sizes = [layer.shape[0] for layer in Layers(3)]
        x = torch.zeros(sizes)
        y = torch.zeros(len(dict.fromkeys([4, 4, 5])), 2)
    """,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_ends_with_the_shapes_of_the_real_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hold(name, PROGRAMS[name], tmp_path, monkeypatch)


@pytest.mark.parametrize(
    "body", ["width = int(text)", "width = table[text]", "width = len(open(text).read())", "f(text)"]
)
def test_a_try_that_may_fail_leads_to_its_handler(body: str, tmp_path: Path) -> None:
    source = f"""
        def g(text, table, f):
            width = 4
            try:
                {body}
            except Exception:
                width = 5
            return torch.zeros(width)
        """
    path = tmp_path / "program.py"
    path.write_text(IMPORTS + textwrap.dedent(source))
    rows = [f for f in Session([tmp_path]).analyse(str(path)).facts if f.kind == "return"]
    assert rows
    assert rows[0].values[0].shape != (4,)


def test_a_decorator_that_runs_long_leaves_its_function(tmp_path: Path) -> None:
    (tmp_path / "deep.py").write_text(
        "import torch\ntable = [[[a + b + c for a in range(40)] for b in range(40)] for c in range(40)]\nSIZE = 3\n"
    )
    (tmp_path / "tools.py").write_text(
        "import torch\nimport deep\ndef documented(f):\n    f.__doc__ = str(len(deep.table))\n    return f\n"
        "@documented\ndef made(n):\n    return torch.zeros(n, deep.SIZE)\n"
    )
    path = tmp_path / "program.py"
    path.write_text("from tools import made\nx = made(2)\n")
    facts = Session([tmp_path]).analyse(str(path)).facts
    assert [v.shape for f in facts if f.name == "x" for v in f.values] == [(2, 3)]


def test_star_imports_of_two_branches_are_both_looked_through(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("import torch\nWIDTH = 3\n")
    (tmp_path / "two.py").write_text("import torch\nHEIGHT = 4\n")
    (tmp_path / "both.py").write_text(
        "import sys\nimport torch\nif len(sys.argv) > 1:\n    from one import *\nelse:\n    from two import *\n"
        "from one import *\nfrom two import *\n"
    )
    path = tmp_path / "program.py"
    path.write_text("import torch\nfrom both import HEIGHT, WIDTH\nx = torch.zeros(HEIGHT, WIDTH)\n")
    facts = Session([tmp_path]).analyse(str(path)).facts
    assert [v.shape for f in facts if f.name == "x" for v in f.values] == [(4, 3)]


def test_a_package_that_imports_its_parts_late_is_followed_by_what_it_tells_type_checkers(tmp_path: Path) -> None:
    package = tmp_path / "parts"
    package.mkdir()
    (package / "layers.py").write_text("import torch\ndef made(n):\n    return torch.zeros(n, 3)\n")
    (package / "__init__.py").write_text(
        "import sys\nimport torch\nfrom typing import TYPE_CHECKING\nfrom somewhere import Lazy\n"
        "if TYPE_CHECKING:\n    from .layers import made\nelse:\n    sys.modules[__name__] = Lazy(__name__)\n"
    )
    path = tmp_path / "program.py"
    path.write_text("from parts import made\nx = made(2)\n")
    facts = Session([tmp_path]).analyse(str(path)).facts
    assert [v.shape for f in facts if f.name == "x" for v in f.values] == [(2, 3)]


def test_releases_are_compared_by_their_numbers() -> None:
    assert release_of("2.10.0+cpu") == (2, 10)
    assert release_of("2.1.0rc1") is None
    assert Version("2.13.0") >= "2.4"
    assert not Version("2.13.0") < (2, 4)


LAYERS = [nn.Conv1d(1, 1, 1), nn.BatchNorm2d(3), nn.LSTM(2, 2, 2), nn.MultiheadAttention(4, 2), nn.Embedding(3, 4),
          nn.TransformerEncoderLayer(4, 2), nn.Upsample(4), nn.PReLU(), nn.GroupNorm(1, 2), nn.CrossEntropyLoss()]  # fmt: skip


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_the_names_of_layers_are_all_there(layer: nn.Module) -> None:
    inner = {*layer._parameters, *layer._buffers, *layer._modules}
    own = {name for name in {*vars(layer), *inner, *dir(type(layer))} if not name.startswith("__")}
    every_module = {*vars(nn.Module()), *dir(nn.Module)}
    missing = own - every_module - LAYER_NAMES[f"torch.nn.{type(layer).__name__}"]
    assert {name for name in missing if not name.startswith(("weight_", "bias_"))} == set()


def test_the_names_of_tensors_are_all_there() -> None:
    assert {name for name in dir(torch.ones(2)) if not name.startswith("__")} <= TENSOR_NAMES
