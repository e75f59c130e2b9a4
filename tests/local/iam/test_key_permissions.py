"""What encrypted data need beside the permission for the data."""

import pytest

from local.account import Account
from local.iam.key_permissions import key_permissions
from local.iam.required_permissions import Permission

ACCOUNT = Account("http://127.0.0.1", "eu-west-1")
TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/t"
STREAM = "arn:aws:kinesis:eu-west-1:123456789012:stream/s"
KEYS = {"arn:aws:s3:::lake": "key-1", TABLE: "key-2", STREAM: "key-3"}


@pytest.mark.parametrize(
    ("action", "resource", "needed"),
    [
        ("s3:GetObject", "arn:aws:s3:::lake/a/b", ["kms:Decrypt"]),
        ("s3:PutObject", "arn:aws:s3:::lake/a/b", ["kms:GenerateDataKey"]),
        ("s3:ListBucket", "arn:aws:s3:::lake", []),
        ("s3:GetObject", "arn:aws:s3:::lake-2/a", []),
        ("dynamodb:Query", f"{TABLE}/index/by-kind", ["kms:Decrypt"]),
        ("dynamodb:PutItem", TABLE, ["kms:Decrypt"]),
        ("dynamodb:DescribeTable", TABLE, []),
        ("kinesis:PutRecords", STREAM, ["kms:GenerateDataKey"]),
        ("kinesis:GetRecords", STREAM, ["kms:Decrypt"]),
    ],
)
def test_request_for_encrypted_data_needs_the_key(action: str, resource: str, needed: list[str]) -> None:
    found = list(key_permissions([Permission(action, resource)], KEYS, ACCOUNT))
    assert [permission.action for permission in found] == needed
    service = action.partition(":")[0]
    assert all(one.context["kms:viaservice"] == [f"{service}.eu-west-1.amazonaws.com"] for one in found)


def test_upload_in_parts_reads_its_parts() -> None:
    put = Permission("s3:PutObject", "arn:aws:s3:::lake/a")
    found = key_permissions([put], KEYS, ACCOUNT, multipart=True)
    assert [(one.action, one.resource) for one in found] == [
        ("kms:Decrypt", "key-1"),
        ("kms:GenerateDataKey", "key-1"),
    ]
