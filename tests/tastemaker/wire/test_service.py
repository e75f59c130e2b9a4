import json

import pytest

from tastemaker.errors import (
    Conflict,
    InvalidInput,
    InvalidNextToken,
    MalformedRequest,
    NotServedYet,
    ResourceInUse,
    ResourceNotFound,
    UnknownOperation,
)
from tastemaker.wire import Service

CONTROL, RUNTIME, EVENTS = (
    Service("personalize"),
    Service("personalize-runtime"),
    Service("personalize-events"),
)


def test_personalize_routes_by_target():
    headers = {"x-AMZ-target": "AmazonPersonalize.ListSchemas"}
    assert CONTROL.route("POST", "/", headers) == "ListSchemas"
    assert len(CONTROL.operations) == 71


@pytest.mark.parametrize(
    "target", ["", "ListSchemas", "AmazonPersonalize.Nothing", "DynamoDB_20120810.ListTables"]
)
def test_targets_of_no_operation_are_refused(target):
    with pytest.raises(UnknownOperation):
        CONTROL.route("POST", "/", {"X-Amz-Target": target})


@pytest.mark.parametrize(
    ("service", "path", "operation"),
    [
        (RUNTIME, "/recommendations", "GetRecommendations"),
        (RUNTIME, "/personalize-ranking", "GetPersonalizedRanking"),
        (RUNTIME, "/action-recommendations", "GetActionRecommendations"),
        (EVENTS, "/events", "PutEvents"),
        (EVENTS, "/items", "PutItems"),
        (EVENTS, "/users", "PutUsers"),
        (EVENTS, "/actions", "PutActions"),
        (EVENTS, "/action-interactions", "PutActionInteractions"),
    ],
)
def test_runtime_and_events_route_by_path(service, path, operation):
    assert service.route("POST", path, {}) == operation
    with pytest.raises(UnknownOperation, match="POST /"):
        service.route("GET", path, {})


@pytest.mark.parametrize("body", ["{", "[]", b"\xff", '"x"', b'{"name": "\\ud800"}', "[" * 100_000])
def test_body_that_is_not_a_json_object_is_refused(body):
    with pytest.raises(MalformedRequest):
        CONTROL.parse("ListSchemas", body)


def test_empty_body_counts_as_an_empty_object():
    assert CONTROL.parse("ListSchemas", b"") == {}


def test_operations_without_output_have_an_empty_body():
    response = CONTROL.serialize("DeleteSchema", None)
    assert (response.status, response.body) == (200, "")
    assert response.headers == {"content-type": "application/x-amz-json-1.1"}
    assert EVENTS.serialize("PutEvents", None).headers == {"content-type": "application/json"}


def test_output_shape_without_members_is_an_empty_object():
    assert CONTROL.serialize("TagResource", None).body == "{}"


@pytest.mark.parametrize(
    ("service", "operation", "error", "code", "status"),
    [
        (CONTROL, "DescribeSchema", ResourceNotFound("no"), "ResourceNotFoundException", 400),
        (RUNTIME, "GetRecommendations", ResourceNotFound("no"), "ResourceNotFoundException", 404),
        (EVENTS, "PutItems", ResourceInUse("no"), "ResourceInUseException", 409),
        (EVENTS, "PutEvents", ResourceNotFound("no"), "InvalidInputException", 400),
        (RUNTIME, "GetRecommendations", InvalidInput("no"), "InvalidInputException", 400),
        (CONTROL, "CreateFilter", ResourceInUse("no"), "InvalidInputException", 400),
        (CONTROL, "UpdateCampaign", Conflict("no"), "ResourceInUseException", 400),
        (CONTROL, "ListSchemas", InvalidNextToken("no"), "InvalidNextTokenException", 400),
        (CONTROL, None, UnknownOperation("no"), "UnknownOperationException", 400),
        (CONTROL, "CreateBatchInferenceJob", NotServedYet("no"), "NotImplementedException", 501),
    ],
)
def test_errors_have_their_code_in_the_header_and_in_the_body(service, operation, error, code, status):
    response = service.error(error, operation)
    assert response.status == status
    assert response.headers["x-amzn-errortype"] == code
    assert json.loads(response.body) == {"__type": code, "message": "no"}


def test_text_of_an_unexpected_error_stays_internal():
    response = CONTROL.error(KeyError("secret"), "ListSchemas")
    assert response.status == 500
    assert json.loads(response.body)["__type"] == "InternalServerError"
    assert "secret" not in response.body
