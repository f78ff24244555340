"""`shapelens server`: the language server."""

from __future__ import annotations

import argparse
import logging
import sys

from shapelens.cli.status import CLEAN, UsageError

LOST = 1
"""The client went without having said so, or was never there."""


def run_server(options: argparse.Namespace) -> int:
    """Serve until the client goes; log to standard error."""
    logging.basicConfig(
        level=options.log_level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    if options.tcp:
        from shapelens.cli import sockets

        try:
            sockets.serve(options.host, options.port, options.log_level)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UsageError(f"cannot listen on {options.host}:{options.port}: {reason}") from None
    from shapelens.lsp.server import create_server

    server = create_server()
    server.listens = options.for_a_socket
    server.start_io()
    return CLEAN if server.was_shut_down else LOST
