"""Data deletion jobs: the data of users are removed from a dataset group."""

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts import statuses
from tastemaker.contracts.job_folders import DeletionFolder
from tastemaker.contracts.lake_layout import Area
from tastemaker.contracts.plans import CompletedDataDeletionPlan, DataDeletionPlan
from tastemaker.contracts.workflow_names import DATA_DELETION
from tastemaker.control.core.context import Context
from tastemaker.control.core.datasets import (
    current_storage,
    datasets_of,
    folder_of_group,
    imports_folder,
    imports_of,
    storage_of,
)
from tastemaker.control.core.declaration import IN_TRANSITION, Body, Reference, Request
from tastemaker.control.core.jobs import Job
from tastemaker.control.core.locations import check_s3
from tastemaker.control.core.records import Record
from tastemaker.control.resources import batch_job
from tastemaker.control.workflows import precomputed
from tastemaker.errors import InvalidInput

DATASETS_WITH_USERS = ("INTERACTIONS", "USERS", "ACTION_INTERACTIONS")
WITH_EVENTS = ("INTERACTIONS", "ACTION_INTERACTIONS")
AREAS_WITH_HISTORY = (Area.DATASETS, Area.TRAINING, Area.BATCH)
"""Areas of a group, beside events, where the bucket keeps older versions of objects that name users."""
BATCH_RESOURCE_TYPES = ("BatchInferenceJob", "BatchSegmentJob")


class DataDeletionJob(Job):
    """A data deletion job. Its statuses are its own: PENDING, IN_PROGRESS, COMPLETED or FAILED."""

    name = "DataDeletionJob"
    segment = "data-deletion-job"
    references = (Reference("datasetGroupArn", "DatasetGroup", blocks_deletion=IN_TRANSITION),)
    first_status = statuses.JOB_PENDING
    claimed_status = statuses.JOB_IN_PROGRESS
    failed_status = statuses.JOB_FAILED
    workflow = DATA_DELETION
    quota = "pendingDataDeletionJobsPerDatasetGroup"

    def build_body(self, request: Request, referenced: Mapping[str, Record]) -> Body:
        location = request["dataSource"].get("dataLocation")
        if location is None:
            raise InvalidInput(
                "dataSource.dataLocation is missing: the S3 location of a CSV file of user ids."
            )
        check_s3(location, "dataSource.dataLocation")
        return super().build_body(request, referenced)

    def peers(self, body: Body, parent: str | None) -> list[Record]:
        jobs = self.context.records.each(self.name, parent)
        return [one for one in jobs if one.status == statuses.JOB_PENDING]

    def begin(
        self, record: Record, request: Request, execution: str
    ) -> DataDeletionPlan | CompletedDataDeletionPlan:
        folder = working_folder(self.context, record)
        if record.status == statuses.JOB_COMPLETED:
            return {"arn": record.arn, "prefixes": [folder.prefix], "done": True}
        record = self.claim_job(record, execution)
        group_arn = record.body["datasetGroupArn"]
        home = folder_of_group(self.context, group_arn)
        interactions, actions = (current_storage(self.context, group_arn, name) for name in WITH_EVENTS)
        return {
            "arn": record.arn,
            "eventGroups": [interactions.event_group, actions.event_group],
            "source": record.body["dataSource"]["dataLocation"],
            "roleArn": record.body.get("roleArn"),
            "datasets": [
                {
                    "arn": dataset.arn,
                    "type": dataset_type,
                    "catalog": storage_of(dataset).catalog,
                    "folder": imports_folder(self.context, dataset),
                    "visible": [one["prefix"] for one in imports_of(self.context, dataset)],
                }
                for dataset_type, dataset in datasets_of(self.context, group_arn).items()
                if dataset_type in DATASETS_WITH_USERS
            ],
            "events": interactions.events,
            "actionEvents": actions.events,
            "trainings": home.area(Area.TRAINING),
            "left": self._folders_of_failed_batch_jobs(group_arn),
            "lists": precomputed.versions_about_users(self.context, group_arn),
            "history": [*map(home.area, AREAS_WITH_HISTORY), interactions.events, actions.events],
            "folder": folder.prefix,
            "work": folder.tasks,
            "prefixes": [folder.prefix],
        }

    def _folders_of_failed_batch_jobs(self, group: str) -> list[str]:
        """The folders that failed batch jobs of the group have left; their answers are about users."""
        found = []
        for resource_type in BATCH_RESOURCE_TYPES:
            for job in self.context.records.each(resource_type):
                version = self.context.records.get(job.body["solutionVersionArn"])
                same_group = version is not None and version.body["datasetGroupArn"] == group
                if same_group and job.status == statuses.FAILED:
                    found.append(batch_job.working_folder(self.context, job).prefix)
        return found

    def succeed(self, record: Record, plan: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        if record.status == statuses.JOB_IN_PROGRESS:
            self.context.writer.change(record, status=statuses.JOB_COMPLETED, numDeleted=result["numDeleted"])

    def folder(self, record: Record) -> str:
        return working_folder(self.context, record).prefix


def working_folder(context: Context, record: Record) -> DeletionFolder:
    """The folder of a job's list of tasks while it runs."""
    folder = folder_of_group(context, record.body["datasetGroupArn"])
    return folder.data_deletion_job(f"{record.body['jobName']}-{int(record.created_at)}")
