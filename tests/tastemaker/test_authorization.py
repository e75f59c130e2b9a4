"""The permissions of each operation are those of the Service Authorization Reference, and a few more."""

import json
from pathlib import Path
from typing import Any

import pytest

from tastemaker.authorization import OPEN_OPERATIONS, TRACKING_ID, Permission, required_permissions
from tastemaker.wire import Service
from tests.contract.requests import populate
from tests.tastemaker.control.fakes import SCOPE, world

REFERENCE = json.loads(Path(__file__).with_name("service_authorization.json").read_text())
DATA_REQUESTS: dict[str, dict[str, Any]] = {
    "GetRecommendations": {"campaignArn": SCOPE.arn("campaign/films")},
    "GetPersonalizedRanking": {"campaignArn": SCOPE.arn("campaign/films")},
    "GetActionRecommendations": {"campaignArn": SCOPE.arn("campaign/films")},
    "PutEvents": {"trackingId": "t"},
    "PutActionInteractions": {"trackingId": "t"},
    "PutItems": {"datasetArn": SCOPE.arn("dataset/films/ITEMS")},
    "PutUsers": {"datasetArn": SCOPE.arn("dataset/films/USERS")},
    "PutActions": {"datasetArn": SCOPE.arn("dataset/films/ACTIONS")},
}
SERVICES = ("personalize", "personalize-runtime", "personalize-events")
TEXTS = {"DescribeTaste", "ExplainRecommendations", "FindItems", "GenerateMessage", "SummarizeItem"}
USERS = {"DescribeUser", "FindUsers"}
MODELS = {"DescribeModel", "GetDataInsights"}
OPERATIONS = [operation for service in SERVICES for operation in Service(service).operations]
REQUESTS = {name: one for name, one in {**populate(world()), **DATA_REQUESTS}.items() if name in OPERATIONS}
ROLE = "arn:aws:iam::123456789012:role/PersonalizeRole"


def required(operation: str, **params: Any) -> list[Permission]:
    return list(required_permissions(operation, params, SCOPE))


def actions(operation: str, **params: Any) -> set[tuple[str, str]]:
    return {(permission.action, permission.resource) for permission in required(operation, **params)}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_needs_the_action_of_the_reference_on_its_resource(operation: str) -> None:
    first = required(operation, **REQUESTS[operation])[0]
    assert first.action == f"personalize:{operation}"
    for resource_type in REFERENCE["actions"][operation]:
        segment = REFERENCE["resources"][resource_type].rsplit(":", 1)[1].split("/")[0]
        assert first.resource.split(":", 5)[5].startswith(f"{segment}/")


def test_reference_has_the_actions_of_all_operations_and_no_others() -> None:
    # The reference has a job that the service no longer offers.
    assert {name for name in REFERENCE["actions"] if "DataInsights" not in name} == set(OPERATIONS)


@pytest.mark.parametrize("operation", REQUESTS)
def test_each_describe_action_that_is_needed_exists(operation: str) -> None:
    for permission in required(operation, **REQUESTS[operation]):
        service, _, name = permission.action.partition(":")
        assert service == "iam" or name in REFERENCE["actions"], permission


def test_operation_of_our_own_is_open_only_by_decision() -> None:
    assert set(Service("tastemaker").operations) == OPEN_OPERATIONS | TEXTS | USERS | MODELS


@pytest.mark.parametrize("operation", sorted(TEXTS))
def test_text_about_recommendations_needs_the_permission_to_get_them(operation: str) -> None:
    campaign, group = SCOPE.arn("campaign/c"), SCOPE.arn("filter/f")
    found = list(required_permissions(operation, {"campaignArn": campaign, "filterArn": group}, SCOPE))
    assert found == [Permission("personalize:GetRecommendations", campaign)]


@pytest.mark.parametrize("operation", sorted(USERS))
def test_data_about_users_needs_the_permission_to_describe_the_campaign_too(operation: str) -> None:
    campaign = SCOPE.arn("campaign/c")
    assert actions(operation, campaignArn=campaign, userId="ann") == {
        ("personalize:DescribeCampaign", campaign),
        ("personalize:GetRecommendations", campaign),
    }


