"""CSV and its relatives: any encoding, any separator, with or without a header."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

import pyarrow as pa

from tastemaker.detection import encoding as encodings
from tastemaker.detection.inputs import DetectionError, Input
from tastemaker.detection.naming import is_known_name
from tastemaker.detection.numbers import looks_like_number
from tastemaker.detection.tables import BadRows
from tastemaker.detection.times import looks_like_time
from tastemaker.importing import row_location
from tastemaker.importing.csv_reader import CsvFile, EndlessRowError
from tastemaker.importing.dialect import Dialect

SEPARATORS = (",", ";", "\t", "|", "::", "\x01", "^", " ")
"""In the order of preference. The blank is tried last, because texts have blanks."""
NAMES = {
    ",": "commas",
    ";": "semicolons",
    "\t": "tabs",
    "|": "pipes",
    "::": "double colons",
    "\x01": "Ctrl-A",
    "^": "carets",
    " ": "blanks",
}
ENCODINGS = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8 with a byte order mark", "cp1252": "Windows-1252"}
_SAMPLE_ROWS = 200
_STANDS_FOR_LONG = "\x1f"
"""A separator of several characters is read as this one."""
_PREAMBLE = re.compile(r"(?:sep=.\r?\n)|(?:(?:#[^\n]*|\s*)\r?\n)+")
MAX_TITLE_LINES = 20
"""Lines before the table of a report that are looked at."""
MAX_LINE_LOOKUPS = 1_000_000
"""Rows after which the line of an example is not looked up: it needs a second reading."""


@dataclass
class Delimited:
    """A text file with rows and cells."""

    input: Input
    encoding: str
    separator: str
    columns: Sequence[str]
    named: bool
    skipped_lines: int = 0
    bad_rows: BadRows = field(default_factory=BadRows)
    damaged: int = 0
    """Characters that the last reading could not decode."""

    @property
    def shape(self) -> str:
        """How the file is read, for people."""
        name = ENCODINGS.get(self.encoding, self.encoding.upper())
        header = "" if self.named else ", no header"
        lines = "line" if self.skipped_lines == 1 else f"{self.skipped_lines} lines"
        skipped = f", without the first {lines}" if self.skipped_lines else ""
        return f"CSV with {NAMES.get(self.separator, repr(self.separator))}, {name}{header}{skipped}"

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows as strings. Raises DetectionError if the file cannot be read to its end."""
        self.bad_rows = BadRows()
        header = None if self.named else list(self.columns)
        with self.input.open() as stream:
            text = self._text(stream)
            file = CsvFile(text, self.input.name, None, self._dialect, header=header, bad_row=self._bad_row)
            batches = file.batches()
            try:
                for batch in batches:
                    if batch.num_rows:
                        yield batch.rename_columns(list(self.columns))
            except GeneratorExit:  # the caller has enough; Arrow still reads ahead, and must end first
                text.stop()
                with suppress(Exception):
                    deque(batches, maxlen=0)
                raise
            except EndlessRowError as error:
                raise DetectionError(
                    f"{self.input.name}: a quote opens and is never closed.",
                    "Close it, or write quotes inside a cell twice.",
                ) from error
            self.damaged = text.damaged

    @cached_property
    def _dialect(self) -> Dialect:
        """How quotes are escaped, from a first reading of the bytes."""
        dialect = Dialect(self._read_separator)
        with self.input.open() as stream:
            text = self._text(stream)
            while chunk := text.read(encodings.CHUNK_BYTES):
                dialect.learn(chunk)
        if dialect.ambiguous:
            dialect.decide(self._escapes())
        return dialect

    def _escapes(self) -> bool:
        """Whether backslashes escape quotes, where only whole rows can tell."""
        found = {}
        for escapes in (True, False):
            with self.input.open() as stream:
                found[escapes] = row_location.count_well_formed(
                    self._text(stream), escapes=escapes, separator=self._read_separator
                )[0]
        return found[True] > found[False]

    @property
    def _read_separator(self) -> str:
        return _STANDS_FOR_LONG if len(self.separator) > 1 else self.separator

    def _bad_row(self, cells: int, text: str) -> None:
        self.bad_rows.add(f"{cells} cells instead of {len(self.columns)}: {text}")

    def _text(self, stream: io.RawIOBase) -> encodings.Utf8Text:
        replaced = (self.separator, _STANDS_FOR_LONG) if len(self.separator) > 1 else None
        return encodings.Utf8Text(stream, self.encoding, replaced, self.skipped_lines)

    def where(self, row: int) -> str:
        """The line of a row that was read."""
        if row > MAX_LINE_LOOKUPS or self.bad_rows.count:
            return f"row {row + 1:,}"
        with self.input.open() as stream:
            found = row_location.find(
                self._text(stream),
                escapes=self._dialect.escapes,
                wanted=lambda number, _: number == row - (not self.named),
                separator=self._read_separator,
            )
        return f"line {found.line + self.skipped_lines}" if found else f"row {row + 1:,}"


