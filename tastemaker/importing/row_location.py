"""The slow way to a bad row, taken once, when an import has failed: its line in the file and its cells.

Arrow numbers no lines, and no rows when it reads ahead. Python's csv module does, so the file is read a
second time, up to the row.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

LONGEST_CELL = 64 << 20


@dataclass(frozen=True)
class RowLocation:
    """`line` is the physical line (from 1) on which the row begins; `row` counts data rows from 0."""

    line: int
    row: int
    cells: Sequence[str]


def find(
    stream: io.RawIOBase, *, escapes: bool, wanted: Callable[[int, Sequence[str]], bool]
) -> RowLocation | None:
    """The first data row for which `wanted(row number, cells)` is true. Bytes that are not UTF-8 appear in
    the cells as lone surrogates.
    """
    row = -1  # the header is no data row
    for line, cells in _rows(stream, escapes=escapes, strict=False):
        if row >= 0 and wanted(row, cells):
            return RowLocation(line, row, cells)
        row += 1
    return None


def open_quote(stream: io.RawIOBase, *, escapes: bool) -> int | None:
    """The line of the row whose quote is never closed; None if every quote is."""
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


def _rows(stream: io.RawIOBase, *, escapes: bool, strict: bool) -> Iterator[tuple[int, Sequence[str]]]:
    """Each row that is not blank and its first line. Ends with `_UNFINISHED` where a row cannot end."""
    csv.field_size_limit(LONGEST_CELL)
    text = io.TextIOWrapper(io.BufferedReader(stream, 1 << 20), "utf-8-sig", "surrogateescape", newline="")
    rows = csv.reader(text, escapechar="\\" if escapes else None, strict=strict)
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
