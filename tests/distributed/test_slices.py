"""Tests that slices have each row once, and that files that cannot be cut are reported. Needs no Spark."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distributed.slices import QuotedError, SliceSource, cut
from tastemaker.files import File
from tastemaker.importing.storage import Folder

LINE = st.text("ab,é", max_size=9)


def read(content: bytes, folder: Path, size: int) -> list[bytes]:
    """The bytes of each slice, as an import reads them."""
    path = folder / "data/a.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    file = File("data", "a.csv", len(content))
    slices = [SliceSource(Folder(folder), part) for part in cut(file, size)]
    return [io.BufferedReader(source.open(file), 3).read() for source in slices]


@given(
    st.lists(LINE, max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.integers(1, 40),
    st.booleans(),
)
def test_every_row_is_in_one_slice_and_the_header_in_all(
    tmp_path_factory, lines: list[str], end: str, ends: bool, size: int, blank: bool
) -> None:
    header = ("\n" if blank else "") + "USER_ID,ITEM_ID" + end
    body = end.join(lines) + (end if ends else "")
    found = read((header + body).encode(), tmp_path_factory.mktemp("s"), size)
    assert all(part.startswith(header.encode()) for part in found)
    assert b"".join(part.removeprefix(header.encode()) for part in found) == body.encode()


@pytest.mark.parametrize("cell", ['"a"', "a\\b"])
def test_slice_with_a_quote_or_a_backslash_is_reported(tmp_path: Path, cell: str) -> None:
    content = f"A\n1\n2\n3\n{cell}\n".encode()
    with pytest.raises(QuotedError):
        read(content, tmp_path, 4)


def test_slice_counts_its_lines(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.csv").write_bytes(b"A\n1\n22\n333\n4444\n")
    file = File("data", "a.csv", 16)
    counts = []
    for part in cut(file, 5):
        source = SliceSource(Folder(tmp_path), part)
        io.BufferedReader(source.open(file), 1).read()
        counts.append(source.lines)
    assert sum(counts) == 4 and len(counts) == 4


@pytest.mark.parametrize("magic", [b"\x1f\x8b", b"\x28\xb5\x2f\xfd"])
def test_slice_of_a_compressed_file_is_reported(tmp_path: Path, magic: bytes) -> None:
    with pytest.raises(QuotedError):
        read(magic + b"rest of the compressed data", tmp_path, 9)