def open_delimited(
    given: Input, *, encoding: str = "", separator: str = "", header: bool | None = None
) -> Delimited:
    """Detect how a text file is read. What is given is not detected.

    Raises DetectionError if the file is empty or has one column only.
    """
    with given.open() as stream:
        head = stream.read(encodings.HEAD_BYTES) or b""
    if not head.strip():
        raise DetectionError(f"{given.name} is empty.", "Export it again.")
    encoding = encoding or encodings.detect(head)
    try:
        text = codecs.getincrementaldecoder(encoding)("replace").decode(head).removeprefix("\ufeff")
    except LookupError:
        raise DetectionError(
            f"{encoding!r} is not an encoding.", "For example: --encoding cp1252, or utf-8."
        ) from None
    preamble = _PREAMBLE.match(text)
    skipped = 0
    if preamble:
        begun = preamble.group()
        if begun.startswith("sep=") and not separator:
            separator = begun[4]
        skipped = begun.count("\n")
        text = text[preamble.end() :]
    separator = separator or _separator(text)
    rows = _rows(text, separator)
    if not rows or max(map(len, rows)) < 2:
        raise DetectionError(
            f"{given.name} has one column only: {text.splitlines()[0][:80]!r}.",
            "Interactions need a user and an item in each row. --separator names another separator.",
        )
    width = Counter(map(len, rows)).most_common(1)[0][0]
    if titles := _title_lines(text, separator, width):
        skipped += titles
        rows = _rows(text.split("\n", titles)[-1], separator)
    named = _has_header(rows, width) if header is None else header
    names = rows[0] if named else [f"column {number + 1}" for number in range(width)]
    return Delimited(given, encoding, separator, unique_names(names), named, skipped)


def _title_lines(text: str, separator: str, width: int) -> int:
    """The lines before a table that have half of its cells at most: the title and the date of a report.

    A cell of the header may have several lines, so rows are looked at. Spreadsheets pad titles to the width
    of the table. Rows may have empty cells at their end, too, so padded titles are left out only if a header
    with two names that are known follows.
    """
    skipped, padded = 0, False
    reader = _reader(text, separator)
    with suppress(csv.Error):
        for row in islice(reader, MAX_TITLE_LINES):
            is_wide, is_header = len(row) > width // 2, sum(map(is_known_name, row)) >= 1 + padded
            if is_wide and (is_header or any(cell.strip() for cell in row[width // 2 :])):
                return skipped if is_header or not padded else 0
            padded = padded or is_wide
            skipped = reader.line_num
    return 0


def unique_names(names: Sequence[str]) -> list[str]:
    """Distinct names for columns, of which some may have none."""
    found: list[str] = []
    for place, name in enumerate(names):
        plain = " ".join(name.split()) or f"column {place + 1}"
        number, made = 2, plain
        while made in found:
            made, number = f"{plain} ({number})", number + 1
        found.append(made)
    return found


def _rows(text: str, separator: str) -> list[list[str]]:
    """The first rows of a text that may be cut at its end."""
    found = []
    try:
        for row in _reader(text, separator):
            if row:
                found.append(row)
            if len(found) > _SAMPLE_ROWS:
                return found
    except csv.Error:
        pass
    whole = text.endswith("\n") or len(found) < 2 or len(text) < encodings.HEAD_BYTES // 4
    return found if whole else found[:-1]


def _reader(text: str, separator: str) -> Any:
    """A reader of the rows of a text, as the `csv` module has it."""
    if len(separator) > 1:
        text, separator = text.replace(separator, _STANDS_FOR_LONG), _STANDS_FOR_LONG
    csv.field_size_limit(1 << 24)
    return csv.reader(io.StringIO(text), delimiter=separator)


def _separator(text: str) -> str:
    """The separator with which most rows have the same number of cells."""
    best, chosen = (0.0, 0.0), ","
    for separator in SEPARATORS:
        rows = _rows(text, separator)
        widths = Counter(len(row) for row in rows)
        if not widths:
            continue
        width, same = widths.most_common(1)[0]
        if width < 2 or (separator == " " and (same < len(rows) or width < 3 or best[0] > 0)):
            continue
        first = 1.0 if len(rows[0]) == width else 0.5
        score = (round(first * same / len(rows), 1), float(width))
        if score > best:
            best, chosen = score, separator
    return chosen


def _has_header(rows: Sequence[Sequence[str]], width: int) -> bool:
    """Whether the first row names the columns."""
    first, others = rows[0], [row for row in rows[1:] if len(row) == width]
    if any(is_known_name(cell) for cell in first):
        return True
    if any(looks_like_number(cell) or looks_like_time(cell) for cell in first if cell.strip()):
        return False
    if not others:
        return True
    for place, cell in enumerate(first[:width]):
        below = [row[place] for row in others if row[place].strip()]
        if below and all(looks_like_number(text) or looks_like_time(text) for text in below):
            return True
        if cell in below:
            return False
    return True
