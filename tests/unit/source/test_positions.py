"""Columns in the client's units."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapelens.source.positions import Encoding, from_client, line_at, to_client
from shapelens.source.tree import parse

LINE = "\té𝔸x"


@pytest.mark.parametrize(
    ("encoding", "columns"),
    [("utf-8", [0, 1, 3, 7, 8]), ("utf-16", [0, 1, 2, 4, 5]), ("utf-32", [0, 1, 2, 3, 4])],
)
def test_columns(encoding: Encoding, columns: list[int]) -> None:
    assert [to_client(LINE, column, encoding) for column in range(5)] == columns
    assert [from_client(LINE, column, encoding) for column in columns] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("line", ["", "abc", LINE])
def test_columns_outside_become_the_nearest_end(encoding: Encoding, line: str) -> None:
    end = to_client(line, len(line), encoding)
    assert to_client(line, 99, encoding) == end
    assert to_client(line, -1, encoding) == 0
    assert from_client(line, 99, encoding) == len(line)
    assert from_client(line, -1, encoding) == 0


def test_a_column_inside_of_a_character_is_before_it() -> None:
    assert from_client("𝔸", 1, "utf-16") == 0
    assert from_client("é𝔸", 1, "utf-8") == 0
    assert from_client("é𝔸", 5, "utf-8") == 1


@given(st.text(), st.sampled_from(["utf-8", "utf-16", "utf-32"]), st.integers(0, 20))
def test_there_and_back(line: str, encoding: Encoding, column: int) -> None:
    column = min(column, len(line))
    there = to_client(line, column, encoding)
    assert from_client(line, there, encoding) == column
    size = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    codec = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding]
    assert there == len(line[:column].encode(codec, "surrogatepass")) // size


def test_lines_by_number() -> None:
    lines = parse("a\r\n\té\rc").lines
    assert lines == ("a", "\té", "c")
    assert [line_at(lines, n) for n in (0, 1, 2, 3, 4)] == ["", "a", "\té", "c", ""]
