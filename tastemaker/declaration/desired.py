"""The comparison of what is declared with what exists."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tastemaker.contracts.arns import segment_of
from tastemaker.contracts.campaign_alias import target_of
from tastemaker.control.core.records import Record
from tastemaker.control.core.solution_config import DEFAULT_SCHEDULE
from tastemaker.control.core.tags import tags_of
from tastemaker.control.resources.campaign import LATEST
from tastemaker.control.resources.dataset import UPDATABLE
from tastemaker.declaration.types import IN_PLACE, REFUSED, REPLACE, TYPES, DeclaredType

Request = Mapping[str, Any]
PARTS = ("solutionConfig",)
"""Properties that are compared part by part, because some parts can change in place."""


@dataclass(frozen=True)
class Difference:
    """A property that differs: `before` is what exists, `after` what is declared; None for absent.

    `effect` is IN_PLACE, REPLACE or REFUSED.
    """

    path: str
    before: Any
    after: Any
    effect: str


def request_of(record: Record) -> dict[str, Any]:
    """The request that would create what a record is: what a declaration of it says."""
    declared, body = TYPES[record.resource_type], record.body
    request = {name: body[name] for name in declared.properties if name in body}
    if declared.taggable and tags_of(record):
        request["tags"] = tags_of(record)
    target = target_of(body)
    if target is not None:  # what else Describe shows belongs to the campaign that it points at
        kept = {name: value for name, value in request.items() if name in ("name", "tags")}
        return {**kept, "solutionVersionArn": target}
    if record.resource_type == "Campaign" and body.get("campaignConfig", {}).get(
        "syncWithLatestSolutionVersion"
    ):
        request["solutionVersionArn"] = f"{record.parent}{LATEST}"
    if body.get("performAutoML"):
        request.pop("recipeArn", None)
    config = request.get("solutionConfig")
    if config is not None and not body.get("performAutoTraining", True):  # its schedule has no effect
        request["solutionConfig"] = {
            name: part for name, part in config.items() if name != "autoTrainingConfig"
        }
    return request


def differences(declared: DeclaredType, request: Request, record: Record) -> list[Difference]:
    """What differs between a declaration and a record, in the order of the properties."""
    now = request_of(record)
    found = []
    for path, after, before in _pairs(declared, request, now):
        if after != before:
            effect = _effect(declared, path, request, record)
            found.append(Difference(path, before, after, effect))
    if declared.only_one is not None and any(one.effect == REPLACE for one in found):
        return [replace(one, effect=REPLACE) for one in found]  # the new one has another place
    return found


def _pairs(declared: DeclaredType, request: Request, now: Request) -> Iterator[tuple[str, Any, Any]]:
    for name in declared.properties:
        if name == declared.name_member and name not in request:
            continue  # a generated name stays
        after = canonical(name, _with_default(declared, request, name))
        before = canonical(name, _with_default(declared, now, name))
        if name not in PARTS:
            yield name, after, before
            continue
        after, before = after or {}, before or {}
        for part in sorted({*after, *before}):
            yield f"{name}.{part}", after.get(part), before.get(part)


def _with_default(declared: DeclaredType, request: Request, name: str) -> Any:
    default, value = declared.defaults.get(name), request.get(name)
    if isinstance(default, Mapping):
        return {**default, **(value or {})}
    return default if value is None else value


def canonical(name: str, value: Any) -> Any:
    """A value in a form in which equal meanings are equal. Empty values count as absent."""
    if isinstance(value, str):
        return _TEXTS.get(name, str)(value)
    if name in _SETS:
        return sorted(map(dict, value or ()), key=lambda one: one[_SETS[name]]) or None
    plain = _without_empty(value)
    if name in PARTS and plain is not None and plain.get("autoTrainingConfig") == _DEFAULT_TRAINING:
        plain = {part: item for part, item in plain.items() if part != "autoTrainingConfig"} or None
    return plain


def _without_empty(value: Any) -> Any:
    """The value without empty members. A switch inside a configuration that is off counts as absent."""
    if isinstance(value, Mapping):
        members = {name: _without_empty(item) for name, item in value.items()}
        return {name: item for name, item in members.items() if item not in (None, False)} or None
    if isinstance(value, list):
        return [_without_empty(item) for item in value] or None
    return value


def _avro(text: str) -> str:
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return text


_TEXTS: Mapping[str, Callable[[str], str]] = {
    "schema": _avro,
    "datasetType": str.upper,
    "filterExpression": str.strip,
}
_SETS = {"tags": "tagKey", "metrics": "metricName"}
"""Lists without an order → the member that identifies an element."""
_DEFAULT_TRAINING = {"schedulingExpression": DEFAULT_SCHEDULE}


def _effect(declared: DeclaredType, path: str, request: Request, record: Record) -> str:
    effect = declared.effect(path)
    if path == "solutionVersionArn" and declared.name == "Campaign":
        effect = _effect_on_campaign(request[path], record)
    if path == "schemaArn" and record.body.get("datasetType") not in UPDATABLE:
        effect = REFUSED
    if path == "datasetType":
        effect = REPLACE  # the new one has another place, so both can exist
    same_name = request.get(declared.name_member) == record.body.get(declared.name_member)
    if effect == REPLACE and same_name and declared.only_one is None:
        return REFUSED
    return effect


def _effect_on_campaign(arn: str, record: Record) -> str:
    """What another `solutionVersionArn` does to a campaign. `arn` may be of a resource that is planned."""
    if target_of(record.body) is not None:  # an alias moves to any campaign, and never becomes anything else
        return REPLACE if arn.endswith(LATEST) or segment_of(arn) == "solution" else IN_PLACE
    solution = arn.removesuffix(LATEST) if arn.endswith(LATEST) else arn.rpartition("/")[0]
    return IN_PLACE if solution == record.parent else REPLACE


def refusal(declared: DeclaredType, found: list[Difference]) -> str | None:
    """Why a change is not possible, with the remedy; None if it is."""
    refused = [one.path for one in found if one.effect == REFUSED]
    if not refused:
        return None
    what = ", ".join(refused)
    if declared.only_one is not None:
        return (
            f"A change of {what} needs a new {declared.name}, which cannot exist beside {declared.only_one}. "
            f"Remove the {declared.name} in one deployment and declare it again in the next, or declare a "
            "new DatasetGroup."
        )
    return (
        f"A change of {what} needs a new {declared.name}, and the old one has the same "
        f"{declared.name_member}. Declare another {declared.name_member}, or none, so that one is generated."
    )
