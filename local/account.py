"""The account and region of the local run, and clients of the endpoint as the owner of the account."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config

ACCOUNT_ID = "123456789012"
_session = boto3.session.Session()
_session_lock = threading.Lock()
OWNER_KEY = "local"  # a key that belongs to no role's session acts as the owner
OWN_AGENT = "tastemaker-local-run"  # in the User-Agent of the run's own clients


def default_region() -> str:
    """The region of the environment, or us-east-1."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def partition_of(region: str) -> str:
    """The partition of a region: aws, aws-cn or aws-us-gov."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


@dataclass(frozen=True)
class Account:
    """The account that the endpoint answers for."""

    endpoint: str
    region: str
    id: str = ACCOUNT_ID

    @property
    def partition(self) -> str:
        return partition_of(self.region)

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.id}:{resource}"

    def client(self, service: str, credentials: dict[str, str] | None = None, **config: Any) -> Any:
        """A boto3 client on the endpoint: as the owner, or with a role's `credentials`."""
        if credentials is None and not config:
            return _owner_client(service, self.endpoint, self.region)
        return _client(service, self.endpoint, self.region, credentials, config)


@lru_cache(maxsize=64)
def _owner_client(service: str, endpoint: str, region: str) -> Any:
    return _client(service, endpoint, region, None, {})


def _client(
    service: Any, endpoint: str, region: str, credentials: dict[str, str] | None, config: dict[str, Any]
) -> Any:
    keys = credentials or {"AccessKeyId": OWNER_KEY, "SecretAccessKey": OWNER_KEY}
    options: dict[str, Any] = {
        "retries": {"total_max_attempts": 1},
        "s3": {"addressing_style": "path"},
        "user_agent_extra": OWN_AGENT,
    } | config
    with _session_lock:  # sessions are not thread-safe, clients are
        return _session.client(
            service,
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"),
            config=Config(**options),
        )
