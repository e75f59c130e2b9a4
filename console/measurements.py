"""Requests, latency and errors of a resource, from CloudWatch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from console.api import Api

RANGES = {"1h": (timedelta(hours=1), 60), "3h": (timedelta(hours=3), 300), "1d": (timedelta(days=1), 900)}
RANGES |= {"7d": (timedelta(days=7), 3600), "30d": (timedelta(days=30), 6 * 3600)}
"""A range → how far it goes back, and the seconds of one point."""


@dataclass(frozen=True)
class Series:
    """The points of one metric over time: Unix seconds and values. `counts`: no point means none."""

    label: str
    times: Sequence[float]
    values: Sequence[float]
    counts: bool = False

    @property
    def total(self) -> float:
        """The sum of the values."""
        return sum(self.values)


@dataclass(frozen=True)
class Figures:
    """What CloudWatch has of a resource. `buckets` are the times of all points of the range."""

    buckets: Sequence[float]
    requests: Series
    errors: Series
    latency: Sequence[Series]

    @property
    def mean_latency(self) -> float | None:
        """The mean latency in milliseconds, each point counting by its requests."""
        series = self.latency[0] if self.latency else None
        return None if series is None or not series.values else series.total / len(series.values)

    @property
    def requests_chart(self) -> dict[str, object] | None:
        """Requests and errors for the page's script."""
        return _chart([(self.requests, "--bar", False), (self.errors, "--bad", True)], self.buckets)

    @property
    def latency_chart(self) -> dict[str, object] | None:
        """The latency for the page's script."""
        colors = (("--bar", False), ("--bar-soft", True))
        lines = [(series, *color) for series, color in zip(self.latency, colors, strict=False)]
        return _chart(lines, self.buckets)


def _chart(lines: Sequence[tuple[Series, str, bool]], buckets: Sequence[float]) -> dict[str, object] | None:
    """The lines over all points of the range. Points without a value are 0 for sums and gaps otherwise."""
    if not any(series.times for series, _, _ in lines):
        return None
    return {
        "label": "Time",
        "time": True,
        "x": list(buckets),
        "lines": [
            {
                "label": series.label,
                "color": color,
                "dash": dash,
                "values": _values(series, buckets),
            }
            for series, color, dash in lines
        ],
    }


def _values(series: Series, buckets: Sequence[float]) -> list[float | None]:
    known = dict(zip(series.times, series.values, strict=True))
    return [known.get(time, 0.0 if series.counts else None) for time in buckets]


def measured(api: Api, dimensions: Mapping[str, str], span: str) -> Figures | None:
    """The metrics of a resource in a range; None if there are none, or if the caller may not read them."""
    wanted = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    try:
        listed = api.call("cloudwatch", "ListMetrics", Dimensions=wanted)["Metrics"]
        if not listed:
            return None
        return _read(api, listed, span)
    except ClientError:
        return None


def _read(api: Api, listed: Sequence[Mapping[str, Any]], span: str) -> Figures:
    metrics = {one["MetricName"]: one for one in listed}
    if "AcceptedEvents" in metrics:  # a request has up to ten events, and events are what counts
        metrics = {name: one for name, one in metrics.items() if not name.startswith("PutEvents")}
    # The local run's CloudWatch knows no percentiles.
    spread = ("Average", "Maximum") if api.target.serves_aws else ("p50", "p99")
    queries: list[tuple[str, str, str]] = []
    for name in metrics:
        if name.endswith("Latency"):
            queries += [("latency", name, statistic) for statistic in spread]
        elif name.endswith(("4xxErrors", "5xxErrors")) or name.startswith("Refused"):
            queries.append(("errors", name, "Sum"))
        elif name.startswith(("Get", "Search")) or name == "AcceptedEvents":
            queries.append(("requests", name, "Sum"))
    back, period = RANGES[span]
    last = datetime.now(UTC).timestamp() // period * period
    buckets = [last - period * number for number in range(int(back.total_seconds()) // period)][::-1]
    answer = api.call(
        "cloudwatch",
        "GetMetricData",
        StartTime=datetime.fromtimestamp(buckets[0], UTC),
        EndTime=datetime.fromtimestamp(last + period, UTC),
        ScanBy="TimestampAscending",
        MetricDataQueries=[
            {
                "Id": f"m{number}",
                "MetricStat": {
                    "Metric": {key: metrics[name][key] for key in ("Namespace", "MetricName", "Dimensions")},
                    "Period": period,
                    "Stat": statistic,
                },
            }
            for number, (_, name, statistic) in enumerate(queries)
        ],
    )
    results = {one["Id"]: one for one in answer["MetricDataResults"]}
    found: dict[str, list[Series]] = {"requests": [], "errors": [], "latency": []}
    for number, (group, _, statistic) in enumerate(queries):
        one = results.get(f"m{number}", {"Timestamps": [], "Values": []})
        times = [moment.timestamp() // period * period for moment in one["Timestamps"]]
        found[group].append(Series(statistic, times, one["Values"]))
    return Figures(
        buckets,
        _summed("Accepted" if "AcceptedEvents" in metrics else "Requests", found["requests"]),
        _summed("Refused" if "AcceptedEvents" in metrics else "Errors", found["errors"]),
        [series for series in found["latency"] if series.values][:2],
    )


def _summed(label: str, parts: Sequence[Series]) -> Series:
    sums: dict[float, float] = {}
    for part in parts:
        for time, value in zip(part.times, part.values, strict=True):
            sums[time] = sums.get(time, 0.0) + value
    times = sorted(sums)
    return Series(label, times, [sums[time] for time in times], counts=True)
