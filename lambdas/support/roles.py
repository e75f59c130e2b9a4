"""The caller's role: assumed, or the trust statement that is missing."""

from typing import Any

import boto3
from botocore.exceptions import ClientError

from tastemaker.failures import AccessRefused


def assumed(own: boto3.Session, role: str) -> boto3.Session:
    """A session with the role's credentials. Raises AccessRefused, with the trust statement to add."""
    sts = own.client("sts")
    try:
        keys = sts.assume_role(RoleArn=role, RoleSessionName="tastemaker")["Credentials"]
    except ClientError as error:
        raise AccessRefused(
            f"the role {role} cannot be assumed ({error.response['Error'].get('Code')}). Add this to its "
            f"trust policy: {trust_statement(sts.get_caller_identity()['Arn'])}"
        ) from error
    return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], own.region_name)


def client_for(own: boto3.Session, s3: Any, role: str | None, bucket: str, own_buckets: list[str]) -> Any:
    """An S3 client for a bucket of the caller's: with the role that the caller named, or `s3`, the
    function's own, where none is named or the stage gives the bucket to it. Raises AccessRefused."""
    return s3 if not role or bucket in own_buckets else assumed(own, role).client("s3")


def trust_statement(caller: str) -> str:
    """What lets the caller (an ARN as STS reports it) assume a role."""
    principal = caller
    if ":assumed-role/" in caller:
        account, role = caller.split(":")[4], caller.split("/")[1]
        principal = f"arn:{caller.split(':')[1]}:iam::{account}:role/{role}"
    return f'{{"Effect": "Allow", "Principal": {{"AWS": "{principal}"}}, "Action": "sts:AssumeRole"}}'
