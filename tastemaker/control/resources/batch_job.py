"""What batch inference jobs and batch segment jobs share: rules, lifecycle and the plan of `batch`."""

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts import statuses
from tastemaker.contracts.job_folders import BatchFolder
from tastemaker.contracts.plans import BatchPlan
from tastemaker.control.core.context import Context
from tastemaker.control.core.datasets import folder_of_group
from tastemaker.control.core.declaration import IN_TRANSITION, NEVER, Body, Reference, Request
from tastemaker.control.core.deployments import trained_bundle_of
from tastemaker.control.core.jobs import Job
from tastemaker.control.core.locations import check_job
from tastemaker.control.core.records import Record
from tastemaker.control.workflows import precomputed
from tastemaker.errors import InvalidInput
from tastemaker.recipes import Recipe


class BatchJob(Job):
    """A job that answers input files in S3 with a model, one output file for each. It cannot be deleted.

    Private members: `_lines`, the lines of the input, and `_answered`, those that were answered.
    """

    references = (
        Reference("solutionVersionArn", "SolutionVersion", blocks_deletion=NEVER),
        Reference("filterArn", "Filter", blocks_deletion=IN_TRANSITION),
    )
    workflow = "batch"
    quota_counts_in_transition = True

    def build_body(self, request: Request, referenced: Mapping[str, Record]) -> Body:
        check_job(request)
        _check_same_group(referenced)
        return super().build_body(request, referenced)

    def begin(self, record: Record, request: Request, execution: str) -> BatchPlan:
        claimed = self.claim_job(record, execution)
        body = claimed.body
        version = self.context.records.find("SolutionVersion", body["solutionVersionArn"])
        bundle = trained_bundle_of(version)
        source, target = body["jobInput"]["s3DataSource"], body["jobOutput"]["s3DataDestination"]
        folder = working_folder(self.context, claimed)
        lists = precomputed.plan(self.context, claimed)
        return {
            "arn": claimed.arn,
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
            "bundle": bundle,
            "filterArn": body.get("filterArn"),
            "numResults": body["numResults"],
            "config": body.get("batchInferenceJobConfig") or {},
            "now": int(claimed.created_at),
            "served": lists is not None,
            "lists": lists,
        }

    def succeed(self, record: Record, plan: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        if record.status == statuses.IN_PROGRESS:
            if precomputed.is_served(record):
                precomputed.publish(self.context, record)
            counts = {f"_{name}": result[name] for name in ("lines", "answered") if name in result}
            self.context.writer.change(record, status=statuses.ACTIVE, **counts)

    def folder(self, record: Record) -> str:
        return working_folder(self.context, record).prefix


def working_folder(context: Context, record: Record) -> BatchFolder:
    """The folder of a job's shards and their answers while it runs."""
    version = context.records.find("SolutionVersion", record.body["solutionVersionArn"])
    folder = folder_of_group(context, version.body["datasetGroupArn"])
    return folder.batch_job(f"{record.body['jobName']}-{int(record.created_at)}")


def check_filter(recipe: Recipe, referenced: Mapping[str, Record]) -> None:
    """Check that the job's filter suits its recipe. Raises FilterError."""
    if "filterArn" in referenced:
        from tastemaker import filters  # imported late, as in filter.py

        filter = filters.parse(referenced["filterArn"].body["filterExpression"])
        filters.check(filter, recipe_type=recipe.type, recipe_name=recipe.name)


def _check_same_group(referenced: Mapping[str, Record]) -> None:
    """Check that the filter belongs to the dataset group of the model. Raises InvalidInput."""
    if "filterArn" in referenced:
        group = referenced["solutionVersionArn"].body["datasetGroupArn"]
        if referenced["filterArn"].parent != group:
            raise InvalidInput(
                f"The filter {referenced['filterArn'].arn} belongs to another dataset group than {group}."
            )
