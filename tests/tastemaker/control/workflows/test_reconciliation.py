"""What records wait for, and how lost work is started again."""

import pytest

from tastemaker.control.core.arns import work_name
from tastemaker.control.workflows.reconciliation import start_again, work_under_way
from tastemaker.control.workflows.steps import Workflows
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world

EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:m:e"


@pytest.fixture
def here():
    return world()


def waits(here, arn):
    found = list(work_under_way(here.desk, here.desk.find_any(arn)))
    return found[0] if found else None


def lose(here):
    """The function died before it started anything."""
    here.work.started.clear()
    here.work.schedules.clear()


def test_creation_from_its_name_to_its_execution(here):
    arn = shop.import_job(here, shop.dataset(here, shop.group(here)))
    pending = waits(here, arn)
    assert here.work.started == {pending.execution: ("import", {"datasetImportJobArn": arn})}
    assert (pending.workflow, pending.request, pending.begun) == ("import", here.work.last[1], False)
    steps = Workflows(here.desk)
    plan = steps.begin("import", pending.request, EXECUTION)
    moving = waits(here, arn)
    assert (moving.execution, moving.begun) == (EXECUTION, True) and moving.since > pending.since
    steps.fail("import", pending.request, plan, {"Cause": "x"}, EXECUTION)
    assert waits(here, arn) is None


def test_work_that_was_never_started_is_started_with_all_that_belongs_to_it(here):
    group_arn, _ = shop.shop(here)
    version = shop.trained(here, shop.solution(here, group_arn))
    arn = shop.campaign(here, version)
    wanted = dict(here.work.started), dict(here.work.schedules)
    lose(here)
    start_again(here.desk, here.desk.find_any(arn), waits(here, arn))
    name = work_name(arn, here.desk.find_any(arn).created_at)
    assert here.work.started == {name: wanted[0][name]}
    assert here.work.schedules.keys() == wanted[1].keys() != set()


def test_an_update_and_who_works_on_it(here):
    group_arn, _ = shop.shop(here)
    arn = shop.deployed(here, shop.trained(here, shop.solution(here, group_arn)))
    assert waits(here, arn) is None
    here.call("UpdateCampaign", campaignArn=arn, minProvisionedTPS=2)
    pending = waits(here, arn)
    assert here.work.last == ("deploy", {"campaignArn": arn}) and pending.execution in here.work.started
    lose(here)
    start_again(here.desk, here.desk.find_any(arn), pending)
    assert list(here.work.started) == [pending.execution]
    steps = Workflows(here.desk)
    steps.begin("deploy", pending.request, EXECUTION)
    assert waits(here, arn).execution == EXECUTION
    # A person starts it once more: the newer execution is waited for, the end of the older says nothing.
    steps.begin("deploy", pending.request, f"{EXECUTION}2")
    steps.settle("deploy", pending.request, {"Cause": "Stopped."}, EXECUTION)
    assert waits(here, arn).execution == f"{EXECUTION}2"
    steps.settle("deploy", pending.request, {"Cause": "Stopped."}, f"{EXECUTION}2")
    campaign = here.call("DescribeCampaign", campaignArn=arn)["campaign"]
    assert campaign["latestCampaignUpdate"]["failureReason"] == "Stopped." and campaign["status"] == "ACTIVE"
    assert waits(here, arn) is None


def test_a_deletion(here):
    group_arn = shop.group(here)
    dataset_arn = shop.dataset(here, group_arn)
    here.call("DeleteDataset", datasetArn=dataset_arn)
    pending = waits(here, dataset_arn)
    assert here.work.last == ("delete", {"arn": dataset_arn}) and pending.execution in here.work.started
    lose(here)
    start_again(here.desk, here.desk.find_any(dataset_arn), pending)
    assert here.work.started == {pending.execution: ("delete", {"arn": dataset_arn})}
    steps = Workflows(here.desk)
    steps.begin("delete", pending.request, EXECUTION)
    assert waits(here, dataset_arn).execution == EXECUTION
    steps.settle("delete", pending.request, {"Cause": "Stopped."}, EXECUTION)
    assert waits(here, dataset_arn) is None  # it says why, and waits for a person
    here.call("DeleteDataset", datasetArn=dataset_arn)
    assert waits(here, dataset_arn).begun is False


def test_a_deletion_that_somebody_got_in_the_way_of_is_given_up(here):
    group_arn = shop.group(here)
    record = here.desk.change(here.desk.find_any(group_arn), status="DELETE PENDING")
    here.desk.repository.records.update(child(here, group_arn))
    start_again(here.desk, record, waits(here, group_arn))
    assert here.desk.find_any(group_arn).status == "ACTIVE" and here.work.started == {}


def child(here, group_arn):
    """A dataset whose creation came between the two looks of a deletion."""
    other = world()
    shop.dataset(other, shop.group(other))
    return {arn: one for arn, one in other.desk.repository.records.items() if one.kind == "Dataset"}


def test_training_that_is_being_stopped_still_waits_for_its_end(here):
    group_arn, _ = shop.shop(here)
    arn = shop.version(here, shop.solution(here, group_arn))
    request = {"solutionVersionArn": arn}
    steps = Workflows(here.desk)
    steps.begin("train", request, EXECUTION)
    here.call("StopSolutionVersionCreation", **request)
    assert here.desk.find_any(arn).status == "CREATE STOPPING"
    assert waits(here, arn).execution == EXECUTION
    steps.settle("train", request, {"Cause": "lost"}, EXECUTION)
    assert here.desk.find_any(arn).status == "CREATE STOPPED"
