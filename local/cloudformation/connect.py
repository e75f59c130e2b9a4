"""CloudFormation, wired to the functions of a run."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError
from moto.cloudformation.models import cloudformation_backends

from local.account import Account
from local.cloudformation.api import CloudFormation, Transform
from local.cloudformation.custom import CustomResources, is_custom
from local.cloudformation.engine import Engine
from local.cloudformation.exports import Exports
from local.cloudformation.other_types import OtherTypes
from local.cloudformation.stacks import Handler, ResourceFailedError
from local.cloudformation.templates import InvalidRequestError
from local.functions.service import Functions
from local.http.messages import Request, Response

ANSWERS = "/_local/cloudformation/"


STORED = "AWS::SSM::Parameter::Value<"


def connect(
    account: Account,
    functions: Functions,
    macros: Mapping[str, str],
    others: OtherTypes,
    moto: Callable[[Request], Response],
) -> CloudFormation:
    """CloudFormation for stacks with custom resources.

    `macros` has the function of each transform. `others` creates what no function answers for, and `moto`
    answers requests about all other stacks.
    """
    token = next(iter(macros.values()), None)
    custom = CustomResources(functions.invoke_event, f"{account.endpoint}{ANSWERS}", token)

    def handler_of(resource_type: str) -> Handler:
        return custom if is_custom(resource_type) else others

    engine = Engine(
        handler_of,
        _pseudo_parameters(account),
        exports=Exports(cloudformation_backends[account.id][account.region].exports),
        parameter=lambda parameter_type, text: _parameter(account, parameter_type, text),
    )
    transform = _transform(account, functions)
    return CloudFormation(account, engine, custom, macros, transform, others.creates, moto)


def _transform(account: Account, functions: Functions) -> Transform:
    """A function that lets a function of this run transform a template."""

    def transform(function: str, body: dict[str, Any]) -> dict[str, Any]:
        event = {
            "region": account.region,
            "accountId": account.id,
            "transformId": f"{account.id}::{function}",
            "requestId": str(uuid.uuid4()),
            "fragment": body,
            "params": {},
            "templateParameterValues": {},
        }
        outcome = functions.invoke(function, event)
        if outcome.failed:
            raise InvalidRequestError(f"The transform {function} failed: {outcome.payload}")
        result: dict[str, Any] = json.loads(outcome.payload)
        if result.get("status") != "success":
            raise InvalidRequestError(f"The transform {function} failed: {result.get('errorMessage')}")
        fragment: dict[str, Any] = result["fragment"]
        return fragment

    return transform


def _parameter(account: Account, parameter_type: str, text: str) -> str:
    """The value of a parameter, which may be in the parameter store."""
    if not parameter_type.startswith(STORED):
        return text
    try:
        found = account.client("ssm").get_parameter(Name=text)
    except ClientError as error:
        raise ResourceFailedError(f"Unable to fetch parameters [{text}] from parameter store") from error
    return str(found["Parameter"]["Value"])


def _pseudo_parameters(account: Account) -> dict[str, str]:
    return {
        "AWS::AccountId": account.id,
        "AWS::Partition": account.partition,
        "AWS::Region": account.region,
        "AWS::URLSuffix": "amazonaws.com.cn" if account.partition == "aws-cn" else "amazonaws.com",
        "AWS::NotificationARNs": "",
    }
