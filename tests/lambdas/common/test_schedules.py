import json

import boto3
import pytest
from botocore.exceptions import ClientError

from lambdas.common.schedules import Schedules
from tastemaker.resources.ports import WorkError

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:train"
ROLE = "arn:aws:iam::123456789012:role/schedules"


@pytest.fixture
def client(aws):
    client = boto3.client("scheduler", "eu-west-1")
    client.create_schedule_group(Name="tastemaker")
    return client


@pytest.fixture
def schedules(client):
    return Schedules("tastemaker", ROLE, MACHINE, client)


def test_a_schedule_starts_training(client, schedules):
    schedules.schedule("s", days=7, first_at=2e9, request={"solutionArn": "arn", "trainingType": "AUTOMATIC"})
    found = client.get_schedule(Name="s", GroupName="tastemaker")
    assert found["ScheduleExpression"] == "rate(7 days)" and found["StartDate"].timestamp() == 2e9
    assert found["Target"]["Arn"] == MACHINE and found["Target"]["RoleArn"] == ROLE
    assert json.loads(found["Target"]["Input"]) == {"solutionArn": "arn", "trainingType": "AUTOMATIC"}


def test_a_second_one_replaces_it(client, schedules):
    schedules.schedule("s", days=7, first_at=2e9, request={})
    schedules.schedule("s", days=1, first_at=2e9, request={})
    assert client.get_schedule(Name="s", GroupName="tastemaker")["ScheduleExpression"] == "rate(1 day)"


def test_removal_is_repeatable(client, schedules):
    schedules.schedule("s", days=7, first_at=2e9, request={})
    schedules.unschedule("s")
    schedules.unschedule("s")
    assert client.list_schedules(GroupName="tastemaker")["Schedules"] == []


class Forbidden:
    """A scheduler that lets nobody in."""

    class exceptions:  # noqa: N801 - as boto3 spells it
        class ConflictException(ClientError):  # noqa: N818
            pass

        class ResourceNotFoundException(ClientError):  # noqa: N818
            pass

    def create_schedule(self, **wanted):
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "CreateSchedule")

    delete_schedule = create_schedule


def test_a_scheduler_that_refuses_is_reported():
    schedules = Schedules("tastemaker", ROLE, MACHINE, Forbidden())
    with pytest.raises(WorkError, match="could not be scheduled"):
        schedules.schedule("s", days=7, first_at=2e9, request={})
    with pytest.raises(WorkError, match="could not be unscheduled"):
        schedules.unschedule("s")
