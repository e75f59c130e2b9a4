import json

import boto3
import pytest
from botocore.exceptions import ClientError

from lambdas.support.schedules import Schedules
from tastemaker.control.core.ports import StartError

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:train"
REFRESH = "arn:aws:states:eu-west-1:123456789012:stateMachine:refresh"
ROLE = "arn:aws:iam::123456789012:role/schedules"

DAY = 86_400.0


@pytest.fixture
def client(aws):
    client = boto3.client("scheduler", "eu-west-1")
    client.create_schedule_group(Name="tastemaker")
    return client


@pytest.fixture
def schedules(client):
    return Schedules("tastemaker", ROLE, {"train": MACHINE, "refresh": REFRESH}, client)


def test_schedule_starts_a_training(client, schedules):
    schedules.schedule(
        "s",
        workflow="train",
        every=7 * DAY,
        first_at=2e9,
        request={"solutionArn": "arn", "trainingType": "AUTOMATIC"},
    )
    found = client.get_schedule(Name="s", GroupName="tastemaker")
    assert found["ScheduleExpression"] == "rate(7 days)" and found["StartDate"].timestamp() == 2e9
    assert found["Target"]["Arn"] == MACHINE and found["Target"]["RoleArn"] == ROLE
    assert json.loads(found["Target"]["Input"]) == {"solutionArn": "arn", "trainingType": "AUTOMATIC"}


def test_second_schedule_of_the_same_name_replaces_the_first(client, schedules):
    schedules.schedule("s", workflow="train", every=7 * DAY, first_at=2e9, request={})
    schedules.schedule("s", workflow="train", every=DAY, first_at=2e9, request={})
    assert client.get_schedule(Name="s", GroupName="tastemaker")["ScheduleExpression"] == "rate(1 day)"


@pytest.mark.parametrize(("every", "rate"), [(7200.0, "2 hours"), (1800.0, "30 minutes"), (3600.0, "1 hour")])
def test_rate_uses_the_largest_unit_that_fits(client, schedules, every, rate):
    schedules.schedule("s", workflow="refresh", every=every, first_at=2e9, request={"campaignArn": "arn"})
    found = client.get_schedule(Name="s", GroupName="tastemaker")
    assert (found["ScheduleExpression"], found["Target"]["Arn"]) == (f"rate({rate})", REFRESH)


def test_unschedule_may_be_repeated(client, schedules):
    schedules.schedule("s", workflow="train", every=7 * DAY, first_at=2e9, request={})
    schedules.unschedule("s")
    schedules.unschedule("s")
    assert client.list_schedules(GroupName="tastemaker")["Schedules"] == []


class Forbidden:
    """A scheduler that refuses every call."""

    class exceptions:  # noqa: N801 - as boto3 spells it
        class ConflictException(ClientError):  # noqa: N818
            pass

        class ResourceNotFoundException(ClientError):  # noqa: N818
            pass

    def create_schedule(self, **schedule):
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "CreateSchedule")

    delete_schedule = create_schedule


def test_refused_schedule_raises_start_error():
    schedules = Schedules("tastemaker", ROLE, {"train": MACHINE}, Forbidden())
    with pytest.raises(StartError, match="could not be scheduled"):
        schedules.schedule("s", workflow="train", every=7 * DAY, first_at=2e9, request={})
    with pytest.raises(StartError, match="could not be removed"):
        schedules.unschedule("s")
