"""Roles and their sessions, as moto stores them: who calls, which policies apply, who may assume a role."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from moto.iam.models import Group, IAMBackend, Role, User, iam_backends
from moto.sts.models import sts_backends

from local.account import Account
from local.iam.policy import Context, decide, matches, statements

PERSONALIZE = "personalize.amazonaws.com"
STEP_FUNCTIONS = "states.amazonaws.com"


class AssumeRoleError(Exception):
    """A service cannot assume a role: the role does not exist or does not trust the service."""


@dataclass(frozen=True)
class Caller:
    """A session of a role."""

    role_arn: str
    session: str
    policy: str = ""  # the session policy; empty if the session has all permissions of the role

    @property
    def role_name(self) -> str:
        return self.role_arn.rsplit("/", 1)[-1]

    def arn(self, account: Account) -> str:
        return f"arn:{account.partition}:sts::{account.id}:assumed-role/{self.role_name}/{self.session}"


@dataclass(frozen=True)
class Identity:
    """Who has signed a request: the ARN and the ID that API Gateway shows to functions."""

    arn: str
    id: str


class Roles:
    """The account's roles. `enforce` marks those whose policies are enforced on their sessions."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._enforced: set[str] = set()
        self._callers: dict[str, Caller] = {}
        self._lock = threading.Lock()

    def enforce(self, role_arn: str) -> None:
        """Enforce the policies of a role on its sessions from now on."""
        self._enforced.add(role_arn)

    def enforced_caller(self, access_key: str) -> Caller | None:
        """The session that an access key belongs to, if policies limit it.

        They do if its role is one of the template's, or if it has a session policy.
        """
        caller = self._callers.get(access_key) or self._find(access_key)
        return caller if caller and (caller.policy or caller.role_arn in self._enforced) else None

    def _find(self, access_key: str) -> Caller | None:
        if not access_key.startswith("ASIA"):  # the prefix of temporary keys
            return None
        for session in reversed(sts_backends[self._account.id][self._account.partition].assumed_roles):
            if session.access_key_id == access_key:
                caller = Caller(session.role_arn, session.session_name, session.policy or "")
                self._callers[access_key] = caller
                return caller
        return None

    def identity(self, access_key: str) -> Identity:
        """Who signs with an access key: a user or a role's session. Every unknown key is the root user's."""
        caller = self._callers.get(access_key) or self._find(access_key)
        if caller is not None:
            role = self._role(caller.role_arn)
            account = caller.role_arn.split(":")[4]
            arn = caller.arn(self._account).replace(f"::{self._account.id}:", f"::{account}:", 1)
            return Identity(arn, f"{role.id if role else 'AROAUNKNOWN'}:{caller.session}")
        user = self._backend.get_user_from_access_key_id(access_key)
        if user is not None:
            return Identity(user.arn, user.id)
        return Identity(f"arn:{self._account.partition}:iam::{self._account.id}:root", self._account.id)

    def documents(self, arn: str) -> list[str]:
        """The policy documents of a role, or of a user and its groups, inline and attached."""
        return [document for entity in self.entities(arn) for document in _documents(entity)]

    def entities(self, arn: str) -> list[Role | User | Group]:
        """The role with this ARN, or the user and its groups. Empty if there is none."""
        role = self._role(arn)
        if role is not None:
            return [role]
        user = next((user for user in self._backend.users.values() if user.arn == arn), None)
        if user is None:
            return []
        return [user, *(group for group in self._backend.groups.values() if user in group.users)]

    def allows(self, role_arn: str, action: str, resource: str, context: Context | None = None) -> bool:
        """Whether the role's own policies allow the action on the resource."""
        return decide(self.documents(role_arn), action, resource, context or {}) is True

    def session_policy_allows(self, caller: Caller, action: str, resource: str, context: Context) -> bool:
        """Whether the session policy of a caller, if it has one, allows the action on the resource."""
        return not caller.policy or decide([caller.policy], action, resource, context) is True

    def is_enforced(self, caller: Caller) -> bool:
        """Whether the role's policies are enforced. Those of roles that users create are not."""
        return caller.role_arn in self._enforced

    def trusts_service(self, role_arn: str, service: str, source_arn: str | None = None) -> bool:
        """Whether a service may assume the role for this account.

        `source_arn` is the resource for which the service acts, such as a state machine. Without it, a
        condition on `aws:SourceArn` is not met. A role may trust Step Functions in this region only:
        `states.us-east-1.amazonaws.com`.
        https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
        """
        names = {service}
        if service == STEP_FUNCTIONS:
            names.add(f"states.{self._account.region}.amazonaws.com")
        context = {"aws:sourceaccount": [self._account.id]}
        if source_arn is not None:
            context["aws:sourcearn"] = [source_arn]
        return self._trusts(role_arn, "Service", names.__contains__, context)

    def trusts_role(self, role_arn: str, caller: Caller, context: Context) -> bool:
        """Whether a role may be assumed by a session of a template's role, in a request with `context`.

        A role for Amazon Personalize trusts `personalize.amazonaws.com`. This stack takes the place of that
        service, so here the trust extends to the stack. Its conditions are evaluated as if a dataset import
        job of the account were the source. In an account the role must also trust the stack's function.
        """
        account = self._account
        names = {
            account.id,
            f"arn:{account.partition}:iam::{account.id}:root",
            caller.role_arn,
            caller.arn(account),
        }
        source = account.arn("personalize", f"dataset-import-job/{caller.session}")
        known = {"aws:principalarn": [caller.role_arn], "aws:principalaccount": [account.id], **context}
        return self._trusts(
            role_arn, "AWS", lambda value: value in names or matches(value, caller.role_arn), known
        ) or self.trusts_service(role_arn, PERSONALIZE, source)

    def assume(
        self, role_arn: str, *, service: str, session: str, source_arn: str | None = None
    ) -> dict[str, str]:
        """Assume a role as an AWS service does, on behalf of the resource `source_arn`.

        Returns AccessKeyId, SecretAccessKey and SessionToken. Raises AssumeRoleError if the role does not
        exist, or if it does not trust the service.
        """
        if self._role(role_arn) is None:
            raise AssumeRoleError(f"the role {role_arn} does not exist")
        if not self.trusts_service(role_arn, service, source_arn):
            behalf = f" on behalf of {source_arn}" if source_arn else ""
            raise AssumeRoleError(f"the role {role_arn} does not trust {service}{behalf}")
        with self._lock:
            assumed = sts_backends[self._account.id][self._account.partition].assume_role(
                region_name=self._account.region,
                role_session_name=(session or uuid.uuid4().hex)[:64],
                role_arn=role_arn,
                policy="",
                duration=3600,
                external_id="",
            )
        self._callers[assumed.access_key_id] = Caller(role_arn, assumed.session_name)
        return {
            "AccessKeyId": assumed.access_key_id,
            "SecretAccessKey": assumed.secret_access_key,
            "SessionToken": assumed.session_token,
        }

    def _trusts(
        self, role_arn: str, principal_type: str, is_principal: Callable[[str], bool], context: Context
    ) -> bool:
        """Whether a statement of the trust policy allows a principal, and none denies it."""
        role = self._role(role_arn)
        if role is None:
            return False
        effects = {
            statement.allow
            for statement in statements(role.assume_role_policy_document)
            if statement.holds(context)
            and any(named == principal_type and is_principal(value) for named, value in statement.principals)
        }
        return effects == {True}

    def _role(self, role_arn: str) -> Role | None:
        return next((role for role in self._backend.roles.values() if role.arn == role_arn), None)

    @property
    def _backend(self) -> IAMBackend:
        return iam_backends[self._account.id][self._account.partition]


def _documents(entity: Role | User | Group) -> list[str]:
    attached = [
        version.document
        for policy in entity.managed_policies.values()
        for version in policy.versions
        if version.is_default
    ]
    return [*entity.policies.values(), *attached]
