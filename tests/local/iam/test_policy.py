"""Policies, evaluated as IAM does."""

from __future__ import annotations

import json

import pytest

from local.iam.policy import PolicyError, context_keys, decide, decision, matches


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource} | more


def test_request_without_a_statement_is_denied():
    assert not decide([], "s3:GetObject", "arn:aws:s3:::b/k", {})


@pytest.mark.parametrize(
    ("pattern", "value", "good"),
    [
        ("*", "anything", True),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/a/c", True),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/a", True),
        ("arn:aws:s3:::b/?", "arn:aws:s3:::b/ab", False),
        ("arn:aws:s3:::b.c/*", "arn:aws:s3:::bxc/k", False),
    ],
)
def test_pattern_matches_wildcards_only(pattern, value, good):
    assert matches(pattern, value) is good


def test_actions_ignore_case_and_resources_respect_it():
    policy = document(allow("S3:get*", "arn:aws:s3:::b/K"))
    assert decide([policy], "s3:GetObject", "arn:aws:s3:::b/K", {})
    assert not decide([policy], "s3:GetObject", "arn:aws:s3:::b/k", {})


def test_deny_overrides_allow():
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/secret/*"}
    policies = [document(allow("s3:*")), document(deny)]
    assert decide(policies, "s3:GetObject", "arn:aws:s3:::b/open", {})
    assert not decide(policies, "s3:GetObject", "arn:aws:s3:::b/secret/1", {})


def test_not_action_and_not_resource_invert_the_match():
    policy = document({"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:x"})
    assert decide([policy], "s3:GetObject", "arn:y", {})
    assert not decide([policy], "iam:PassRole", "arn:y", {})
    assert not decide([policy], "s3:GetObject", "arn:x", {})


@pytest.mark.parametrize(
    ("operator", "wanted", "have", "good"),
    [
        ("StringEquals", "a", ["a"], True),
        ("StringEquals", ["a", "b"], ["b"], True),
        ("StringEquals", "a", None, False),
        ("StringEqualsIfExists", "a", None, True),
        ("StringNotEquals", "a", ["a"], False),
        ("StringNotEquals", "a", None, True),
        ("StringLike", "a*", ["abc"], True),
        ("ArnLike", "arn:aws:s3:::*", ["arn:aws:s3:::b"], True),
        ("Bool", True, ["true"], True),
        ("Bool", "false", ["true"], False),
        ("Null", "true", None, True),
        ("Null", "true", ["x"], False),
        ("NumericLessThan", "5", ["4"], True),
        ("ForAllValues:StringLike", "a*", ["ab", "b"], False),
        ("ForAllValues:StringLike", "a*", None, True),
        ("ForAnyValue:StringLike", "a*", ["ab", "b"], True),
        ("ForAnyValue:StringLike", "a*", None, False),
    ],
)
def test_condition_operators_compare_as_in_iam(operator, wanted, have, good):
    policy = document(allow("s3:*", Condition={operator: {"Some:Key": wanted}}))
    context = {} if have is None else {"some:key": have}
    assert (decide([policy], "s3:GetObject", "*", context) is True) is good


def test_unsupported_operator_is_refused():
    with pytest.raises(PolicyError, match="BinaryEquals"):
        decide(
            [document(allow("s3:*", Condition={"BinaryEquals": {"a:key": "QQ=="}}))],
            "s3:X",
            "*",
            {},
        )


def test_policy_variables_have_the_values_of_the_request():
    policy = document(allow("a:b", "arn:aws:x:::${aws:username}/*"))
    assert decide([policy], "a:b", "arn:aws:x:::ann/k", {"aws:username": ["ann"]})
    assert not decide([policy], "a:b", "arn:aws:x:::bob/k", {"aws:username": ["ann"]})
    assert not decide([policy], "a:b", "arn:aws:x:::bob/k", {"aws:username": ["*"]}), "a literal asterisk"
    assert not decide([policy], "a:b", "arn:aws:x:::/k", {}), "an unknown variable matches nothing"
    default = document(allow("a:b", "arn:aws:x:::${aws:PrincipalTag/team, 'all'}/*"))
    assert decide([default], "a:b", "arn:aws:x:::all/k", {})
    assert decide([default], "a:b", "arn:aws:x:::blue/k", {"aws:principaltag/team": ["blue"]})


def test_literal_wildcards_of_patterns():
    policy = document(allow("a:b", "arn:aws:x:::b/a${*}c${?}${$}/*"))
    assert decide([policy], "a:b", "arn:aws:x:::b/a*c?$/k", {})
    assert not decide([policy], "a:b", "arn:aws:x:::b/abbcd$/k", {})


@pytest.mark.parametrize(
    ("operator", "want", "have", "good"),
    [
        ("IpAddress", "192.0.2.0/24", "192.0.2.7", True),
        ("IpAddress", "192.0.2.0/24", "198.51.100.1", False),
        ("NotIpAddress", "192.0.2.0/24", "198.51.100.1", True),
        ("IpAddress", "192.0.2.0/24", "not an address", False),
        ("DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", True),
        ("DateLessThan", "2026-01-01T00:00:00Z", "1767225600", False),
        ("DateGreaterThan", "2026-01-01", "2026-01-02T00:00:00Z", True),
    ],
)
def test_address_and_date_operators_compare_as_in_iam(operator, want, have, good):
    policy = document(allow("a:b", Condition={operator: {"k:k": want}}))
    assert bool(decide([policy], "a:b", "*", {"k:k": [have]})) is good


def test_condition_keys_are_those_of_conditions_and_variables():
    policy = document(allow("a:b", "arn:aws:x:::${aws:username}", Condition={"Bool": {"aws:Secure": "true"}}))
    assert context_keys([policy]) == {"aws:username", "aws:secure"}
    wanted = document(allow("a:b", Condition={"StringLike": {"k:k": "${aws:PrincipalTag/Team}-*"}}))
    assert context_keys([wanted]) == {"k:k", "aws:principaltag/team"}


def test_explicit_deny_differs_from_a_missing_permission():
    denied = document(allow("a:*") | {"Effect": "Deny"})
    assert decision([document(allow("a:b")), denied], "a:b", "*", {}) == "explicitDeny"
    assert decision([], "a:b", "*", {}) == "implicitDeny"
