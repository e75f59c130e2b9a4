"""An import from start to end: find the files, read, convert, check, write, clean up after a failure."""

import io
import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, time

import pyarrow as pa
import pyarrow.parquet as pq

from tastemaker.contracts.import_report import ImportReport
from tastemaker.contracts.workflows import ImportResult
from tastemaker.files import File, Source
from tastemaker.importing import row_location
from tastemaker.importing.cells import typed
from tastemaker.importing.column_rules import BadCellError, ColumnRule, stored_schema
from tastemaker.importing.compression import plain_bytes
from tastemaker.importing.csv_reader import (
    CsvFile,
    EndlessRowError,
    NotUtf8Error,
    RaggedRowError,
    ReadAgainError,
    spelled,
)
from tastemaker.importing.dialect import Dialect
from tastemaker.importing.errors import BadRow, MissingColumns, NoRows, UnreadableFile
from tastemaker.importing.header import explain
from tastemaker.importing.parts import PART_BYTES, Parts
from tastemaker.importing.report import BatchProfile, ReportBuilder, profile, summary
from tastemaker.importing.storage import Destination, input_files
from tastemaker.schemas import Field

Typed = tuple[pa.RecordBatch, BatchProfile]
"""A converted batch and what it adds to the report."""
DAMAGED = (pa.ArrowException, OSError, KeyError, UnicodeDecodeError, OverflowError)
"""What pyarrow raises for damaged Parquet files."""
MAX_ROWS_OF_BLOCK = 1 << 20
"""More rows than a block has."""

Log = Callable[[str], None]
PROGRESS_SECONDS = 5.0
PARQUET_ROWS = 1 << 18
IN_FLIGHT = 3
"""Batches that are converted while earlier ones are written. It bounds memory, as the reader's blocks do."""


