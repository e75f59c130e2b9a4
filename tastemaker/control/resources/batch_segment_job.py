"""Batch segment jobs: the users who are most likely to like an item, or items with certain attributes."""

from collections.abc import Mapping

from tastemaker.control.core.context import Desk
from tastemaker.control.core.declaration import Body, Request
from tastemaker.control.core.records import Record
from tastemaker.control.workflows.batch import BatchJob, check_filter
from tastemaker.errors import InvalidInput

DEFAULT_USERS = 25
MOST_USERS = 5_000_000


class BatchSegmentJob(BatchJob):
    name = "BatchSegmentJob"
    segment = "batch-segment-job"
    quota = "concurrentBatchSegmentJobs"

    def members(self, desk: Desk, request: Request, found: Mapping[str, Record]) -> Body:
        recipe = desk.recipe(found["solutionVersionArn"].body["recipeArn"])
        if not recipe.batch_segment:
            raise InvalidInput(f"{recipe.name} makes no user segments; use a USER_SEGMENTATION recipe.")
        body = super().members(desk, request, found)
        check_filter(recipe, found)
        users = request.get("numResults", DEFAULT_USERS)
        if not 1 <= users <= MOST_USERS:
            raise InvalidInput(f"numResults is {users}; it must be from 1 to {MOST_USERS}.")
        return {**body, "numResults": users}
