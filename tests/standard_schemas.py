"""The schemas that tests repeat: fields by the name of the Avro record, and Avro documents made of them."""

import json
from typing import Any

from tastemaker.schemas import NAMESPACE, Field

FieldJson = dict[str, Any]


def field(name: str, avro_type: str | list[str] = "string", **attributes: Any) -> FieldJson:
    """One field of an Avro record."""
    return {"name": name, "type": avro_type, **attributes}


USER_ID, ITEM_ID, ACTION_ID = field("USER_ID"), field("ITEM_ID"), field("ACTION_ID")
TIMESTAMP, EVENT_TYPE = field("TIMESTAMP", "long"), field("EVENT_TYPE")

FIELDS: dict[str, list[FieldJson]] = {
    "Interactions": [USER_ID, ITEM_ID, TIMESTAMP, EVENT_TYPE, field("EVENT_VALUE", ["null", "float"])],
    "Items": [
        ITEM_ID,
        field("GENRES", ["null", "string"], categorical=True),
        field("PRICE", "float"),
        field("SEEN", "boolean"),
    ],
    "Users": [USER_ID, field("AGE", ["null", "int"])],
    "Actions": [ACTION_ID, field("COST", "float")],
    "Action_Interactions": [USER_ID, ACTION_ID, EVENT_TYPE, TIMESTAMP],
}
"""A small schema of each dataset type."""


def record(name: str, fields: list[FieldJson], **members: Any) -> dict[str, Any]:
    """An Avro record as an object. `members` replace or extend its own."""
    return {
        "type": "record",
        "name": name,
        "namespace": NAMESPACE,
        "version": "1.0",
        "fields": fields,
        **members,
    }


def avro(name: str = "Interactions", *more: FieldJson, fields: list[FieldJson] | None = None) -> str:
    """The Avro JSON of a standard schema with `more` fields, or of `fields`."""
    return json.dumps(record(name, [*(FIELDS[name] if fields is None else fields), *more]))


EVENTS = [Field("USER_ID", "string"), Field("ITEM_ID", "string"), Field("TIMESTAMP", "long")]
"""The least that a schema of interactions has, as parsed fields."""
