"""What batch inference and batch segment jobs share: their life, and the plan of the `batch` workflow."""

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts.lake_layout import BatchFolder, GroupFolder
from tastemaker.control.core import statuses
from tastemaker.control.core.context import Desk
from tastemaker.control.core.declaration import NEVER, WHILE_MOVING, Body, Reference, Request
from tastemaker.control.core.jobs import Job
from tastemaker.control.core.locations import check_job
from tastemaker.control.core.records import Record
from tastemaker.control.resources.dataset_group import group_name
from tastemaker.control.workflows import precomputed
from tastemaker.errors import InvalidInput
from tastemaker.recipes import Recipe


class BatchJob(Job):
    """Input files in S3, a model, a file of answers for each. Such jobs cannot be deleted."""

    refers = (
        Reference("solutionVersionArn", "SolutionVersion", holds=NEVER),
        Reference("filterArn", "Filter", holds=WHILE_MOVING),
    )
    workflow = "batch"
    quota_counts_moving = True

    def members(self, desk: Desk, request: Request, found: Mapping[str, Record]) -> Body:
        check_job(request)
        _check_same_group(found)
        return super().members(desk, request, found)

    def begin(self, desk: Desk, record: Record, request: Request, execution: str) -> dict[str, Any]:
        moving = self.taken(desk, record, execution)
        body = moving.body
        version = desk.find("SolutionVersion", body["solutionVersionArn"])
        if "_bundle" not in version.body:
            raise InvalidInput(f"{version.arn} has no model: its status is {version.status}.")
        source, target = body["jobInput"]["s3DataSource"], body["jobOutput"]["s3DataDestination"]
        folder = working_folder(desk, moving)
        lists = precomputed.plan(desk, moving)
        return {
            "arn": moving.arn,
            "folder": folder.prefix,
            "prefixes": [folder.prefix],
            "shards": folder.shards,
            "files": folder.files,
            "input": source["path"],
            "output": target["path"],
            "kmsKeyArn": target.get("kmsKeyArn"),
            "roleArn": body.get("roleArn"),
            "solutionVersionArn": version.arn,
            "datasetGroupArn": version.body["datasetGroupArn"],
            "recipeArn": version.body["recipeArn"],
            "bundle": version.body["_bundle"],
            "filterArn": body.get("filterArn"),
            "numResults": body["numResults"],
            "config": body.get("batchInferenceJobConfig") or {},
            "now": int(moving.created_at),
            "served": lists is not None,
            "lists": lists,
        }

    def succeed(self, desk: Desk, record: Record, plan: Request, result: Request) -> None:
        if record.status == statuses.IN_PROGRESS:
            if "_serveDays" in record.body:
                precomputed.publish(desk, record)
            desk.change(record, status=statuses.ACTIVE)

    def folder(self, desk: Desk, record: Record) -> str:
        return working_folder(desk, record).prefix


def working_folder(desk: Desk, record: Record) -> BatchFolder:
    """The folder of a job's shards and their answers while it runs."""
    version = desk.find("SolutionVersion", record.body["solutionVersionArn"])
    group = group_name(version.body["datasetGroupArn"])
    return GroupFolder(group).batch_job(f"{record.body['jobName']}-{int(record.created_at)}")


def check_filter(recipe: Recipe, found: Mapping[str, Record]) -> None:
    """A job's filter must be of the kind that its recipe takes. Raises FilterError."""
    if "filterArn" in found:
        from tastemaker import filters  # as in filter.py

        filter = filters.parse(found["filterArn"].body["filterExpression"])
        filters.check(filter, recipe_type=recipe.type, recipe_name=recipe.name)


def _check_same_group(found: Mapping[str, Record]) -> None:
    """The filter of a job must belong to the dataset group of its model. Raises InvalidInput."""
    if "filterArn" in found:
        group = found["solutionVersionArn"].body["datasetGroupArn"]
        if found["filterArn"].parent != group:
            raise InvalidInput(
                f"The filter {found['filterArn'].arn} belongs to another dataset group than {group}."
            )
