"""Reading files as Python reads them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from shapelens.source.reading import LARGEST, SourceError, read_text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"x = 1\n", "x = 1\n"),
        ("é = 'ü'".encode(), "é = 'ü'"),
        (b"\xef\xbb\xbfx = 1\r\n", "x = 1\r\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'", "# -*- coding: latin-1 -*-\nx = 'é'"),
        (
            b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n\x80",
            "#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n€",
        ),
        (b"", ""),
        (b"x\0y", "x\0y"),
    ],
)
def test_files_are_decoded_as_python_does(tmp_path: Path, data: bytes, text: str) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(data)
    assert read_text(path) == text
    assert read_text(str(path)) == text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"x = '\xe9'", "is not UTF-8 and declares no other encoding"),
        (b"#\n#\n#\xe9", "byte 5 is not utf-8"),
        (b"# coding: nonsense\n", "unknown encoding: nonsense"),
        (b"# coding: rot13\n", "rot13 is not a text encoding"),
        (b"# coding: hex\n", "hex is not a text encoding"),
        (b"# coding: ascii\n\xe9", "byte 16 is not ascii"),
        (b"x" * (LARGEST + 1), "larger than 5 MB"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_line(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(data)
    with pytest.raises(SourceError) as caught:
        read_text(path)
    assert str(caught.value) == f"{path}: {message}"


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r": is a folder, not a file\Z"):
        read_text(tmp_path)
    with pytest.raises(SourceError, match=r": no such file\Z"):
        read_text(tmp_path / "missing.py")
    with pytest.raises(SourceError):
        read_text("a\0b.py")
    with pytest.raises(SourceError):
        read_text("x" * 10_000)


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes in folders")
def test_a_pipe_does_not_hang_us(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.py")
    with pytest.raises(SourceError):
        read_text(tmp_path / "a.py")
