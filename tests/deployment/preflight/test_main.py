"""The command: what is missing fails, what may not be asked is unknown, and nothing is changed."""

import io
import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from deployment.command import CommandError, Console
from deployment.preflight import __main__ as command
from deployment.preflight.__main__ import account_of, arguments, findings, report, run
from deployment.preflight.finding import Account, Finding, ask
from deployment.preflight.permissions import BOOTSTRAP_ACTIONS


def failing(error: Exception) -> Any:
    def check(account: Account) -> list[Finding]:
        raise error

    return check


def test_what_the_caller_may_not_ask_is_unknown_with_the_permission(make) -> None:
    error = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "ListServiceQuotas")
    (finding,) = ask("quotas", failing(error), make())
    assert finding.status == "unknown" and "call ListServiceQuotas" in finding.remedy


def test_network_failure_gives_an_unknown_result(make) -> None:
    (finding,) = ask("quotas", failing(EndpointConnectionError(endpoint_url="https://x")), make())
    assert finding.status == "unknown" and "https://x" in finding.text


def test_report_has_what_is_missing_last_with_remedy_and_link(make) -> None:
    found = [
        Finding("a", "missing", "too low", "ask for more", "https://link"),
        Finding("b", "ok", "fine"),
        Finding("c", "warning", "close", "raise it"),
    ]
    text = report(make(), found)
    assert text.index("fine") < text.index("close") < text.index("too low") < text.index("https://link")
    assert text.endswith("1 missing, 1 warning, 1 ok")


def test_every_check_reports_under_its_name(make) -> None:
    checks = {name: lambda account, name=name: [Finding(name, "ok", "")] for name in command.CHECKS}
    assert [one.check for one in findings(make(), checks)] == list(command.CHECKS)


class Session(boto3.Session):
    """The session of a caller of moto; IAM's simulation and the quotas, which moto lacks, are stubs."""

    def __init__(self, **stubs: Any) -> None:
        super().__init__()
        self._stubs = stubs

    def client(self, service: str, **options: Any) -> Any:
        return self._stubs.get(service.replace("-", "_")) or super().client(service, **options)


@pytest.mark.slow
def test_command_finds_what_an_empty_account_lacks(stubbed) -> None:
    caller = boto3.client("sts").get_caller_identity()["Arn"]
    allowed = [{"EvalActionName": "iam:CreateRole", "EvalDecision": "allowed"}]
    request = {
        "PolicySourceArn": caller,
        "ActionNames": list(BOOTSTRAP_ACTIONS),
        "ResourceArns": ["*"],
    }
    page = {"ServiceCode": "sagemaker", "MaxResults": 100}
    none: dict[str, Any] = {"Quotas": []}
    limits = {"AccountLimit": {"ConcurrentExecutions": 10}}
    session = Session(
        iam=stubbed("iam", ("simulate_principal_policy", {"EvaluationResults": allowed}, request)),
        service_quotas=stubbed(
            "service-quotas",
            ("list_service_quotas", none, page),
            ("list_aws_default_service_quotas", none, page),
        ),
        **{"lambda": stubbed("lambda", ("get_account_settings", limits, {}))},
    )
    out = io.StringIO()
    code = run(arguments().parse_args(["--json"]), Console(out, io.StringIO()), session)
    found = json.loads(out.getvalue())
    assert code == 1 and found["account"] == "123456789012" and found["region"] == "eu-west-1"
    status = {one["check"]: one["status"] for one in found["findings"]}
    assert status["CDK bootstrap"] == "missing" and status["Lambda concurrency"] == "warning"
    assert status["stack"] == status["services"] == status["permissions"] == "ok"
    assert set(status) == set(command.CHECKS)


def test_caller_without_credentials_or_region_is_an_error(aws) -> None:
    with pytest.raises(CommandError, match="not known in"):
        account_of("dev", "eu-west-1", Broken())
    with pytest.raises(CommandError, match="No region"):
        account_of("dev", "", Broken())


class Broken(boto3.Session):
    """A session of a caller without credentials or region."""

    region_name = None

    def client(self, service: str, **_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="https://sts")
