"""moto's CloudWatch, extended: composite alarms, and metrics with several dimensions."""

from __future__ import annotations

from moto.cloudwatch import models
from moto.cloudwatch.models import Dimension
from moto.cloudwatch.responses import CloudWatchResponse


def install() -> None:
    """Let moto serve PutCompositeAlarm, and compare dimensions as CloudWatch does.

    moto's code for metric alarms stores the rule of a composite one too. Its own comparisons list a metric
    with several dimensions once per datum, and find it only with its dimensions in the order of its data.
    """
    CloudWatchResponse.put_composite_alarm = CloudWatchResponse.put_metric_alarm  # type: ignore[attr-defined]
    models.are_dimensions_same = _same
    Dimension.__lt__ = lambda self, other: _key(self) < _key(other)  # type: ignore[method-assign]


def _same(metric_dimensions: list[Dimension], dimensions: list[Dimension]) -> bool:
    return sorted(map(_key, metric_dimensions)) == sorted(map(_key, dimensions))


def _key(dimension: Dimension) -> tuple[str, str]:
    return dimension.name or "", dimension.value or ""
