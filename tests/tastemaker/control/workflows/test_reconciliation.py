"""What records wait for, and how lost work is started again."""

import pytest

from tastemaker.contracts.arns import execution_name
from tastemaker.control.workflows.reconciliation import pending_executions, restart
from tastemaker.control.workflows.steps import WorkflowSteps
from tests.tastemaker.control import shop
from tests.tastemaker.control.fakes import world

EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:m:e"


@pytest.fixture
def here():
    return world()


def pending_of(here, arn):
    pending = list(pending_executions(here.control, here.control.records.find_any(arn)))
    return pending[0] if pending else None


def lose(here):
    """The function died before it started anything."""
    here.workflows.started.clear()
    here.workflows.schedules.clear()


def test_pending_execution_is_known_by_name_and_then_by_arn(here):
    arn = shop.import_job(here, shop.dataset(here, shop.group(here)))
    pending = pending_of(here, arn)
    assert here.workflows.started == {pending.execution: ("import", {"datasetImportJobArn": arn})}
    assert (pending.workflow, pending.request, pending.claimed) == ("import", here.workflows.last[1], False)
    steps = WorkflowSteps(here.control)
    plan = steps.begin("import", pending.request, EXECUTION)
    claimed = pending_of(here, arn)
    assert (claimed.execution, claimed.claimed) == (EXECUTION, True) and claimed.since > pending.since
    steps.fail("import", pending.request, plan, {"Cause": "x"}, EXECUTION)
    assert pending_of(here, arn) is None


def test_restart_schedules_and_starts_as_creation_does(here):
    group_arn, _ = shop.shop(here)
    version = shop.trained(here, shop.solution(here, group_arn))
    arn = shop.campaign(here, version)
    expected = dict(here.workflows.started), dict(here.workflows.schedules)
    lose(here)
    restart(here.control, here.control.records.find_any(arn), pending_of(here, arn))
    name = execution_name(arn, here.control.records.find_any(arn).created_at)
    assert here.workflows.started == {name: expected[0][name]}
    assert here.workflows.schedules.keys() == expected[1].keys() != set()


def test_update_has_a_pending_execution(here):
    group_arn, _ = shop.shop(here)
    arn = shop.deployed(here, shop.trained(here, shop.solution(here, group_arn)))
    assert pending_of(here, arn) is None
    here.call("UpdateCampaign", campaignArn=arn, minProvisionedTPS=2)
    pending = pending_of(here, arn)
    assert (
        here.workflows.last == ("deploy", {"campaignArn": arn})
        and pending.execution in here.workflows.started
    )
    lose(here)
    restart(here.control, here.control.records.find_any(arn), pending)
    assert list(here.workflows.started) == [pending.execution]
    steps = WorkflowSteps(here.control)
    steps.begin("deploy", pending.request, EXECUTION)
    assert pending_of(here, arn).execution == EXECUTION
    # A person starts it again: the record then waits for the newer execution only.
    steps.begin("deploy", pending.request, f"{EXECUTION}2")
    steps.settle("deploy", pending.request, {"Cause": "Stopped."}, EXECUTION)
    assert pending_of(here, arn).execution == f"{EXECUTION}2"
    steps.settle("deploy", pending.request, {"Cause": "Stopped."}, f"{EXECUTION}2")
    campaign = here.call("DescribeCampaign", campaignArn=arn)["campaign"]
    assert campaign["latestCampaignUpdate"]["failureReason"] == "Stopped." and campaign["status"] == "ACTIVE"
    assert pending_of(here, arn) is None


def test_deletion_has_a_pending_execution_until_it_fails(here):
    group_arn = shop.group(here)
    dataset_arn = shop.dataset(here, group_arn)
    here.call("DeleteDataset", datasetArn=dataset_arn)
    pending = pending_of(here, dataset_arn)
    assert (
        here.workflows.last == ("delete", {"arn": dataset_arn})
        and pending.execution in here.workflows.started
    )
    lose(here)
    restart(here.control, here.control.records.find_any(dataset_arn), pending)
    assert here.workflows.started == {pending.execution: ("delete", {"arn": dataset_arn})}
    steps = WorkflowSteps(here.control)
    steps.begin("delete", pending.request, EXECUTION)
    assert pending_of(here, dataset_arn).execution == EXECUTION
    steps.settle("delete", pending.request, {"Cause": "Stopped."}, EXECUTION)
    assert pending_of(here, dataset_arn) is None  # it has failed, and waits for a person
    here.call("DeleteDataset", datasetArn=dataset_arn)
    assert pending_of(here, dataset_arn).claimed is False


def test_restart_of_a_deletion_is_given_up_if_the_resource_is_used(here):
    group_arn = shop.group(here)
    record = here.control.writer.change(here.control.records.find_any(group_arn), status="DELETE PENDING")
    here.control.ports.repository.records.update(child(here, group_arn))
    restart(here.control, record, pending_of(here, group_arn))
    assert here.control.records.find_any(group_arn).status == "ACTIVE" and here.workflows.started == {}


def child(here, group_arn):
    """A dataset whose creation came between the two looks of a deletion."""
    other = world()
    shop.dataset(other, shop.group(other))
    return {
        arn: one
        for arn, one in other.control.ports.repository.records.items()
        if one.resource_type == "Dataset"
    }


def test_stopping_version_has_a_pending_execution(here):
    group_arn, _ = shop.shop(here)
    arn = shop.version(here, shop.solution(here, group_arn))
    request = {"solutionVersionArn": arn}
    steps = WorkflowSteps(here.control)
    steps.begin("train", request, EXECUTION)
    here.call("StopSolutionVersionCreation", **request)
    assert here.control.records.find_any(arn).status == "CREATE STOPPING"
    assert pending_of(here, arn).execution == EXECUTION
    steps.settle("train", request, {"Cause": "lost"}, EXECUTION)
    assert here.control.records.find_any(arn).status == "CREATE STOPPED"
