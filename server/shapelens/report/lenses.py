"""What stands above a model's class: what goes in and comes out, its parameters and multiply-adds."""

from __future__ import annotations

from dataclasses import dataclass

from shapelens.analysis.facts import FileAnalysis, Model, Shown, Span
from shapelens.dims import Dim, text
from shapelens.report.shapes import Names, is_known, written

_UNITS = ((10**12, "T"), (10**9, "G"), (10**6, "M"))
_LONGEST = 40  # a symbolic number that is longer says little


@dataclass(frozen=True)
class Lens:
    """A line of text above a class."""

    span: Span
    title: str
    name: str = ""


def lenses(analysis: FileAnalysis) -> list[Lens]:
    """One for each model class of the file of which anything is known; where calls differ, of the first one."""
    found: dict[Span, list[Model]] = {}
    for model in analysis.models:
        if model.span.file == analysis.path:
            found.setdefault(model.span, []).append(model)
    titled = ((span, _title(models, analysis.names), models[0].name) for span, models in found.items())
    return [Lens(span, title, name) for span, title, name in titled if title]


def _title(models: list[Model], names: Names) -> str:
    model = models[0]
    inputs = ", ".join(_shape(shown, names) for shown in model.inputs)
    output = _shape(model.output, names) if model.output is not None else ""
    parts = [f"{inputs} → {output}" if inputs and output else ""]
    parts.append(_counted(model.parameters, "parameter", names))
    parts.append(_counted(model.multiply_adds, "multiply-add", names))
    kept = [part for part in parts if part]
    if len(models) > 1 and kept:
        kept.append(f"and {len(models) - 1} other input{'' if len(models) == 2 else 's'}")
    return " · ".join(kept)


def _shape(shown: Shown, names: Names) -> str:
    found = written([shown], names) if is_known(shown.shape) else None
    return "" if found is None else found.text()


def _counted(number: Dim | None, noun: str, names: Names) -> str:
    if number is None or number == 0:
        return ""
    if isinstance(number, int):
        return f"{_short(number)} {noun}{'' if number == 1 else 's'}"
    said = text(number, names)
    return f"{said} {noun}s" if len(said) <= _LONGEST else ""


def _short(number: int) -> str:
    for size, unit in _UNITS:
        if number >= 10 * size:
            return f"{number / size:.1f} {unit}"
    return f"{number:,}"
