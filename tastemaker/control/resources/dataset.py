"""Datasets: one of each type in a group."""

from collections.abc import Mapping
from typing import Any

from tastemaker import schemas
from tastemaker.contracts.lake_layout import GroupFolder
from tastemaker.control.core import statuses
from tastemaker.control.core.context import Desk
from tastemaker.control.core.declaration import Body, Kind, Reference, Request
from tastemaker.control.core.records import Record
from tastemaker.control.core.updates import applied
from tastemaker.control.resources import schema
from tastemaker.control.resources.dataset_group import group_name
from tastemaker.errors import InvalidInput, LimitExceeded, ResourceInUse

UPDATABLE = ("ITEMS", "USERS")


class Dataset(Kind):
    """Internal members: `_imports`, the visible bulk data as a list of {"prefix", "jobArn", "rows"};
    `_importedAt`, when it last changed.
    """

    name = "Dataset"
    segment = "dataset"
    refers = (Reference("datasetGroupArn", "DatasetGroup"), Reference("schemaArn", "Schema"))
    verbs = ("Create", "Describe", "List", "Update", "Delete")
    purged = True

    def members(self, desk: Desk, request: Request, found: Mapping[str, Record]) -> Body:
        body = super().members(desk, request, found)
        kind = body["datasetType"] = request["datasetType"].upper()
        group = found["datasetGroupArn"]
        domain = group.body.get("domain")
        allowed = schemas.DOMAIN_DATASET_TYPES if domain else schemas.DATASET_TYPES
        if kind not in allowed:
            raise InvalidInput(
                f"datasetType is {request['datasetType']!r}; this dataset group takes {', '.join(allowed)}."
            )
        _check_schema(desk, found["schemaArn"], kind, domain)
        body["_imports"] = []
        if kind == "ACTION_INTERACTIONS":
            body["trackingId"] = desk.ids.uuid()
        return body

    def suffix(self, desk: Desk, body: Body) -> str:
        return f"dataset/{group_name(body['datasetGroupArn'])}/{body['datasetType']}"

    def aliases(self, arn: str, body: Body) -> dict[str, str]:
        return {f"tracking-id/{body['trackingId']}": arn} if "trackingId" in body else {}

    def check_deletable(self, desk: Desk, record: Record) -> None:
        for solution in desk.each("Solution", record.parent):
            for version in desk.each_now("SolutionVersion", solution.arn):
                if version.status in statuses.MOVING:
                    raise ResourceInUse(
                        f"{version.arn} has the status {version.status}; wait until it has ended."
                    )

    def belongings(self, desk: Desk, record: Record) -> dict[str, Any]:
        folder = GroupFolder(group_name(record.body["datasetGroupArn"]))
        prefixes = [folder.dataset(record.body["datasetType"])]
        if record.body["datasetType"] == "INTERACTIONS":
            prefixes.append(folder.events)
        if record.body["datasetType"] == "ACTION_INTERACTIONS":
            prefixes.append(folder.action_events)
        return {"prefixes": prefixes, "catalogOf": record.arn}

    def update(self, desk: Desk, request: Request) -> Body:
        """UpdateDataset: a wider schema for Items or Users, in force at once."""
        record = desk.find_active("Dataset", request["datasetArn"])
        if record.body["datasetType"] not in UPDATABLE:
            raise InvalidInput(f"Only datasets of the types {', '.join(UPDATABLE)} can be updated.")
        new = desk.find("Schema", request["schemaArn"])
        old = desk.find("Schema", record.body["schemaArn"])
        group = desk.find("DatasetGroup", record.body["datasetGroupArn"])
        _check_schema(desk, new, record.body["datasetType"], group.body.get("domain"))
        schemas.check_wider(schema.parsed(old), schema.parsed(new))
        update = applied(desk, schemaArn=new.arn)
        return desk.change(record, schemaArn=new.arn, latestDatasetUpdate=update).body


def _check_schema(desk: Desk, record: Record, kind: str, domain: str | None) -> None:
    if record.body.get("domain") != domain:
        raise InvalidInput(
            f"The schema {record.arn} is for {record.body.get('domain') or 'no domain'} and the dataset "
            "group for "
            f"{domain or 'no domain'}; both must have the same domain."
        )
    parsed = schema.parsed(record)
    schemas.check_type(parsed, kind)
    quota = f"metadataColumns{kind.title().replace('_', '')}"
    limit = desk.quotas.get(quota)
    if limit is not None and len(parsed.metadata) > limit:
        raise LimitExceeded(
            f"The schema has {len(parsed.metadata)} metadata columns, more than {limit}; drop some, or "
            "raise the "
            f"quota {quota}."
        )


def datasets_of(desk: Desk, group: str) -> dict[str, Record]:
    """Type → dataset, of a group. Read one by one: a list may not show yet what has just been created."""
    arns = {kind: desk.place.arn(f"dataset/{group_name(group)}/{kind}") for kind in schemas.DATASET_TYPES}
    records = {kind: desk.repository.get(arn) for kind, arn in arns.items()}
    return {kind: record for kind, record in records.items() if record is not None}


def schemas_of(desk: Desk, group: str) -> dict[str, schemas.Schema]:
    """Type → fields, of all datasets of a group."""
    return {
        kind: schema.parsed(desk.find("Schema", dataset.body["schemaArn"]))
        for kind, dataset in datasets_of(desk, group).items()
    }


def bulk_of(desk: Desk, dataset: Record) -> list[dict[str, Any]]:
    """The visible bulk data of a dataset: {"prefix", "at"}, the folder in the lake and when it was imported
    (seconds since 1970)."""
    jobs = ((one["prefix"], desk.repository.get(one["jobArn"])) for one in dataset.body["_imports"])
    return [
        {"prefix": prefix, "at": float(job.body["lastUpdatedDateTime"]) if job is not None else 0.0}
        for prefix, job in jobs
    ]
