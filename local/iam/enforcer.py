"""Enforces the policies of the template's roles on every request."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

from local.account import Account
from local.http.messages import Request, Response
from local.iam.key_permissions import key_permissions
from local.iam.operations import Operation
from local.iam.policy import Context, decide
from local.iam.required_permissions import Permission, required_permissions
from local.iam.resource_policies import ResourcePolicies
from local.iam.roles import Caller, Roles
from local.terminal import Terminal


class Enforcer:
    """Denies requests that the caller's role does not allow, in the format that the client expects."""

    def __init__(
        self,
        account: Account,
        roles: Roles,
        policies: ResourcePolicies,
        terminal: Terminal,
        keys: Mapping[str, str] | None = None,
    ) -> None:
        """`keys` is the ARN of a bucket, table or stream → the key of KMS that encrypts its data."""
        self._keys = {} if keys is None else keys
        self._account = account
        self._roles = roles
        self._policies = policies
        self._terminal = terminal

    def denial(self, request: Request, operation: Operation | None) -> Response | None:
        """The response that denies a request; None if the request is allowed."""
        if request.credential is None:
            return None
        caller = self._roles.enforced_caller(request.credential[0])
        if caller is None:
            return None
        needed = required_permissions(request, operation, self._account)
        multipart = "uploadId" in request.parameters
        needed += key_permissions(needed, self._keys, self._account, multipart=multipart)
        for permission in needed:
            if self._policies.is_missing_bucket(permission.action, permission.resource):
                return None
            context = self._context(caller, permission)
            if not self._roles.session_policy_allows(
                caller, permission.action, permission.resource, context
            ):  # no warning: whoever took the role wanted it
                return _denial(request, self._message(caller, permission, "session"))
            if not self._allowed(caller, permission, context):
                message = self._message(caller, permission, "identity-based")
                self._terminal.warn_once(f"denied by IAM: {message}")
                return _denial(request, message)
        return None

    def _context(self, caller: Caller, permission: Permission) -> Context:
        return permission.context | {
            "aws:requestedregion": [self._account.region],
            "aws:principalaccount": [self._account.id],
            "aws:principalarn": [caller.role_arn],
            "aws:resourceaccount": [self._account.id],
            "aws:securetransport": ["true"],  # the same code calls AWS by HTTPS
        }

    def _allowed(self, caller: Caller, permission: Permission, context: Context) -> bool:
        action, resource = permission.action, permission.resource
        if not self._roles.is_enforced(caller):
            return True
        by_resource = self._policies.decide_for_role(caller, action, resource, context)
        decision = decide(self._roles.documents(caller.role_arn), action, resource, context)
        if by_resource is False or decision is False or not (by_resource or decision):
            return False
        return permission.action != "sts:AssumeRole" or self._roles.trusts_role(
            permission.resource, caller, permission.context
        )

    def _message(self, caller: Caller, permission: Permission, kind: str) -> str:
        return (
            f"User: {caller.arn(self._account)} is not authorized to perform: {permission.action} "
            f"on resource: {permission.resource} because no {kind} policy allows the "
            f"{permission.action} action"
        )


def _denial(request: Request, message: str) -> Response:
    assert request.credential is not None
    service = request.credential[2]
    if service == "s3":
        xml = f"<Error><Code>AccessDenied</Code><Message>{escape(message)}</Message></Error>"
        return Response(403, [("Content-Type", "application/xml")], xml.encode())
    if request.form:
        xml = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>{escape(message)}</Message>"
            "</Error><RequestId>local</RequestId></ErrorResponse>"
        )
        return Response(403, [("Content-Type", "text/xml")], xml.encode())
    if "smithy-protocol" in request.headers:
        fields = [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
        body = _cbor_map({"__type": "AccessDeniedException", "message": message})
        return Response(403, fields, body)
    # JSON services answer with 400, REST services with 403.
    status = 400 if "x-amz-target" in request.headers else 403
    body_of = {"__type": "AccessDeniedException", "message": message, "Message": message}
    return Response.of_json(status, body_of, x_amzn_ErrorType="AccessDeniedException")


def _cbor_map(texts: dict[str, str]) -> bytes:
    """A CBOR map of texts (RFC 8949), which is enough for an error."""

    def text(value: str) -> bytes:
        data = value.encode()
        return (
            bytes([0x60 + len(data)]) if len(data) < 24 else b"\x79" + len(data).to_bytes(2, "big")
        ) + data

    return bytes([0xA0 + len(texts)]) + b"".join(text(key) + text(value) for key, value in texts.items())
