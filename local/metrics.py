"""Metrics in log lines (CloudWatch's embedded metric format), put into moto's CloudWatch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

from local.account import Account

MARK = '"_aws"'
Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Key:
    """What CloudWatch adds up: the values of one metric in one minute."""

    namespace: str
    name: str
    dimensions: Dimensions
    unit: str
    minute: int


class MetricSink:
    """Puts the metrics of log lines into CloudWatch. Values of the same minute become one statistic set."""

    def __init__(self, account: Account) -> None:
        self._backend = cloudwatch_backends[account.id][account.region]

    def __call__(self, lines: Iterable[str]) -> None:
        """Store the metrics of some lines. A line in another format is none of ours and is passed over."""
        values: dict[_Key, list[float]] = {}
        for line in lines:
            for key, value in _metrics(line):
                values.setdefault(key, []).extend(value)
        for key, found in values.items():
            datum: dict[str, Any] = {
                "MetricName": key.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in key.dimensions],
                "Unit": key.unit,
                "Timestamp": datetime.fromtimestamp(key.minute * 60, UTC).replace(tzinfo=None),
                "StatisticValues": {
                    "SampleCount": len(found),
                    "Sum": sum(found),
                    "Minimum": min(found),
                    "Maximum": max(found),
                },
            }
            self._backend.put_metric_data(key.namespace, [datum])


def _metrics(line: str) -> Iterator[tuple[_Key, list[float]]]:
    if MARK not in line:
        return
    try:
        entry = json.loads(line)
        about = entry["_aws"]
        minute = about["Timestamp"] // 60_000
        for directive in about["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = tuple((name, str(entry[name])) for name in names)
                for metric in directive["Metrics"]:
                    value = entry[metric["Name"]]
                    unit = metric.get("Unit", "None")
                    yield (
                        _Key(directive["Namespace"], metric["Name"], dimensions, unit, minute),
                        [float(one) for one in (value if isinstance(value, list) else [value])],
                    )
    except (ValueError, TypeError, KeyError):
        return  # AWS also leaves such a line in the log and extracts nothing
