"""Solutions and their versions: metrics beside popularity, the training curve, and what a model has."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from botocore.exceptions import ClientError
from starlette.responses import Response

from console import training_log
from console.costs import training_cost
from console.page import Page, view
from console.resources import LISTED, PAGE, optional

VERSIONS = 10
"""The versions of one solution whose metrics a page compares."""
SHOWN = (
    "normalized_discounted_cumulative_gain_at_10",
    "normalized_discounted_cumulative_gain_at_25",
    "mean_reciprocal_rank_at_25",
    "precision_at_10",
    "coverage",
)
"""The metrics of a list of versions. A version's own page has all."""
PARTS = {
    "encoder": "Sequence model: what follows what, over the newest events",
    "transitions": "What users go to after the last items",
    "linear": "Items that the same users have",
    "repeat": "Items that the user has already",
    "popularity": "What most users have",
    "seen": "Items of the history again",
    "attributes": "Items with similar attributes",
    "context": "The context of the request",
}


@view
def solutions(page: Page) -> Response:
    """The solutions of a dataset group, newest first."""
    listed = page.api.personalize(
        "ListSolutions", datasetGroupArn=page.group_arn, maxResults=PAGE, nextToken=page.asked("page")
    )
    calls = [
        partial(
            page.api.personalize, "ListSolutionVersions", solutionArn=one["solutionArn"], maxResults=LISTED
        )
        for one in listed["solutions"]
    ]
    rows = [
        {**one, "versions": sorted(found["solutionVersions"], key=_created, reverse=True)}
        for one, found in zip(listed["solutions"], page.api.together(*calls), strict=True)
    ]
    return page.render(
        "solutions.html",
        section="solutions",
        solutions=rows,
        more=listed.get("nextToken"),
        live=any(busy(one["versions"][0]["status"]) for one in rows if one["versions"]),
    )


@view
def solution(page: Page) -> Response:
    """One solution: its settings, and its versions with their metrics."""
    arn = page.target.arn(f"solution/{page.named('solution')}")
    described, listed, campaigns = page.api.together(
        lambda: page.api.personalize("DescribeSolution", solutionArn=arn)["solution"],
        lambda: page.api.personalize("ListSolutionVersions", solutionArn=arn, maxResults=LISTED),
        lambda: page.api.personalize("ListCampaigns", solutionArn=arn, maxResults=LISTED)["campaigns"],
    )
    versions = sorted(listed["solutionVersions"], key=_created, reverse=True)[:VERSIONS]
    calls = [partial(_metrics, page, one) for one in versions]
    rows = [
        {**one, "metrics": metrics} for one, metrics in zip(versions, page.api.together(*calls), strict=True)
    ]
    return page.render(
        "solution.html",
        section="solutions",
        solution=described,
        versions=rows,
        campaigns=campaigns,
        shown=[name for name in SHOWN if any(name in row["metrics"] for row in rows)],
        live=any(busy(row["status"]) for row in rows),
    )


def _metrics(page: Page, version: Mapping[str, Any]) -> Mapping[str, float]:
    if version["status"] != "ACTIVE":
        return {}
    arn = version["solutionVersionArn"]
    try:
        found: Mapping[str, float] = page.api.personalize("GetSolutionMetrics", solutionVersionArn=arn)[
            "metrics"
        ]
    except ClientError:
        return {}
    return found


@view
def version(page: Page) -> Response:
    """One version: while it trains, its curve and log; then its metrics, its parts and its data."""
    arn = page.target.arn(f"solution/{page.named('solution')}/{page.named('version')}")
    described, model = page.api.together(
        lambda: page.api.personalize("DescribeSolutionVersion", solutionVersionArn=arn)["solutionVersion"],
        lambda: optional(page.api, "tastemaker", "DescribeModel", solutionVersionArn=arn).get("model", {}),
    )
    job = model.get("trainingJobName")
    log = training_log.read(page.api, job) if job else training_log.TrainingLog()
    cost = training_cost(page.api, job) if job and not busy(described["status"]) else None
    baselines = {one["name"]: one["metrics"] for one in model.get("baselines", ())}
    return page.render(
        "version.html",
        section="solutions",
        version=described,
        model=model,
        log=log,
        cost=cost,
        bars=_bars(model.get("metrics", {}), baselines.get("popularity", {})),
        blend=sorted(model.get("parts", ()), key=lambda part: -abs(part["weight"])),
        part_words=PARTS,
        live=busy(described["status"]),
    )


def _bars(metrics: Mapping[str, float], baseline: Mapping[str, float]) -> list[dict[str, Any]]:
    """Each metric beside that of popularity, and the factor between them."""
    return [
        {
            "name": name,
            "value": value,
            "baseline": baseline.get(name),
            "factor": value / baseline[name] if baseline.get(name) else None,
            "largest": max(value, baseline.get(name) or 0.0),
        }
        for name, value in metrics.items()
    ]


def busy(status: str) -> bool:
    """Whether a status will change without anybody's doing."""
    return any(word in status for word in ("PENDING", "PROGRESS", "STOPPING"))


def _created(row: Mapping[str, Any]) -> Any:
    return row["creationDateTime"]


ROUTES = [
    ("GET", "/groups/{group}/solutions", solutions),
    ("GET", "/groups/{group}/solutions/{solution}", solution),
    ("GET", "/groups/{group}/solutions/{solution}/{version}", version),
]
