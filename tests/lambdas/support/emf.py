"""A reader of the embedded metric format, by the rules of CloudWatch's specification."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# "Specification: embedded metric format" in the CloudWatch documentation, and PutMetricData's limits.
MAX_DIMENSIONS = 30
MAX_METRICS = 100
UNITS = {"Count", "Milliseconds", "Seconds", "Bytes", "None"}


@dataclass(frozen=True)
class Datum:
    """One value of one metric."""

    namespace: str
    name: str
    dimensions: dict[str, str]
    value: float
    unit: str


def metrics(text: str) -> list[Datum]:
    """The metrics in a log. Raises AssertionError for a line that CloudWatch would not accept."""
    return [datum for line in text.splitlines() if '"_aws"' in line for datum in read(json.loads(line))]


def read(line: dict[str, Any]) -> Iterator[Datum]:
    """The metrics of one line."""
    about = line["_aws"]
    assert set(about) == {"Timestamp", "CloudWatchMetrics"}
    assert isinstance(about["Timestamp"], int) and len(str(about["Timestamp"])) == 13
    for directive in about["CloudWatchMetrics"]:
        assert set(directive) == {"Namespace", "Dimensions", "Metrics"}
        assert 1 <= len(directive["Metrics"]) <= MAX_METRICS
        assert directive["Dimensions"]
        for names in directive["Dimensions"]:
            assert 1 <= len(names) <= MAX_DIMENSIONS
            dimensions = {name: line[name] for name in names}
            assert all(isinstance(v, str) and 1 <= len(v) <= 1024 for v in dimensions.values())
            for metric in directive["Metrics"]:
                assert metric["Unit"] in UNITS
                value = line[metric["Name"]]
                assert isinstance(value, int | float) and not isinstance(value, bool)
                yield Datum(directive["Namespace"], metric["Name"], dimensions, value, metric["Unit"])


def values(text: str) -> dict[str, float]:
    """Metric → value, for a log in which each occurs once."""
    found = metrics(text)
    assert len({datum.name for datum in found}) == len(found)
    return {datum.name: datum.value for datum in found}
