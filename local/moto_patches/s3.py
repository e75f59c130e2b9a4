"""moto judges objects by their bucket's policy without its conditions, so that a policy which only denies requests
without TLS denies them all. Here bucket policies are stored and not evaluated, as the documentation says.
"""

from __future__ import annotations

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket


def install() -> None:
    """Let no bucket policy decide; a second call changes nothing."""
    FakeBucket.get_permission = _neutral


def _neutral(self: FakeBucket, action: str, resource: str) -> PermissionResult:
    return PermissionResult.NEUTRAL
