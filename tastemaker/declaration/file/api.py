"""The port to a service that has the operations of Amazon Personalize."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from tastemaker.contracts.arns import name_of
from tastemaker.contracts.stack_tags import RESERVED, stack_in
from tastemaker.control.core.records import Record
from tastemaker.control.resources.campaign import LATEST
from tastemaker.declaration.types import TYPES

IN_USE, LIMIT, EXISTS, NOT_FOUND, DENIED = (
    "ResourceInUseException",
    "LimitExceededException",
    "ResourceAlreadyExistsException",
    "ResourceNotFoundException",
    "AccessDeniedException",
)
STACK = "_stack"
"""The private member of a record with the stack that declares it, for messages. Only the stack changes it."""


class ApiError(Exception):
    """The service refuses a call. `code` is the name of the error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Api(Protocol):
    """Calls of a service."""

    def call(self, operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The response of an operation: `CreateSchema`. Raises ApiError."""

    def accepts(self, operation: str, member: str) -> bool:
        """Whether the request of an operation has a member: Tastemaker has some that Personalize lacks."""


def listed(api: Api, resource_type: str, parent: str | None = None) -> Iterator[dict[str, Any]]:
    """The summaries of all resources of a type, or of those of a parent."""
    list_by = TYPES[resource_type].list_by
    request = {} if parent is None or list_by is None else {list_by: parent}
    while True:
        answer = api.call(f"List{resource_type}s", request)
        for value in answer.values():
            if isinstance(value, list):
                yield from value
        if not answer.get("nextToken"):
            return
        request["nextToken"] = answer["nextToken"]


def arn_in(resource_type: str, answer: Mapping[str, Any]) -> str:
    """The ARN in a response or summary."""
    return str(answer[TYPES[resource_type].arn_member])


def name_in(resource_type: str, summary: Mapping[str, Any]) -> str:
    """The name in a summary or description; the end of the ARN if it has none."""
    declared = TYPES[resource_type]
    return str(summary.get(declared.name_member) or name_of(arn_in(resource_type, summary)))


def described(api: Api, resource_type: str, arn: str) -> Record | None:
    """A resource as a record, with its tags; None if it does not exist."""
    declared = TYPES[resource_type]
    try:
        answer = api.call(f"Describe{resource_type}", {declared.arn_member: arn})
        member = f"{resource_type[0].lower()}{resource_type[1:]}"
        body: dict[str, Any] = dict(answer[member])
        if declared.taggable:
            body |= tag_members(api, arn)
        if resource_type == "MetricAttribution":
            body["metrics"] = _metrics(api, arn)
    except ApiError as error:
        if error.code == NOT_FOUND:
            return None
        raise
    return Record(arn, resource_type, body, _parent(resource_type, body))


def tag_members(api: Api, arn: str) -> dict[str, Any]:
    """The tags of a resource as a private member, and the stack that declares it as another one."""
    tags = list(api.call("ListTagsForResource", {"resourceArn": arn}).get("tags", ()))
    stack = stack_in(tags)
    own = [tag for tag in tags if not tag["tagKey"].startswith(RESERVED)]
    return {"_tags": own} if stack is None else {"_tags": own, STACK: stack}


def _metrics(api: Api, arn: str) -> list[dict[str, Any]]:
    request = {"metricAttributionArn": arn}
    found: list[dict[str, Any]] = []
    while True:
        answer = api.call("ListMetricAttributionMetrics", request)
        found += answer.get("metrics", ())
        if not answer.get("nextToken"):
            return found
        request["nextToken"] = answer["nextToken"]


def _parent(resource_type: str, body: Mapping[str, Any]) -> str | None:
    if resource_type == "Campaign":
        arn = str(body["solutionVersionArn"])
        return arn.removesuffix(LATEST) if arn.endswith(LATEST) else arn.rpartition("/")[0]
    return body.get("solutionArn") or body.get("datasetGroupArn")
