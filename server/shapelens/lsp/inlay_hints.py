"""textDocument/inlayHint: the shapes, at the line ends or behind the names; inlayHint/resolve: their tooltips."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from shapelens.analysis.facts import FileAnalysis
from shapelens.lsp.documents import Document, position
from shapelens.report.hints import Hint, hints
from shapelens.report.hover import fact_tooltip
from shapelens.source.positions import Encoding

if TYPE_CHECKING:
    from shapelens.lsp.server import ShapelensServer


def register(server: ShapelensServer) -> None:
    """Offer inlay hints."""

    @server.feature(lsp.TEXT_DOCUMENT_INLAY_HINT)
    async def inlay_hint(params: lsp.InlayHintParams) -> list[lsp.InlayHint] | None:
        return await hints_in_range(server, params)

    @server.feature(lsp.INLAY_HINT_RESOLVE)
    async def resolve(hint: lsp.InlayHint) -> lsp.InlayHint:
        return await with_tooltip(server, hint)


async def hints_in_range(server: ShapelensServer, params: lsp.InlayHintParams) -> list[lsp.InlayHint] | None:
    """The hints of the document as it is now, those in the range only."""
    settings = server.settings
    if not server.hints_enabled or not settings.hints.kinds:
        return []
    found = await server.analysis(params.text_document.uri)
    if found is None:
        return None
    document, analysis = found
    start, end = params.range.start, params.range.end
    listed = hints(analysis, settings.hints, start.line + 1, end.line + 1)
    encoding = server.documents.encoding
    written = [_written(hint, document, encoding) for hint in listed]
    if not server.can("text_document.inlay_hint.resolve_support"):
        for plain, hint in zip(written, listed):
            plain.tooltip = _tooltip(hint, analysis)
    return [
        hint
        for hint in written
        if (start.line, start.character) <= (hint.position.line, hint.position.character) <= (end.line, end.character)
    ]


async def with_tooltip(server: ShapelensServer, hint: lsp.InlayHint) -> lsp.InlayHint:
    """The hint with the whole of what it says in short; unchanged if its document has changed."""
    data = hint.data if isinstance(hint.data, dict) else {}
    found = await server.analysis(str(data.get("uri")))
    if found is None or found[0].version != data.get("version"):
        return hint
    document, analysis = found
    line = hint.position.line + 1
    for known in hints(analysis, server.settings.hints, line, line):
        if position(document.lines, known.line, known.column, server.documents.encoding) == hint.position:
            hint.tooltip = _tooltip(known, analysis)
    return hint


def _tooltip(hint: Hint, analysis: FileAnalysis) -> lsp.MarkupContent:
    text = "\n\n---\n\n".join(fact_tooltip(fact, analysis.names) for fact in hint.facts)
    return lsp.MarkupContent(kind=lsp.MarkupKind.Markdown, value=text)


def _written(hint: Hint, document: Document, encoding: Encoding) -> lsp.InlayHint:
    return lsp.InlayHint(
        position=position(document.lines, hint.line, hint.column, encoding),
        label=hint.label,
        kind=lsp.InlayHintKind.Type,
        padding_left=hint.at_line_end,
        data={"uri": document.uri, "version": document.version},
    )
