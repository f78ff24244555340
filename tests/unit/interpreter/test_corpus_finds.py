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
