"""What is wrong with a CSV file that cannot be imported: the first bad row, its line, and the reason.

The fast reader knows that a row is bad, but not which line it is on. These functions read the file again with
a slow reader that does.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pyarrow as pa

from tastemaker.files import File, Source
from tastemaker.importing import row_location
from tastemaker.importing.cells import typed
from tastemaker.importing.column_rules import BadCellError, ColumnRule
from tastemaker.importing.compression import plain_bytes
from tastemaker.importing.csv_reader import NotUtf8Error, RaggedRowError, ReadAgainError
from tastemaker.importing.dialect import Dialect
from tastemaker.importing.errors import BadRow, UnreadableFile

MAX_ROWS_OF_BLOCK = 1 << 20
"""More rows than a block has."""


@contextmanager
def text_of(source: Source, file: File) -> Iterator[io.RawIOBase]:
    """The text of a file, which may be compressed."""
    with source.open(file) as stream:
        yield plain_bytes(stream, file.name)


@dataclass(frozen=True)
class Diagnosis:
    """A second reading of one file, in its dialect."""

    source: Source
    file: File
    dialect: Dialect

    def _text(self) -> AbstractContextManager[io.RawIOBase]:
        return text_of(self.source, self.file)

    def compare_readings(self) -> None:
        """Decide how to read a file in which a backslash stands before the quote at the end of a cell.

        The reading whose rows all have the header's cells is right. Raises ReadAgainError if it is the other
        one, and UnreadableFile if both are possible. If neither is, the file has a bad row in any case.
        """
        if not self.dialect.ambiguous:
            return
        found = {}
        for escapes in (True, False):
            with self._text() as stream:
                found[escapes] = row_location.count_well_formed(stream, escapes=escapes)
        good = [escapes for escapes, (_, line) in found.items() if line is None]
        if len(good) == 2 and found[True][0] != found[False][0]:
            raise UnreadableFile(
                self.file.name,
                r"a backslash stands before a quote at the end of a cell, and both readings are possible: "
                r'write a quote inside a cell as "" and a backslash at the end of a cell as \\\\',
            )
        if not self.dialect.decide(good[0] if len(good) == 1 else self.dialect.escapes):
            raise ReadAgainError

    def broken_row(
        self,
        header: Sequence[str],
        rules: Sequence[ColumnRule],
        rows: int,
        error: Exception,
        now: float,
    ) -> BadRow:
        """The error for a row that cannot be split into cells, or for a bad cell that comes before it.

        `rows` good rows were read; the bad row is in the batch that follows.
        """
        names = [rule.name for rule in rules]
        if isinstance(error, RaggedRowError):
            found = self._ragged(header, error)
        elif isinstance(error, NotUtf8Error):
            found = self._not_utf8(header, names)
        else:
            found = self.endless()
        places = [header.index(name) for name in names]
        with self._text() as stream:
            before = []
            for cells in row_location.rows_between(
                stream, rows, rows + MAX_ROWS_OF_BLOCK, escapes=self.dialect.escapes
            ):
                if len(cells) != len(header) or not all(
                    row_location.is_text(cells[place]) for place in places
                ):
                    break
                before.append([cells[place] for place in places])
        columns = [pa.array([cells[at] for cells in before], pa.string()) for at in range(len(names))]
        try:
            typed(pa.RecordBatch.from_arrays(columns, names), rules, now)
        except BadCellError as earlier:
            return self.bad_cell(earlier, rows)
        return found

    def bad_cell(self, error: BadCellError, rows: int) -> BadRow:
        """The error for a bad cell in the batch that follows `rows` good rows."""
        row = rows + error.row
        with self._text() as stream:
            found = row_location.find(
                stream, escapes=self.dialect.escapes, wanted=lambda number, _: number == row
            )
        return BadRow(self.file.name, found.line if found else None, error.why, column=error.column)

    def _ragged(self, header: Sequence[str], error: RaggedRowError) -> BadRow:
        with self._text() as stream:
            found = row_location.find(
                stream, escapes=self.dialect.escapes, wanted=lambda _, cells: len(cells) != len(header)
            )
        if found is None:
            return BadRow(self.file.name, None, str(error.__cause__))
        if any("\n" in cell for cell in found.cells) and self.open_quote() == found.line:
            return self.endless()
        why = f"the row has {len(found.cells)} cells, the header {len(header)}"
        return BadRow(self.file.name, found.line, f"{why}: {','.join(found.cells)[:200]!r}")

    def _not_utf8(self, header: Sequence[str], names: Sequence[str]) -> BadRow:
        indexes = [header.index(name) for name in names]

        def broken(cells: Sequence[str]) -> list[int]:
            return [i for i in indexes if i < len(cells) and not row_location.is_text(cells[i])]

        with self._text() as stream:
            found = row_location.find(
                stream, escapes=self.dialect.escapes, wanted=lambda _, cells: bool(broken(cells))
            )
        if found is None:
            return BadRow(self.file.name, None, "the file is not UTF-8")
        i = broken(found.cells)[0]
        raw = found.cells[i].encode("utf-8", "surrogateescape")
        return BadRow(self.file.name, found.line, f"not UTF-8: {raw[:80]!r}", column=header[i])

    def open_quote(self) -> int | None:
        """The line of the row in which a quote opens that is never closed; None if there is no such row."""
        with self._text() as stream:
            return row_location.open_quote(stream, escapes=self.dialect.escapes)

    def endless(self) -> BadRow:
        """The error for a row that does not end."""
        line = self.open_quote()
        if line is None:
            return BadRow(self.file.name, None, "a row is longer than can be read")
        return BadRow(self.file.name, line, "a quote that opens in this row is never closed")
