"""Roles and their policies."""

from __future__ import annotations

from tests.local import tiny


def test_a_role_that_its_service_may_not_take(refused):
    wrong = tiny.function("any", "OtherRole")
    assert "does not trust lambda.amazonaws.com" in refused(
        Fn=wrong, OtherRole=tiny.role("states.amazonaws.com")
    )


def test_a_policy_with_a_condition_that_is_not_evaluated(refused):
    condition = {"BinaryEquals": {"aws:Key": "QmluYXJ5"}}
    role = tiny.role("lambda.amazonaws.com", tiny.allow("s3:*", on="*", when=condition))
    assert "BinaryEquals" in refused(Role=role)
