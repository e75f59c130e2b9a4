"""The generation function as the control function calls it, on AWS in memory."""

from types import SimpleNamespace

import pytest

from lambdas.control.text_operations import OPERATIONS
from tests.lambdas.deployed import ENVIRONMENT, deploy
from tests.tastemaker.serving.films import PREFIX

CAMPAIGN = f"{PREFIX}campaign/v1"
PARAMETERS = {
    "DescribeModel": {},
    "DescribeTaste": {"userId": "ann"},
    "DescribeUser": {"userId": "ann"},
    "ExplainRecommendations": {"userId": "ann", "numResults": 3},
    "FindItems": {"text": "alien"},
    "FindUsers": {"text": "an"},
    "GenerateMessage": {"userId": "ann", "messageType": "EMAIL_BODY"},
    "GetDataInsights": {},
    "SummarizeItem": {"itemId": "alien", "maxLength": 80},
}


@pytest.fixture
def call(cinema, resources_table, other_tables, lake_client, monkeypatch, tmp_path):
    """Call the function with an operation on the deployed films. `seconds` are left of its time."""
    deploy(cinema, resources_table, lake_client)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    from lambdas.generation import handler

    handler._generation.cache_clear()

    def call(operation, seconds=30.0, **params):
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: seconds * 1000)
        event = {"operation": operation, "params": {"campaignArn": CAMPAIGN, **params}}
        return handler.handle(event, context)

    yield call
    handler._generation.cache_clear()


def test_every_operation_that_is_forwarded_is_answered(call):
    assert set(PARAMETERS) == set(OPERATIONS)
    answers = {operation: call(operation, **params) for operation, params in PARAMETERS.items()}
    assert {operation for operation, answer in answers.items() if "output" not in answer} == set()
    output = {operation: answer["output"] for operation, answer in answers.items()}
    assert [item["itemId"] for item in output["FindItems"]["items"]] == ["alien"]
    assert [user["userId"] for user in output["FindUsers"]["users"]] == ["ann"]
    assert output["SummarizeItem"]["summary"]["text"] == "A crew meets a creature. It is hungry."
    assert "Casablanca Nights" in output["GenerateMessage"]["message"]["text"]


def test_texts_are_templates_when_no_time_is_left(call):
    answer = call("GenerateMessage", seconds=1.0, userId="ann", messageType="EMAIL_SUBJECT")
    assert answer["output"]["message"]["source"] == "template"


def test_error_of_the_caller_is_an_answer(call):
    assert call("FindItems", campaignArn=f"{PREFIX}campaign/none", text="alien") == {
        "error": "ResourceNotFoundException",
        "message": f"Resource Arn {PREFIX}campaign/none does not exist.",
        "status": 400,
    }


def test_unknown_operation_is_a_failure_of_the_function(call):
    with pytest.raises(ValueError, match="There is no operation 'DeleteModel'"):
        call("DeleteModel")
