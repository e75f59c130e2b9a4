"""What a training job is told: config.json and data.manifest, in the lake."""

import json
from collections.abc import Mapping
from typing import Any

from tastemaker.contracts.lake_layout import BUNDLE_MANIFEST, GroupFolder, bundle_of_job
from tastemaker.contracts.training_config import (
    FORMAT_VERSION,
    DatasetSource,
    TrainingConfig,
    to_json,
)
from tastemaker.control.core import statuses
from tastemaker.control.core.arns import work_name
from tastemaker.control.core.context import Desk
from tastemaker.control.core.records import Record
from tastemaker.control.resources.dataset import datasets_of
from tastemaker.control.resources.dataset_group import group_name
from tastemaker.errors import ResourceInUse
from tastemaker.recipes import Recipe

JOB_PREFIX = "tastemaker-"
PUT_KINDS = ("ITEMS", "USERS", "ACTIONS")


OF_PREVIOUS = ("bundle.json", "items.", "item_users.npy", "model/encoder.npy", "model/item_")
"""What an update reads of the bundle that it goes on from: files, and beginnings of files' names."""


class NoDataError(ResourceInUse):
    """There is nothing to train on."""


def write(
    desk: Desk,
    record: Record,
    recipe: Recipe,
    *,
    group: str,
    name: str,
    version: str,
    moment: float,
    execution: str,
) -> dict[str, Any]:
    """The plan of a training job, whose files are written as exact as data are now. The same for the same
    `moment` and `execution`, so that a repeated step starts the same job; an execution that starts again
    what another left needs a job of its own, since SageMaker takes a name once. Raises NoDataError.
    """
    folder = GroupFolder(group_name(group))
    training, models = folder.training(name, version), folder.models(name, version)
    datasets = datasets_of(desk, group)
    sources: dict[str, DatasetSource] = {
        kind: {
            "schema": json.loads(desk.find("Schema", dataset.body["schemaArn"]).body["schema"]),
            "prefixes": [one["prefix"] for one in dataset.body["_imports"]],
            "imported": [imported_at(desk, one["jobArn"]) for one in dataset.body["_imports"]],
        }
        for kind, dataset in datasets.items()
    }
    put = {kind: _put(desk, dataset, training.upserts(kind)) for kind, dataset in datasets.items()}
    for kind, put_key in put.items():
        if put_key:
            sources[kind]["put"] = put_key
    events = folder.events
    keys = {kind: _keys(desk, source["prefixes"]) for kind, source in sources.items()}
    event_keys = _keys(desk, [events])
    actions = [folder.action_events] if "ACTION_INTERACTIONS" in recipe.trains_on else []
    action_keys = _keys(desk, actions)
    for kind in recipe.needs_datasets:
        if not keys.get(kind) and not put.get(kind) and not (kind == "INTERACTIONS" and event_keys):
            raise NoDataError(
                f"The dataset group has no {kind} data; import some with CreateDatasetImportJob"
                + (" or send events." if kind == "INTERACTIONS" else ".")
            )
    solution = _solution_config(record.body)
    config: TrainingConfig = {
        "formatVersion": FORMAT_VERSION,
        "solutionVersionArn": record.arn,
        "recipe": recipe.name,
        "model": recipe.model_name,
        "trainingMode": record.body.get("trainingMode", "FULL"),
        "createdAt": moment,
        "seed": int(moment) % 2**31,
        "datasets": sources,
        "events": [events],
        "actionEvents": actions,
        "quotas": desk.quotas.for_training,
        "eventType": record.body.get("eventType") or None,
        "solutionConfig": solution,
        "performHPO": bool(record.body.get("performHPO")),
        "hyperParameters": recipe.hyperparameters_with_defaults(solution.get("algorithmHyperParameters", {})),
        "featureTransformationParameters": recipe.featurization_with_defaults(
            solution.get("featureTransformationParameters", {})
        ),
    }
    previous = _previous(desk, record) if config["trainingMode"] == "UPDATE" else None
    if previous:
        config["previous"] = previous
    config_key, manifest_key = training.config, training.manifest
    desk.lake.write(config_key, to_json(config))
    everything = [config_key, *(key for found in keys.values() for key in found), *event_keys, *action_keys]
    everything += [put_key for put_key in put.values() if put_key]
    if previous:
        needed = tuple(f"{previous}{name}" for name in OF_PREVIOUS)
        everything += [key for key in _keys(desk, [previous]) if key.startswith(needed)]
    desk.lake.write(manifest_key, json.dumps([{"prefix": desk.lake.uri("")}, *everything]))
    return {
        "arn": record.arn,
        "jobName": JOB_PREFIX + work_name(record.arn, execution),
        "manifestUri": desk.lake.uri(manifest_key),
        "outputPath": desk.lake.uri(models),
        "configKey": config_key,
    }


