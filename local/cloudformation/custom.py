"""Custom resources: a request to a function, which answers at an address of this run.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref.html
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.cloudformation.stacks import ResourceFailedError, ResourceRequest
from local.template import Physical

HOUR_SECONDS = 3600.0
MAX_BYTES = 4096
FAMILY = "AWS::Personalize::"
PREFIXES = ("Custom::", "AWS::CloudFormation::CustomResource", FAMILY)


def is_custom(resource_type: str) -> bool:
    """Whether a function answers for a resource type."""
    return resource_type.startswith(PREFIXES)


@dataclass
class _Pending:
    answered: threading.Event = field(default_factory=threading.Event)
    document: dict[str, Any] = field(default_factory=dict)


class CustomResources:
    """The handler of custom resources.

    `invoke` sends an event to a function, as an asynchronous invocation. `address` is where answers go; the
    last part of its path names the request. `token` is the function of Personalize's own types. With
    `deliveries` a request arrives as often: Lambda's asynchronous invocations can do that.
    """

    def __init__(
        self,
        invoke: Callable[[str, dict[str, Any]], None],
        address: str,
        token: str | None,
        *,
        deliveries: int = 1,
    ) -> None:
        self._invoke = invoke
        self._address = address
        self._token = token
        self._deliveries = deliveries
        self._pending: dict[str, _Pending] = {}

    def create(self, request: ResourceRequest) -> Physical:
        document = self._send("Create", request)
        return _physical(document)

    def update(self, request: ResourceRequest) -> Physical:
        return _physical(self._send("Update", request))

    def delete(self, request: ResourceRequest) -> None:
        self._send("Delete", request)

    def answer(self, key: str, body: bytes) -> str | None:
        """Take the answer to the request with a key. Returns why it is refused, or None."""
        pending = self._pending.get(key)
        if pending is None:
            return "no request waits for this answer"
        if len(body) > MAX_BYTES:
            return f"the answer has {len(body)} bytes, more than {MAX_BYTES}"
        pending.document = json.loads(body)
        pending.answered.set()
        return None

    def _send(self, kind: str, request: ResourceRequest) -> dict[str, Any]:
        properties = _texts(request.properties)
        token = properties.get("ServiceToken") or self._token
        if token is None:
            raise ResourceFailedError("ServiceToken is missing: the ARN of the function that answers.")
        key = str(uuid.uuid4())
        event = {
            "RequestType": kind,
            "ServiceToken": token,
            "ResponseURL": f"{self._address}{key}",
            "StackId": request.stack_id,
            "RequestId": key,
            "LogicalResourceId": request.logical_id,
            "ResourceType": request.type,
            "ResourceProperties": {**properties, "ServiceToken": token},
        }
        if request.physical_id is not None:
            event["PhysicalResourceId"] = request.physical_id
        if request.old is not None:
            event["OldResourceProperties"] = {**_texts(request.old), "ServiceToken": token}
        seconds = float(properties.get("ServiceTimeout") or HOUR_SECONDS)
        return self._answer_to(token, event, seconds)

    def _answer_to(self, token: str, event: dict[str, Any], seconds: float) -> dict[str, Any]:
        key = event["RequestId"]
        pending = self._pending[key] = _Pending()
        try:
            for _ in range(self._deliveries):
                self._invoke(token, event)
            if not pending.answered.wait(seconds):
                raise ResourceFailedError(
                    "CloudFormation did not receive a response from your Custom Resource.",
                    event.get("PhysicalResourceId") or _generated_id(event),
                )
        except KeyError as error:
            raise ResourceFailedError(f"There is no function {error}.") from error
        finally:
            del self._pending[key]
        document = pending.document
        if document.get("Status") != "SUCCESS":
            reason = document.get("Reason") or "The answer has no reason."
            physical_id = document.get("PhysicalResourceId")
            raise ResourceFailedError(f"Received response status [FAILED]: {reason}", physical_id)
        return document


def _generated_id(event: dict[str, Any]) -> str:
    """The physical ID that CloudFormation gives to a resource whose creation was not answered."""
    stack = str(event["StackId"]).rpartition(":stack/")[2].partition("/")[0]
    return f"{stack}-{event['LogicalResourceId']}-{event['RequestId'][-12:].upper()}"


def _physical(document: dict[str, Any]) -> Physical:
    attributes = {name: str(value) for name, value in (document.get("Data") or {}).items()}
    return Physical(document["PhysicalResourceId"], attributes)


def _texts(value: Any) -> Any:
    """Properties as CloudFormation sends them: every scalar is a string."""
    if isinstance(value, dict):
        return {name: _texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else str(value)
