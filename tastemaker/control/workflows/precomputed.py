"""Lists that a batch inference job computes ahead, for GetRecommendations to answer from without the model.

A job asks for it with the tag `tastemaker:serve-days` when it is created: its answers, one list per user or
item, are also kept in a table, under a version of the job's own, for so many days. The record of the solution
points to the newest job whose lists are all there (internal member `_lists`): it changes by one write, so
that nothing is ever answered from half of a job. A job that starts again writes the same rows again.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tastemaker.contracts.precomputed import POINTER, PrecomputedPointer
from tastemaker.control.core.context import Desk
from tastemaker.control.core.records import Record
from tastemaker.errors import InvalidInput
from tastemaker.recipes import Recipe

TAG = "tastemaker:serve-days"
MOST_DAYS = 90
MOST_RESULTS = 100
"""A list is one row of at most 400 KB: a hundred ids of 256 characters, with scores, fit in any alphabet."""
DAY = 86_400
LATE = 7 * DAY
"""Seconds that expired rows may stay: DynamoDB removes them some days later."""


def days_of(recipe: Recipe, request: Mapping[str, Any], results: int) -> int | None:
    """For how many days the lists of a new job are to be served; None: not at all. Raises InvalidInput."""
    given = {tag["tagKey"]: tag["tagValue"] for tag in request.get("tags", [])}.get(TAG)
    if given is None:
        return None
    if not given.isdecimal() or not 1 <= int(given) <= MOST_DAYS:
        raise InvalidInput(f"The tag {TAG} is {given!r}; it must be a number of days from 1 to {MOST_DAYS}.")
    if recipe.call != "GetRecommendations":
        raise InvalidInput(f"{TAG}: lists are served by GetRecommendations only, not for {recipe.name}.")
    if "filterArn" in request:
        raise InvalidInput(f"{TAG}: lists are served to requests without a filter; leave out filterArn.")
    if results > MOST_RESULTS:
        raise InvalidInput(f"{TAG}: numResults is {results}; lists to serve have at most {MOST_RESULTS}.")
    return int(given)


def plan(desk: Desk, job: Record) -> dict[str, Any] | None:
    """What loading needs to know; None for a job that serves nothing. `key`: the member of a line, and of a
    request, that names a list."""
    if "_serveDays" not in job.body:
        return None
    version = desk.find("SolutionVersion", job.body["solutionVersionArn"])
    return {
        "version": version_of(job),
        "key": "itemId" if desk.recipe(version.body["recipeArn"]).needs_item else "userId",
        "expiresAt": _expires(job),
    }


def publish(desk: Desk, job: Record) -> None:
    """Point the solution to the lists of a job, unless it points to those of a newer one."""
    version = desk.find("SolutionVersion", job.body["solutionVersionArn"])
    solution = desk.find("Solution", version.body["solutionArn"])
    if solution.body.get(POINTER, {}).get("asOf", 0) >= int(job.created_at):
        return
    desk.change(
        solution,
        lastUpdatedDateTime=solution.body["lastUpdatedDateTime"],  # nothing that a caller set
        **{
            POINTER: PrecomputedPointer(
                version=version_of(job),
                jobName=job.body["jobName"],
                solutionVersionArn=version.arn,
                numResults=job.body["numResults"],
                asOf=int(job.created_at),
                expiresAt=_expires(job),
            )
        },
    )


def of_solution(desk: Desk, solution: str) -> list[str]:
    """The versions of lists that a solution's jobs have in the table, or may have."""
    return [
        version_of(job)
        for version in desk.each("SolutionVersion", solution)
        for job in _serving(desk, version.arn)
    ]


def about_users(desk: Desk, group: str) -> list[str]:
    """The versions of lists of a dataset group whose keys are users."""
    found = []
    for job in _serving(desk):
        version = desk.repository.get(job.body["solutionVersionArn"])
        if version is not None and version.body["datasetGroupArn"] == group:
            found += [] if desk.recipe(version.body["recipeArn"]).needs_item else [version_of(job)]
    return found


def version_of(job: Record) -> str:
    """The version that a job's lists are kept under. Its name alone may be taken again after a deletion."""
    return f"{job.arn}#{int(job.created_at)}"


def _serving(desk: Desk, version: str | None = None) -> Iterator[Record]:
    for job in desk.each("BatchInferenceJob", version):
        if "_serveDays" in job.body and _expires(job) + LATE > desk.now():
            yield job


def _expires(job: Record) -> int:
    return int(job.created_at) + int(job.body["_serveDays"]) * DAY
