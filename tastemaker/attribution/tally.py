"""Counting events: figures by metric, source and quarter of an hour.

A figure is a statistic set of CloudWatch: count, sum, minimum and maximum. Sets of the same quarter add up,
so that late events are counted in their own quarter.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from tastemaker.attribution.metrics import INTERACTIONS, ITEMS, SAMPLECOUNT, Metric
from tastemaker.attribution.sources import Sources
from tastemaker.contracts.durations import DAY_SECONDS

QUARTER = 900
"""Seconds of a quarter of an hour. The time of a figure is the beginning of its quarter."""

MAX_NUMBER = 2.0**360
"""CloudWatch does not accept larger numbers; they are ignored."""


Key = tuple[str, str, int]
"""Metric, source, quarter."""


class Event(NamedTuple):
    """One interaction. `time` is in seconds since 1970; `values` are columns of Interactions."""

    event_type: str
    time: int
    item: str | None = None
    recommendation_id: str | None = None
    named_source: str | None = None
    values: Mapping[str, Any] = {}


class Figure(NamedTuple):
    """The statistics of a metric for one source in the quarter that begins at `time`.

    `sample_count` is the number of values.
    """

    metric: str
    source: str
    time: int
    sample_count: int
    total: float
    minimum: float
    maximum: float


class Tally:
    """A count of events that are added one by one."""

    def __init__(self, metrics: Iterable[Metric], sources: Sources) -> None:
        self.metrics = tuple(metrics)
        self.sources = sources
        self._by_type: dict[str, list[Metric]] = defaultdict(list)
        for metric in self.metrics:
            self._by_type[metric.event_type].append(metric)
        self._found: dict[Key, list[Any]] = {}  # count, total, minimum, maximum
        self._by_item: dict[str, Counter[Key]] = defaultdict(Counter)

    @property
    def event_types(self) -> Collection[str]:
        """The event types that metrics count."""
        return self._by_type.keys()

    @property
    def columns(self) -> list[str]:
        """The columns of Interactions that metrics add up, and that events must have in `values`."""
        return _columns(self.metrics, INTERACTIONS)

    @property
    def item_columns(self) -> list[str]:
        """The columns of Items that metrics add up."""
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
        source = self.sources.of(event.named_source, event.recommendation_id)
        quarter = event.time // QUARTER * QUARTER
        for metric in metrics:
            key = metric.name, source, quarter
            if metric.function == SAMPLECOUNT:
                self._add_value(key, 1.0)
            elif metric.dataset == INTERACTIONS:
                self._add_value(key, event.values.get(metric.column))
            elif event.item is not None:
                self._by_item[event.item][key] += 1

    def figures(self, items: Iterable[tuple[str, Mapping[str, Any]]] = ()) -> list[Figure]:
        """All figures, in the order of the metrics, newest first. No event can be added afterwards.

        `items` are the (id, column → value) of the property `items`; an item that is absent adds nothing.
        """
        columns = {metric.name: metric.column for metric in self.metrics}
        for item, values in items:
            for key, times in self._by_item.pop(item, Counter()).items():
                self._add_value(key, values.get(columns[key[0]]), times)
        order = {metric.name: position for position, metric in enumerate(self.metrics)}
        found = (Figure(*key, *values) for key, values in self._found.items())
        return sorted(found, key=lambda one: (order[one.metric], -one.time, one.source))

    def _add_value(self, key: Key, value: Any, times: int = 1) -> None:
        if value is None or isinstance(value, str) or not math.isfinite(value) or abs(value) > MAX_NUMBER:
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
    """The figures of the last days. A time in the future, from a wrong clock, becomes the present."""
    for one in figures:
        if one.time >= now - days * DAY_SECONDS:
            yield one._replace(time=min(one.time, int(now)))


def _columns(metrics: Iterable[Metric], dataset: str) -> list[str]:
    return list(dict.fromkeys(metric.column for metric in metrics if metric.dataset == dataset))
