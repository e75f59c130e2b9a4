"""What a request needs of a customer managed key, beside the permission for the data that the key encrypts.

S3, DynamoDB and Kinesis use the key with the permissions of the caller, so that a role without them is denied
although it may read the data:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from local.account import Account
from local.iam.required_permissions import Permission

DECRYPT, GENERATE = "kms:Decrypt", "kms:GenerateDataKey"
_ACTIONS = {
    "s3:GetObject": (DECRYPT,),
    "s3:GetObjectVersion": (DECRYPT,),
    "s3:PutObject": (GENERATE,),
    "kinesis:GetRecords": (DECRYPT,),
    "kinesis:PutRecord": (GENERATE,),
    "kinesis:PutRecords": (GENERATE,),
}
_ITEMS = ("Get", "BatchGet", "Query", "Scan", "Put", "Update", "Delete", "BatchWrite", "ConditionCheck")
"""Beginnings of DynamoDB's operations on items. DynamoDB needs the key of a table to read or write any."""


def key_permissions(
    permissions: Iterable[Permission], keys: Mapping[str, str], account: Account, *, multipart: bool = False
) -> Iterator[Permission]:
    """The permissions for the keys of the data. `keys` is the ARN of a bucket, table or stream → its key.

    S3 reads what it has encrypted when the parts of an upload become an object, so `multipart` needs both.
    """
    for permission in permissions:
        service, _, name = permission.action.partition(":")
        key = keys.get(_container(permission.resource))
        if key is None:
            continue
        needed: tuple[str, ...] = _ACTIONS.get(permission.action, ())
        if service == "dynamodb" and name.startswith(_ITEMS):
            needed = (DECRYPT,)
        if multipart and permission.action == "s3:PutObject":
            needed = (DECRYPT, GENERATE)
        context = {
            "kms:viaservice": [f"{service}.{account.region}.amazonaws.com"],
            "kms:calleraccount": [account.id],
        }
        for action in needed:
            yield Permission(action, key, context)


def _container(resource: str) -> str:
    """The ARN of the bucket of an object, or of the table of an index."""
    return resource.split("/")[0] if ":s3:::" in resource else resource.partition("/index/")[0]
