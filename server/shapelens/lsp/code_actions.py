"""textDocument/codeAction: fixes of problems, keeping silent about one, and writing shapes down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp
from pygls.uris import from_fs_path

from shapelens.analysis.facts import Edit
from shapelens.lsp.diagnostics import diagnostic
from shapelens.lsp.documents import Document, position
from shapelens.report.fixes import Offer, fixes, shape_comment, signature, silencers, touches
from shapelens.report.problems import reported
from shapelens.source.positions import Encoding

if TYPE_CHECKING:
    from shapelens.lsp.server import ShapelensServer

_KINDS = (lsp.CodeActionKind.QuickFix, lsp.CodeActionKind.RefactorRewrite)


def register(server: ShapelensServer) -> None:
    """Offer code actions."""

    @server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions(code_action_kinds=list(_KINDS)))
    async def code_action(params: lsp.CodeActionParams) -> list[lsp.CodeAction] | None:
        return await actions(server, params)


async def actions(server: ShapelensServer, params: lsp.CodeActionParams) -> list[lsp.CodeAction] | None:
    """What may be done on the lines of the range, of the kinds that are asked for."""
    if not server.can("text_document.code_action.code_action_literal_support"):
        return None
    wanted = [kind for kind in _KINDS if _is_wanted(kind, params.context.only)]
    found = await server.analysis(params.text_document.uri) if wanted else None
    if found is None:
        return None
    document, analysis = found
    first, last = params.range.start.line + 1, params.range.end.line + 1
    offers: list[tuple[lsp.CodeActionKind, Offer]] = []
    if lsp.CodeActionKind.QuickFix in wanted and server.settings.diagnostics_enabled:
        here = [problem for problem in reported(analysis) if touches(problem, document.path, first, last)]
        offers += [(lsp.CodeActionKind.QuickFix, offer) for offer in fixes(await server.mended(document, here))]
        offers += [(lsp.CodeActionKind.QuickFix, offer) for offer in silencers(here, document.lines)]
    if lsp.CodeActionKind.RefactorRewrite in wanted and first == last:
        comment = shape_comment(analysis, first)
        if comment is not None:
            offers.append((lsp.CodeActionKind.RefactorRewrite, comment))
        adopted = await server.adopted(document, first)
        offers += [(lsp.CodeActionKind.RefactorRewrite, offer) for offer in signature(adopted)]
    return [_action(server, document, kind, offer) for kind, offer in offers]


def _is_wanted(kind: lsp.CodeActionKind, only: object) -> bool:
    if not only:
        return True
    assert isinstance(only, (list, tuple))
    # A kind that is asked for holds those below it: "refactor" is also "refactor.rewrite".
    return any(f"{kind.value}.".startswith(f"{getattr(each, 'value', each)}.") for each in only)


def _action(server: ShapelensServer, document: Document, kind: lsp.CodeActionKind, offer: Offer) -> lsp.CodeAction:
    return lsp.CodeAction(
        title=offer.edit.title,
        kind=kind,
        diagnostics=[diagnostic(server, document, offer.problem)] if offer.problem else None,
        is_preferred=True if offer.preferred else None,
        edit=_edit(server, document, offer),
    )


def _edit(server: ShapelensServer, document: Document, offer: Offer) -> lsp.WorkspaceEdit:
    span = offer.edit.span
    target = document if span.file == document.path else server.documents.by_path(span.file)
    lines = target.lines if target is not None else document.lines
    uri = target.uri if target is not None else from_fs_path(span.file) or document.uri
    encoding = server.documents.encoding
    changes = [_change(lines, edit, encoding) for edit in (offer.edit, *offer.more)]
    if not server.can("workspace.workspace_edit.document_changes"):
        return lsp.WorkspaceEdit(changes={uri: changes})
    identifier = lsp.OptionalVersionedTextDocumentIdentifier(uri=uri, version=target.version if target else None)
    return lsp.WorkspaceEdit(document_changes=[lsp.TextDocumentEdit(text_document=identifier, edits=list(changes))])


def _change(lines: list[str], edit: Edit, encoding: Encoding) -> lsp.TextEdit:
    start = position(lines, edit.span.line, edit.span.column, encoding)
    end = position(lines, edit.span.end_line, edit.span.end_column, encoding)
    return lsp.TextEdit(range=lsp.Range(start=start, end=end), new_text=edit.text)
