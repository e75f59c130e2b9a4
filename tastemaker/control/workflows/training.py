"""The plan of a training job, and its input in the lake: `config.json` and `data.manifest`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tastemaker.contracts import statuses
from tastemaker.contracts.arns import execution_name
from tastemaker.contracts.compaction import newest, visible
from tastemaker.contracts.deployment import bundle_of
from tastemaker.contracts.lake_layout import BUNDLE_MANIFEST, TrainingFolder, bundle_of_job
from tastemaker.contracts.model_size import can_fit, disk_shortage
from tastemaker.contracts.plans import TrainPlan
from tastemaker.contracts.training_config import FORMAT_VERSION, DatasetSource, TrainingConfig, to_json
from tastemaker.control.core.context import Context
from tastemaker.control.core.datasets import (
    avro_of,
    bulk_data_changed_at,
    datasets_of,
    events_of,
    folder_of_group,
    imported_at,
    imports_of,
    schema_of,
    storage_of,
)
from tastemaker.control.core.records import Record
from tastemaker.errors import ResourceInUse
from tastemaker.recipes import Recipe

JOB_PREFIX = "tastemaker-"
UPSERT_DATASET_TYPES = ("ITEMS", "USERS", "ACTIONS")

PREVIOUS_FILES = ("bundle.json", "items.", "item_users.npy", "model/encoder.npy", "model/item_")
"""What an incremental training reads of the previous bundle: files, and prefixes of file names."""

MAX_LISTS = 20
"""How many folders are listed one by one. A dataset may have thousands of imports."""


class NoDataError(ResourceInUse):
    """There is nothing to train on."""


@dataclass(frozen=True)
class TrainingJob:
    """One training job of a solution version or recommender.

    `record` is the trained resource. `group` is the ARN of its dataset group. `name` and `version` name its
    folders in the lake. `moment` is when the training began (seconds since 1970).
    """

    context: Context
    record: Record
    recipe: Recipe
    group: str
    name: str
    version: str
    moment: float

    def plan(self, execution: str) -> TrainPlan:
        """Write the input of the job, as exact as the data are now, and return its plan.

        The plan is the same for the same `moment` and `execution`, so that a repeated step starts the same
        job. An execution that starts again what another one left needs a job of its own, because SageMaker
        accepts a job name only once. Raises NoDataError.
        """
        lake = self.context.ports.lake
        models = folder_of_group(self.context, self.group).models(self.name, self.version)
        sources = self._sources()
        data_keys = self._data_keys(sources)
        previous = self._previous() if self._mode == "UPDATE" else None
        config = self._config(sources)
        if previous is not None:
            config["previous"] = previous
        lake.write(self._folder.config, to_json(config))
        keys = [
            self._folder.config,
            *data_keys,
            *(self._previous_keys(previous) if previous is not None else ()),
        ]
        lake.write(self._folder.manifest, json.dumps([{"prefix": lake.uri("")}, *keys]))
        return {
            "arn": self.record.arn,
            "jobName": JOB_PREFIX + execution_name(self.record.arn, execution),
            "manifestUri": lake.uri(self._folder.manifest),
            "outputPath": lake.uri(models),
            "configKey": self._folder.config,
        }

    @property
    def _folder(self) -> TrainingFolder:
        return folder_of_group(self.context, self.group).training(self.name, self.version)

    @property
    def _mode(self) -> str:
        return str(self.record.body.get("trainingMode", "FULL"))

    @property
    def _events(self) -> list[str]:
        return events_of(self.context, self.group)

    @property
    def _action_events(self) -> list[str]:
        trains_on_actions = "ACTION_INTERACTIONS" in self.recipe.trains_on
        return events_of(self.context, self.group, "ACTION_INTERACTIONS") if trains_on_actions else []

    def _sources(self) -> dict[str, DatasetSource]:
        """The data of each dataset type: its schema, the folders of its imports, and a file of upserts."""
        sources: dict[str, DatasetSource] = {}
        for dataset_type, dataset in datasets_of(self.context, self.group).items():
            imports = imports_of(self.context, dataset)
            source = sources[dataset_type] = {
                "schema": avro_of(schema_of(self.context, dataset)),
                "prefixes": [one["prefix"] for one in imports],
                "imported": [imported_at(self.context, one) for one in imports],
            }
            upserts = self._write_upserts(dataset, self._folder.upserts(dataset_type))
            if upserts is not None:
                source["put"] = upserts
        return sources

    def _data_keys(self, sources: Mapping[str, DatasetSource]) -> list[str]:
        """The keys of all files with data. Raises NoDataError if the recipe lacks data that it needs."""
        keys = {dataset_type: self._keys(source["prefixes"]) for dataset_type, source in sources.items()}
        upserts = {dataset_type: source["put"] for dataset_type, source in sources.items() if "put" in source}
        events, action_events = self._keys(self._events), self._keys(self._action_events)
        for needed in self.recipe.needs_datasets:
            streamed = needed == "INTERACTIONS" and events
            if not keys.get(needed) and needed not in upserts and not streamed:
                raise NoDataError(
                    f"The dataset group has no {needed} data; import some with CreateDatasetImportJob"
                    + (" or send events." if needed == "INTERACTIONS" else ".")
                )
        bulk = [key for found in keys.values() for key in found]
        return [*bulk, *events, *action_events, *upserts.values()]

    def _config(self, sources: dict[str, DatasetSource]) -> TrainingConfig:
        body, recipe = self.record.body, self.recipe
        solution = _solution_config(body)
        return {
            "formatVersion": FORMAT_VERSION,
            "solutionVersionArn": self.record.arn,
            "recipe": recipe.name,
            "model": recipe.model_name,
            "trainingMode": self._mode,
            "createdAt": self.moment,
            "seed": int(self.moment) % 2**31,
            "datasets": sources,
            "events": self._events,
            "actionEvents": self._action_events,
            "quotas": self.context.ports.quotas.for_training,
            "eventType": body.get("eventType") or None,
            "solutionConfig": solution,
            "performHPO": bool(body.get("performHPO")),
            "hyperParameters": recipe.hyperparameters_with_defaults(
                solution.get("algorithmHyperParameters", {})
            ),
            "featureTransformationParameters": recipe.featurization_with_defaults(
                solution.get("featureTransformationParameters", {})
            ),
        }

    def _previous(self) -> str:
        """The key of the folder of the newest bundle that was trained in full. Raises NoDataError."""
        for one in self.context.records.each_current("SolutionVersion", self.record.body["solutionArn"]):
            full = one.status == statuses.ACTIVE and one.body["trainingMode"] == "FULL"
            bundle = bundle_of(one.body)
            if full and bundle is not None:
                return bundle.removeprefix(self.context.ports.lake.uri(""))
        raise NoDataError("The trainingMode UPDATE needs an ACTIVE version that was trained with FULL.")

    def _previous_keys(self, previous: str) -> list[str]:
        needed = tuple(f"{previous}{name}" for name in PREVIOUS_FILES)
        return [key for key in self._keys([previous]) if key.startswith(needed)]

    def _write_upserts(self, dataset: Record, key: str) -> str | None:
        """Write the upserts of a dataset as they are now, so that training can be repeated on the same data.

        Each line is a JSON list [id, properties, time]. Returns the key, or None if there are no upserts.
        """
        if dataset.body["datasetType"].upper() not in UPSERT_DATASET_TYPES:
            return None
        lines = [
            json.dumps(row, ensure_ascii=False)
            for row in self.context.ports.upserts(storage_of(dataset).catalog)
        ]
        if not lines:
            return None
        self.context.ports.lake.write(key, "\n".join(lines) + "\n")
        return key

    def _keys(self, prefixes: list[str]) -> list[str]:
        """The keys below these prefixes. Many folders with the same parent are listed together."""
        lake = self.context.ports.lake
        if len(prefixes) <= MAX_LISTS:
            return sorted(key for prefix in prefixes for key, _ in visible(lake.objects(prefix)))
        wanted = set(prefixes)
        parents = {f"{prefix.rstrip('/').rpartition('/')[0]}/" for prefix in prefixes}
        return sorted(
            key
            for parent in parents
            for key, _ in lake.objects(parent)
            if f"{parent}{key.removeprefix(parent).partition('/')[0]}/" in wanted
        )


def newest_interaction(context: Context, group: str) -> float:
    """When interactions last came in, by import or by stream (seconds since 1970); 0.0 if they never did."""
    lake, prefixes = context.ports.lake, events_of(context, group)
    streamed = max((newest(lake.objects(prefix), lake.metadata) for prefix in prefixes), default=0.0)
    interactions = datasets_of(context, group).get("INTERACTIONS")
    imported = bulk_data_changed_at(interactions) if interactions is not None else 0.0
    return max(streamed, imported)


def read_manifest(context: Context, plan: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The URI of the trained bundle's folder, and its `bundle.json`.

    Raises LookupError if the job has written no bundle.
    """
    folder = bundle_of_job(plan["outputPath"], plan["jobName"])
    key = folder.removeprefix(context.ports.lake.uri(""))
    return folder, json.loads(context.ports.lake.read(f"{key}{BUNDLE_MANIFEST}"))


