"""What the user set: from initializationOptions, then from workspace/configuration, section `shapelens`.

Names and defaults are listed in docs/editors.md; nested as there, or flat with dotted keys.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shapelens.report.hints import HintSettings
from shapelens.source.configuration import read_size

SECTION = "shapelens"
_KIND_SETTINGS = {"assignments": "assign", "parameters": "param", "returns": "return", "layers": "layer"}
_BUDGETS = {"memory_budget": "memoryBudget", "activation_budget": "activationBudget"}
_SHORTEST = 8


@dataclass(frozen=True)
class Settings:
    """All settings, valid. `python` is an interpreter or a virtual environment; None: the one found."""

    python: str | None = None
    hints: HintSettings = field(default_factory=HintSettings)
    hints_enabled: bool = True
    diagnostics_enabled: bool = True
    code_lens_enabled: bool = True
    budgets: tuple[tuple[str, int | None], ...] = ()
    oracle: str = "auto"
    rule_pages: str | None = None


def settings_from(given: object) -> tuple[Settings, tuple[str, ...]]:
    """The settings that were given, the default in place of each bad one, and what is wrong with those."""
    reader = _Reader(given)
    hints = HintSettings(
        position=reader.get("inlayHints.position", "lineEnd", _one_of("lineEnd", "name")),
        kinds=frozenset(
            kind for name, kind in _KIND_SETTINGS.items() if reader.get(f"inlayHints.{name}", True, _boolean)
        ),
        max_length=reader.get("inlayHints.maxLength", HintSettings().max_length, _length),
        dtype=reader.get("inlayHints.dtype", "nonDefault", _one_of("nonDefault", "always", "never")),
    )
    settings = Settings(
        python=reader.get("python", None, _path),
        hints=hints,
        hints_enabled=reader.get("inlayHints.enabled", True, _boolean),
        diagnostics_enabled=reader.get("diagnostics.enabled", True, _boolean),
        code_lens_enabled=reader.get("codeLens.enabled", True, _boolean),
        budgets=tuple(
            (name, read_size(value))
            for name, setting in _BUDGETS.items()
            if (value := reader.get(setting, None, _budget)) is not None
        ),
        oracle=reader.get("oracle", "auto", _one_of("auto", "off")),
        rule_pages=reader.get("rulePages", None, _url),
    )
    return settings, tuple(reader.complaints)


def is_trusted(initialization_options: object, roots: Sequence[Path]) -> bool:
    """Whether the client says that the workspace is trusted: `true`, or a list of folders that all of it lies in.

    Only initializationOptions count: other settings may come from a file in the very workspace.
    """
    said = _trust_said(initialization_options)
    if said is True:
        return True
    if not isinstance(said, list) or not roots:
        return False
    folders = [os.path.realpath(os.path.expanduser(each)) for each in said if _is_folder(each)]
    return all(any(Path(os.path.realpath(root)).is_relative_to(folder) for folder in folders) for root in roots)


def _trust_said(given: object) -> object:
    """What is said of trust. Where the client says it itself, nothing else counts, as it may be the workspace's."""
    if not isinstance(given, Mapping):
        return None
    for key in ("trusted", f"{SECTION}.trusted"):
        if key in given:
            return given[key]
    inner = given.get(SECTION)
    return inner.get("trusted") if isinstance(inner, Mapping) else None


def _is_folder(said: object) -> bool:
    return isinstance(said, str) and "\0" not in said and os.path.isabs(os.path.expanduser(said))


def wants_status(initialization_options: object) -> bool:
    """Whether the client asks to be told how much is known of each document."""
    return _Reader(initialization_options).get("status", False, _boolean) is True


def shows_summaries(initialization_options: object) -> bool:
    """Whether the client can show what the command for a model's summary gives."""
    return _Reader(initialization_options).get("summaryView", False, _boolean) is True


class _Reader:
    """Reads dotted names from nested mappings (or flat ones with dotted keys), and notes what is not valid."""

    def __init__(self, given: object) -> None:
        self.complaints: list[str] = []
        if given is None:
            given = {}
        if not isinstance(given, Mapping):
            self.complaints.append(f"settings must be an object, not {_quoted(given)}")
            given = {}
        inner = given.get(SECTION)
        self.values = dict(_flat(inner if isinstance(inner, Mapping) else given))

    def get(self, name: str, default: Any, check: Callable[[object], str | None]) -> Any:
        if name not in self.values:
            return default
        value = self.values[name]
        complaint = check(value)
        if complaint is None:
            return value
        if value is not None:
            self.complaints.append(f"{SECTION}.{name} must be {complaint}, not {_quoted(value)}")
        return default


def _flat(given: Mapping[Any, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in given.items():
        name = f"{prefix}{key}".removeprefix(f"{SECTION}.")
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}.")
        else:
            yield name, value


def _quoted(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _boolean(value: object) -> str | None:
    return None if isinstance(value, bool) else "true or false"


def _one_of(*allowed: str) -> Callable[[object], str | None]:
    def check(value: object) -> str | None:
        return None if value in allowed else " or ".join(f'"{each}"' for each in allowed)

    return check


def _length(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < _SHORTEST:
        return f"null or a whole number from {_SHORTEST}"
    return None


def _budget(value: object) -> str | None:
    if value is None:
        return None
    try:
        read_size(value)
    except ValueError:
        return 'a size such as "24GB" or "64GiB", "off", or null'
    return None


def _url(value: object) -> str | None:
    if value is None or isinstance(value, str) and value.startswith(("https://", "http://", "file://")):
        return None
    return "the address that the rules' pages stand below"


def _path(value: object) -> str | None:
    if value is None or value == "":
        return None
    return None if isinstance(value, str) else "the path of an interpreter or virtual environment"
