"""The transform of the Serverless Application Model (SAM), by the translator that AWS publishes.

https://github.com/aws/serverless-application-model
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import boto3
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.translator import Translator

from local.account import Account
from local.cloudformation.templates import InvalidRequestError

SERVERLESS = "AWS::Serverless-2016-10-31"


def expanded(body: Mapping[str, Any], values: Mapping[str, str], account: Account) -> dict[str, Any]:
    """The template with the types of CloudFormation in place of `AWS::Serverless::…`.

    `values` are the given parameters. Raises InvalidRequestError, with the reasons of the translator.
    """
    translator = Translator(None, Parser(), boto_session=boto3.Session(region_name=account.region))
    policies = ManagedPolicyLoader(account.client("iam"))
    try:
        translated: dict[str, Any] = translator.translate(
            copy.deepcopy(dict(body)), dict(values), get_managed_policy_map=policies.load
        )
    except InvalidDocumentException as error:
        reasons = " ".join(str(cause.message) for cause in error.causes)
        raise InvalidRequestError(f"Transform {SERVERLESS} failed with: {error.message} {reasons}") from error
    return translated
