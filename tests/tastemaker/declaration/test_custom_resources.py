"""CloudFormation's contract: requests, answers, physical IDs, and the time that is left."""

import json
from typing import Any

import pytest

from tastemaker.declaration import custom_resources
from tastemaker.declaration.custom_resources import MAX_SECONDS, step, type_of
from tastemaker.declaration.outcomes import Done, Failed, Waiting
from tastemaker.declaration.rehearsal import Rehearsal
from tastemaker.errors import InvalidInput
from tests.standard_schemas import avro
from tests.tastemaker.declaration.shop import RECIPE, STACK


def event(
    resource_type: str, kind: str = "Create", id: str = "A", request: str = "r1", **properties: Any
) -> dict[str, Any]:
    physical = {"PhysicalResourceId": properties.pop("physical")} if "physical" in properties else {}
    return {
        "RequestType": kind,
        "ResponseURL": "https://s3.amazonaws.com/x",
        "StackId": STACK,
        "RequestId": request,
        "LogicalResourceId": id,
        "ResourceType": resource_type,
        "ResourceProperties": {"ServiceToken": "arn:function", **properties},
        **physical,
    }


def answered(here: Rehearsal, sent: dict[str, Any]) -> dict[str, Any]:
    for _ in range(10):
        answer = step(here.lifecycle, sent, 0)
        here.finish()
        if not isinstance(answer, Waiting):
            return answer
    raise AssertionError(answer)


@pytest.fixture
def here() -> Rehearsal:
    return Rehearsal()


def test_answer_has_the_members_of_the_request(here):
    sent = event("Custom::TastemakerDatasetGroup")
    answer = answered(here, sent)
    arn = "arn:aws:personalize:us-east-1:000000000000:dataset-group/" + answer["Data"]["Name"]
    assert answer == {
        "Status": "SUCCESS",
        "PhysicalResourceId": arn,
        "StackId": STACK,
        "RequestId": "r1",
        "LogicalResourceId": "A",
        "NoEcho": False,
        "Data": {"DatasetGroupArn": arn, "Name": answer["Data"]["Name"], "Status": "ACTIVE"},
    }
    assert answer["Data"]["Name"].startswith("shop-A-")


@pytest.mark.parametrize(
    "resource_type", ["AWS::S3::Bucket", "Custom::Tastemaker", "Custom::TastemakerBucket"]
)
def test_unknown_type_is_refused_with_those_that_exist(here, resource_type):
    with pytest.raises(InvalidInput, match="Custom::TastemakerCampaign"):
        type_of(event(resource_type))
    answer = answered(here, event(resource_type))
    assert answer["Status"] == "FAILED"
    rolled_back = event(resource_type, "Delete", physical=answer["PhysicalResourceId"])
    assert answered(here, rolled_back)["Status"] == "SUCCESS"
    assert answered(here, event(resource_type, "Delete", physical="arn:of:something"))["Status"] == "FAILED"


def test_failed_creation_can_be_deleted(here):
    answer = answered(here, event("Custom::TastemakerSchema", Schema="no Avro"))
    assert answer["Status"] == "FAILED" and answer["PhysicalResourceId"] == "not-created-r1"
    gone = answered(here, event("Custom::TastemakerSchema", "Delete", physical=answer["PhysicalResourceId"]))
    assert gone["Status"] == "SUCCESS"


def test_what_a_failed_creation_left_is_deleted_by_its_physical_id(here):
    sent = event("Custom::TastemakerSchema", Schema=avro())
    step(here.lifecycle, sent, 0)  # and now the function ends
    failed = custom_resources.fail(here.lifecycle, sent, "killed")
    physical = failed["PhysicalResourceId"]
    assert len(here.repository.records) == 1
    answered(here, event("Custom::TastemakerSchema", "Delete", request="r2", physical=physical))
    assert here.repository.records == {}


def test_unknown_property_fails_with_those_that_exist(here):
    answer = answered(here, event("Custom::TastemakerSchema", Schma=avro()))
    assert answer["Status"] == "FAILED" and "Schma does not exist; there are Domain, Name" in answer["Reason"]


