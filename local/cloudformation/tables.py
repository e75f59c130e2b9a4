"""Tables of stacks: created, changed in place and deleted by calls of DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from local.account import Account
from local.cloudformation.client_types import ignore, must_be_replaced, name_of, refuse_unknown
from local.cloudformation.stacks import ResourceRequest
from local.provision.registry import ADAPTERS
from local.template import Physical

CREATED_WITH = (
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "BillingMode",
    "ProvisionedThroughput",
    "Tags",
    "DeletionProtectionEnabled",
)
HANDLED = ("TableName", *CREATED_WITH, "StreamSpecification", "TimeToLiveSpecification")
IGNORED = {
    name: reason for name, reason in ADAPTERS["AWS::DynamoDB::Table"].ignored.items() if name not in HANDLED
} | {
    "SSESpecification": "nothing is written to a disk",
    "ContributorInsightsSpecification": "moto has no insights",
    "TableClass": "there are no storage classes",
}
NEEDS_NEW_TABLE = ("KeySchema", "LocalSecondaryIndexes")


class Tables:
    """The handler of `AWS::DynamoDB::Table`."""

    def __init__(self, account: Account) -> None:
        self._account = account

    @property
    def _dynamodb(self) -> Any:
        return self._account.client("dynamodb")

    def create(self, request: ResourceRequest) -> Physical:
        refuse_unknown(request, HANDLED, IGNORED)
        properties, name = request.properties, name_of(request)
        given = {member: properties[member] for member in CREATED_WITH if member in properties}
        if stream := properties.get("StreamSpecification"):
            given["StreamSpecification"] = {"StreamEnabled": True, **stream}
        self._dynamodb.create_table(TableName=name, **given)
        self._set_time_to_live(name, properties, {})
        return self._physical(name)

    def update(self, request: ResourceRequest) -> Physical:
        refuse_unknown(request, HANDLED, IGNORED)
        if must_be_replaced(request, "TableName", NEEDS_NEW_TABLE):
            return self.create(request)
        name = str(request.physical_id)
        for change in _changes(request.properties, request.old or {}):
            self._dynamodb.update_table(TableName=name, **change)
        self._set_time_to_live(name, request.properties, request.old or {})
        self._set_tags(name, request.properties, request.old or {})
        return self._physical(name)

    def delete(self, request: ResourceRequest) -> None:
        try:
            self._dynamodb.delete_table(TableName=request.physical_id)
        except ClientError as error:
            ignore(["ResourceNotFoundException"], error)

    def _set_time_to_live(self, name: str, now: Mapping[str, Any], old: Mapping[str, Any]) -> None:
        before, after = old.get("TimeToLiveSpecification"), now.get("TimeToLiveSpecification")
        if after == before:
            return
        wanted = after or {**(before or {}), "Enabled": False}
        self._dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=wanted)

    def _set_tags(self, name: str, now: Mapping[str, Any], old: Mapping[str, Any]) -> None:
        after = {tag["Key"]: tag["Value"] for tag in now.get("Tags", ())}
        before = {tag["Key"]: tag["Value"] for tag in old.get("Tags", ())}
        arn = self._account.arn("dynamodb", f"table/{name}")
        if gone := sorted(before.keys() - after.keys()):
            self._dynamodb.untag_resource(ResourceArn=arn, TagKeys=gone)
        if after != before and after:
            self._dynamodb.tag_resource(ResourceArn=arn, Tags=now["Tags"])

    def _physical(self, name: str) -> Physical:
        described = self._dynamodb.describe_table(TableName=name)["Table"]
        attributes = {"Arn": described["TableArn"]}
        if "LatestStreamArn" in described:
            attributes["StreamArn"] = described["LatestStreamArn"]
        return Physical(name, attributes)


def _changes(now: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The requests of UpdateTable that change a table in place, one for each index."""
    changed = {member for member in {*now, *old} if now.get(member) != old.get(member)}
    if changed & {"BillingMode", "ProvisionedThroughput"}:
        throughput = {name: now[name] for name in ("ProvisionedThroughput",) if name in now}
        yield {"BillingMode": now.get("BillingMode", "PROVISIONED"), **throughput}
    if "DeletionProtectionEnabled" in changed:
        yield {"DeletionProtectionEnabled": bool(now.get("DeletionProtectionEnabled"))}
    if "StreamSpecification" in changed:
        if "StreamSpecification" in old:
            yield {"StreamSpecification": {"StreamEnabled": False}}
        if "StreamSpecification" in now:
            yield {"StreamSpecification": {"StreamEnabled": True, **now["StreamSpecification"]}}
    before = {index["IndexName"]: index for index in old.get("GlobalSecondaryIndexes", ())}
    after = {index["IndexName"]: index for index in now.get("GlobalSecondaryIndexes", ())}
    for name, index in before.items():
        if after.get(name) != index:
            yield {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]}
    for name, index in after.items():
        if before.get(name) != index:
            yield {
                "AttributeDefinitions": now["AttributeDefinitions"],
                "GlobalSecondaryIndexUpdates": [{"Create": index}],
            }
