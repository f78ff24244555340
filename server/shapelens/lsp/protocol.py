"""The protocol with clean answers for clients that misbehave."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.exceptions import (
    JsonRpcContentModified,
    JsonRpcException,
    JsonRpcInvalidRequest,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol, lsp_method

if TYPE_CHECKING:
    from shapelens.lsp.server import ShapelensServer


class ServerCancelled(JsonRpcException):
    """Says of a pull for diagnostics that the document changed meanwhile, and that it is worth asking again."""

    CODE = -32802
    MESSAGE = "Server Cancelled"

    def __init__(self) -> None:
        super().__init__(data={"retriggerRequest": True})


class Protocol(LanguageServerProtocol):
    """pygls' protocol. Texts are kept by our own Documents, which count lines as editors do."""

    _server: ShapelensServer

    @lsp_method(lsp.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: lsp.DidOpenTextDocumentParams) -> None:
        """Hands the text to our documents."""
        self._server.on_open(params)

    @lsp_method(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: lsp.DidChangeTextDocumentParams) -> None:
        """Hands the changes to our documents."""
        self._server.on_change(params)

    @lsp_method(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: lsp.DidCloseTextDocumentParams) -> None:
        """Closes the document."""
        self._server.on_close(params)

    @lsp_method(lsp.NOTEBOOK_DOCUMENT_DID_OPEN)
    def lsp_notebook_document__did_open(self, params: lsp.DidOpenNotebookDocumentParams) -> None:
        """Hands the cells to our notebooks."""
        self._server.on_notebook_open(params)

    @lsp_method(lsp.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def lsp_notebook_document__did_change(self, params: lsp.DidChangeNotebookDocumentParams) -> None:
        """Hands the changes to our notebooks."""
        self._server.on_notebook_change(params)

    @lsp_method(lsp.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def lsp_notebook_document__did_close(self, params: lsp.DidCloseNotebookDocumentParams) -> None:
        """Closes the notebook and its cells."""
        self._server.on_notebook_close(params)

    def structure_message(self, data: dict[str, Any]) -> Any:
        """The message as an object. A request with parameters of the wrong form is answered with an error."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "id" in data and "method" in data:
                self._send_response(data["id"], error=error.to_response_error())
            raise

    def handle_message(self, message: Any) -> None:
        """Answers requests that come too early or too late with an error, where pygls says nothing."""
        method, request = getattr(message, "method", None), getattr(message, "id", None)
        if request is not None and method is not None:
            error: JsonRpcException | None = None
            if self._shutdown:
                error = JsonRpcInvalidRequest("the server is shutting down")
            elif self._workspace is None and method != lsp.INITIALIZE:
                error = JsonRpcServerNotInitialized()
            elif self._workspace is not None and method == lsp.INITIALIZE:
                error = JsonRpcInvalidRequest("the server is initialized already")
            if error is not None:
                self._send_response(request, error=error.to_response_error())
                return
        elif self._workspace is None and method not in (None, lsp.EXIT):
            return
        super().handle_message(message)

    def _send_handler_result(self, future: Future[Any], *, msg_id: str | int) -> None:
        """Sends the answer. That a document changed meanwhile is no error to log."""
        error = None if future.cancelled() else future.exception()
        if isinstance(error, (JsonRpcContentModified, ServerCancelled)):
            self._request_futures.pop(msg_id, None)
            self._send_response(msg_id, error=error.to_response_error())
            return
        super()._send_handler_result(future, msg_id=msg_id)
