"""Avro schemas of datasets: what Personalize accepts, as typed fields.

The service takes a narrow part of Avro: one flat record of primitive types. That part is checked here
directly, and
each violation has a message of its own; tests hold that whatever passes is valid Avro too.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tastemaker import documents
from tastemaker.errors import InvalidInput

NAMESPACE = "com.amazonaws.personalize.schema"
TYPES = ("string", "int", "long", "float", "double", "boolean")
NUMBERS = ("int", "long", "float", "double")
SEPARATOR = "|"
"""What separates the values of one cell: categories that an item has at once, items of an impression."""

RECORD_NAMES = {
    "Interactions": "INTERACTIONS",
    "Items": "ITEMS",
    "Users": "USERS",
    "Actions": "ACTIONS",
    "ActionInteractions": "ACTION_INTERACTIONS",
    "Action_Interactions": "ACTION_INTERACTIONS",
}
"""The Avro record's name, in any case → the dataset's type."""
_TYPES_BY_NAME = {name.lower(): kind for name, kind in RECORD_NAMES.items()}

DATASET_TYPES = ("INTERACTIONS", "ITEMS", "USERS", "ACTIONS", "ACTION_INTERACTIONS")
DOMAIN_DATASET_TYPES = ("INTERACTIONS", "ITEMS", "USERS")

_IDS = {"USER_ID": ("string",), "ITEM_ID": ("string",)}
_REQUIRED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "INTERACTIONS": {**_IDS, "TIMESTAMP": ("long",)},
    "ITEMS": {"ITEM_ID": ("string",)},
    "USERS": {"USER_ID": ("string",)},
    "ACTIONS": {"ACTION_ID": ("string",)},
    "ACTION_INTERACTIONS": {
        "USER_ID": ("string",),
        "ACTION_ID": ("string",),
        "EVENT_TYPE": ("string",),
        "TIMESTAMP": ("long",),
    },
}
_RESERVED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "INTERACTIONS": {
        "EVENT_TYPE": ("string",),
        "EVENT_VALUE": ("float", "double"),
        "IMPRESSION": ("string",),
        "RECOMMENDATION_ID": ("string",),
        "EVENT_ATTRIBUTION_SOURCE": ("string",),
    },
    "ITEMS": {"CREATION_TIMESTAMP": ("long", "float", "double")},
    "USERS": {},
    "ACTIONS": {
        "CREATION_TIMESTAMP": ("long", "float", "double"),
        "VALUE": ("long", "int"),
        "REPEAT_FREQUENCY": ("long", "int"),
        "EXPIRATION_TIMESTAMP": ("long",),
        "ACTION_EXPIRATION_TIMESTAMP": ("long",),
        "TYPE": ("string",),
    },
    "ACTION_INTERACTIONS": {"IMPRESSION": ("string",), "RECOMMENDATION_ID": ("string",)},
}
# A required field of a domain may be one of several names: the guide's default schema for video disagrees
# with its table.
_DOMAIN_REQUIRED: Mapping[tuple[str, str], tuple[tuple[str, ...], ...]] = {
    ("ECOMMERCE", "INTERACTIONS"): (("EVENT_TYPE",),),
    ("ECOMMERCE", "ITEMS"): (("PRICE",), ("CATEGORY_L1",)),
    ("VIDEO_ON_DEMAND", "INTERACTIONS"): (("EVENT_TYPE",),),
    ("VIDEO_ON_DEMAND", "ITEMS"): (("GENRES", "GENRES_L1", "GENRE_L1"), ("CREATION_TIMESTAMP",)),
}
_DOMAIN_NUMBERS: Mapping[str, tuple[str, ...]] = {
    "ECOMMERCE": ("PRICE",),
    "VIDEO_ON_DEMAND": ("PRICE", "DURATION", "AVERAGE_RATING"),
}
_DOMAIN_CATEGORICAL: Mapping[str, tuple[str, ...]] = {
    "ECOMMERCE": ("CATEGORY_L1", "CATEGORY_L2", "CATEGORY_L3", "AGE_GROUP", "GENDER"),
    "VIDEO_ON_DEMAND": ("GENRES", "GENRES_L1", "GENRE_L1", "GENRE_L2", "GENRE_L3", "CONTENT_CLASSIFICATION"),
}
_NEED_METADATA = ("ITEMS", "USERS", "ACTIONS")


@dataclass(frozen=True)
class Field:
    """One column. `type` is one of `TYPES`; a multi-valued categorical is one string with `|`
    between parts."""

    name: str
    type: str
    nullable: bool = False
    categorical: bool = False
    textual: bool = False
    item_name: bool = False

    @property
    def number(self) -> bool:
        return self.type in NUMBERS

    @property
    def filterable(self) -> bool:
        """Whether a filter may name it: not text, not a boolean."""
        return not self.textual and self.type != "boolean"


@dataclass(frozen=True)
class Schema:
    """A parsed schema. `dataset_type` is None when the record's name is not that of a dataset."""

    record_name: str
    dataset_type: str | None
    fields: tuple[Field, ...]
    domain: str | None = None

    def field(self, name: str) -> Field | None:
        """The field of exactly this name, or None."""
        return next((field for field in self.fields if field.name == name), None)

    @property
    def reserved(self) -> frozenset[str]:
        """The names that have a meaning of their own in a dataset of this type."""
        kind = self.dataset_type or ""
        return frozenset(_REQUIRED.get(kind, {})) | frozenset(_RESERVED.get(kind, {}))

    @property
    def metadata(self) -> tuple[Field, ...]:
        """The caller's own columns: everything that is neither required nor reserved."""
        return tuple(field for field in self.fields if field.name not in self.reserved)


