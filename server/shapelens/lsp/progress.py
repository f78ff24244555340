"""Work-done progress for what takes longer than a person waits without wondering."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

if TYPE_CHECKING:
    from shapelens.lsp.server import ShapelensServer

AFTER_SECONDS = 1.0

logger = logging.getLogger(__name__)


class Progress:
    """What is under way, told to the client from the second second on. One at a time: the oldest one speaks."""

    def __init__(self, server: ShapelensServer) -> None:
        self._server = server
        self._running = False

    @contextlib.asynccontextmanager
    async def told(self, title: str) -> AsyncIterator[None]:
        """Tell what is done inside, if it takes long and the client shows such things."""
        if self._running or not self._server.can("window.work_done_progress"):
            yield
            return
        self._running = True
        task = asyncio.get_running_loop().create_task(self._tell(title))
        try:
            yield
        finally:
            self._running = False
            task.cancel()

    async def _tell(self, title: str) -> None:
        """Begins after a while; ends when it is cancelled."""
        await asyncio.sleep(AFTER_SECONDS)
        token, progress = str(uuid.uuid4()), self._server.work_done_progress
        try:
            await progress.create_async(token)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            logger.warning("the client shows no progress: %s", error)
            return
        progress.begin(token, lsp.WorkDoneProgressBegin(kind="begin", title=title, cancellable=False))
        try:
            await asyncio.Event().wait()
        finally:
            progress.end(token, lsp.WorkDoneProgressEnd(kind="end"))
