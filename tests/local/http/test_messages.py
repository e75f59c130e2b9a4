"""Parts of requests, as the services behind the server read them."""

import gzip

import pytest

from local.http.messages import Headers, Request, Response

SCOPE = "AKIA/20260101/eu-west-1/Personalize/aws4_request"
GZIPPED = gzip.compress(b"metrics", mtime=0)


def request(target: str = "/", body: bytes = b"", **headers: str) -> Request:
    return Request("POST", target, Headers(headers), body)


def test_repeated_headers_and_parameters_are_joined_with_a_comma() -> None:
    headers = Headers()
    headers.add("X-A", "1")
    headers.add("x-a", "2")
    assert headers == {"x-a": "1,2"}
    assert request("/p?a=1&a=2&b=").parameters == {"a": "1,2", "b": ""}


def test_path_is_decoded_and_the_raw_path_is_not() -> None:
    made = request("/a%20key%2Fb?c=d%20e")
    assert (made.raw_path, made.path, made.query) == ("/a%20key%2Fb", "/a key/b", "c=d%20e")


@pytest.mark.parametrize(
    ("body", "value"), [(b'{"a": 1}', {"a": 1}), (b"[1]", {}), (b"no", {}), (b"\xff", {})]
)
def test_body_that_is_no_json_object_is_empty(body: bytes, value: dict) -> None:
    assert request(body=body).json == value


def test_form_needs_its_content_type() -> None:
    form = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    assert request(body=b"Action=AssumeRole&A=", **form).form == {"Action": "AssumeRole", "A": ""}
    assert request(body=b"Action=AssumeRole").form == {}


@pytest.mark.parametrize(
    ("made", "credential"),
    [
        (
            request(authorization=f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host"),
            ("AKIA", "eu-west-1", "personalize"),
        ),
        (request(f"/?X-Amz-Credential={SCOPE.replace('/', '%2F')}"), ("AKIA", "eu-west-1", "personalize")),
        (request(authorization="Bearer x"), None),
        (request(), None),
    ],
)
def test_signature_is_read_from_the_header_or_the_query(made: Request, credential: object) -> None:
    assert made.credential == credential


def test_response_of_json_has_its_headers() -> None:
    made = Response.of_json(400, {"message": "no"}, X_Request="1")
    assert (made.status, made.body, made.header("x-request")) == (400, b'{"message": "no"}', "1")
    assert made.header("content-type") == "application/json"


@pytest.mark.parametrize(
    ("service", "body", "expected"),
    [
        ("monitoring", GZIPPED, b"metrics"),
        ("s3", GZIPPED, GZIPPED),
        ("monitoring", b"plain", b"plain"),
        ("monitoring", GZIPPED[:-9], GZIPPED[:-9]),
    ],
)
def test_body_that_an_sdk_compressed_is_uncompressed_except_for_objects(
    service: str, body: bytes, expected: bytes
) -> None:
    pairs = [
        ("Authorization", f"AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/{service}/aws4_request,"),
        ("Content-Encoding", "gzip"),
    ]
    headers = Headers({name.lower(): value for name, value in pairs})
    made = Request("POST", "/", headers, body, raw_headers=pairs).uncompressed()
    assert made.body == expected
    kept = body == expected
    assert ("content-encoding" in made.headers) == kept
    assert (pairs[1] in made.raw_headers) == kept
