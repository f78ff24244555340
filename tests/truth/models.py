"""The models of a list, their recorded truths (kept in a folder that git ignores) and what Shapelens claims of them."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapelens.analysis.session import InputSpec, Session
from shapelens.report.jsonface import diagnostics, rows
from shapelens.report.problems import reported
from tests.truth.comparer import Comparison, compare

HERE = Path(__file__).parent
RECORDED = HERE / "recorded"


@dataclass(frozen=True)
class Model:
    """One line of a list: `MODULE:EXPRESSION`, a tab, the inputs."""

    module: str
    expression: str
    inputs: tuple[str, ...]

    @property
    def name(self) -> str:
        """The factory's name."""
        return self.expression.partition("(")[0]

    @property
    def is_keras(self) -> bool:
        """Whether making the model is the run."""
        return self.inputs == ("keras",)


def models(path: Path = HERE / "torchvision.tsv") -> list[Model]:
    """The models of a list, in its order."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            call, _, inputs = line.partition("\t")
            module, _, expression = call.partition(":")
            found.append(Model(module, expression, tuple(inputs.split())))
    return found


def truth(model: Model) -> list[dict[str, Any]]:
    """The rows of a real run: kept from before, or made now."""
    packages = ("tensorflow-cpu" if model.is_keras else "torch", model.module.partition(".")[0])
    versions = [importlib.metadata.version(package) for package in packages]
    sources = [(HERE / name).read_bytes() for name in ("instrument.py", "recorder.py")]
    stamp = hashlib.sha256(b"\0".join([repr((model, versions, sys.prefix)).encode(), *sources])).hexdigest()[:12]
    path = RECORDED / f"{model.name}-{stamp}.json"
    if not path.exists():
        command = [sys.executable, "-m", "tests.truth.recorder", f"{model.module}:{model.expression}", *model.inputs]
        run = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parents[1])
        if run.returncode:
            raise RuntimeError(f"{model.name} could not be recorded:\n{run.stderr}")
        RECORDED.mkdir(exist_ok=True)
        path.write_text(run.stdout, encoding="utf-8")
    return list(json.loads(path.read_text(encoding="utf-8")))


def claims(model: Model, session: Session | None = None) -> dict[str, Any]:
    """What `shapelens hints MODULE --json --entry …` says."""
    session = session or Session((), sys.executable)
    inputs: Sequence[InputSpec] = [] if model.is_keras else [InputSpec.parse(text) for text in model.inputs]
    analyses = session.run_entry(model.module, model.expression, inputs, model.is_keras).analyses
    problems = [problem for analysis in analyses for problem in reported(analysis)]
    return {"hints": rows(analyses), "diagnostics": diagnostics(problems)}


def comparison(model: Model) -> Comparison:
    """The claims about a model against its run."""
    return compare(truth(model), claims(model))
