"""Roles and their policies."""

from __future__ import annotations

from tests.local import tiny


def test_role_that_does_not_trust_its_service_is_refused(refused):
    wrong = tiny.function("any", "OtherRole")
    assert "does not trust lambda.amazonaws.com" in refused(
        Fn=wrong, OtherRole=tiny.role("states.amazonaws.com")
    )


def test_policy_with_an_unsupported_condition_is_refused(refused):
    condition = {"BinaryEquals": {"aws:Key": "QmluYXJ5"}}
    role = tiny.role("lambda.amazonaws.com", tiny.allow("s3:*", on="*", when=condition))
    assert "BinaryEquals" in refused(Role=role)
