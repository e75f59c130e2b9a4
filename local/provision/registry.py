"""The adapters that create resource types, and the properties that each one handles or ignores."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.account import Account
from local.assembly import Assembly
from local.functions.spec import FunctionSpec
from local.http.cors import Cors
from local.http.gateway import Route
from local.iam.roles import Roles
from local.scheduling.rules import Rule
from local.streams.event_source import EventSource
from local.streams.firehose import Delivery
from local.template import Physical, Resource

if TYPE_CHECKING:
    from typing import Any


class ProvisionError(Exception):
    """The local run has no counterpart for something in the template. The message names it."""


@dataclass
class Deployment:
    """What provisioning works with, and what it collects for the emulator to run."""

    account: Account
    stack: str
    assembly: Assembly
    roles: Roles
    functions: dict[str, FunctionSpec] = field(default_factory=dict)
    callers: set[tuple[str, str]] = field(
        default_factory=set
    )  # (function, service) of each Lambda permission
    integrations: dict[str, dict[str, Any]] = field(default_factory=dict)
    routes: list[Route] = field(default_factory=list)
    cors: Cors | None = None
    event_sources: list[EventSource] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    macros: dict[str, str] = field(default_factory=dict)  # name of a transform → its function
    alarm_topics: list[tuple[str, str]] = field(default_factory=list)  # ARNs of an alarm and of its topic
    keys: dict[str, str] = field(default_factory=dict)  # ARN of a bucket, table or stream → its key of KMS
    glue_columns: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        return self.account.client(service)

    def name(self, resource: Resource, given: str | None = None, *, longest: int = 64) -> str:
        """The given name, or one as CloudFormation makes it: stack, logical ID and a digest."""
        if given:
            return given
        letters = hashlib.sha256(f"{self.stack}/{resource.id}".encode()).hexdigest()[:12]
        return f"{self.stack}-{resource.id}"[: longest - 13] + f"-{letters}"

    def trusted(self, role_arn: str, service: str, source_arn: str | None = None) -> str:
        """The role, after a check that the service may assume it on behalf of the resource `source_arn`.

        Raises ProvisionError if the service may not.
        """
        if not self.roles.trusts_service(role_arn, service, source_arn):
            behalf = f" on behalf of {source_arn}" if source_arn else ""
            raise ProvisionError(f"the role {role_arn} does not trust {service}{behalf}")
        return role_arn


Create = Callable[[Resource, Deployment], Physical]


@dataclass(frozen=True)
class Adapter:
    """How the local run creates one resource type."""

    create: Create
    handled: frozenset[str]
    ignored: Mapping[str, str]  # property → why it has no effect here

    def refuse_unknown(self, logical_id: str, resource_type: str, properties: list[str]) -> None:
        """Raise ProvisionError if the adapter neither handles nor ignores one of the properties."""
        unknown = [name for name in properties if name not in self.handled and name not in self.ignored]
        if unknown:
            raise ProvisionError(
                f"{logical_id} ({resource_type}): the local run does not know the property "
                f"{', '.join(unknown)}. Handle it in its adapter in local/provision, or list it there as "
                "ignored, with the reason."
            )


ADAPTERS: dict[str, Adapter] = {}
NO_TAGS = {"Tags": "nothing reads tags here"}


def adapter(
    resource_type: str, *, handled: str, ignored: Mapping[str, str] = NO_TAGS
) -> Callable[[Create], Create]:
    """Register the decorated function as the adapter of a resource type.

    `handled` lists the properties that it handles, separated by spaces. `ignored` gives the reason for each
    property that has no effect here.
    """

    def register(create: Create) -> Create:
        ADAPTERS[resource_type] = Adapter(create, frozenset(handled.split()), ignored)
        return create

    return register


def ignored_type(
    resource_type: str, reason: str, physical: Callable[[Resource, Deployment], Physical]
) -> None:
    """Register a resource type that is accepted with all its properties and has no effect here."""
    IGNORED_TYPES[resource_type] = reason

    class _All(frozenset[str]):
        def __contains__(self, _: object) -> bool:
            return True

    ADAPTERS[resource_type] = Adapter(physical, _All(), {})


IGNORED_TYPES: dict[str, str] = {}
