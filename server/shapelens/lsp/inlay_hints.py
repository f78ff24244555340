"""textDocument/inlayHint: the shapes, at the line ends or behind the names."""

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


async def hints_in_range(server: ShapelensServer, params: lsp.InlayHintParams) -> list[lsp.InlayHint] | None:
    """The hints of the document as it is now, those in the range only."""
    settings = server.settings
    if not settings.hints_enabled or not settings.hints.kinds:
        return []
    found = await server.analysis(params.text_document.uri)
    if found is None:
        return None
    document, analysis = found
    start, end = params.range.start, params.range.end
    listed = hints(analysis, settings.hints, start.line + 1, end.line + 1)
    written = [_written(hint, document, analysis, server.documents.encoding) for hint in listed]
    return [
        hint
        for hint in written
        if (start.line, start.character) <= (hint.position.line, hint.position.character) <= (end.line, end.character)
    ]


def _written(hint: Hint, document: Document, analysis: FileAnalysis, encoding: Encoding) -> lsp.InlayHint:
    tooltip = "\n\n---\n\n".join(fact_tooltip(fact, analysis.names) for fact in hint.facts)
    return lsp.InlayHint(
        position=position(document.lines, hint.line, hint.column, encoding),
        label=hint.label,
        kind=lsp.InlayHintKind.Type,
        tooltip=lsp.MarkupContent(kind=lsp.MarkupKind.Markdown, value=tooltip),
        padding_left=hint.at_line_end,
    )
