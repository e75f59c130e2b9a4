"""Updates: their statuses, and which execution may claim them."""

import pytest

from tastemaker.contracts import statuses
from tastemaker.control.core.updates import (
    applied,
    claim_update,
    ensure_settled,
    execution_of_update,
    new_update,
    pending,
    start_update,
    with_status,
)
from tastemaker.errors import ResourceInUse
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world

UPDATE = "latestDatasetUpdate"


@pytest.fixture
def here():
    return world()


@pytest.fixture
def store(here):
    """Stores an update on the record of a dataset group."""
    arn = shop.group(here)
    return lambda update: here.control.writer.change(here.control.records.find_any(arn), **{UPDATE: update})


def test_new_update_is_pending_until_it_has_ended(here, store):
    record = store(new_update(here.control))
    assert pending(record, UPDATE) is not None
    with pytest.raises(ResourceInUse, match="CREATE PENDING"):
        ensure_settled(record, UPDATE)
    failed = with_status(here.control, record.body[UPDATE], statuses.FAILED, "no space")
    record = store(failed)
    assert pending(record, UPDATE) is None and record.body[UPDATE]["failureReason"] == "no space"
    ensure_settled(record, UPDATE)


def test_applied_update_cannot_be_claimed(here, store):
    record = store(applied(here.control))
    assert pending(record, UPDATE) is None
    assert claim_update(here.control, record, UPDATE, "e") is None


def test_claim_is_repeatable_and_moves_to_a_newer_execution(here, store):
    record = claim_update(here.control, store(new_update(here.control)), UPDATE, "e1")
    assert execution_of_update(record.body[UPDATE]) == "e1"
    assert claim_update(here.control, record, UPDATE, "e1") is record
    assert execution_of_update(claim_update(here.control, record, UPDATE, "e2").body[UPDATE]) == "e2"


def test_failed_update_is_claimed_only_if_asked_for(here, store):
    record = store(with_status(here.control, new_update(here.control), statuses.FAILED, "x"))
    assert claim_update(here.control, record, UPDATE, "e", failed=False) is None
    claimed = claim_update(here.control, record, UPDATE, "e")
    assert claimed.body[UPDATE]["status"] == statuses.IN_PROGRESS
    assert "failureReason" not in claimed.body[UPDATE]


def test_update_whose_workflow_cannot_start_has_the_reason_and_the_record_stays(here, store):
    record = here.control.records.find_any(store(None).arn)
    here.workflows.refuse = "Step Functions is busy"
    update = new_update(here.control, color="red")
    record = start_update(here.control, record, UPDATE, update, "deploy", {"arn": record.arn})
    assert (record.status, record.body[UPDATE]["status"]) == (statuses.ACTIVE, statuses.FAILED)
    assert (record.body[UPDATE]["failureReason"], record.body[UPDATE]["color"]) == (
        "Step Functions is busy",
        "red",
    )
    here.workflows.refuse = None
    record = start_update(here.control, record, UPDATE, update, "deploy", {"arn": record.arn})
    assert pending(record, UPDATE) is not None and here.workflows.last == ("deploy", {"arn": record.arn})
