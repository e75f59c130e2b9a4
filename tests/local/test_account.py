"""ARNs and clients of the account that this machine plays."""

import pytest

from local.account import OWN_AGENT, Account, default_region


@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1"])
def test_arns_have_the_partition_of_the_region(region: str) -> None:
    account = Account("http://127.0.0.1:1", region)
    assert account.arn("lambda", "function:f") == (
        f"arn:{account.partition}:lambda:{region}:123456789012:function:f"
    )


def test_default_region_is_that_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    assert default_region() == "us-east-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert default_region() == "eu-west-1"


def test_clients_of_the_owner_are_shared_and_those_of_a_role_are_not() -> None:
    account = Account("http://127.0.0.1:1", "eu-west-1")
    owner = account.client("sqs")
    assert account.client("sqs") is owner and OWN_AGENT in owner.meta.config.user_agent_extra
    keys = {"AccessKeyId": "a", "SecretAccessKey": "b", "SessionToken": "c"}
    assert account.client("sqs", keys) is not owner
