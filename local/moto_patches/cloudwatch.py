"""moto's CloudWatch, extended: composite alarms."""

from __future__ import annotations

from moto.cloudwatch.responses import CloudWatchResponse


def install() -> None:
    """Let moto serve PutCompositeAlarm: its code for metric alarms stores the rule too."""
    CloudWatchResponse.put_composite_alarm = CloudWatchResponse.put_metric_alarm  # type: ignore[attr-defined]
