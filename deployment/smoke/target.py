"""The deployment under test: where it answers, and what it consists of."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from deployment.command import CommandError
from infrastructure.stage import Stage, load
from tastemaker.contracts.api_endpoint import (
    API_URL,
    LAKE_BUCKET,
    OUR_SERVICES,
    ROLE_TRUST,
    MissingOutputError,
    outputs_of,
)
from tastemaker.contracts.dataset_storage import is_of_group
from tastemaker.contracts.lake_layout import GROUPS, Area

OVERLAY = Path(__file__).resolve().parents[2] / "clients" / "models"
DEFAULT_REGION = "us-east-1"


@dataclass(frozen=True)
class Target:
    """Clients of one deployment. `endpoint` is the local run's, or empty for an account of AWS."""

    stage: Stage
    session: boto3.Session
    api_url: str
    endpoint: str = ""
    lake_name: str = ""
    table_names: Sequence[str] = ()
    role_trust: str = ""
    """The statement for the trust policy of a role that jobs assume, as JSON."""
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        """Whether this is a local run, which has no delays and enforces no signatures."""
        return bool(self.endpoint)

    def client(self, service: str) -> Any:
        """A boto3 client: of the deployment's API, or of AWS."""
        if service not in self._clients:
            url = self.api_url if service in OUR_SERVICES else self.endpoint or None
            session: Any = self.session
            self._clients[service] = session.client(service, endpoint_url=url)
        return self._clients[service]

    @property
    def account(self) -> str:
        """The account of the caller."""
        return str(self.client("sts").get_caller_identity()["Account"])

    def lake(self, group: str) -> str:
        """The lake bucket. Raises CommandError if no bucket has a folder of the dataset group."""
        if self.lake_name:
            return self.lake_name
        for bucket in self.client("s3").list_buckets()["Buckets"]:
            if self.has_objects(bucket["Name"], group):
                return str(bucket["Name"])
        raise CommandError(
            f"No bucket at {self.endpoint} has a folder of the dataset group {group}.",
            "Check that AWS_ENDPOINT_URL names a local run of Tastemaker.",
        )

    def has_objects(self, bucket: str, group: str, area: Area | None = None) -> bool:
        """Whether a bucket has objects of a dataset group, in one area or in any."""
        pages = self.client("s3").get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=bucket, Prefix=f"{GROUPS}{group}")
        return any(is_of_group(one["Key"], group, area) for page in found for one in page.get("Contents", ()))

    @property
    def tables(self) -> Sequence[str]:
        """The tables of the deployment."""
        return self.table_names or self.client("dynamodb").list_tables()["TableNames"]

    @property
    def partition(self) -> str:
        """The partition of the region, as ARNs name it."""
        return str(self.session.get_partition_for_region(self.session.region_name))

    @property
    def attribution_namespace(self) -> str:
        """The CloudWatch namespace of metric attributions."""
        return self.stage.attribution_namespace or f"{self.stage.stack_name}/MetricAttribution"

    def flush(self) -> None:
        """Deliver all events to the lake now, where the deployment is a local run."""
        if self.is_local:
            request = urllib.request.Request(f"{self.endpoint}/_local/flush", method="POST")
            urllib.request.urlopen(request, timeout=120).close()


@cache
def _session(region: str, is_local: bool) -> boto3.Session:
    """A session that reads the overlay: it signs for the API and knows the service `tastemaker`."""
    core = botocore.session.Session()
    core.set_config_variable(
        "data_path", os.pathsep.join([str(OVERLAY), os.environ.get("AWS_DATA_PATH", "")])
    )
    if is_local and core.get_credentials() is None:
        core.set_credentials("smoke", "smoke")
    return boto3.Session(region_name=region, botocore_session=core)


def local(endpoint: str) -> Target:
    """A local run at `endpoint`, of the stage that it says."""
    session: Any = _session(os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION, True)
    found = session.client("tastemaker", endpoint_url=endpoint).describe_deployment()["deployment"]
    return Target(load(found["stage"]), session, endpoint, endpoint)


def deployed(stage: Stage, region: str = "") -> Target:
    """The stack of the stage in the caller's account, by its outputs. Raises CommandError."""
    session = _session(region or stage.region, False) if region or stage.region else boto3.Session()
    if not session.region_name:
        raise CommandError("No region is known.", "Set AWS_DEFAULT_REGION, or give --region.")
    session = _session(session.region_name, False)
    formation = session.client("cloudformation")
    try:
        (stack,) = formation.describe_stacks(StackName=stage.stack_name)["Stacks"]
        pages = formation.get_paginator("list_stack_resources").paginate(StackName=stage.stack_name)
        resources = [one for page in pages for one in page["StackResourceSummaries"]]
    except (BotoCoreError, ClientError) as error:
        raise CommandError(
            f"The stack {stage.stack_name} cannot be read in {session.region_name}: {error}",
            f"Deploy it (make deploy STAGE={stage.name}), or sign in to the account that has it.",
        ) from error
    try:
        outputs = outputs_of(stack, (API_URL, LAKE_BUCKET))
    except MissingOutputError as error:
        raise CommandError(str(error), f"Look at it, and run make deploy STAGE={stage.name}.") from error
    tables = [one["PhysicalResourceId"] for one in resources if one["ResourceType"] == "AWS::DynamoDB::Table"]
    return Target(
        stage,
        session,
        outputs[API_URL],
        lake_name=outputs[LAKE_BUCKET],
        table_names=tables,
        role_trust=outputs.get(ROLE_TRUST, ""),
    )
