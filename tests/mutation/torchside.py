"""What torch says of a program and of its mutants. A process of its own for each program, a fork for each mutant.

    python -m tests.mutation.torchside SUBJECT < mutants.json > verdicts.json

With no mutants on standard input (`null`), the lines that run are printed instead. A verdict is null where nothing was
raised, "late" past the time limit, else {"error", "frames": [[file, line, end_line]…], "by"}: the frames in the
program's own files, outermost first, files relative to its root; `by` is "program" where it raised by itself.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import io
import json
import os
import pickle
import select
import signal
import sys
import traceback
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

from tests.mutation.mutants import Mutant
from tests.mutation.subjects import Subject, subjects
from tests.truth.recorder import built, declared_operators, input_tensor

SECONDS = 60

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def run(subject: Subject, text: str, meta: bool = True) -> None:
    """Run a program with this text in the place of its file; torch's words come as an exception."""
    import torch

    code = compile(text, str(subject.path), "exec", dont_inherit=True)
    if not subject.module:
        namespace: dict[str, Any] = {"__name__": "__main__", "__file__": str(subject.path)}
        sys.path.insert(0, str(subject.path.parent))
        exec(code, namespace)
        for entry in subject.entry.splitlines():
            eval(entry, namespace)
        return
    _run_again(subject, code, torch, meta)


def _run_again(subject: Subject, code: CodeType, torch: Any, meta: bool) -> None:
    before = sys.modules[subject.module]
    module = ModuleType(subject.module)
    module.__package__, module.__spec__, module.__file__ = before.__package__, before.__spec__, before.__file__
    sys.modules[subject.module] = module
    importlib.import_module("torchvision.models._api").BUILTIN_MODELS.clear()
    exec(code, vars(module))
    with torch.no_grad():
        if meta:
            network = built(subject.entry, vars(module)).eval()
            with torch.device("meta"):
                network(*map(input_tensor, subject.inputs))
        else:
            torch.manual_seed(0)
            network = eval(subject.entry, vars(module)).eval()
            network(*(torch.zeros_like(input_tensor(text), device="cpu") for text in subject.inputs))


def verdict(subject: Subject, text: str, meta: bool = True) -> Any:
    """What comes of running a text, in a fork of this process."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        answer: Any = "late"
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            try:
                run(subject, text, meta)
                answer = None
            except BaseException as error:
                with contextlib.suppress(Exception):
                    answer = _described(subject, text, error)
        with open(write, "wb") as pipe:
            pipe.write(pickle.dumps(answer))
        os._exit(0)
    os.close(write)
    with open(read, "rb") as pipe:
        ready = select.select([pipe], [], [], SECONDS)[0]
        if not ready:
            os.kill(child, signal.SIGKILL)
        content = pipe.read() if ready else b""
    os.waitpid(child, 0)
    return pickle.loads(content) if content else "late"


def _described(subject: Subject, text: str, error: BaseException) -> dict[str, Any]:
    frames = []
    summary = traceback.extract_tb(error.__traceback__)
    for frame in summary:
        path = Path(frame.filename)
        if path.is_relative_to(subject.root):
            line = frame.lineno or 0
            frames.append([str(path.relative_to(subject.root)), line, frame.end_lineno or line])
    own = bool(summary) and Path(summary[-1].filename).is_relative_to(subject.root)
    explicit = own and _raises(subject, text, summary[-1])
    message = str(error).strip().split("\n")[0][:160]
    by = "program" if explicit else "torch"
    return {"error": f"{type(error).__name__}: {message}", "frames": frames, "by": by}


def _raises(subject: Subject, text: str, frame: traceback.FrameSummary) -> bool:
    """Whether the innermost line is a raise or an assert of the program."""
    if Path(frame.filename) != subject.path:
        text = Path(frame.filename).read_text(encoding="utf-8")
    return any(
        isinstance(node, (ast.Raise, ast.Assert))
        and node.lineno <= (frame.lineno or 0) <= (node.end_lineno or node.lineno)
        for node in ast.walk(ast.parse(text))
    )


def lines_run(subject: Subject, text: str) -> list[int]:
    """The lines of the program's file that run."""
    lines: set[int] = set()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename != str(subject.path):
            return None
        lines.add(frame.f_lineno)
        return trace

    sys.settrace(trace)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            run(subject, text)
    finally:
        sys.settrace(None)
    return sorted(lines)


def main() -> None:
    """Answer for one program."""
    import torch

    torch.set_num_threads(1)
    library = declared_operators()
    subject = next(s for s in subjects() if s.name == sys.argv[1])
    if subject.module:
        importlib.import_module(subject.module)
    elif subject.name.startswith("keras/"):
        importlib.import_module("tensorflow")  # its threads start with its first operation, in the forks
        importlib.import_module("keras")
    else:
        import torch.nn
    text = subject.path.read_text(encoding="utf-8")
    asked = json.load(sys.stdin)
    if asked is None:
        answer: Any = lines_run(subject, text)
    else:
        meta = "--cpu" not in sys.argv
        answer = [verdict(subject, changed, meta) if (changed := Mutant(*row).applied(text)) else None for row in asked]
    json.dump(answer, sys.stdout)
    del library


if __name__ == "__main__":
    main()
