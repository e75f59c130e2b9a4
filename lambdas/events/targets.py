"""The dataset that an event or a record belongs to: tracker → dataset group → dataset → schema."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from tastemaker import schemas
from tastemaker.contracts.arns import dataset_arn, group_arn_of_dataset, segment_of
from tastemaker.contracts.dataset_storage import DATA_ID, DatasetStorage, data_id_alias
from tastemaker.contracts.statuses import ACTIVE
from tastemaker.control.core.records import Record
from tastemaker.errors import InvalidInput, ResourceInUse, ResourceNotFound
from tastemaker.schemas import Schema

CACHE_SECONDS = 60.0


class Records(Protocol):
    """The part of a repository that finds targets."""

    def get(self, arn: str) -> Record | None:
        """The record with this ARN."""

    def target(self, alias: str) -> str | None:
        """The ARN that an alias stands for."""


@dataclass(frozen=True)
class EventTarget:
    """A dataset, where its data are, and the schema that its records follow."""

    storage: DatasetStorage
    dataset_type: str
    schema: Schema
    tracker_arn: str | None = None

    @property
    def resources(self) -> dict[str, str]:
        """The resources that metrics belong to, by member of the API."""
        resources = {
            "datasetGroupArn": group_arn_of_dataset(self.storage.dataset_arn),
            "datasetArn": self.storage.dataset_arn,
        }
        return resources if self.tracker_arn is None else {**resources, "eventTrackerArn": self.tracker_arn}


class EventTargets:
    """Finds targets and caches them for `CACHE_SECONDS`, after which a new schema takes effect.

    Each request reads the data ID of its dataset, which is one small row. So a dataset that was deleted, and
    created again under its name, is noticed at once: nothing that is accepted goes to the old one.
    """

    def __init__(self, records: Records, clock: Callable[[], float] = time.monotonic) -> None:
        self._records, self._clock = records, clock
        self._cache: dict[str, tuple[float, EventTarget]] = {}

    def of_tracker(self, tracking_id: str) -> EventTarget:
        """The Interactions dataset of an event tracker.

        Raises InvalidInput for everything that is wrong, because PutEvents has no other exception.
        """
        return self._cached(f"tracking-id/{tracking_id}", lambda: self._tracked(tracking_id))

    def of_action_tracker(self, tracking_id: str) -> EventTarget:
        """The Action_Interactions dataset that has this tracking id.

        Raises InvalidInput, ResourceNotFound and ResourceInUse.
        """
        return self._cached(f"action-tracking-id/{tracking_id}", lambda: self._action_tracked(tracking_id))

    def of_dataset(self, arn: str) -> EventTarget:
        """The dataset with this ARN. Raises InvalidInput, ResourceNotFound and ResourceInUse."""
        return self._cached(arn, lambda: self._dataset(arn))

    def _cached(self, key: str, find: Callable[[], EventTarget]) -> EventTarget:
        cached = self._cache.get(key)
        if cached is not None and self._clock() - cached[0] < CACHE_SECONDS:
            storage = cached[1].storage
            if self._records.target(data_id_alias(storage.dataset_arn)) == storage.data_id:
                return cached[1]
        self._cache.pop(key, None)
        target = find()
        self._cache[key] = (self._clock(), target)
        return target

    def _tracked(self, tracking_id: str) -> EventTarget:
        arn = self._records.target(f"tracking-id/{tracking_id}")
        tracker = self._records.get(arn) if arn and segment_of(arn) == "event-tracker" else None
        if tracker is None:
            raise InvalidInput(f"There is no event tracker with the tracking id {tracking_id}.")
        if tracker.status != ACTIVE:
            raise InvalidInput(f"The event tracker {tracker.arn} is not active but {tracker.status}.")
        group: str = tracker.body["datasetGroupArn"]
        try:
            return replace(self._dataset(dataset_arn(group, "INTERACTIONS")), tracker_arn=tracker.arn)
        except ResourceNotFound as error:
            raise InvalidInput(
                f"The dataset group {group} has no Interactions dataset yet, and so no schema for events."
            ) from error

    def _action_tracked(self, tracking_id: str) -> EventTarget:
        arn = self._records.target(f"tracking-id/{tracking_id}")
        if not arn or segment_of(arn) != "dataset":
            raise ResourceNotFound(
                f"There is no Action_Interactions dataset with the tracking id {tracking_id}; "
                "DescribeDataset shows it."
            )
        return self._dataset(arn)

    def _dataset(self, arn: str) -> EventTarget:
        if segment_of(arn) != "dataset":
            raise InvalidInput(f"{arn} is not the ARN of a dataset.")
        dataset = self._records.get(arn)
        if dataset is None:
            raise ResourceNotFound(f"Resource Arn {arn} does not exist. ListDatasets shows those that exist.")
        if dataset.status != ACTIVE:
            raise ResourceInUse(f"The dataset {arn} is not active but {dataset.status}.")
        return EventTarget(
            DatasetStorage(arn, dataset.body.get(DATA_ID)),
            dataset.body["datasetType"].upper(),
            self._schema(dataset.body),
        )

    def _schema(self, dataset: dict[str, Any]) -> Schema:
        record = self._records.get(dataset["schemaArn"])
        if record is None:
            raise ResourceNotFound(f"There is no schema {dataset['schemaArn']}.")
        return schemas.parse(record.body["schema"], record.body.get("domain"))
