"""The table of a model's layers, as torchinfo prints it, and the same as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shapelens.analysis.facts import Shown, Span
from shapelens.analysis.flow import Edge, Flow
from shapelens.analysis.summary import Layer, Summary
from shapelens.dims import Dim, ascii_text, text
from shapelens.report.jsonface import json_shape
from shapelens.report.shapes import INFERRED, Names, written
from shapelens.values.text import dim_text

_NONE = "--"
_UNKNOWN = "unknown"
_HEADER = ("Layer (type (name):depth-idx)", "Output Shape", "Param #", "Mult-Adds")
_UNITS = ((10**12, "T"), (10**9, "G"), (10**6, "M"))


def table(summary: Summary, names: Names, depth: int = 3) -> Iterator[str]:
    """The lines of the table, with the layers down to `depth`, and the totals below it."""
    rows = [_HEADER, *_rows(summary, names, depth)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEADER))]
    line = "=" * (sum(widths) + 2 * (len(widths) - 1))
    yield line
    for number, row in enumerate(rows):
        cells = [row[0].ljust(widths[0]), row[1].ljust(widths[1]), row[2].rjust(widths[2]), row[3].rjust(widths[3])]
        yield "  ".join(cells).rstrip()
        if number == 0:
            yield line
    yield line
    weights = summary.weights
    frozen = None if weights.count is None or weights.trainable is None else weights.count - weights.trainable
    yield f"Total params: {_number(weights.count, names)}"
    yield f"Trainable params: {_number(weights.trainable, names)}"
    yield f"Non-trainable params: {_number(frozen, names)}"
    yield f"Total mult-adds{_large(summary.multiply_adds, names)}"
    yield line
    for label, size in _sizes(summary):
        yield f"{label}{_megabytes(size, names)}"
    yield line
    if any(shown.inferred for shown in (summary.output, *summary.inputs) if shown is not None):
        yield f"{INFERRED} inferred: an input that fits what the layers ask; give your own with --input"


def _sizes(summary: Summary) -> tuple[tuple[str, Dim | None], ...]:
    return (
        ("Input size", summary.input_bytes),
        ("Forward/backward pass size", summary.activation_bytes),
        ("Params size", summary.weights.bytes),
        ("Estimated Total Size", summary.total_bytes),
    )


def _rows(summary: Summary, names: Names, depth: int) -> Iterator[tuple[str, str, str, str]]:
    for number, layer in _numbered(summary):
        if layer.depth <= depth:
            cut = layer.depth == depth and not layer.is_leaf
            yield (
                _title(layer, number),
                _shape(layer.output, names),
                _parameters(layer, cut, names),
                _count(layer.multiply_adds if cut else layer.own_multiply_adds, names),
            )


def _numbered(summary: Summary) -> Iterator[tuple[int, Layer]]:
    """The layers, each with its number among those of its depth."""
    numbers: dict[int, int] = {}
    for layer in summary.layers:
        numbers[layer.depth] = numbers.get(layer.depth, 0) + 1
        yield numbers[layer.depth], layer


def _title(layer: Layer, number: int) -> str:
    if layer.depth == 0:
        return layer.kind
    indent = "├─" if layer.depth == 1 else "│    " * (layer.depth - 1) + "└─"
    return f"{indent}{layer.kind} ({layer.name}): {layer.depth}-{number}"


def _shape(output: Shown | None, names: Names) -> str:
    if output is None:
        return _NONE
    known = json_shape(output.shape, names)
    mark = INFERRED if output.inferred else ""
    if known is None or not isinstance(output.shape, tuple):
        return f"{mark}[…]"
    return f"{mark}[{', '.join(dim_text(dim, names) for dim in output.shape)}]"


def _parameters(layer: Layer, cut: bool, names: Names) -> str:
    if layer.weights.count == 0:
        return _NONE
    if layer.is_recursive:
        return "(recursive)"
    weights = layer.weights if cut else layer.own
    if weights.count == 0:
        return "(shared)" if layer.is_leaf else _NONE
    written = _number(weights.count, names)
    return f"({written})" if weights.trainable == 0 else written


def _count(count: Dim | None, names: Names) -> str:
    return _NONE if count == 0 else _number(count, names)


def _number(number: Dim | None, names: Names) -> str:
    if number is None:
        return _UNKNOWN
    return f"{number:,}" if isinstance(number, int) else text(number, names)


def _large(number: Dim | None, names: Names) -> str:
    if isinstance(number, int):
        for size, unit in _UNITS:
            if number >= size:
                return f" ({unit}): {number / size:,.2f}"
    return f": {_number(number, names)}"


def _megabytes(size: Dim | None, names: Names) -> str:
    if isinstance(size, int):
        return f" (MB): {size / 1e6:,.2f}"
    return ": " + (_UNKNOWN if size is None else f"{text(size, names)} bytes")


# -- as data ---------------------------------------------------------------------------------------------------------


def number_data(number: Dim | None, names: Names) -> int | str | None:
    """An integer, a string where it is symbolic, None where it is not known."""
    return number if number is None or isinstance(number, int) else ascii_text(number, names)


def shown_data(value: Shown | None, names: Names) -> dict[str, Any] | None:
    """A shape with its dtype, as in the machine-readable face, and as a person reads it."""
    if value is None:
        return None
    found = written([value], names)
    return {
        "shape": json_shape(value.shape, names),
        "dtype": value.dtype,
        "inferred": value.inferred,
        "text": "" if found is None else found.text(),
    }


def place_data(span: Span | None) -> dict[str, Any] | None:
    """A stretch of a file; lines count from 1, columns from 1 in code points, the end is exclusive."""
    if span is None:
        return None
    start, end = span.column + 1, span.end_column + 1
    return {"file": span.file, "line": span.line, "column": start, "end_line": span.end_line, "end_column": end}


def flow_data(flow: Flow, names: Names) -> dict[str, Any]:
    """The nodes and edges of a flow as plain data; edges name nodes by `id`."""
    nodes = [
        {
            "id": node.number,
            "role": node.role,
            "name": node.name,
            "type": node.kind,
            "parent": node.parent,
            "place": place_data(node.span),
            "made": place_data(node.made),
            "output": shown_data(node.output, names),
            "params": number_data(node.parameters, names),
            "mult_adds": number_data(node.multiply_adds, names),
        }
        for node in flow.nodes
    ]
    edges = [
        {"from": edge.start, "to": edge.end, "tensor": shown_data(edge.shown, names), "label": _edge_label(edge, names)}
        for edge in flow.edges
    ]
    return {"nodes": nodes, "edges": edges}


def _edge_label(edge: Edge, names: Names) -> str:
    found = None if edge.shown is None else written([edge.shown], names)
    return "" if found is None else found.text()


def as_data(summary: Summary, names: Names, depth: int | None = None) -> dict[str, Any]:
    """The summary as plain data: numbers are integers, strings where they are symbolic, None where not known."""

    def plain(number: Dim | None) -> int | str | None:
        return number_data(number, names)

    def shown(value: Shown | None) -> dict[str, Any] | None:
        return shown_data(value, names)

    layers = [
        {
            "name": layer.name,
            "type": layer.kind,
            "depth": layer.depth,
            "index": number,
            "output": shown(layer.output),
            "output_bytes": plain(layer.output_bytes),
            "params": plain(layer.weights.count),
            "trainable_params": plain(layer.weights.trainable),
            "own_params": plain(layer.own.count),
            "mult_adds": plain(layer.multiply_adds),
            "own_mult_adds": plain(layer.own_multiply_adds),
            "recursive": layer.is_recursive,
            "made": place_data(layer.made),
        }
        for number, layer in _numbered(summary)
        if depth is None or layer.depth <= depth
    ]
    weights = summary.weights
    frozen = None if weights.count is None or weights.trainable is None else weights.count - weights.trainable
    return {
        "model": summary.name,
        "inputs": [shown(value) for value in summary.inputs],
        "output": shown(summary.output),
        "layers": layers,
        "total_params": plain(weights.count),
        "trainable_params": plain(weights.trainable),
        "non_trainable_params": plain(frozen),
        "total_mult_adds": plain(summary.multiply_adds),
        "input_bytes": plain(summary.input_bytes),
        "forward_backward_bytes": plain(summary.activation_bytes),
        "params_bytes": plain(weights.bytes),
        "buffer_bytes": plain(weights.buffer_bytes),
        "total_bytes": plain(summary.total_bytes),
    }
