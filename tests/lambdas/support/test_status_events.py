import json

from botocore.exceptions import ClientError

from lambdas.support.status_events import EventBus, detail
from tastemaker.control.core.ports import StatusChange
from tastemaker.control.core.records import Record

UPDATE = {"status": "CREATE FAILED", "failureReason": "no"}
CAMPAIGN = Record("arn:c", "Campaign", {"name": "c", "status": "ACTIVE", "latestCampaignUpdate": UPDATE})


class Bus:
    def __init__(self, fail=False):
        self.entries, self.fail = [], fail

    def put_events(self, Entries):  # noqa: N803 - as boto3 spells it
        if self.fail:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "PutEvents")
        self.entries += Entries
        return {"FailedEntryCount": 0}


def test_event_describes_the_change():
    bus = Bus()
    EventBus("bus", bus)(StatusChange(CAMPAIGN, "CREATE IN_PROGRESS", "ACTIVE"))
    (entry,) = bus.entries
    assert (entry["Source"], entry["DetailType"]) == ("tastemaker", "Personalize resource status change")
    assert entry["EventBusName"] == "bus" and entry["Resources"] == ["arn:c"]
    assert json.loads(entry["Detail"]) == {
        "resource": "arn:c",
        "kind": "Campaign",
        "name": "c",
        "status": "ACTIVE",
        "previousStatus": "CREATE IN_PROGRESS",
    }


def test_event_describes_the_change_of_an_update():
    content = detail(StatusChange(CAMPAIGN, "CREATE PENDING", "CREATE FAILED", "latestCampaignUpdate"))
    assert content["update"] == "latestCampaignUpdate" and content["failureReason"] == "no"


def test_event_names_what_is_wrong_with_a_version():
    body = {"status": "ACTIVE", "_warnings": ["All metrics of this version are 0."]}
    content = detail(StatusChange(Record("arn:v", "SolutionVersion", body), "CREATE IN_PROGRESS", "ACTIVE"))
    assert content["warnings"] == ["All metrics of this version are 0."]


def test_failing_bus_raises_nothing():
    EventBus("bus", Bus(fail=True))(StatusChange(CAMPAIGN, None, "ACTIVE"))
