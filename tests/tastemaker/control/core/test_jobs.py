"""Jobs whose work may run again until it has succeeded once."""

import pytest

from tastemaker.contracts import statuses
from tastemaker.contracts.lake_layout import failure_reason
from tastemaker.control.core.lifecycle import execution_of
from tastemaker.errors import ResourceInUse
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world


@pytest.fixture
def here():
    return world()


@pytest.fixture
def jobs(here):
    return here.control.resource_types["BatchInferenceJob"]


@pytest.fixture
def record(here):
    group, _ = shop.shop(here)
    version = shop.trained(here, shop.solution(here, group))
    return here.control.records.find_any(shop.served_job(here, version))


def test_newer_execution_takes_over_a_job(jobs, record) -> None:
    claimed = jobs.claim_job(record, "e1")
    assert jobs.claim_job(claimed, "e1") is claimed
    assert execution_of(jobs.claim_job(claimed, "e2")) == "e2"


def test_reason_that_a_task_left_is_the_reason_of_the_job(here, jobs, record) -> None:
    claimed = jobs.claim_job(record, "e1")
    here.lake.write(failure_reason(jobs.folder(claimed)), "line 3 has no userId")
    jobs.fail(claimed, "States.TaskFailed")
    failed = here.control.records.find_any(record.arn)
    assert (failed.status, failed.body["failureReason"]) == (statuses.FAILED, "line 3 has no userId")
    again = jobs.claim_job(failed, "e2")
    assert here.lake.read(failure_reason(jobs.folder(again))) == "" and "failureReason" not in again.body


def test_job_that_has_succeeded_neither_runs_nor_fails(here, jobs, record) -> None:
    active = here.control.writer.change(record, status=statuses.ACTIVE)
    with pytest.raises(ResourceInUse, match="a job succeeds once"):
        jobs.claim_job(active, "e2")
    jobs.fail(active, "late")
    assert here.control.records.find_any(record.arn).status == statuses.ACTIVE
