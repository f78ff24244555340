"""Analyses a program in a process of its own, and says what that took."""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass

from shapelens.analysis.session import Session
from shapelens.cli.main import COLLECTIONS
from shapelens.interpreter.machine import slowness
from shapelens.report.hints import hints

SECONDS = 1.0
"""Of the processor: what one answer may take."""
MEGABYTES = 300
"""What the process may take at its peak."""
STEPS = ("cold", "after", "before", "good")
"""A first look, an edit at the end, one at the start, and a small program in its place."""
_HOPELESS = 20
"""Seconds of the processor after which a process is ended."""
_ADDRESSES = 1 << 31

HEAD = """import torch, math, functools, itertools, re, copy
from torch import nn
import torch.nn.functional as F
import numpy as np
before = torch.zeros(4, 5) @ torch.zeros(5, 6)
"""
_TAIL = "\nafter = torch.zeros(2, 3) @ torch.zeros(3, 7)\n"
_PLAIN = "import torch\nfrom torch import nn\n\nx = nn.Linear(8, 4)(torch.zeros(3, 8))\ny = x @ torch.zeros(4, 5)\n"


@dataclass(frozen=True)
class Outcome:
    """What became of a program: seconds of the processor for each step, the peak of memory, and what went wrong.

    `slowness` is how many times longer than usual the machine took for a little work meanwhile.
    """

    steps: dict[str, float]
    megabytes: float
    wrong: str = ""
    unfinished: int = 0
    slowness: float = 1.0

    @property
    def worst(self) -> float:
        """The seconds of the slowest step."""
        return max(self.steps.values(), default=0.0)

    @property
    def is_over(self) -> bool:
        """Whether it took more than an answer may take, or did not give one."""
        return self.worst > SECONDS * self.slowness or self.megabytes > MEGABYTES or bool(self.wrong)


def run(program: str, head: bool = True, steps: Sequence[str] = STEPS) -> Outcome:
    """Analyse a program, edit it at its end and at its start, then put a small one in its place."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        with open(write, "w") as said:
            _child(program, head, steps, said)
            said.flush()
            os._exit(0)
    os.close(write)
    with open(read) as said:
        lines = said.read().splitlines()
    _, status, used = os.wait4(child, 0)
    told = [json.loads(line) for line in lines]
    took = {each["step"]: each["seconds"] for each in told if "step" in each}
    wrong = "; ".join(each["wrong"] for each in told if "wrong" in each)
    if status:
        signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        wrong = f"{wrong}; ended by signal {signal} in the step after {list(took)}"
        took["ended"] = used.ru_utime + used.ru_stime - sum(took.values())
    unfinished = max([each.get("unfinished", 0) for each in told], default=0)
    slow = max([each.get("slowness", 1.0) for each in told], default=1.0)
    return Outcome(took, used.ru_maxrss / 1024, wrong, unfinished, slow)


def _child(program: str, head: bool, steps: Sequence[str], said: object) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_HOPELESS, _HOPELESS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def tell(**what: object) -> None:
        print(json.dumps(what), file=said, flush=True)  # type: ignore[call-overload]

    gc.set_threshold(*COLLECTIONS)
    tell(slowness=round(slowness(), 2))
    session = Session((), sys.executable)
    path = "/nowhere/hurt.py"
    start = HEAD if head else ""
    texts = {
        "cold": start + program,
        "after": start + program + (_TAIL if head else ""),
        "before": start.replace("zeros(5, 6)", "zeros(5, 8)") + program,
        "good": _PLAIN,
    }
    expected = {
        "cold": {"before": (4, 6)} if head else {},
        "after": {"before": (4, 6)} if head else {},
        "before": {"before": (4, 8)} if head else {},
        "good": {"x": (3, 4), "y": (3, 5)},
    }
    for step in steps:
        text, wanted = texts[step], expected[step]
        began = time.process_time()
        try:
            session.update(path, text)
            analysis = session.analyse(path, thorough=False)
            hints(analysis)
            seconds = time.process_time() - began
            shown = {fact.name: fact.values[0].shape for fact in analysis.facts if fact.kind == "assign"}
            missing = {name: shown.get(name) for name, shape in wanted.items() if shown.get(name) != shape}
            if missing:
                tell(wrong=f"{step}: shows {missing}")
            tell(step=step, seconds=round(seconds, 3), unfinished=analysis.unfinished)
        except BaseException as error:
            tell(step=step, seconds=round(time.process_time() - began, 3))
            last = traceback.extract_tb(error.__traceback__)[-1]
            tell(wrong=f"{step}: {type(error).__name__}: {str(error)[:200]} at {last.filename}:{last.lineno}")
