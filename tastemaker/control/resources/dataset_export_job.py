"""Dataset export jobs: the rows of a dataset as CSV files."""

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts import statuses
from tastemaker.contracts.plans import ExportPlan
from tastemaker.control.core.datasets import bulk_data_of, schema_of, storage_of
from tastemaker.control.core.declaration import IN_TRANSITION, Body, Reference, Request
from tastemaker.control.core.jobs import Job
from tastemaker.control.core.locations import check_s3
from tastemaker.control.core.records import Record
from tastemaker.errors import InvalidInput

MODES = ("BULK", "PUT", "ALL")


class DatasetExportJob(Job):
    """A dataset export job. Private members: `_rows` and `_bytes`, the counts of the export."""

    name = "DatasetExportJob"
    segment = "dataset-export-job"
    references = (Reference("datasetArn", "Dataset", blocks_deletion=IN_TRANSITION),)
    workflow = "export"

    def build_body(self, request: Request, referenced: Mapping[str, Record]) -> Body:
        check_s3(request["jobOutput"]["s3DataDestination"]["path"], "jobOutput.s3DataDestination.path")
        body = {"ingestionMode": "PUT", **super().build_body(request, referenced)}
        if body["ingestionMode"] not in MODES:
            raise InvalidInput(f"ingestionMode must be one of {', '.join(MODES)}.")
        return body

    def begin(self, record: Record, request: Request, execution: str) -> ExportPlan:
        claimed = self.claim_job(record, execution)
        dataset = self.context.records.find_active("Dataset", claimed.body["datasetArn"])
        target = claimed.body["jobOutput"]["s3DataDestination"]
        return {
            "arn": claimed.arn,
            "name": claimed.body["jobName"],
            "mode": claimed.body["ingestionMode"],
            "datasetArn": dataset.arn,
            "datasetType": dataset.body["datasetType"],
            "schema": schema_of(self.context, dataset).body["schema"],
            "imports": bulk_data_of(self.context, dataset),
            "events": storage_of(dataset).events,
            "catalog": storage_of(dataset).catalog,
            "output": target["path"],
            "kmsKeyArn": target.get("kmsKeyArn"),
            "roleArn": claimed.body.get("roleArn"),
        }

    def succeed(self, record: Record, plan: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        if record.status == statuses.IN_PROGRESS:
            counts = {f"_{name}": result.get(name) for name in ("rows", "bytes")}
            self.context.writer.change(record, status=statuses.ACTIVE, **counts)
