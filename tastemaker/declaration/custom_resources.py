"""Custom resources of CloudFormation: its requests, and the answers that it expects.

CloudFormation sends a request with the properties, and waits for at most an hour for an answer at the address
in the request. A request may arrive twice. Without an answer, the stack hangs until the hour has passed.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts import statuses
from tastemaker.declaration.dataset_import import change_import
from tastemaker.declaration.lifecycle import DeclaredLifecycle
from tastemaker.declaration.outcomes import Change, Done, Failed, Outcome, Waiting
from tastemaker.declaration.types import TYPES
from tastemaker.errors import InvalidInput, TastemakerError
from tastemaker.wire.properties import read_properties

Event = Mapping[str, Any]
PREFIXES = ("Custom::Tastemaker", "AWS::Personalize::")
WAIT = "Wait"
"""The type `Custom::TastemakerWait`, which waits until a resource is ACTIVE and creates nothing."""
OPTIONS = ("ServiceToken", "ServiceTimeout", "ImportExisting", "Wait", "Trigger")
"""Properties that every type has besides its own."""
NESTED_IMPORT = "DatasetImportJob"
"""The property of `AWS::Personalize::Dataset` that imports data."""

MAX_SECONDS = 50 * 60
"""A request is answered after this time at the latest: CloudFormation gives up after an hour."""
SHARE_OF_TIMEOUT = 0.8
"""As much of a shorter `ServiceTimeout` is used: the answer needs time to arrive."""
MAX_REASON = 1000
"""Characters of a reason. The whole answer has at most 4,096 bytes."""
NOT_CREATED = "not-created"
"""The physical ID of a resource whose creation failed begins so. The ID of the request follows."""


def type_of(event: Event) -> str:
    """The declared type that a request is about, or WAIT. Raises InvalidInput."""
    full = str(event["ResourceType"])
    for prefix in PREFIXES:
        name = full.removeprefix(prefix)
        if name != full and (name in TYPES or name == WAIT):
            return name
    known = ", ".join(f"{PREFIXES[0]}{name}" for name in (*TYPES, WAIT))
    raise InvalidInput(f"There is no resource type {full}; there are {known}.")


def _is_known(event: Event) -> bool:
    full = str(event["ResourceType"])
    return any(full.removeprefix(prefix) in (*TYPES, WAIT) for prefix in PREFIXES if full.startswith(prefix))


def _failed_to_create(event: Event) -> bool:
    return str(event.get("PhysicalResourceId", "")).startswith(f"{NOT_CREATED}-")


def owner_of(event: Event) -> str:
    """The stack and the logical ID of a request."""
    return f"{event['StackId']}/{event['LogicalResourceId']}"


def change_of(event: Event) -> Change:
    """The change that a Create or Update request asks for. Raises InvalidInput."""
    name, properties = type_of(event), dict(event.get("ResourceProperties") or {})
    options = {option: properties.pop(option, None) for option in OPTIONS}
    if name == "Dataset":
        properties.pop(NESTED_IMPORT, None)
    stack = str(event["StackId"]).rpartition(":stack/")[2].partition("/")[0]
    return Change(
        resource_type=name,
        properties=read_properties(properties, TYPES[name].shape),
        owner=owner_of(event),
        request_id=str(event["RequestId"]),
        name=f"{stack[:24]}-{event['LogicalResourceId'][:26]}",
        adopt=_switch(options["ImportExisting"], "ImportExisting") or False,
        wait=_switch(options["Wait"], "Wait"),
        trigger=None if options["Trigger"] is None else str(options["Trigger"]),
    )


def step(lifecycle: DeclaredLifecycle, event: Event, seconds: float) -> dict[str, Any] | Waiting:
    """Do what can be done now for a request that began `seconds` ago.

    Returns the answer for CloudFormation, or Waiting if the step must be repeated.
    """
    try:
        outcome = _outcome(lifecycle, event)
    except TastemakerError as error:
        outcome = Failed(str(error), event.get("PhysicalResourceId"))
    if isinstance(outcome, Waiting) and seconds < _limit(event):
        return outcome
    if isinstance(outcome, Waiting):
        return _out_of_time(lifecycle, event, outcome, seconds)
    return answer(event, outcome)


def fail(lifecycle: DeclaredLifecycle, event: Event, reason: str) -> dict[str, Any]:
    """The answer to a request that cannot succeed any more, perhaps after a part of its work.

    What an update has created beside the old resource is deleted. What a creation has created is deleted when
    CloudFormation rolls back: its physical ID leads there.
    """
    before = event.get("PhysicalResourceId")
    if event["RequestType"] == "Update" and _is_known(event) and type_of(event) != WAIT:
        lifecycle.discard(type_of(event), owner_of(event), str(event["RequestId"]))
    return answer(event, Failed(reason, before))


def answer(event: Event, outcome: Done | Failed) -> dict[str, Any]:
    """The document that CloudFormation expects."""
    before = event.get("PhysicalResourceId")
    physical = outcome.arn or before or f"{NOT_CREATED}-{event['RequestId']}"
    document = {
        "PhysicalResourceId": physical,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    }
    if isinstance(outcome, Failed):
        return {"Status": "FAILED", "Reason": outcome.reason[:MAX_REASON], **document}
    return {"Status": "SUCCESS", **document, "NoEcho": False, "Data": outcome.attributes}


def _outcome(lifecycle: DeclaredLifecycle, event: Event) -> Outcome:
    kind = event["RequestType"]
    if kind == "Delete" and not _is_known(event) and _failed_to_create(event):
        return Done(None)
    name = type_of(event)
    if name == WAIT:
        return _wait(lifecycle, event)
    if kind == "Delete":
        outcome = lifecycle.delete_all(name, _existing(lifecycle, event), owner_of(event))
    elif kind == "Create":
        outcome = lifecycle.create(change_of(event))
    elif kind == "Update":
        outcome = lifecycle.update(change_of(event), str(event["PhysicalResourceId"]))
    else:
        raise InvalidInput(f"There is no RequestType {kind}; there are Create, Update and Delete.")
    nested = (event.get("ResourceProperties") or {}).get(NESTED_IMPORT)
    if name == "Dataset" and kind != "Delete" and nested and isinstance(outcome, Done):
        return change_import(lifecycle, change_of(event), outcome, nested)
    return outcome


def _existing(lifecycle: DeclaredLifecycle, event: Event) -> str | None:
    """The ARN that a physical ID stands for. A failed creation may have left something.

    CloudFormation gives a physical ID of its own to a resource whose creation was never answered. Nothing
    else is declared under that logical ID then, so what belongs to it is what that creation has left.
    """
    physical = str(event.get("PhysicalResourceId", ""))
    request = physical.removeprefix(f"{NOT_CREATED}-")
    if request != physical:
        return lifecycle.created_by(type_of(event), owner_of(event), request)
    if physical.startswith("arn:"):
        return physical
    return lifecycle.owned_by(type_of(event), owner_of(event))


def _wait(lifecycle: DeclaredLifecycle, event: Event) -> Outcome:
    """Wait until a resource is ACTIVE. The physical ID says what for, so another one is a new resource."""
    properties = event["ResourceProperties"]
    arn = str(properties.get("Arn", ""))
    if event["RequestType"] == "Delete":
        return Done(None)
    record = lifecycle.control.records.get(arn)
    if record is None:
        return Failed(f"There is no resource {arn} to wait for.")
    attributes = {"Status": str(record.status), "Arn": arn}
    if record.in_transition:
        return Waiting(f"{arn} has the status {record.status}", arn)
    if record.status not in (None, statuses.ACTIVE):
        return Failed(
            f"{arn} has the status {record.status}: {record.body.get('failureReason', 'no reason')}"
        )
    return Done(f"wait/{arn}", attributes)


def _out_of_time(
    lifecycle: DeclaredLifecycle, event: Event, outcome: Waiting, seconds: float
) -> dict[str, Any]:
    """What to answer when the time is up. A link in a chain of waits that is not the last one passes on."""
    properties = event.get("ResourceProperties") or {}
    if type_of(event) == WAIT and not _switch(properties.get("Last"), "Last"):
        passed = Done(f"wait/{outcome.arn}", {"Status": "IN_PROGRESS", "Arn": str(outcome.arn)})
        return answer(event, passed)
    return fail(lifecycle, event, f"After {seconds / 60:.0f} minutes: {outcome.reason.rstrip('.')}.")


def _limit(event: Event) -> float:
    given = (event.get("ResourceProperties") or {}).get("ServiceTimeout")
    try:
        return MAX_SECONDS if given is None else min(MAX_SECONDS, float(given) * SHARE_OF_TIMEOUT)
    except ValueError:
        return MAX_SECONDS


def _switch(value: Any, name: str) -> bool | None:
    if value is None:
        return None
    switch = {"true": True, "false": False}.get(str(value).lower())
    if switch is None:
        raise InvalidInput(f"{name} is {value!r}; it must be true or false.")
    return switch
