"""Write server/shapelens/rules/torch/names.py anew: `python -m tests.rules.torch.names --write`."""

from __future__ import annotations

import inspect
import re
import sys
import textwrap
from pathlib import Path

import torch
from torch import nn

import shapelens.rules.torch

_MODULE = set(dir(nn.Module)) | set(vars(nn.Module()))
_SET = re.compile(r"self\.(\w+)\s*(?::[^=\n]+)?=[^=]")
_REGISTERED = re.compile(r"""(?:register_buffer|register_parameter|setattr)\(\s*(?:self,\s*)?["'](\w+)""")
_TOGETHER = re.compile(r"self\.\w+(?:\s*,\s*self\.\w+)+\s*=")
HEAD = '''"""The names of attributes that torch's tensors and layers have, so that it can be told which they have not.

Written by tests/rules/torch/names.py from torch itself; names with two underscores and those of Module are left out.
"""

from __future__ import annotations

TENSOR_NAMES = frozenset(
    (
%s
    ).split()
)

_LAYER_NAMES = {
%s}

LAYER_NAMES = {f"torch.nn.{layer}": frozenset(names.split()) for layer, names in _LAYER_NAMES.items()}
'''


def layer_names() -> dict[str, set[str]]:
    """What the classes of torch.nn have, and what their methods set, beside what every Module has."""
    found = {}
    for name, cls in vars(nn).items():
        if inspect.isclass(cls) and issubclass(cls, nn.Module) and cls is not nn.Module:
            names: set[str] = set()
            for base in cls.__mro__[: cls.__mro__.index(nn.Module)]:
                source = inspect.getsource(base)
                names |= {*vars(base), *vars(base).get("__annotations__", {}), *_SET.findall(source)}
                names.update(
                    _REGISTERED.findall(source), *map(re.compile(r"self\.(\w+)").findall, _TOGETHER.findall(source))
                )
            found[name] = {n for n in names - _MODULE if not n.startswith("__")}
    return dict(sorted(found.items()))


def tensor_names() -> list[str]:
    """What every tensor has."""
    return [name for name in dir(torch.ones(2)) if not name.startswith("__")]


def _quoted(words: list[str], indent: int) -> str:
    lines = textwrap.wrap(" ".join(words), 116 - indent) or [""]
    return "\n".join(f'{" " * indent}"{line}{" " * (line is not lines[-1])}"' for line in lines)


def written() -> str:
    """The module's text."""
    rows = []
    for layer, names in layer_names().items():
        text = _quoted(sorted(names), 8)
        rows.append(f'    "{layer}": (\n{text}\n    ),\n' if "\n" in text else f'    "{layer}": {text.strip()},\n')
    return HEAD % (_quoted(tensor_names(), 8), "".join(rows))


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    Path(shapelens.rules.torch.__file__).with_name("names.py").write_text(written(), encoding="utf-8")
