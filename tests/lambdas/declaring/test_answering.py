"""Uploads of answers to an HTTP server that fails at first."""

import json

import pytest

from lambdas.declaring.answering import send


def test_answer_is_uploaded_without_a_content_type(receiver):
    send(f"{receiver.url}/answer", {"Status": "SUCCESS"}, receiver.url)
    assert receiver.received == [("", b'{"Status": "SUCCESS"}')]


def test_upload_is_repeated_after_an_error_of_the_server(receiver):
    receiver.statuses = [503]
    send(receiver.url, {"Status": "SUCCESS"}, receiver.url)
    assert len(receiver.received) == 2


def test_refused_upload_is_an_error(receiver):
    receiver.statuses = [403]
    with pytest.raises(OSError, match="HTTP 403"):
        send(receiver.url, {}, receiver.url)


def test_answer_that_is_too_large_becomes_a_failure(receiver):
    send(receiver.url, {"Status": "SUCCESS", "Data": {"x": "y" * 5000}, "RequestId": "r"}, receiver.url)
    ((_, body),) = receiver.received
    answer = json.loads(body)
    assert answer["Status"] == "FAILED" and "4096" in answer["Reason"]
    assert answer["RequestId"] == "r" and "Data" not in answer


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "http://cloudformation.s3.amazonaws.com/x",
        "https://amazonaws.com.evil.example/x",
        "http://127.0.0.1:1/x",
        "file:///etc/passwd",
    ],
)
def test_addresses_that_are_not_of_aws_get_no_answer(url):
    with pytest.raises(ValueError, match="not an address of AWS"):
        send(url, {}, "http://127.0.0.1:4566")
