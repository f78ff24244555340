"""Python files as text."""

from __future__ import annotations

import codecs
import errno
import io
import os
import stat
import tokenize
from pathlib import Path

LARGEST = 5_000_000
"""Bytes beyond which a file is not read: no one writes such a file by hand."""


# Decoding takes a time that is quadratic in the length of the text.
_SLOW_ENCODINGS = frozenset(("idna", "punycode"))


class SourceError(Exception):
    """A file that cannot be read as Python text; the message is one line, for a person."""


def read_bytes(path: str | Path, most: int) -> bytes:
    """The first bytes of a regular file, `most` at most. Raises ValueError, and OSError for what is no regular file.

    A named pipe would be waited for, and opening a device may do something: neither is opened.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # It was exchanged meanwhile.
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        return file.read(most)


def read_text(path: str | Path) -> str:
    """The text of a Python file, decoded as Python would (byte order mark, PEP 263 cookie, else UTF-8).

    The byte order mark is left out; line ends are kept as they are. Raises SourceError.
    """
    try:
        if not Path(path).is_file():
            if Path(path).is_dir():
                raise SourceError(f"{path}: is a folder, not a file")
            raise SourceError(f"{path}: no such file")
        data = read_bytes(path, LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise SourceError(f"{path}: cannot be read ({reason})") from None
    if len(data) > LARGEST:
        raise SourceError(f"{path}: larger than {LARGEST // 1_000_000} MB")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        codec = codecs.lookup(encoding)
        if not getattr(codec, "_is_text_encoding", True) or codec.name in _SLOW_ENCODINGS:
            raise SourceError(f"{path}: {encoding} is not a text encoding")
        return data.decode(encoding)
    except SyntaxError as error:
        reason = error.msg or "unknown encoding"
        if reason.startswith("invalid or missing"):
            reason = "is not UTF-8 and declares no other encoding"
        raise SourceError(f"{path}: {reason}") from None
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: byte {error.start} is not {encoding}") from None
    except (ValueError, LookupError) as error:
        raise SourceError(f"{path}: cannot be decoded ({error})") from None
