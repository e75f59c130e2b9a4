"""Precomputed lists: the answers of a batch inference job, which GetRecommendations serves without the model.

A job asks for it with the tag `tastemaker:serve-days` when it is created. Its answers, one list per user or
item, are also stored in a table, under a version of the job's own, for so many days. The record of the
solution points to the newest job whose lists are complete (`PrecomputedPointer`). The pointer changes in one
write, so that no request is answered from half of a job. A job that starts again writes the same rows again.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tastemaker.contracts.durations import DAY_SECONDS
from tastemaker.contracts.plans import PrecomputedPlan
from tastemaker.contracts.precomputed import POINTER, PrecomputedPointer
from tastemaker.control.core.context import Context
from tastemaker.control.core.records import Record
from tastemaker.errors import InvalidInput
from tastemaker.recipes import Recipe

TAG = "tastemaker:serve-days"
MAX_DAYS = 90
MAX_RESULTS = 100
"""A list is one row of at most 400 KB: a hundred ids of 256 characters, with scores, fit in any alphabet."""
EXPIRY_DELAY_SECONDS = 7 * DAY_SECONDS
"""How long expired rows may still exist: DynamoDB removes them some days later."""


def lists_of(solution: Record) -> PrecomputedPointer | None:
    """The precomputed lists of a solution; None if it has none."""
    return solution.body.get(POINTER)


def days_of(recipe: Recipe, request: Mapping[str, Any], results: int) -> int | None:
    """How many days the lists of a new job are served; None if they are not. Raises InvalidInput."""
    given = {tag["tagKey"]: tag["tagValue"] for tag in request.get("tags", [])}.get(TAG)
    if given is None:
        return None
    if not given.isdecimal() or not 1 <= int(given) <= MAX_DAYS:
        raise InvalidInput(f"The tag {TAG} is {given!r}; it must be a number of days from 1 to {MAX_DAYS}.")
    if recipe.call != "GetRecommendations":
        raise InvalidInput(f"{TAG}: lists are served by GetRecommendations only, not for {recipe.name}.")
    if "filterArn" in request:
        raise InvalidInput(f"{TAG}: lists are served to requests without a filter; leave out filterArn.")
    if results > MAX_RESULTS:
        raise InvalidInput(f"{TAG}: numResults is {results}; lists to serve have at most {MAX_RESULTS}.")
    return int(given)


def private_members(days: int | None) -> dict[str, int]:
    """The private members of a job whose lists are served for so many days."""
    return {} if days is None else {"_serveDays": days}


def is_served(job: Record) -> bool:
    """Whether the lists of a batch job are served."""
    return "_serveDays" in job.body


def plan(context: Context, job: Record) -> PrecomputedPlan | None:
    """How the lists of a job are stored; None for a job whose lists are not served."""
    if not is_served(job):
        return None
    version = context.records.find("SolutionVersion", job.body["solutionVersionArn"])
    needs_item = context.ports.recipe(version.body["recipeArn"]).needs_item
    return {
        "version": version_of(job),
        "key": "itemId" if needs_item else "userId",
        "expiresAt": _expires_at(job),
    }


def publish(context: Context, job: Record) -> None:
    """Point the solution to the lists of a job, unless it points to those of a newer one."""
    version = context.records.find("SolutionVersion", job.body["solutionVersionArn"])
    solution = context.records.find("Solution", version.body["solutionArn"])
    current = lists_of(solution)
    if current is not None and current["asOf"] >= int(job.created_at):
        return
    lists: PrecomputedPointer = {
        "version": version_of(job),
        "jobName": job.body["jobName"],
        "solutionVersionArn": version.arn,
        "numResults": job.body["numResults"],
        "asOf": int(job.created_at),
        "expiresAt": _expires_at(job),
    }
    context.writer.change_private(solution, **{POINTER: lists})


def versions_of_solution(context: Context, solution: str) -> list[str]:
    """The versions of lists that a solution's jobs have in the table, or may have."""
    return [
        version_of(job)
        for version in context.records.each("SolutionVersion", solution)
        for job in _served_jobs(context, version.arn)
    ]


def versions_about_users(context: Context, group: str) -> list[str]:
    """The versions of lists of a dataset group whose keys are users."""
    found = []
    for job in _served_jobs(context):
        version = context.records.get(job.body["solutionVersionArn"])
        if version is not None and version.body["datasetGroupArn"] == group:
            needs_item = context.ports.recipe(version.body["recipeArn"]).needs_item
            found += [] if needs_item else [version_of(job)]
    return found


def version_of(job: Record) -> str:
    """The version of a job's lists. The name of a job may be used again after a deletion, hence the time."""
    return f"{job.arn}#{int(job.created_at)}"


def _served_jobs(context: Context, version: str | None = None) -> Iterator[Record]:
    for job in context.records.each("BatchInferenceJob", version):
        if is_served(job) and _expires_at(job) + EXPIRY_DELAY_SECONDS > context.now():
            yield job


def _expires_at(job: Record) -> int:
    return int(job.created_at) + int(job.body["_serveDays"]) * DAY_SECONDS
