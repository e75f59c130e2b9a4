"""The CSV report of an import, as Personalize names and writes it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from tastemaker.attribution.metrics import SAMPLECOUNT, Metric
from tastemaker.attribution.sources import upper_case
from tastemaker.attribution.tally import Figure

HEADER = ("METRIC_NAME", "EVENT_TYPE", "VALUE", "MATH_FUNCTION", "EVENT_ATTRIBUTION_SOURCE", "TIMESTAMP")
BULK = "BULK"
FLUSH_ROWS = 2_000


def file_name(time: float, method: str = BULK) -> str:
    """The name of the report on an import that ended at a time in seconds since 1970."""
    moment = datetime.fromtimestamp(time, UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    return f"AggregatedAttributionMetrics - {method} - {moment}.csv"


def csv_bytes(figures: Iterable[Figure], metrics: Iterable[Metric]) -> Iterator[bytes]:
    """The report with its header, in pieces."""
    by_name: Mapping[str, Metric] = {metric.name: metric for metric in metrics}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for number, one in enumerate(figures, start=1):
        metric = by_name[one.metric]
        value = float(one.sample_count if metric.function == SAMPLECOUNT else one.total)
        name, event_type, source = map(upper_case, (one.metric, metric.event_type, one.source))
        writer.writerow([name, event_type, value, metric.function, source, one.time])
        if number % FLUSH_ROWS == 0:
            yield _flush(text)
    yield _flush(text)


def _flush(text: io.StringIO) -> bytes:
    data = text.getvalue().encode("utf-8", "surrogatepass")
    text.seek(0)
    text.truncate()
    return data
