"""The result of one check, and the account that checks ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from deployment.synthesis import Template

Status = Literal["ok", "missing", "warning", "unknown"]
DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


@dataclass(frozen=True)
class Finding:
    """`missing` stops a deployment or its trainings, `warning` limits it, `unknown` could not be checked."""

    check: str
    status: Status
    text: str
    remedy: str = ""
    link: str = ""


@dataclass(frozen=True)
class Account:
    """The caller's account in one region, and the template of the stage that shall be deployed there."""

    template: Template
    region: str
    account: str
    caller: str
    """The ARN of the caller, as STS reports it."""
    client: Callable[[str], Any] = field(repr=False)

    @property
    def partition(self) -> str:
        """The partition of the caller's ARN."""
        return self.caller.split(":")[1]


Check = Callable[[Account], list[Finding]]


def ask(name: str, check: Check, account: Account) -> list[Finding]:
    """The findings of a check. What the caller may not ask is `unknown`, with the permission to add."""
    try:
        return check(account)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        operation, message = error.operation_name, error.response["Error"].get("Message", "")
        remedy = f"Allow the caller to call {operation}." if code in DENIED else ""
        return [Finding(name, "unknown", f"{operation} failed: {code}: {message}", remedy)]
    except BotoCoreError as error:
        return [Finding(name, "unknown", str(error), "Check the network and the region.")]
