"""EventBridge Scheduler, fired."""

from __future__ import annotations

import datetime
import json

import pytest

from local.scheduling.schedules import Scheduler, UnknownExpressionError, is_due
from local.terminal import Terminal
from tests.local.conftest import unique, until

DAY = 86_400.0


@pytest.mark.parametrize(
    ("since", "until_", "due"),
    [
        (900, 999, False),  # before the start
        (900, 1000, True),  # at the start
        (1000, 1010, False),  # just fired
        (1000 + 7 * DAY - 1, 1000 + 7 * DAY, True),
        (1000 + 7 * DAY, 1000 + 8 * DAY, False),
        (1000 + 6 * DAY, 1000 + 29 * DAY, True),  # once, however long the machine slept
    ],
)
def test_rate_is_counted_from_the_start(since, until_, due):
    assert is_due("rate(7 days)", start=1000, since=since, until=until_) is due


def test_schedule_is_not_due_after_its_end():
    assert not is_due("rate(1 day)", start=0, since=DAY / 2, until=DAY, end=DAY - 1)


def test_one_time_schedule_is_in_its_time_zone():
    at = datetime.datetime(2026, 1, 2, 12, tzinfo=datetime.UTC).timestamp()
    expression = "at(2026-01-02T13:00:00)"
    assert is_due(expression, start=0, since=at - 1, until=at, timezone="Europe/Berlin")
    assert not is_due(expression, start=0, since=at, until=at + 1, timezone="Europe/Berlin")


def test_unsupported_expression_is_reported():
    with pytest.raises(UnknownExpressionError, match="cron"):
        is_due("cron(0 12 L * ? *)", start=0, since=0, until=1)


def test_cron_is_due_in_its_time_zone_until_the_end():
    at = datetime.datetime(2026, 1, 2, 12, tzinfo=datetime.UTC).timestamp()
    times = {"start": 0, "since": at - 1, "until": at, "timezone": "Europe/Berlin"}
    assert is_due("cron(0 13 * * ? *)", **times)
    assert not is_due("cron(0 13 * * ? *)", **times, end=at - 0.5)
    assert not is_due("cron(0 13 * * ? *)", **{**times, "start": at + 0.5})


@pytest.fixture
def role_arn(local):
    roles = local.client("iam").list_roles()["Roles"]
    return next(role["Arn"] for role in roles if role["RoleName"].startswith("tiny-ScheduleRole"))


@pytest.fixture
def schedule(local, role_arn):
    """Make a schedule of the tiny group; removed in the end."""
    client, names = local.client("scheduler"), []

    def make(machine, **more):
        names.append(unique("schedule"))
        target = {
            "Arn": local.account.arn("states", f"stateMachine:tiny-{machine}"),
            "RoleArn": role_arn,
            "Input": json.dumps({"by": names[-1]}),
        }
        client.create_schedule(
            Name=names[-1], GroupName="tiny", Target=target, FlexibleTimeWindow={"Mode": "OFF"}, **more
        )
        return names[-1]

    yield make
    for name in names:
        client.delete_schedule(Name=name, GroupName="tiny")


def inputs(local, machine):
    """Inputs of a machine's executions."""
    client = local.client("stepfunctions")
    arn = local.account.arn("states", f"stateMachine:tiny-{machine}")
    executions = client.list_executions(stateMachineArn=arn)["executions"]
    return [client.describe_execution(executionArn=it["executionArn"])["input"] for it in executions]


def test_schedule_without_a_start_fires_at_once(local, schedule):
    name = schedule("greet", ScheduleExpression="rate(7 days)")
    until(lambda: inputs(local, "greet"), lambda given: any(name in text for text in given))


def test_schedule_does_not_fire_before_its_start(local, schedule):
    tomorrow = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    name = schedule("greet", ScheduleExpression="rate(7 days)", StartDate=tomorrow)
    now = [datetime.datetime.now().timestamp()]
    scheduler = Scheduler(
        account=local.account, roles=local.roles, terminal=Terminal(quiet=True), clock=lambda: now[0]
    )
    scheduler.tick()
    assert not any(name in text for text in inputs(local, "greet"))
    now[0] += DAY + 1
    scheduler.tick()
    assert sum(name in text for text in inputs(local, "greet")) == 1
    scheduler.tick()
    assert sum(name in text for text in inputs(local, "greet")) == 1


def test_schedule_starts_only_what_its_role_allows(local, schedule):
    before = len(inputs(local, "snoop"))
    name = schedule("snoop", ScheduleExpression="rate(7 days)")
    other = schedule("greet", ScheduleExpression="rate(7 days)")
    until(lambda: inputs(local, "greet"), lambda given: any(other in text for text in given))
    assert name
    assert len(inputs(local, "snoop")) == before
