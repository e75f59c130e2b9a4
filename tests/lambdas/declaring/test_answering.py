"""Uploads of answers to an HTTP server that fails at first."""

import json
import logging
import traceback

import pytest

from lambdas.declaring.answering import _check, send

REGION = "eu-west-1"


def test_answer_is_uploaded_without_a_content_type(receiver):
    send(f"{receiver.url}/answer", {"Status": "SUCCESS"}, REGION, receiver.url)
    assert receiver.received == [("", b'{"Status": "SUCCESS"}')]


def test_upload_is_repeated_after_an_error_of_the_server(receiver):
    receiver.statuses = [503]
    send(receiver.url, {"Status": "SUCCESS"}, REGION, receiver.url)
    assert len(receiver.received) == 2


def test_refused_upload_is_an_error(receiver):
    receiver.statuses = [403]
    with pytest.raises(OSError, match="HTTP 403"):
        send(receiver.url, {}, REGION, receiver.url)


def test_signed_address_is_in_no_error_and_no_log(receiver, caplog):
    url = f"{receiver.url}/answer?Signature=secret"
    receiver.server_close()
    with caplog.at_level(logging.DEBUG), pytest.raises(OSError, match="NewConnectionError") as raised:
        send(url, {}, REGION, receiver.url, pause_seconds=0)
    assert "secret" not in "".join(traceback.format_exception(raised.value))
    assert "secret" not in caplog.text


def test_answer_that_is_too_large_becomes_a_failure(receiver):
    large = {"Status": "SUCCESS", "Data": {"x": "y" * 5000}, "RequestId": "r"}
    send(receiver.url, large, REGION, receiver.url)
    ((_, body),) = receiver.received
    answer = json.loads(body)
    assert answer["Status"] == "FAILED" and "4096" in answer["Reason"]
    assert answer["RequestId"] == "r" and "Data" not in answer


BUCKET = "cloudformation-custom-resource-response"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        f"http://{BUCKET}-euwest1.s3.eu-west-1.amazonaws.com/x",
        f"https://{BUCKET}-euwest1.s3.eu-west-1.amazonaws.com.evil.example/x",
        f"https://evil.example\\@{BUCKET}-euwest1.s3.eu-west-1.amazonaws.com/x",
        f"https://{BUCKET}-euwest1.s3.eu-west-1.amazonaws.com:8443/x",
        f"https://{BUCKET}-euwest1.s3.eu-west-1.amazonaws.com.cn/x",
        f"https://{BUCKET}-euwest1-mine.s3.eu-west-1.amazonaws.com/x",
        f"https://{BUCKET}-useast1.s3.amazonaws.com/x",
        "https://my-bucket.s3.eu-west-1.amazonaws.com/x",
        "https://abc.execute-api.eu-west-1.amazonaws.com/x",
        "http://127.0.0.1:1/x",
        "file:///etc/passwd",
    ],
)
def test_addresses_outside_the_bucket_of_cloudformation_get_no_answer(url):
    with pytest.raises(ValueError, match="not an address of CloudFormation"):
        send(url, {}, REGION, "http://127.0.0.1:4566")


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "useast1.s3.amazonaws.com"),
        ("eu-west-1", "euwest1.s3-eu-west-1.amazonaws.com"),
        ("eu-west-1", "euwest1.s3.eu-west-1.amazonaws.com"),
        ("us-gov-west-1", "usgovwest1.s3.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "cnnorth1.s3.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_bucket_of_each_partition_gets_the_answer(region, host):
    _check(f"https://{BUCKET}-{host}/x?Signature=y", region, None)