@dataclass
class Importer:
    """One import: its source and destination, its schema, and its counts as they grow.

    `now` is the present in seconds since 1970: events cannot lie far after it.
    """

    source: Source
    destination: Destination
    fields: Sequence[Field]
    prefix: str
    log: Log = print
    part_bytes: int = PART_BYTES
    now: float = field(default_factory=time)
    rows: int = 0
    bytes: int = 0
    skipped: Sequence[str] = ()
    report: ImportReport = field(default_factory=lambda: ReportBuilder().build())
    _report: ReportBuilder = field(default_factory=ReportBuilder)
    _dialects: dict[str, Dialect] = field(default_factory=dict)
    _logged_at: float = 0.0

    def run(self, location: str) -> ImportResult:
        """Import a file or a folder, and return the counts: rows, files, bytes, parts and maxTimestamp.

        Raises WorkFailedError, and leaves nothing under the prefix then.
        """
        inputs = input_files(self.source, location)
        files, self.skipped = inputs.files, inputs.skipped
        self.log(f"{len(files)} files, {sum(file.size for file in files):,} bytes at {location}")
        try:
            # Parts that a killed run of this import left must not become visible with this run's parts.
            self.clean()
            result = self.read(files)
            if not self.rows:
                raise NoRows(location)
        except BaseException:
            self.clean()
            raise
        return result

    def size(self, location: str) -> int:
        """The size of the files of a location, in bytes. Raises WorkFailedError."""
        return sum(file.size for file in input_files(self.source, location).files)

    def read(self, files: Sequence[File]) -> ImportResult:
        """Import these files in their order, and return the counts and the report.

        Raises WorkFailedError. The caller then deletes what was written.
        """
        while True:
            try:
                parts = self._attempt(files)
            except ReadAgainError:
                self.log(
                    "the file escapes quotes in the other way; a backslash shows it; reading from the start"
                )
            else:
                return {
                    "rows": self.rows,
                    "files": len(files),
                    "bytes": self.bytes,
                    "parts": parts,
                    "maxTimestamp": self.report["lastTimestamp"],
                    "report": self.report,
                }

    @property
    def rules(self) -> list[ColumnRule]:
        """The rules of the columns, in the order of the schema."""
        describes = all(column.name != "TIMESTAMP" for column in self.fields)
        return [ColumnRule.of(column, describes=describes) for column in self.fields]

    def clean(self) -> None:
        """Delete what was written, as far as possible.

        A role that may not delete objects does not make an import fail, and does not hide why it failed.
        """
        try:
            self.destination.clear(self.prefix)
        except Exception as error:
            self.log(f"warning: could not clear {self.prefix}: {error}")

    def _attempt(self, files: Sequence[File]) -> int:
        self.rows, self.bytes = 0, 0
        self._report = ReportBuilder(skipped=self.skipped)
        rules = self.rules
        counted = [rule.name for rule in rules if rule.lenient and not rule.nullable]
        with tempfile.TemporaryDirectory(prefix="import-") as scratch:
            parts = Parts(self.destination, self.prefix, stored_schema(rules), Path(scratch), self.part_bytes)
            try:
                for file in files:
                    read = self._parquet if file.is_parquet else self._csv
                    for batch, profile in read(file, rules):
                        parts.write(batch)
                        self._report.add(batch.num_rows, profile)
                        for name in counted:
                            self._report.null_cells[name] += batch.column(name).null_count
                        self._count(batch, file)
                parts.close()
            except BaseException:
                parts.abandon()
                raise
        self.report = self._report.build()
        for warning in self.report["warnings"]:
            self.log(f"warning: {warning}")
        self.log(f"done: {self.rows:,} rows in {parts.count} parts{summary(self.report)}")
        return parts.count

    def _count(self, batch: pa.RecordBatch, file: File) -> None:
        self.rows += batch.num_rows
        if monotonic() - self._logged_at > PROGRESS_SECONDS:
            self._logged_at = monotonic()
            self.log(f"{self.rows:,} rows so far, reading {file.name}")

    @contextmanager
    def _text(self, file: File) -> Iterator[io.RawIOBase]:
        """The text of a file, which may be compressed."""
        with self.source.open(file) as stream:
            yield plain_bytes(stream, file.name)

    def _csv(self, file: File, rules: Sequence[ColumnRule]) -> Iterator[Typed]:
        dialect = self._dialects.setdefault(file.name, Dialect())
        with self._text(file) as stream:
            csv = CsvFile(stream, file.name, [rule.name for rule in rules], dialect)
            self._report.ignored.update(dict.fromkeys(csv.extra))
            rows = 0
            try:
                for typed_batch in _typed_in_order(csv.batches(), rules, self.now):
                    yield typed_batch
                    rows += typed_batch[0].num_rows
            except BadCellError as error:
                self._compare_readings(file, dialect)
                raise self._bad_cell(file, dialect, error, rows) from error
            except (RaggedRowError, NotUtf8Error, EndlessRowError) as error:
                self._compare_readings(file, dialect)
                raise self._broken_row(file, dialect, csv.header, rules, rows, error) from error
            self._compare_readings(file, dialect)
            if csv.quote_left_open and self._open_quote(file, dialect) is not None:
                raise self._endless(file, dialect)
            self.bytes += file.size

    def _compare_readings(self, file: File, dialect: Dialect) -> None:
        """Decide how to read a file in which a backslash stands before the quote at the end of a cell.

        The reading whose rows all have the header's cells is right. Raises ReadAgainError if it is the other
        one, and UnreadableFile if both are possible. If neither is, the file has a bad row in any case.
        """
        if not dialect.ambiguous:
            return
        found = {}
        for escapes in (True, False):
            with self._text(file) as stream:
                found[escapes] = row_location.count_well_formed(stream, escapes=escapes)
        good = [escapes for escapes, (_, line) in found.items() if line is None]
        if len(good) == 2 and found[True][0] != found[False][0]:
            raise UnreadableFile(
                file.name,
                r"a backslash stands before a quote at the end of a cell, and both readings are possible: "
                r'write a quote inside a cell as "" and a backslash at the end of a cell as \\\\',
            )
        if not dialect.decide(good[0] if len(good) == 1 else dialect.escapes):
            raise ReadAgainError

    def _broken_row(
        self,
        file: File,
        dialect: Dialect,
        header: Sequence[str],
        rules: Sequence[ColumnRule],
        rows: int,
        error: Exception,
    ) -> BadRow:
        """The error for a row that cannot be split into cells, or for a bad cell that comes before it.

        `rows` good rows were read; the bad row is in the batch that follows.
        """
        names = [rule.name for rule in rules]
        if isinstance(error, RaggedRowError):
            found = self._ragged(file, dialect, header, error)
        elif isinstance(error, NotUtf8Error):
            found = self._not_utf8(file, dialect, header, names)
        else:
            found = self._endless(file, dialect)
        places = [header.index(name) for name in names]
        with self._text(file) as stream:
            before = []
            for cells in row_location.rows_between(
                stream, rows, rows + MAX_ROWS_OF_BLOCK, escapes=dialect.escapes
            ):
                if len(cells) != len(header) or not all(
                    row_location.is_text(cells[place]) for place in places
                ):
                    break
                before.append([cells[place] for place in places])
        columns = [pa.array([cells[at] for cells in before], pa.string()) for at in range(len(names))]
        try:
            typed(pa.RecordBatch.from_arrays(columns, names), rules, self.now)
        except BadCellError as earlier:
            return self._bad_cell(file, dialect, earlier, rows)
        return found

    def _parquet(self, file: File, rules: Sequence[ColumnRule]) -> Iterator[Typed]:
        names = [rule.name for rule in rules]
        with self.source.open(file) as stream:
            try:
                table = pq.ParquetFile(pa.PythonFile(stream, mode="r"))
                there = dict(
                    zip(spelled(table.schema_arrow.names, names), table.schema_arrow.names, strict=True)
                )
                missing = [name for name in names if name not in there]
                if missing:
                    names_found = explain(table.schema_arrow.names, missing, names).replace(
                        "Line 1", "The file"
                    )
                    raise MissingColumns(file.name, missing, names_found)
                rows = 0
                wanted = [there[name] for name in names]
                batches = (
                    batch.select(wanted).rename_columns(names)
                    for batch in table.iter_batches(PARQUET_ROWS, columns=wanted)
                )
                extra = [name for name in table.schema_arrow.names if name not in wanted]
                self._report.ignored.update(dict.fromkeys(extra))
                for typed_batch in _typed_in_order(batches, rules, self.now):
                    yield typed_batch
                    rows += typed_batch[0].num_rows
            except DAMAGED as error:
                raise UnreadableFile(
                    file.name, f"the file is damaged or not a Parquet file; write it again ({error})"
                ) from error
            except BadCellError as error:
                raise BadRow(file.name, rows + error.row + 1, error.why, column=error.column) from error
            self.bytes += file.size

    def _bad_cell(self, file: File, dialect: Dialect, error: BadCellError, rows: int) -> BadRow:
        """The error for a bad cell in the batch that follows `rows` good rows."""
        row = rows + error.row
        with self._text(file) as stream:
            found = row_location.find(stream, escapes=dialect.escapes, wanted=lambda number, _: number == row)
        return BadRow(file.name, found.line if found else None, error.why, column=error.column)

    def _ragged(self, file: File, dialect: Dialect, header: Sequence[str], error: RaggedRowError) -> BadRow:
        with self._text(file) as stream:
            found = row_location.find(
                stream, escapes=dialect.escapes, wanted=lambda _, cells: len(cells) != len(header)
            )
        if found is None:
            return BadRow(file.name, None, str(error.__cause__))
        if any("\n" in cell for cell in found.cells) and self._open_quote(file, dialect) == found.line:
            return self._endless(file, dialect)
        why = f"the row has {len(found.cells)} cells, the header {len(header)}"
        return BadRow(file.name, found.line, f"{why}: {','.join(found.cells)[:200]!r}")

    def _not_utf8(self, file: File, dialect: Dialect, header: Sequence[str], names: Sequence[str]) -> BadRow:
        indexes = [header.index(name) for name in names]

        def broken(cells: Sequence[str]) -> list[int]:
            return [i for i in indexes if i < len(cells) and not row_location.is_text(cells[i])]

        with self._text(file) as stream:
            found = row_location.find(
                stream, escapes=dialect.escapes, wanted=lambda _, cells: bool(broken(cells))
            )
        if found is None:
            return BadRow(file.name, None, "the file is not UTF-8")
        i = broken(found.cells)[0]
        raw = found.cells[i].encode("utf-8", "surrogateescape")
        return BadRow(file.name, found.line, f"not UTF-8: {raw[:80]!r}", column=header[i])

    def _open_quote(self, file: File, dialect: Dialect) -> int | None:
        with self._text(file) as stream:
            return row_location.open_quote(stream, escapes=dialect.escapes)

    def _endless(self, file: File, dialect: Dialect) -> BadRow:
        line = self._open_quote(file, dialect)
        if line is None:
            return BadRow(file.name, None, "a row is longer than can be read")
        return BadRow(file.name, line, "a quote that opens in this row is never closed")


def _typed(batch: pa.RecordBatch, rules: Sequence[ColumnRule], now: float) -> Typed:
    converted = typed(batch, rules, now)
    return converted, profile(batch, converted, rules)


def _typed_in_order(
    batches: Iterator[pa.RecordBatch], rules: Sequence[ColumnRule], now: float
) -> Iterator[Typed]:
    """Convert a few batches at a time on other threads, and yield them in order.

    Arrow releases the interpreter lock. The order makes sure that the first bad row of the file is reported.
    """
    with ThreadPoolExecutor(max(1, min(IN_FLIGHT, os.cpu_count() or 1))) as pool:
        waiting: deque[Future[Typed]] = deque()
        failure: Exception | None = None
        try:
            while True:
                try:
                    batch = next(batches, None)
                except Exception as error:  # batches that were read before may contain an earlier bad row
                    batch, failure = None, error
                if batch is None:
                    break
                waiting.append(pool.submit(_typed, batch, rules, now))
                if len(waiting) == IN_FLIGHT:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
            if failure is not None:
                raise failure
        finally:
            for future in waiting:
                future.cancel()
