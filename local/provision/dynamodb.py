"""DynamoDB tables."""

from __future__ import annotations

from typing import Any

from local.provision.registry import NO_TAGS, Deployment, adapter
from local.template import Physical, Resource


@adapter(
    "AWS::DynamoDB::Table",
    handled="TableName AttributeDefinitions KeySchema GlobalSecondaryIndexes LocalSecondaryIndexes "
    "BillingMode StreamSpecification TimeToLiveSpecification SSESpecification",
    ignored=NO_TAGS
    | {
        "DeletionProtectionEnabled": "moto has no such protection",
        "PointInTimeRecoverySpecification": "moto has no such protection",
        "OnDemandThroughput": "no throughput is metered",
    },
)
def table(resource: Resource, deployment: Deployment) -> Physical:
    """Create a table with its indexes, its stream and its time to live."""
    properties, dynamodb = resource.properties, deployment.client("dynamodb")
    name = deployment.name(resource, properties.get("TableName"), longest=255)
    given: dict[str, Any] = {
        key: properties[key]
        for key in ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        if key in properties
    }
    if stream := properties.get("StreamSpecification"):
        given["StreamSpecification"] = {"StreamEnabled": True, **stream}
    billing = properties.get("BillingMode", "PAY_PER_REQUEST")
    created = dynamodb.create_table(TableName=name, BillingMode=billing, **given)["TableDescription"]
    ttl = properties.get("TimeToLiveSpecification")
    if ttl and ttl.get("Enabled"):
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=ttl)
    attributes = {"Arn": created["TableArn"]}
    if key := properties.get("SSESpecification", {}).get("KMSMasterKeyId"):
        deployment.keys[created["TableArn"]] = key
    if "LatestStreamArn" in created:
        attributes["StreamArn"] = created["LatestStreamArn"]
    return Physical(name, attributes)
