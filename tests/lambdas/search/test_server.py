"""Requests to a stand-in OpenSearch server: exact requests, errors, slowness, and truncated answers."""

import hashlib
import time
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lambdas.search.server import SignedServer
from tastemaker.search.errors import BackendError, BackendTimeoutError, TooLargeError, UnavailableError
from tastemaker.search.service.http import HttpRequest
from tests.lambdas.search.stand_in import StandIn

CREDENTIALS = Credentials("AKIDEXAMPLE", "secret", "token")


def connect(stand_in: StandIn, service: str = "es", **limits: Any) -> SignedServer:
    endpoint = f"http://127.0.0.1:{stand_in.server_address[1]}"
    return SignedServer(endpoint, service, "eu-west-1", lambda: CREDENTIALS, **limits)


@pytest.mark.parametrize("service", ["es", "aoss"])
def test_request_arrives_as_it_is_with_a_signature_of_the_function(stand_in: StandIn, service: str) -> None:
    body = '{"query": {"match": {"NAME": "größe"}}}'.encode()
    headers = {
        "authorization": "AWS4-HMAC-SHA256 of the client",
        "content-type": "application/json",
        "host": "api.example",
        "x-amz-date": "20000101T000000Z",
        "x-amz-security-token": "of the client",
        "x-opaque-id": "7",
    }
    query = {"preference": "a b", "size": "3"}
    answer = connect(stand_in, service).send(HttpRequest("POST", "/a b,c*/_search", query, headers, body))
    assert (answer.status, answer.body, answer.headers["x-opaque-id"]) == (200, b'{"took":1}', "7")
    ((method, target, sent, data),) = stand_in.requests
    assert (method, target, data) == ("POST", "/a%20b,c*/_search?preference=a%20b&size=3", body)
    assert sent["content-type"] == "application/json"
    assert sent["host"] == f"127.0.0.1:{stand_in.server_address[1]}"
    assert sent["x-amz-security-token"] == "token"
    assert sent["x-amz-content-sha256"] == hashlib.sha256(body).hexdigest()
    # The authority on signatures is botocore: the same request at the same time has the same signature.
    same = AWSRequest(
        "POST",
        f"http://{sent['host']}{target}",
        data=body,
        headers={"x-amz-content-sha256": sent["x-amz-content-sha256"], "x-amz-security-token": "token"},
    )
    same.context["timestamp"] = sent["x-amz-date"]
    same.headers["X-Amz-Date"] = sent["x-amz-date"]
    auth = SigV4Auth(CREDENTIALS, service, "eu-west-1")
    signature = auth.signature(auth.string_to_sign(same, auth.canonical_request(same)), same)
    assert sent["authorization"].endswith(f"Signature={signature}")
    assert f"/eu-west-1/{service}/aws4_request" in sent["authorization"]


def test_error_of_the_server_is_returned_with_its_status(stand_in: StandIn) -> None:
    stand_in.status, stand_in.body = 429, b'{"error": "busy"}'
    answer = connect(stand_in).send(HttpRequest("GET", "/"))
    assert (answer.status, answer.body) == (429, b'{"error": "busy"}')
    assert len(stand_in.requests) == 1, "nothing is repeated"


def test_server_that_does_not_answer_in_time_is_given_up(stand_in: StandIn) -> None:
    stand_in.manner = "silent"
    started = time.monotonic()
    with pytest.raises(BackendTimeoutError, match="GET /slow"):
        connect(stand_in, read_seconds=0.2).send(HttpRequest("GET", "/slow"))
    assert time.monotonic() - started < 20
    assert len(stand_in.requests) == 1


def test_truncated_answer_is_no_answer(stand_in: StandIn) -> None:
    stand_in.manner = "truncated"
    with pytest.raises(BackendError, match="broke"):
        connect(stand_in).send(HttpRequest("GET", "/"))


def test_answer_beyond_the_limit_is_not_read_to_its_end(stand_in: StandIn) -> None:
    stand_in.body = b"x" * 3_000_000
    with pytest.raises(TooLargeError, match="1,000,000 bytes"):
        connect(stand_in, max_bytes=1_000_000).send(HttpRequest("GET", "/large"))
    assert len(connect(stand_in).send(HttpRequest("GET", "/large")).body) == 3_000_000


def test_server_that_is_gone_is_unavailable(stand_in: StandIn) -> None:
    server = connect(stand_in)
    stand_in.shutdown()
    stand_in.server_close()
    with pytest.raises(UnavailableError, match="cannot be reached"):
        server.send(HttpRequest("GET", "/"))
