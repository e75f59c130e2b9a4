"""The transform of the Serverless Application Model (SAM), by the translator that AWS publishes.

https://github.com/aws/serverless-application-model
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import boto3

from local.account import Account
from local.cloudformation.templates import InvalidRequestError, resources_of

SERVERLESS = "AWS::Serverless-2016-10-31"
APPLICATION = "AWS::Serverless::Application"


def expanded(body: Mapping[str, Any], values: Mapping[str, str], account: Account) -> dict[str, Any]:
    """The template with the types of CloudFormation in place of `AWS::Serverless::…`.

    `values` are the given parameters. Raises InvalidRequestError, with the reasons of the translator.
    """
    # The translator takes a while to import, and most runs have no template of SAM.
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
    from samtranslator.translator.translator import Translator

    _refuse_applications(body)
    translator = Translator(None, Parser(), boto_session=boto3.Session(region_name=account.region))
    policies = ManagedPolicyLoader(account.client("iam"))
    try:
        translated: dict[str, Any] = translator.translate(
            copy.deepcopy(dict(body)), dict(values), get_managed_policy_map=policies.load
        )
    except InvalidDocumentException as error:
        reasons = " ".join(str(cause.message) for cause in error.causes)
        raise InvalidRequestError(f"Transform {SERVERLESS} failed with: {error.message} {reasons}") from error
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise InvalidRequestError(f"Transform {SERVERLESS} failed with: {reason}") from error
    return translated


def _refuse_applications(body: Mapping[str, Any]) -> None:
    """Raise InvalidRequestError for an application, which the translator would fetch from AWS."""
    found = sorted(
        name
        for name, one in resources_of(body).items()
        if isinstance(one, dict) and one.get("Type") == APPLICATION
    )
    if found:
        raise InvalidRequestError(
            f"The local run has no nested stacks, so it cannot create the type {APPLICATION} of "
            f"{', '.join(found)}. Declare the application's resources in this template, or deploy the "
            "application as a stack of its own."
        )
