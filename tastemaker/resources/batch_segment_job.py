"""Batch segment jobs: the users who are most likely to like an item, or items with certain attributes."""

from collections.abc import Mapping

from tastemaker.errors import InvalidInput
from tastemaker.resources import statuses
from tastemaker.resources.batch_inference_job import check_same_group
from tastemaker.resources.desk import Desk
from tastemaker.resources.kind import NEVER, WHILE_MOVING, Body, Kind, Reference, Request
from tastemaker.resources.locations import check_job
from tastemaker.resources.repository import Record

DEFAULT_USERS = 25
MOST_USERS = 5_000_000


class BatchSegmentJob(Kind):
    name = "BatchSegmentJob"
    segment = "batch-segment-job"
    refers = (
        Reference("solutionVersionArn", "SolutionVersion", holds=NEVER),
        Reference("filterArn", "Filter", holds=WHILE_MOVING),
    )
    name_member = "jobName"
    verbs = ("Create", "Describe", "List")
    first_status = statuses.PENDING
    workflow = "batch"
    quota = "concurrentBatchSegmentJobs"
    quota_counts_moving = True
    served = False

    def members(self, desk: Desk, request: Request, found: Mapping[str, Record]) -> Body:
        recipe = desk.recipe(found["solutionVersionArn"].body["recipeArn"])
        if not recipe.batch_segment:
            raise InvalidInput(f"{recipe.name} makes no user segments; use a USER_SEGMENTATION recipe.")
        check_job(request)
        check_same_group(found)
        users = request.get("numResults", DEFAULT_USERS)
        if not 1 <= users <= MOST_USERS:
            raise InvalidInput(f"numResults is {users}; it must be from 1 to {MOST_USERS}.")
        return {**super().members(desk, request, found), "numResults": users}
