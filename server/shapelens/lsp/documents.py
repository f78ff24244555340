"""The open documents, as immutable snapshots of what the client says that they hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from lsprotocol import types as lsp
from pygls.uris import to_fs_path

from shapelens.report.lines import split_lines
from shapelens.source.positions import Encoding, from_client, line_at, to_client

_PYTHON_ENDINGS = (".py", ".pyi", ".pyw")


@dataclass(frozen=True)
class Document:
    """One version of one document."""

    uri: str
    version: int
    text: str = field(repr=False)
    language: str = "python"

    @cached_property
    def path(self) -> str:
        """The file's path; the URI itself for what is no file (`untitled:…`, a notebook's cell)."""
        return path_of(self.uri)

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends."""
        return split_lines(self.text)

    @property
    def is_python(self) -> bool:
        """Whether there is anything here for us."""
        return self.language == "python" or (not self.language and self.path.endswith(_PYTHON_ENDINGS))


def path_of(uri: str) -> str:
    """The file's path; the URI itself for what is no file."""
    try:
        return to_fs_path(uri) or uri
    except ValueError:  # what stands where a host's name should cannot be one
        return uri


class Documents:
    """The newest snapshot of each open document. Nothing that a client sends makes it raise."""

    def __init__(self) -> None:
        self.encoding: Encoding = "utf-16"
        self._by_uri: dict[str, Document] = {}
        self._wholes: dict[str, Document] = {}  # notebooks, as programs
        self._parts: dict[str, list[str]] = {}  # their cells

    def __iter__(self) -> Iterator[Document]:
        """Those that the client knows: cells, but no notebooks."""
        return iter(tuple(self._by_uri.values()))

    @property
    def programs(self) -> list[Document]:
        """Those that are analysed: notebooks, but no cells."""
        parts = {uri for listed in self._parts.values() for uri in listed}
        single = [document for document in self._by_uri.values() if document.uri not in parts and document.is_python]
        return [*single, *self._wholes.values()]

    def put_whole(self, document: Document, parts: list[str]) -> None:
        """A notebook, as the program that its cells are together."""
        self._wholes[document.uri], self._parts[document.uri] = document, parts

    def forget_whole(self, uri: str) -> None:
        """The notebook was closed."""
        self._wholes.pop(uri, None)
        self._parts.pop(uri, None)

    def __len__(self) -> int:
        return len(self._by_uri)

    def get(self, uri: str) -> Document | None:
        """The document, if it is open and holds Python."""
        document = self._by_uri.get(uri) or self._wholes.get(uri)
        return document if document is not None and document.is_python else None

    def by_path(self, path: str) -> Document | None:
        """The open document of a file."""
        return next((document for document in self if document.path == path), None)

    def open(self, item: lsp.TextDocumentItem) -> Document:
        """What the client opened; a document that was open already is replaced."""
        document = Document(item.uri, item.version, item.text, item.language_id)
        self._by_uri[item.uri] = document
        return document

    def change(
        self, identifier: lsp.VersionedTextDocumentIdentifier, changes: Iterable[lsp.TextDocumentContentChangeEvent]
    ) -> Document | None:
        """The document after the changes; None where it is not open."""
        document = self._by_uri.get(identifier.uri)
        if document is None:
            return None
        text = document.text
        for change in changes:
            text = changed_text(text, change, self.encoding)
        document = replace(document, version=identifier.version, text=text)
        self._by_uri[identifier.uri] = document
        return document

    def close(self, uri: str) -> Document | None:
        """Forget the document."""
        return self._by_uri.pop(uri, None)


def changed_text(text: str, change: lsp.TextDocumentContentChangeEvent, encoding: Encoding) -> str:
    """The text after one change; a place outside of the text counts as its nearest place."""
    if not isinstance(change, lsp.TextDocumentContentChangePartial):
        return change.text
    start = offset_of(text, change.range.start, encoding)
    end = offset_of(text, change.range.end, encoding)
    return joined(text[:start] + change.text + text[max(start, end) :])


_HALVES = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def joined(text: str) -> str:
    """The text with each two halves of a character, which came one after the other, as that character."""
    if text.isascii() or not _HALVES.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def offset_of(text: str, position: lsp.Position, encoding: Encoding) -> int:
    """The offset in code points of a client's position."""
    start = 0
    if "\r" not in text:
        before = text.split("\n", position.line)
        if len(before) <= position.line:
            return len(text)
        start = len(text) - len(before[-1])
        return start + from_client(before[-1].partition("\n")[0], position.character, encoding)
    for _ in range(position.line):
        end = _line_end(text, start)
        if end >= len(text):
            return len(text)
        start = end + (2 if text.startswith("\r\n", end) else 1)
    line = text[start : _line_end(text, start)]
    return start + from_client(line, position.character, encoding)


def _line_end(text: str, start: int) -> int:
    newline = text.find("\n", start)
    newline = len(text) if newline < 0 else newline
    carriage = text.find("\r", start, newline)
    return newline if carriage < 0 else carriage


# -- places ----------------------------------------------------------------------------------------------------------


def position(lines: list[str], line: int, column: int, encoding: Encoding) -> lsp.Position:
    """The client's position of our line (from 1) and column (code points from 0)."""
    line = min(max(line, 1), max(len(lines), 1))
    return lsp.Position(line=line - 1, character=to_client(line_at(lines, line), column, encoding))


def place(document: Document, at: lsp.Position, encoding: Encoding) -> tuple[int, int]:
    """Our line and column of a client's position."""
    line = at.line + 1
    return line, from_client(line_at(document.lines, line), at.character, encoding)
