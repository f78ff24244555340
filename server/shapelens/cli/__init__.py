"""The command line: check, hints, server."""
