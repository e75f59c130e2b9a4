"""Requests of OpenSearch clients: which reach the search function, and as whom."""

from typing import Any

import pytest

from local.functions.worker import Outcome
from local.http.cors import Cors
from local.http.gateway import Gateway, Route
from local.http.messages import Headers, Request
from local.iam.roles import Identity

METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD")
ROOT = Identity("arn:aws:iam::123456789012:root", "123456789012")


def gateway(events: list[dict[str, Any]]) -> Gateway:
    def invoke(function: str, event: dict[str, Any], request_id: str) -> Outcome:
        events.append(event)
        return Outcome('{"statusCode": 200, "body": "{}"}', False)

    routes = [
        Route(method, path, "search", True) for method in METHODS for path in ("/search", "/search/{proxy+}")
    ]
    routes.append(Route("ANY", "/search/any/{proxy+}", "search", True))
    return Gateway(
        routes,
        invoke,
        account_id="123456789012",
        api_id="local",
        identify=lambda key: ROOT,
        cors=Cors.of({"AllowOrigins": ["*"], "AllowMethods": list(METHODS)}),
    )


def request(path: str, authorization: str = "") -> Request:
    headers = Headers()
    if authorization:
        headers.add("authorization", authorization)
    return Request("GET", path, headers)


def preflight(path: str, method: str = "POST") -> Request:
    return Request("OPTIONS", path, Headers({"access-control-request-method": method}))


def signed(service: str) -> str:
    scope = f"AKID/20260101/us-east-1/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


@pytest.mark.parametrize("authorization", ["", "Basic YWRtaW46YWRtaW4=", signed("es"), signed("execute-api")])
def test_search_is_served_with_any_signature_or_none(authorization: str) -> None:
    events: list[dict[str, Any]] = []
    api, asked = gateway(events), request("/search/products/_search", authorization)
    assert api.serves(asked)
    assert api(asked).status == 200
    assert events[0]["requestContext"]["authorizer"]["iam"]["userArn"] == ROOT.arn


@pytest.mark.parametrize(
    ("path", "authorization"),
    [
        ("/search/key", signed("s3")),
        ("/search/key?X-Amz-Signature=0", ""),
        ("/search/key", "AWS key:signature"),
        ("/searches", ""),
    ],
)
def test_requests_for_other_services_are_not_searches(path: str, authorization: str) -> None:
    assert not gateway([]).serves(request(path, authorization))


def test_question_of_a_browser_is_answered_unless_a_route_for_any_method_serves_it() -> None:
    """Such a route serves OPTIONS, too, and asks for a signature, which browsers do not send there.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
    """
    events: list[dict[str, Any]] = []
    api = gateway(events)
    for method in METHODS:
        asked = preflight("/search/products/_search", method)
        assert api.serves(asked)
        answer = api(asked)
        assert answer.status == 204
        assert ("Access-Control-Allow-Methods", "GET,POST,PUT,DELETE,HEAD") in answer.headers
    assert api(preflight("/search/any/_search")).status == 403
    assert not api.serves(preflight("/search/products/_search", "PATCH"))
    assert events == []
