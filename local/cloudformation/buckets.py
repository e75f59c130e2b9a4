"""Buckets of stacks: created, changed in place and deleted by calls of S3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from local.account import Account
from local.cloudformation.client_types import ignore, must_be_replaced, name_of, refuse_unknown
from local.cloudformation.stacks import ResourceRequest
from local.provision.registry import ADAPTERS
from local.template import Physical

HANDLED = ("BucketName", "VersioningConfiguration", "BucketEncryption", "NotificationConfiguration", "Tags")
_NOTIFIED = {
    "LambdaConfigurations": ("LambdaFunctionConfigurations", "Function", "LambdaFunctionArn"),
    "QueueConfigurations": ("QueueConfigurations", "Queue", "QueueArn"),
    "TopicConfigurations": ("TopicConfigurations", "Topic", "TopicArn"),
}
"""A list of notifications in a template, and what S3 calls it and the ARN of its target."""
IGNORED = {
    **ADAPTERS["AWS::S3::Bucket"].ignored,
    "AccessControl": "there are no other accounts",
    "CorsConfiguration": "the endpoint decides which pages may call it",
    "IntelligentTieringConfigurations": "there are no storage classes",
    "MetricsConfigurations": "moto has no metrics of requests",
}


class Buckets:
    """The handler of `AWS::S3::Bucket`."""

    def __init__(self, account: Account) -> None:
        self._account = account

    @property
    def _s3(self) -> Any:
        return self._account.client("s3")

    def create(self, request: ResourceRequest) -> Physical:
        refuse_unknown(request, HANDLED, IGNORED)
        name, region = name_of(request).lower(), self._account.region
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        self._s3.create_bucket(Bucket=name, **where)
        self._configure(name, request.properties, {})
        return self._physical(name)

    def update(self, request: ResourceRequest) -> Physical:
        refuse_unknown(request, HANDLED, IGNORED)
        if must_be_replaced(request, "BucketName", ()):
            return self.create(request)
        name = str(request.physical_id)
        self._configure(name, request.properties, request.old or {})
        return self._physical(name)

    def delete(self, request: ResourceRequest) -> None:
        try:
            self._s3.delete_bucket(Bucket=request.physical_id)
        except ClientError as error:
            ignore(["NoSuchBucket"], error)

    def _configure(self, name: str, now: Mapping[str, Any], old: Mapping[str, Any]) -> None:
        """Set what differs from before."""
        changed = {member for member in HANDLED if now.get(member) != old.get(member)}
        if "VersioningConfiguration" in changed:
            versioning = now.get("VersioningConfiguration", {"Status": "Suspended"})
            self._s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=versioning)
        if "BucketEncryption" in changed:
            self._encrypt(name, now.get("BucketEncryption"))
        if "NotificationConfiguration" in changed:
            notifications = _notifications(now.get("NotificationConfiguration", {}))
            self._s3.put_bucket_notification_configuration(
                Bucket=name, NotificationConfiguration=notifications
            )
        if "Tags" in changed:
            if now.get("Tags"):
                self._s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": now["Tags"]})
            else:
                self._s3.delete_bucket_tagging(Bucket=name)

    def _encrypt(self, name: str, given: Mapping[str, Any] | None) -> None:
        if given is None:
            self._s3.delete_bucket_encryption(Bucket=name)
            return
        rules = []
        for one in given["ServerSideEncryptionConfiguration"]:
            rule = dict(one)
            default = rule.pop("ServerSideEncryptionByDefault", None)
            rules.append({**rule, **({"ApplyServerSideEncryptionByDefault": default} if default else {})})
        self._s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})

    def _physical(self, name: str) -> Physical:
        region, partition = self._account.region, self._account.partition
        return Physical(
            name,
            {
                "Arn": f"arn:{partition}:s3:::{name}",
                "DomainName": f"{name}.s3.amazonaws.com",
                "RegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
            },
        )


def _notifications(given: Mapping[str, Any]) -> dict[str, Any]:
    """The notifications of a template as S3 takes them."""
    found: dict[str, Any] = {}
    for member, (listed, target, arn) in _NOTIFIED.items():
        for one in given.get(member, ()):
            rules = one.get("Filter", {}).get("S3Key", {}).get("Rules", ())
            names = [{"Name": rule["Name"], "Value": rule["Value"]} for rule in rules]
            only = {"Filter": {"Key": {"FilterRules": names}}} if names else {}
            found.setdefault(listed, []).append({arn: one[target], "Events": [one["Event"]], **only})
    events = given.get("EventBridgeConfiguration")
    if events is not None and str(events.get("EventBridgeEnabled", True)).lower() == "true":
        found["EventBridgeConfiguration"] = {}
    return found
