"""Diagnostics: pulled by clients that can (textDocument/diagnostic), else pushed with the version; never both."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcContentModified
from pygls.uris import from_fs_path

from shapelens.analysis.facts import Place, Problem, Span
from shapelens.lsp.documents import Document, position
from shapelens.lsp.protocol import ServerCancelled
from shapelens.report.catalogue import page_uri
from shapelens.report.lines import split_lines
from shapelens.report.problems import reported
from shapelens.source.reading import SourceError, read_text

if TYPE_CHECKING:
    from shapelens.lsp.server import ShapelensServer

_BURST_SECONDS = 0.05
"""Edits that follow one another faster than a person types: a key held down, or a replacement in many places."""
_SEVERITIES = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "information": lsp.DiagnosticSeverity.Information,
}


def is_pulled(server: ShapelensServer) -> bool:
    """Whether the client pulls diagnostics."""
    return server.client_capabilities.text_document is not None and (
        server.client_capabilities.text_document.diagnostic is not None
    )


def register_pull(server: ShapelensServer) -> None:
    """Offer diagnostics for pulling, where the client can."""
    if not is_pulled(server):
        return
    options = lsp.DiagnosticOptions(identifier="shapelens", inter_file_dependencies=True, workspace_diagnostics=False)

    @server.feature(lsp.TEXT_DOCUMENT_DIAGNOSTIC, options)
    async def pull(params: lsp.DocumentDiagnosticParams) -> lsp.DocumentDiagnosticReport:
        return await report(server, params)


async def report(server: ShapelensServer, params: lsp.DocumentDiagnosticParams) -> lsp.DocumentDiagnosticReport:
    """The diagnostics of the document as it is now, or that they are those that the client has."""
    items: list[lsp.Diagnostic] = []
    known = server.documents.get(params.text_document.uri)
    if known is not None and server.settings_of(known).diagnostics_enabled:
        try:
            found = await server.analysis(known.uri)
        except JsonRpcContentModified:
            raise ServerCancelled from None
        if found is not None:
            document, analysis = found
            items = [diagnostic(server, document, problem) for problem in reported(analysis)]
    identity = hashlib.sha1(repr(items).encode("utf-8", "surrogatepass")).hexdigest()
    if identity == params.previous_result_id:
        return lsp.RelatedUnchangedDocumentDiagnosticReport(result_id=identity)
    return lsp.RelatedFullDocumentDiagnosticReport(items=items, result_id=identity)


class Pushed:
    """Pushes diagnostics as soon as they are known, in a burst of edits once it pauses.

    For a client that pulls, does nothing.
    """

    def __init__(self, server: ShapelensServer) -> None:
        self._server = server
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._edited: dict[str, float] = {}

    def schedule(self, uri: str) -> None:
        """Push the diagnostics of the document, unless it changes before that."""
        self._cancel(uri)
        if not is_pulled(self._server):
            loop = asyncio.get_running_loop()
            is_burst = loop.time() - self._edited.get(uri, -_BURST_SECONDS) < _BURST_SECONDS
            self._edited[uri] = loop.time()
            task = loop.create_task(self._push(uri, _BURST_SECONDS if is_burst else 0))
            self._tasks[uri] = task
            task.add_done_callback(lambda done: self._forget(uri, done))

    def clear(self, uri: str) -> None:
        """The document was closed: its diagnostics go."""
        self._cancel(uri)
        self._edited.pop(uri, None)
        if not is_pulled(self._server):
            self._publish(uri, None, [])

    def _cancel(self, uri: str) -> None:
        task = self._tasks.pop(uri, None)
        if task is not None:
            task.cancel()

    def _forget(self, uri: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(uri) is task:
            del self._tasks[uri]

    async def _push(self, uri: str, delay: float) -> None:
        await asyncio.sleep(delay)
        server = self._server
        document = server.documents.get(uri)
        if document is None:
            return
        items: list[lsp.Diagnostic] = []
        if server.settings_of(document).diagnostics_enabled:
            try:
                found = await server.analysis(uri)
            except JsonRpcContentModified:
                return  # The change that made it so has scheduled the next push.
            if found is None:
                return  # Logged where it failed.
            document, analysis = found
            items = [diagnostic(server, document, problem) for problem in reported(analysis)]
        self._publish(uri, document.version, items)

    def _publish(self, uri: str, version: int | None, items: list[lsp.Diagnostic]) -> None:
        self._server.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(uri=uri, version=version, diagnostics=items)
        )


def diagnostic(server: ShapelensServer, document: Document, problem: Problem) -> lsp.Diagnostic:
    """A problem in the protocol's form."""
    page = page_uri(problem.code, server.settings_of(document).rule_pages)
    has_related = server.can("text_document.publish_diagnostics.related_information") or is_pulled(server)
    message = problem.message
    if not has_related:
        message += "".join(f"\n{_named(place)}" for place in problem.related)
    return lsp.Diagnostic(
        range=_range(server, document.lines, problem.span, widen=True),
        message=message,
        severity=_SEVERITIES.get(problem.severity, lsp.DiagnosticSeverity.Information),
        code=problem.code,
        code_description=lsp.CodeDescription(href=page) if page else None,
        source="shapelens",
        tags=[lsp.DiagnosticTag.Unnecessary] if problem.code in _FADED and _shows_tags(server) else None,
        related_information=[_related(server, document, place) for place in problem.related] if has_related else None,
    )


_FADED = frozenset(("comment-mismatch",))
"""Codes of what may go: a comment that is out of date is drawn so."""


def _shows_tags(server: ShapelensServer) -> bool:
    document = server.client_capabilities.text_document
    asked = document and (document.diagnostic or document.publish_diagnostics)
    shown = asked.tag_support if asked else None
    return shown is not None and lsp.DiagnosticTag.Unnecessary in shown.value_set


def _named(place: Place) -> str:
    return f"{place.span.file}:{place.span.line}: {place.message}"


def _related(server: ShapelensServer, document: Document, place: Place) -> lsp.DiagnosticRelatedInformation:
    return lsp.DiagnosticRelatedInformation(location=location(server, document, place.span), message=place.message)


def location(server: ShapelensServer, document: Document, span: Span) -> lsp.Location:
    """A span in the document, in another open one, or in a file on disk."""
    other = document if span.file == document.path else server.documents.by_path(span.file)
    lines = other.lines if other is not None else lines_on_disk(span.file)
    uri = other.uri if other is not None else from_fs_path(span.file) or span.file
    return lsp.Location(uri=uri, range=_range(server, lines, span))


def lines_on_disk(path: str) -> list[str] | None:
    """The lines of a file; None where it cannot be read."""
    try:
        return split_lines(read_text(path))
    except SourceError:
        return None


def _range(server: ShapelensServer, lines: list[str] | None, span: Span, widen: bool = False) -> lsp.Range:
    if lines is None:  # Not readable any more: code points are right for nearly all lines.
        start = lsp.Position(line=max(span.line - 1, 0), character=span.column)
        return lsp.Range(start=start, end=lsp.Position(line=max(span.end_line - 1, 0), character=span.end_column))
    encoding = server.documents.encoding
    start = position(lines, span.line, span.column, encoding)
    end = position(lines, span.end_line, span.end_column, encoding)
    if widen and start == end:
        end = position(lines, span.line, len(lines[min(span.line, len(lines)) - 1]), encoding)
    return lsp.Range(start=start, end=end)
