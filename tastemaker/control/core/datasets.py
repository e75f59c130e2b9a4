"""Reading a dataset group's datasets and schemas."""

import json
from typing import Any, TypedDict

from tastemaker import schemas
from tastemaker.contracts.arns import dataset_arn
from tastemaker.contracts.plans import BulkData
from tastemaker.control.core.context import Context
from tastemaker.control.core.records import Record


class VisibleImport(TypedDict):
    """An import whose data are visible: the folder in the lake, the job and the number of rows."""

    prefix: str
    jobArn: str
    rows: int


def datasets_of(context: Context, group: str) -> dict[str, Record]:
    """The datasets of a group by their type.

    They are read one by one, because a list may not show yet what has just been created.
    """
    arns = {dataset_type: dataset_arn(group, dataset_type) for dataset_type in schemas.DATASET_TYPES}
    records = {dataset_type: context.records.get(arn) for dataset_type, arn in arns.items()}
    return {dataset_type: record for dataset_type, record in records.items() if record is not None}


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


def imports_of(dataset: Record) -> list[VisibleImport]:
    """The imports whose data are visible in a dataset, oldest first."""
    imports: list[VisibleImport] = dataset.body["_imports"]
    return imports


def add_import(context: Context, dataset: Record, added: VisibleImport, *, incremental: bool) -> None:
    """Make an import visible, beside the earlier ones if it is incremental, else in place of them.

    An import that is visible already changes nothing.
    """
    imports = imports_of(dataset)
    if all(one["jobArn"] != added["jobArn"] for one in imports):
        kept = imports if incremental else []
        context.writer.change(dataset, _imports=[*kept, added], _importedAt=context.now())


def bulk_data_changed_at(dataset: Record) -> float:
    """When the visible imports of a dataset last changed (seconds since 1970); 0.0 if never."""
    return float(dataset.body.get("_importedAt", 0.0))


def imported_at(context: Context, job_arn: str) -> float:
    """When the data of an import job became visible (seconds since 1970); 0.0 if the job is gone."""
    job = context.records.get(job_arn)
    return float(job.body.get("lastUpdatedDateTime", 0.0)) if job is not None else 0.0


def bulk_data_of(context: Context, dataset: Record) -> list[BulkData]:
    """The visible bulk data of a dataset."""
    return [
        {"prefix": one["prefix"], "at": imported_at(context, one["jobArn"])} for one in imports_of(dataset)
    ]
