"""Assuming the role that a caller names."""

import boto3
from botocore.exceptions import ClientError

from tastemaker.failures import AccessRefused


def assume(own: boto3.Session, role: str) -> boto3.Session:
    """A session with the role's credentials. Raises AccessRefused with the trust statement to add."""
    sts = own.client("sts")
    try:
        keys = sts.assume_role(RoleArn=role, RoleSessionName="tastemaker")["Credentials"]
    except ClientError as error:
        raise AccessRefused(
            f"the role {role} cannot be assumed ({error.response['Error'].get('Code')}). Add this to its "
            f"trust policy: {trust_statement(sts.get_caller_identity()['Arn'])}"
        ) from error
    return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], own.region_name)


def trust_statement(caller: str) -> str:
    """The statement of a trust policy that lets `caller`, an ARN as STS reports it, assume the role."""
    principal = caller
    if ":assumed-role/" in caller:
        account, role = caller.split(":")[4], caller.split("/")[1]
        principal = f"arn:{caller.split(':')[1]}:iam::{account}:role/{role}"
    return f'{{"Effect": "Allow", "Principal": {{"AWS": "{principal}"}}, "Action": "sts:AssumeRole"}}'
