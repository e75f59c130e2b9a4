"""How a permission is written down here: by hand, with the actions it takes and no others.

CDK's own grants take families of actions (`s3:GetObject*`); a role that names its actions can be read.
A resource with a wildcard needs a reason where it is granted, and cdk-nag is told that reason for exactly
that resource.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import IConstruct


def allow(
    role: iam.Role,
    actions: Sequence[str],
    on: Sequence[str],
    *,
    when: Mapping[str, Any] | None = None,
    because: str = "",
) -> None:
    """Let `role` do `actions` on the resources with the ARNs `on`, under the IAM conditions `when`.

    Raises ValueError for a wildcard without a reason (`because`), and for one among the actions.
    """
    if any("*" in action for action in actions):
        raise ValueError(f"{role.node.path}: name the actions, not {', '.join(actions)}")
    role.add_to_policy(
        iam.PolicyStatement(
            actions=list(actions), resources=list(on), conditions=dict(when) if when else None
        )
    )
    for arn in map(plain(role), on):
        if "*" in arn:
            if not because:
                raise ValueError(f"{role.node.path}: {arn} is a wildcard and needs a reason")
            accept(role, f"IAM5[Resource::{arn}]", because)


def plain(scope: IConstruct) -> Any:
    """A function from an ARN that CDK has yet to resolve to the text that cdk-nag shows for it."""
    stack = cdk.Stack.of(scope)

    def text(value: Any) -> str:
        match value:
            case {"Ref": name}:
                return f"<{name}>"
            case {"Fn::GetAtt": [name, attribute]}:
                return f"<{name}.{attribute}>"
            case {"Fn::Join": [separator, parts]}:
                return str(separator).join(text(part) for part in parts)
            case {"Fn::FindInMap": _} | {"Fn::Sub": _}:
                return "<…>"
        return str(value)

    return lambda arn: text(stack.resolve(arn))


def accept(construct: IConstruct, rule: str, reason: str) -> None:
    """Record that a rule of cdk-nag's AwsSolutions does not apply to a construct, and why."""
    cdk.Validations.of(construct).acknowledge(
        cdk.Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason=reason)
    )
