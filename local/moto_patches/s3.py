"""moto judges objects by their bucket's policy, and not as IAM does.

It ignores conditions, so that a policy which only denies requests without TLS denies them all, and it knows
no service principals. Here bucket policies are stored, and not evaluated.
"""

from __future__ import annotations

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket


def install() -> None:
    """Let no bucket policy decide; a second call changes nothing."""
    FakeBucket.get_permission = _neutral  # type: ignore[method-assign]


def _neutral(self: FakeBucket, action: str, resource: str) -> PermissionResult:
    return PermissionResult.NEUTRAL
