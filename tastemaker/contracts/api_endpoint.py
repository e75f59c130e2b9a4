"""Where the API answers: at a local run, or at the address in the outputs of a deployment's stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

OUR_SERVICES = ("personalize", "personalize-runtime", "personalize-events", "tastemaker")
"""The services that the API serves, by their names in botocore."""
LOCAL_ENDPOINT = "http://127.0.0.1:4566"
"""The local run, on its usual port."""
API_URL = "ApiUrl"
LAKE_BUCKET = "LakeBucket"
ROLE_TRUST = "RoleTrust"


class MissingOutputError(LookupError):
    """A stack lacks an output. The message names both."""


def is_local(url: str) -> bool:
    """Whether an endpoint is on this machine."""
    host = urlsplit(url).hostname or ""
    return host in {"127.0.0.1", "localhost", "::1", "host.docker.internal"} or host.endswith(".localhost")


def stack_name(stage: str) -> str:
    """The name of a stage's stack, and the prefix of every name in it."""
    return f"tastemaker-{stage}"


def outputs_of(stack: Mapping[str, Any], required: Sequence[str] = (API_URL,)) -> dict[str, str]:
    """The outputs of a stack as DescribeStacks answers it: name → value.

    The API's URL has no slash at its end. Raises MissingOutputError if a required one is missing.
    """
    found = {str(one["OutputKey"]): str(one["OutputValue"]) for one in stack.get("Outputs", ())}
    if missing := [name for name in required if name not in found]:
        raise MissingOutputError(
            f"The stack {stack['StackName']} lacks the outputs {', '.join(missing)}: its last deployment may "
            "have failed, or it is no stack of Tastemaker."
        )
    if API_URL in found:
        found[API_URL] = found[API_URL].rstrip("/")
    return found
