"""The data deletion machine: the data of users is deleted from every file and table."""

from __future__ import annotations

from aws_cdk import aws_stepfunctions as sfn

from infrastructure.workflows.declaration import WorkflowDeclaration, WorkflowResources
from infrastructure.workflows.flow import Workflow, is_true
from tastemaker.contracts.lake_layout import Area
from tastemaker.contracts.workflow_names import DATA_DELETION


def _define(flow: Workflow, uses: WorkflowResources) -> sfn.StateMachine:
    start, function = flow.begin("Begin data deletion"), uses.functions["deletion"]
    delete = flow.each(
        "Delete users",
        "Delete users from a file or table",
        function,
        "delete",
        lake=uses.lake,
        area=Area.DATA_DELETION,
        list_key="$.plan.work",
        concurrency=uses.stage.functions.deletion_concurrency,
    )
    # The job's folder holds the number of deleted records, so it is deleted last. A job that was stopped
    # before that is started again to delete only the folder.
    clean_up = flow.clean_up(sfn.Succeed(flow, "Data deleted"))
    work = flow.action("List files and tables", function, "plan")
    work.next(delete).next(
        flow.action("Count deleted records", function, "count", result_path="$.result")
    ).next(flow.step("Complete data deletion", "succeed", result="$.result")).next(clean_up)
    start.next(
        sfn.Choice(flow, "Is the job already complete?")
        .when(is_true("$.plan.done"), clean_up)
        .otherwise(work)
    )
    return flow.finish(start, comment='Input: {"dataDeletionJobArn": "…"}', hours=24)


WORKFLOW = WorkflowDeclaration(name=DATA_DELETION, subject="Data deletion", define=_define)
