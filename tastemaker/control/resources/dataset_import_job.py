"""Dataset import jobs: bulk data become visible all at once, when the job succeeds, or not at all."""

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts.lake_layout import GroupFolder
from tastemaker.control.core import statuses
from tastemaker.control.core.context import Desk
from tastemaker.control.core.declaration import WHILE_MOVING, Body, Kind, Reference, Request
from tastemaker.control.core.locations import check_s3
from tastemaker.control.core.records import Record
from tastemaker.control.resources.dataset_group import group_name
from tastemaker.control.resources.metric_attribution import note_import
from tastemaker.errors import InvalidInput, ResourceInUse


class DatasetImportJob(Kind):
    """Internal members: `_rows`, `_files` and `_bytes`, as the work counted them."""

    name = "DatasetImportJob"
    segment = "dataset-import-job"
    refers = (Reference("datasetArn", "Dataset", holds=WHILE_MOVING),)
    name_member = "jobName"
    verbs = ("Create", "Describe", "List")
    first_status = statuses.PENDING
    workflow = "import"
    quota = "concurrentImportJobs"
    quota_counts_moving = True

    def members(self, desk: Desk, request: Request, found: Mapping[str, Record]) -> Body:
        body = {"importMode": "FULL", **super().members(desk, request, found)}
        location = request["dataSource"].get("dataLocation")
        if location is None:
            raise InvalidInput(
                "dataSource.dataLocation is missing: the S3 location of a CSV file or a folder."
            )
        check_s3(location, "dataSource.dataLocation")
        if body["importMode"] == "INCREMENTAL" and not found["datasetArn"].body["_imports"]:
            raise InvalidInput(
                "The first import into a dataset must have the importMode FULL; this dataset has no bulk "
                "data yet."
            )
        return body

    def begin(self, desk: Desk, record: Record, request: Request, execution: str) -> dict[str, Any]:
        moving = self.start_moving(desk, record, execution)
        if moving is None:
            raise ResourceInUse(f"{record.arn} has the status {record.status}; an import runs once.")
        dataset = desk.find_active("Dataset", moving.body["datasetArn"])
        schema = desk.find("Schema", dataset.body["schemaArn"])
        group, kind = group_name(dataset.body["datasetGroupArn"]), dataset.body["datasetType"]
        return {
            "arn": moving.arn,
            "datasetArn": dataset.arn,
            "datasetGroup": group,
            "datasetType": kind,
            "schema": schema.body["schema"],
            "source": moving.body["dataSource"]["dataLocation"],
            "roleArn": moving.body.get("roleArn"),
            "importMode": moving.body["importMode"],
            "destination": GroupFolder(group).dataset_import(kind, moving.body["jobName"]),
        }

    def succeed(self, desk: Desk, record: Record, plan: Request, result: Request) -> None:
        if record.status != statuses.IN_PROGRESS:
            return
        dataset = desk.find_active("Dataset", record.body["datasetArn"])
        least = desk.quotas.get("minimumImportInteractions")
        if dataset.body["datasetType"] == "INTERACTIONS" and least is not None and result["rows"] < least:
            self.fail(desk, record, f"The dataset has fewer than {least} interactions: {result['rows']}.")
            return
        imports = dataset.body["_imports"]
        if all(one["jobArn"] != record.arn for one in imports):
            entry = {"prefix": plan["destination"], "jobArn": record.arn, "rows": result["rows"]}
            kept = imports if record.body["importMode"] == "INCREMENTAL" else []
            desk.change(dataset, _imports=[*kept, entry], _importedAt=desk.now())
        if dataset.body["datasetType"] == "INTERACTIONS":
            note_import(desk, dataset.body["datasetGroupArn"], record, plan["destination"])
        counts = {f"_{name}": result.get(name) for name in ("rows", "files", "bytes")}
        desk.change(record, status=statuses.ACTIVE, **counts)
