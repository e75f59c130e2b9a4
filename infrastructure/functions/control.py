"""The `control` function: the APIs of personalize and tastemaker."""

from __future__ import annotations

import json

import aws_cdk as cdk

from infrastructure.data.tables import IN_TRANSITION_INDEX
from infrastructure.functions.declaration import FunctionDeclaration, Resources
from infrastructure.functions.service_function import Limits, ServiceFunction
from infrastructure.grants import WRITE_RECORDS, allow_records, authorize_callers
from infrastructure.permissions import allow
from infrastructure.schedules import Schedules
from infrastructure.stage import Stage
from infrastructure.training import JOB_PREFIX
from tastemaker.contracts.workflow_names import WORKFLOWS, machine_name

RECONCILE_MINUTES = 15


def _limits(stage: Stage) -> Limits:
    # An HTTP API gives up after 30 seconds.
    return Limits(memory=stage.functions.control_memory, timeout=29)


def _connect(control: ServiceFunction, uses: Resources) -> None:
    steps = uses.functions["steps"].function
    control.set(
        RESOURCES_TABLE=uses.tables.resources.table_name,
        EVENT_BUS=uses.bus.event_bus_name,
        SCHEDULE_GROUP=uses.schedules.group_name,
        SCHEDULE_ROLE_ARN=uses.schedules.role.role_arn,
        STEPS_FUNCTION=steps.function_name,
        QUOTAS=json.dumps(uses.stage.quotas),
        DEPLOYMENT=uses.stage.summary.to_json(),
        LAKE_BUCKET=uses.lake.bucket.bucket_name,
        IMPORT_ROLES=uses.stage.import_roles,
        AUTO_TRAINING_DELAY_MINUTES=str(uses.stage.auto_training_delay_minutes),
        GENERATION_FUNCTION=uses.functions["generation"].function.function_name,
        TEXT_GENERATION=uses.stage.generation.for_functions("").to_json(),
    )
    for name, machine in uses.machines.items():
        control.function.add_environment(WORKFLOWS[name].machine_arn_variable, machine.state_machine_arn)
    authorize_callers(control, uses.stage)
    allow_records(control.role, uses.tables, WRITE_RECORDS)
    allow(control.role, ["events:PutEvents"], [uses.bus.event_bus_arn])
    _start_and_stop_work(control, uses)
    _manage_schedules(control, uses.schedules)
    # Reconciliation finds records whose execution was lost. The steps function settles them.
    index = f"{uses.tables.resources.table_arn}/index/{IN_TRANSITION_INDEX}"
    allow(control.role, ["dynamodb:Query"], [index])
    texts = uses.functions["generation"].function
    allow(control.role, ["lambda:InvokeFunction"], [steps.function_arn, texts.function_arn])
    uses.schedules.call(
        "Reconcile", control.function, minutes=RECONCILE_MINUTES, event={"action": "reconcile"}
    )


def _start_and_stop_work(control: ServiceFunction, uses: Resources) -> None:
    stack = cdk.Stack.of(control)
    machines = [machine.state_machine_arn for machine in uses.machines.values()]
    allow(control.role, ["states:StartExecution"], machines)
    executions = [
        stack.format_arn(
            service="states",
            resource="execution",
            resource_name=f"{machine_name(uses.stage.stack_name, name)}:*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        for name in uses.machines
    ]
    allow(
        control.role,
        ["states:StopExecution", "states:DescribeExecution"],
        executions,
        because="an execution gets its name when it starts",
    )
    jobs = stack.format_arn(service="sagemaker", resource="training-job", resource_name=f"{JOB_PREFIX}*")
    allow(control.role, ["sagemaker:StopTrainingJob"], [jobs], because="a job gets its name when it starts")


def _manage_schedules(control: ServiceFunction, schedules: Schedules) -> None:
    actions = ["CreateSchedule", "UpdateSchedule", "DeleteSchedule", "GetSchedule"]
    allow(
        control.role,
        [f"scheduler:{action}" for action in actions],
        [schedules.schedules_arn],
        because="each scheduled resource has a schedule in this group, which has no other use",
    )
    allow(
        control.role,
        ["iam:PassRole"],
        [schedules.role.role_arn],
        when={"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
    )


FUNCTION = FunctionDeclaration(
    name="control",
    description="personalize: creates, describes, lists, updates and deletes resources",
    limits=_limits,
    connect=_connect,
)
