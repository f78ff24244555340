"""textDocument/codeLens: a model's inferred input and output, its parameters and multiply-adds, above its class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from shapelens.lsp.documents import position
from shapelens.report.lenses import lenses

if TYPE_CHECKING:
    from shapelens.lsp.server import ShapelensServer


def register(server: ShapelensServer) -> None:
    """Offer code lenses."""

    @server.feature(lsp.TEXT_DOCUMENT_CODE_LENS, lsp.CodeLensOptions(resolve_provider=False))
    async def code_lens(params: lsp.CodeLensParams) -> list[lsp.CodeLens] | None:
        return await lenses_of(server, params.text_document.uri)


async def lenses_of(server: ShapelensServer, uri: str) -> list[lsp.CodeLens] | None:
    """The lenses of the document as it is now."""
    if not server.settings.code_lens_enabled:
        return []
    found = await server.analysis(uri)
    if found is None:
        return None
    document, analysis = found
    listed = []
    for lens in lenses(analysis):
        place = position(document.lines, lens.span.line, lens.span.column, server.documents.encoding)
        # A command without a name is text that nothing happens on.
        listed.append(
            lsp.CodeLens(range=lsp.Range(start=place, end=place), command=lsp.Command(title=lens.title, command=""))
        )
    return listed
