"""Where the console sends its calls, and with which credentials."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import create_loader

import tastemaker
from tastemaker.contracts.api_endpoint import OUR_SERVICES

MODELS = Path(tastemaker.__file__).parent / "wire" / "extensions"
"""The models of the service `tastemaker`, and of our members of Personalize's operations."""
CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 2},
    max_pool_connections=20,
)


class Target:
    """A deployment or a local run, as boto3 clients. Threads share it."""

    def __init__(self, session: boto3.Session, endpoint: str, *, serves_aws: bool) -> None:
        """`endpoint` is the URL of the API. `serves_aws`: all of AWS answers there, as in a local run."""
        self.session, self.endpoint, self.serves_aws = session, endpoint.rstrip("/"), serves_aws
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._deployment: Mapping[str, Any] | None = None

    def client(self, service: str) -> Any:
        """The boto3 client of a service. botocore's sessions make one client at a time."""
        with self._lock:
            if service not in self._clients:
                url = self.endpoint if self.serves_aws or service in OUR_SERVICES else None
                session: Any = self.session  # its stubs know the names of AWS's services only
                self._clients[service] = session.client(service, endpoint_url=url, config=CONFIG)
            return self._clients[service]

    @property
    def region(self) -> str:
        """The region that requests are signed for."""
        return str(self.session.region_name)

    @property
    def deployment(self) -> Mapping[str, Any]:
        """What DescribeDeployment answers. It is asked once."""
        if self._deployment is None:
            self._deployment = self.client("tastemaker").describe_deployment()["deployment"]
        return self._deployment

    def arn(self, suffix: str) -> str:
        """The ARN of a resource: `campaign/films` → `arn:aws:personalize:…:campaign/films`."""
        partition = self.session.get_partition_for_region(self.region)
        known = self.deployment
        return f"arn:{partition}:personalize:{known['region']}:{known['accountId']}:{suffix}"


def session_of(*, profile: str | None = None, region: str | None = None, **keys: str) -> boto3.Session:
    """A boto3 session that knows our service models. `keys` are `aws_access_key_id` and the like."""
    core = botocore.session.Session(profile=profile)
    loader = create_loader(core.get_config_variable("data_path"))
    loader.search_paths.insert(0, str(MODELS))
    core.register_component("data_loader", loader)
    return boto3.Session(botocore_session=core, region_name=region, **keys)


def local_target(endpoint: str, region: str = "us-east-1") -> Target:
    """The local run at an address, which accepts any credentials."""
    session = session_of(region=region, aws_access_key_id="local", aws_secret_access_key="local")
    return Target(session, endpoint, serves_aws=True)
