"""Errors that end a command, and the exit codes."""

from __future__ import annotations

from typing import Any

SUCCESS = 0
FINDINGS = 1
"""The command did its work, and a check failed."""
ERROR = 2
"""The command could not do its work."""
INTERRUPTED = 130
"""The user pressed Ctrl-C."""


class CommandError(Exception):
    """The command cannot go on. `remedy` says what the user can do about it."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.problem, self.remedy = problem, remedy


def of_service(error: Any) -> CommandError:
    """The error of a boto3 call, with a remedy where the code is known."""
    found = error.response.get("Error", {})
    code, message = str(found.get("Code", "")), str(found.get("Message", "")) or str(error)
    remedies = {
        "403": "API Gateway refused the signature or the caller: check the credentials and --region "
        "(clients/README.md lists the causes).",
        "AccessDeniedException": "Sign in as a caller with this permission (docs/security.md).",
        "ExpiredToken": "Sign in again: aws sso login.",
        "ExpiredTokenException": "Sign in again: aws sso login.",
        "UnrecognizedClientException": "Check the credentials: aws sts get-caller-identity.",
    }
    problem = message if code in {"ValidationException", "InvalidInputException"} else f"{message} ({code})"
    return CommandError(problem, remedies.get(code, ""))
