"""The JSON schema of a file, for editors and other programs, made of the service models.

Every text may contain variables, so numbers and switches also accept `${name}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tastemaker.declaration.file.sections import (
    CAMPAIGN,
    DATASET_TYPES,
    DEFAULTS,
    FILE,
    SECTIONS,
    SYNC,
    Section,
)
from tastemaker.declaration.types import TYPES

NAME = "tastemaker.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]
DEFINITIONS: Schema = {
    "variable": {"type": "string", "pattern": r"^\$\{[\w.-]+\}$"},
    "file": {
        "type": "object",
        "description": "The text of a file beside the declaration.",
        "properties": {FILE: {"type": "string"}},
        "required": [FILE],
        "additionalProperties": False,
    },
    "text": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/file"}]},
    "switch": {"anyOf": [{"type": "boolean"}, {"$ref": "#/$defs/variable"}]},
}
VARIABLE, FILE_REFERENCE, TEXT, SWITCH = (
    {"$ref": f"#/$defs/{name}"} for name in ("variable", "file", "text", "switch")
)


def json_schema() -> Schema:
    """The schema of a declaration in a file."""
    sections = {section.name: _section(section) for section in SECTIONS.values()}
    return {
        "$schema": DIALECT,
        "$id": NAME,
        "title": "Tastemaker declaration",
        "description": "Resources of Personalize that should exist: tastemaker plan, apply, destroy, export.",
        "type": "object",
        "properties": {**_top_level(), **sections},
        "additionalProperties": False,
        "$defs": DEFINITIONS,
    }


def _top_level() -> Schema:
    scalar = {"type": ["string", "number", "boolean"]}
    values = {"type": ["object", "null"], "additionalProperties": scalar}
    tags = _of(TYPES["DatasetGroup"].shape.members["tags"], "tags")
    return {
        "variables": {
            **values,
            "description": "Values for ${name} in this file. An environment, or --var, has precedence.",
        },
        "environments": {
            "type": "object",
            "description": "Name of an environment → its variables. Choose one with --environment.",
            "additionalProperties": values,
        },
        "namePrefix": {
            "type": "string",
            "description": "What names begin with that are not given: the name of a resource is its key.",
        },
        "defaults": {
            "type": "object",
            "description": "Members of every resource that has them and does not give them itself.",
            "properties": dict(zip(DEFAULTS, ({"type": "string"}, tags), strict=True)),
            "additionalProperties": False,
        },
    }


def _section(section: Section) -> Schema:
    properties: Schema = {}
    for member, shape in section.members.items():
        described = _of(shape, member)
        properties[member] = described
        if member in section.short_names.values():
            properties[member] = {"type": "string"}  # an ARN
        for short, name in section.short_names.items():
            if name == member:
                properties[short] = {"type": "string", "description": _short(section, short, member)}
    return {
        "type": ["object", "null"],
        "description": f"Key of your choice → properties of a {section.type.name}.",
        "additionalProperties": {
            "type": ["object", "null"],
            "properties": dict(sorted(properties.items())),
            "additionalProperties": False,
            **_required(section),
        },
    }


def _required(section: Section) -> Schema:
    """What must be given, in any of its spellings."""
    wanted = []
    for member in section.type.shape.required_members:
        if member not in section.optional:
            spellings = [member, *(short for short, name in section.short_names.items() if name == member)]
            wanted.append({"anyOf": [{"required": [name]} for name in spellings]})
    return {"allOf": wanted} if wanted else {}


def _short(section: Section, short: str, member: str) -> str:
    if short == "recipe":
        return "The name of a recipe: aws-user-personalization-v2."
    if short == "solution" and member == "solutionVersionArn":
        follows = f", with {SYNC}" if section.type.name == "Campaign" else ""
        return f"The key or ARN of a solution: its latest version{follows}."
    if short == CAMPAIGN:
        return "The key or ARN of another campaign: this one is an alias, and answers as that one does."
    target = section.type.references[member]
    return f"The key of a declared {target}, or the ARN of an existing one."


def _of(shape: Any, member: str) -> Schema:
    """The schema of a shape of the service model."""
    kind = shape.type_name
    if member == "schema":
        return {"anyOf": [{"type": "object"}, {"type": "string"}, FILE_REFERENCE], "description": "Avro."}
    if member == "datasetType":
        return {"enum": [*DATASET_TYPES, *(one.upper() for one in DATASET_TYPES)]}
    if kind == "structure":
        members: Mapping[str, Any] = shape.members
        content = {
            "type": "object",
            "properties": {name: _of(part, name) for name, part in members.items()},
            "additionalProperties": False,
        }
        return {**content, "required": list(shape.required_members)} if shape.required_members else content
    if kind == "list":
        return {"type": "array", "items": _of(shape.member, ""), **_bounds(shape, "minItems", "maxItems")}
    if kind == "map":
        return {"type": "object", "additionalProperties": _of(shape.value, "")}
    if kind == "boolean":
        return dict(SWITCH)
    if kind in ("integer", "long", "float", "double"):
        number = "integer" if kind in ("integer", "long") else "number"
        return {"anyOf": [{"type": number, **_bounds(shape, "minimum", "maximum")}, VARIABLE]}
    return _text(shape)


def _text(shape: Any) -> Schema:
    enum = shape.metadata.get("enum")
    if enum:
        return {"anyOf": [{"enum": list(enum)}, VARIABLE]}
    return dict(TEXT)


def _bounds(shape: Any, low: str, high: str) -> Schema:
    bounds = {low: shape.metadata.get("min"), high: shape.metadata.get("max")}
    return {name: bound for name, bound in bounds.items() if bound is not None}
