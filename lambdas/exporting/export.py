"""The rows of a dataset as CSV.

BULK: what was imported. PUT: what was sent one at a time. ALL: both, of items and users only the newest row
of each id. Rows that are equal in every column are written once.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from lambdas.stores import parquet
from lambdas.stores.lake import LakeBucket
from tastemaker.contracts.plans import ExportPlan
from tastemaker.contracts.streamed_event import MEMBERS_BY_FIELD, event_columns

Row = tuple[Any, ...]
FLUSH_ROWS = 2_000
ID_OF = {"ITEMS": "ITEM_ID", "USERS": "USER_ID", "ACTIONS": "ACTION_ID"}


@dataclass(frozen=True)
class Export:
    """One export: the plan of the job, and where rows come from. `put` reads the catalog table: dataset
    ARN → (id, properties, time of writing)."""

    plan: ExportPlan
    columns: Sequence[str]
    lake: LakeBucket
    put: Callable[[str], Iterable[tuple[str, Mapping[str, Any], float]]]

    def rows(self) -> Iterator[Row]:
        """What is exported, each row once."""
        mode, kind = self.plan["mode"], self.plan["datasetType"]
        if mode == "ALL" and kind in ID_OF:
            yield from self._newest(ID_OF[kind])
            return
        seen: set[bytes] = set()
        for row, _ in self._all(mode):
            digest = blake2b(repr(row).encode(errors="surrogatepass"), digest_size=12).digest()
            if digest not in seen:
                seen.add(digest)
                yield row

    def _newest(self, id_column: str) -> Iterator[Row]:
        place = list(self.columns).index(id_column)
        newest: dict[str, tuple[float, Row]] = {}
        for row, at in self._all("ALL"):
            if row[place] not in newest or at >= newest[row[place]][0]:
                newest[row[place]] = at, row
        for _, row in newest.values():
            yield row

    def _all(self, mode: str) -> Iterator[tuple[Row, float]]:
        """Rows and when they came in."""
        if mode in ("BULK", "ALL"):
            for one in self.plan["imports"]:
                for key in parquet.keys(self.lake, one["prefix"]):
                    for row in parquet.rows(self.lake, key, list(self.columns)):
                        yield row, one["at"]
        if mode in ("PUT", "ALL"):
            streamed = self.plan["datasetType"] == "INTERACTIONS"
            yield from self._streamed() if streamed else self._put()

    def _put(self) -> Iterator[tuple[Row, float]]:
        id_column = ID_OF.get(self.plan["datasetType"])
        for name, properties, at in self.put(self.plan["datasetArn"]):
            yield tuple(name if c == id_column else properties.get(c) for c in self.columns), at

    def _streamed(self) -> Iterator[tuple[Row, float]]:
        """Events as rows of the schema. Those of sessions without a login have no user, and no row."""
        wanted = event_columns(*MEMBERS_BY_FIELD.values(), "eventId", "properties")
        seen: set[str] = set()
        for key in parquet.keys(self.lake, self.plan["events"]):
            for values in parquet.rows(self.lake, key, wanted):
                event = dict(zip(wanted, values, strict=True))
                if event["userId"] is None or event["eventId"] in seen:  # the stream may deliver twice
                    continue
                seen.add(event["eventId"])
                properties = json.loads(event["properties"] or "{}")
                row = (
                    event[MEMBERS_BY_FIELD[c]] if c in MEMBERS_BY_FIELD else properties.get(c)
                    for c in self.columns
                )
                yield tuple(row), float(event["sentAt"])


def csv_bytes(columns: Sequence[str], rows: Iterable[Row], count: Callable[[int], None]) -> Iterator[bytes]:
    """A CSV file in pieces, with a header; `count` is told of the rows of each piece."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    pending = 0
    for row in rows:
        writer.writerow([_cell(value) for value in row])
        pending += 1
        if pending == FLUSH_ROWS:
            yield _taken(text)
            count(pending)
            pending = 0
    yield _taken(text)
    count(pending)


def _taken(text: io.StringIO) -> bytes:
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
