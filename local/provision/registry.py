"""Which adapter creates which resource type, and what it makes of each property."""

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
    """The template holds something that this machine has no counterpart for; the message names it."""


@dataclass
class Deployment:
    """What provisioning has to work with, and what it finds for the emulator to run."""

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
    alarm_topics: list[tuple[str, str]] = field(default_factory=list)  # ARNs of an alarm and of its topic
    glue_columns: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        return self.account.client(service)

    def name(self, resource: Resource, given: str | None = None, *, longest: int = 64) -> str:
        """The given name, or one made as CloudFormation does: stack, logical id and some letters."""
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
    """How one resource type is created."""

    create: Create
    handled: frozenset[str]
    ignored: Mapping[str, str]  # property → why it means nothing here

    def refuse_unknown(self, logical_id: str, kind: str, properties: list[str]) -> None:
        unknown = [name for name in properties if name not in self.handled and name not in self.ignored]
        if unknown:
            raise ProvisionError(
                f"{logical_id} ({kind}): the local run knows nothing of the property {', '.join(unknown)}; "
                "handle it in its adapter in local/provision, or list it there as ignored, with the reason"
            )


ADAPTERS: dict[str, Adapter] = {}
NO_TAGS = {"Tags": "nothing reads tags locally"}


def adapter(kind: str, *, handled: str, ignored: Mapping[str, str] = NO_TAGS) -> Callable[[Create], Create]:
    """Register the function below as the adapter of a resource type; `handled` lists properties,
    space-separated.
    """

    def register(create: Create) -> Create:
        ADAPTERS[kind] = Adapter(create, frozenset(handled.split()), ignored)
        return create

    return register


def ignored_type(kind: str, reason: str, physical: Callable[[Resource, Deployment], Physical]) -> None:
    """Register a type that is accepted with all its properties and does nothing here."""
    IGNORED_TYPES[kind] = reason

    class _All(frozenset[str]):
        def __contains__(self, _: object) -> bool:
            return True

    ADAPTERS[kind] = Adapter(physical, _All(), {})


IGNORED_TYPES: dict[str, str] = {}
