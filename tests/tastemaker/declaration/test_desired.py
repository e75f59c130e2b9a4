import json
from dataclasses import replace

import pytest

from tastemaker.control.core.records import Record
from tastemaker.declaration.desired import differences, refusal, request_of
from tastemaker.declaration.rehearsal import Rehearsal
from tastemaker.declaration.types import IN_PLACE, REFUSED, REPLACE, TYPES
from tests.standard_schemas import avro
from tests.tastemaker.declaration.shop import SHOP, deployed


@pytest.fixture(scope="module")
def records() -> dict[str, Record]:
    here = Rehearsal()
    found = {name: here.control.records.get(arn) for name, arn in deployed(here).items()}
    return {name: record for name, record in found.items() if record is not None}


def changed(record: Record, **properties) -> list[tuple[str, str]]:
    request = {**request_of(record), **properties}
    return [(one.path, one.effect) for one in differences(TYPES[record.resource_type], request, record)]


@pytest.mark.parametrize("id", list(SHOP.resources))
def test_resource_does_not_differ_from_its_own_request(records, id):
    assert changed(records[id]) == []


def test_defaults_and_empty_values_are_no_difference(records):
    assert changed(records["Home"], minProvisionedTPS=1, tags=[]) == []
    training = {"autoTrainingConfig": {"schedulingExpression": "rate(7 days)"}}
    assert changed(records["ForYou"], performAutoTraining=True, solutionConfig=training) == []
    assert changed(records["Import"], publishAttributionMetricsToS3=False) == []


def test_form_of_a_schema_is_no_difference(records):
    assert changed(records["Schema"], schema=json.dumps(json.loads(avro("Interactions")), indent=4)) == []
    assert changed(records["Schema"], schema=avro("Items")) == [("schema", REFUSED)]  # same name


def test_new_name_allows_a_replacement(records):
    wanted = {"schema": avro("Items"), "name": "another"}
    assert changed(records["Schema"], **wanted) == [("name", REPLACE), ("schema", REPLACE)]


def test_campaign_moves_between_versions_of_its_solution_only(records):
    campaign, version = records["Home"], records["Version"].arn
    found = changed(campaign, solutionVersionArn=version, campaignConfig={})
    assert found == [("solutionVersionArn", IN_PLACE), ("campaignConfig", IN_PLACE)]
    other = campaign.arn.replace("campaign/", "solution/") + "/$LATEST"
    (difference,) = [one for one in changed(campaign, solutionVersionArn=other, name="b") if one[0] != "name"]
    assert difference == ("solutionVersionArn", REPLACE)


def test_schema_of_items_changes_in_place_and_that_of_interactions_does_not(records):
    assert changed(records["Items"], schemaArn="arn:other") == [("schemaArn", IN_PLACE)]
    assert changed(records["Interactions"], schemaArn="arn:other") == [("schemaArn", REFUSED)]


def test_dataset_of_another_group_is_a_new_one_whatever_else_changes(records):
    found = changed(records["Interactions"], schemaArn="arn:other", datasetGroupArn="arn:group")
    assert found == [("schemaArn", REPLACE), ("datasetGroupArn", REPLACE)]


def test_order_of_tags_and_metrics_is_no_difference(records):
    tags = [{"tagKey": name, "tagValue": "1"} for name in "ab"]
    tagged = replace(records["Home"], body={**records["Home"].body, "_tags": tags})
    assert changed(tagged, tags=tags[::-1]) == []
    assert changed(tagged, tags=tags[:1]) == [("tags", IN_PLACE)]


def test_schedule_of_a_solution_that_does_not_train_by_itself_is_no_difference(records):
    body = {**records["ForYou"].body, "performAutoTraining": False}
    body["solutionConfig"] = {"autoTrainingConfig": {"schedulingExpression": "rate(2 days)"}}
    quiet = replace(records["ForYou"], body=body)
    assert changed(quiet) == []
    assert changed(quiet, performAutoTraining=True)[0] == ("performAutoTraining", IN_PLACE)


def test_refusal_says_what_to_do(records):
    solution = records["ForYou"]
    request = {**request_of(solution), "recipeArn": "arn:aws:personalize:::recipe/aws-sims"}
    reason = refusal(TYPES["Solution"], differences(TYPES["Solution"], request, solution))
    assert reason is not None and "Declare another name, or none" in reason
    tracker = records["Tracker"]
    request = {**request_of(tracker), "name": "other"}
    reason = refusal(TYPES["EventTracker"], differences(TYPES["EventTracker"], request, tracker))
    assert reason is not None and "Remove the EventTracker in one deployment" in reason
