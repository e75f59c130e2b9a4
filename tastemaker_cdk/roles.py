"""Roles with which jobs read and write a bucket of a user."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from tastemaker_cdk.deployment import Deployment

MAX_ROLE_NAME = 64


def data_role(scope: Construct, id: str) -> iam.Role:
    """A role that the functions of the deployment can assume, and Amazon Personalize too.

    Its name has the word that the stage's setting `importRoles` demands.
    """
    stack, deployment = cdk.Stack.of(scope), Deployment.of(scope)
    unique = cdk.Names.unique_resource_name(scope, max_length=MAX_ROLE_NAME - len("Personalize-"))
    own = iam.PrincipalWithConditions(
        iam.AccountRootPrincipal(), {"ArnLike": {"aws:PrincipalArn": deployment.roles(scope)}}
    )
    service = iam.ServicePrincipal(
        "personalize.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": stack.account}}
    )
    return iam.Role(
        scope,
        id,
        role_name=f"Personalize-{unique}",
        assumed_by=iam.CompositePrincipal(own, service),
        description="Reads and writes data for jobs of recommendations",
    )


def allow_reading(role: iam.Role, bucket_arn: str, prefix: str) -> None:
    """Allow a role to read the objects of a bucket below a prefix."""
    objects = f"{bucket_arn}/{prefix}*"
    role.add_to_policy(iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket_arn]))
    role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=[objects]))
    _accept(role, objects, "a job reads every file below the prefix that its declaration names")


def allow_writing(role: iam.Role, bucket_arn: str, prefix: str) -> None:
    """Allow a role to write objects of a bucket below a prefix."""
    actions, objects = ["s3:PutObject", "s3:AbortMultipartUpload"], f"{bucket_arn}/{prefix}*"
    role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[objects]))
    _accept(role, objects, "a job writes new files below the prefix that its declaration names")


def _accept(role: iam.IRole, objects: str, reason: str) -> None:
    """Record for cdk-nag's AwsSolutions why a role is allowed to use all objects below a prefix."""
    shown = _shown(cdk.Stack.of(role).resolve(objects))
    cdk.Validations.of(role).acknowledge(
        cdk.Acknowledgment(id=f"AwsSolutions::AwsSolutions-IAM5[Resource::{shown}]", reason=reason)
    )


def _shown(value: Any) -> str:
    """The text that cdk-nag shows for an ARN that the CDK has not resolved yet."""
    match value:
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(_shown(part) for part in parts)
    return str(value)
