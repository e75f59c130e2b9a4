"""Authorization: API Gateway has authenticated the caller. IAM's policies decide what the caller may do."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Protocol

from botocore.config import Config

from lambdas.stores.records import ResourceTable
from lambdas.support.clients import client
from lambdas.support.http import account_of
from lambdas.support.partitions import partition_of
from lambdas.support.policy_simulation import Decision, PolicySimulation, Subject
from lambdas.support.principals import ROOT, Principal, principal_of
from lambdas.support.settings import Settings
from tastemaker.authorization import TRACKING_ID, Permission, Values, required_permissions
from tastemaker.contracts.arns import AccountScope, segment_of
from tastemaker.control.core.records import Record
from tastemaker.errors import AccessDenied

ALLOWED_SECONDS = 300.0
DENIED_SECONDS = 15.0
"""How long decisions are cached. A permission that is granted works sooner than one that is revoked stops."""
MAX_DECISIONS = 10_000
# A request has 29 seconds, and may need several decisions.
IAM_CONFIG = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
)

_ROLE = re.compile(r"arn:[a-z-]+:iam::(?P<account>\d{12}):role/(?P<name>[\x21-\x7e]+)")

Check = Callable[[str, Mapping[str, Any]], None]
"""Takes an operation and its validated parameters. Raises AccessDenied and ServiceUnavailable."""


class Records(Protocol):
    """The part of a repository that has the resources' tags and names."""

    def get(self, arn: str) -> Record | None:
        """The record with this ARN."""

    def target(self, alias: str) -> str | None:
        """The ARN that an alias stands for."""


