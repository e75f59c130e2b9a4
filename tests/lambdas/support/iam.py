"""IAM's policy simulator in memory, with the evaluator of the local run."""

# ruff: noqa: N803 - arguments are named as IAM's parameters

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, ConnectTimeoutError

from local.iam.policy import context_keys, decision
from tastemaker.contracts.arns import AccountScope

ACCOUNT = "123456789012"


def allow(action: str | list[str], resource: str | list[str] = "*", **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def deny(action: str | list[str], resource: str | list[str] = "*") -> dict[str, Any]:
    return allow(action, resource) | {"Effect": "Deny"}


@dataclass
class FakeIam:
    """An IAM client. `policies` has the statements of users and roles, by `user/ann` or `role/path/name`."""

    policies: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    failure: str | None = None
    simulations: list[tuple[str, str, str]] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    def get_role(self, RoleName: str) -> dict[str, Any]:
        return {"Role": self._entity("role", RoleName)}

    def get_user(self, UserName: str) -> dict[str, Any]:
        return {"User": self._entity("user", UserName)}

    def get_context_keys_for_principal_policy(self, PolicySourceArn: str) -> dict[str, Any]:
        self._fail()
        return {"ContextKeyNames": sorted(context_keys(self._documents(PolicySourceArn)))}

    def simulate_principal_policy(
        self,
        PolicySourceArn: str,
        ActionNames: list[str],
        ResourceArns: list[str],
        ContextEntries: list[Mapping[str, Any]],
    ) -> dict[str, Any]:
        self._fail()
        context = {one["ContextKeyName"].lower(): list(one["ContextKeyValues"]) for one in ContextEntries}
        (action,), (resource,) = ActionNames, ResourceArns
        self.simulations.append((PolicySourceArn, action, resource))
        decided = decision(self._documents(PolicySourceArn), action, resource, context)
        return {"EvaluationResults": [{"EvalDecision": decided, **self.extra}]}

    def _entity(self, kind: str, name: str) -> dict[str, Any]:
        self._fail()
        for path in self.policies:
            if path.startswith(f"{kind}/") and path.rsplit("/", 1)[1] == name:
                tags = [{"Key": key, "Value": value} for key, value in self.tags.get(path, {}).items()]
                return {"Arn": f"arn:aws:iam::{ACCOUNT}:{path}", "Tags": tags}
        raise ClientError({"Error": {"Code": "NoSuchEntity"}}, "GetRole")

    def _documents(self, arn: str) -> list[str]:
        return [json.dumps({"Statement": self.policies[arn.split(":", 5)[5]]})]

    def _fail(self) -> None:
        if self.failure == "timeout":
            raise ConnectTimeoutError(endpoint_url="https://iam.amazonaws.com")
        if self.failure is not None:
            raise ClientError({"Error": {"Code": self.failure}}, "SimulatePrincipalPolicy")


def request_of(arn: str, **http: str) -> dict[str, Any]:
    """The event of an HTTP request by the user or session with this ARN."""
    identity = {"userArn": arn, "userId": "AIDAEXAMPLE", "accountId": ACCOUNT, "principalOrgId": "o-1"}
    return {
        "requestContext": {
            "accountId": ACCOUNT,
            "authorizer": {"iam": identity},
            "http": {"method": "POST", "sourceIp": "192.0.2.1", "userAgent": "boto3"} | http,
        }
    }


SCOPE = AccountScope("aws", "eu-west-1", ACCOUNT)
