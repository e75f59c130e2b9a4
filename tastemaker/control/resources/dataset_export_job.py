"""Dataset export jobs: a dataset's rows to CSV files."""

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts.lake_layout import GroupFolder
from tastemaker.control.core import statuses
from tastemaker.control.core.context import Desk
from tastemaker.control.core.declaration import WHILE_MOVING, Body, Reference, Request
from tastemaker.control.core.jobs import Job
from tastemaker.control.core.locations import check_s3
from tastemaker.control.core.records import Record
from tastemaker.control.resources.dataset import bulk_of
from tastemaker.control.resources.dataset_group import group_name
from tastemaker.errors import InvalidInput

MODES = ("BULK", "PUT", "ALL")


class DatasetExportJob(Job):
    """Internal members: `_rows` and `_files`, as the work counted them."""

    name = "DatasetExportJob"
    segment = "dataset-export-job"
    refers = (Reference("datasetArn", "Dataset", holds=WHILE_MOVING),)
    workflow = "export"

    def members(self, desk: Desk, request: Request, found: Mapping[str, Record]) -> Body:
        check_s3(request["jobOutput"]["s3DataDestination"]["path"], "jobOutput.s3DataDestination.path")
        body = {"ingestionMode": "PUT", **super().members(desk, request, found)}
        if body["ingestionMode"] not in MODES:
            raise InvalidInput(f"ingestionMode must be one of {', '.join(MODES)}.")
        return body

    def begin(self, desk: Desk, record: Record, request: Request, execution: str) -> dict[str, Any]:
        moving = self.taken(desk, record, execution)
        dataset = desk.find_active("Dataset", moving.body["datasetArn"])
        target = moving.body["jobOutput"]["s3DataDestination"]
        group = group_name(dataset.body["datasetGroupArn"])
        return {
            "arn": moving.arn,
            "name": moving.body["jobName"],
            "mode": moving.body["ingestionMode"],
            "datasetArn": dataset.arn,
            "datasetType": dataset.body["datasetType"],
            "schema": desk.find("Schema", dataset.body["schemaArn"]).body["schema"],
            "imports": bulk_of(desk, dataset),
            "events": GroupFolder(group).events,
            "output": target["path"],
            "kmsKeyArn": target.get("kmsKeyArn"),
            "roleArn": moving.body.get("roleArn"),
        }

    def succeed(self, desk: Desk, record: Record, plan: Request, result: Request) -> None:
        if record.status == statuses.IN_PROGRESS:
            counts = {f"_{name}": result.get(name) for name in ("rows", "bytes")}
            desk.change(record, status=statuses.ACTIVE, **counts)
