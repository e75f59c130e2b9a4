"""State machines of stacks whose definition is an object in a bucket, as SAM's packages have it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import yaml

from local.account import Account
from local.cloudformation.moto_types import MotoTypes
from local.cloudformation.stacks import ResourceRequest
from local.template import Physical

LOCATION = "DefinitionS3Location"


class StateMachines:
    """The handler of `AWS::StepFunctions::StateMachine`: moto's, with the definition as a text."""

    def __init__(self, account: Account, moto: MotoTypes) -> None:
        self._account, self._moto = account, moto

    def create(self, request: ResourceRequest) -> Physical:
        return self._moto.create(self._with_text(request))

    def update(self, request: ResourceRequest) -> Physical:
        return self._moto.update(self._with_text(request))

    def delete(self, request: ResourceRequest) -> None:
        self._moto.delete(request)

    def _with_text(self, request: ResourceRequest) -> ResourceRequest:
        """The request with the text of the object. A definition in YAML becomes JSON."""
        properties: dict[str, Any] = dict(request.properties)
        place: Mapping[str, str] | None = properties.pop(LOCATION, None)
        if place is None:
            return request
        version = {"VersionId": place["Version"]} if "Version" in place else {}
        s3 = self._account.client("s3")
        body = s3.get_object(Bucket=place["Bucket"], Key=place["Key"], **version)["Body"].read().decode()
        try:
            json.loads(body)
        except ValueError:
            body = json.dumps(yaml.safe_load(body))
        return replace(request, properties={**properties, "DefinitionString": body})
