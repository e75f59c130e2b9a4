"""What an import did, beyond its counts: times, columns and cells that were left out, suspicious ids."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tastemaker.contracts.import_report import ImportReport, SuspiciousId
from tastemaker.importing.column_rules import ColumnRule
from tastemaker.importing.text_bytes import ShortTexts, is_ascii, may_contain

MAX_NAMED = 20
"""Names of a sort that a report lists."""
HEAVY_SHARE = 0.05
"""A user's share of a batch from which its rows are counted."""
SAMPLE_ROWS = 2048
"""Rows of a batch, evenly spaced, in which users with a large share are looked for."""
LARGE_SHARE = 0.2
"""The share of all rows from which one user is reported: a test account, or a default id."""

MAX_ACTIVE_USERS = 1_000
"""Users with two interactions or more, up to which they are counted. A training needs fewer."""
MAX_WATCHED_USERS = 100_000
"""Users with one interaction so far that are kept in memory for this count."""

NULL_IDS = ShortTexts(
    ["NaN", "nan", "NAN", "null", "NULL", "Null", "None", "none", "NONE", "N/A", "n/a", "#N/A", "NA", "<NA>",
     "nil", "undefined", "\\N", "-", "?"]
)  # fmt: skip
"""Ids that programs write for a missing value."""
MISSING, INVISIBLE = "a missing value", "a text with invisible characters"
ODD_IDS: Mapping[str, tuple[str, str]] = {
    "a number that a spreadsheet has rounded": ("+", r"^[0-9](\.[0-9]+)?E\+[0-9]+$"),
    "a whole number that was stored as a fraction": (".", r"^[0-9]+\.0$"),
    "bytes that Python has printed": ("'", r"^b'.*'$"),
    "an error of a spreadsheet": ("#", r"^#(REF!|NAME\?|VALUE!|DIV/0!|NULL!|NUM!)$"),
    INVISIBLE: ("", "[\u00ad\u200b-\u200f\u2060\ufeff]"),
}
"""What an id looks like → an ASCII character that all such ids contain, and their pattern."""


@dataclass
class BatchProfile:
    """What one batch adds to the report."""

    first: int | None = None
    last: int | None = None
    trimmed: int = 0
    suspicious: Counter[tuple[str, str]] = field(default_factory=Counter)
    heavy: Counter[str] = field(default_factory=Counter)
    event_types: Counter[str] = field(default_factory=Counter)