def shortage_of_disk(context: Context, bundle: str) -> str | None:
    """Why the functions that open models have too small a disk for a bundle; None if they have not.

    It is known at the end of the training, so nobody has to find it in a failed deployment.
    """
    size = context.ports.lake.size(bundle.removeprefix(context.ports.lake.uri("")))
    disk = context.ports.model_disk_megabytes
    return None if disk is None else disk_shortage(size, disk << 20)


def can_be_deployed(context: Context, bundle: str) -> bool:
    """Whether some setting of the stage gives the functions enough disk for a bundle."""
    return can_fit(context.ports.lake.size(bundle.removeprefix(context.ports.lake.uri(""))))


def training_hours(result: Mapping[str, Any]) -> float:
    """Training hours on the wall clock, from SageMaker's description of the job."""
    seconds = result.get("BillableTimeInSeconds") or result.get("TrainingTimeInSeconds") or 0
    return round(max(float(seconds), 1.0) / 3600, 4)


def _solution_config(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The configuration of a solution; a recommender has only `trainingDataConfig`."""
    if "recommenderConfig" in body and "trainingDataConfig" in body["recommenderConfig"]:
        return {"trainingDataConfig": body["recommenderConfig"]["trainingDataConfig"]}
    return body.get("solutionConfig") or {}
