"""moto evaluates the policies of buckets, but not as IAM does.

It ignores conditions, so a policy that only denies requests without TLS denies all requests, and it does not
know service principals. Here moto only stores the policies. `local/iam/resource_policies.py` evaluates them.
"""

from __future__ import annotations

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket


def install() -> None:
    """Stop moto's evaluation; a second call changes nothing."""
    FakeBucket.get_permission = _neutral  # type: ignore[method-assign]


def _neutral(self: FakeBucket, action: str, resource: str) -> PermissionResult:
    return PermissionResult.NEUTRAL
