"""How a permission is written down here: by hand, with the actions it takes and no others.

CDK's own grants take families of actions (``s3:GetObject*``); a role that names its actions can be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import IConstruct


def allow(
    role: iam.Role, actions: Sequence[str], on: Sequence[str], *, when: Mapping[str, Any] | None = None
) -> None:
    """Let ``role`` do ``actions`` on the resources with the ARNs ``on``, under the IAM conditions ``when``."""
    role.add_to_policy(
        iam.PolicyStatement(
            actions=list(actions), resources=list(on), conditions=dict(when) if when else None
        )
    )


def accept(construct: IConstruct, rule: str, reason: str) -> None:
    """Record that a rule of cdk-nag's AwsSolutions does not apply to ``construct`` (and what is in it), and why."""
    cdk.Validations.of(construct).acknowledge(
        cdk.Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason=reason)
    )
