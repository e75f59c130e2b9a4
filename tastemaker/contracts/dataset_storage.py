"""Where the data of a dataset group and of a dataset are: under their data IDs, not under their names alone.

A dataset group and a dataset get a data ID when they are created. Folders of the lake and keys of the tables
contain it. So what arrives late for a deleted dataset, for example an event from a retry, can never appear in
the next dataset of the same name. Resources of releases before data IDs have none, and their data stay under
their names.

This module uses the standard library only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tastemaker.contracts.arns import group_arn_of_dataset, name_of
from tastemaker.contracts.lake_layout import GROUPS, Area, GroupFolder, action_group

DATA_ID = "_dataId"
"""The private member of a dataset group's or dataset's record that holds its data ID."""


def storage_name(name: str, data_id: str | None) -> str:
    """A name with its data ID, such as `films.1f2e3d4c`. Names of resources have no period."""
    return name if data_id is None else f"{name}.{data_id}"


def group_folder(body: Mapping[str, Any]) -> GroupFolder:
    """The folder of a dataset group in the lake, by the body of its record."""
    return GroupFolder(storage_name(body["name"], body.get(DATA_ID)))


def is_of_group(key: str, name: str, area: Area | None = None) -> bool:
    """Whether a key of the lake belongs to a dataset group of this name, with any data ID.

    With `area`, only keys of that area count. `GROUPS` and the name are a prefix of all such keys.
    """
    root, folder, found, *_ = [*key.split("/"), "", ""]
    return f"{root}/" == GROUPS and folder.partition(".")[0] == name and area in (None, found)


def data_id_alias(dataset_arn: str) -> str:
    """The alias under which the repository has the data ID of a dataset: reading it is cheap."""
    return f"data-id/{dataset_arn}"


@dataclass(frozen=True)
class DatasetStorage:
    """Where the data of one dataset are. `data_id` is None for a dataset from before data IDs."""

    dataset_arn: str
    data_id: str | None

    @cached_property
    def catalog(self) -> str:
        """The key of the dataset's upserts in the catalog table."""
        return storage_name(self.dataset_arn, self.data_id)

    @property
    def folder_name(self) -> str:
        """The name of the folder of the dataset's imports, such as `ITEMS.1f2e3d4c`."""
        return storage_name(self._dataset_type, self.data_id)

    @cached_property
    def event_group(self) -> str:
        """The event group: what keys of profiles and folders of the dataset's streamed events begin with."""
        name = storage_name(name_of(group_arn_of_dataset(self.dataset_arn)), self.data_id)
        return action_group(name) if self._dataset_type == "ACTION_INTERACTIONS" else name

    @property
    def events(self) -> str:
        """The prefix of the dataset's streamed events in the lake."""
        name = storage_name(name_of(group_arn_of_dataset(self.dataset_arn)), self.data_id)
        folder = GroupFolder(name)
        return folder.action_events if self._dataset_type == "ACTION_INTERACTIONS" else folder.events

    @property
    def _dataset_type(self) -> str:
        return self.dataset_arn.rpartition("/")[2]
