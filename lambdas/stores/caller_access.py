"""Access to the buckets of callers: with which identity a bucket is opened, and errors in the caller's words.

A caller names a role for each job. The function assumes this role, except for buckets that the stage gives
to its jobs (`dataBuckets`): those are opened with the function's own role.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3

from lambdas.stores.caller_errors import OWN_ROLE
from lambdas.stores.caller_files import S3Source
from lambdas.stores.caller_outputs import OutputFolder
from lambdas.support.roles import assume
from tastemaker.files import Location


@dataclass(frozen=True)
class CallerAccess:
    """Opens what callers name. `s3` is the function's own client; `own_buckets` are opened with it."""

    session: boto3.Session
    s3: Any
    own_buckets: list[str]

    def source(self, uri: str, role: str | None) -> S3Source:
        """The files at a location, to read. Raises InvalidLocation and AccessRefused."""
        client, identity = self._client(Location.parse(uri).bucket, role)
        return S3Source(client, identity)

    def output(self, uri: str, role: str | None, kms_key: str | None = None) -> OutputFolder:
        """The folder at a location, to write; `kms_key` is the ARN of a key to encrypt with.

        Raises InvalidLocation and AccessRefused.
        """
        location = Location.parse(uri)
        client, identity = self._client(location.bucket, role)
        return OutputFolder(client, location, identity=identity, kms_key=kms_key)

    def _client(self, bucket: str, role: str | None) -> tuple[Any, str]:
        """The S3 client for a bucket, and the name of its identity for error messages."""
        if not role or bucket in self.own_buckets:
            return self.s3, OWN_ROLE
        return assume(self.session, role).client("s3"), role
