"""Stacks as CloudFormation's API describes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local.cloudformation.stacks import Stack, StackResource
from local.template import references

UNCHECKED = {"StackDriftStatus": "NOT_CHECKED"}
HIDDEN = "****"
"""The value of a parameter with NoEcho.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""


def tags(given: Mapping[str, str]) -> list[dict[str, str]]:
    """A list of tags."""
    return [{"Key": key, "Value": text} for key, text in given.items()]


def parameters(given: Mapping[str, str], body: Mapping[str, Any]) -> list[dict[str, str]]:
    """A list of the parameters of a template. CloudFormation shows no value of one with NoEcho."""
    declared = body.get("Parameters") or {}
    hidden = {name for name, one in declared.items() if _is_hidden(one)}
    return [
        {"ParameterKey": key, "ParameterValue": HIDDEN if key in hidden else text}
        for key, text in given.items()
    ]


def _is_hidden(parameter: Mapping[str, Any]) -> bool:
    return str(parameter.get("NoEcho")).lower() == "true"


def stack(one: Stack) -> dict[str, Any]:
    """A member of `Stacks`."""
    declared = one.body.get("Parameters") or {}
    values = {name: str(parameter.get("Default", "")) for name, parameter in declared.items()}
    return {
        "StackId": one.id,
        "StackName": one.name,
        "Description": one.body.get("Description"),
        "StackStatus": one.status,
        "StackStatusReason": one.reason,
        "CreationTime": one.created_at,
        "LastUpdatedTime": one.updated_at,
        "DisableRollback": one.disable_rollback,
        "EnableTerminationProtection": one.protected,
        "DriftInformation": UNCHECKED,
        "Parameters": parameters({**values, **one.parameters}, one.body),
        "Outputs": [_output(one, key, text) for key, text in one.outputs.items()],
        "Tags": tags(one.tags),
        "Capabilities": [],
        "NotificationARNs": [],
    }


def _output(one: Stack, key: str, text: str) -> dict[str, Any]:
    declared = (one.body.get("Outputs") or {}).get(key) or {}
    names = [name for name, value in one.exports.items() if value == text and "Export" in declared]
    export = names[0] if names else None
    return {
        "OutputKey": key,
        "OutputValue": text,
        "Description": declared.get("Description"),
        "ExportName": export,
    }


def stack_summary(one: Stack) -> dict[str, Any]:
    """A member of `StackSummaries`."""
    return {
        "StackId": one.id,
        "StackName": one.name,
        "StackStatus": one.status,
        "StackStatusReason": one.reason,
        "CreationTime": one.created_at,
        "LastUpdatedTime": one.updated_at,
        "DeletionTime": one.events[-1].at if one.status == "DELETE_COMPLETE" else None,
        "DriftInformation": UNCHECKED,
    }


def template(body: Mapping[str, Any]) -> str:
    """The text of a template after its transforms."""
    return json.dumps(body, indent=2)


def summary(body: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of GetTemplateSummary."""
    declared = body.get("Parameters") or {}
    return {
        "Description": body.get("Description"),
        "Parameters": [
            {
                "ParameterKey": name,
                "ParameterType": one.get("Type", "String"),
                "DefaultValue": None if "Default" not in one else str(one["Default"]),
                "Description": one.get("Description"),
                "NoEcho": _is_hidden(one),
            }
            for name, one in declared.items()
        ],
        "ResourceTypes": sorted({one["Type"] for one in (body.get("Resources") or {}).values()}),
        "Capabilities": [],
    }


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
            "ClientRequestToken": event.token,
            "ResourceStatusReason": event.reason,
        }
        for event in reversed(one.events)
    ]


def changes(
    one: Stack, body: Mapping[str, Any], parameters: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """What a change set would do: resources that are added, removed, or declared in another way.

    A resource that refers to a changed parameter is declared in another way.
    """
    before, after = one.body.get("Resources") or {}, body.get("Resources") or {}
    if one.status == "REVIEW_IN_PROGRESS":
        before = {}
    given = one.parameters if parameters is None else parameters
    changed = {name for name in {*given, *one.parameters} if given.get(name) != one.parameters.get(name)}
    found = []
    for name in dict.fromkeys([*after, *before]):
        same = before.get(name) == after.get(name)
        if same and not changed & set(references(after[name].get("Properties", {}))):
            continue
        action = "Add" if name not in before else "Remove" if name not in after else "Modify"
        physical = one.resources[name].physical if name in one.resources else None
        change = {
            "Action": action,
            "LogicalResourceId": name,
            "PhysicalResourceId": None if physical is None else physical.ref,
            "ResourceType": (after.get(name) or before[name])["Type"],
            "Scope": ["Properties"] if action == "Modify" else [],
        }
        found.append({"Type": "Resource", "ResourceChange": change})
    return found
