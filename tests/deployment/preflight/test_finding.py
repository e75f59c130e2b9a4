"""A check that the caller may not do is reported with the permission that it needs."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from deployment.preflight.finding import Account, Finding, ask
from deployment.synthesis import Template
from infrastructure.stage import load

CALLER = "arn:aws-cn:iam::123456789012:user/ann"


@pytest.fixture
def account() -> Account:
    return Account(
        Template(load("dev"), {"Resources": {}}), "cn-north-1", "123456789012", CALLER, lambda _: None
    )


def test_partition_is_that_of_the_caller(account: Account) -> None:
    assert account.partition == "aws-cn"


def test_findings_of_a_check_are_returned(account: Account) -> None:
    found = [Finding("region", "ok", "The region has all services.")]
    assert ask("region", lambda _: found, account) == found


@pytest.mark.parametrize(
    ("error", "text", "remedy"),
    [
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListRoles"),
            "ListRoles failed: AccessDenied: no",
            "Allow the caller to call ListRoles.",
        ),
        (ClientError({"Error": {"Code": "Throttling"}}, "ListRoles"), "ListRoles failed: Throttling: ", ""),
        (EndpointConnectionError(endpoint_url="https://x"), "https://x", "Check the network and the region."),
    ],
)
def test_error_of_aws_is_unknown_and_not_missing(error, text, remedy, account: Account) -> None:
    def check(_: Account) -> list[Finding]:
        raise error

    (found,) = ask("roles", check, account)
    assert (found.check, found.status, found.remedy) == ("roles", "unknown", remedy)
    assert text in found.text
