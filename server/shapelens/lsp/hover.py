"""textDocument/hover: what is known of the expression under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from shapelens.lsp.documents import place, position
from shapelens.report.hover import hover

if TYPE_CHECKING:
    from shapelens.lsp.server import ShapelensServer


def register(server: ShapelensServer) -> None:
    """Offer hovers."""

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    async def text_hover(params: lsp.HoverParams) -> lsp.Hover | None:
        return await hover_at(server, params)


async def hover_at(server: ShapelensServer, params: lsp.HoverParams) -> lsp.Hover | None:
    """The hover at a place of the document as it is now."""
    found = await server.analysis(params.text_document.uri)
    if found is None:
        return None
    document, analysis = found
    encoding = server.documents.encoding
    known = hover(analysis, *place(document, params.position, encoding))
    if known is None:
        return None
    span = known.span
    return lsp.Hover(
        contents=lsp.MarkupContent(kind=lsp.MarkupKind.Markdown, value=known.markdown),
        range=lsp.Range(
            start=position(document.lines, span.line, span.column, encoding),
            end=position(document.lines, span.end_line, span.end_column, encoding),
        ),
    )
