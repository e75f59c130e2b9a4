"""The audit log: one JSON line for each call of the control plane, in the function's log.

    {"audit": 1, "time": "2026-11-28T19:00:00.000Z", "caller": "arn:aws:iam::123456789012:user/ann",
     "operation": "CreateCampaign", "resources": {"campaignArn": "arn:…"}, "requestId": "…", "status": 200,
     "outcome": "OK"}

`caller` is the IAM identity that API Gateway authenticated; null if the request did not pass API Gateway.
`outcome` is OK or the code of the error. `audit` is the version of the format. The line has no other members
of the request, because they may contain personal data.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lambdas.support.http import Served

FORMAT_VERSION = 1


def write(served: Served) -> None:
    """Write the line of a call, whatever the log level is."""
    entry = {
        "audit": FORMAT_VERSION,
        "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "caller": caller_of(served.event),
        "operation": served.operation,
        "resources": {**_arns(served.params), **_arns(served.output)},
        "requestId": served.request_id,
        "status": served.status,
        "outcome": served.error or "OK",
    }
    sys.stdout.write(json.dumps(entry) + "\n")
    sys.stdout.flush()


def caller_of(event: Mapping[str, Any]) -> str | None:
    """The ARN of the IAM identity that signed a request, from API Gateway's IAM authorizer."""
    iam: Mapping[str, Any] = event.get("requestContext", {}).get("authorizer", {}).get("iam") or {}
    return iam.get("userArn")


def _arns(members: Mapping[str, Any] | None) -> dict[str, str]:
    """The members that are ARNs of Personalize's resources."""
    return {
        name: value
        for name, value in (members or {}).items()
        if isinstance(value, str) and value.startswith("arn:") and ":personalize:" in value
    }
