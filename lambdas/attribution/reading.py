"""Rows of the lake → events to count."""

import json
from collections.abc import Collection, Iterable, Iterator

from lambdas.stores import parquet
from lambdas.stores.lake import LakeBucket
from tastemaker.attribution import Event, Tally
from tastemaker.contracts.streamed_event import MEMBERS_BY_FIELD, event_columns, event_identity

STREAMED = event_columns("eventType", "sentAt", "itemId", "recommendationId", "eventAttributionSource")
BULK = ["EVENT_TYPE", "TIMESTAMP", "ITEM_ID", "RECOMMENDATION_ID", "EVENT_ATTRIBUTION_SOURCE"]


def streamed(
    lake: LakeBucket,
    keys: Iterable[str],
    tally: Tally,
    read: Collection[str] = (),
    since: float = 0.0,
) -> Iterator[Event]:
    """The events of these files that `tally` counts. Of the same event, the first one counts.

    `read` are the keys of files whose events were counted before, and files that were written until `since`
    do not count: a compacted file may repeat them.
    """
    names = [name for name in tally.columns if name in MEMBERS_BY_FIELD]
    others = [name for name in tally.columns if name not in MEMBERS_BY_FIELD]
    more = event_columns(
        *(MEMBERS_BY_FIELD[name] for name in names),
        *("userId", "sessionId", "eventId"),
        *(["properties"] if others else []),
    )
    end = len(STREAMED) + len(names)
    seen: set[tuple[str, str]] = set()
    for key in keys:
        for row in parquet.event_rows(lake, key, [*STREAMED, *more], tally.event_types, read, since):
            identity = event_identity(*row[end : end + 3])
            if identity in seen:
                continue
            seen.add(identity)
            values = dict(zip(names, row[len(STREAMED) : end], strict=True))
            if others:
                properties = json.loads(row[-1] or "{}")
                values |= {name: properties.get(name) for name in others}
            yield Event._make((*row[: len(STREAMED)], values))


def bulk(lake: LakeBucket, prefix: str, tally: Tally) -> Iterator[Event]:
    """The rows of an import that `tally` counts, as events."""
    names = tally.columns
    start = len(BULK)
    for key in parquet.keys(lake, prefix):
        for row in parquet.rows(lake, key, [*BULK, *names], tally.event_types):
            yield Event._make((*row[:start], dict(zip(names, row[start:], strict=True))))
