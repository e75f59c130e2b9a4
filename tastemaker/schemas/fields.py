"""Fields and schemas, and the names and limits that Personalize gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NAMESPACE = "com.amazonaws.personalize.schema"
TYPES = ("string", "int", "long", "float", "double", "boolean")
NUMBERS = ("int", "long", "float", "double")

MAX_CATEGORY_LENGTH = 1000
"""Characters of a categorical value."""

DATASET_TYPES = ("INTERACTIONS", "ITEMS", "USERS", "ACTIONS", "ACTION_INTERACTIONS")
DOMAIN_DATASET_TYPES = ("INTERACTIONS", "ITEMS", "USERS")

RECORD_NAMES = {
    "Interactions": "INTERACTIONS",
    "Items": "ITEMS",
    "Users": "USERS",
    "Actions": "ACTIONS",
    "ActionInteractions": "ACTION_INTERACTIONS",
    "Action_Interactions": "ACTION_INTERACTIONS",
}
"""Name of the Avro record, in any case → dataset type."""

Types = tuple[str, ...]
"""The Avro types that a field may have."""

_IDS: Mapping[str, Types] = {"USER_ID": ("string",), "ITEM_ID": ("string",)}
REQUIRED_FIELDS: Mapping[str, Mapping[str, Types]] = {
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
"""Dataset type → the fields that every schema of this type has, with their types."""

RESERVED_FIELDS: Mapping[str, Mapping[str, Types]] = {
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
"""Dataset type → optional fields that have a meaning of their own, with their types."""


@dataclass(frozen=True)
class Field:
    """One column. `type` is one of `TYPES`.

    A categorical field may have several values at once, in one string with `SEPARATOR` between them.
    """

    name: str
    type: str
    nullable: bool = False
    categorical: bool = False
    textual: bool = False
    item_name: bool = False

    @property
    def number(self) -> bool:
        """Whether the values are numbers."""
        return self.type in NUMBERS

    @property
    def filterable(self) -> bool:
        """Whether a filter may name the field: it is neither textual nor boolean."""
        return not self.textual and self.type != "boolean"


@dataclass(frozen=True)
class Schema:
    """A parsed schema. `dataset_type` is None if the name of the record is not that of a dataset."""

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
        dataset_type = self.dataset_type or ""
        required = REQUIRED_FIELDS.get(dataset_type, {})
        return frozenset(required) | frozenset(RESERVED_FIELDS.get(dataset_type, {}))

    @property
    def metadata(self) -> tuple[Field, ...]:
        """The caller's own columns: all that are neither required nor reserved."""
        return tuple(field for field in self.fields if field.name not in self.reserved)
