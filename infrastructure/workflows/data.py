"""Machines for the data: import, export, attribution, the erasure of users, the deletion of resources."""

from __future__ import annotations

import json

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn

from infrastructure.data.lake import Lake
from infrastructure.distributed import Distributed
from infrastructure.workflows.flow import Workflow, is_true


def import_(
    flow: Workflow, ingest: lambda_.Function, spark: Distributed | None, data_buckets: list[str]
) -> sfn.StateMachine:
    """Typed and checked files into the lake; they count when the last step publishes them."""
    start = flow.begin("Begin import")
    work = flow.work("Import data", ingest)
    publish = flow.step("Publish import", "succeed", result="$.result")
    start.next(work)
    if spark is None:
        work.next(publish)
    else:
        arguments = ["--data-buckets", json.dumps(data_buckets)]
        job = spark.task(flow, "Import data on Spark", "import", plan="$.plan", arguments=arguments)
        job.next(flow.step("Read what Spark imported", "outcome", result_path="$.result")).next(publish)
        too_much = sfn.Choice(flow, "Is it too much for a function?")
        work.next(too_much.when(is_true("$.result.distributed"), job).otherwise(publish))
    hours = 3 if spark is None else spark.hours + 2
    return flow.finish(start, comment='Input: {"datasetImportJobArn": "…"}', hours=hours)


def export(flow: Workflow, function: lambda_.Function) -> sfn.StateMachine:
    """A dataset's rows out to a bucket of the caller's."""
    start = flow.begin("Begin export")
    start.next(flow.work("Export data", function)).next(
        flow.step("Publish export", "succeed", result="$.result")
    )
    return flow.finish(start, comment='Input: {"datasetExportJobArn": "…"}', hours=1)


def erase(flow: Workflow, function: lambda_.Function, *, lake: Lake, concurrency: int) -> sfn.StateMachine:
    """The traces of users out of every file and table, piece by piece."""
    start = flow.begin("Begin data deletion")
    pieces = flow.each(
        "Delete users",
        "Delete users from a file or table",
        function,
        "delete",
        lake=lake,
        listed_in="erase",
        listed_at="$.plan.work",
        concurrency=concurrency,
    )
    # What each piece deleted is counted in the job's folder, which goes last: a job that was stopped
    # between the two is started again for that alone.
    clear = flow.clear_away(sfn.Succeed(flow, "Data deleted"))
    work = flow.action("List what there is", function, "plan")
    work.next(pieces).next(
        flow.action("Count what was deleted", function, "count", result_path="$.result")
    ).next(flow.step("Complete data deletion", "succeed", result="$.result")).next(clear)
    start.next(sfn.Choice(flow, "Is it done already?").when(is_true("$.plan.done"), clear).otherwise(work))
    return flow.finish(start, comment='Input: {"dataDeletionJobArn": "…"}', hours=24)


def attribute(flow: Workflow, function: lambda_.Function) -> sfn.StateMachine:
    """What recommendations brought about since the last time, to CloudWatch and the caller's bucket."""
    start = flow.begin("Begin report")
    start.next(flow.work("Report metrics", function)).next(
        flow.step("Complete report", "succeed", result="$.result")
    )
    return flow.finish(start, comment='Input: {"metricAttributionArn": "…"}', hours=1)


def delete(flow: Workflow) -> sfn.StateMachine:
    """What belonged to a resource, and then its record."""
    start = flow.begin("Begin deletion")
    purge = flow.step("Purge data", "purge", result_path="$.result")
    flow.while_more(purge, question="Is there more to purge?", then=flow.step("Remove record", "remove"))
    start.next(purge)
    return flow.finish(start, comment='Input: {"arn": "…"}', hours=24)
