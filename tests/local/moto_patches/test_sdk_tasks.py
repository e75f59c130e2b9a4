"""Names in `aws-sdk` tasks: as Step Functions spells them outside, as the service's model does inside."""

from __future__ import annotations

import io
import json

import pytest

from local.moto_patches.sdk_tasks import error_prefix, service_model, to_request, to_result


def shapes(service: str, operation: str):
    model = service_model(service).operation_model(operation)
    return model.input_shape, model.output_shape


def test_members_are_found_in_any_spelling_of_case():
    given, _ = shapes("personalize", "CreateCampaign")
    parameters = {
        "Name": "c",
        "MinProvisionedTps": 1,
        "CampaignConfig": {"ItemExplorationConfig": {"explorationWeight": "0.3"}},
        "Tags": [{"TagKey": "Team", "TagValue": "a"}],
    }
    assert to_request(parameters, given) == {
        "name": "c",
        "minProvisionedTPS": 1,
        "campaignConfig": {"itemExplorationConfig": {"explorationWeight": "0.3"}},
        "tags": [{"tagKey": "Team", "tagValue": "a"}],
    }


def test_objects_become_json_where_the_model_wants_text():
    given, _ = shapes("personalize", "CreateSchema")
    schema = {"type": "record", "fields": []}
    assert json.loads(to_request({"Schema": schema}, given)["schema"]) == schema
    assert to_request({"Schema": "{}"}, given) == {"schema": "{}"}
    payload, _ = shapes("lambda", "Invoke")
    assert to_request({"Payload": {"a": 1}}, payload) == {"Payload": '{"a":1}'}


def test_members_of_results_are_capitalized_and_keys_of_maps_are_not():
    _, answer = shapes("personalize", "GetSolutionMetrics")
    metrics = {"solutionVersionArn": "a", "metrics": {"precision_at_5": 0.1}}
    assert to_result(metrics, answer) == {"SolutionVersionArn": "a", "Metrics": {"precision_at_5": 0.1}}
    _, listed = shapes("personalizeruntime", "GetRecommendations")
    assert to_result({"itemList": [{"itemId": "1"}]}, listed) == {"ItemList": [{"ItemId": "1"}]}
    _, invoked = shapes("lambda", "Invoke")
    assert to_result({"Payload": io.StringIO("text")}, invoked) == {"Payload": "text"}


@pytest.mark.parametrize(
    ("service", "botocore_name", "prefix"),
    [
        ("personalize", "personalize", "Personalize"),
        ("personalizeruntime", "personalize-runtime", "PersonalizeRuntime"),
        ("sfn", "stepfunctions", "Sfn"),
        ("dynamodb", "dynamodb", "DynamoDb"),
        ("s3", "s3", "S3"),
        ("eventbridge", "events", "EventBridge"),
        ("cloudwatchlogs", "logs", "CloudWatchLogs"),
    ],
)
def test_service_of_a_task_has_a_botocore_name_and_prefix(service: str, botocore_name: str, prefix: str):
    assert service_model(service).service_name == botocore_name
    assert error_prefix(service) == prefix


def test_unknown_service_is_an_error():
    with pytest.raises(ValueError, match="no service nonsense"):
        service_model("nonsense")
