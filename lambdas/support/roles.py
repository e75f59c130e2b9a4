"""Assuming the role that a caller names, with no more permissions than one job needs."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import ClientError
from botocore.session import get_session

from tastemaker.failures import AccessRefused
from tastemaker.files import Location

_IAM_WILDCARDS = str.maketrans({"*": "${*}", "?": "${?}", "$": "${$}"})


@dataclass(frozen=True)
class RoleAssumption:
    """How jobs assume roles: as whom (`own`), and with which external ID.

    `job_roles` are the ARNs of all roles that assume callers' roles, for the trust policy in errors.
    """

    own: boto3.Session
    external_id: str | None = None
    job_roles: Sequence[str] = ()

    def assume(self, role: str, policy: dict[str, Any]) -> boto3.Session:
        """A session with the role's credentials, limited to what the session policy `policy` allows.

        It assumes the role again before the credentials end: a role that a role assumes has them for an hour,
        and a job on Spark takes longer.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining

        Raises AccessRefused with the trust statement to add.
        """
        sts = self.own.client("sts")
        request = {"ExternalId": self.external_id} if self.external_id else {}
        text = json.dumps(policy, separators=(",", ":"))

        def credentials() -> dict[str, str]:
            try:
                answer = sts.assume_role(RoleArn=role, RoleSessionName="tastemaker", Policy=text, **request)
            except ClientError as error:
                raise self._refused(sts, role, error) from error
            keys = answer["Credentials"]
            return {
                "access_key": keys["AccessKeyId"],
                "secret_key": keys["SecretAccessKey"],
                "token": keys["SessionToken"],
                "expiry_time": keys["Expiration"].isoformat(),
            }

        session = get_session()
        session._credentials = RefreshableCredentials.create_from_metadata(  # type: ignore[attr-defined]
            credentials(), refresh_using=credentials, method="sts-assume-role"
        )
        return boto3.Session(botocore_session=session, region_name=self.own.region_name)

    def _refused(self, sts: Any, role: str, error: ClientError) -> AccessRefused:
        trusted = self.job_roles or [role_of(sts.get_caller_identity()["Arn"])]
        return AccessRefused(
            f"the role {role} cannot be assumed ({error.response['Error'].get('Code')}): it does not "
            "exist, or it does not trust this function. Create it, or add this to its trust policy: "
            f"{trust_statement(trusted, self.external_id)}"
        )


def trust_statement(principals: Sequence[str], external_id: str | None) -> str:
    """The statement of a trust policy that lets `principals` (ARNs) assume the role."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": principals[0] if len(principals) == 1 else list(principals)},
        "Action": "sts:AssumeRole",
    }
    if external_id:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    return json.dumps(statement)


def role_of(caller: str) -> str:
    """The role of a session's ARN, as STS reports it. Other ARNs stay as they are."""
    if ":assumed-role/" not in caller:
        return caller
    partition, account, role = caller.split(":")[1], caller.split(":")[4], caller.split("/")[1]
    return f"arn:{partition}:iam::{account}:role/{role}"


def read_policy(partition: str, location: Location) -> dict[str, Any]:
    """The session policy of a job that reads the file or the folder at a location."""
    bucket, key = _bucket_arn(partition, location), location.key.translate(_IAM_WILDCARDS)
    listing: dict[str, Any] = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket}
    if key:
        listing["Condition"] = {"StringEquals": {"s3:prefix": key}}
    folder = key.rstrip("/")
    objects = [f"{bucket}/{key}", f"{bucket}/{folder}/*"] if folder else [f"{bucket}/*"]
    reading = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": objects}
    return _policy(listing, reading, _by_s3("kms:Decrypt", "*"))


def write_policy(partition: str, location: Location, kms_key: str | None) -> dict[str, Any]:
    """The session policy of a job that writes below a location, with the key `kms_key` (an ARN) if given."""
    folder = location.key.strip("/").translate(_IAM_WILDCARDS)
    objects = f"{_bucket_arn(partition, location)}/{f'{folder}/' if folder else ''}*"
    actions = ["s3:PutObject", "s3:AbortMultipartUpload"]
    writing = {"Effect": "Allow", "Action": actions, "Resource": objects}
    # Permissions on an alias do not count for the key. Without a key, the bucket has one of its own, or none.
    key = kms_key if kms_key and ":key/" in kms_key else "*"
    return _policy(writing, _by_s3(["kms:GenerateDataKey", "kms:Decrypt"], key))


def _bucket_arn(partition: str, location: Location) -> str:
    return f"arn:{partition}:s3:::{location.bucket}"


def _by_s3(actions: str | list[str], key: str) -> dict[str, Any]:
    """A statement for keys that S3 uses for the session, and that the session cannot use itself."""
    condition = {"StringLike": {"kms:ViaService": "s3.*"}}
    return {"Effect": "Allow", "Action": actions, "Resource": key, "Condition": condition}


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
