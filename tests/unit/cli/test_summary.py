"""`shapelens summary`, run as a person runs it."""

from __future__ import annotations

import json

import pytest
from tests.unit.cli.test_cli import assert_fails_clearly, run

NET = """\
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.blocks = nn.ModuleList([nn.Conv2d(8, 8, 3, padding=1) for _ in range(2)])
        self.act = nn.ReLU()
        self.fc = nn.Linear(8, classes)
        self.fc.weight.requires_grad = False

    def forward(self, x):
        x = self.conv(x)
        for block in self.blocks:
            x = self.act(block(x))
        return self.fc(x.mean(dim=(2, 3)))


class Sized(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(width, 3)

    def forward(self, x, y=None):
        return self.fc(x)


class Empty(nn.Module):
    def forward(self, x):
        return x


class Fixed(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.fc = nn.Linear(4 * 26 * 26, 10)

    def forward(self, x):
        return self.fc(torch.flatten(self.conv(x), 1))


bad = nn.Sequential(nn.Linear(3, 4), nn.Linear(5, 6))
"""
CALLED = """\
import torch
from net import Net, Sized

model = Sized(16)
model(torch.zeros(5, 16))
"""

TABLE = """\
=====================================================================
Layer (type (name):depth-idx)  Output Shape        Param #  Mult-Adds
=====================================================================
Net                            [2, 5]                   --         --
├─Conv2d (conv): 1-1           [2, 8, 30, 30]          224    388,800
├─ModuleList (blocks): 1-2     --                       --         --
│    └─Conv2d (0): 2-1         [2, 8, 30, 30]          584  1,036,800
├─ReLU (act): 1-3              [2, 8, 30, 30]           --         --
├─ModuleList (blocks): 1-4     --              (recursive)         --
│    └─Conv2d (1): 2-2         [2, 8, 30, 30]          584  1,036,800
├─ReLU (act): 1-5              [2, 8, 30, 30]           --         --
├─Linear (fc): 1-6             [2, 5]                   45         80
=====================================================================
Total params: 1,437
Trainable params: 1,397
Non-trainable params: 40
Total mult-adds (M): 2.46
=====================================================================
Input size (MB): 0.02
Forward/backward pass size (MB): 0.35
Params size (MB): 0.01
Estimated Total Size (MB): 0.38
=====================================================================
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    (tmp_path / "called.py").write_text(CALLED, encoding="utf-8")
    return tmp_path


def as_json(*arguments, cwd, status=0):
    result = run("summary", *arguments, "--format", "json", cwd=cwd)
    assert result.returncode == status, result
    return json.loads(result.stdout)


def test_the_table(folder):
    result = run("summary", "net.py::Net(5)", "--input", "2,3,32,32", cwd=folder)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == TABLE


def test_depth_sums_up_what_it_leaves_out(folder):
    result = run("summary", "net.py::Net(5)", "--input", "2,3,32,32", "--depth", "0", cwd=folder)
    row = result.stdout.splitlines()[3]
    assert row.split() == ["Net", "[2,", "5]", "1,437", "2,462,480"]
    totals = [line for line in TABLE.splitlines() if ": " in line][-8:]
    assert [line for line in result.stdout.splitlines() if ": " in line][-8:] == totals
    result = run("summary", "net.py::Net(5)", "--input", "2,3,32,32", "--depth", "1", cwd=folder)
    assert "Conv2d (0)" not in result.stdout
    assert "├─ModuleList (blocks): 1-2" in result.stdout


def test_json(folder):
    data = as_json("net.py::Net", "--input", "2,3,32,32", cwd=folder)
    assert data["diagnostics"] == []
    summary = data["summary"]
    assert summary["model"] == "Net"
    assert summary["inputs"] == [
        {"shape": [2, 3, 32, 32], "dtype": "float32", "inferred": False, "text": "(2, 3, 32, 32)"}
    ]
    assert (summary["total_params"], summary["trainable_params"], summary["non_trainable_params"]) == (1482, 1402, 80)
    assert summary["total_mult_adds"] == 2_462_560
    assert summary["input_bytes"] == 2 * 3 * 32 * 32 * 4
    assert summary["params_bytes"] == 1482 * 4
    conv = summary["layers"][1]
    assert conv["name"] == "conv" and conv["type"] == "Conv2d" and conv["depth"] == 1
    assert conv["output"]["shape"] == [2, 8, 30, 30] and conv["output_bytes"] == 2 * 8 * 30 * 30 * 4
    assert conv["params"] == 224 and conv["mult_adds"] == 388_800


def test_a_layer_that_is_used_again_counts_once(folder):
    (folder / "tied.py").write_text(
        "import torch.nn as nn\n\n\nclass Tied(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.a = nn.Linear(4, 4)\n        self.b = nn.Linear(4, 4, bias=False)\n"
        "        self.b.weight = self.a.weight\n\n    def forward(self, x):\n"
        "        return self.b(self.a(self.a(x)))\n",
        encoding="utf-8",
    )
    result = run("summary", "tied.py::Tied", "--input", "2,4", cwd=folder)
    rows = [line.split()[-2:] for line in result.stdout.splitlines() if "Linear" in line]
    assert rows == [["20", "32"], ["(recursive)", "32"], ["(shared)", "32"]]
    assert "Total params: 20\n" in result.stdout and "Total mult-adds: 96\n" in result.stdout


def test_a_module_by_name_and_an_expression(folder):
    pytest.importorskip("torch")
    data = as_json("torch.nn::LSTM(3, 4)", "--input", "5,2,3", cwd=folder)
    assert data["summary"]["total_params"] == 4 * 4 * (3 + 4 + 2)
    assert data["summary"]["total_mult_adds"] == 5 * 2 * 4 * 4 * (3 + 4)


# -- without --input -------------------------------------------------------------------------------------------------


def test_the_input_of_a_call_in_the_file(folder):
    for target in ("called.py::model", "called.py::Sized"):
        summary = as_json(target, cwd=folder)["summary"]
        assert summary["inputs"][0]["shape"] == [5, 16]
        assert summary["total_mult_adds"] == 5 * 16 * 3


def test_the_input_that_the_layers_ask_for(folder):
    summary = as_json("net.py::Net", cwd=folder)["summary"]
    assert summary["inputs"][0]["shape"] == ["B", 3, "H", "W"]
    assert summary["layers"][-1]["mult_adds"] == "80*B"
    assert summary["total_params"] == 1482
    result = run("summary", "net.py::Net", cwd=folder)
    assert "[B, 8, H - 2, W - 2]" in result.stdout and "80·B" in result.stdout


def test_the_sizes_that_fit_are_marked(folder):
    result = run("summary", "net.py::Fixed", cwd=folder)
    assert "≈[B, 4, 26, 26]" in result.stdout
    assert "Total mult-adds: 51376·B" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("≈ inferred")


# -- what cannot be done ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["net.py"], ["FILE::Model"]),
        (["net.py::"], ["FILE::Model"]),
        (["nope.py::Net"], ["nope.py", "no such file"]),
        (["nope::Net"], ["no module nope"]),
        (["net.py::Nope"], ["there is no Nope", "net.py"]),
        (["net.py::Net("], ["not an expression"]),
        (["net.py::torch"], ["torch is not known to be a torch.nn.Module"]),
        (["net.py::Net", "--input", "2,x"], ["2,x"]),
        (["net.py::Net", "--input", "q:2"], ["q"]),
        (["net.py::Net", "--input", "2,3,9,9", "--input", "1"], ["forward takes 1 input (x), 2 given"]),
        (["net.py::Sized(3)", "--input", "1", "--input", "1", "--input", "1"], ["at most 2 inputs (x, y), 3 given"]),
        (["net.py::Sized", "--input", "2,3"], ["Sized needs width"]),
        (["net.py::nn.Linear"], ["is a class"]),
        (["net.py::Empty"], ["input of Empty cannot be known", "--input"]),
        (["net.py::Net", "--depth", "-1"], ["--depth"]),
    ],
)
def test_wrong_usage_is_said_in_one_line(folder, arguments, words):
    assert_fails_clearly(run("summary", *arguments, cwd=folder), *words)


def test_a_model_that_fails(folder):
    result = run("summary", "net.py::Net", "--input", "2,1,32,32", cwd=folder)
    assert result.returncode == 1
    assert "net.py:15:13: error[channel-mismatch]" in result.stdout
    assert "Total mult-adds: unknown" in result.stdout and "Total params: 1,482" in result.stdout
    data = as_json("net.py::Net", "--input", "2,1,32,32", cwd=folder, status=1)
    assert [d["code"] for d in data["diagnostics"]] == ["channel-mismatch"]
    assert data["summary"]["total_mult_adds"] is None


def test_a_failure_in_no_line_of_the_file_is_told_where_the_layer_is_made(folder):
    result = run("summary", "net.py::bad", "--input", "2,3", cwd=folder)
    assert result.returncode == 1
    line = len(NET.splitlines())
    assert f"net.py:{line}:38: error[feature-mismatch]" in result.stdout


def test_a_layer_of_the_command_line_that_fails(folder):
    result = run("summary", "net.py::nn.Linear(3, 4)", "--input", "2,5", cwd=folder)
    assert result.returncode == 1
    assert "Linear expects 3 features" in result.stderr
