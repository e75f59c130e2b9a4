"""Data deletion jobs: the traces of users leave a dataset group."""

from collections.abc import Mapping

from tastemaker.errors import InvalidInput
from tastemaker.resources import statuses
from tastemaker.resources.desk import Desk
from tastemaker.resources.kind import WHILE_MOVING, Body, Kind, Reference, Request
from tastemaker.resources.locations import check_s3
from tastemaker.resources.repository import Record


class DataDeletionJob(Kind):
    """Its statuses are words of its own: PENDING, IN_PROGRESS, COMPLETED or FAILED."""

    name = "DataDeletionJob"
    segment = "data-deletion-job"
    refers = (Reference("datasetGroupArn", "DatasetGroup", holds=WHILE_MOVING),)
    name_member = "jobName"
    verbs = ("Create", "Describe", "List")
    first_status = statuses.JOB_PENDING
    failed_status = statuses.JOB_FAILED
    workflow = "erase"
    quota = "pendingDataDeletionJobsPerDatasetGroup"
    served = False

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
