"""A workspace in which everything that could be run or followed leaves a mark, and a folder beside it that is none of its."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
SHADOWED = (
    "sitecustomize usercustomize torch numpy keras json typing ast re dataclasses argparse logging shapelens pygls jedi "
    "parso lsprotocol tomllib multiprocessing subprocess hashlib conftest setup noxfile setuptools encodings"
).split()
"""Modules beside the model that run where Python is started with the workspace on its path."""

MODEL = """\
import ast, json, typing, distutils
import numpy as np
import torch
import sitecustomize, usercustomize, conftest, setup, shapelens
import package, package.inner, tensorflow, compiled, pipe, folder, huge, unreadable, sock, device
import linked, linked_folder.secret, loop.loop.loop.model, secret, mapped, listed, nowhere, package.pipe.deeper, setuptools
from ....outside import secret as other
from .. import secret as another
from jaxtyping import Float
eval("__import__('os').system('{mark}')")
exec("open({canary!r}, 'w')")
weights = torch.load("weights.pt")
array = np.load("array.npy", allow_pickle=True)
def typed(x: Float[torch.Tensor, "{{open('CANARY','w')}} 3"]) -> "__import__('os').system('{mark}')":
    '''x (Tensor): shape (__import__('os').system('{mark}'), 3)'''
    return x
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 4)
    def forward(self, x):
        return self.layer(x)
