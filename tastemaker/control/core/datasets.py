"""Reading a dataset group's datasets and schemas, and the list of a dataset's visible imports.

The record of a dataset has the newest imports, in `_imports`, and the keys of the lists of earlier ones, in
`_importLists`. One conditional write of the record makes an import visible.
"""

import json
from hashlib import blake2b
from typing import Any, NotRequired, TypedDict

from tastemaker import schemas
from tastemaker.contracts.arns import dataset_arn
from tastemaker.contracts.dataset_storage import DATA_ID, DatasetStorage, group_folder
from tastemaker.contracts.lake_layout import GroupFolder
from tastemaker.contracts.plans import BulkData
from tastemaker.control.core.context import Context
from tastemaker.control.core.records import Record


class VisibleImport(TypedDict):
    """An import whose data are visible: the folder in the lake, the job and the number of rows."""

    prefix: str
    jobArn: str
    rows: int
    at: NotRequired[float]
    """When the import became visible (seconds since 1970). Entries of earlier versions do not have it."""


MAX_IMPORTS_ON_RECORD = 500
"""A record has at most 400 KB. Earlier imports are listed in the lake, so many at a time."""


def datasets_of(context: Context, group: str) -> dict[str, Record]:
    """The datasets of a group by their type.

    They are read one by one, because a list may not show yet what has just been created.
    """
    arns = {dataset_type: dataset_arn(group, dataset_type) for dataset_type in schemas.DATASET_TYPES}
    records = {dataset_type: context.records.get(arn) for dataset_type, arn in arns.items()}
    return {dataset_type: record for dataset_type, record in records.items() if record is not None}


def folder_of_group(context: Context, group: str) -> GroupFolder:
    """The folder of a dataset group in the lake, by its ARN. Raises ResourceNotFound."""
    return group_folder(context.records.find("DatasetGroup", group).body)


def storage_of(dataset: Record) -> DatasetStorage:
    """Where the data of a dataset are."""
    return DatasetStorage(dataset.arn, dataset.body.get(DATA_ID))


def events_of(context: Context, group: str, dataset_type: str = "INTERACTIONS") -> list[str]:
    """The prefixes of the streamed events of a group's dataset: none if there is no such dataset."""
    dataset = context.records.get(dataset_arn(group, dataset_type))
    return [] if dataset is None else [storage_of(dataset).events]


def current_storage(context: Context, group: str, dataset_type: str) -> DatasetStorage:
    """Where the data of a group's dataset are. A dataset that does not exist has no data there."""
    arn = dataset_arn(group, dataset_type)
    dataset = context.records.get(arn)
    return DatasetStorage(arn, None) if dataset is None else storage_of(dataset)


def imports_folder(context: Context, dataset: Record) -> str:
    """The prefix of all imports of a dataset."""
    folder = folder_of_group(context, dataset.body["datasetGroupArn"])
    return folder.dataset(storage_of(dataset).folder_name)


def schemas_of(context: Context, group: str) -> dict[str, schemas.Schema]:
    """The schemas of a group's datasets by the dataset type."""
    return {
        dataset_type: parsed_schema(schema_of(context, dataset))
        for dataset_type, dataset in datasets_of(context, group).items()
    }


def schema_of(context: Context, dataset: Record) -> Record:
    """The schema record of a dataset."""
    return context.records.find("Schema", dataset.body["schemaArn"])


def avro_of(schema: Record) -> dict[str, Any]:
    """The Avro document of a schema record."""
    document: dict[str, Any] = json.loads(schema.body["schema"])
    return document


def parsed_schema(schema: Record) -> schemas.Schema:
    """The fields of a schema record."""
    return schemas.parse(schema.body["schema"], schema.body.get("domain"))


def has_bulk_data(dataset: Record) -> bool:
    """Whether a dataset has a visible import."""
    return bool(dataset.body["_imports"])


def imports_of(context: Context, dataset: Record) -> list[VisibleImport]:
    """The imports whose data are visible in a dataset, oldest first."""
    lists = dataset.body.get("_importLists", [])
    earlier = [one for key in lists for one in json.loads(context.ports.lake.read(key))]
    return [*earlier, *dataset.body["_imports"]]


def add_import(context: Context, dataset: Record, added: VisibleImport, *, incremental: bool) -> None:
    """Make an import visible, beside the earlier ones if it is incremental, else in place of them.

    An import that is visible already changes nothing. A list in the lake that this writes for nothing,
    because another writer was first, is never read.
    """
    if any(one["jobArn"] == added["jobArn"] for one in imports_of(context, dataset)):
        return
    now = context.now()
    imports: list[VisibleImport] = dataset.body["_imports"] if incremental else []
    lists: list[str] = dataset.body.get("_importLists", []) if incremental else []
    if len(imports) >= MAX_IMPORTS_ON_RECORD:
        lists, imports = [*lists, _write_list(context, dataset, imports)], []
    context.writer.change(
        dataset, _imports=[*imports, {**added, "at": now}], _importLists=lists or None, _importedAt=now
    )


def _write_list(context: Context, dataset: Record, imports: list[VisibleImport]) -> str:
    text = json.dumps(imports)
    name = blake2b(text.encode(), digest_size=12).hexdigest()
    folder = folder_of_group(context, dataset.body["datasetGroupArn"])
    key = folder.import_list(storage_of(dataset).folder_name, name)
    context.ports.lake.write(key, text)
    return key


def bulk_data_changed_at(dataset: Record) -> float:
    """When the visible imports of a dataset last changed (seconds since 1970); 0.0 if never."""
    return float(dataset.body.get("_importedAt", 0.0))


def imported_at(context: Context, one: VisibleImport) -> float:
    """When the data of an import became visible (seconds since 1970); 0.0 if nobody knows any more."""
    if "at" in one:
        return one["at"]
    job = context.records.get(one["jobArn"])
    return float(job.body.get("lastUpdatedDateTime", 0.0)) if job is not None else 0.0


def bulk_data_of(context: Context, dataset: Record) -> list[BulkData]:
    """The visible bulk data of a dataset."""
    return [
        {"prefix": one["prefix"], "at": imported_at(context, one)} for one in imports_of(context, dataset)
    ]
