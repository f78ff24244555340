"""textDocument/inlayHint: the shapes, at the line ends or behind the names; inlayHint/resolve: tooltips and places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from shapelens.analysis.facts import FileAnalysis
from shapelens.lsp.documents import Document, position
from shapelens.report.hints import Hint, hints, kept_hints, label_parts
from shapelens.report.hover import fact_tooltip
from shapelens.report.story import birth
from shapelens.source.positions import Encoding

if TYPE_CHECKING:
    from shapelens.lsp.server import ShapelensServer

_KEPT_NOTE = "_as it was before the code around it could not be read_"


def register(server: ShapelensServer) -> None:
    """Offer inlay hints."""

    @server.feature(lsp.TEXT_DOCUMENT_INLAY_HINT)
    async def inlay_hint(params: lsp.InlayHintParams) -> list[lsp.InlayHint] | None:
        return await hints_in_range(server, params)

    @server.feature(lsp.INLAY_HINT_RESOLVE)
    async def resolve(hint: lsp.InlayHint) -> lsp.InlayHint:
        return await resolved(server, hint)


async def hints_in_range(server: ShapelensServer, params: lsp.InlayHintParams) -> list[lsp.InlayHint] | None:
    """The hints of the document as it is now, those in the range only."""
    known = server.documents.get(params.text_document.uri)
    if known is None:
        return None
    settings = server.settings_of(known)
    if not server.shows_hints(known) or not settings.hints.kinds:
        return []
    found = await server.analysis(params.text_document.uri)
    if found is None:
        return None
    document, analysis = found
    start, end = params.range.start, params.range.end
    listed = hints(analysis, settings.hints, start.line + 1, end.line + 1)
    listed, kept = _with_kept(server, document, analysis, listed)
    encoding, has_parts = server.documents.encoding, _has_parts(server)
    written = [_written(hint, document, analysis, encoding, has_parts) for hint in listed]
    if not server.can("text_document.inlay_hint.resolve_support"):
        for plain, hint in zip(written, listed):
            plain.tooltip = _tooltip(hint, analysis)
    written += [_written(hint, document, analysis, encoding, False, kept=True) for hint in kept]
    return [
        hint
        for hint in written
        if (start.line, start.character) <= (hint.position.line, hint.position.character) <= (end.line, end.character)
    ]


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


def _written(
    hint: Hint, document: Document, analysis: FileAnalysis, encoding: Encoding, has_parts: bool, kept: bool = False
) -> lsp.InlayHint:
    label: str | list[lsp.InlayHintLabelPart] = hint.label
    if has_parts:
        label = [lsp.InlayHintLabelPart(value=part.text) for part in label_parts(hint, analysis.names)]
    data: dict[str, object] = {"uri": document.uri, "version": document.version}
    return lsp.InlayHint(
        position=position(document.lines, hint.line, hint.column, encoding),
        label=label,
        kind=lsp.InlayHintKind.Type,
        padding_left=hint.at_line_end,
        data={**data, "kept": True} if kept else data,
    )
