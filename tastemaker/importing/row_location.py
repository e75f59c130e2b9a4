"""The line and the cells of a bad row, which are found by a second, slower read of the file.

Arrow does not number lines, and does not number rows when it reads ahead. Python's csv module does.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

MAX_CELL_LENGTH = 64 << 20


@dataclass(frozen=True)
class RowLocation:
    """A row: its first line in the file, from 1; its number among data rows, from 0; its cells."""

    line: int
    row: int
    cells: Sequence[str]


def find(
    stream: io.RawIOBase,
    *,
    escapes: bool,
    wanted: Callable[[int, Sequence[str]], bool],
    separator: str = ",",
) -> RowLocation | None:
    """The first data row for which `wanted(row number, cells)` is true, or None.

    Bytes that are not UTF-8 appear in the cells as lone surrogates.
    """
    row = -1  # the header is not a data row
    for line, cells in _rows(stream, escapes=escapes, strict=False, separator=separator):
        if row >= 0 and wanted(row, cells):
            return RowLocation(line, row, cells)
        row += 1
    return None


def count_well_formed(stream: io.RawIOBase, *, escapes: bool, separator: str = ",") -> tuple[int, int | None]:
    """The number of rows that have the header's cells and closed quotes, up to the first that has not.

    Also the line of that one; None if there is none.
    """
    width, found = None, 0
    for line, cells in _rows(stream, escapes=escapes, strict=True, separator=separator):
        width = len(cells) if width is None else width
        if cells is _UNFINISHED or len(cells) != width:
            return found, line
        found += 1
    return found, None


def rows_between(stream: io.RawIOBase, start: int, end: int, *, escapes: bool) -> Iterator[Sequence[str]]:
    """The cells of the data rows from number `start` up to number `end`."""
    for number, (_, cells) in enumerate(_rows(stream, escapes=escapes, strict=False), start=-1):
        if number >= end:
            return
        if number >= start:
            yield cells


def open_quote(stream: io.RawIOBase, *, escapes: bool) -> int | None:
    """The line of the row whose quote is never closed, or None if every quote is closed."""
    rows = _rows(stream, escapes=escapes, strict=True)
    return next((line for line, row in rows if row is _UNFINISHED), None)


def is_text(cell: str) -> bool:
    """Whether the cell's bytes were UTF-8."""
    try:
        cell.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


_UNFINISHED: Sequence[str] = ("unfinished",)


def _rows(
    stream: io.RawIOBase, *, escapes: bool, strict: bool, separator: str = ","
) -> Iterator[tuple[int, Sequence[str]]]:
    """Each row that is not blank with its first line. The last row is `_UNFINISHED` if it cannot end."""
    csv.field_size_limit(MAX_CELL_LENGTH)
    text = io.TextIOWrapper(io.BufferedReader(stream, 1 << 20), "utf-8-sig", "surrogateescape", newline="")
    rows = csv.reader(text, delimiter=separator, escapechar="\\" if escapes else None, strict=strict)
    try:
        while True:
            line = rows.line_num + 1
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error:
                yield line, _UNFINISHED
                return
            if row:
                yield line, row
    finally:
        text.detach().detach()  # the stream is the caller's to close
