import base64
import json
from types import SimpleNamespace

from lambdas.support.http import account_of, result_bytes, serve
from tastemaker.errors import ResourceNotFound
from tastemaker.wire import Service

RUNTIME = Service("personalize-runtime")


def event(path="/recommendations", body='{"userId": "u"}', stage="$default", encoded=False):
    return {
        "version": "2.0",
        "rawPath": path,
        "headers": {"content-type": "application/json"},
        "body": body,
        "isBase64Encoded": encoded,
        "requestContext": {
            "accountId": "123456789012",
            "requestId": "r-1",
            "stage": stage,
            "http": {"method": "POST", "path": path},
        },
    }


def answer(params):
    return {"itemList": [{"itemId": params["userId"]}], "recommendationId": "RID-1", "_internal": 1}


def test_answer_has_its_status_headers_and_body():
    result = serve(RUNTIME, event(), {"GetRecommendations": answer}, None)
    assert result["statusCode"] == 200
    assert json.loads(result["body"]) == {"itemList": [{"itemId": "u"}], "recommendationId": "RID-1"}
    assert result["headers"]["x-amzn-requestid"] == "r-1"


def test_request_with_a_stage_in_its_path_and_a_base64_body_is_decoded():
    body = base64.b64encode(b'{"userId": "v"}').decode()
    request = event("/prod/recommendations", body, "prod", encoded=True)
    result = serve(RUNTIME, request, {"GetRecommendations": answer}, None)
    assert json.loads(result["body"])["itemList"] == [{"itemId": "v"}]


def test_domain_error_has_its_code_status_and_message():
    def refuse(params):
        raise ResourceNotFound("no such campaign")

    result = serve(RUNTIME, event(), {"GetRecommendations": refuse}, None)
    assert (result["statusCode"], result["headers"]["x-amzn-errortype"]) == (404, "ResourceNotFoundException")
    assert result["headers"]["x-amzn-requestid"] == "r-1"


def test_operation_without_code_is_refused_by_name():
    result = serve(RUNTIME, event("/action-recommendations"), {}, None)
    assert result["statusCode"] == 501
    assert "GetActionRecommendations" in json.loads(result["body"])["message"]


def test_unexpected_error_becomes_an_internal_error():
    def fail(params):
        raise KeyError("secret")

    result = serve(RUNTIME, event(), {"GetRecommendations": fail}, None)
    assert result["statusCode"] == 500
    assert "secret" not in result["body"]


def test_account_comes_from_the_function_or_the_event():
    arn = "arn:aws:lambda:eu-west-1:111111111111:function:control"
    assert account_of(event(), SimpleNamespace(invoked_function_arn=arn)) == "111111111111"
    assert account_of(event(), None) == "123456789012"


def test_size_of_a_result_counts_what_its_escapes_add():
    """Lambda refuses a result by its size as JSON, in which each quotation mark of the body has two bytes."""
    body = '"é' * 1000
    whole = len(json.dumps({"body": body}, ensure_ascii=False).encode())
    assert whole > 4000 == result_bytes({"body": body}, 12_001) * 2
    assert result_bytes({"body": body}, 12_000) == whole
