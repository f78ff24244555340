"""textDocument/codeAction: fixes of problems, keeping silent about one, and writing shapes down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcContentModified
from pygls.uris import from_fs_path

from shapelens.analysis.facts import Edit, FileAnalysis
from shapelens.lsp.diagnostics import diagnostic, lines_on_disk
from shapelens.lsp.documents import Document, position
from shapelens.report.fixes import Offer, fixes, shape_comment, signature, silencers, touches
from shapelens.report.problems import reported
from shapelens.source.positions import Encoding

if TYPE_CHECKING:
    from shapelens.lsp.server import ShapelensServer

_KINDS = (lsp.CodeActionKind.QuickFix, lsp.CodeActionKind.RefactorRewrite)


def register(server: ShapelensServer) -> None:
    """Offer code actions."""

    options = lsp.CodeActionOptions(code_action_kinds=list(_KINDS), resolve_provider=True)

    @server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, options)
    async def code_action(params: lsp.CodeActionParams) -> list[lsp.CodeAction] | None:
        return await actions(server, params)

    @server.feature(lsp.CODE_ACTION_RESOLVE)
    async def resolve(action: lsp.CodeAction) -> lsp.CodeAction:
        return await resolved(server, action)


async def actions(server: ShapelensServer, params: lsp.CodeActionParams) -> list[lsp.CodeAction] | None:
    """What may be done on the lines of the range, of the kinds that are asked for.

    Where the client can ask for them later, without the edits.
    """
    if not server.can("text_document.code_action.code_action_literal_support"):
        return None
    wanted = [kind for kind in _KINDS if _is_wanted(kind, params.context.only)]
    found = await server.analysis(params.text_document.uri) if wanted else None
    if found is None:
        return None
    document, analysis = found
    first, last = params.range.start.line + 1, params.range.end.line + 1
    offers = await _offers(server, document, analysis, first, last, wanted)
    later = _resolves_edits(server)
    listed = []
    for kind, offer in offers:
        action = _action(server, document, kind, offer)
        if later:
            action.data = {"uri": document.uri, "version": document.version, "first": first, "last": last}
        else:
            action.edit = _edit(server, document, offer)
        listed.append(action)
    return listed


async def resolved(server: ShapelensServer, action: lsp.CodeAction) -> lsp.CodeAction:
    """The action with its edit. Raises JsonRpcContentModified if its document has changed."""
    data = action.data if isinstance(action.data, dict) else {}
    found = await server.analysis(str(data.get("uri")))
    if found is None or found[0].version != data.get("version"):
        raise JsonRpcContentModified
    document, analysis = found
    wanted = [kind for kind in _KINDS if kind == action.kind]
    for kind, offer in await _offers(server, document, analysis, data.get("first", 0), data.get("last", 0), wanted):
        if offer.edit.title == action.title and kind == action.kind:
            action.edit = _edit(server, document, offer)
            break
    return action


def _resolves_edits(server: ShapelensServer) -> bool:
    asks = server.client_capabilities.text_document and server.client_capabilities.text_document.code_action
    return bool(asks and asks.data_support and asks.resolve_support and "edit" in asks.resolve_support.properties)


async def _offers(
    server: ShapelensServer,
    document: Document,
    analysis: FileAnalysis,
    first: int,
    last: int,
    wanted: list[lsp.CodeActionKind],
) -> list[tuple[lsp.CodeActionKind, Offer]]:
    offers: list[tuple[lsp.CodeActionKind, Offer]] = []
    if lsp.CodeActionKind.QuickFix in wanted and server.settings_of(document).diagnostics_enabled:
        here = [problem for problem in reported(analysis) if touches(problem, document.path, first, last)]
        offers += [(lsp.CodeActionKind.QuickFix, offer) for offer in fixes(await server.mended(document, here))]
        offers += [(lsp.CodeActionKind.QuickFix, offer) for offer in silencers(here, document.lines)]
    if lsp.CodeActionKind.RefactorRewrite in wanted and first == last:
        comment = shape_comment(analysis, first)
        if comment is not None:
            offers.append((lsp.CodeActionKind.RefactorRewrite, comment))
        adopted = await server.adopted(document, first)
        offers += [(lsp.CodeActionKind.RefactorRewrite, offer) for offer in signature(adopted)]
    return offers


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
    )


def _edit(server: ShapelensServer, document: Document, offer: Offer) -> lsp.WorkspaceEdit:
    by_file: dict[str, list[Edit]] = {}
    for edit in (offer.edit, *offer.more):
        by_file.setdefault(edit.span.file, []).append(edit)
    encoding, changes = server.documents.encoding, {}
    versions: dict[str, int | None] = {}
    for file, edits in by_file.items():
        target = document if file == document.path else server.documents.by_path(file)
        lines = target.lines if target is not None else lines_on_disk(file) or document.lines
        uri = target.uri if target is not None else from_fs_path(file) or document.uri
        changes[uri] = [_change(lines, edit, encoding) for edit in edits]
        versions[uri] = target.version if target is not None else None
    if not server.can("workspace.workspace_edit.document_changes"):
        return lsp.WorkspaceEdit(changes=changes)
    return lsp.WorkspaceEdit(
        document_changes=[
            lsp.TextDocumentEdit(
                text_document=lsp.OptionalVersionedTextDocumentIdentifier(uri=uri, version=versions[uri]),
                edits=list(edits),
            )
            for uri, edits in changes.items()
        ]
    )


def _change(lines: list[str], edit: Edit, encoding: Encoding) -> lsp.TextEdit:
    start = position(lines, edit.span.line, edit.span.column, encoding)
    end = position(lines, edit.span.end_line, edit.span.end_column, encoding)
    return lsp.TextEdit(range=lsp.Range(start=start, end=end), new_text=edit.text)
