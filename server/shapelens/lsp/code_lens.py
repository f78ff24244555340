"""textDocument/codeLens: what goes into a model and comes out, above its class; which call a function shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp

from shapelens.analysis.facts import Span
from shapelens.lsp import commands
from shapelens.lsp.documents import Document, position
from shapelens.report.contexts import contexts_title
from shapelens.report.lenses import Lens, lenses

if TYPE_CHECKING:
    from shapelens.lsp.server import ShapelensServer


def register(server: ShapelensServer) -> None:
    """Offer code lenses."""

    @server.feature(lsp.TEXT_DOCUMENT_CODE_LENS, lsp.CodeLensOptions(resolve_provider=False))
    async def code_lens(params: lsp.CodeLensParams) -> list[lsp.CodeLens] | None:
        return await lenses_of(server, params.text_document.uri)


async def lenses_of(server: ShapelensServer, uri: str) -> list[lsp.CodeLens] | None:
    """The lenses of the document as it is now."""
    known = server.documents.get(uri)
    if known is not None and not server.settings_of(known).code_lens_enabled:
        return []
    found = await server.analysis(uri)
    if found is None:
        return None
    document, analysis = found
    listed = [
        _lens(server, document, lens.span, lens.title, _summary_of(server, document, lens)) for lens in lenses(analysis)
    ]
    chosen = server.chosen(document.uri)
    for each in analysis.contexts:
        arguments = [{"uri": document.uri, "line": each.span.line - 1}]
        listed.append(_lens(server, document, each.span, contexts_title(each, chosen), (commands.CHOOSE, arguments)))
    return listed


def _summary_of(server: ShapelensServer, document: Document, lens: Lens) -> tuple[str, list[Any]]:
    """What a click on a model's lens does: nothing, where the client has nothing to show a summary with."""
    return (commands.SUMMARY, [{"uri": document.uri, "model": lens.name}]) if server.shows_summaries else ("", [])


def _lens(
    server: ShapelensServer, document: Document, span: Span, title: str, command: tuple[str, list[Any]]
) -> lsp.CodeLens:
    place = position(document.lines, span.line, span.column, server.documents.encoding)
    name, arguments = command
    return lsp.CodeLens(
        range=lsp.Range(start=place, end=place),
        command=lsp.Command(title=title, command=name, arguments=arguments or None),
    )