def parse(avro: str, domain: str | None = None) -> Schema:
    """The schema in `avro` (JSON text), all rules checked. Raises InvalidInput.

    The required and reserved fields follow from the record's name; a name that no dataset type has passes
    here, and
    `check_type` refuses it when a dataset is made with it.
    """
    document = _document(avro)
    fields = tuple(_field(number, given) for number, given in enumerate(document["fields"], start=1))
    _check_names(fields)
    schema = Schema(document["name"], _TYPES_BY_NAME.get(document["name"].lower()), fields, domain)
    if schema.dataset_type is not None:
        _check_required(schema)
        _check_attributes(schema)
        if domain is not None:
            _check_domain(schema, domain)
    return schema


def check_type(schema: Schema, dataset_type: str) -> None:
    """Refuse a schema whose record's name is not that of `dataset_type`. Raises InvalidInput."""
    if schema.dataset_type != dataset_type:
        wanted = next(name for name, kind in RECORD_NAMES.items() if kind == dataset_type)
        raise InvalidInput(
            f"The schema's record is named {schema.record_name!r}; a dataset of type {dataset_type} needs a "
            "schema "
            f"whose record is named {wanted!r}."
        )


def check_wider(old: Schema, new: Schema) -> None:
    """Refuse `new` as a replacement of `old`: old fields unchanged, new fields nullable. Raises
    InvalidInput."""
    for field in old.fields:
        if new.field(field.name) != field:
            raise InvalidInput(
                f"The new schema changes or drops the field {field.name}; a replacement must keep every "
                "field of the "
                "dataset's schema as it is."
            )
    for field in new.fields:
        if old.field(field.name) is None and not field.nullable:
            raise InvalidInput(
                f'The new field {field.name} must allow null: its type must be a union with "null".'
            )


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
    if not types or any(not isinstance(kind, str) or kind not in (*TYPES, "null") for kind in types):
        raise InvalidInput(
            f"The field {name} has the type {json.dumps(given.get('type'))}; allowed are {', '.join(TYPES)} "
            "and null, "
            "alone or in a union list, without arrays, maps or nesting."
        )
    real = [str(kind) for kind in types if kind != "null"]
    if len(real) != 1 or len(set(types)) != len(types):
        raise InvalidInput(f"The field {name} must have exactly one type, or one type and null, not {types}.")
    flags = {}
    for flag in ("categorical", "textual", "itemName"):
        flags[flag] = given.get(flag, False)
        if not isinstance(flags[flag], bool):
            raise InvalidInput(f'The attribute "{flag}" of the field {name} must be true or false.')
        if flags[flag] and real[0] != "string":
            raise InvalidInput(f'Only a string can be "{flag}"; the field {name} is a {real[0]}.')
    if flags["categorical"] and flags["textual"]:
        raise InvalidInput(f"The field {name} cannot be categorical and textual.")
    return Field(name, real[0], "null" in types, flags["categorical"], flags["textual"], flags["itemName"])


