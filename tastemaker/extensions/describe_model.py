"""DescribeModel: what a training has made, and what it has learned from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tastemaker.contracts.arns import name_of, segment_of
from tastemaker.contracts.deployment import bundle_of, deployment_of
from tastemaker.errors import InvalidInput
from tastemaker.serving.runtime import Runtime

ReadManifest = Callable[[str], Mapping[str, Any]]
"""Address of a bundle → its `bundle.json`."""

_REPORTED = ("interactions", "users", "items", "itemsWithInteractions")
_SPREAD = ("least", "median", "mean", "p90", "p99", "most")


def describe_model(runtime: Runtime, manifest_of: ReadManifest, params: Mapping[str, Any]) -> dict[str, Any]:
    """The members of the response. Raises InvalidInput and ResourceNotFound.

    A version in training has no model yet, but a training job.
    """
    arn = params.get("solutionVersionArn") or _served_version(runtime, params)
    if segment_of(arn) != "solution" or "/" not in name_of(arn):
        raise InvalidInput(f"{arn} is not the ARN of a solution version.")
    version = runtime.records.get(arn).body
    known: dict[str, Any] = {
        "solutionVersionArn": arn,
        "status": version["status"],
        "recipeArn": version["recipeArn"],
    }
    if version.get("_job"):
        known["trainingJobName"] = version["_job"]
    refreshed = _refreshed(runtime, params)
    if refreshed is not None:
        known["refreshedDateTime"] = refreshed
    bundle = bundle_of(version)
    return {"model": {**known, **(_of_manifest(manifest_of(bundle)) if bundle else {})}}


def _served_version(runtime: Runtime, params: Mapping[str, Any]) -> str:
    if not (params.get("campaignArn") or params.get("recommenderArn")):
        raise InvalidInput("Give one of solutionVersionArn, campaignArn and recommenderArn.")
    return runtime.endpoint(params).solution_version_arn


def _refreshed(runtime: Runtime, params: Mapping[str, Any]) -> float | None:
    """When the campaign or recommender was refreshed last (seconds since 1970)."""
    if not (params.get("campaignArn") or params.get("recommenderArn")):
        return None
    deployment = deployment_of(runtime.records.get(runtime.endpoint(params).arn).body)
    return deployment.get("refreshed") if deployment else None


def _of_manifest(manifest: Mapping[str, Any]) -> dict[str, Any]:
    data = manifest.get("data") or {}
    parts = (manifest.get("model") or {}).get("parts") or {}
    return {
        "modelName": manifest["kind"],
        "metrics": manifest.get("metrics") or {},
        "baselines": [
            {"name": name, "metrics": metrics} for name, metrics in (manifest.get("baselines") or {}).items()
        ],
        "parts": [_part(name, part) for name, part in parts.items()],
        "parameters": {name: str(value) for name, value in (manifest.get("parameters") or {}).items()},
        "eventTypes": list(manifest.get("eventTypes") or ()),
        "data": _data(data) if data else None,
        "warnings": [*(manifest.get("warnings") or ()), *(data.get("warnings") or ())],
    }


def _part(name: str, part: Mapping[str, Any]) -> dict[str, Any]:
    """A part of a blend. Half-lives are in events."""
    return {
        "name": name,
        "weight": float(part.get("weight", 0.0)),
        **({"halfLife": float(part["halfLife"])} if "halfLife" in part else {}),
    }


def _data(data: Mapping[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {name: data[name] for name in _REPORTED if name in data}
    for name in ("eventsPerUser", "eventsPerItem"):
        if name in data:
            described[name] = {key: float(data[name][key]) for key in _SPREAD if key in data[name]}
    described["eventTypes"] = data.get("eventTypes") or {}
    for source, name in (
        ("shareOfMostPopularTenth", "shareOfMostPopularTenth"),
        ("first", "firstTimestamp"),
        ("last", "lastTimestamp"),
    ):
        if data.get(source) is not None:
            described[name] = data[source]
    described["attributes"] = [
        {"dataset": dataset, "column": column, "known": of["known"], "distinct": of["distinct"]}
        for dataset, columns in (data.get("attributes") or {}).items()
        for column, of in columns.items()
    ]
    return described
