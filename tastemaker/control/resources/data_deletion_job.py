"""Data deletion jobs: the traces of users leave a dataset group."""

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts.lake_layout import Area, DeletionFolder, GroupFolder
from tastemaker.contracts.workflow_names import DATA_DELETION
from tastemaker.control.core import statuses
from tastemaker.control.core.context import Desk
from tastemaker.control.core.declaration import WHILE_MOVING, Body, Reference, Request
from tastemaker.control.core.jobs import Job
from tastemaker.control.core.locations import check_s3
from tastemaker.control.core.records import Record
from tastemaker.control.resources.dataset import datasets_of
from tastemaker.control.resources.dataset_group import group_name
from tastemaker.control.workflows import batch, precomputed
from tastemaker.errors import InvalidInput

WITH_USERS = ("INTERACTIONS", "USERS", "ACTION_INTERACTIONS")
WITH_HISTORY = (Area.DATASETS, Area.EVENTS, Area.TRAINING, Area.BATCH)
"""Folders of a group where the bucket keeps older versions of objects that name users."""
BATCH_KINDS = ("BatchInferenceJob", "BatchSegmentJob")


class DataDeletionJob(Job):
    """Its statuses are words of its own: PENDING, IN_PROGRESS, COMPLETED or FAILED."""

    name = "DataDeletionJob"
    segment = "data-deletion-job"
    refers = (Reference("datasetGroupArn", "DatasetGroup", holds=WHILE_MOVING),)
    first_status = statuses.JOB_PENDING
    moving_status = statuses.JOB_IN_PROGRESS
    failed_status = statuses.JOB_FAILED
    workflow = DATA_DELETION
    quota = "pendingDataDeletionJobsPerDatasetGroup"

    def members(self, desk: Desk, request: Request, found: Mapping[str, Record]) -> Body:
        location = request["dataSource"].get("dataLocation")
        if location is None:
            raise InvalidInput(
                "dataSource.dataLocation is missing: the S3 location of a CSV file of user ids."
            )
        check_s3(location, "dataSource.dataLocation")
        return super().members(desk, request, found)

    def peers(self, desk: Desk, body: Body, parent: str | None) -> list[Record]:
        return [one for one in desk.each(self.name, parent) if one.status == statuses.JOB_PENDING]

    # --- life ---

    def begin(self, desk: Desk, record: Record, request: Request, execution: str) -> dict[str, Any]:
        folder = working_folder(record)
        if record.status == statuses.JOB_COMPLETED:
            return {"arn": record.arn, "prefixes": [folder.prefix], "done": True}
        record = self.taken(desk, record, execution)
        group = group_name(record.body["datasetGroupArn"])
        datasets = datasets_of(desk, record.body["datasetGroupArn"])
        home = GroupFolder(group)
        return {
            "arn": record.arn,
            "datasetGroup": group,
            "source": record.body["dataSource"]["dataLocation"],
            "roleArn": record.body.get("roleArn"),
            "datasets": [
                {
                    "arn": one.arn,
                    "type": kind,
                    "folder": home.dataset(kind),
                    "visible": [each["prefix"] for each in one.body["_imports"]],
                }
                for kind, one in datasets.items()
                if kind in WITH_USERS
            ],
            "events": home.events,
            "actionEvents": home.action_events,
            "trainings": home.area(Area.TRAINING),
            "left": self._left_by_batch_jobs(desk, record.body["datasetGroupArn"]),
            "lists": precomputed.about_users(desk, record.body["datasetGroupArn"]),
            "history": [*map(home.area, WITH_HISTORY), home.action_events],
            "folder": folder.prefix,
            "work": folder.tasks,
            "prefixes": [folder.prefix],
        }

    def _left_by_batch_jobs(self, desk: Desk, group: str) -> list[str]:
        """What batch jobs of the group that failed have left: answers are about users."""
        found = []
        for kind in BATCH_KINDS:
            for job in desk.each(kind):
                version = desk.repository.get(job.body["solutionVersionArn"])
                theirs = version is not None and version.body["datasetGroupArn"] == group
                if theirs and job.status == statuses.FAILED:
                    found.append(batch.working_folder(desk, job).prefix)
        return found

    def succeed(self, desk: Desk, record: Record, plan: Request, result: Request) -> None:
        if record.status == statuses.JOB_IN_PROGRESS:
            desk.change(record, status=statuses.JOB_COMPLETED, numDeleted=result["numDeleted"])

    def folder(self, desk: Desk, record: Record) -> str:
        return working_folder(record).prefix


def working_folder(record: Record) -> DeletionFolder:
    """The folder of a job's list of tasks while it runs."""
    group = group_name(record.body["datasetGroupArn"])
    return GroupFolder(group).data_deletion_job(f"{record.body['jobName']}-{int(record.created_at)}")
