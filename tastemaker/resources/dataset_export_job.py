"""Dataset export jobs: a dataset's rows to CSV files."""

from collections.abc import Mapping

from tastemaker.resources import statuses
from tastemaker.resources.desk import Desk
from tastemaker.resources.kind import WHILE_MOVING, Body, Kind, Reference, Request
from tastemaker.resources.locations import check_s3
from tastemaker.resources.repository import Record


class DatasetExportJob(Kind):
    name = "DatasetExportJob"
    segment = "dataset-export-job"
    refers = (Reference("datasetArn", "Dataset", holds=WHILE_MOVING),)
    name_member = "jobName"
    verbs = ("Create", "Describe", "List")
    first_status = statuses.PENDING
    workflow = "export"
    served = False

    def members(self, desk: Desk, request: Request, found: Mapping[str, Record]) -> Body:
        check_s3(request["jobOutput"]["s3DataDestination"]["path"], "jobOutput.s3DataDestination.path")
        return {"ingestionMode": "PUT", **super().members(desk, request, found)}