def profile(raw: pa.RecordBatch, batch: pa.RecordBatch, rules: Sequence[ColumnRule]) -> BatchProfile:
    """The profile of a batch. `raw` has its cells before conversion."""
    found = BatchProfile()
    for place, rule in enumerate(rules):
        cells = batch.column(place)
        if rule.is_id:
            found.trimmed += _trimmed(raw.column(place), cells)
            for text, rows in _counts(_suspects(cells)):
                found.suspicious[rule.name, text] += rows
        if rule.name == "USER_ID" and any(other.name == "TIMESTAMP" for other in rules):
            step = max(1, len(cells) // SAMPLE_ROWS)
            sample = cells.take(pa.array(np.arange(0, len(cells), step))) if step > 1 else cells
            enough = max(2, int(HEAVY_SHARE * len(sample)))
            found.heavy.update({text: rows * step for text, rows in _counts(sample) if rows >= enough})
        if rule.name == "EVENT_TYPE":
            found.event_types.update(dict(_counts(cells.drop_null())))
        if rule.name == "TIMESTAMP" and len(cells):
            bounds = pc.min_max(cells)
            found.first, found.last = bounds["min"].as_py(), bounds["max"].as_py()
    return found


def _trimmed(raw: pa.Array, cells: pa.Array) -> int:
    if not pa.types.is_string(raw.type):
        return 0
    before, after = pc.binary_length(raw), pc.binary_length(cells)
    if pc.sum(before).as_py() == pc.sum(after).as_py():
        return 0
    return int(pc.sum(pc.not_equal(before, after)).as_py() or 0)


def _suspects(cells: pa.Array) -> pa.Array:
    found = NULL_IDS.candidates(cells)
    found = [found.filter(pc.is_in(found, NULL_IDS.texts))]
    for looks, (part, pattern) in ODD_IDS.items():
        if is_ascii(cells) if looks == INVISIBLE else not may_contain(cells, part):
            continue
        found.append(cells.filter(pc.match_substring_regex(cells, pattern)))
    return pa.concat_arrays(found)


def looks_like(text: str) -> str:
    """What is wrong with a suspicious id."""
    return next((looks for looks, (_, pattern) in ODD_IDS.items() if re.search(pattern, text)), MISSING)


def _counts(cells: pa.Array) -> Iterable[tuple[str, int]]:
    if not len(cells):
        return ()
    counted = pc.value_counts(cells)
    if len(counted) > MAX_NAMED:  # most users have few rows
        most = pc.select_k_unstable(counted.field("counts"), MAX_NAMED, [("counts", "descending")])
        counted = counted.take(most)
    return [(one["values"], one["counts"]) for one in counted.to_pylist()]


@dataclass
class ActiveUsers:
    """Counts users with two interactions or more, until there are as many as anybody needs to know."""

    active: set[str] = field(default_factory=set)
    once: set[str] = field(default_factory=set)

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the users of a batch, if it has any and the count still goes on."""
        if len(self.active) >= MAX_ACTIVE_USERS or len(self.once) >= MAX_WATCHED_USERS:
            return
        if not {"USER_ID", "TIMESTAMP"} <= set(batch.schema.names):
            return
        counted = pc.value_counts(batch.column("USER_ID"))
        several = pc.greater(counted.field("counts"), 1)
        single = set(counted.field("values").filter(pc.invert(several)).to_pylist())
        self.active.update(counted.field("values").filter(several).to_pylist(), single & self.once)
        self._add_once(single)

    def join(self, other: ActiveUsers) -> None:
        """Add the users of another part. A user with one interaction in each of both has two."""
        self.active |= other.active | (self.once & other.once)
        self._add_once(other.once)

    def to_send(self) -> ActiveUsers:
        """The users for `join` on another machine, with few ids.

        A part that stopped counting leaves out its users with one interaction.
        """
        stopped = len(self.active) >= MAX_ACTIVE_USERS or len(self.once) >= MAX_WATCHED_USERS
        return ActiveUsers(set(islice(self.active, MAX_ACTIVE_USERS)), set() if stopped else self.once)

    def _add_once(self, users: set[str]) -> None:
        enough = len(self.active) >= MAX_ACTIVE_USERS
        self.once = set() if enough else (self.once | users) - self.active

    @property
    def count(self) -> int:
        """The number of users, at most MAX_ACTIVE_USERS."""
        return min(len(self.active), MAX_ACTIVE_USERS)


@dataclass
class ReportBuilder:
    """The report of an import, as it grows."""

    rows: int = 0
    total: BatchProfile = field(default_factory=BatchProfile)
    ignored: dict[str, None] = field(default_factory=dict)
    null_cells: Counter[str] = field(default_factory=Counter)
    skipped: Sequence[str] = ()
    users: ActiveUsers = field(default_factory=ActiveUsers)

    def add(self, rows: int, one: BatchProfile) -> None:
        """Add a batch."""
        self.rows += rows
        total = self.total
        total.first = min((time for time in (total.first, one.first) if time is not None), default=None)
        total.last = max((time for time in (total.last, one.last) if time is not None), default=None)
        total.trimmed += one.trimmed
        total.suspicious.update(one.suspicious)
        total.heavy.update(one.heavy)
        total.event_types.update(one.event_types)

    def build(self) -> ImportReport:
        """The report."""
        suspicious: list[SuspiciousId] = [
            {"column": column, "id": text, "rows": rows}
            for (column, text), rows in self.total.suspicious.most_common(MAX_NAMED)
        ]
        report: ImportReport = {
            "firstTimestamp": self.total.first,
            "lastTimestamp": self.total.last,
            "ignoredColumns": list(self.ignored)[:MAX_NAMED],
            "nullCells": {name: cells for name, cells in self.null_cells.items() if cells},
            "skippedFiles": list(self.skipped[:MAX_NAMED]),
            "skippedFileCount": len(self.skipped),
            "trimmedIds": self.total.trimmed,
            "suspiciousIds": suspicious,
            "largestUser": None,
            "activeUsers": self.users.count,
            "eventTypes": dict(self.total.event_types.most_common(MAX_NAMED)),
            "warnings": [],
        }
        for user, rows in self.total.heavy.most_common(1):
            if rows >= LARGE_SHARE * self.rows and self.rows > MAX_NAMED:
                report["largestUser"] = {"id": user, "share": round(rows / self.rows, 3)}
        report["warnings"] = list(warnings(report))
        return report


def warnings(report: ImportReport) -> Iterable[str]:
    """What is likely wrong with the data, in sentences."""
    if report["ignoredColumns"]:
        names = ", ".join(name or "(without a name)" for name in report["ignoredColumns"])
        yield f"The schema does not have the columns {names}; they are ignored."
    for name, cells in report["nullCells"].items():
        yield f"{cells:,} cells of {name} do not follow the schema; they are stored as null."
    if report["skippedFileCount"]:
        names = ", ".join(report["skippedFiles"])
        yield f"{report['skippedFileCount']:,} files of the folder are not data and were skipped: {names}."
    if report["trimmedIds"]:
        yield f"{report['trimmedIds']:,} ids had blanks around them, which were removed."
    yield from _odd_ids(report["suspiciousIds"])
    if (largest := report["largestUser"]) is not None:
        yield (
            f"The user {largest['id']!r} has {largest['share']:.0%} of all rows; leave out accounts of tests "
            "and default ids."
        )


def _odd_ids(suspicious: Sequence[SuspiciousId]) -> Iterable[str]:
    """A sentence for each missing value, and one for all ids of a column that look alike otherwise."""
    alike: dict[tuple[str, str, str], list[SuspiciousId]] = {}
    for one in suspicious:
        looks = looks_like(one["id"])
        alike.setdefault((one["column"], looks, one["id"] if looks == MISSING else ""), []).append(one)
    for (column, looks, _), some in alike.items():
        rows, ids = sum(one["rows"] for one in some), [repr(one["id"]) for one in some]
        if len(ids) == 1:
            yield f"{rows:,} rows have the {column} {ids[0]}, which looks like {looks}."
        else:
            at_least = "At least " if len(suspicious) >= MAX_NAMED else ""
            such = " and ".join(ids[:2])
            yield f"{at_least}{rows:,} rows have a {column} such as {such}, which looks like {looks}."


def merged(
    reports: Sequence[tuple[int, ImportReport]], users: Iterable[ActiveUsers], skipped: Sequence[str]
) -> ImportReport:
    """The report of an import of which parts were imported on several machines.

    `reports` has the rows and the report of each part, and `users` the users of each.
    """
    builder = ReportBuilder(skipped=skipped)
    for rows, report in reports:
        one = BatchProfile(report["firstTimestamp"], report["lastTimestamp"], report["trimmedIds"])
        one.suspicious.update({(it["column"], it["id"]): it["rows"] for it in report["suspiciousIds"]})
        if (largest := report["largestUser"]) is not None:
            one.heavy[largest["id"]] = round(largest["share"] * rows)
        one.event_types.update(report["eventTypes"])
        builder.add(rows, one)
        builder.ignored.update(dict.fromkeys(report["ignoredColumns"]))
        builder.null_cells.update(report["nullCells"])
    for some in users:
        builder.users.join(some)
    return builder.build()


def summary(report: ImportReport) -> str:
    """The span of times, for the log."""
    first, last = report["firstTimestamp"], report["lastTimestamp"]
    if first is None or last is None:
        return ""
    days = [datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d") for time in (first, last)]
    return f", from {days[0]} to {days[1]}"
