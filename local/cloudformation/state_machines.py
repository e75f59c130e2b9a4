"""State machines of stacks whose definition is an object in a bucket, as SAM's packages have it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import yaml

from local.account import Account
from local.cloudformation.moto_types import MotoTypes
from local.cloudformation.stacks import ResourceFailedError, ResourceRequest
from local.cloudformation.templates import Loader
from local.provision.substitutions import substituted
from local.template import Physical

LOCATION, SUBSTITUTIONS = "DefinitionS3Location", "DefinitionSubstitutions"


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
        """The request with the text of the object and its substitutions. A definition in YAML becomes JSON.

        Raises ResourceFailedError for a text that is neither.
        """
        properties: dict[str, Any] = dict(request.properties)
        place: Mapping[str, str] | None = properties.pop(LOCATION, None)
        if place is None:
            return request
        version = {"VersionId": place["Version"]} if "Version" in place else {}
        s3 = self._account.client("s3")
        body = s3.get_object(Bucket=place["Bucket"], Key=place["Key"], **version)["Body"].read().decode()
        text = substituted(body, properties.pop(SUBSTITUTIONS, {}))  # a placeholder need not be in quotes
        try:
            json.loads(text)
        except ValueError:
            text = _json_of(text, f"s3://{place['Bucket']}/{place['Key']}")
        return replace(request, properties={**properties, "DefinitionString": text})


def _json_of(text: str, place: str) -> str:
    """A definition in YAML as JSON."""
    try:
        definition = yaml.load(text, Loader=Loader)
    except yaml.YAMLError as error:
        raise ResourceFailedError(f"The definition {place} is neither JSON nor YAML: {error}") from error
    if not isinstance(definition, dict):
        raise ResourceFailedError(f"The definition {place} is neither JSON nor YAML with an object.")
    return json.dumps(definition)
