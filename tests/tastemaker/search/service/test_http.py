"""Bodies of requests and responses: what is no JSON, and what clients compress."""

import gzip
import json

import pytest

from tastemaker.search.errors import ParsingError, SearchError
from tastemaker.search.service.http import MAX_BODY_BYTES, HttpRequest, HttpResponse, parse_json, uncompressed

HEADERS = {"Content-Encoding": "gzip", "x-opaque-id": "7"}


@pytest.mark.parametrize("body", [b'{"size": NaN}', b'{"size": -Infinity}', b"{", b"\xff"])
def test_body_that_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(ParsingError, match="not JSON"):
        HttpRequest("POST", "/x/_search", body=body).json()


def test_body_with_gzip_is_read_and_passed_on_without_its_encoding() -> None:
    assert uncompressed(gzip.compress(b"{}"), HEADERS) == (b"{}", {"x-opaque-id": "7"})
    for headers in ({}, {"content-encoding": "identity"}):
        assert uncompressed(b"{}", headers) == (b"{}", headers)


@pytest.mark.parametrize(
    ("body", "encoding", "reason"),
    [
        (b"{}", "gzip", "not gzip"),
        (gzip.compress(b"{}" * 1000, mtime=0)[:-9], "gzip", "its end is missing"),
        (b"{}", "br", r"encoding \[br\]"),
        (gzip.compress(b" " * (MAX_BODY_BYTES + 1), mtime=0), "gzip", "more than 50,000,000 bytes"),
    ],
)
def test_body_that_cannot_be_decompressed_is_refused(body: bytes, encoding: str, reason: str) -> None:
    with pytest.raises(SearchError, match=reason):
        uncompressed(body, {"content-encoding": encoding})


def test_half_of_a_surrogate_pair_is_answered_as_an_escape() -> None:
    response = HttpResponse.of({"reason": "x\ud83d, é"}, 400)
    assert response.body == '{"reason":"x\\ud83d, é"}'.encode()
    assert json.loads(response.body) == {"reason": "x\ud83d, é"}


@pytest.mark.parametrize("text", [b"NaN", b"-Infinity", b"1e999", b"1" + b"0" * 400, b"9" * 5000])
def test_numbers_that_json_or_a_double_does_not_have_are_refused(text: bytes) -> None:
    with pytest.raises(SearchError, match="not JSON"):
        parse_json(b'{"size":' + text + b"}")
