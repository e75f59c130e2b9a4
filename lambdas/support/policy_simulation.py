"""What a user's or role's policies say, as IAM's policy simulator evaluates them.

The simulator evaluates identity-based policies, permissions boundaries, and service control policies. It does
not know session policies, resource control policies, and policies of VPC endpoints.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.support.principals import ROLE, USER, Principal
from tastemaker.authorization import Values
from tastemaker.contracts.arns import AccountScope
from tastemaker.errors import ServiceUnavailable

CACHE_SECONDS = 300.0
MAX_SUBJECTS = 1000
"""Users and roles whose details are cached."""

NOTHING_TO_DECIDE = (
    *("NoSuchEntity", "NoSuchEntityException", "InvalidInput", "InvalidInputException", "ValidationError"),
)
"""Codes of errors that mean: no such user or role, or an action or a resource that no policy can name.

A request can contain any ARN, so these are no failures of IAM.
"""

_TYPES = {
    "aws:currenttime": "date",
    "aws:epochtime": "numeric",
    "aws:securetransport": "boolean",
    "aws:principalisawsservice": "boolean",
    "aws:viaawsservice": "boolean",
    "aws:sourceip": "ip",
    "aws:tagkeys": "stringList",
}


class Decision(Enum):
    """The outcome of a simulation."""

    ALLOWED = "allowed"
    EXPLICITLY_DENIED = "explicitDeny"
    NOT_ALLOWED = "implicitDeny"


@dataclass(frozen=True)
class Subject:
    """A user or role: its ARN with its path, its tags, and the condition keys that its policies use."""

    arn: str
    tags: Mapping[str, str] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()

    def uses(self, key: str) -> bool:
        """Whether a policy has a condition or a variable with this key, or one that begins with `key`/."""
        return any(used == key or used.startswith(f"{key}/") for used in self.keys)


class PolicySimulation:
    """IAM's simulator. `iam` is an IAM client.

    All methods raise ServiceUnavailable if IAM does not answer.
    """

    def __init__(self, iam: Any, scope: AccountScope, clock: Callable[[], float] = time.time) -> None:
        self._iam, self._scope, self._clock = iam, scope, clock
        self._subjects: dict[tuple[str, str], tuple[float, Subject | None]] = {}

    def subject(self, principal: Principal) -> Subject | None:
        """The user or role of a caller, or None if it has been deleted. Cached for `CACHE_SECONDS`."""
        key, now = (principal.type, principal.name), self._clock()
        cached = self._subjects.get(key)
        if cached is not None and cached[0] > now:
            return cached[1]
        if len(self._subjects) >= MAX_SUBJECTS:
            self._subjects.clear()
        subject = self._read(principal)
        self._subjects[key] = (now + CACHE_SECONDS, subject)
        return subject

    def _read(self, principal: Principal) -> Subject | None:
        if principal.type == ROLE:
            answer = self._call("get_role", RoleName=principal.name)
            entity = answer and answer["Role"]
        elif principal.type == USER:
            answer = self._call("get_user", UserName=principal.name)
            entity = answer and answer["User"]
        else:
            raise ValueError(f"{principal.arn} has no policies.")
        if entity is None:
            return None
        arn = entity["Arn"]
        used = self._call("get_context_keys_for_principal_policy", PolicySourceArn=arn)
        if used is None:
            return None
        tags = {tag["Key"]: tag["Value"] for tag in entity.get("Tags", ())}
        return Subject(arn, tags, frozenset(key.lower() for key in used.get("ContextKeyNames", ())))

    def decide(
        self,
        principal: Principal,
        subject: Subject,
        action: str,
        resource: str,
        context: Mapping[str, Values],
    ) -> Decision:
        """Whether the policies of `subject` allow an action on a resource.

        `context` has the condition keys of the request and of the resource.
        """
        entries = [
            {
                "ContextKeyName": key,
                "ContextKeyValues": list(values),
                "ContextKeyType": _TYPES.get(key.lower(), "string"),
            }
            for key, values in {**self._principal_context(principal, subject), **context}.items()
        ]
        answer = self._call(
            "simulate_principal_policy",
            PolicySourceArn=subject.arn,
            ActionNames=[action],
            ResourceArns=[resource],
            ContextEntries=entries,
        )
        if answer is None:
            return Decision.NOT_ALLOWED
        return _decision(answer["EvaluationResults"])

    def _principal_context(self, principal: Principal, subject: Subject) -> dict[str, Values]:
        context: dict[str, Values] = {
            "aws:PrincipalArn": (subject.arn,),
            "aws:PrincipalAccount": (self._scope.account,),
            "aws:PrincipalType": (principal.type,),
            "aws:userid": (principal.id,),
            "aws:RequestedRegion": (self._scope.region,),
            "aws:ResourceAccount": (self._scope.account,),
            "aws:SecureTransport": ("true",),
            "aws:PrincipalIsAWSService": ("false",),
            "aws:ViaAWSService": ("false",),
        }
        if principal.type == USER:
            context["aws:username"] = (principal.name,)
        if principal.organization:
            context["aws:PrincipalOrgID"] = (principal.organization,)
        context |= {f"aws:PrincipalTag/{key}": (value,) for key, value in subject.tags.items()}
        return context | self.volatile_context(principal, subject)

    def volatile_context(self, principal: Principal, subject: Subject) -> dict[str, Values]:
        """The condition keys that differ from request to request, if a policy uses them."""
        now = self._clock()
        values = {
            "aws:SourceIp": principal.source_ip,
            "aws:UserAgent": principal.user_agent,
            "aws:CurrentTime": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "aws:EpochTime": str(int(now)),
        }
        return {key: (value,) for key, value in values.items() if value and subject.uses(key.lower())}

    def _call(self, method: str, **request: Any) -> Any:
        """The answer of IAM, or None if IAM says that there is nothing to decide."""
        try:
            return getattr(self._iam, method)(**request)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in NOTHING_TO_DECIDE:
                return None
            raise _unavailable(code) from error
        except BotoCoreError as error:
            raise _unavailable(type(error).__name__) from error


def _unavailable(reason: str) -> ServiceUnavailable:
    return ServiceUnavailable(
        f"IAM did not answer whether the caller is authorized ({reason}), so nothing was done. Try again."
    )


def _decision(results: list[Mapping[str, Any]]) -> Decision:
    """The strictest decision of all results. No result is no permission."""
    decisions = set()
    for result in results:
        for one in (result, *result.get("ResourceSpecificResults", ())):
            decisions.add(one.get("EvalDecision") or one.get("EvalResourceDecision"))
            organization = one.get("OrganizationsDecisionDetail") or {}
            boundary = one.get("PermissionsBoundaryDecisionDetail") or {}
            if organization.get("AllowedByOrganizations") is False:
                decisions.add(Decision.NOT_ALLOWED.value)
            if boundary.get("AllowedByPermissionsBoundary") is False:
                decisions.add(Decision.NOT_ALLOWED.value)
    if Decision.EXPLICITLY_DENIED.value in decisions:
        return Decision.EXPLICITLY_DENIED
    return Decision.ALLOWED if decisions == {Decision.ALLOWED.value} else Decision.NOT_ALLOWED
