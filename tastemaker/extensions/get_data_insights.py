"""GetDataInsights: the distributions of the data that a model has learned from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import BOOLEAN, CATEGORICAL, NUMBER, Column, Columns
from tastemaker.models.event_types import EventTypes
from tastemaker.serving.metadata import as_text
from tastemaker.serving.runtime import Runtime

MAX_VALUES = 12
"""The most frequent values of a column that are listed."""
BINS = 12
TIME_BINS = 48
CURVE_POINTS = 40
HISTORY_BOUNDS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
"""Upper bounds of the groups of users by their number of events. A bundle keeps 500 events of a user."""


def get_data_insights(runtime: Runtime, params: Mapping[str, Any]) -> dict[str, Any]:
    """The members of the response. Raises InvalidInput and ResourceNotFound."""
    bundle = runtime.bundles.get(runtime.endpoint(params).bundle_uri).bundle
    histories = bundle.histories
    return {
        "insights": {
            "popularity": _curve(bundle.item_users),
            "historyLengths": _lengths(np.diff(histories.offsets)),
            "eventsOverTime": _over_time(histories.timestamps),
            "eventTypes": _types(histories.event_types, bundle.event_types),
            "columns": [
                *_columns("ITEMS", bundle.item_columns),
                *_columns("USERS", bundle.user_columns),
            ],
        }
    }


def _curve(users: NDArray[Any]) -> list[dict[str, float]]:
    """Which share of all pairs of a user and an item the most popular items have: a Lorenz curve."""
    total = float(users.sum())
    if total <= 0:
        return []
    cumulated = np.cumsum(np.sort(users)[::-1]) / total
    places = np.unique(np.linspace(0, 1, CURVE_POINTS + 1) ** 2 * len(users)).astype(np.int64)
    return [
        {"itemShare": float(place / len(users)), "share": float(cumulated[place - 1]) if place else 0.0}
        for place in np.unique(places).tolist()
    ]


def _lengths(lengths: NDArray[Any]) -> list[dict[str, int]]:
    """How many users have how many events. Users without events are left out."""
    known = lengths[lengths > 0]
    groups = np.searchsorted(HISTORY_BOUNDS, np.minimum(known, HISTORY_BOUNDS[-1]))
    counts = np.bincount(groups, minlength=len(HISTORY_BOUNDS))
    return [
        {"atMost": bound, "users": int(users)}
        for bound, users in zip(HISTORY_BOUNDS, counts.tolist(), strict=True)
    ]


def _over_time(timestamps: NDArray[np.int64]) -> list[dict[str, int]]:
    """The number of events in equal spans of time."""
    if not len(timestamps):
        return []
    first, last = int(timestamps.min()), int(timestamps.max())
    if first == last:
        return [{"start": first, "events": len(timestamps)}]
    counts, edges = np.histogram(timestamps, bins=TIME_BINS, range=(first, last))
    return [
        {"start": int(start), "events": int(events)}
        for start, events in zip(edges[:-1].tolist(), counts.tolist(), strict=True)
    ]


def _types(numbers: NDArray[np.int16], types: EventTypes) -> list[dict[str, Any]]:
    each = np.bincount(numbers[numbers >= 0], minlength=len(types.labels))
    counts = [each[types.numbers[name]].sum() for name in types.names]
    return _most_frequent(list(types.names), np.array(counts, np.int64))


def _columns(dataset: str, columns: Columns) -> list[dict[str, Any]]:
    return [{"dataset": dataset, "column": name, **_described(column)} for name, column in columns.items()]


def _described(column: Column) -> dict[str, Any]:
    """The type, the rows with a value, and the values or the spread of a column."""
    if column.is_text:
        known = int((np.diff(column.offsets) > 0).sum())
        found = {"columnType": column.column_type, "known": known, "distinct": len(column.vocabulary)}
        if column.column_type != CATEGORICAL:
            return found
        counts = np.bincount(column.codes, minlength=len(column.vocabulary))
        top = np.argsort(-counts, kind="stable")[:MAX_VALUES].tolist()
        return {**found, "values": _most_frequent(column.vocabulary.take(top) if top else [], counts[top])}
    if column.column_type == BOOLEAN:
        counts = np.bincount(column.values[column.values >= 0], minlength=2)
        values = _most_frequent(["false", "true"], counts)
        return {"columnType": BOOLEAN, "known": int(counts.sum()), "distinct": len(values), "values": values}
    numbers = column.values[np.isfinite(column.values)]
    found = {"columnType": NUMBER, "known": len(numbers), "distinct": len(np.unique(numbers))}
    return {**found, "histogram": _histogram(numbers)}


def _histogram(numbers: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Numbers in equal spans. Those beyond the outermost hundredths count in the outermost spans."""
    if not len(numbers):
        return []
    low, high = np.quantile(numbers, [0.01, 0.99]).tolist()
    if low == high:
        return [{"from": as_text(low), "to": as_text(high), "count": len(numbers)}]
    counts, edges = np.histogram(np.clip(numbers, low, high), bins=BINS, range=(low, high))
    return [
        {"from": f"{start:.4g}", "to": f"{end:.4g}", "count": int(count)}
        for start, end, count in zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True)
    ]


def _most_frequent(names: list[str], counts: NDArray[Any]) -> list[dict[str, Any]]:
    order = np.argsort(-counts, kind="stable")[:MAX_VALUES].tolist()
    return [{"value": names[place], "count": int(counts[place])} for place in order if counts[place]]
