"""The protocol with clean answers for clients that misbehave, and one line in the log for each."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.exceptions import (
    JsonRpcContentModified,
    JsonRpcException,
    JsonRpcInternalError,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcMethodNotFound,
    JsonRpcParseError,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol, lsp_method
from pygls.protocol.json_rpc import JsonRPCNotification, JsonRPCRequestMessage, JsonRPCResponseMessage

if TYPE_CHECKING:
    from shapelens.lsp.server import ShapelensServer

logger = logging.getLogger(__name__)


class ServerCancelled(JsonRpcException):
    """Says of a pull for diagnostics that the document changed meanwhile, and that it is worth asking again."""

    CODE = -32802
    MESSAGE = "Server Cancelled"

    def __init__(self) -> None:
        super().__init__(data={"retriggerRequest": True})


class Json(str):
    """What is written as JSON already: as the answer to a request it goes out as it is."""


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

    # -- what comes in -------------------------------------------------------------------------------------------------

    def receive(self, body: bytes) -> None:
        """Deal with the body of one message, whatever it is."""
        try:
            data = json.loads(body)
        except (ValueError, RecursionError) as error:
            self._refuse(None, JsonRpcParseError(f"not JSON: {error}"))
            return
        if not isinstance(data, dict):
            self._refuse(None, JsonRpcInvalidRequest("a message must be one object"))
            return
        identity = data.get("id")
        if "id" in data and (not isinstance(identity, (int, str)) or isinstance(identity, bool)):
            self._refuse(None, JsonRpcInvalidRequest("the id of a message must be an integer or a string"))
            return
        if data.get("jsonrpc") != self.VERSION or not isinstance(data.get("method", ""), str):
            wrong = JsonRpcInvalidRequest('a message must have "jsonrpc": "2.0", and a string as its method')
            if "result" in data or "error" in data or "id" not in data:
                logger.warning("a message is passed over: %s", wrong)
            else:
                self._refuse(identity, wrong)
            return
        if "method" in data and not self._is_in_turn(data):
            return
        try:
            message = self.structure_message(data)
        except JsonRpcException as error:
            self._misunderstood(data, error)
            return
        try:
            self.handle_message(message)
        except Exception:
            logger.exception("%s failed", data.get("method", "an answer"))

    def _refuse(self, identity: int | str | None, error: JsonRpcException, method: str = "a message") -> None:
        """Answer with an error. An id that cannot be known is null."""
        logger.warning("%s is refused: %s", method, error.message)
        said = {"code": error.code, "message": error.message}
        self._send_data({"jsonrpc": self.VERSION, "id": identity, "error": said})

    def _misunderstood(self, data: dict[str, Any], error: JsonRpcException) -> None:
        """A message of the wrong form: a request is answered, a notification passed over, an answer is none."""
        if "method" not in data and "id" in data:
            logger.warning("an answer of the client is not understood: %s", error.message)
            self._handle_response(data["id"], None, error.to_response_error())
        elif "id" in data:
            self._refuse(data["id"], error, str(data["method"]))
        else:
            logger.warning("%s is passed over: %s", data.get("method", "a message"), error.message)

    def structure_message(self, data: dict[str, Any]) -> Any:
        """The message as an object. Raises JsonRpcInvalidParams for one of the wrong form."""
        method, form = data.get("method"), None
        if method == lsp.INITIALIZE:
            data = self._lenient(data)
        if method is not None:
            form = self.get_message_type(method) or (JsonRPCRequestMessage if "id" in data else JsonRPCNotification)
            if form in (JsonRPCRequestMessage, JsonRPCNotification):
                data = {"params": None, **data}
        elif "error" in data:
            form = lsp.ResponseErrorMessage
        else:
            form = self._result_types.pop(data.get("id", ""), None) or JsonRPCResponseMessage
        try:
            return self._converter.structure(data, form)
        except Exception as error:
            raise JsonRpcInvalidParams(f"the parameters are not valid: {_first_reason(error)}") from None

    def _lenient(self, data: dict[str, Any]) -> dict[str, Any]:
        """The first request of a client that leaves out what it must say, or that knows a later protocol."""
        params = data.get("params")
        if params is not None and not isinstance(params, dict):
            return data
        said = (params or {}).get("capabilities")
        if said is None or isinstance(said, dict):
            said = _understood(said or {}, self._is_capable)
        return {**data, "params": {**(params or {}), "capabilities": said}}

    def _is_capable(self, capabilities: Any) -> bool:
        try:
            self._converter.structure(capabilities, lsp.ClientCapabilities)
        except Exception:
            return False
        return True

    def _is_in_turn(self, data: dict[str, Any]) -> bool:
        """Whether a request or notification is known and comes when it may; else it has been dealt with."""
        method, early = data["method"], self._workspace is None
        if "id" in data:
            error: JsonRpcException | None = None
            if self._shutdown:
                error = JsonRpcInvalidRequest("the server is shutting down")
            elif early and method != lsp.INITIALIZE:
                error = JsonRpcServerNotInitialized("the first request must be initialize")
            elif not early and method == lsp.INITIALIZE:
                error = JsonRpcInvalidRequest("the server is initialized already")
            elif not self._is_known(method):
                error = JsonRpcMethodNotFound.of(method)
            if error is not None:
                self._refuse(data["id"], error, method)
            return error is None
        if method == lsp.EXIT:
            return True
        if early or self._shutdown:
            logger.warning("%s is passed over: it comes too %s", method, "late" if self._shutdown else "early")
            return False
        if self._is_known(method) or method == lsp.CANCEL_REQUEST:
            return True
        # What begins with $/ need not be known.
        logger.log(logging.DEBUG if method.startswith("$/") else logging.WARNING, "%s is unknown", method)
        return False

    def _is_known(self, method: str) -> bool:
        return method in self.fm.builtin_features or method in self.fm.features

    def _handle_cancel_notification(self, msg_id: str | int) -> None:
        """Cancels a request. That it has been answered meanwhile is nothing to warn of."""
        future = self._request_futures.get(msg_id)
        if future is not None and future.cancel():
            self._request_futures.pop(msg_id, None)

    # -- what goes out -------------------------------------------------------------------------------------------------

    def _send_handler_result(self, future: Future[Any], *, msg_id: str | int) -> None:
        """Sends the answer. What a client did wrong takes a line in the log, a change meanwhile takes none."""
        error = None if future.cancelled() else future.exception()
        if isinstance(error, JsonRpcException) and not isinstance(error, JsonRpcInternalError):
            self._request_futures.pop(msg_id, None)
            if not isinstance(error, (JsonRpcContentModified, ServerCancelled)):
                logger.warning("request %r is refused: %s", msg_id, error)
            self._send_response(msg_id, error=error.to_response_error())
            return
        if error is None and not future.cancelled() and isinstance(result := future.result(), Json):
            self._request_futures.pop(msg_id, None)
            self._send_written(f'{{"jsonrpc": "{self.VERSION}", "id": {json.dumps(msg_id)}, "result": {result}}}')
            return
        super()._send_handler_result(future, msg_id=msg_id)

    def _send_written(self, body: str) -> None:
        """Sends a message that is JSON already."""
        if self.writer is not None:
            data = body.encode("utf-8")
            self.writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))


def _understood(said: Any, fits: Callable[[Any], bool]) -> Any:
    """The part of a nested value that fits."""
    if fits(said):
        return said
    if isinstance(said, list):
        return [each for each in said if fits([each])]
    if not isinstance(said, dict):
        return None
    found: dict[str, Any] = {}
    for key, value in said.items():
        part = _understood(value, lambda each: fits({key: each}))  # noqa: B023
        if part is not None and fits({key: part}):
            found[key] = part
    return found


def _first_reason(error: BaseException) -> str:
    """The innermost of the reasons that a structure has no valid form for."""
    where = Counter[str]()
    while True:
        inner = getattr(error, "exceptions", None)
        for note in getattr(error, "__notes__", ()):
            where[str(note)] += 1
        if not inner:
            break
        error = inner[0]
    places = "; ".join(where)
    return f"{type(error).__name__}: {error}" + (f" ({places})" if places else "")
