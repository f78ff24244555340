"""What a project says of itself: the table `[tool.shapelens]` in its pyproject.toml.

memory-budget = "24GB"          one array may not be larger than this ("off": any may); default 64 GiB
activation-budget = "16GiB"     the activations of one training step; default: any number
ignore = ["annotation-mismatch"]
exclude = ["generated", "tests/data/*.py"]

[tool.shapelens.inputs]         what functions are called with, where no call says so
"models.Net.forward" = ["B,3,224,224", "i:B,16"]
"""

from __future__ import annotations

import fnmatch
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shapelens.source.reading import read_bytes

FILE = "pyproject.toml"
DEFAULT_MEMORY_BUDGET = 64 * 2**30
_LARGEST = 1_000_000
_MOST_BYTES = 1e18
# What stands before the value on each line: a table is made for every dot in it, a thousand times its size.
_KEYS, _MOST_DOTS = re.compile(r"^[^=\"'#\n]*", re.MULTILINE), 20_000
_LONGEST_SHOWN, _MOST_COMPLAINTS = 80, 8
_UNITS = {"": 1, "B": 1, **{f"{x}B": 1000**i for i, x in enumerate("KMGTP", 1)}}
_UNITS |= {f"{x}IB": 1024**i for i, x in enumerate("KMGTP", 1)}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*")
_DTYPES = {"": "float32", "f": "float32", "i": "int64", "u": "uint8"}
_AXIS = re.compile(r"\d{1,18}|[A-Za-z_]\w{0,63}")


@dataclass(frozen=True)
class StatedInput:
    """A tensor that a function is called with: axes as text, a number or a name, and a dtype."""

    axes: tuple[str, ...]
    dtype: str


@dataclass(frozen=True)
class Configuration:
    """What holds for the files below `root`; budgets in bytes, None: any number. `complaints` say what is not valid."""

    root: Path | None = None
    memory_budget: int | None = DEFAULT_MEMORY_BUDGET
    activation_budget: int | None = None
    ignore: frozenset[str] = frozenset()
    exclude: tuple[str, ...] = ()
    inputs: Mapping[str, tuple[StatedInput, ...]] = field(default_factory=dict)
    complaints: tuple[str, ...] = ()

    def excludes(self, path: str) -> bool:
        """Whether nothing is to be said of a file: it, or a folder above it, matches one of the patterns."""
        if self.root is None or not self.exclude:
            return False
        try:
            inside = Path(path).relative_to(self.root)
        except ValueError:
            return False
        names = [inside.as_posix(), *(parent.as_posix() for parent in inside.parents if parent != Path("."))]
        return any(fnmatch.fnmatch(name, pattern.rstrip("/")) for name in names for pattern in self.exclude)


def read_configuration(root: Path) -> Configuration:
    """The configuration of a project folder. What is not valid is told in `complaints`, and the default holds."""
    path = root / FILE
    try:
        if os.path.dirname(os.path.realpath(path)) != os.path.realpath(root):
            return Configuration(root)  # A link that leads elsewhere.
        data = read_bytes(path, _LARGEST + 1)
        text = data.decode()
    except (OSError, ValueError):
        return Configuration(root)
    if len(data) > _LARGEST:
        return Configuration(root, complaints=(f"{FILE}: larger than {_LARGEST // 1_000_000} MB",))
    if "shapelens" not in text:
        return Configuration(root)
    if sum(keys.count(".") for keys in _KEYS.findall(text)) > _MOST_DOTS:
        return Configuration(root, complaints=(f"{FILE}: more than {_MOST_DOTS:,} dotted keys",))
    # Loaded only here: few projects have such a table, and a command line starts sooner.
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]
    try:
        table = tomllib.loads(text).get("tool", {}).get("shapelens", {})
    except (tomllib.TOMLDecodeError, ValueError) as error:
        return Configuration(root, complaints=(f"{FILE}: {_shown(str(error))}",))
    except RecursionError:
        return Configuration(root, complaints=(f"{FILE}: nested too deeply",))
    except AttributeError:
        table = None
    return configuration(table, root)


def configuration(table: object, root: Path | None = None) -> Configuration:
    """What a table says."""
    if not isinstance(table, Mapping):
        return Configuration(root, complaints=(f"{FILE}: [tool.shapelens] must be a table",))
    complaints: list[str] = []
    known: dict[str, Any] = {}
    for key, value in table.items():
        reader = _READERS.get(key)
        try:
            if reader is None:
                raise ValueError(f"is not known: the keys are {', '.join(_READERS)}")
            known[key.replace("-", "_")] = reader(value)
        except ValueError as error:
            complaints.append(f"{FILE}: [tool.shapelens] {_shown(str(key))} {error}")
    return Configuration(root, **known, complaints=tuple(complaints[:_MOST_COMPLAINTS]))


def _shown(value: object) -> str:
    """A value of the file in a message: cut, and without characters that a terminal obeys."""
    text = value if isinstance(value, str) and value.isprintable() else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def _quoted(value: object) -> str:
    return _shown(repr(value))


def read_size(value: object) -> int | None:
    """`"24GB"`, `"1.5 GiB"` or a number of bytes; `"off"` is None. Raises ValueError with a message for a person."""
    if value == "off":
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _MOST_BYTES:
        return value
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    factor = _UNITS.get(found.group(2).upper()) if found is not None else None
    if found is None or factor is None or not 0 < float(found.group(1)) < _MOST_BYTES:
        raise ValueError(f'must be a size such as "24GB" or "64GiB", or "off", not {_quoted(value)}')
    return int(float(found.group(1)) * factor)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"must be a list of strings, not {_quoted(value)}")
    return tuple(value)


def _inputs(value: object) -> dict[str, tuple[StatedInput, ...]]:
    if not isinstance(value, Mapping):
        raise ValueError('must be a table such as { "models.Net.forward" = ["B,3,224,224"] }')
    found: dict[str, tuple[StatedInput, ...]] = {}
    for name, specs in value.items():
        listed = [specs] if isinstance(specs, str) else specs
        if not isinstance(listed, list):
            raise ValueError(f'"{_shown(name)}" must be a list of shapes such as "B,3,224,224", not {_quoted(specs)}')
        found[name] = tuple(_stated(name, spec) for spec in listed)
    return found


def _stated(name: str, spec: object) -> StatedInput:
    kind, colon, dims = spec.rpartition(":") if isinstance(spec, str) else ("", "", "")
    axes = tuple(axis.strip() for axis in dims.split(",") if axis.strip())
    if not axes or kind not in _DTYPES or colon and not kind or not all(_AXIS.fullmatch(axis) for axis in axes):
        raise ValueError(
            f'"{_shown(name)}": a shape is sizes and names such as "B,3,224,224" or "i:B,16", not {_quoted(spec)}'
        )
    return StatedInput(axes, _DTYPES[kind])


_READERS = {
    "memory-budget": read_size,
    "activation-budget": read_size,
    "ignore": lambda value: frozenset(_texts(value)),
    "exclude": _texts,
    "inputs": _inputs,
}
