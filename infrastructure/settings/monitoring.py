"""Settings of what watches a deployment."""

from __future__ import annotations

from dataclasses import dataclass

from infrastructure.settings.declaration import setting

ALL, ESSENTIAL, NONE = "all", "essential", "none"


@dataclass(frozen=True, kw_only=True)
class MonitoringSettings:
    """Alarms and the dashboard, which are billed by the month, and traces, which are billed by the call."""

    alarms: str = setting(
        ALL,
        "all alarms, 0.10 USD a month for each of their metrics, and three for a pager, 0.50 USD each; "
        "essential for those of requests, models, workflows, schedules and deliveries that fail; none",
        among=(ALL, ESSENTIAL, NONE),
    )
    latency_milliseconds: int = setting(
        1000,
        "an alarm reports when one answer of a hundred takes longer, for a quarter of an hour",
        within=(10, 30000),
    )
    dashboard: bool = setting(
        True, "a dashboard of requests, errors and events, 3 USD a month after an account's first three"
    )
    tracing: bool = setting(
        False,
        "Lambda and Step Functions send traces to X-Ray, at 5 USD per million. At less than a call a second "
        "nearly every call is traced",
    )
