"""shapelens/status: how much is known of each open document, for a status item; told when it changes.

Only clients that ask for it (`status: true` in initializationOptions) get it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapelens.analysis.facts import FileAnalysis
from shapelens.lsp.documents import Document
from shapelens.report.status import status, status_text

if TYPE_CHECKING:
    from shapelens.lsp.server import ShapelensServer

METHOD = "shapelens/status"


class Statuses:
    """Tells the client what changed."""

    def __init__(self, server: ShapelensServer) -> None:
        self._server = server
        self._told: dict[str, object] = {}

    def tell(self, document: Document, analysis: FileAnalysis) -> None:
        """A document was analysed."""
        found = status(analysis)
        text = status_text(found, self._server.what_is_missing())
        if self._told.get(document.uri) == (found, text):
            return
        self._told[document.uri] = found, text
        message = {"uri": document.uri, "text": text, "known": found.known, "total": found.total, "needs": found.needs}
        self._server.protocol.notify(METHOD, message)

    def forget(self, uri: str) -> None:
        """A document was closed."""
        self._told.pop(uri, None)
