"""Writing records."""

import pytest

from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world


@pytest.fixture
def here():
    return world()


def test_change_reports_a_new_status_and_updates_the_time(here):
    record = here.control.records.find_any(shop.group(here))
    here.changes.clear()
    changed = here.control.writer.change(record, status="DELETE PENDING")
    assert changed.body["lastUpdatedDateTime"] > record.body["lastUpdatedDateTime"]
    assert [(one.before, one.after) for one in here.changes] == [("ACTIVE", "DELETE PENDING")]


def test_change_private_keeps_the_time_and_writes_only_what_differs(here):
    record = here.control.records.find_any(shop.group(here))
    changed = here.control.writer.change_private(record, _note=1)
    assert changed.body["lastUpdatedDateTime"] == record.body["lastUpdatedDateTime"]
    assert changed.revision == record.revision + 1
    assert here.control.writer.change_private(changed, _note=1) is changed


def test_remove_takes_children_without_a_delete_operation_along(here):
    group_arn, dataset_arn = shop.shop(here)
    dataset = here.control.records.find_any(dataset_arn)
    here.control.writer.remove(dataset)
    assert list(here.control.records.each("DatasetImportJob")) == []
    assert here.control.records.get(group_arn) is not None
