"""The files that an import reads, from the tables of a user and their mapping."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tastemaker.contracts.limits import MAX_ID_LENGTH
from tastemaker.detection import numbers, times
from tastemaker.detection.attribute import Attribute
from tastemaker.detection.attributes import ITEMS, USERS
from tastemaker.detection.known import Known
from tastemaker.detection.mapping import ColumnMapping
from tastemaker.detection.profiles import filled_cells, present
from tastemaker.detection.report import Report
from tastemaker.detection.reshaping import ROW
from tastemaker.detection.tables import Table
from tastemaker.detection.times import TimeFormat
from tastemaker.detection.writing import CsvWriter
from tastemaker.schemas import Field
from tastemaker.values import MAX_AHEAD_SECONDS, MAX_ID_BYTES, MIN_TIME

LATEST_SECONDS = MAX_AHEAD_SECONDS
_WHOLE = r"^-?\d+\.0$"
MAX_RETRY_SHARE = 0.001
"""The share of unreadable times from which the other reading of an ambiguous date is tried."""
Progress = Callable[[int], None]


@dataclass
class Interactions:
    """Tables with interactions, and what their columns are."""

    tables: Sequence[Table]
    mapping: ColumnMapping
    user_of_table: Callable[[Table], str] | None = None
    """The user of a table that has no column for users."""
    float_ids: frozenset[str] = frozenset()
    """Columns whose IDs are written as `12.0`, which pandas does if some are missing."""

    @property
    def fields(self) -> list[Field]:
        """The fields of the schema."""
        made = [Field("USER_ID", "string"), Field("ITEM_ID", "string"), Field("TIMESTAMP", "long")]
        made.append(Field("EVENT_TYPE", "string"))
        if self.mapping.value:
            made.append(Field("EVENT_VALUE", "float", nullable=True))
        return made + [one.field for one in self.mapping.context]


@dataclass
class Keyed:
    """Tables about items or users, with a row for each."""

    tables: Sequence[Table]
    key: str
    attributes: Sequence[Attribute]
    dataset: str
    has_float_ids: bool = False


@dataclass
class Prepared:
    """What a conversion wrote: dataset type → its file and its fields; and the names of items, if known."""

    files: dict[str, Path]
    fields: dict[str, list[Field]]
    report: Report
    names: dict[str, str] = field(default_factory=dict)


class Conversion:
    """One conversion into a folder. `progress` gets the number of rows so far."""

    def __init__(
        self,
        folder: Path,
        *,
        now: float | None = None,
        progress: Progress = lambda rows: None,
    ) -> None:
        self._folder = folder
        self._now = time.time() if now is None else now
        self._progress = progress

    def run(self, given: Interactions, keyed: Sequence[Keyed] = ()) -> Prepared:
        """Write the files. A date that can be read in two ways is read in the one that fits all rows."""
        self._folder.mkdir(parents=True, exist_ok=True)
        found = self._once(given, keyed)
        form = given.mapping.time_format
        bad = found.report.dropped.get(UNREADABLE_TIME)
        if form is not None and form.also and bad and bad.rows > MAX_RETRY_SHARE * found.report.rows:
            other = replace(given.mapping, time_format=TimeFormat(form.also))
            return self._once(replace(given, mapping=other), keyed)
        return found

    def _once(self, given: Interactions, keyed: Sequence[Keyed]) -> Prepared:
        report = Report(has_times=bool(given.mapping.time))
        known = {
            ITEMS: Known(ITEMS, given.mapping.item_attributes),
            USERS: Known(USERS, given.mapping.user_attributes),
        }
        path = self._folder / "interactions.csv"
        with CsvWriter(path, [one.name for one in given.fields]) as file:
            for table in given.tables:
                for rows in self._rows(table, given, report, known):
                    file.write(rows)
        for one in keyed:
            known[one.dataset] = self._keyed(one, known[one.dataset], given.mapping.zone)
        files, fields = {"INTERACTIONS": path}, {"INTERACTIONS": given.fields}
        for dataset, rows_of in known.items():
            if rows_of.attributes and rows_of.rows:
                files[dataset] = self._folder / f"{dataset.lower()}.csv"
                fields[dataset] = rows_of.fields
                count = rows_of.write(files[dataset])
                report.item_rows, report.user_rows = (
                    (count, report.user_rows) if dataset == ITEMS else (report.item_rows, count)
                )
        return Prepared(files, fields, report, known[ITEMS].names)

    def _rows(
        self, table: Table, given: Interactions, report: Report, known: dict[str, Known]
    ) -> Iterator[list[pa.Array]]:
        start = 0
        for batch in table.batches():
            numbers_of_rows = (
                batch.column(ROW)
                if ROW in batch.schema.names
                else pa.array(np.arange(start, start + batch.num_rows))
            )
            start += batch.num_rows
            columns, keep = self._convert(table, batch, numbers_of_rows, given, report)
            self._learn(batch, columns, keep, given.mapping, known)
            kept = [column.filter(keep) for column in columns]
            _count(report, kept)
            self._progress(report.rows)
            yield kept
        if table.bad_rows.count:
            report.rows += table.bad_rows.count
            report.drop("the row has another number of cells than the header", table.bad_rows.count, [])
            report.dropped[
                "the row has another number of cells than the header"
            ].examples += table.bad_rows.examples
        if getattr(table, "damaged", 0):
            report.warnings.append(
                f"{table.damaged:,} characters of {table.input.short_name} cannot be decoded and "  # type: ignore[attr-defined]
                "became \N{REPLACEMENT CHARACTER}; give --encoding if texts look wrong."
            )

    def _convert(
        self, table: Table, batch: pa.RecordBatch, rows: pa.Array, given: Interactions, report: Report
    ) -> tuple[list[pa.Array], pa.Array]:
        """The columns of the file for all rows of a batch, and which rows are kept."""
        mapping = given.mapping
        user = self._ids(batch, mapping.user, given) if mapping.user else None
        if user is None:
            name = given.user_of_table(table) if given.user_of_table else "me"
            user = pa.array([name] * batch.num_rows, pa.string())
        item = self._ids(batch, mapping.item, given)
        seconds = self._seconds(batch, mapping, report.rows, batch.num_rows)
        checks = self._checks(batch, mapping, user, item, seconds)
        keep = pa.array(np.ones(batch.num_rows, bool))
        for reason, bad in checks:
            bad = pc.and_(keep, pc.fill_null(bad, True))
            count = pc.sum(bad).as_py() or 0
            if count:
                self._drop(table, batch, rows, bad, reason, count, report, mapping)
                keep = pc.and_(keep, pc.invert(bad))
        report.rows += batch.num_rows
        columns = [user, item, pc.cast(seconds, pa.string()), _event_types(batch, mapping)]
        if mapping.value:
            columns.append(pc.cast(_values(batch, mapping), pa.string()))
        columns += [one.read(batch.column(one.column)) for one in mapping.context]
        return columns, keep

    def _ids(self, batch: pa.RecordBatch, names: Sequence[str], given: Interactions) -> pa.Array:
        columns = []
        for name in names:
            cells = present(batch.column(name))
            if name in given.float_ids:
                cells = pc.replace_substring_regex(cells, r"\.0$", "")
            columns.append(cells)
        return pc.coalesce(*columns) if len(columns) > 1 else columns[0]

    def _seconds(self, batch: pa.RecordBatch, mapping: ColumnMapping, before: int, rows: int) -> pa.Array:
        """The times of a batch as int64 Unix seconds; by the order of rows if the data have none."""
        if not mapping.time or mapping.time_format is None:
            start = int(self._now) - 200_000_000
            return pa.array(np.arange(start + before, start + before + rows))
        cells = present(batch.column(mapping.time))
        found = mapping.time_format.read(cells, mapping.zone)
        if mapping.clock:
            clock = times.seconds_of_day(batch.column(mapping.clock))
            found = pc.add(found, pc.fill_null(clock, 0))
        return found

    def _checks(
        self, batch: pa.RecordBatch, mapping: ColumnMapping, user: pa.Array, item: pa.Array, seconds: pa.Array
    ) -> Iterator[tuple[str, pa.Array]]:
        """Reasons to drop a row, with booleans[rows] for each."""
        if mapping.counts_pieces:
            values = _values(batch, mapping)
            yield RETURNED, pc.and_(pc.is_valid(values), pc.less_equal(values, 0))
        yield NO_USER, pc.is_null(user)
        yield NO_ITEM, pc.is_null(item)
        for name, cells in (("user", user), ("item", item)):
            yield (
                f"the ID of the {name} has more than {MAX_ID_LENGTH} characters",
                pc.or_(
                    pc.greater(pc.utf8_length(cells), MAX_ID_LENGTH),
                    pc.greater(pc.binary_length(cells), MAX_ID_BYTES),
                ),
            )
        if mapping.time:
            yield NO_TIME, pc.is_null(present(batch.column(mapping.time)))
            yield UNREADABLE_TIME, pc.is_null(seconds)
            yield "the time is before March 1973", pc.less(seconds, MIN_TIME)
            yield (
                "the time is more than a year in the future",
                pc.greater(seconds, self._now + LATEST_SECONDS),
            )

    def _drop(
        self,
        table: Table,
        batch: pa.RecordBatch,
        rows: pa.Array,
        bad: pa.Array,
        reason: str,
        count: int,
        report: Report,
        mapping: ColumnMapping,
    ) -> None:
        found = report.dropped.get(reason)
        left = 3 - (len(found.examples) if found else 0)
        examples = []
        for place in np.flatnonzero(bad.to_numpy(zero_copy_only=False))[: max(left, 0)]:
            shown = [name for name in (*mapping.user, *mapping.item, mapping.time) if name]
            cells = ", ".join(f"{name} {batch.column(name)[int(place)].as_py() or ''!r}" for name in shown)
            examples.append(f"{table.where(rows[int(place)].as_py())}: {cells[:100]}")
        report.drop(reason, count, examples)

    def _learn(
        self,
        batch: pa.RecordBatch,
        columns: Sequence[pa.Array],
        keep: pa.Array,
        mapping: ColumnMapping,
        known: dict[str, Known],
    ) -> None:
        """Note the attributes of items and users that the rows have."""
        for dataset, place in ((ITEMS, 1), (USERS, 0)):
            attributes = known[dataset].attributes
            if attributes and (dataset == ITEMS or mapping.user):
                cells = [one.read(batch.column(one.column), mapping.zone).filter(keep) for one in attributes]
                known[dataset].add(columns[place].filter(keep), cells)

    def _keyed(self, given: Keyed, learned: Known, zone: str) -> Known:
        """The attributes of a file about items or users, and those that the interactions have besides."""
        found = Known(given.dataset, given.attributes)
        for table in given.tables:
            for batch in table.batches():
                keys = present(batch.column(given.key))
                if given.has_float_ids:
                    keys = pc.replace_substring_regex(keys, r"\.0$", "")
                good = pc.and_(pc.is_valid(keys), pc.less_equal(pc.utf8_length(keys), MAX_ID_LENGTH))
                good = pc.fill_null(good, False)
                cells = [one.read(batch.column(one.column), zone).filter(good) for one in given.attributes]
                found.add(keys.filter(good), cells)
        return found.with_others(learned)


NO_USER = "the user is missing"
NO_ITEM = "the item is missing"
NO_TIME = "the time is missing"
RETURNED = "the quantity is not positive, as of returned goods"
UNREADABLE_TIME = "the time is in another format"


def float_ids(sample: pa.Table, names: Sequence[str]) -> frozenset[str]:
    """The columns whose IDs all end with `.0`."""
    found = set()
    for name in names:
        cells = filled_cells(sample.column(name))
        if len(cells) and pc.all(pc.match_substring_regex(cells, _WHOLE)).as_py():
            found.add(name)
    return frozenset(found)


def _event_types(batch: pa.RecordBatch, mapping: ColumnMapping) -> pa.Array:
    if not mapping.event:
        return pa.array([mapping.event_name] * batch.num_rows, pa.string())
    return pc.fill_null(pc.utf8_slice_codeunits(present(batch.column(mapping.event)), 0, 256), "unknown")


def _values(batch: pa.RecordBatch, mapping: ColumnMapping) -> pa.Array:
    return numbers.read(present(batch.column(mapping.value)), mapping.value_sign)


def _count(report: Report, columns: Sequence[pa.Array]) -> None:
    users, items, seconds, events = columns[:4]
    if not len(users):
        return
    for counter, cells in ((report.users, users), (report.items, items), (report.events, events)):
        for one in pc.value_counts(cells).to_pylist():
            counter[one["values"]] += one["counts"]
    bounds = pc.min_max(pc.cast(seconds, pa.int64()))
    low, high = bounds["min"].as_py(), bounds["max"].as_py()
    report.first = low if report.first is None else min(report.first, low)
    report.last = high if report.last is None else max(report.last, high)
    report.kept += len(users)