def newest_interaction(desk: Desk, group: str) -> float:
    """When interactions last came in, by bulk or by stream; 0.0 if they never did."""
    events = desk.lake.objects(GroupFolder(group_name(group)).events)
    streamed = max((written for _, written in events), default=0.0)
    interactions = datasets_of(desk, group).get("INTERACTIONS")
    imported = interactions.body.get("_importedAt", 0.0) if interactions is not None else 0.0
    return max(streamed, imported)


def bundle_of(desk: Desk, plan: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Where the trained bundle is (`s3://…/`), and its manifest. Raises LookupError if the job left
    none."""
    folder = bundle_of_job(plan["outputPath"], plan["jobName"])
    key = folder.removeprefix(desk.lake.uri(""))
    return folder, json.loads(desk.lake.read(f"{key}{BUNDLE_MANIFEST}"))


def hours_of(result: Mapping[str, Any]) -> float:
    """Training hours from SageMaker's description of the job: its training time on the wall clock."""
    seconds = result.get("BillableTimeInSeconds") or result.get("TrainingTimeInSeconds") or 0
    return round(max(float(seconds), 1.0) / 3600, 4)


def imported_at(desk: Desk, job_arn: str) -> float:
    """When an import became visible; 0.0 if its job is not known any more."""
    job = desk.repository.get(job_arn)
    return float(job.body.get("lastUpdatedDateTime", 0.0)) if job is not None else 0.0


def _previous(desk: Desk, record: Record) -> str:
    """The key of the folder with the newest bundle that was trained in full. Raises NoDataError."""
    for one in desk.each_now("SolutionVersion", record.body["solutionArn"]):
        full = one.status == statuses.ACTIVE and one.body["trainingMode"] == "FULL"
        if full and "_bundle" in one.body:
            return str(one.body["_bundle"]).removeprefix(desk.lake.uri(""))
    raise NoDataError("The trainingMode UPDATE needs an ACTIVE version that was trained with FULL.")


def _put(desk: Desk, dataset: Record, key: str) -> str | None:
    """Write what was put into a dataset one at a time, a JSON list [id, properties, time] a line, as it is
    now: a model can be trained again on the same. None if there is nothing.
    """
    if dataset.body["datasetType"].upper() not in PUT_KINDS:
        return None
    lines = [json.dumps(row, ensure_ascii=False) for row in desk.put(dataset.arn)]
    if not lines:
        return None
    desk.lake.write(key, "\n".join(lines) + "\n")
    return key


def _keys(desk: Desk, prefixes: list[str]) -> list[str]:
    return sorted(key for prefix in prefixes for key, _ in desk.lake.objects(prefix))


def _solution_config(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The solution's own configuration; a recommender only has its `trainingDataConfig`."""
    if "recommenderConfig" in body and "trainingDataConfig" in body["recommenderConfig"]:
        return {"trainingDataConfig": body["recommenderConfig"]["trainingDataConfig"]}
    return body.get("solutionConfig") or {}
