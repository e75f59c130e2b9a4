"""Schedules of EventBridge Scheduler that start workflows: trainings, refreshes, attributions."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from lambdas.support import clients
from tastemaker.control.core.ports import StartError

UNITS = {"day": 86_400, "hour": 3600, "minute": 60}


class Schedules:
    """Schedules workflows: the part of `WorkflowStarter` that EventBridge Scheduler does.

    `group` is the schedule group. `role` is the role that may start the `machines`, which map a workflow to
    the ARN of its state machine. `client` is for tests.
    """

    def __init__(self, group: str, role: str, machines: Mapping[str, str], client: Any = None) -> None:
        self.group, self.role, self.machines = group, role, machines
        self._given = client

    @cached_property
    def _client(self) -> Any:
        return self._given or clients.client("scheduler")

    def schedule(
        self, name: str, *, workflow: str, every: float, first_at: float, request: Mapping[str, Any]
    ) -> None:
        """Start a workflow at `first_at` and then every `every` seconds. Raises StartError."""
        definition = {
            "Name": name,
            "GroupName": self.group,
            "ScheduleExpression": _rate(every),
            "StartDate": datetime.fromtimestamp(first_at, UTC),
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {
                "Arn": self.machines[workflow],
                "RoleArn": self.role,
                "Input": json.dumps(request),
            },
        }
        try:
            try:
                self._client.create_schedule(**definition)
            except self._client.exceptions.ConflictException:
                self._client.update_schedule(**definition)
        except ClientError as error:
            raise StartError(f"The {workflow} workflow could not be scheduled: {error}") from error

    def unschedule(self, name: str) -> None:
        """Remove a schedule, if it exists. Raises StartError."""
        try:
            self._client.delete_schedule(Name=name, GroupName=self.group)
        except self._client.exceptions.ResourceNotFoundException:
            pass
        except ClientError as error:
            raise StartError(f"A schedule could not be removed: {error}") from error


def _rate(seconds: float) -> str:
    """A rate expression in the largest unit that fits: `rate(2 hours)`."""
    unit, size = next((u, s) for u, s in UNITS.items() if seconds % s == 0)
    count = int(seconds // size)
    return f"rate({count} {unit}{'' if count == 1 else 's'})"
