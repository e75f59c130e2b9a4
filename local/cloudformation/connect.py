"""CloudFormation, wired to the functions of a run."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from local.account import Account
from local.cloudformation.api import CloudFormation, ValidationError
from local.cloudformation.custom import CustomResources, is_custom
from local.cloudformation.engine import Engine
from local.cloudformation.other_types import OtherTypes
from local.cloudformation.stacks import Handler
from local.functions.service import Functions

ANSWERS = "/_local/cloudformation/"


def connect(account: Account, functions: Functions, macros: Mapping[str, str]) -> CloudFormation:
    """CloudFormation for stacks with custom resources. `macros` has the function of each transform."""
    token = next(iter(macros.values()), None)
    custom = CustomResources(functions.invoke_event, f"{account.endpoint}{ANSWERS}", token)
    others = OtherTypes(account)

    def handler_of(resource_type: str) -> Handler:
        return custom if is_custom(resource_type) else others

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
            raise ValidationError(f"The transform {function} failed: {outcome.payload}")
        result: dict[str, Any] = json.loads(outcome.payload)
        if result.get("status") != "success":
            raise ValidationError(f"The transform {function} failed: {result.get('errorMessage')}")
        fragment: dict[str, Any] = result["fragment"]
        return fragment

    suffix = "amazonaws.com.cn" if account.partition == "aws-cn" else "amazonaws.com"
    pseudo = {
        "AWS::AccountId": account.id,
        "AWS::Partition": account.partition,
        "AWS::Region": account.region,
        "AWS::URLSuffix": suffix,
        "AWS::NotificationARNs": "",
    }
    return CloudFormation(account, Engine(handler_of, pseudo), custom, macros, transform)
