"""The rows of a dataset as CSV.

The mode BULK exports imported rows, PUT exports records that were sent one at a time, and ALL exports both.
ALL exports only the newest row of each item, user or action. Rows that are equal in every column are written
once.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from lambdas.stores import parquet
from lambdas.stores.catalog import Upsert
from lambdas.stores.lake import LakeBucket
from lambdas.stores.parquet import Row
from tastemaker.contracts.plans import ExportPlan
from tastemaker.contracts.streamed_event import MEMBERS_BY_FIELD, event_columns, event_identity

FLUSH_ROWS = 2_000
ID_COLUMNS = {"ITEMS": "ITEM_ID", "USERS": "USER_ID", "ACTIONS": "ACTION_ID"}


@dataclass(frozen=True)
class Export:
    """One export: the plan of the job, and the sources of its rows.

    `upserts` returns the records that were put one at a time, by the key of a dataset's upserts.
    """

    plan: ExportPlan
    columns: Sequence[str]
    lake: LakeBucket
    upserts: Callable[[str], Iterable[Upsert]]

    def rows(self) -> Iterator[Row]:
        """The exported rows, each once, with the values of `columns`."""
        mode, dataset_type = self.plan["mode"], self.plan["datasetType"]
        if mode == "ALL" and dataset_type in ID_COLUMNS:
            yield from self._newest(ID_COLUMNS[dataset_type])
            return
        seen: set[bytes] = set()
        for row, _ in self._all(mode):
            digest = blake2b(repr(row).encode(errors="surrogatepass"), digest_size=12).digest()
            if digest not in seen:
                seen.add(digest)
                yield row

    def _newest(self, id_column: str) -> Iterator[Row]:
        position = list(self.columns).index(id_column)
        newest: dict[str, tuple[float, Row]] = {}
        for row, time in self._all("ALL"):
            known = newest.get(row[position])
            if known is None or time >= known[0]:
                newest[row[position]] = time, row
        for _, row in newest.values():
            yield row

    def _all(self, mode: str) -> Iterator[tuple[Row, float]]:
        """Rows with the time of their import or upsert, in seconds since 1970."""
        if mode in ("BULK", "ALL"):
            for one in self.plan["imports"]:
                for key in parquet.keys(self.lake, one["prefix"]):
                    for row in parquet.rows(self.lake, key, list(self.columns)):
                        yield row, one["at"]
        if mode in ("PUT", "ALL"):
            streamed = self.plan["datasetType"] == "INTERACTIONS"
            yield from self._events() if streamed else self._upserts()

    def _upserts(self) -> Iterator[tuple[Row, float]]:
        id_column = ID_COLUMNS.get(self.plan["datasetType"])
        for name, properties, time in self.upserts(self.plan["catalog"]):
            yield tuple(name if c == id_column else properties.get(c) for c in self.columns), time

    def _events(self) -> Iterator[tuple[Row, float]]:
        """Streamed events as rows of the schema, without events of sessions that have no user."""
        columns = event_columns(*MEMBERS_BY_FIELD.values(), "eventId", "properties")
        seen: set[tuple[str, str]] = set()
        for key in parquet.event_keys(self.lake, self.plan["events"]):
            for values in parquet.event_rows(self.lake, key, columns):
                event = dict(zip(columns, values, strict=True))
                identity = event_identity(event["userId"], None, event["eventId"])
                if event["userId"] is None or identity in seen:
                    continue
                seen.add(identity)
                properties = json.loads(event["properties"] or "{}")
                row = (
                    event[MEMBERS_BY_FIELD[c]] if c in MEMBERS_BY_FIELD else properties.get(c)
                    for c in self.columns
                )
                yield tuple(row), float(event["sentAt"])


def csv_bytes(
    columns: Sequence[str], rows: Iterable[Row], on_count: Callable[[int], None]
) -> Iterator[bytes]:
    """A CSV file with a header, in pieces. `on_count` receives the number of rows of each piece."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    pending = 0
    for row in rows:
        writer.writerow([_cell(value) for value in row])
        pending += 1
        if pending == FLUSH_ROWS:
            yield _flush(text)
            on_count(pending)
            pending = 0
    yield _flush(text)
    on_count(pending)


def _flush(text: io.StringIO) -> bytes:
    data = text.getvalue().encode("utf-8", "surrogatepass")
    text.seek(0)
    text.truncate()
    return data


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
