"""The HTTP API: which requests are its, and how they reach a function."""

from __future__ import annotations

import http.client
import json

import pytest

from local.functions.worker import Outcome
from local.http.gateway import Gateway, Route
from local.http.messages import Headers, Request
from local.iam.roles import Identity

SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/personalize/aws4_request, "
    "SignedHeaders=host, Signature=0"
}


@pytest.fixture
def call(local):
    connection = http.client.HTTPConnection("127.0.0.1", local.port)

    def send(method, path, body=None, headers=SIGNED):
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()

    yield send
    connection.close()


def for_service(name):
    return {"Authorization": SIGNED["Authorization"].replace("/personalize/", f"/{name}/")}


def test_request_that_is_signed_for_personalize_reaches_the_function(call):
    status, _, body = call("POST", "/", b"{}", SIGNED | {"X-Amz-Target": "AmazonPersonalize.ListRecipes"})
    assert (status, body) == (202, b"{}")


def test_presigned_request_reaches_the_function(call):
    signature = "X-Amz-Credential=AKID%2F20260101%2Fus-east-1%2Fpersonalize%2Faws4_request&X-Amz-Signature=0"
    status, _, body = call("POST", f"/?{signature}", b"{}", {})
    assert (status, body) == (202, b"{}")


def test_request_that_is_signed_for_execute_api_reaches_the_function(call):
    status, _, _ = call("POST", "/", b"x", for_service("execute-api"))
    assert status == 202


def test_event_has_payload_format_2(call, local):
    _, _, body = call(
        "GET", "/things/a%20b?x=1&x=2&y=", None, SIGNED | {"X-Mixed-Case": "yes", "Cookie": "a=1; b=2"}
    )
    event = json.loads(body)["event"]
    assert event["version"] == "2.0"
    assert event["routeKey"] == "GET /things/{id}"
    assert event["pathParameters"] == {"id": "a b"}
    assert event["rawQueryString"] == "x=1&x=2&y="
    assert event["queryStringParameters"] == {"x": "1,2", "y": ""}
    assert event["headers"]["x-mixed-case"] == "yes"
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["isBase64Encoded"] is False
    context = event["requestContext"]
    assert context["accountId"] == local.account.id
    assert context["authorizer"]["iam"]["accessKey"] == "AKID"
    assert context["http"]["method"] == "GET"
    assert context["requestId"]
    assert context["stage"] == "$default"


@pytest.mark.parametrize(
    ("kind", "body", "encoded"),
    [
        ("application/json", b'{"a": "\xc3\xa9"}', "False"),
        ("text/plain; charset=utf-8", b"text", "False"),
        ("application/x-amz-json-1.1", b"{}", "True"),
        ("application/octet-stream", bytes(range(256)), "True"),
        ("text/plain", b"\xff\xfe", "True"),
    ],
)
def test_body_arrives_as_text_or_as_base64(call, kind, body, encoded):
    _, headers, answer = call("POST", "/", body, SIGNED | {"Content-Type": kind})
    assert answer == body
    assert headers["x-encoded"] == encoded


def test_unsigned_request_gets_the_answer_of_api_gateway(call):
    status, headers, body = call("GET", "/things/1", None, {})
    assert (status, json.loads(body)) == (403, {"message": "Forbidden"})
    assert headers["apigw-requestid"] and "x-amzn-ErrorType" not in headers
    for target in ("AmazonPersonalize.ListRecipes", "Tastemaker.DescribeDeployment"):
        status, _, _ = call("POST", "/", b"{}", {"X-Amz-Target": target})
        assert status == 403


def test_route_without_authorization_needs_no_signature(call):
    status, _, _ = call("GET", "/open", None, {})
    assert status == 200


def test_unknown_route_is_not_found(call):
    status, _, body = call("POST", "/nowhere", b"", SIGNED)
    assert (status, json.loads(body)) == (404, {"message": "Not Found"})


def test_failing_function_is_answered_without_details(call):
    status, _, body = call("POST", "/fail", b"{}", SIGNED)
    assert (status, body) == (500, b'{"message":"Internal Server Error"}')


