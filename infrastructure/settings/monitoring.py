"""Settings of what watches a deployment."""

from __future__ import annotations

from dataclasses import dataclass

from infrastructure.settings.declaration import setting


@dataclass(frozen=True, kw_only=True)
class MonitoringSettings:
    """Alarms and the dashboard, which are billed by the month, and traces, which are billed by the call."""

    alarms: bool = setting(True, "alarms for failures and late events, 0.10 USD a month each")
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
