"""Runs programs with the installed torch, each in a fork of this process, so that torch is imported but once.

Reads a JSON list of {"path", "text", "check"} and writes a JSON list of what each raised, "" for nothing. A `# try: EXPRESSION`
comment in the text is evaluated behind it. With "check", annotations of jaxtyping are held against what comes. The argument is the number of seconds that each may take.
"""

from __future__ import annotations

import ast
import functools
import inspect
import json
import os
import signal
import sys
import tempfile
import typing
from pathlib import Path
from typing import Any


def checked(function: Any) -> Any:
    """The function, which raises a TypeError where an argument or result is not what its annotation says."""
    import jaxtyping

    said = typing.get_type_hints(function)

    def check(name: str, value: object) -> None:
        if isinstance(said.get(name), type) and not isinstance(value, said[name]):
            shape = tuple(getattr(value, "shape", ()))
            raise TypeError(f"{function.__qualname__}: {name} is {shape}, annotated {said[name]}")

    @functools.wraps(function)
    def call(*args: object, **kwargs: object) -> object:
        with jaxtyping.jaxtyped("context"):
            for name, value in inspect.signature(function).bind(*args, **kwargs).arguments.items():
                check(name, value)
            result = function(*args, **kwargs)
            check("return", result)
            return result

    return call


def with_checks(text: str) -> ast.Module:
    """A program with each annotated function checked at each call."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and "Tensor" in ast.unparse(node).split("\n    ")[0]:
            node.decorator_list.append(ast.Name("_checked", ast.Load()))
    return ast.fix_missing_locations(tree)


def raised(path: str, text: str, check: bool) -> str:
    """What a program raises, in one line."""
    namespace: dict[str, Any] = {"__name__": "__main__", "__file__": path, "_checked": checked}
    tries = [line.removeprefix("# try: ") for line in text.splitlines() if line.startswith("# try: ")]
    try:
        exec(compile(with_checks(text) if check else text, path, "exec", dont_inherit=True), namespace)
        for expression in tries:
            eval(expression, namespace)
    except BaseException as error:
        return f"{type(error).__name__}: {error}".splitlines()[0] if str(error) else type(error).__name__
    return ""


def forked(path: str, text: str, check: bool, seconds: int) -> str:
    """The same in a process of its own, with a limit on its time."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(seconds)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        sys.path.insert(0, str(Path(path).parent))
        os.write(writing, raised(path, text, check).encode()[:4000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read().decode(errors="replace")
    _, status = os.waitpid(child, 0)
    return said or (f"ended with status {status}" if status else "")


def main() -> None:
    """Run all that is asked for."""
    import torch

    torch.set_num_threads(1)  # a process with threads does not fork well
    jobs = json.loads(sys.stdin.read())
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        print(json.dumps([forked(job["path"], job["text"], job["check"], int(sys.argv[1])) for job in jobs]))


if __name__ == "__main__":
    main()
