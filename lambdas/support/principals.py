"""Who calls: the IAM identity that API Gateway has authenticated, as the user or role with the policies."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tastemaker.errors import AccessDenied

ROOT, USER, ROLE = "Account", "User", "AssumedRole"
"""The values of `aws:PrincipalType`."""

_ARN = re.compile(r"arn:(?P<partition>[a-z-]+):(?P<service>iam|sts)::(?P<account>\d{12}):(?P<resource>.+)")
# A session's name has no slash, so nothing after the role's name can be taken for a role.
_SESSION = re.compile(r"assumed-role/(?P<role>[\w+=,.@-]+)/[\w+=,.@-]+")
_USER = re.compile(r"user/(?:[\x21-\x7e]+/)?(?P<user>[\w+=,.@-]+)")


@dataclass(frozen=True)
class Principal:
    """A caller. `name` is that of the user, or of the role of a session; empty for the root user.

    `arn` is as AWS shows it in errors. `id` is `aws:userid`.
    """

    arn: str
    type: str
    name: str
    id: str
    organization: str | None
    source_ip: str
    user_agent: str


def principal_of(event: Mapping[str, Any], account: str) -> Principal:
    """The caller of an HTTP request. Raises AccessDenied if it is no user or role of this account."""
    context = event.get("requestContext", {})
    identity = (context.get("authorizer") or {}).get("iam") or {}
    arn = identity.get("userArn") or ""
    found = _ARN.fullmatch(arn)
    if found is None:
        raise AccessDenied("The request has no IAM identity; sign it with the credentials of a user or role.")
    if found["account"] != account:
        raise AccessDenied(
            f"User: {arn} belongs to another account than this deployment; assume a role in {account}."
        )
    principal_type, name = _type_and_name(found["service"], found["resource"], arn)
    http = context.get("http", {})
    return Principal(
        arn=arn,
        type=principal_type,
        name=name,
        id=identity.get("userId") or "",
        organization=identity.get("principalOrgId"),
        source_ip=http.get("sourceIp") or "",
        user_agent=http.get("userAgent") or "",
    )


def _type_and_name(service: str, resource: str, arn: str) -> tuple[str, str]:
    if service == "iam" and resource == "root":
        return ROOT, ""
    if service == "iam" and (user := _USER.fullmatch(resource)):
        return USER, user["user"]
    if service == "sts" and (session := _SESSION.fullmatch(resource)):
        return ROLE, session["role"]
    raise AccessDenied(
        f"User: {arn} cannot be authorized, because its policies cannot be read. Use a user or a role."
    )
