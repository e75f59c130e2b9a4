"""Settings of metrics."""

from __future__ import annotations

from dataclasses import dataclass

from infrastructure.settings.declaration import setting


@dataclass(frozen=True, kw_only=True)
class MetricsSettings:
    """The metrics that functions write (docs/runbook.md lists them)."""

    namespace: str = setting(
        "",
        "CloudWatch namespace of the metrics; empty for the name of the stack. AWS keeps those that begin "
        "with AWS/ to itself",
    )
    per_resource: bool = setting(
        True,
        "metrics have the campaign, recommender, tracker, dataset or job as dimensions, which costs about "
        "1 to 2 USD a month for each campaign that is used; false for one metric of all resources",
    )
