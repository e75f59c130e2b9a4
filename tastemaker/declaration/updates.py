"""The operations that change a resource in place until it is as declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tastemaker.contracts.campaign_alias import target_of
from tastemaker.control.core.records import Record
from tastemaker.control.core.solution_config import DEFAULT_SCHEDULE
from tastemaker.declaration.desired import Difference, Request, request_of
from tastemaker.declaration.types import TYPES

Call = tuple[str, dict[str, Any]]
"""An operation and its request."""


def update_calls(record: Record, request: Request, found: list[Difference]) -> Iterator[Call]:
    """The operations that remove the differences of a record, which can all change in place."""
    paths = {one.path: one for one in found}
    tags = paths.pop("tags", None)
    if tags is not None:
        yield from _tag_calls(record, tags)
    if paths:
        changes = _UPDATES[record.resource_type](record, request, paths)
        declared = TYPES[record.resource_type]
        yield f"Update{declared.name}", {declared.arn_member: record.arn, **changes}


def _tag_calls(record: Record, tags: Difference) -> Iterator[Call]:
    after = {tag["tagKey"]: tag["tagValue"] for tag in tags.after or ()}
    left = [tag["tagKey"] for tag in tags.before or () if tag["tagKey"] not in after]
    if left:
        yield "UntagResource", {"resourceArn": record.arn, "tagKeys": left}
    if after:
        yield "TagResource", {"resourceArn": record.arn, "tags": list(tags.after)}


Paths = Mapping[str, Difference]


def _campaign(record: Record, request: Request, paths: Paths) -> dict[str, Any]:
    if target_of(record.body) is not None:
        return {"solutionVersionArn": request["solutionVersionArn"]}
    return {
        "solutionVersionArn": request["solutionVersionArn"],
        "minProvisionedTPS": request.get(
            "minProvisionedTPS", TYPES["Campaign"].defaults["minProvisionedTPS"]
        ),
        "campaignConfig": request.get("campaignConfig") or {},
    }


def _dataset(record: Record, request: Request, paths: Paths) -> dict[str, Any]:
    return {"schemaArn": request["schemaArn"]}


def _solution(record: Record, request: Request, paths: Paths) -> dict[str, Any]:
    changes = {name: paths[name].after for name in paths if not name.startswith("solutionConfig.")}
    absent: dict[str, Any] = {"eventsConfig": {}}
    if request.get("performAutoTraining", True):  # else the schedule has no effect, and stays as it is
        absent["autoTrainingConfig"] = {"schedulingExpression": DEFAULT_SCHEDULE}
    config = {
        name: paths[f"solutionConfig.{name}"].after or default
        for name, default in absent.items()
        if f"solutionConfig.{name}" in paths
    }
    return {**changes, "solutionUpdateConfig": config} if config else changes


def _recommender(record: Record, request: Request, paths: Paths) -> dict[str, Any]:
    """UpdateRecommender keeps members that it is not given, so what is not declared gets its empty value."""
    defaults = TYPES["Recommender"].defaults["recommenderConfig"]
    before = request_of(record)["recommenderConfig"]
    empty: dict[str, Any] = {name: False if isinstance(value, bool) else {} for name, value in before.items()}
    return {"recommenderConfig": {**empty, **defaults, **(request.get("recommenderConfig") or {})}}


def _metric_attribution(record: Record, request: Request, paths: Paths) -> dict[str, Any]:
    before = {one["metricName"]: one for one in record.body["metrics"]}
    after = {one["metricName"]: one for one in request["metrics"]}
    removed = [name for name, one in before.items() if after.get(name) != one]
    added = [one for name, one in after.items() if before.get(name) != one]
    return {
        "removeMetrics": removed,
        "addMetrics": added,
        "metricsOutputConfig": request["metricsOutputConfig"],
    }


_UPDATES: Mapping[str, Callable[[Record, Request, Paths], dict[str, Any]]] = {
    "Campaign": _campaign,
    "Dataset": _dataset,
    "Solution": _solution,
    "Recommender": _recommender,
    "MetricAttribution": _metric_attribution,
}
