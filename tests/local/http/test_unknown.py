"""Services and operations that the local run does not have: clients get an error that says so, once."""

from __future__ import annotations

import json

import pytest

from local.http.messages import Headers, Request
from local.http.unknown import unknown_service


@pytest.mark.parametrize(
    ("service", "operation", "params", "status"),
    [
        (
            "translate",
            "translate_text",
            {"Text": "x", "SourceLanguageCode": "de", "TargetLanguageCode": "en"},
            400,
        ),
        ("qbusiness", "list_applications", {}, 404),
        ("cloudsearch", "describe_domains", {}, 400),
    ],
)
def test_request_for_a_service_that_is_not_served_is_refused_by_its_name(
    local, service, operation, params, status
) -> None:
    client = local.client(service)
    with pytest.raises(client.exceptions.ClientError, match=f"has no service '{service}'") as refused:
        getattr(client, operation)(**params)
    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    assert answer["ResponseMetadata"]["RetryAttempts"] == 0
    assert answer["Error"]["Code"] in ("UnknownOperationException", "InvalidAction")
    assert "personalize-runtime" in answer["Error"]["Message"] and "dynamodb" in answer["Error"]["Message"]


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("comprehend", "contains_pii_entities", {"Text": "x", "LanguageCode": "en"}),
        (
            "lexv2-runtime",
            "get_session",
            {"botId": "a" * 10, "botAliasId": "b", "localeId": "en", "sessionId": "cc"},
        ),
        ("ec2", "describe_spot_datafeed_subscription", {}),
    ],
)
def test_operation_that_moto_lacks_is_refused_by_its_name(local, service, operation, params) -> None:
    client = local.client(service)
    with pytest.raises(client.exceptions.ClientError) as refused:
        getattr(client, operation)(**params)
    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] in (400, 404)
    assert "does not know this operation" in answer["Error"]["Message"]


def test_service_with_a_similar_name_is_suggested() -> None:
    scope = "Credential=AKID/20260101/eu-west-1/personalise/aws4_request"
    headers = Headers({"authorization": f"AWS4-HMAC-SHA256 {scope}, Signature=x"})
    answer = unknown_service(Request("GET", "/", headers))
    assert "Did you mean personalize" in json.loads(answer.body)["message"]
