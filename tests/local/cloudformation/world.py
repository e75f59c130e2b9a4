"""Stacks whose custom resources the domain answers, on a control plane in memory: no function runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from local.cloudformation.engine import Engine
from local.cloudformation.stacks import ResourceFailedError, ResourceRequest, Stack
from local.template import Physical
from tastemaker.declaration import custom_resources, ownership
from tastemaker.declaration.outcomes import Waiting
from tastemaker.declaration.rehearsal import Rehearsal
from tastemaker.declaration.types import TYPES

PSEUDO = {"AWS::Region": "us-east-1", "AWS::AccountId": "000000000000", "AWS::Partition": "aws"}
MAX_STEPS = 30
Fault = Callable[[str, ResourceRequest, int], bool]
"""Takes the kind of a request, the request and the number of the step. Whether the function ends there."""


def no_fault(kind: str, request: ResourceRequest, step: int) -> bool:
    return False


class DomainHandler:
    """Answers requests about custom resources as the function does, each step twice.

    `fault` lets a request fail at a step, after the step has done its work: a function that is killed. The
    answer is then that of the state machine's failure path.
    """

    def __init__(self, here: Rehearsal) -> None:
        self.here = here
        self.fault: Fault = no_fault
        self._requests = 0

    def create(self, request: ResourceRequest) -> Physical:
        return self._send("Create", request)

    def update(self, request: ResourceRequest) -> Physical:
        return self._send("Update", request)

    def delete(self, request: ResourceRequest) -> None:
        self._send("Delete", request)

    def _send(self, kind: str, request: ResourceRequest) -> Physical:
        self._requests += 1
        event = {
            "RequestType": kind,
            "ResponseURL": "https://cloudformation.s3.amazonaws.com/",
            "StackId": request.stack_id,
            "RequestId": f"request-{self._requests}",
            "LogicalResourceId": request.logical_id,
            "ResourceType": request.type,
            "ResourceProperties": _texts(request.properties),
        }
        if request.physical_id is not None:
            event["PhysicalResourceId"] = request.physical_id
        answer = self._answer(kind, event, request)
        if answer["Status"] != "SUCCESS":
            raise ResourceFailedError(answer["Reason"], answer["PhysicalResourceId"])
        return Physical(answer["PhysicalResourceId"], dict(answer["Data"]))

    def _answer(self, kind: str, event: dict[str, Any], request: ResourceRequest) -> dict[str, Any]:
        for number in range(MAX_STEPS):
            custom_resources.step(self.here.lifecycle, event, 0)  # a step may run twice
            outcome = custom_resources.step(self.here.lifecycle, event, 0)
            if self.fault(kind, request, number):
                return custom_resources.fail(self.here.lifecycle, event, "the function was killed")
            self.here.finish()
            if not isinstance(outcome, Waiting):
                return outcome
        outcome = custom_resources.step(self.here.lifecycle, event, custom_resources.MAX_SECONDS)
        assert not isinstance(outcome, Waiting)
        return outcome


class World:
    """An engine on a rehearsal, with one stack."""

    def __init__(self) -> None:
        self.here = Rehearsal()
        self.handler = DomainHandler(self.here)
        self.engine = Engine(lambda _: self.handler, PSEUDO)
        self.stack = Stack("arn:aws:cloudformation:us-east-1:000000000000:stack/shop/1", "shop")

    def create(self, body: Mapping[str, Any]) -> str:
        self.engine.create(self.stack, body, {})
        self.here.finish()
        return self.stack.status

    def update(self, body: Mapping[str, Any]) -> str:
        self.engine.update(self.stack, body, {})
        self.here.finish()
        return self.stack.status

    def delete(self) -> str:
        self.engine.delete(self.stack)
        self.here.finish()
        return self.stack.status

    def believed(self) -> dict[str, str]:
        """Physical ID → declared type, of everything that CloudFormation believes to exist."""
        return {
            one.physical.ref: one.type.removeprefix("Custom::Tastemaker")
            for one in self.stack.resources.values()
            if one.physical is not None
        }

    def existing(self) -> dict[str, str]:
        """ARN → declared type, of everything that exists and belongs to the stack."""
        return {
            record.arn: record.resource_type
            for record in self.here.repository.records.values()
            if (ownership.owner_of(record) or "").startswith(self.stack.id)
        }


def resource(name: str, *, after: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    """A custom resource of a template. Properties have the names of the API."""
    shape = TYPES[name].shape
    from tastemaker.wire.properties import write_properties

    extra = {key: value for key, value in properties.items() if key not in shape.members}
    given = {key: value for key, value in properties.items() if key in shape.members}
    declared: dict[str, Any] = {
        "Type": f"Custom::Tastemaker{name}",
        "Properties": {**write_properties(given, shape), **extra},
    }
    return {**declared, "DependsOn": list(after)} if after else declared


def ref(logical_id: str, suffix: str = "") -> dict[str, Any]:
    return {"Fn::Sub": f"${{{logical_id}}}{suffix}"} if suffix else {"Ref": logical_id}


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return value if isinstance(value, str) else json.dumps(value)
