"""EventBridge Scheduler: moto stores the schedules, and this module fires them.

A `rate(...)` schedule is due at its StartDate (or creation) and then once per interval, an `at(...)` schedule
once, and a `cron(...)` schedule at each minute that it names. They start a state machine or call a function,
with the credentials of the schedule's role. A `cron(...)` schedule with `L`, `W` or `#` is reported and not
fired.
"""

from __future__ import annotations

import datetime
import json
import math
import re
import time
import uuid
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from moto.scheduler.models import Schedule, scheduler_backends

from local.account import Account
from local.iam.roles import Roles
from local.scheduling.cron import is_cron_due
from local.scheduling.ticking import Ticking
from local.terminal import Terminal

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"  # a keyword that EventBridge Scheduler replaces
_RATE = re.compile(r"rate\(\s*(\d+)\s+(minute|hour|day)s?\s*\)")
_CRON = re.compile(r"cron\((.+)\)")
_AT = re.compile(r"at\(([\dT:-]+)\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


class UnknownExpressionError(ValueError):
    """A schedule expression that is not fired locally."""


def is_due(
    expression: str,
    *,
    start: float,
    since: float,
    until: float,
    timezone: str = "UTC",
    end: float | None = None,
) -> bool:
    """Whether a schedule has a due time in the interval (since, until]; all times in epoch seconds.

    Raises UnknownExpressionError if the expression is none that can be fired here.
    """
    if cron := _CRON.fullmatch(expression):
        first, last = max(since, math.ceil(start) - 1), until if end is None else min(until, end)
        try:
            return is_cron_due(cron.group(1), since=first, until=last, timezone=ZoneInfo(timezone))
        except ValueError as error:
            raise UnknownExpressionError(f"the schedule expression {expression}: {error}") from error
    if once := _AT.fullmatch(expression):
        at = datetime.datetime.fromisoformat(once.group(1)).replace(tzinfo=ZoneInfo(timezone)).timestamp()
        return since < at <= until
    found = _RATE.fullmatch(expression)
    if found is None:
        raise UnknownExpressionError(f"the schedule expression {expression} is not fired locally")
    every = int(found.group(1)) * _SECONDS[found.group(2)]
    if until < start:
        return False
    latest = start + (until - start) // every * every
    return latest > since and (end is None or latest <= end)


class Scheduler(Ticking):
    """Checks twice a second which schedules are due."""

    thread_name = "scheduler"

    def __init__(
        self,
        *,
        account: Account,
        roles: Roles,
        terminal: Terminal,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self._backend = scheduler_backends[account.id][account.region]
        self._account = account
        self._roles = roles
        self._terminal = terminal
        self._clock = clock
        self._since = clock()

    def tick(self) -> None:
        """Fire every schedule that became due since the last tick."""
        since, self._since = self._since, self._clock()
        for group in list(self._backend.schedule_groups.values()):
            for schedule in list(group.schedules.values()):
                try:
                    if self._is_due(schedule, since):
                        self._fire(schedule)
                except Exception as error:
                    self._terminal.warn_once(f"schedule {schedule.name}: {error}")

    def _is_due(self, schedule: Schedule, since: float) -> bool:
        if schedule.state != "ENABLED":
            return False
        start = _seconds(schedule.start_date) or schedule.creation_date
        return is_due(
            schedule.schedule_expression,
            start=start,
            since=since,
            until=self._since,
            timezone=schedule.schedule_expression_timezone,
            end=_seconds(schedule.end_date),
        )

    def _fire(self, schedule: Schedule) -> None:
        target = schedule.target
        moment = datetime.datetime.fromtimestamp(self._since, datetime.UTC)
        arn, given = target["Arn"], target.get("Input") or "{}"
        given = given.replace(SCHEDULED_TIME, moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
        credentials = self._roles.assume(
            target["RoleArn"],
            service="scheduler.amazonaws.com",
            session=schedule.name,
            source_arn=self._account.arn("scheduler", f"schedule-group/{schedule.group_name}"),
        )
        self._terminal.line("schedule", f"{schedule.name} is due")
        if ":stateMachine:" in arn:
            client = self._account.client("stepfunctions", credentials)
            client.start_execution(stateMachineArn=arn, name=str(uuid.uuid4()), input=given)
        elif ":function:" in arn:
            payload = json.dumps(json.loads(given)).encode()
            self._account.client("lambda", credentials).invoke(
                FunctionName=arn, InvocationType="Event", Payload=payload
            )
        else:
            self._terminal.warn_once(f"schedule {schedule.name}: the target {arn} is not called locally")


def _seconds(value: Any) -> float | None:
    """Epoch seconds of a date as clients send it: a number, or ISO 8601."""
    if value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    try:
        return float(value)
    except ValueError:
        moment = datetime.datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp()
