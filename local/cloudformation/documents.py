"""Stacks as CloudFormation's API describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.cloudformation.stacks import Stack, StackResource


def stack(one: Stack) -> dict[str, Any]:
    """A member of `Stacks`."""
    described: dict[str, Any] = {
        "StackId": one.id,
        "StackName": one.name,
        "StackStatus": one.status,
        "CreationTime": one.created_at,
        "DisableRollback": one.disable_rollback,
        "Parameters": [{"ParameterKey": key, "ParameterValue": text} for key, text in one.parameters.items()],
        "Outputs": [{"OutputKey": key, "OutputValue": text} for key, text in one.outputs.items()],
        "Tags": [{"Key": key, "Value": text} for key, text in one.tags.items()],
        "Capabilities": [],
    }
    if one.reason:
        described["StackStatusReason"] = one.reason
    return described


def resource(owner: Stack, one: StackResource) -> dict[str, Any]:
    """A member of `StackResources` and the like."""
    described = {
        "StackId": owner.id,
        "StackName": owner.name,
        "LogicalResourceId": one.logical_id,
        "PhysicalResourceId": "" if one.physical is None else one.physical.ref,
        "ResourceType": one.type,
        "ResourceStatus": one.status,
        "Timestamp": one.changed_at,
        "LastUpdatedTimestamp": one.changed_at,
    }
    return described | ({"ResourceStatusReason": one.reason} if one.reason else {})


def events(one: Stack) -> list[dict[str, Any]]:
    """The events of a stack, newest first."""
    return [
        {
            "StackId": one.id,
            "StackName": one.name,
            "EventId": event.id,
            "LogicalResourceId": event.logical_id,
            "PhysicalResourceId": event.physical_id,
            "ResourceType": event.type,
            "ResourceStatus": event.status,
            "Timestamp": event.at,
            **({"ResourceStatusReason": event.reason} if event.reason else {}),
        }
        for event in reversed(one.events)
    ]


def changes(one: Stack, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a change set would do: resources that are added, removed, or declared in another way."""
    before, after = one.body.get("Resources") or {}, body.get("Resources") or {}
    if one.status == "REVIEW_IN_PROGRESS":
        before = {}
    found = []
    for name in dict.fromkeys([*after, *before]):
        if before.get(name) == after.get(name):
            continue
        action = "Add" if name not in before else "Remove" if name not in after else "Modify"
        change = {
            "Action": action,
            "LogicalResourceId": name,
            "ResourceType": (after.get(name) or before[name])["Type"],
        }
        found.append({"Type": "Resource", "ResourceChange": change})
    return found
