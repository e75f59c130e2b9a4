"""An import from start to end: find the files, read, convert, check, write, clean up after a failure."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, time

import pyarrow as pa
import pyarrow.parquet as pq

from tastemaker.contracts.import_report import ImportReport
from tastemaker.contracts.workflows import ImportResult
from tastemaker.files import File, Source
from tastemaker.importing.column_rules import BadCellError, ColumnRule, stored_schema
from tastemaker.importing.csv_reader import (
    CsvFile,
    EndlessRowError,
    NotUtf8Error,
    RaggedRowError,
    ReadAgainError,
    spelled,
)
from tastemaker.importing.diagnosis import Diagnosis, text_of
from tastemaker.importing.dialect import Dialect
from tastemaker.importing.errors import BadRow, MissingColumns, NoRows, UnreadableFile
from tastemaker.importing.header import explain
from tastemaker.importing.in_order import Typed, typed_in_order
from tastemaker.importing.parts import PART_BYTES, Parts
from tastemaker.importing.report import ActiveUsers, ReportBuilder, summary
from tastemaker.importing.storage import Destination, input_files
from tastemaker.schemas import Field

DAMAGED = (pa.ArrowException, OSError, KeyError, UnicodeDecodeError, OverflowError)
"""What pyarrow raises for damaged Parquet files."""
Log = Callable[[str], None]
PROGRESS_SECONDS = 5.0
PARQUET_ROWS = 1 << 18


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
    def users(self) -> ActiveUsers:
        """The users of the rows that `read` has imported."""
        return self._report.users

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
                        self._report.users.add(batch)
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

    def _csv(self, file: File, rules: Sequence[ColumnRule]) -> Iterator[Typed]:
        dialect = self._dialects.setdefault(file.name, Dialect())
        with text_of(self.source, file) as stream:
            csv = CsvFile(stream, file.name, [rule.name for rule in rules], dialect)
            self._report.ignored.update(dict.fromkeys(csv.extra))
            rows, diagnosis = 0, Diagnosis(self.source, file, dialect)
            try:
                for typed_batch in typed_in_order(csv.batches(), rules, self.now):
                    yield typed_batch
                    rows += typed_batch[0].num_rows
            except BadCellError as error:
                diagnosis.compare_readings()
                raise diagnosis.bad_cell(error, rows) from error
            except (RaggedRowError, NotUtf8Error, EndlessRowError) as error:
                diagnosis.compare_readings()
                raise diagnosis.broken_row(csv.header, rules, rows, error, self.now) from error
            diagnosis.compare_readings()
            if csv.quote_left_open and diagnosis.open_quote() is not None:
                raise diagnosis.endless()
            self.bytes += file.size

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
                for typed_batch in typed_in_order(batches, rules, self.now):
                    yield typed_batch
                    rows += typed_batch[0].num_rows
            except DAMAGED as error:
                raise UnreadableFile(
                    file.name, f"the file is damaged or not a Parquet file; write it again ({error})"
                ) from error
            except BadCellError as error:
                raise BadRow(file.name, rows + error.row + 1, error.why, column=error.column) from error
            self.bytes += file.size
