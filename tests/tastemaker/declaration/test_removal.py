"""Deletion: in order, of what never existed, of what others own, and of what trains."""

import pytest

from tastemaker.control import registry
from tastemaker.control.workflows.steps import WorkflowSteps
from tastemaker.declaration.outcomes import Done, Failed, Waiting
from tastemaker.declaration.rehearsal import Rehearsal
from tests.standard_schemas import avro
from tests.tastemaker.declaration.shop import RECIPE, SHOP, STACK, SYNC, change, create, delete, deployed


@pytest.fixture
def here() -> Rehearsal:
    return Rehearsal()


def solution(here: Rehearsal) -> str:
    """A solution in a dataset group with interactions."""
    group = create(here, change("DatasetGroup")).arn
    schema = create(here, change("Schema", schema=avro())).arn
    create(here, change("Dataset", datasetType="Interactions", datasetGroupArn=group, schemaArn=schema))
    return str(create(here, change("Solution", datasetGroupArn=group, recipeArn=RECIPE)).arn)


def test_everything_is_deleted_in_the_order_of_dependencies(here):
    arns = deployed(here)
    for one in reversed(SHOP.ordered()):
        assert delete(here, arns[one.id], one.id) == Done(None)
        assert delete(here, arns[one.id], one.id) == Done(None)
    assert here.repository.records == {} and here.workflows.schedules == {}


@pytest.mark.parametrize("arn", [None, "arn:aws:personalize:us-east-1:000000000000:campaign/none", "nothing"])
def test_deletion_of_what_never_existed_succeeds(here, arn):
    assert here.lifecycle.delete(arn, "a/stack") == Done(None)


def test_resource_that_somebody_else_created_stays(here):
    arn = solution(here)
    assert here.lifecycle.delete(arn, "another/stack") == Done(None)
    assert arn in here.repository.records


def test_solution_waits_until_its_training_has_stopped(here):
    arn = solution(here)
    registry.operations(here.control)["CreateSolutionVersion"]({"solutionArn": arn})
    (name,) = here.workflows.waiting
    workflow, request = here.workflows.waiting.pop(name)
    here.fill_datasets()
    WorkflowSteps(here.control).begin(workflow, request, name)
    assert delete(here, arn, f"{STACK}/Solution") == Done(None)
    assert arn not in here.repository.records


def test_resource_in_use_waits_and_names_the_user(here):
    arn = solution(here)
    create(here, change("SolutionVersion", solutionArn=arn))
    registry.operations(here.control)["CreateCampaign"](
        {"name": "other", "solutionVersionArn": f"{arn}/$LATEST", "campaignConfig": SYNC}
    )
    outcome = here.lifecycle.delete(arn, f"{STACK}/Solution")
    assert isinstance(outcome, Waiting) and "campaign/other" in outcome.reason


def test_failed_deletion_reports_the_reason(here):
    arn = solution(here)
    assert isinstance(here.lifecycle.delete(arn, f"{STACK}/Solution"), Waiting)
    record = here.control.records.get(arn)
    assert record is not None
    here.control.writer.change(record, failureReason="S3 denies access")
    outcome = here.lifecycle.delete(arn, f"{STACK}/Solution")
    assert isinstance(outcome, Failed) and "S3 denies access" in outcome.reason
