"""Permissions: every statement names its actions, and a resource with a wildcard needs a reason.

CDK's own grants use families of actions (`s3:GetObject*`), which makes a role hard to review. cdk-nag gets
the reason of a wildcard for exactly that resource.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import IConstruct

from infrastructure.encryption import needed_for, stage_key


def allow(
    role: iam.Role,
    actions: Sequence[str],
    on: Sequence[str],
    *,
    when: Mapping[str, Any] | None = None,
    because: str = "",
) -> None:
    """Allow `role` the `actions` on the resources with the ARNs `on`, under the IAM conditions `when`.

    If the stage has a key of its own, the role may also use it for the data that the actions read and write.
    Raises ValueError if an action has a wildcard, or if a resource has one without a reason (`because`).
    """
    if any("*" in action for action in actions):
        raise ValueError(f"{role.node.path}: {', '.join(actions)} has a wildcard. Name each action.")
    role.add_to_policy(
        iam.PolicyStatement(
            actions=list(actions), resources=list(on), conditions=dict(when) if when else None
        )
    )
    _use_stage_key(role, actions)
    for arn in map(plain(role), on):
        if "*" in arn:
            if not because:
                raise ValueError(f"{role.node.path}: {arn} has a wildcard. Give a reason with `because`.")
            accept(role, f"IAM5[Resource::{arn}]", because)


def _use_stage_key(role: iam.Role, actions: Sequence[str]) -> None:
    key, stack = stage_key(role), cdk.Stack.of(role)
    if key is None:
        return
    for service, needed in needed_for(actions):
        role.add_to_policy(
            iam.PolicyStatement(
                actions=list(needed),
                resources=[key.key_arn],
                conditions={
                    "StringEquals": {"kms:ViaService": f"{service}.{stack.region}.{stack.url_suffix}"}
                },
            )
        )


def deny(role: iam.Role, actions: Sequence[str], on: Sequence[str]) -> None:
    """Deny `role` the `actions` on the resources with the ARNs `on`, whatever else allows them."""
    role.add_to_policy(iam.PolicyStatement(effect=iam.Effect.DENY, actions=list(actions), resources=list(on)))


def plain(scope: IConstruct) -> Callable[[str], str]:
    """A function that returns the text which cdk-nag shows for an ARN that CDK has not resolved yet."""
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
    """Record why a rule of cdk-nag's AwsSolutions does not apply to a construct."""
    cdk.Validations.of(construct).acknowledge(
        cdk.Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason=reason)
    )
