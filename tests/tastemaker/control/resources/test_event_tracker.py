"""Event trackers."""

import pytest

from tastemaker.errors import ResourceAlreadyExists
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import SCOPE, world


def test_dataset_group_has_one_event_tracker_with_a_unique_name():
    here = world()
    group_arn = shop.group(here)
    tracker = here.call("CreateEventTracker", name="t", datasetGroupArn=group_arn)
    described = here.call("DescribeEventTracker", eventTrackerArn=tracker["eventTrackerArn"])["eventTracker"]
    assert described["accountId"] == SCOPE.account and described["trackingId"] == tracker["trackingId"]
    target = here.control.ports.repository.target(f"tracking-id/{tracker['trackingId']}")
    assert target == tracker["eventTrackerArn"]
    with pytest.raises(ResourceAlreadyExists):
        here.call("CreateEventTracker", name="second", datasetGroupArn=group_arn)
    with pytest.raises(ResourceAlreadyExists):
        here.call("CreateEventTracker", name="t", datasetGroupArn=shop.group(here, "books"))
