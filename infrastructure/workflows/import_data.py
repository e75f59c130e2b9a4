"""The import machine: the files of a dataset import job become typed Parquet files in the lake."""

from __future__ import annotations

import json

from aws_cdk import aws_stepfunctions as sfn

from infrastructure.grants import external_id
from infrastructure.workflows.declaration import WorkflowDeclaration, WorkflowResources
from infrastructure.workflows.flow import Workflow, is_true
from tastemaker.contracts.workflow_names import IMPORT


def _define(flow: Workflow, uses: WorkflowResources) -> sfn.StateMachine:
    """The last step publishes the new files; nothing reads them before."""
    start, spark = flow.begin("Begin import"), uses.spark
    work = flow.work("Import data", uses.functions["importing"])
    publish = flow.step("Publish import", "succeed", result="$.result")
    start.next(work)
    hours = 3
    if spark is None:
        work.next(publish)
    else:
        arguments = ["--data-buckets", json.dumps(uses.stage.data_buckets)]
        arguments += ["--external-id", external_id(uses.stage)]
        job = spark.task(flow, "Import data on Spark", "import", plan="$.plan", arguments=arguments)
        job.next(flow.step("Read imported data", "outcome", result_path="$.result")).next(publish)
        too_large = sfn.Choice(flow, "Is it too large for a function?")
        work.next(too_large.when(is_true("$.result.distributed"), job).otherwise(publish))
        hours = spark.hours + 2
    return flow.finish(start, comment='Input: {"datasetImportJobArn": "…"}', hours=hours)


WORKFLOW = WorkflowDeclaration(name=IMPORT, subject="Import", define=_define)
