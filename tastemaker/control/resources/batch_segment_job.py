"""Batch segment jobs: the users who are most likely to like an item, or items with certain attributes."""

from collections.abc import Mapping

from tastemaker.control.core.declaration import Body, Request
from tastemaker.control.core.records import Record
from tastemaker.control.resources.batch_job import BatchJob, check_filter
from tastemaker.errors import InvalidInput

DEFAULT_USERS = 25
MAX_USERS = 5_000_000


class BatchSegmentJob(BatchJob):
    """A batch segment job."""

    name = "BatchSegmentJob"
    segment = "batch-segment-job"
    quota = "concurrentBatchSegmentJobs"

    def build_body(self, request: Request, referenced: Mapping[str, Record]) -> Body:
        recipe = self.context.ports.recipe(referenced["solutionVersionArn"].body["recipeArn"])
        if not recipe.batch_segment:
            raise InvalidInput(f"{recipe.name} makes no user segments; use a USER_SEGMENTATION recipe.")
        body = super().build_body(request, referenced)
        check_filter(recipe, referenced)
        users = request.get("numResults", DEFAULT_USERS)
        if not 1 <= users <= MAX_USERS:
            raise InvalidInput(f"numResults is {users}; it must be from 1 to {MAX_USERS}.")
        return {**body, "numResults": users}
