"""Create and update: repeated, interrupted, refused, and with failed work."""

from dataclasses import replace

import pytest

from tastemaker.control import registry
from tastemaker.control.workflows.steps import WorkflowSteps
from tastemaker.declaration import ownership
from tastemaker.declaration.outcomes import Done, Failed, Waiting
from tastemaker.declaration.rehearsal import Rehearsal
from tests.standard_schemas import avro
from tests.tastemaker.declaration.shop import RECIPE, STACK, SYNC, change, create, delete, update

POPULAR = "arn:aws:personalize:::recipe/aws-popularity-count"


@pytest.fixture
def here() -> Rehearsal:
    return Rehearsal()


def group(here: Rehearsal) -> str:
    """A dataset group with a dataset of interactions."""
    outcome = create(here, change("DatasetGroup"))
    assert isinstance(outcome, Done) and outcome.arn is not None
    schema = create(here, change("Schema", schema=avro())).arn
    create(here, change("Dataset", datasetType="Interactions", datasetGroupArn=outcome.arn, schemaArn=schema))
    return outcome.arn


def solution(here: Rehearsal, **more: object) -> str:
    outcome = create(here, change("Solution", datasetGroupArn=group(here), recipeArn=RECIPE, **more))
    assert isinstance(outcome, Done) and outcome.arn is not None
    return outcome.arn


def campaign(here: Rehearsal, **more: object) -> str:
    arn = f"{solution(here)}/$LATEST"
    outcome = create(here, change("Campaign", solutionVersionArn=arn, campaignConfig=SYNC, **more))
    assert isinstance(outcome, Done) and outcome.arn is not None
    return outcome.arn


def body(here: Rehearsal, arn: str) -> dict:
    record = here.control.records.get(arn)
    assert record is not None
    return record.body


def calls(here: Rehearsal, operation: str, **request: object) -> None:
    registry.operations(here.control)[operation](request)


def test_create_can_be_repeated(here):
    wanted = change("DatasetGroup")
    first, second = here.lifecycle.create(wanted), here.lifecycle.create(wanted)
    assert isinstance(first, Done) and first == second
    assert first.attributes["DatasetGroupArn"] == first.arn
    assert len(here.repository.records) == 1


def test_existing_name_is_refused_without_a_claim_on_it(here):
    calls(here, "CreateDatasetGroup", name="shop")
    outcome = create(here, change("DatasetGroup", name="shop"))
    assert isinstance(outcome, Failed) and "ImportExisting" in outcome.reason
    assert outcome.arn is None  # a rollback must not delete what others have created


def test_name_is_generated_from_the_request(here):
    one, other = create(here, change("DatasetGroup")), create(here, change("DatasetGroup", request="2"))
    assert one.arn != other.arn and "shop-DatasetGroup-" in str(one.arn)


def test_import_takes_over_what_is_as_declared_and_deletion_releases_it(here):
    calls(here, "CreateDatasetGroup", name="shop", domain="ECOMMERCE")
    wanted = replace(change("DatasetGroup", name="shop"), adopt=True)
    outcome = create(here, wanted)
    assert isinstance(outcome, Failed) and "domain is 'ECOMMERCE'" in outcome.reason and outcome.arn is None
    wanted = replace(change("DatasetGroup", name="shop", domain="ECOMMERCE"), adopt=True)
    outcome = create(here, wanted)
    assert isinstance(outcome, Done) and outcome.arn is not None
    assert delete(here, outcome.arn, wanted.owner) == Done(None)
    assert not set(ownership.MEMBERS) & body(here, outcome.arn).keys()


def test_campaign_does_not_wait_for_the_first_training_unless_asked(here):
    arn = campaign(here)
    assert body(here, arn)["status"] == "CREATE PENDING"
    version = body(here, arn)["solutionVersionArn"]
    wanted = replace(
        change("Campaign", request="2", solutionVersionArn=version, campaignConfig=SYNC), wait=True
    )
    assert isinstance(create(here, wanted), Waiting)
    owner = f"{STACK}/SolutionVersion"
    create(here, change("SolutionVersion", owner=owner, solutionArn=version.removesuffix("/$LATEST")))
    assert body(here, arn)["status"] == "ACTIVE"
    outcome = create(here, wanted)
    assert isinstance(outcome, Done) and outcome.attributes["Status"] == "ACTIVE"


def test_update_in_place_keeps_the_arn_and_removed_properties_get_their_defaults(here):
    arn = campaign(here, minProvisionedTPS=5)
    latest = body(here, arn)["solutionVersionArn"]
    wanted = change("Campaign", request="2", solutionVersionArn=latest, campaignConfig=SYNC)
    assert update(here, wanted, arn).arn == arn
    assert body(here, arn)["minProvisionedTPS"] == 1