class Authorizer:
    """Checks requests against the policies of their callers. Decisions are cached in the process."""

    def __init__(
        self,
        scope: AccountScope,
        simulation: PolicySimulation,
        records: Records,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._scope, self._simulation, self._records, self._clock = scope, simulation, records, clock
        self._decisions: dict[tuple[Any, ...], tuple[float, Decision]] = {}

    def check_of(self, event: Mapping[str, Any]) -> Check:
        """The check of one HTTP request, which `lambdas.support.http.serve` makes."""

        def check(operation: str, params: Mapping[str, Any]) -> None:
            self.check(principal_of(event, self._scope.account), operation, params)

        return check

    def check(self, principal: Principal, operation: str, params: Mapping[str, Any]) -> None:
        """Raises AccessDenied unless the caller has all permissions, and ServiceUnavailable."""
        for permission in required_permissions(operation, params, self._scope):
            if permission.action == "iam:PassRole":
                self._check_role(permission.resource)
            self.require(principal, permission)

    def require(self, principal: Principal, permission: Permission) -> None:
        """Raises AccessDenied unless the caller has a permission, and ServiceUnavailable."""
        if principal.type != ROOT:
            self._require(principal, permission)

    def _check_role(self, role: str) -> None:
        """Raises AccessDenied for a role that nobody can pass to Personalize."""
        account = self._scope.account
        found = _ROLE.fullmatch(role)
        if found is None or found["account"] != account:
            raise AccessDenied(
                f"Cross-account pass role is not allowed: {role} is not a role of the account {account}."
            )
        if found["name"].startswith("aws-service-role/"):
            raise AccessDenied(f"{role} is a service-linked role, which only its own service can assume.")

    def _require(self, principal: Principal, permission: Permission) -> None:
        subject = self._simulation.subject(principal)
        decision = Decision.NOT_ALLOWED
        if subject is not None:
            decision = self._decision(principal, subject, permission)
        if decision is not Decision.ALLOWED:
            raise AccessDenied(_message(principal, permission, decision))

    def _decision(self, principal: Principal, subject: Subject, permission: Permission) -> Decision:
        volatile = (
            (principal.source_ip, principal.user_agent)
            if subject.uses("aws:sourceip") or subject.uses("aws:useragent")
            else ()
        )
        key, now = (principal.arn, permission, volatile), self._clock()
        cached = self._decisions.get(key)
        if cached is not None and cached[0] > now:
            return cached[1]
        decision = self._decide(principal, subject, permission)
        if len(self._decisions) >= MAX_DECISIONS:
            self._decisions.clear()
        seconds = ALLOWED_SECONDS if decision is Decision.ALLOWED else DENIED_SECONDS
        self._decisions[key] = (now + seconds, decision)
        return decision

    def _decide(self, principal: Principal, subject: Subject, permission: Permission) -> Decision:
        """The decision of IAM. If the resource has two names, one must be allowed, and none be denied."""
        decision = self._decide_action(principal, subject, permission)
        if decision is Decision.NOT_ALLOWED and permission.instead is not None:
            other = replace(permission, action=permission.instead, instead=None)
            if self._decide_action(principal, subject, other) is Decision.ALLOWED:
                return Decision.ALLOWED
        return decision

    def _decide_action(self, principal: Principal, subject: Subject, permission: Permission) -> Decision:
        decisions = []
        record = self._record(subject, permission.resource)
        context = {**_tags(record), **dict(permission.context)}
        for resource in self._names(permission.resource, record):
            decisions.append(
                self._simulation.decide(principal, subject, permission.action, resource, context)
            )
        if Decision.EXPLICITLY_DENIED in decisions:
            return Decision.EXPLICITLY_DENIED
        return Decision.ALLOWED if Decision.ALLOWED in decisions else Decision.NOT_ALLOWED

    def _record(self, subject: Subject, resource: str) -> Record | None:
        """The record of a resource, if its tags or its name matter."""
        if resource.startswith(TRACKING_ID):
            arn = self._records.target(resource)
            return None if arn is None else self._records.get(arn)
        if segment_of(resource) == "event-tracker" or subject.uses("aws:resourcetag"):
            return self._records.get(resource) if resource.startswith("arn:") else None
        return None

    def _names(self, resource: str, record: Record | None) -> Iterator[str]:
        """The ARNs of a resource. The ARN of an event tracker does not have its name, so that it has two."""
        if resource.startswith(TRACKING_ID):
            resource = "*" if record is None else record.arn
        yield resource
        if record is not None and segment_of(record.arn) == "event-tracker":
            yield self._scope.arn(f"event-tracker/{record.body['name']}")


def _tags(record: Record | None) -> dict[str, Values]:
    tags = () if record is None else record.body.get("_tags") or ()
    return {f"aws:ResourceTag/{tag['tagKey']}": (str(tag["tagValue"]),) for tag in tags}


def _message(principal: Principal, permission: Permission, decision: Decision) -> str:
    """The message in the form of AWS, for which programs search."""
    action, resource = permission.action, permission.resource
    why = f"because no identity-based policy allows the {action} action"
    if decision is Decision.EXPLICITLY_DENIED:
        why = "with an explicit deny in an identity-based policy"
    return f"User: {principal.arn} is not authorized to perform: {action} on resource: {resource} {why}"


Require = Callable[[Permission], None]
"""Raises AccessDenied unless the caller has a permission, and ServiceUnavailable."""


def connect(settings: Settings) -> Callable[[Mapping[str, Any], Any], Check | None]:
    """The authorization of a function: a function of an HTTP event and its context that returns its check.

    It returns None for each request if the stage's setting `authorization` is `off`.
    """
    authorizer_of = _authorizers(settings)
    if authorizer_of is None:
        return lambda event, context: None
    return lambda event, context: authorizer_of(account_of(event, context)).check_of(event)


def connect_permissions(settings: Settings) -> Callable[[Mapping[str, Any], Any], Require | None]:
    """As `connect`, for requests that are no operations of a service model: a check of one permission."""
    authorizer_of = _authorizers(settings)
    if authorizer_of is None:
        return lambda event, context: None

    def require_of(event: Mapping[str, Any], context: Any) -> Require:
        account = account_of(event, context)
        principal = principal_of(event, account)
        return lambda permission: authorizer_of(account).require(principal, permission)

    return require_of


def _authorizers(settings: Settings) -> Callable[[str], Authorizer] | None:
    """The authorizer of each account; None if the stage does not authorize callers."""
    if settings.authorization == "off":
        return None
    records = ResourceTable(client("dynamodb"), settings.resources_table)

    @cache
    def authorizer(account: str) -> Authorizer:
        scope = AccountScope(partition_of(settings.region), settings.region, account)
        return Authorizer(scope, PolicySimulation(client("iam", IAM_CONFIG), scope), records)

    return authorizer
