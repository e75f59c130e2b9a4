"""Roles with which jobs read and write a bucket of a user."""

from __future__ import annotations

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
    role.add_to_policy(iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket_arn]))
    role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=[f"{bucket_arn}/{prefix}*"]))


def allow_writing(role: iam.Role, bucket_arn: str, prefix: str) -> None:
    """Allow a role to write objects of a bucket below a prefix."""
    actions = ["s3:PutObject", "s3:AbortMultipartUpload"]
    role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[f"{bucket_arn}/{prefix}*"]))
