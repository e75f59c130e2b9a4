"""Keys of KMS. moto encrypts nothing: what counts here is who may use a key (`local/iam`)."""

from __future__ import annotations

import json

from local.provision.registry import NO_TAGS, Deployment, adapter
from local.template import Physical, Resource


@adapter(
    "AWS::KMS::Key",
    handled="Description KeyPolicy",
    ignored=NO_TAGS | {"EnableKeyRotation": "keys are rotated after a year"},
)
def key(resource: Resource, deployment: Deployment) -> Physical:
    """Create a key."""
    properties = resource.properties
    made = deployment.client("kms").create_key(
        Description=properties.get("Description", ""), Policy=json.dumps(properties["KeyPolicy"])
    )["KeyMetadata"]
    return Physical(made["KeyId"], {"Arn": made["Arn"], "KeyId": made["KeyId"]})


@adapter("AWS::KMS::Alias", handled="AliasName TargetKeyId", ignored={})
def alias(resource: Resource, deployment: Deployment) -> Physical:
    """Name a key."""
    name = resource.properties["AliasName"]
    deployment.client("kms").create_alias(AliasName=name, TargetKeyId=resource.properties["TargetKeyId"])
    return Physical(name)
