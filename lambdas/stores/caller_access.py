"""Access to the buckets of callers: with which identity a bucket is opened, and errors in the caller's words.

A caller names a role for each job. The function assumes this role for one location only, except for buckets
that the stage gives to its jobs (`dataBuckets`): those are opened with the function's own role. The lake is
opened for no caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3

from lambdas.stores.caller_errors import OWN_ROLE
from lambdas.stores.caller_files import S3Source
from lambdas.stores.caller_outputs import OutputFolder
from lambdas.support.partitions import partition_of
from lambdas.support.roles import RoleAssumption, read_policy, write_policy
from lambdas.support.settings import Settings
from tastemaker.failures import AccessRefused
from tastemaker.files import Location, is_bucket


@dataclass(frozen=True)
class CallerAccess:
    """Opens what callers name. `s3` is the function's own client; `own_buckets` are opened with it."""

    roles: RoleAssumption
    s3: Any
    own_buckets: list[str]
    lake_bucket: str

    @classmethod
    def connect(cls, session: boto3.Session, s3: Any, settings: Settings) -> CallerAccess:
        """The access of a function with these settings."""
        roles = RoleAssumption(session, settings.external_id, settings.job_roles)
        return cls(roles, s3, settings.data_buckets, settings.lake_bucket)

    def source(self, uri: str, role: str | None) -> S3Source:
        """The files at a location, to read. Raises InvalidLocation and AccessRefused."""
        location = Location.parse(uri)
        client, identity = self._client(location, role, read_policy(self._partition, location))
        return S3Source(client, identity)

    def output(self, uri: str, role: str | None, kms_key: str | None = None) -> OutputFolder:
        """The folder at a location, to write; `kms_key` is the ARN of a key to encrypt with.

        Raises InvalidLocation and AccessRefused.
        """
        location = Location.parse(uri)
        client, identity = self._client(location, role, write_policy(self._partition, location, kms_key))
        return OutputFolder(client, location, identity=identity, kms_key=kms_key)

    @property
    def _partition(self) -> str:
        return partition_of(self.roles.own.region_name or "")

    def _client(self, location: Location, role: str | None, policy: dict[str, Any]) -> tuple[Any, str]:
        """The S3 client for a location, and the name of its identity for error messages."""
        if is_bucket(location.bucket, self.lake_bucket):
            raise AccessRefused(
                f"the bucket {location.bucket} has the deployment's own data; name a bucket of your own"
            )
        if location.bucket in self.own_buckets:
            return self.s3, OWN_ROLE
        if not role:
            raise AccessRefused(
                f"the job has no roleArn, and {location.bucket} is not one of the stage's dataBuckets"
            )
        return self.roles.assume(role, policy).client("s3"), role
