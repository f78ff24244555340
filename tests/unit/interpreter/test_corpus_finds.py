"""What whole packages taught: programs that once stopped the interpreter, and programs that work."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from shapelens.analysis.session import Session


@pytest.mark.parametrize(
    "text",
    [
        # An annotation that cannot be evaluated.
        "class Lazy:\n    def __getattr__(self, name):\n        return getattr(None, name)\n"
        "lazy = Lazy()\ndef f(model: 'lazy.Model | None' = None):\n    return model\n",
        # A name that one branch imports with all others.
        "import torch\ntry:\n    from fast import *\nexcept ImportError:\n    from torch import *\nx = torch.ones(2)\ny = nothing(x)\n",
    ],
    ids=["annotation", "star"],
)
def test_is_analysed(text: str, tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text(text)
    analysis = Session([tmp_path]).analyse(str(file))
    assert not analysis.problems


WORKING = {
    # Who makes one gives the keywords, also those of a base that it hands them on to.
    "keywords": """
        import numpy as np
        from torch import nn
        from torch.nn import functional as F
        class Resize(nn.Module):
            def __init__(self, *args, init_cfg=None, **kwargs):
                super().__init__()
                self.args, self.kwargs = args, kwargs
            def forward(self, x):
                return F.interpolate(x, *self.args, **self.kwargs)
        class Base:
            def __init__(self, name="", prefix=dict(path="")):
                self.rows = [prefix["img"] + row for row in ("a", "b")] if prefix else []
                self.table = np.stack([])
        class Middle(Base):
            def __init__(self, *args, scale=1, **kwargs):
                super().__init__(*args, **kwargs)
        class Data(Middle):
            def __init__(self, root, **kwargs):
                super().__init__(name="", **kwargs)
        """.replace("np.stack([])", 'np.stack([1]) if prefix != dict(path="") else np.stack([])'),
    # A forward that is put onto an unknown module calls an object that keeps what it is given, in a table made anew.
    "put onto": """
        import torch
        class Store:
            def __init__(self):
                self.reset()
            def reset(self):
                self.step = {"up": [], "down": []}
            def keep(self, x, key):
                self.step[key].append(x)
            def __call__(self, x, key):
                return self.keep(x, key)
        def register(net, store, key):
            def forward(x):
                store(x, key)
                return x
            net.forward = forward
            for child in net.children():
                register(child, store, key)
        class Wrapped(torch.nn.Module):
            def __init__(self, net):
                super().__init__()
                self.net, self.store = net, Store()
                register(net, self.store, "up")
            def forward(self, x):
                self.store.reset()
                self.net(x)
                return torch.stack(self.store.step["up"])
        """,
    # What becomes a tensor was an array, which has methods of its own.
    "array": """
        import numpy as np, torch
        def project(rows, weights):
            basis = np.eye(4) - weights.basis()
            moved = torch.from_numpy(basis).t()
            return basis.dot(rows.T).dot(np.ones((3, 2))), torch.matmul(moved, moved)
        """,
    # A function that uses NumPy alone, in a module that has torch too, and one of a library of which nothing is known.
    "libraries": """
        import numpy as np, torch
        from mxnet.gluon import nn
        class Channel:
            def gain(self, phi):
                found = self.table[:, 0].reshape(8, 1)
                moved = (self.table * np.exp(phi)).dot(found).reshape(8, 1)
                return moved.dot(moved.transpose().conjugate()) + np.eye(8)
            def loss(self, x):
                return torch.relu(x)
        def ordered(probs):
            \"\"\"Args:
                probs: (N,)
            \"\"\"
            order = probs.argsort()[::-1]
            return np.asarray(order)
        """,
    "of another library": """
        from mxnet.gluon import nn
        def head(mlp, x):
            \"\"\"Args:
                x: (B, T, C)
            \"\"\"
            return x.reshape(shape=(0, 0, 4, 8)).dot(mlp)
        """,
    # What a decorator that nobody knows makes of a function takes other arguments.
    "decorated": """
        import click
        @click.group()
        def tool():
            pass
        @click.main(config="x")
        def main(config):
            return config
        tool(prog_name="tool")
        main()
        """,
    # A hook is given the module that it is registered on.
    "hook": """
        import torch
        net = torch.nn.Sequential(torch.nn.Linear(3, 4))
        last = net[-1]
        last.seen = []
        def keep(module, x, y):
            module.seen.append(y)
        last.register_forward_hook(keep)
        net(torch.zeros(2, 3))
        y = torch.cat(last.seen)
        """,
    # NumPy's scalars are no arrays, and a loop over one of two things fails only if it does over both.
    "scalars": """
        import numpy as np
        flow = np.random.choice([True, False], size=4)[2]
        if np.isscalar(flow):
            flow = [flow]
        known = all(isinstance(each, bool) for each in flow)
        if isinstance(flow, np.ndarray):
            flow[0]
        """,
    "dtypes": """
        import numpy as np
        def noise(size, dtype=np.float64):
            data = np.random.randn(size).astype(dtype)
            if np.dtype(dtype) is np.dtype(np.complex128):
                data += 1j * np.random.randn(size)
            return data
        noise(3)
        """,
    # A shape that is computed has as many sizes as it has.
    "computed shape": """
        import numpy as np
        shape = np.asarray((2, 50, 2, 50)).astype(np.int32)
        x = np.reshape(np.zeros((100, 100)), shape)
        y = np.einsum("ijkl,kl", x, np.zeros((2, 50)))
        """,
    "kinds of TensorFlow": """
        import tensorflow as tf
        def axes_of(a, axes):
            if isinstance(axes, tf.compat.integral_types):
                return list(range(a.sides(axes))), 3
            axes = tf.convert_to_tensor(axes)
            return axes[0], axes[1]
        def run(a):
            return axes_of(a, 2)
        """,
    # What `isinstance` is given may be a union.
    "union": """
        from torch import nn
        def init(module):
            if isinstance(module, nn.Linear | nn.Conv2d):
                nn.init.xavier_normal_(module.weight)
            elif isinstance(module, nn.BatchNorm1d | None):
                nn.init.constant_(module.weight, 1)
        nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).apply(init)
        """,
    # What methods fill that the constructor calls for some arguments only, hands on, or that are wrapped.
    "filled later": """
        import functools, torch
        from torch import nn
        def deprecated(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                return function(*args, **kwargs)
            return wrapper
        class Bank(nn.Module):
            def __init__(self, rows=None):
                super().__init__()
                self.rows, self.kept, self.bank = torch.empty(0), [], torch.empty(0)
                if rows is not None:
                    self.fit(rows)
                self.update = self.wrapped(self.update)
            def wrapped(self, function):
                return function
            def fit(self, rows):
                self.rows = rows
            def update(self, x):
                self.kept.append(x)
            @deprecated
            def subsample(self, x):
                self.bank = x
            def forward(self, x):
                return x @ self.rows
            def compute(self):
                return torch.hstack(self.kept)
            def distances(self):
                return self.bank.transpose(-1, -2)
        """,
    # Not only tensors have a norm.
    "norm": """
        import torch
        from torch import nn
        class Extractor(nn.Module):
            def __init__(self, made):
                super().__init__()
                self.body = made.model()
            def forward(self, x):
                return self.body.norm(x).permute(0, 2, 1)
        """,
    # A hook on an unknown module sets an attribute; modules are put into a container later; a callback fills a list.
    "set by a hook": """
        import torch
        from torch import nn
        from pytorch_lightning.utilities import apply_to_collection
        class Features(nn.Module):
            def __init__(self, model, name):
                super().__init__()
                self.model, self.output = model, None
                def hook(model, input, output):
                    self.output = output.detach()
                dict(model.named_modules())[name].register_forward_hook(hook)
            def forward(self, x):
                self.model(x)
                return self.output
        def features(model, batches):
            extract = Features(model, "last")
            return torch.cat([extract(x) for x in batches])
        class Experts(nn.Module):
            def __init__(self):
                super().__init__()
                self.table = nn.ModuleDict()
            def add(self, name, expert):
                self.table[name] = expert
            def forward(self, x):
                return torch.stack([expert(x) for expert in self.table.values()])
        def tensors(data):
            found = []
            def collect(x):
                found.append(x)
                return x
            apply_to_collection(data, function=collect)
            return torch.cat(found)
        """,
}


@pytest.mark.parametrize("name", WORKING)
def test_is_silent(name: str, tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text(textwrap.dedent(WORKING[name]))
    assert [p.message for p in Session([tmp_path]).analyse(str(file)).problems] == []


def test_what_a_launcher_sets_is_not_known_of_an_installed_package(tmp_path: Path) -> None:
    package = tmp_path / "site-packages" / "pack"
    package.mkdir(parents=True)
    package.joinpath("__init__.py").write_text(
        "import os\nimport torch\ndef ready():\n    return bool(os.environ.get('MASTER_ADDR', ''))\n"
        "def fast():\n    return bool(os.environ.get('PACK_FAST', ''))\n"
    )
    file = tmp_path / "site-packages" / "run.py"
    for name, told in (("ready", []), ("fast", ["this raises RuntimeError: use the launcher"])):
        file.write_text(f"import pack, torch\nif not pack.{name}():\n    raise RuntimeError('use the launcher')\n")
        assert [p.message for p in Session([file.parent]).analyse(str(file)).problems] == told


def test_names_that_a_package_tells_type_checkers_by_stars(tmp_path: Path) -> None:
    """As transformers has them: packages whose names are looked up when they are asked for."""
    lazy = "import sys\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n{stars}else:\n    sys.modules[__name__] = made()\n"
    many = [f"part_{n}" for n in range(30)]
    for name, parts in (
        ("hub", ["models"]),
        ("hub/models", [*many, "pyramid_net"]),
        ("hub/models/pyramid_net", ["net"]),
    ):
        folder = tmp_path / name
        folder.mkdir()
        stars = "".join(f"    from .{part} import *\n" for part in parts)
        folder.joinpath("__init__.py").write_text(lazy.format(stars=stars))
    (tmp_path / "hub/models/pyramid_net/net.py").write_text(
        "from torch import nn\nclass PyramidNetModel(nn.Module):\n    def __init__(self, d):\n        super().__init__()\n"
        "        self.layer = nn.Linear(d, 2 * d)\n    def forward(self, x):\n        return self.layer(x)\n"
    )
    file = tmp_path / "run.py"
    file.write_text("import torch\nfrom hub import PyramidNetModel\ny = PyramidNetModel(4)(torch.zeros(3, 4))\n")
    facts = Session([tmp_path]).analyse(str(file)).facts
    assert [(f.name, [v.shape for v in f.values]) for f in facts if f.name == "y"] == [("y", [(3, 8)])]
