"""Which execution may claim a record, and what its failure changes."""

import pytest

from tastemaker.contracts import statuses
from tastemaker.control.core.lifecycle import execution_of
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world


@pytest.fixture
def here():
    return world()


@pytest.fixture
def versions(here):
    return here.control.resource_types["SolutionVersion"]


@pytest.fixture
def record(here):
    group, _ = shop.shop(here)
    return here.control.records.find_any(shop.version(here, shop.solution(here, group)))


def test_pending_record_is_claimed_once_and_again_only_by_its_execution(versions, record) -> None:
    claimed = versions.claim(record, "e1")
    assert (claimed.status, execution_of(claimed)) == (statuses.IN_PROGRESS, "e1")
    assert versions.claim(claimed, "e1") is claimed
    assert versions.claim(claimed, "e2") is None
    assert versions.is_claimed_by(claimed, "e1") and not versions.is_claimed_by(claimed, "e2")


def test_failed_record_is_claimed_by_a_new_execution_and_loses_its_reason(here, versions, record) -> None:
    versions.fail(versions.claim(record, "e1"), "no memory")
    failed = here.control.records.find_any(record.arn)
    assert (failed.status, failed.body["failureReason"]) == (statuses.FAILED, "no memory")
    assert "failureReason" not in versions.claim(failed, "e2").body


def test_record_that_is_active_does_not_fail(here, versions, record) -> None:
    active = here.control.writer.change(record, status=statuses.ACTIVE)
    versions.fail(active, "late")
    assert here.control.records.find_any(record.arn).status == statuses.ACTIVE


def test_type_without_a_workflow_cannot_begin(here) -> None:
    schemas = here.control.resource_types["Schema"]
    record = here.control.records.find_any(shop.schema(here))
    for step in (lambda: schemas.begin(record, {}, "e"), lambda: schemas.succeed(record, {}, {})):
        with pytest.raises(NotImplementedError, match="Schema has no workflow"):
            step()