def test_path_of_a_route_is_a_bucket_if_the_request_is_signed_for_s3(call, local):
    local.client("s3").create_bucket(Bucket="things")
    status, _, body = call("GET", "/things/1", None, for_service("s3"))
    assert status == 404
    assert b"NoSuchKey" in body


def test_preflight_needs_no_signature_and_answers_have_cors_headers(call):
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    status, headers, _ = call("OPTIONS", "/", None, asked)
    assert status == 204
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Access-Control-Allow-Methods"] == "POST"
    assert headers["Access-Control-Allow-Headers"] == "authorization,x-amz-target"
    assert headers["Access-Control-Max-Age"] == "60"
    status, headers, _ = call("POST", "/", b"{}", SIGNED | {"Origin": "https://shop.example"})
    assert status == 202
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Access-Control-Expose-Headers"] == "x-amzn-requestid"
    _, headers, _ = call("POST", "/", b"{}")
    assert "Access-Control-Allow-Origin" not in headers


def test_preflight_of_a_bucket_does_not_reach_the_api(call, local):
    local.client("s3").create_bucket(Bucket="pages")
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"}
    _, headers, _ = call("OPTIONS", "/pages/index.html", None, asked)
    assert headers.get("Access-Control-Allow-Headers") != "authorization,x-amz-target"


def test_arns_have_the_region_that_the_request_is_signed_for(call):
    """The function, which answers with the body that it got, sees ARNs of its own region."""
    sydney = {"Authorization": SIGNED["Authorization"].replace("us-east-1", "ap-southeast-2")}
    campaign, bucket = b"arn:aws:personalize:%s:1:campaign/a", b" arn:aws:s3:ap-southeast-2:1:b"
    _, headers, answer = call("POST", "/", campaign % b"ap-southeast-2" + bucket, sydney)
    assert answer == campaign % b"ap-southeast-2" + bucket
    assert headers["x-length"] == str(len(campaign % b"us-east-1" + bucket))
    china = {"Authorization": SIGNED["Authorization"].replace("us-east-1", "cn-north-1")}
    _, headers, answer = call("POST", "/", b"arn:aws-cn:personalize:cn-north-1:1:campaign/a", china)
    assert answer == b"arn:aws-cn:personalize:cn-north-1:1:campaign/a"
    assert headers["x-length"] == str(len(campaign % b"us-east-1"))


def test_throttled_function_is_answered_with_service_unavailable():
    throttled = Outcome.throttle("ReservedFunctionConcurrentInvocationLimitExceeded")
    gateway = Gateway(
        [Route("GET", "/open", "open", iam=False)],
        lambda *_: throttled,
        account_id="1",
        api_id="local",
        identify=lambda key: Identity(arn=f"arn:aws:iam::1:user/{key}", id=key),
    )
    response = gateway(Request("GET", "/open", Headers()))
    assert (response.status, json.loads(response.body)) == (503, {"message": "Service Unavailable"})


def errors_of(gateway, service, *, body=b""):
    """The status and body that a signed request gets, and the names of the headers in lower case."""
    scope = f"AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/{service}/aws4_request, Signature=x"
    headers = Headers()
    headers.add("authorization", scope)
    response = gateway(Request("POST", "/", headers, body))
    return response.status, response.body, {name.lower() for name, _ in response.headers}


@pytest.fixture
def strict():
    return Gateway(
        [Route("POST", "/", "control", iam=True)],
        lambda *_: Outcome('{"statusCode": 200}', False),
        account_id="1",
        api_id="local",
        identify=lambda key: Identity(arn=f"arn:aws:iam::1:user/{key}", id=key),
        strict=True,
    )


def test_strict_gateway_answers_a_client_without_the_overlay_as_an_http_api_does(strict):
    """The body is that of an HTTP API with IAM authorization (aws-cdk issue 21182)."""
    headers = {"apigw-requestid", "content-type"}
    assert errors_of(strict, "personalize") == (403, b'{"message":"Forbidden"}', headers)
    assert errors_of(strict, "execute-api")[0] == 200


def test_request_above_ten_megabytes_is_too_large(strict):
    status, body, headers = errors_of(strict, "execute-api", body=b"x" * (10 * 1024 * 1024 + 1))
    assert (status, body) == (413, b'{"message":"Request Entity Too Large"}')
    assert "x-amzn-errortype" not in headers
