"""argparse: defaults say sizes until the layers say otherwise, and the command line may say anything."""

from __future__ import annotations

import textwrap
from pathlib import Path

from shapelens.analysis.facts import FileAnalysis
from shapelens.analysis.session import Session
from shapelens.report.jsonface import rows

PARSER = """
import argparse
import torch
from torch import nn
def options():
    parser = argparse.ArgumentParser()
    group = parser.add_argument_group("sizes")
    group.add_argument("--batch-size", "-b", type=int, default=64)
    group.add_argument("--hidden", type=int, default=32)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--deep", action="store_true")
    return parser.parse_args(%s)
args = options()
"""


def analysed(tmp_path: Path, text: str, given: str = "") -> FileAnalysis:
    path = tmp_path / "program.py"
    path.write_text(PARSER % given + textwrap.dedent(text))
    return Session([tmp_path]).analyse(str(path))


def shapes(analysis: FileAnalysis) -> dict[str, list[object]]:
    return {row["name"]: row["values"][-1][0] for row in rows([analysis]) if row["kind"] == "assign"}


def test_defaults_are_assumed(tmp_path: Path) -> None:
    found = analysed(tmp_path, "x = torch.zeros(args.batch_size, args.hidden)\ny = x[args.skip:]\n")
    assert shapes(found)["x"] == [64, 32]
    assert not found.problems


def test_layers_overrule_them(tmp_path: Path) -> None:
    text = """
        x = torch.zeros(args.batch_size, args.hidden)
        y = nn.Linear(48, 2)(x)
        z = y + torch.zeros(16, 2)
    """
    found = analysed(tmp_path, text)
    assert shapes(found)["z"] == [16, 2]
    assert not found.problems


def test_what_no_command_line_can_mend_is_reported(tmp_path: Path) -> None:
    found = analysed(tmp_path, "y = nn.Linear(args.hidden * 2, 3)(torch.zeros(5, args.hidden))\n")
    assert [p.code for p in found.problems] == ["feature-mismatch"]


def test_a_flag_may_be_set_or_not(tmp_path: Path) -> None:
    text = "x = torch.zeros(2, 3)\nif args.deep:\n    x = torch.zeros(4, 3)\ny = x + torch.zeros(4, 3)\n"
    assert not analysed(tmp_path, text).problems


def test_an_empty_command_line_gives_the_defaults(tmp_path: Path) -> None:
    found = analysed(tmp_path, "y = torch.zeros(args.hidden) + torch.zeros(31)\n", "[]")
    assert [p.code for p in found.problems] == ["broadcast-mismatch"]
    assert not analysed(tmp_path, "y = torch.zeros(args.hidden) + torch.zeros(31)\n", '["--hidden", "31"]').problems
