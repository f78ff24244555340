"""textDocument/inlayHint: the shapes, at the line ends or behind the names; inlayHint/resolve: tooltips and places."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from shapelens.analysis.facts import FileAnalysis
from shapelens.lsp.documents import Document, position
from shapelens.lsp.protocol import Json
from shapelens.report.hints import Hint, HintSettings, Labels, hints, kept_hints, label_parts
from shapelens.report.hover import fact_tooltip
from shapelens.report.story import birth
from shapelens.source.positions import Encoding, to_client

if TYPE_CHECKING:
    from shapelens.lsp.server import ShapelensServer

_MOST_TEXTS = 2_000
_KEPT_NOTE = "_as it was before the code around it could not be read_"


def register(server: ShapelensServer) -> None:
    """Offer inlay hints."""

    @server.feature(lsp.TEXT_DOCUMENT_INLAY_HINT)
    async def inlay_hint(params: lsp.InlayHintParams) -> Json | None:
        return await hints_in_range(server, params)

    @server.feature(lsp.INLAY_HINT_RESOLVE)
    async def resolve(hint: lsp.InlayHint) -> lsp.InlayHint:
        return await resolved(server, hint)


class Written:
    """What was written of one document's hints, for the next answer: in most of them nothing has changed."""

    def __init__(self, settings: HintSettings, has_parts: bool) -> None:
        self.settings, self.has_parts = settings, has_parts
        self.labels = Labels(settings)
        self._texts: dict[str, str] = {}

    def label(self, hint: Hint, analysis: FileAnalysis) -> str:
        """The label as JSON, in parts where the client can use them: where they end is seen in the label alone."""
        known = self._texts.get(hint.label)
        if known is None:
            if len(self._texts) > _MOST_TEXTS:
                self._texts.clear()
            parts = [{"value": part.text} for part in label_parts(hint, analysis.names)] if self.has_parts else None
            known = self._texts[hint.label] = json.dumps(parts if parts is not None else hint.label)
        return known


async def hints_in_range(server: ShapelensServer, params: lsp.InlayHintParams) -> Json | None:
    """The hints of the document as it is now, those in the range only.

    Written here, for there may be thousands of them after each key.
    """
    known = server.documents.get(params.text_document.uri)
    if known is None:
        return None
    settings = server.settings_of(known)
    if not server.shows_hints(known) or not settings.hints.kinds:
        return Json("[]")
    found = await server.analysis(params.text_document.uri)
    if found is None:
        return None
    document, analysis = found
    start, end = params.range.start, params.range.end
    before = server.written.get(document.uri)
    if before is None or before.settings != settings.hints:
        before = server.written[document.uri] = Written(settings.hints, _has_parts(server))
    listed = hints(analysis, settings.hints, start.line + 1, end.line + 1, before.labels)
    listed, kept = _with_kept(server, document, analysis, listed)
    data = json.dumps({"uri": document.uri, "version": document.version})
    rest = "" if server.can("text_document.inlay_hint.resolve_support") else None
    written, encoding, lines = [], server.documents.encoding, document.lines
    for hint in listed:
        at = hint.line - 1
        column = to_client(lines[at], hint.column, encoding) if at < len(lines) else 0
        if at == start.line and column < start.character or at == end.line and column > end.character:
            continue
        tooltip = rest if rest is not None else f', "tooltip": {_tooltip_json(hint, analysis)}'
        written.append(
            f'{{"position": {{"line": {at}, "character": {column}}}, "label": {before.label(hint, analysis)}, '
            f'"kind": 1, "paddingLeft": {"true" if hint.at_line_end else "false"}, "data": {data}{tooltip}}}'
        )
    written += [json.dumps(each) for each in _still_shown(document, kept, params.range, server.documents.encoding)]
    return Json(f"[{', '.join(written)}]")


def _with_kept(
    server: ShapelensServer, document: Document, analysis: FileAnalysis, shown: list[Hint]
) -> tuple[list[Hint], list[Hint]]:
    """The hints of now, and those that stay as they were when half-typed code could last be read."""
    if not analysis.broken:
        server.keep_readable(document.uri, analysis)
        return shown, []
    before = server.readable.get(document.uri)
    if before is None or before.text == analysis.text:
        return shown, []
    return kept_hints(hints(before, server.settings_of(document).hints), before.text, analysis, shown)


def _has_parts(server: ShapelensServer) -> bool:
    """Whether the client asks for the places of a label's parts when it needs them."""
    inlay = server.client_capabilities.text_document and server.client_capabilities.text_document.inlay_hint
    resolves = inlay.resolve_support if inlay else None
    return resolves is not None and "label.location" in resolves.properties


async def resolved(server: ShapelensServer, hint: lsp.InlayHint) -> lsp.InlayHint:
    """The hint with the whole of what it says in short, and with the place where each of its dims was born.

    Unchanged if its document has changed.
    """
    data = hint.data if isinstance(hint.data, dict) else {}
    found = await server.analysis(str(data.get("uri")))
    if found is None or found[0].version != data.get("version"):
        return hint
    document, analysis = found
    if data.get("kept"):
        hint.tooltip = lsp.MarkupContent(kind=lsp.MarkupKind.Markdown, value=_KEPT_NOTE)
        return hint
    line = hint.position.line + 1
    for known in hints(analysis, server.settings_of(document).hints, line, line):
        if position(document.lines, known.line, known.column, server.documents.encoding) == hint.position:
            hint.tooltip = _tooltip(known, analysis)
            if isinstance(hint.label, (list, tuple)):
                _locate(server, document, analysis, known, hint.label)
    return hint


def _locate(
    server: ShapelensServer,
    document: Document,
    analysis: FileAnalysis,
    known: Hint,
    label: list[lsp.InlayHintLabelPart] | tuple[lsp.InlayHintLabelPart, ...],
) -> None:
    for part, asked in zip(label_parts(known, analysis.names), label):
        span = birth(analysis, part.fact, part.dim, part.index) if part.fact is not None else None
        if span is not None:
            asked.location = server.location(document, span)


def _tooltip(hint: Hint, analysis: FileAnalysis) -> lsp.MarkupContent:
    text = "\n\n---\n\n".join(fact_tooltip(fact, analysis) for fact in hint.facts)
    return lsp.MarkupContent(kind=lsp.MarkupKind.Markdown, value=text)


def _tooltip_json(hint: Hint, analysis: FileAnalysis) -> str:
    said = _tooltip(hint, analysis)
    return json.dumps({"kind": said.kind.value, "value": said.value})


def _still_shown(
    document: Document, kept: Sequence[Hint], asked: lsp.Range, encoding: Encoding
) -> Iterator[dict[str, object]]:
    """Hints of an earlier version, where the code around them cannot be read."""
    start, end = (asked.start.line, asked.start.character), (asked.end.line, asked.end.character)
    for hint in kept:
        at = position(document.lines, hint.line, hint.column, encoding)
        if start <= (at.line, at.character) <= end:
            yield {
                "position": {"line": at.line, "character": at.character},
                "label": hint.label,
                "kind": lsp.InlayHintKind.Type.value,
                "paddingLeft": hint.at_line_end,
                "data": {"uri": document.uri, "version": document.version, "kept": True},
            }