def _is_name(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text) is not None


def _check_names(fields: Iterable[Field]) -> None:
    seen: dict[str, str] = {}
    for field in fields:
        plain = field.name.replace("_", "").lower()
        if plain in seen:
            raise InvalidInput(
                f"The field names {seen[plain]} and {field.name} are the same without their non-alphanumeric "
                "characters; rename one."
            )
        seen[plain] = field.name


def _check_required(schema: Schema) -> None:
    kind = schema.dataset_type or ""
    for name, types in _REQUIRED[kind].items():
        field = schema.field(name)
        if field is None:
            raise InvalidInput(
                f"A schema for {schema.record_name} needs the field {name} of type {types[0]}."
            )
        if field.type not in types or field.nullable:
            raise InvalidInput(f"The field {name} must have the type {types[0]} and cannot be null.")
    for name, types in _RESERVED[kind].items():
        field = schema.field(name)
        if field is not None and field.type not in types:
            raise InvalidInput(
                f"{name} is a reserved field and must have the type {types[0]}, not {field.type}."
            )
    if kind in _NEED_METADATA and len(schema.fields) <= len(_REQUIRED[kind]):
        raise InvalidInput(
            f"A schema for {schema.record_name} needs at least one metadata field beside its id."
        )


def _check_attributes(schema: Schema) -> None:
    for field in schema.fields:
        if field.name in schema.reserved and field.name != "TYPE" and (field.categorical or field.textual):
            raise InvalidInput(
                f"{field.name} is a reserved field and cannot be marked categorical or textual."
            )
    for flag, marked in (
        ("textual", [field.name for field in schema.fields if field.textual]),
        ("itemName", [field.name for field in schema.fields if field.item_name]),
    ):
        if marked and schema.dataset_type != "ITEMS":
            raise InvalidInput(
                f'Only a schema for Items can have a field with "{flag}", such as {marked[0]}.'
            )
        if len(marked) > 1:
            raise InvalidInput(f'Only one field can have "{flag}"; these have: {", ".join(marked)}.')


def _check_domain(schema: Schema, domain: str) -> None:
    kind = schema.dataset_type or ""
    if kind not in DOMAIN_DATASET_TYPES:
        raise InvalidInput(f"A schema for the domain {domain} must be for Interactions, Items or Users.")
    for names in _DOMAIN_REQUIRED.get((domain, kind), ()):
        if not any(schema.field(name) for name in names):
            raise InvalidInput(
                f"A schema for {schema.record_name} of the domain {domain} needs the field {names[0]}."
            )
    for name in _DOMAIN_NUMBERS[domain]:
        field = schema.field(name)
        if kind == "ITEMS" and field is not None and field.type not in ("float", "double"):
            raise InvalidInput(f"{name} must have the type float in the domain {domain}, not {field.type}.")
    for name in _DOMAIN_CATEGORICAL[domain]:
        field = schema.field(name)
        if kind == "ITEMS" and field is not None and not field.categorical:
            raise InvalidInput(f'{name} must be a string with "categorical": true in the domain {domain}.')
