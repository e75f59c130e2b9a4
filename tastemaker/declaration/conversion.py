"""Templates with Personalize's own resource types, converted to custom resources of a deployment.

CloudFormation in an account sends `AWS::Personalize::Solution` to Amazon Personalize. A template with the
transform of a deployment (`Transform: tastemaker-prod`) passes through this conversion first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tastemaker.declaration.types import TYPES

FAMILY, CUSTOM = "AWS::Personalize::", "Custom::Tastemaker"


def converted(template: Mapping[str, Any], service_token: Any) -> dict[str, Any]:
    """The template with every resource of Personalize as a custom resource. Everything else stays.

    `service_token` is the ARN of the function that answers for custom resources. Custom resources without a
    token of their own get it too.
    """
    resources = template.get("Resources") or {}
    return {**template, "Resources": {id: _resource(one, service_token) for id, one in resources.items()}}


def _resource(resource: Any, service_token: Any) -> Any:
    if not isinstance(resource, Mapping):
        return resource
    given = str(resource.get("Type", ""))
    name = given.removeprefix(FAMILY).removeprefix(CUSTOM)
    if name == given or (name not in TYPES and not given.startswith(CUSTOM)):
        return resource
    properties = dict(resource.get("Properties") or {})
    return {
        **resource,
        "Type": f"{CUSTOM}{name}",
        "Properties": {"ServiceToken": service_token, **properties},
    }
