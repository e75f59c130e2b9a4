"""Automatic training: schedules of EventBridge Scheduler."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from lambdas.common import clients
from tastemaker.resources.ports import WorkError


class Schedules:
    """The part of ``Work`` that the scheduler does: each schedule starts the train state machine.

    group     the schedule group, role the role that may start ``machine``; ``client`` is for tests
    """

    def __init__(self, group: str, role: str, machine: str, client: Any = None) -> None:
        self.group, self.role, self.machine = group, role, machine
        self._given = client

    @cached_property
    def _client(self) -> Any:
        return self._given or clients.client("scheduler")

    def schedule(self, name: str, *, days: int, first_at: float, request: Mapping[str, Any]) -> None:
        """Start training at ``first_at`` and every so many days after. Raises WorkError."""
        wanted = {
            "Name": name,
            "GroupName": self.group,
            "ScheduleExpression": f"rate({days} {'day' if days == 1 else 'days'})",
            "StartDate": datetime.fromtimestamp(first_at, UTC),
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": self.machine, "RoleArn": self.role, "Input": json.dumps(request)},
        }
        try:
            try:
                self._client.create_schedule(**wanted)
            except self._client.exceptions.ConflictException:
                self._client.update_schedule(**wanted)
        except ClientError as error:
            raise WorkError(f"Automatic training could not be scheduled: {error}") from error

    def unschedule(self, name: str) -> None:
        """Remove a schedule, if it is there. Raises WorkError."""
        try:
            self._client.delete_schedule(Name=name, GroupName=self.group)
        except self._client.exceptions.ResourceNotFoundException:
            pass
        except ClientError as error:
            raise WorkError(f"Automatic training could not be unscheduled: {error}") from error
