"""Roles and policies. They are enforced on sessions of these roles."""

from __future__ import annotations

import json

from local.iam.policy import PolicyError, statements
from local.provision.registry import NO_TAGS, Deployment, ProvisionError, adapter
from local.template import Physical, Resource


@adapter(
    "AWS::IAM::Role",
    handled="RoleName AssumeRolePolicyDocument Description ManagedPolicyArns Policies Path",
    ignored=NO_TAGS | {"MaxSessionDuration": "sessions last an hour and are renewed"},
)
def role(resource: Resource, deployment: Deployment) -> Physical:
    """Create a role, and enforce its policies on its sessions."""
    properties, iam = resource.properties, deployment.client("iam")
    name = deployment.name(resource, properties.get("RoleName"))
    created = iam.create_role(
        RoleName=name,
        Path=properties.get("Path", "/"),
        AssumeRolePolicyDocument=_checked(properties["AssumeRolePolicyDocument"]),
        Description=properties.get("Description", ""),
    )["Role"]
    for arn in properties.get("ManagedPolicyArns", []):
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    for policy in properties.get("Policies", []):
        iam.put_role_policy(
            RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=_checked(policy["PolicyDocument"])
        )
    deployment.roles.enforce(created["Arn"])
    return Physical(name, {"Arn": created["Arn"], "RoleId": created["RoleId"]})


@adapter("AWS::IAM::Policy", handled="PolicyName PolicyDocument Roles", ignored={})
def policy(resource: Resource, deployment: Deployment) -> Physical:
    """Add an inline policy to roles."""
    properties = resource.properties
    for name in properties["Roles"]:
        deployment.client("iam").put_role_policy(
            RoleName=name,
            PolicyName=properties["PolicyName"],
            PolicyDocument=_checked(properties["PolicyDocument"]),
        )
    return Physical(properties["PolicyName"])


@adapter("AWS::IAM::ManagedPolicy", handled="ManagedPolicyName PolicyDocument Roles Description Path")
def managed_policy(resource: Resource, deployment: Deployment) -> Physical:
    """Create a managed policy, and attach it to roles."""
    properties, iam = resource.properties, deployment.client("iam")
    created = iam.create_policy(
        PolicyName=deployment.name(resource, properties.get("ManagedPolicyName"), longest=128),
        Path=properties.get("Path", "/"),
        PolicyDocument=_checked(properties["PolicyDocument"]),
        Description=properties.get("Description", ""),
    )["Policy"]
    for name in properties.get("Roles", []):
        iam.attach_role_policy(RoleName=name, PolicyArn=created["Arn"])
    return Physical(created["Arn"], {"PolicyArn": created["Arn"]})


def _checked(document: object) -> str:
    """The document as JSON, after a check that everything in it can be evaluated here."""
    text = json.dumps(document)
    try:
        statements(text)
    except PolicyError as error:
        raise ProvisionError(str(error)) from error
    return text
