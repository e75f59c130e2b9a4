"""CSV bytes → record batches with the requested columns as text, with at most a few blocks in memory."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa
import pyarrow.csv as pa_csv

from tastemaker.importing.dialect import Dialect
from tastemaker.importing.errors import MissingColumns, UnreadableFile
from tastemaker.importing.header import explain

BLOCK_BYTES = 2 << 20
"""The size of a block that is parsed at once, and so the length of the longest row.

Arrow reads up to 32 blocks ahead from a fast source, so this also bounds the memory of an import.
"""

HEADER_BYTES = 1 << 20


class ReadAgainError(Exception):
    """The file uses the other escaping. The caller reads it again with the same dialect."""


class RaggedRowError(Exception):
    """A row with more or fewer cells than the header."""


class NotUtf8Error(Exception):
    """A cell of a requested column is not UTF-8."""


class EndlessRowError(Exception):
    """A row longer than a block, usually because a quote is never closed."""


class CsvFile:
    """One CSV file, which is read once from front to back.

    `header` is known after construction; `batches()` streams the rows. The constructor raises UnreadableFile
    and MissingColumns.

    Without `columns`, all columns are read, under distinct names. `header` names the columns of a file whose
    first row has data. A row with more or fewer cells than the header ends the reading, unless `bad_row`
    is given: it gets the number of cells and the text of the row, which is left out.
    """

    def __init__(
        self,
        stream: io.RawIOBase,
        name: str,
        columns: Sequence[str] | None,
        dialect: Dialect,
        *,
        header: Sequence[str] | None = None,
        bad_row: Callable[[int, str], None] | None = None,
    ) -> None:
        self.name = name
        self._bad_row = bad_row
        self._feed = _Feed(stream, dialect)
        found = self._feed.header(name) if header is None else list(header)
        if columns is None:
            columns = found = distinct(found)
        self._columns = list(columns)
        self.header = spelled(found, columns)
        missing = [column for column in columns if column not in self.header]
        if missing:
            raise MissingColumns(name, missing, explain(self.header, missing, columns))
        for column in columns:
            if self.header.count(column) > 1:
                raise UnreadableFile(name, f"the header names {column} more than once", 1)

    @property
    def extra(self) -> list[str]:
        """Columns of the file that the schema does not have."""
        return [column for column in self.header if column not in self._columns]

    @property
    def quote_left_open(self) -> bool:
        """Whether the number of quotes is odd after all rows were read."""
        return self._feed.odd_quotes

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows in the order of the file, with the requested columns as strings without nulls.

        Raises ReadAgainError, RaggedRowError, NotUtf8Error and EndlessRowError, possibly after rows before
        the bad one were yielded.
        """
        if self._feed.at_end:
            return
        names = distinct(self.header)
        try:
            reader = pa_csv.open_csv(
                pa.PythonFile(self._feed, mode="r"),
                read_options=pa_csv.ReadOptions(block_size=BLOCK_BYTES, column_names=names),
                parse_options=pa_csv.ParseOptions(
                    delimiter=self._feed.dialect.separator,
                    newlines_in_values=True,
                    escape_char="\\" if self._feed.dialect.escapes else False,
                    invalid_row_handler=None if self._bad_row is None else self._leave_out,
                ),
                convert_options=pa_csv.ConvertOptions(
                    include_columns=self._columns,
                    column_types=dict.fromkeys(self._columns, pa.string()),
                    strings_can_be_null=False,
                ),
            )
            while True:
                yield reader.read_next_batch()
        except StopIteration:
            return
        except pa.ArrowInvalid as error:
            if self._feed.misread:
                raise ReadAgainError from error
            _explain(error)
        except _MisreadError as error:
            raise ReadAgainError from error

    def _leave_out(self, row: pa_csv.InvalidRow) -> str:
        assert self._bad_row is not None
        self._bad_row(row.actual_columns, row.text)
        return "skip"


def spelled(header: Sequence[str], columns: Sequence[str]) -> list[str]:
    """The names of a header, in the spelling of `columns` if only the case of letters differs.

    Sample data of the service have a column `genres` that the schema calls GENRES. A name that matches
    exactly has precedence.
    """
    sought = {column.casefold(): column for column in columns if column not in header}
    return [name if name in columns else sought.get(name.casefold(), name) for name in header]


def _explain(error: pa.ArrowInvalid) -> None:
    """Raise the error that Arrow's message describes: Arrow has one exception for all cases."""
    text = str(error)
    if "Empty CSV file" in text:
        return
    if "UTF8" in text:
        raise NotUtf8Error from error
    if "straddling" in text:
        raise EndlessRowError from error
    if "columns, got" in text:
        raise RaggedRowError from error
    raise error


def distinct(header: Sequence[str]) -> list[str]:
    """Distinct names, as Arrow requires: columns that are not requested may share a name in the file."""
    return [name if header.count(name) == 1 else f"{name}#{i}" for i, name in enumerate(header)]


class _MisreadError(Exception):
    pass


class _Feed(io.RawIOBase):
    """The bytes after the header. It counts quotes and informs the dialect."""

    def __init__(self, stream: io.RawIOBase, dialect: Dialect) -> None:
        self._stream = stream
        self.dialect = dialect
        self._buffer = b""
        self._quotes = 0
        self.misread = False

    def readable(self) -> bool:
        return True

    @property
    def odd_quotes(self) -> bool:
        return self._quotes % 2 == 1

    @property
    def at_end(self) -> bool:
        if not self._buffer:
            self._buffer = self._take(BLOCK_BYTES)
        return not self._buffer

    def header(self, name: str) -> list[str]:
        """The names in the first row, without quotes, blanks and byte order mark."""
        head = self._take(HEADER_BYTES)
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise UnreadableFile(name, "the file is UTF-16; save it as UTF-8")
        if b"\0" in head[:1000]:
            raise UnreadableFile(
                name, "the file has NUL bytes, as UTF-16 and binary files have; save it as UTF-8"
            )
        lines = head.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True)
        skipped = len(head) - sum(map(len, lines))
        used = 0

        def texts() -> Iterator[str]:
            nonlocal used
            for line in lines:
                used += len(line)
                yield line.decode("utf-8")

        csv.field_size_limit(HEADER_BYTES)
        try:
            row = next((row for row in csv.reader(texts(), delimiter=self.dialect.separator) if row), None)
        except UnicodeDecodeError as error:
            raise UnreadableFile(name, "the header is not UTF-8", 1) from error
        if row is None:
            raise UnreadableFile(name, "the file is empty; its first line must name the columns")
        if used == sum(map(len, lines)) and any("\n" in cell for cell in row):
            raise UnreadableFile(name, "a quote that opens in the header is never closed", 1)
        self._buffer = head[skipped + used :]
        return [cell.strip() for cell in row]

    def read(self, size: int = -1) -> bytes:
        if self._buffer:
            size = len(self._buffer) if size < 0 else size
            chunk, self._buffer = self._buffer[:size], self._buffer[size:]
        else:
            chunk = self._take(size)
        if not self.dialect.learn(chunk):
            self.misread = True
            raise _MisreadError
        quotes = chunk.count(b'"')
        if quotes and self.dialect.escapes:
            quotes -= chunk.replace(b"\\\\", b"").count(b'\\"')
        self._quotes += quotes
        return chunk

    def _take(self, size: int) -> bytes:
        return self._stream.read(size) or b""
