"""Avro JSON → a `Schema` that follows all rules.

Each violation has a message of its own. Tests check that every accepted schema is valid Avro too.
"""

import json
import re
from typing import Any

from tastemaker import documents
from tastemaker.errors import InvalidInput
from tastemaker.schemas.fields import NAMESPACE, RECORD_NAMES, TYPES, Field, Schema
from tastemaker.schemas.rules import check_rules

_DATASET_TYPES = {name.lower(): dataset_type for name, dataset_type in RECORD_NAMES.items()}


def parse(avro: str, domain: str | None = None) -> Schema:
    """The schema in `avro`, JSON text. Raises InvalidInput if it breaks a rule.

    The required and reserved fields follow from the name of the record. A name that belongs to no dataset
    type is accepted here; `check_type` refuses it when a dataset is created with the schema.
    """
    document = _document(avro)
    fields = tuple(_field(number, given) for number, given in enumerate(document["fields"], start=1))
    schema = Schema(document["name"], _DATASET_TYPES.get(document["name"].lower()), fields, domain)
    check_rules(schema)
    return schema


def _document(avro: str) -> dict[str, Any]:
    try:
        document = documents.parse(avro)
    except ValueError as error:
        raise InvalidInput(f"Input is not a valid Avro schema: it is not JSON ({error}).") from None
    if not isinstance(document, dict) or document.get("type") != "record":
        raise InvalidInput('Input is not a valid Avro schema: it must be an object with "type": "record".')
    if not isinstance(document.get("name"), str) or not _is_name(document["name"]):
        raise InvalidInput(
            'Input is not a valid Avro schema: the record needs a "name", such as "Interactions".'
        )
    if document.get("namespace") != NAMESPACE:
        raise InvalidInput(
            f'The schema\'s "namespace" must be {NAMESPACE!r}, not {document.get("namespace")!r}.'
        )
    # Any "version": it counts for the schema's writer only. The service took "1.1" and the number 1.
    if not isinstance(document.get("fields"), list) or not document["fields"]:
        raise InvalidInput('Input is not a valid Avro schema: the record needs a list of "fields".')
    return document


def _field(number: int, given: Any) -> Field:
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        raise InvalidInput(
            f'Input is not a valid Avro schema: field {number} must be an object with a "name".'
        )
    name = given["name"]
    if not _is_name(name):
        raise InvalidInput(
            f"Input is not a valid Avro schema: {name!r} is not a name (letters, digits and _ only)."
        )
    types = given["type"] if isinstance(given.get("type"), list) else [given.get("type")]
    if not types or any(not isinstance(one, str) or one not in (*TYPES, "null") for one in types):
        raise InvalidInput(
            f"The field {name} has the type {json.dumps(given.get('type'))}; allowed are {', '.join(TYPES)} "
            "and null, alone or in a union list, without arrays, maps or nesting."
        )
    real = [str(one) for one in types if one != "null"]
    if len(real) != 1 or len(set(types)) != len(types):
        raise InvalidInput(f"The field {name} must have exactly one type, or one type and null, not {types}.")
    flags = {}
    for flag in ("categorical", "textual", "itemName"):
        flags[flag] = given.get(flag, False)
        if not isinstance(flags[flag], bool):
            raise InvalidInput(f'The attribute "{flag}" of the field {name} must be true or false.')
    if real[0] != "string":
        flags["categorical"] = False  # AWS's schemas have it on numbers too, and a number stays a number
        for flag in ("textual", "itemName"):
            if flags[flag]:
                raise InvalidInput(f'Only a string can be "{flag}"; the field {name} is a {real[0]}.')
    if flags["categorical"] and flags["textual"]:
        raise InvalidInput(f"The field {name} cannot be categorical and textual.")
    return Field(name, real[0], "null" in types, flags["categorical"], flags["textual"], flags["itemName"])


def _is_name(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text) is not None