def test_reason_is_cut_so_that_the_answer_fits(here):
    outcome = Failed("x" * 9000)
    answer = custom_resources.answer(event("Custom::TastemakerSchema"), outcome)
    assert len(json.dumps(answer)) < 4096


def test_creation_that_takes_too_long_fails_with_what_it_waits_for(here):
    group = answered(here, event("Custom::TastemakerDatasetGroup", id="G"))["PhysicalResourceId"]
    schema = answered(here, event("Custom::TastemakerSchema", id="S", Schema=avro()))["PhysicalResourceId"]
    dataset = event(
        "Custom::TastemakerDataset",
        id="D",
        DatasetType="Interactions",
        DatasetGroupArn=group,
        SchemaArn=schema,
    )
    arn = answered(here, dataset)["PhysicalResourceId"]
    source = {"DataLocation": "s3://data/"}
    sent = event("Custom::TastemakerDatasetImportJob", id="I", DatasetArn=arn, DataSource=source)
    assert isinstance(step(here.lifecycle, sent, MAX_SECONDS - 1), Waiting)
    answer = step(here.lifecycle, sent, MAX_SECONDS)
    assert not isinstance(answer, Waiting)
    assert answer["Status"] == "FAILED" and "After 50 minutes" in answer["Reason"]
    short = {**sent, "ResourceProperties": {**sent["ResourceProperties"], "ServiceTimeout": "100"}}
    assert not isinstance(step(here.lifecycle, short, 90), Waiting)


def test_switch_that_is_neither_true_nor_false_fails(here):
    answer = answered(here, event("Custom::TastemakerDatasetGroup", ImportExisting="yes"))
    assert "ImportExisting is 'yes'; it must be true or false" in answer["Reason"]


def test_wait_passes_on_until_its_last_link(here):
    group = answered(here, event("Custom::TastemakerDatasetGroup", id="G"))["PhysicalResourceId"]
    solution = answered(
        here, event("Custom::TastemakerSolution", id="S", DatasetGroupArn=group, RecipeArn=RECIPE)
    )["PhysicalResourceId"]
    sent = event("Custom::TastemakerSolutionVersion", id="V", SolutionArn=solution)
    version = step(here.lifecycle, sent, 0)
    assert isinstance(version, dict) and version["Status"] == "SUCCESS"
    arn = version["PhysicalResourceId"]
    link = event("Custom::TastemakerWait", id="W", Arn=arn)
    assert isinstance(step(here.lifecycle, link, 0), Waiting)
    passed = step(here.lifecycle, link, MAX_SECONDS)
    assert isinstance(passed, dict) and passed["Data"]["Status"] == "CREATE IN_PROGRESS"[-11:]
    last = event("Custom::TastemakerWait", id="W", Arn=arn, Last="true")
    failed = step(here.lifecycle, last, MAX_SECONDS)
    assert isinstance(failed, dict) and failed["Status"] == "FAILED"
    here.finish()
    failed = step(here.lifecycle, last, 0)  # the group has no data
    assert isinstance(failed, dict) and "CREATE FAILED" in failed["Reason"]
    gone = answered(here, event("Custom::TastemakerWait", "Delete", physical=arn))
    assert gone["Status"] == "SUCCESS" and arn in here.repository.records


def test_options_are_no_properties_of_the_resource():
    sent = event("Custom::TastemakerDatasetGroup", Wait="true", Trigger="7", ImportExisting="false", Name="a")
    change = custom_resources.change_of(sent)
    assert (change.wait, change.trigger, change.adopt) == (True, "7", False)
    assert change.properties == {"name": "a"} and change.owner == f"{STACK}/A"


def test_done_without_an_arn_keeps_the_physical_id():
    sent = event("Custom::TastemakerDatasetGroup", "Delete", physical="arn:x")
    assert custom_resources.answer(sent, Done(None))["PhysicalResourceId"] == "arn:x"
