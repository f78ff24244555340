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
    from shapelens.lsp.server import create_server

    logging.basicConfig(
        level=options.log_level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    server = create_server()
    server.listens = options.tcp
    if not options.tcp:
        server.start_io()
        return CLEAN if server.was_shut_down else LOST
    try:
        server.start_tcp(options.host, options.port)
    except OSError as error:
        raise UsageError(f"cannot listen on {options.host}:{options.port}: {error.strerror or error}") from None
    return CLEAN