def test_solution_trains_by_another_schedule_and_returns_to_the_default(here):
    arn = solution(here, performAutoTraining=False)
    given = {"datasetGroupArn": body(here, arn)["datasetGroupArn"], "recipeArn": RECIPE}
    config = {"autoTrainingConfig": {"schedulingExpression": "rate(2 days)"}}
    for request, properties, schedules in (
        ("2", {"solutionConfig": config}, 1),
        ("3", {}, 1),
        ("4", {"performAutoTraining": False}, 0),
    ):
        wanted = change("Solution", request=request, **given, **properties)
        assert update(here, wanted, arn) == update(here, wanted, arn)
        assert len(here.workflows.schedules) == schedules, request
    assert body(here, arn)["performAutoTraining"] is False


def test_replacement_exists_beside_the_old_one(here):
    arn = solution(here)
    group_arn = body(here, arn)["datasetGroupArn"]
    wanted = change("Solution", request="2", datasetGroupArn=group_arn, recipeArn=POPULAR)
    outcome = update(here, wanted, arn)
    assert isinstance(outcome, Done) and outcome.arn not in (None, arn)
    assert update(here, wanted, arn) == outcome
    assert {arn, outcome.arn} <= here.repository.records.keys()


def test_rollback_of_a_replacement_returns_to_the_old_one(here):
    arn = solution(here)
    group_arn = body(here, arn)["datasetGroupArn"]
    new = update(here, change("Solution", "2", datasetGroupArn=group_arn, recipeArn=POPULAR), arn).arn
    back = update(here, change("Solution", "3", datasetGroupArn=group_arn, recipeArn=RECIPE), str(new))
    assert back.arn == arn
    assert delete(here, new, f"{STACK}/Solution") == Done(None)
    assert body(here, arn)["status"] == "ACTIVE"


def test_failed_replacement_leaves_nothing_and_keeps_the_old_one(here):
    arn = solution(here)
    group_arn = body(here, arn)["datasetGroupArn"]
    count = len(here.repository.records)
    wanted = change("Solution", "2", datasetGroupArn=group_arn, recipeArn="arn:aws:personalize:::recipe/none")
    outcome = update(here, wanted, arn)
    assert isinstance(outcome, Failed) and outcome.arn == arn
    assert len(here.repository.records) == count


def test_failed_update_reports_the_reason_and_its_rollback_succeeds(here):
    arn = campaign(here)
    solution_arn = body(here, arn)["solutionVersionArn"].removesuffix("/$LATEST")
    create(here, change("SolutionVersion", solutionArn=solution_arn))
    latest = f"{solution_arn}/$LATEST"
    wanted = change("Campaign", "2", solutionVersionArn=latest, campaignConfig=SYNC, minProvisionedTPS=9)
    assert isinstance(here.lifecycle.update(wanted, arn), Waiting)
    ((name, (workflow, request)),) = here.workflows.waiting.items()
    here.workflows.waiting.clear()
    steps = WorkflowSteps(here.control)
    plan = steps.begin(workflow, request, name)
    steps.fail(workflow, request, plan, {"Cause": "the model is too large"}, name)
    outcome = update(here, wanted, arn)
    assert isinstance(outcome, Failed) and "too large" in outcome.reason and outcome.arn == arn
    back = change("Campaign", "3", solutionVersionArn=latest, campaignConfig=SYNC)
    assert update(here, back, arn).arn == arn
    assert body(here, arn)["minProvisionedTPS"] == 1


def test_failed_import_fails_the_creation_with_the_reason(here):
    dataset = f"{group(here).replace('dataset-group', 'dataset')}/INTERACTIONS"
    source = {"dataLocation": "s3://data/x.csv"}
    wanted = change("DatasetImportJob", datasetArn=dataset, dataSource=source)
    outcome = here.lifecycle.create(wanted)
    assert isinstance(outcome, Waiting)
    record = here.control.records.get(str(outcome.arn))
    here.control.resource_types["DatasetImportJob"].fail(record, "row 3 has no ITEM_ID")
    outcome = here.lifecycle.create(wanted)
    assert isinstance(outcome, Failed) and "row 3" in outcome.reason


def test_resource_that_was_deleted_outside_is_created_again(here):
    arn = campaign(here, name="home")
    latest = body(here, arn)["solutionVersionArn"]
    calls(here, "DeleteCampaign", campaignArn=arn)
    wanted = change("Campaign", "2", name="home", solutionVersionArn=latest, campaignConfig=SYNC)
    assert update(here, wanted, arn).arn == arn
    assert body(here, arn)["status"] == "CREATE PENDING"


def test_resource_of_another_stack_is_not_changed(here):
    arn = solution(here)
    properties = {"datasetGroupArn": body(here, arn)["datasetGroupArn"], "recipeArn": RECIPE}
    outcome = update(here, change("Solution", "2", owner="another/stack", **properties), arn)
    assert isinstance(outcome, Failed) and "not declared by this stack" in outcome.reason


def test_reference_to_a_failed_version_fails_at_once(here):
    arn = solution(here)
    version = create(here, change("SolutionVersion", solutionArn=arn)).arn
    record = here.control.records.get(str(version))
    here.control.writer.change(record, status="CREATE FAILED", failureReason="no data")
    outcome = here.lifecycle.create(change("Campaign", solutionVersionArn=version))
    assert isinstance(outcome, Failed) and "no data" in outcome.reason
