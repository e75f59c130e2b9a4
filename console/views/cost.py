"""Cost: what the deployment costs this month by part, and what it has done for that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from starlette.responses import Response

from console.page import Page, view
from console.resources import LISTED
from tastemaker.contracts.api_endpoint import stack_name

TAG = "aws:cloudformation:stack-name"
METRICS = {
    "Requests for recommendations": (
        "GetRecommendations",
        "GetPersonalizedRanking",
        "GetActionRecommendations",
    ),
    "Events": ("AcceptedEvents",),
    "Searches": ("SearchRequests",),
}
MAX_SOLUTIONS = 25


@view
def cost(page: Page) -> Response:
    """The cost of this month. Cost Explorer takes 0.01 USD for an answer, so it is asked on request only."""
    deployment = page.api.own("DescribeDeployment")["deployment"]
    today = datetime.now(UTC).date()
    first = today.replace(day=1)
    parts, error = None, ""
    if page.asked("ask") and not page.target.serves_aws:
        try:
            parts = _parts(page, stack_name(str(deployment["stage"])), first.isoformat(), today)
        except (ClientError, BotoCoreError) as failure:
            error = str(failure)
    return page.render(
        "cost.html",
        section="cost",
        deployment=deployment,
        first=datetime(first.year, first.month, first.day, tzinfo=UTC),
        costs=parts,
        total=sum(part["usd"] for part in parts or ()),
        error=error,
        usage=_usage(page, datetime(first.year, first.month, first.day, tzinfo=UTC)),
    )


def _parts(page: Page, stack: str, start: str, today: Any) -> list[dict[str, Any]]:
    """The cost of the stack's resources by service, largest first."""
    end = today + timedelta(days=1)
    answer = page.api.call(
        "ce",
        "GetCostAndUsage",
        TimePeriod={"Start": start, "End": end.isoformat()},
        Granularity="MONTHLY",
        Metrics=["UnblendedCost"],
        Filter={"Tags": {"Key": TAG, "Values": [stack]}},
        GroupBy=[{"Type": "DIMENSION", "Key": "SERVICE"}],
    )
    sums: dict[str, float] = {}
    for period in answer["ResultsByTime"]:
        for group in period["Groups"]:
            amount = float(group["Metrics"]["UnblendedCost"]["Amount"])
            sums[group["Keys"][0]] = sums.get(group["Keys"][0], 0.0) + amount
    ordered = sorted(sums.items(), key=lambda one: -one[1])
    return [{"name": name, "usd": usd} for name, usd in ordered]


def _usage(page: Page, since: datetime) -> list[dict[str, Any]]:
    """What the deployment has done since a time: requests, events, and hours of training."""
    rows = []
    try:
        metrics = page.api.call("cloudwatch", "ListMetrics")["Metrics"]
        rows = [{"name": name, "value": _sum(page, metrics, names, since)} for name, names in METRICS.items()]
    except (ClientError, BotoCoreError):
        pass
    versions = page.api.personalize("ListSolutionVersions", maxResults=LISTED)["solutionVersions"]
    recent = [one for one in versions if one["creationDateTime"] >= since][:MAX_SOLUTIONS]
    calls = [
        partial(page.api.personalize, "DescribeSolutionVersion", solutionVersionArn=one["solutionVersionArn"])
        for one in recent
    ]
    described = [answer["solutionVersion"] for answer in page.api.together(*calls)]
    hours = sum(one.get("trainingHours", 0.0) for one in described)
    return [*rows, {"name": f"Trainings ({hours:.2f} hours)", "value": len(recent)}]


def _sum(page: Page, metrics: Sequence[Mapping[str, Any]], names: Sequence[str], since: datetime) -> float:
    wanted = [one for one in metrics if one["MetricName"] in names][:100]
    if not wanted:
        return 0.0
    now = datetime.now(UTC)
    answer = page.api.call(
        "cloudwatch",
        "GetMetricData",
        StartTime=since,
        EndTime=now + timedelta(minutes=1),
        MetricDataQueries=[
            {
                "Id": f"m{number}",
                "MetricStat": {
                    "Metric": {key: one[key] for key in ("Namespace", "MetricName", "Dimensions")},
                    "Period": 86_400,
                    "Stat": "Sum",
                },
            }
            for number, one in enumerate(wanted)
        ],
    )
    return float(sum(sum(one["Values"]) for one in answer["MetricDataResults"]))


ROUTES = [("GET", "/cost", cost)]
