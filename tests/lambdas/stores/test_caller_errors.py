"""Errors of S3 on a caller's bucket name who needs which permission."""

import pytest
from botocore.exceptions import ClientError

from lambdas.stores.caller_errors import is_missing_bucket, read_error, write_error
from tastemaker.failures import AccessRefused, InvalidLocation, WorkFailedError


def s3_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "said S3"}}, "GetObject")


@pytest.mark.parametrize(
    ("code", "kind", "text"),
    [
        ("NoSuchKey", InvalidLocation, "no such bucket or object"),
        ("404", InvalidLocation, "no such bucket or object"),
        ("AccessDenied", AccessRefused, "the role may not read s3://b/k; it needs s3:GetObject there"),
        ("PreconditionFailed", InvalidLocation, "replaced while it was being read"),
        ("SlowDown", WorkFailedError, "said S3"),
    ],
)
def test_read_error_has_a_reason_for_people(code: str, kind: type, text: str) -> None:
    error = read_error(s3_error(code), "s3://b/k", identity="the role", permission="s3:GetObject")
    assert type(error) is kind and text in str(error)


@pytest.mark.parametrize(
    ("code", "kind", "text"),
    [
        ("NoSuchBucket", WorkFailedError, "there is no bucket b"),
        ("403", AccessRefused, "the role may not write s3://b/k; it needs s3:PutObject there"),
        ("SlowDown", WorkFailedError, "said S3"),
    ],
)
def test_write_error_has_a_reason_for_people(code: str, kind: type, text: str) -> None:
    error = write_error(s3_error(code), "s3://b/k", identity="the role", bucket="b")
    assert type(error) is kind and text in str(error)


def test_missing_object_is_not_a_missing_bucket() -> None:
    assert is_missing_bucket(s3_error("NoSuchBucket")) and not is_missing_bucket(s3_error("NoSuchKey"))
