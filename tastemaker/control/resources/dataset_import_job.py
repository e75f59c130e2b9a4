"""Dataset import jobs: bulk data become visible all at once when the job succeeds, or not at all."""

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts import statuses
from tastemaker.contracts.lake_layout import dataset_import
from tastemaker.contracts.plans import ImportPlan
from tastemaker.control.core.datasets import add_import, has_bulk_data, imports_folder, schema_of
from tastemaker.control.core.declaration import IN_TRANSITION, Body, Reference, Request
from tastemaker.control.core.locations import check_s3
from tastemaker.control.core.records import Record
from tastemaker.control.core.resource_type import ResourceType
from tastemaker.control.resources.metric_attribution import note_import
from tastemaker.errors import InvalidInput, ResourceInUse


class DatasetImportJob(ResourceType):
    """A dataset import job.

    Its own member `report` says what the import did: counts and `ImportReport`. Private members: `_rows`,
    `_files` and `_bytes`, the counts; `_warnings`, which the status event shows.
    """

    name = "DatasetImportJob"
    segment = "dataset-import-job"
    references = (Reference("datasetArn", "Dataset", blocks_deletion=IN_TRANSITION),)
    name_member = "jobName"
    verbs = ("Create", "Describe", "List")
    first_status = statuses.PENDING
    workflow = "import"
    quota = "concurrentImportJobs"
    quota_counts_in_transition = True

    def build_body(self, request: Request, referenced: Mapping[str, Record]) -> Body:
        body = {"importMode": "FULL", **super().build_body(request, referenced)}
        location = request["dataSource"].get("dataLocation")
        if location is None:
            raise InvalidInput(
                "dataSource.dataLocation is missing: the S3 location of a CSV file or a folder."
            )
        check_s3(location, "dataSource.dataLocation")
        if body["importMode"] == "INCREMENTAL" and not has_bulk_data(referenced["datasetArn"]):
            raise InvalidInput(
                "The first import into a dataset must have the importMode FULL; this dataset has no bulk "
                "data yet."
            )
        return body

    def begin(self, record: Record, request: Request, execution: str) -> ImportPlan:
        claimed = self.claim(record, execution)
        if claimed is None:
            raise ResourceInUse(f"{record.arn} has the status {record.status}; an import runs once.")
        dataset = self.context.records.find_active("Dataset", claimed.body["datasetArn"])
        return {
            "arn": claimed.arn,
            "datasetArn": dataset.arn,
            "datasetType": dataset.body["datasetType"],
            "schema": schema_of(self.context, dataset).body["schema"],
            "source": claimed.body["dataSource"]["dataLocation"],
            "roleArn": claimed.body.get("roleArn"),
            "importMode": claimed.body["importMode"],
            "destination": dataset_import(imports_folder(self.context, dataset), claimed.body["jobName"]),
        }

    def succeed(self, record: Record, plan: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        if record.status != statuses.IN_PROGRESS:
            return
        dataset = self.context.records.find_active("Dataset", record.body["datasetArn"])
        of_interactions, rows = dataset.body["datasetType"] == "INTERACTIONS", result["rows"]
        minimum = self.context.ports.quotas.get("minimumImportInteractions")
        if of_interactions and minimum is not None and rows < minimum:
            self.fail(record, f"The dataset has fewer than {minimum} interactions: {rows}.")
            return
        add_import(
            self.context,
            dataset,
            {"prefix": plan["destination"], "jobArn": record.arn, "rows": rows},
            incremental=record.body["importMode"] == "INCREMENTAL",
        )
        if of_interactions:
            note_import(self.context, dataset.body["datasetGroupArn"], record, plan["destination"])
        counts = {name: result.get(name) for name in ("rows", "files", "bytes")}
        found: dict[str, Any] = result.get("report") or {}
        self.context.writer.change(
            record,
            status=statuses.ACTIVE,
            report={**counts, **{name: value for name, value in found.items() if value is not None}},
            _warnings=found.get("warnings") or None,
            **{f"_{name}": count for name, count in counts.items()},
        )