def test_model_needs_the_permission_to_describe_what_has_it() -> None:
    version, campaign = SCOPE.arn("solution/s/702e0792"), SCOPE.arn("campaign/c")
    assert actions("DescribeModel", solutionVersionArn=version, campaignArn=campaign) == {
        ("personalize:DescribeSolutionVersion", version),
        ("personalize:DescribeCampaign", campaign),
    }


def test_campaign_on_a_solution_needs_permission_to_see_the_solution() -> None:
    version = SCOPE.arn("solution/other/702e0792")
    assert actions("CreateCampaign", name="mine", solutionVersionArn=version) == {
        ("personalize:CreateCampaign", SCOPE.arn("campaign/mine")),
        ("personalize:DescribeSolutionVersion", version),
    }
    latest = SCOPE.arn("solution/other/$LATEST")
    updated = actions("UpdateCampaign", campaignArn=SCOPE.arn("campaign/mine"), solutionVersionArn=latest)
    assert ("personalize:DescribeSolution", SCOPE.arn("solution/other")) in updated


def test_recipes_belong_to_nobody_and_can_be_referred_to() -> None:
    request = {"name": "s", "recipeArn": "arn:aws:personalize:::recipe/aws-sims"}
    assert actions("CreateSolution", **request, datasetGroupArn=SCOPE.arn("dataset-group/films")) == {
        ("personalize:CreateSolution", SCOPE.arn("solution/s")),
        ("personalize:DescribeDatasetGroup", SCOPE.arn("dataset-group/films")),
    }


@pytest.mark.parametrize(
    "operation", [name for name, one in REQUESTS.items() if "roleArn" in json.dumps(one)]
)
def test_role_must_be_one_that_the_caller_may_pass_to_personalize(operation: str) -> None:
    passed = [one for one in required(operation, **REQUESTS[operation]) if one.action == "iam:PassRole"]
    assert [one.context for one in passed] == [(("iam:PassedToService", ("personalize.amazonaws.com",)),)]


def test_role_is_found_at_any_depth() -> None:
    output = {"roleArn": ROLE, "s3DataDestination": {"path": "s3://out/"}}
    arn = SCOPE.arn("metric-attribution/m")
    needed = actions("UpdateMetricAttribution", metricAttributionArn=arn, metricsOutputConfig=output)
    assert needed == {("personalize:UpdateMetricAttribution", arn), ("iam:PassRole", ROLE)}


def test_tags_in_a_request_are_condition_keys_and_need_the_permission_to_tag() -> None:
    tags = [{"tagKey": "tenant", "tagValue": "a"}, {"tagKey": "stage", "tagValue": "dev"}]
    arn = SCOPE.arn("dataset-group/films")
    created, tagged = required("CreateDatasetGroup", name="films", tags=tags)
    assert (created.action, tagged.action) == ("personalize:CreateDatasetGroup", "personalize:TagResource")
    assert dict(created.context) == dict(tagged.context) == {
        "aws:RequestTag/tenant": ("a",),
        "aws:RequestTag/stage": ("dev",),
        "aws:TagKeys": ("stage", "tenant"),
    }  # fmt: skip
    (removed,) = required("UntagResource", resourceArn=arn, tagKeys=["tenant"])
    assert dict(removed.context) == {"aws:TagKeys": ("tenant",)}


def test_list_needs_its_action_on_the_parent_or_on_everything() -> None:
    group = SCOPE.arn("dataset-group/films")
    assert actions("ListSolutions", datasetGroupArn=group) == {("personalize:ListSolutions", group)}
    assert actions("ListSolutions") == {("personalize:ListSolutions", "*")}
    assert actions("ListDatasetGroups", maxResults=3) == {("personalize:ListDatasetGroups", "*")}


def test_tag_that_looks_like_an_arn_is_not_a_reference() -> None:
    tags = [{"tagKey": "copy-of", "tagValue": SCOPE.arn("campaign/other")}]
    assert {action for action, _ in actions("CreateDatasetGroup", name="films", tags=tags)} == {
        "personalize:CreateDatasetGroup",
        "personalize:TagResource",
    }


def test_streamed_events_are_of_the_resource_with_the_tracking_id() -> None:
    assert actions("PutEvents", trackingId="t-1", userId="u") == {
        ("personalize:PutEvents", f"{TRACKING_ID}t-1")
    }
