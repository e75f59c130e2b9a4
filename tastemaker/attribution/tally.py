"""Events counted: figures by metric, source and quarter of an hour.

A figure has what CloudWatch calls a statistic set: number, sum, least and most. Sets of the same quarter add
up, so that events which come late are counted where they belong.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from tastemaker.attribution.metrics import INTERACTIONS, ITEMS, SAMPLECOUNT, Metric
from tastemaker.attribution.sources import Sources

QUARTER = 900
"""Seconds of an interval. Figures have the time at which theirs begins."""

LARGEST = 2.0**360
"""CloudWatch takes no larger numbers; one in a column is as good as none."""


Key = tuple[str, str, int]
"""Metric, source, quarter."""


class Event(NamedTuple):
    """One interaction. `at` in seconds; `values` are columns of Interactions."""

    event_type: str
    at: int
    item: str | None = None
    recommendation_id: str | None = None
    said_source: str | None = None
    values: Mapping[str, Any] = {}


class Figure(NamedTuple):
    """What a metric comes to for one source in one quarter, which begins at `at`. `number` is that of the
    values that were there.
    """

    metric: str
    source: str
    at: int
    number: int
    total: float
    least: float
    most: float


class Tally:
    """Counts events that are added one by one."""

    def __init__(self, metrics: Iterable[Metric], sources: Sources) -> None:
        self.metrics = tuple(metrics)
        self.sources = sources
        self._by_type: dict[str, list[Metric]] = defaultdict(list)
        for metric in self.metrics:
            self._by_type[metric.event_type].append(metric)
        self._found: dict[Key, list[Any]] = {}  # number, total, least, most
        self._by_item: dict[str, Counter[Key]] = defaultdict(Counter)

    @property
    def event_types(self) -> Collection[str]:
        """The types of events that some metric counts."""
        return self._by_type.keys()

    @property
    def columns(self) -> list[str]:
        """The columns of Interactions that events need in their `values`."""
        return _columns(self.metrics, INTERACTIONS)

    @property
    def item_columns(self) -> list[str]:
        """The columns that are needed of `items`."""
        return _columns(self.metrics, ITEMS)

    @property
    def items(self) -> Collection[str]:
        """The items whose columns are added up."""
        return self._by_item.keys()

    def add(self, event: Event) -> None:
        """Count one event."""
        metrics = self._by_type.get(event.event_type)
        if metrics is None:
            return
        source = self.sources.of(event.said_source, event.recommendation_id)
        quarter = event.at // QUARTER * QUARTER
        for metric in metrics:
            key = metric.name, source, quarter
            if metric.function == SAMPLECOUNT:
                self._note(key, 1.0)
            elif metric.dataset == INTERACTIONS:
                self._note(key, event.values.get(metric.column))
            elif event.item is not None:
                self._by_item[event.item][key] += 1

    def figures(self, items: Iterable[tuple[str, Mapping[str, Any]]] = ()) -> list[Figure]:
        """All figures, those of the first metric first, the newest first. `items` are (id, columns) of
        `items`: one that is not there adds nothing. Ends the counting.
        """
        columns = {metric.name: metric.column for metric in self.metrics}
        for item, values in items:
            for key, times in self._by_item.pop(item, Counter()).items():
                self._note(key, values.get(columns[key[0]]), times)
        order = {metric.name: place for place, metric in enumerate(self.metrics)}
        found = (Figure(*key, *values) for key, values in self._found.items())
        return sorted(found, key=lambda one: (order[one.metric], -one.at, one.source))

    def _note(self, key: Key, value: Any, times: int = 1) -> None:
        if value is None or isinstance(value, str) or not math.isfinite(value) or abs(value) > LARGEST:
            return
        one, figure = float(value), self._found.get(key)
        if figure is None:
            self._found[key] = [times, one * times, one, one]
            return
        figure[0] += times
        figure[1] += one * times
        if one < figure[2]:
            figure[2] = one
        if one > figure[3]:
            figure[3] = one


def recent(figures: Iterable[Figure], now: float, days: float) -> Iterator[Figure]:
    """The figures of the last days. One whose time is still to come, by a wrong clock, is of now."""
    for one in figures:
        if one.at >= now - days * 86_400:
            yield one._replace(at=min(one.at, int(now)))


def _columns(metrics: Iterable[Metric], dataset: str) -> list[str]:
    return list(dict.fromkeys(metric.column for metric in metrics if metric.dataset == dataset))