x = torch.zeros(2, 3)
y = Net()(x)
asked = torch.roll(x, 1).T
wrong = x.view(7)
values = (linked.W, linked_folder.secret.W, secret.W, mapped.W, listed.W, other.W, another.W)
shapes = [torch.zeros(value) for value in values]
"""


@dataclass
class Hostile:
    """`root` is the workspace, `outside` what is not to be read, `home` the user's, `canary` what nobody may make.

    `linked` is outside too; the workspace's environment says that packages are there, which counts where it is trusted.
    """

    base: Path

    def __post_init__(self) -> None:
        self.root, self.outside = self.base / "work", self.base / "outside"
        self.home, self.canary = self.base / "home", self.base / "CANARY"
        self.linked = self.base / "linked"
        for folder in (self.root, self.outside, self.home, self.linked):
            folder.mkdir()
        self.spy = f"open({str(self.canary)!r}, 'a').write(__name__ + ' ' + __file__ + chr(10))\nW = 5\n"
        self.script = f'#!/bin/sh\necho started $0 >> {self.canary}\nexec {sys.executable} "$@"\n'
        mark = f"touch {self.canary}"
        self.model = self.write("model.py", MODEL.format(mark=mark, canary=str(self.canary)))
        for name in SHADOWED:
            self.write(f"{name}.py", self.spy)
        for name in ("package/__init__", "package/inner", "tensorflow/__init__", "__init__", "sub/__init__"):
            self.write(f"{name}.py", self.spy)
        self._outside()
        self._special()
        self._environment()
        self._settings()

    def write(self, name: str, text: str, mode: int = 0o644) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    def _outside(self) -> None:
        for name in ("mapped.py", "listed.py"):
            (self.linked / name).write_text(self.spy)
        for name in ("secret.py", "python3", "pyproject.toml"):
            (self.outside / name).write_text(self.spy if name != "python3" else self.script)
            (self.outside / name).chmod(0o755)
        (self.base / "secret.py").write_text(self.spy)  # a neighbour of the workspace, which is itself a package
        os.symlink(self.outside / "secret.py", self.root / "linked.py")
        os.symlink(self.outside, self.root / "linked_folder")
        os.symlink(".", self.root / "loop")
        os.symlink("round.py", self.root / "round.py")

    def _special(self) -> None:
        root = self.root
        os.mkfifo(root / "pipe.py")
        os.mkfifo(root / "package" / "pipe.py")
        os.mkfifo(root / "sub" / "pyproject.toml")
        (root / "folder.py").mkdir()
        os.symlink("/dev/zero", root / "device.py")
        (root / "huge.py").touch()
        os.truncate(root / "huge.py", 2 << 30)
        self.write("unreadable.py", "W = 5\n", 0)
        (root / "compiled.so").write_bytes(b"\x7fELF no library")
        with contextlib.suppress(OSError):  # the path may be too long for a socket
            server = socket.socket(socket.AF_UNIX)
            server.bind(str(root / "sock.py"))
            server.close()
        # A pickle that runs the shell when it is opened.
        pickled = b"cposix\nsystem\n(S'touch %s'\ntR." % os.fsencode(self.canary)
        (root / "weights.pt").write_bytes(pickled)
        (root / "array.npy").write_bytes(pickled)
        slow = "# -*- coding: idna -*-\nx = '" + "a" * 60_000 + "'\n"
        self.write("slow.py", slow)

    def _environment(self) -> None:
        """A virtual environment of the workspace's own making."""
        self.site = self.root / ".venv" / "lib" / f"python{VERSION}" / "site-packages"
        for name in ("python", "python3", f"python{VERSION}", "pip"):
            self.write(f".venv/bin/{name}", self.script, 0o755)
            self.write(f"evil/bin/{name}", self.script, 0o755)
        self.write(f"evil/lib/python{VERSION}/os.py", self.spy)
        self.write(f"evil/lib/python{VERSION}/encodings/__init__.py", self.spy)
        self.write(".venv/pyvenv.cfg", f"home = {self.root}/evil/bin\nversion = {VERSION}.0\n")
        for name in ("sitecustomize", "usercustomize", "torch/__init__", "keras/__init__"):
            self.write(str((self.site / f"{name}.py").relative_to(self.root)), self.spy)
        (self.site / "torch-2.9.0.dist-info").mkdir()
        (self.site / "keras-3.9.0.dist-info").mkdir()
        (self.site / "evil.pth").write_text(f"import os; os.system('touch {self.canary}')\n{self.linked}\n")
        os.mkfifo(self.site / "pipe.pth")
        finder = f"MAPPING = {{'mapped': {str(self.linked / 'mapped.py')!r}}}\n{self.spy}"
        (self.site / "__editable___evil_finder.py").write_text(finder)

    def _settings(self) -> None:
        self.write(
            "pyproject.toml",
            "[build-system]\nrequires = []\nbuild-backend = 'setup'\nbackend-path = ['.']\n"
            "[project.entry-points.'shapelens']\nevil = 'package:run'\n"
            "[tool.shapelens]\npython = '.venv/bin/python'\nmemory-budget = '1e999GB'\nexclude = 7\nignore = [[1]]\n"
            "activation-budget = "
            + "9" * 4000
            + "\ninputs = { 'a' = '../../outside' }\n'[click](command:workbench.action.quit)\\u001b[31m' = 1\n".replace(
                "\\u001b", "x"
            ),
        )
        evil = {"shapelens.python": "evil/bin/python3", "python.envFile": ".env", "shapelens.trusted": True}
        self.write(".vscode/settings.json", json.dumps(evil))
        self.write(".env", f"PYTHONPATH={self.root}\nPYTHONSTARTUP={self.root}/setup.py\nPYTHONHOME={self.root}/evil\n")

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a user whose home is empty."""
        return {"HOME": str(self.home), "XDG_CACHE_HOME": str(self.base / "cache"), "NO_COLOR": "1"}

    def marks(self) -> str:
        """What was run; "" where nothing was."""
        return self.canary.read_text() if self.canary.exists() else ""


def events(log: Path) -> list[list[Any]]:
    """What the audit hook of `audited.py` saw."""
    return [json.loads(line) for line in log.read_text().splitlines()]


def breaches(hostile: Hostile, log: Path, is_trusted: bool, started: tuple[str, ...] = ()) -> list[list[Any]]:
    """What a process did that it should not have done; `started` are the programs that it may start."""
    return [each for each in events(log) if _is_breach(hostile, is_trusted, started, *each)]


def _is_breach(
    hostile: Hostile, is_trusted: bool, started: tuple[str, ...], event: str, what: str, writes: bool = False
) -> bool:
    if event == "subprocess.Popen":
        return what not in started
    if event in ("exec", "import"):
        return Path(what).is_relative_to(hostile.base)
    if event != "open":
        return True
    real = Path(os.path.realpath(what))
    if writes:
        # Python tries whether it may write where temporary files are.
        is_trial = real.parent == Path(tempfile.gettempdir()) and len(real.name) == 8
        return not (is_trial or real.is_relative_to(hostile.base / "cache") or what == os.devnull)
    if real.is_relative_to(hostile.root):
        return real.suffix in (".pt", ".npy", ".so") or real.name == ".env" or real.exists() and not real.is_file()
    if is_trusted and real.is_relative_to(hostile.linked):
        return False
    return real.is_relative_to(hostile.base) and not real.is_relative_to(hostile.base / "cache") or what == "/dev/zero"
