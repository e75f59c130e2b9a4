"""What a function needs that runs the control plane: records, and workflows that it starts and schedules."""

from __future__ import annotations

import json
from collections.abc import Sequence

import aws_cdk as cdk

from infrastructure.functions.declaration import Resources
from infrastructure.functions.service_function import ServiceFunction
from infrastructure.grants import WRITE_RECORDS, allow_records
from infrastructure.permissions import allow
from infrastructure.schedules import Schedules
from infrastructure.training import JOB_PREFIX
from tastemaker.contracts.workflow_names import DECLARE, MAILING, WORKFLOWS, machine_name

WORKFLOWS_OF_RECORDS = tuple(name for name in WORKFLOWS if name not in (DECLARE, MAILING))
"""The workflows that records wait for. Only people and their schedules start a mailing."""


def run_control_plane(function: ServiceFunction, uses: Resources, *, starts: Sequence[str] = ()) -> None:
    """Give a function the environment and the permissions of the control plane.

    `starts` are workflows beyond those of records that the function may start and stop.
    The ARNs of the state machines are built from their names, because a machine may itself call the function.
    """
    function.set(
        RESOURCES_TABLE=uses.tables.resources.table_name,
        EVENT_BUS=uses.bus.event_bus_name,
        SCHEDULE_GROUP=uses.schedules.group_name,
        SCHEDULE_ROLE_ARN=uses.schedules.role.role_arn,
        QUOTAS=json.dumps(uses.stage.quotas),
        LAKE_BUCKET=uses.lake.bucket.bucket_name,
        IMPORT_ROLES=uses.stage.import_roles,
        AUTO_TRAINING_DELAY_MINUTES=str(uses.stage.auto_training_delay_minutes),
    )
    for name in uses.machines:
        function.function.add_environment(
            WORKFLOWS[name].machine_arn_variable, _states_arn(function, uses, "stateMachine", name)
        )
    allow_records(function.role, uses.tables, WRITE_RECORDS)
    allow(function.role, ["events:PutEvents"], [uses.bus.event_bus_arn])
    _start_and_stop_work(function, uses, [*WORKFLOWS_OF_RECORDS, *starts])
    _manage_schedules(function, uses.schedules)


def _states_arn(function: ServiceFunction, uses: Resources, resource: str, workflow: str) -> str:
    return cdk.Stack.of(function).format_arn(
        service="states",
        resource=resource,
        resource_name=machine_name(uses.stage.stack_name, workflow),
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )


def _start_and_stop_work(function: ServiceFunction, uses: Resources, names: Sequence[str]) -> None:
    machines = [_states_arn(function, uses, "stateMachine", name) for name in names]
    allow(function.role, ["states:StartExecution"], machines)
    allow(
        function.role,
        ["states:StopExecution", "states:DescribeExecution"],
        [f"{_states_arn(function, uses, 'execution', name)}:*" for name in names],
        because="an execution gets its name when it starts",
    )
    jobs = cdk.Stack.of(function).format_arn(
        service="sagemaker", resource="training-job", resource_name=f"{JOB_PREFIX}*"
    )
    allow(function.role, ["sagemaker:StopTrainingJob"], [jobs], because="a job gets its name when it starts")


def _manage_schedules(function: ServiceFunction, schedules: Schedules) -> None:
    actions = ["CreateSchedule", "UpdateSchedule", "DeleteSchedule", "GetSchedule"]
    allow(
        function.role,
        [f"scheduler:{action}" for action in actions],
        [schedules.schedules_arn],
        because="each scheduled resource has a schedule in this group, which has no other use",
    )
    allow(
        function.role,
        ["iam:PassRole"],
        [schedules.role.role_arn],
        when={"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
    )
