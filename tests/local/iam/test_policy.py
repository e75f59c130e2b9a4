"""Policies, evaluated as IAM does."""

from __future__ import annotations

import json

import pytest

from local.iam.policy import PolicyError, decide, matches


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource} | more


def test_nothing_is_allowed_without_a_statement():
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
def test_patterns(pattern, value, good):
    assert matches(pattern, value) is good


def test_actions_ignore_case_and_resources_do_not():
    policy = document(allow("S3:get*", "arn:aws:s3:::b/K"))
    assert decide([policy], "s3:GetObject", "arn:aws:s3:::b/K", {})
    assert not decide([policy], "s3:GetObject", "arn:aws:s3:::b/k", {})


def test_a_denial_wins():
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/secret/*"}
    policies = [document(allow("s3:*")), document(deny)]
    assert decide(policies, "s3:GetObject", "arn:aws:s3:::b/open", {})
    assert not decide(policies, "s3:GetObject", "arn:aws:s3:::b/secret/1", {})


def test_not_action_and_not_resource():
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
def test_conditions(operator, wanted, have, good):
    policy = document(allow("s3:*", Condition={operator: {"Some:Key": wanted}}))
    context = {} if have is None else {"some:key": have}
    assert (decide([policy], "s3:GetObject", "*", context) is True) is good


def test_an_operator_that_is_not_evaluated_is_refused():
    with pytest.raises(PolicyError, match="IpAddress"):
        decide(
            [document(allow("s3:*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}))],
            "s3:X",
            "*",
            {},
        )
