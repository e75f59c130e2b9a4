"""What requests of CloudFormation contain: templates as text, lists in forms, parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import yaml
from moto.cloudformation.utils import yaml_tag_constructor

Form = Mapping[str, str]
MAX_MEMBERS = 200


class InvalidRequestError(Exception):
    """A request that CloudFormation refuses. `code` is the name of the error."""

    def __init__(self, message: str, code: str = "ValidationError") -> None:
        super().__init__(message)
        self.code = code


class Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML has no types
    """YAML with CloudFormation's short forms: `!Ref` and `!GetAtt`. `2012-10-17` is a text there."""


Loader.add_multi_constructor("", yaml_tag_constructor)
Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parsed(text: str) -> dict[str, Any]:
    """A template as a mapping; an empty one if the text is no template."""
    try:
        body = json.loads(text)
    except ValueError:
        try:
            body = yaml.load(text, Loader=Loader)
        except yaml.YAMLError:
            body = None
    return body if isinstance(body, dict) else {}


def resources_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The declared resources of a template."""
    resources: dict[str, Any] = body.get("Resources") or {}
    return resources


def transforms_of(body: Mapping[str, Any]) -> list[str]:
    """The names of the transforms of a template."""
    given = body.get("Transform") or []
    listed = given if isinstance(given, list) else [given]
    return [str(one.get("Name") if isinstance(one, dict) else one) for one in listed]


def members(form: Form, name: str) -> list[str]:
    """A list of texts in a form."""
    found = (form.get(f"{name}.member.{number}") for number in range(1, MAX_MEMBERS + 1))
    return [text for text in found if text is not None]


def pairs(form: Form, member: str, key: str, value: str) -> dict[str, str]:
    """A list of pairs in a form, such as tags."""
    found = {}
    for number in range(1, MAX_MEMBERS + 1):
        name = form.get(f"{member}.member.{number}.{key}")
        if name is None:
            break
        found[name] = form.get(f"{member}.member.{number}.{value}", "")
    return found


def parameters(form: Form, body: Mapping[str, Any], before: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a request. Raises InvalidRequestError for one that is missing or not declared."""
    given = pairs(form, "Parameters", "ParameterKey", "ParameterValue")
    previous = pairs(form, "Parameters", "ParameterKey", "UsePreviousValue")
    for name, text in previous.items():
        if text == "true":
            given.pop(name, None)
            if name in before:
                given[name] = before[name]
    declared: Mapping[str, Any] = body.get("Parameters") or {}
    unknown = sorted(given.keys() - declared.keys())
    if unknown:
        raise InvalidRequestError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    missing = [name for name, one in declared.items() if name not in given and "Default" not in one]
    if missing:
        raise InvalidRequestError(f"Parameters: [{', '.join(missing)}] must have values")
    for name, text in given.items():
        allowed = [str(value) for value in declared[name].get("AllowedValues", ())]
        if allowed and text not in allowed:
            raise InvalidRequestError(
                f"Parameter '{name}' must be one of AllowedValues [{', '.join(allowed)}]"
            )
    return given


def location(url: str) -> tuple[str, str]:
    """The bucket and the key of an address of S3, with the bucket in the path or in the host."""
    parts = urlsplit(url)
    host, path = parts.hostname or "", parts.path.lstrip("/")
    found = re.match(r"(.+)\.s3[.-]", host)
    if found:
        return found.group(1), path
    bucket, _, key = path.partition("/")
    return bucket, key
