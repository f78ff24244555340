"""The command line, run as a person runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shapelens.analysis import session
from shapelens.cli.main import main

ROOT = Path(__file__).parents[3]

NET = """\
import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)

    def forward(self, x):
        y = self.conv(x)  # 漢 é
        return y
"""

BAD = """\
import torch
import torch.nn as nn

fc = nn.Linear(400, 10)
x = torch.randn(8, 256)
if x.ndim:
\ty = fc(x)
"""


def run(*arguments, cwd=None, program=("-m", "shapelens"), **environment):
    path = os.pathsep.join(p for p in (str(ROOT / "server"), os.environ.get("PYTHONPATH", "")) if p)
    return subprocess.run(
        [sys.executable, *program, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    (tmp_path / "bad.py").write_text(BAD, encoding="utf-8")
    return tmp_path


def assert_fails_clearly(result, *words):
    assert result.returncode == 2, result
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert "Traceback" not in line
    assert all(word in line for word in words), line


# -- hints -----------------------------------------------------------------------------------------------------------


def test_hints_stand_behind_the_source(folder):
    result = run("hints", "net.py", cwd=folder)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert len(lines) == len(NET.splitlines())
    assert lines[0] == "import torch"
    shapes = {number: line for number, line in enumerate(lines, 1) if "(B, " in line}
    assert shapes[8].endswith("→ (B, 8, H - 2, W - 2)")
    assert shapes[10].endswith("x (B, 3, H, W)")
    assert shapes[11].startswith("        y = self.conv(x)  # 漢 é")
    assert shapes[11].endswith("→ (B, 8, H - 2, W - 2)")
    assert shapes[12].endswith("→ (B, 8, H - 2, W - 2)")
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_terminals_that_know_no_unicode(folder, encoding):
    environment = {"PYTHONIOENCODING": encoding}
    path = os.pathsep.join([str(ROOT / "server"), os.environ.get("PYTHONPATH", "")])
    result = subprocess.run(
        [sys.executable, "-m", "shapelens", "hints", "net.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        timeout=60,
    )
    assert result.returncode == 0
    assert b"-> (B, 8, H - 2, W - 2)" in result.stdout


def test_hints_as_json(folder):
    result = run("hints", "--json", "bad.py", cwd=folder)
    assert result.returncode == 0
    answer = json.loads(result.stdout)
    assert answer.keys() == {"hints", "diagnostics"}
    row = next(row for row in answer["hints"] if row["name"] == "x")
    assert row == {
        "file": str(folder / "bad.py"),
        "line": 5,
        "end_line": 5,
        "column": 1,
        "name": "x",
        "kind": "assign",
        "values": [[[8, 256], "float32"]],
    }
    assert [d["code"] for d in answer["diagnostics"]] == ["feature-mismatch"]


def test_an_entry_with_inputs(folder):
    result = run("hints", "net.py", "--json", "--entry", "Net()", "--input", "2,3,32,32", cwd=folder)
    assert result.returncode == 0, result.stderr
    rows = {(row["line"], row["name"]): row["values"] for row in json.loads(result.stdout)["hints"]}
    assert rows[10, "x"] == [[[2, 3, 32, 32], "float32"]]
    assert rows[11, "y"] == rows[12, "return"] == [[[2, 8, 30, 30], "float32"]]
    assert not any(name == "Net" for _, name in rows), "the model is made by the expression, in no line of the file"


def test_a_package_by_its_module_name(tmp_path):
    package = tmp_path / "zoo"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "layers.py").write_text(NET, encoding="utf-8")
    (package / "model.py").write_text(
        "from torch import nn\nfrom .layers import Net\n\nclass Model(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.net = Net()\n\n    def forward(self, x):\n"
        "        return self.net(x)\n"
    )
    result = run("hints", "zoo.model", "--json", "--entry", "Model()", "--input", "i:1,3,8,8", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    files = {Path(row["file"]).name for row in json.loads(result.stdout)["hints"]}
    assert files == {"layers.py", "model.py"}
    result = run("hints", "zoo.model", cwd=tmp_path)
    assert result.returncode == 0
    assert "→ (B, 8, H - 2, W - 2)" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["hints"], ["FILE|MODULE"]),
        (["hints", "missing.py"], ["missing.py", "no such file"]),
        (["hints", "no.such.module"], ["no.such.module"]),
        (["hints", "."], ["folder"]),
        (["hints", "binary.py"], ["binary.py"]),
        (["hints", "net.py", "--input", "2,3"], ["--entry"]),
        (["hints", "net.py", "--entry", "Net(", "--input", "2,3"], ["--entry"]),
        (["hints", "net.py", "--entry", "Net()", "--input", "x:2,3"], ["x:2,3"]),
        (["hints", "net.py", "--entry", "Net()", "--input", "2,three"], ["2,three"]),
        (["hints", "net.py", "--python", "/nowhere/python"], ["/nowhere/python"]),
        (["hints", "net.py", "--colour"], ["--colour"]),
        (["check"], ["PATH"]),
        (["check", "missing.py"], ["missing.py", "no such file"]),
        (["check", "net.py", "--python", "/nowhere/python"], ["/nowhere/python"]),
        (["check", "net.py", "--format", "xml"], ["xml"]),
        (["unheard-of"], ["unheard-of"]),
        ([], ["hints"]),
    ],
)
def test_wrong_usage_and_unreadable_inputs_are_one_clear_line(folder, arguments, words):
    (folder / "binary.py").write_bytes(b"x = '\xff\xfe'\n")
    result = run(*arguments, cwd=folder)
    if arguments[:1] == ["check"] and "missing.py" in arguments:
        assert result.stdout == "No problems in 0 files\n"
        result.stdout = ""
    assert_fails_clearly(result, *words)


def test_a_file_that_does_not_parse_is_shown_all_the_same(folder):
    (folder / "net.py").write_text(NET + "\ndef broken(:\n", encoding="utf-8")
    result = run("hints", "net.py", cwd=folder)
    assert result.returncode == 0
    assert "→ (B, 8, H - 2, W - 2)" in result.stdout
    assert result.stdout.rstrip().endswith("def broken(:")


def test_empty_and_shapeless_files(folder):
    (folder / "empty.py").write_text("")
    result = run("hints", "empty.py", cwd=folder)
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == "shapelens: empty.py: no tensors found\n"


# -- check -----------------------------------------------------------------------------------------------------------


def test_check_as_text(folder):
    result = run("check", "bad.py", cwd=folder)
    assert result.returncode == 1, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0].startswith("bad.py:7:6: error[feature-mismatch] ")
    assert "400" in lines[0]
    assert "256" in lines[0]
    assert lines[1:3] == ["    \ty = fc(x)", "    \t    ^^^^^"]
    assert any(line.startswith("  bad.py:4:6: note: ") for line in lines)
    assert lines[-1] == "1 problem in 1 file"


def test_check_of_clean_code(folder):
    result = run("check", "net.py", cwd=folder)
    assert (result.returncode, result.stdout, result.stderr) == (0, "No problems in 1 file\n", "")


def test_check_walks_folders_and_leaves_environments_out(folder):
    for skipped in (".venv/lib", "node_modules", ".hidden", "x/site-packages", "env/lib"):
        (folder / skipped).mkdir(parents=True)
        (folder / skipped / "bad.py").write_text(BAD)
    (folder / "env" / "pyvenv.cfg").write_text("")
    (folder / "sub").mkdir()
    (folder / "sub" / "worse.py").write_text(BAD)
    result = run("check", ".", cwd=folder)
    assert result.returncode == 1
    assert result.stdout.splitlines()[-1] == "2 problems in 3 files"
    assert "sub/worse.py:7:6: error" in result.stdout.replace(os.sep, "/")
    # Named outright, each is checked.
    assert run("check", "node_modules/bad.py", cwd=folder).returncode == 1


def test_check_of_many_files_keeps_their_order(folder):
    # More than enough to be done by several processes.
    for number in range(12):
        (folder / f"f{number:02}.py").write_text(BAD if number % 2 else NET, encoding="utf-8")
    (folder / "f05.py").write_bytes(b"\xff\xfe\x00not utf-8")
    result = run("check", ".", cwd=folder)
    assert result.returncode == 2
    found = [line.partition(":")[0] for line in result.stdout.splitlines() if ": error[" in line]
    assert found == ["bad.py", *(f"f{number:02}.py" for number in (1, 3, 7, 9, 11))]
    assert result.stdout.count("  fix: ") == 6
    assert result.stderr.startswith("shapelens: ") and "f05.py" in result.stderr
    assert len(result.stderr.splitlines()) == 1  # no progress where nobody looks


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals to open here")
def test_check_shows_its_progress_on_a_terminal(folder):
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "wb") as terminal:
        done = subprocess.run(
            [sys.executable, "-m", "shapelens", "check", "."], cwd=folder, stdout=subprocess.PIPE, stderr=terminal
        )
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert "1/2 bad.py" in shown and "2/2 net.py" in shown and shown.endswith("\r\x1b[K")
    assert b"1 problem in 2 files" in done.stdout


def test_check_says_what_it_did_not_look_at(folder, monkeypatch, capsys):
    source = "import torch\nfor i in range(20): y = torch.zeros(i) + 1\n\n\ndef f(x): return x + 1\n"
    (folder / "large.py").write_text(source, encoding="utf-8")
    monkeypatch.chdir(folder)
    assert main(["check", "large.py"]) == 0
    assert capsys.readouterr().out.splitlines() == ["No problems in 1 file"]
    monkeypatch.setattr(session, "MODULE_FUEL", 10)
    assert main(["check", "large.py"]) == 0
    said = ["No problems in 1 file", "Too large to look at all of it: large.py"]
    assert capsys.readouterr().out.splitlines() == said


def test_check_as_json(folder):
    result = run("check", ".", "--format", "json", cwd=folder)
    assert result.returncode == 1
    (row,) = json.loads(result.stdout)
    message, related = row.pop("message"), row.pop("related")
    assert row == {
        "file": str(folder / "bad.py"),
        "line": 7,
        "column": 6,
        "end_line": 7,
        "end_column": 11,
        "code": "feature-mismatch",
        "severity": "error",
    }
    assert "400" in message
    assert related
    assert all(each.keys() == {"file", "line", "message"} for each in related)
    clean = run("check", "net.py", "--format", "json", cwd=folder)
    assert (clean.returncode, json.loads(clean.stdout)) == (0, [])


def test_check_for_github(folder):
    result = run("check", "bad.py", "--format", "github", cwd=folder)
    assert result.returncode == 1
    (line,) = result.stdout.splitlines()
    assert line.startswith("::error file=bad.py,line=7,endLine=7,col=6,title=Shapelens (feature-mismatch)::")
    assert "%0Abad.py:4: " in line


def test_check_as_sarif(folder):
    (folder / "é x.py").write_text(BAD)
    result = run("check", ".", "--format", "sarif", cwd=folder)
    assert result.returncode == 1
    log = json.loads(result.stdout)
    assert log["version"] == "2.1.0"
    (sarif_run,) = log["runs"]
    (rule,) = sarif_run["tool"]["driver"]["rules"]
    assert rule["id"] == "feature-mismatch"
    first, second = sarif_run["results"]
    assert (first["level"], first["ruleIndex"]) == ("error", 0)
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "bad.py", "uriBaseId": "ROOT"}
    assert place["region"] == {"startLine": 7, "startColumn": 6, "endLine": 7, "endColumn": 11}
    assert second["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "%C3%A9%20x.py"
    assert first["relatedLocations"]


def test_ignored_lines(folder):
    (folder / "bad.py").write_text(BAD.replace("fc(x)", "fc(x)  # shapelens: ignore[feature-mismatch]"))
    assert run("check", "bad.py", cwd=folder).returncode == 0


def test_an_unreadable_file_among_others(folder):
    (folder / "binary.py").write_bytes(b"x = '\xff\xfe'\n")
    result = run("check", ".", "--format", "json", cwd=folder)
    assert result.returncode == 2
    assert len(json.loads(result.stdout)) == 1
    (line,) = result.stderr.splitlines()
    assert "binary.py" in line


# -- the rest --------------------------------------------------------------------------------------------------------


def test_version_and_help():
    assert run("--version").stdout.startswith("shapelens 0.")
    for command in ([], ["hints"], ["check"], ["server"]):
        result = run(*command, "--help")
        assert result.returncode == 0
        assert "usage: " in result.stdout


def test_a_reader_that_goes_away(folder):
    (folder / "long.py").write_text("x = 1\n" * 100_000)
    path = os.pathsep.join([str(ROOT / "server"), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        [sys.executable, "-m", "shapelens", "hints", "long.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.readline()
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    process.wait(60)
    assert b"Traceback" not in errors
    assert b"Exception" not in errors


def test_a_command_imports_nothing_of_the_server(folder):
    path = os.pathsep.join([str(ROOT / "server"), os.environ.get("PYTHONPATH", "")])
    code = (
        "import sys; from shapelens.cli.main import main; main(['check', 'net.py']); "
        "heavy = 'pygls lsprotocol jedi asyncio attrs torch numpy multiprocessing shapelens.rules.keras'.split(); "
        "print([name for name in heavy if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
    )
    assert result.stdout.splitlines()[-1] == "[]"


def test_the_server_over_tcp(folder):
    path = os.pathsep.join([str(ROOT / "server"), os.environ.get("PYTHONPATH", "")])
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        taken = run("server", "--tcp", "--port", port)
        assert_fails_clearly(taken, str(port))
    process = subprocess.Popen(
        [sys.executable, "-m", "shapelens", "server", "--tcp", "--port", str(port)],
        env={**os.environ, "PYTHONPATH": path},
        stderr=subprocess.DEVNULL,
    )
    try:
        connection = None
        for _ in range(200):
            try:
                connection = socket.create_connection(("127.0.0.1", port), timeout=10)
                break
            except OSError:
                time.sleep(0.05)
        assert connection is not None
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}).encode()
        connection.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        assert connection.recv(15) == b"Content-Length:"
        connection.close()
    finally:
        process.kill()
        process.wait(10)
