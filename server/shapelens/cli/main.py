"""The command line. Nothing heavy is imported before it is known what is asked for.

Exit status: 0 clean, 1 findings (`check`) or a model that fails (`summary`), 2 wrong usage or an input that cannot be
read.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from shapelens import __version__
from shapelens.cli.output import complain
from shapelens.cli.status import FAILED, UsageError, internal_error, is_debugging

_INTERRUPTED, _BROKEN_PIPE = 130, 141
COLLECTIONS = (10_000, 20, 50)
"""How seldom Python looks for cycles to free: an analysis makes many small objects, and nearly all go without that."""
_COMMANDS = ("hints", "check", "summary", "doctor", "server")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line and out, where argparse prints its usage too."""
        self.exit(FAILED, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    options = _parser().parse_args(arguments)
    gc.set_threshold(*COLLECTIONS)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _run(options)
        if not sys.stdout.closed:  # The server closes it when it ends.
            sys.stdout.flush()
        return status
    except BrokenPipeError:
        # Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except KeyboardInterrupt:
        return _INTERRUPTED
    except UsageError as error:
        complain(str(error))
        return FAILED
    except Exception as error:
        if is_debugging():
            raise
        complain(internal_error(error))
        return FAILED


def _run(options: argparse.Namespace) -> int:
    if options.command == "hints":
        from shapelens.cli.hints import run_hints

        return run_hints(options)
    if options.command == "check":
        from shapelens.cli.check import run_check

        return run_check(options)
    if options.command == "summary":
        from shapelens.cli.summary import run_summary

        return run_summary(options)
    if options.command == "doctor":
        from shapelens.cli.doctor import run_doctor

        return run_doctor(options)
    from shapelens.cli.server import run_server

    return run_server(options)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="shapelens", description="Shows the shape of every tensor, without running the code.")
    parser.add_argument("--version", action="version", version=f"shapelens {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="|".join(_COMMANDS), required=True, parser_class=_Parser)
    _hints_options(commands.add_parser("hints", help="print a file with the shape of each tensor at the line ends"))
    _check_options(commands.add_parser("check", help="report what cannot fit; exit status 1 if anything does not"))
    _summary_options(
        commands.add_parser("summary", help="print the layers of a model: output shapes, parameters, multiply-adds")
    )
    _doctor_options(
        commands.add_parser("doctor", help="say which Python and which libraries are used, and if all is well")
    )
    _server_options(commands.add_parser("server", help="speak the Language Server Protocol"))
    return parser


def _python_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--python", metavar="PATH", help="interpreter or virtual environment whose packages the code uses"
    )


def _oracle_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--oracle", action="store_true", help="ask that interpreter's own torch about calls that have no rule (slower)"
    )


def _input_option(parser: argparse.ArgumentParser, meaning: str) -> None:
    parser.add_argument(
        "--input",
        metavar="SPEC",
        action="append",
        default=[],
        dest="inputs",
        help=f"{meaning}: 2,3,224,224 (float32), i:2,16 (int64), u:2,16 (uint8); may be repeated",
    )


def _hints_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", metavar="FILE|MODULE", help="a Python file, or a module such as torchvision.models")
    parser.add_argument("--json", action="store_true", help="machine-readable, with the followed files too")
    parser.add_argument("--entry", metavar="EXPR", help="an expression in the file's namespace that makes the model")
    _input_option(parser, "what the entry is called with")
    parser.add_argument("--keras", action="store_true", help="evaluating the entry is the run")
    _python_option(parser)
    _oracle_option(parser)


def _check_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", metavar="PATH", nargs="+", help="files, and folders with all Python files in them")
    parser.add_argument("--format", choices=("text", "json", "github", "sarif"), default="text")
    _python_option(parser)
    _oracle_option(parser)


def _summary_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        metavar="FILE::MODEL",
        help="a class, or an expression that makes the model, in a file or module: net.py::Net(10), "
        "torchvision.models::resnet18()",
    )
    _input_option(parser, "what the model is called with")
    parser.add_argument("--depth", type=int, default=3, help="how deep layers in layers are listed (default: 3)")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    _python_option(parser)
    _oracle_option(parser)


def _doctor_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("text", "json"), default="text")
    _python_option(parser)


def _server_options(parser: argparse.ArgumentParser) -> None:
    # Some clients add --stdio by habit.
    parser.add_argument("--stdio", action="store_true", help="over standard input and output (the default)")
    parser.add_argument("--tcp", action="store_true", help="listen for clients on a TCP port instead, until ended")
    # For one client of a server that listens: anyone on the machine may be that.
    parser.add_argument("--for-a-socket", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=2087)
    parser.add_argument("--log-level", choices=("error", "warning", "info", "debug"), default="warning")


if __name__ == "__main__":
    sys.exit(main())
