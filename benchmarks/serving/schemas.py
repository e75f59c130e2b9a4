"""Schemas of the datasets that benchmarks create, as Avro JSON."""

import json
from typing import Any

from tastemaker.schemas import NAMESPACE

INTERACTION_FIELDS: list[dict[str, Any]] = [
    {"name": "USER_ID", "type": "string"},
    {"name": "ITEM_ID", "type": "string"},
    {"name": "TIMESTAMP", "type": "long"},
    {"name": "EVENT_TYPE", "type": "string"},
]


def avro(dataset_type: str, fields: list[dict[str, Any]]) -> str:
    """Return a schema with these fields."""
    record = {
        "type": "record",
        "name": dataset_type,
        "namespace": NAMESPACE,
        "version": "1.0",
        "fields": fields,
    }
    return json.dumps(record)


INTERACTIONS = avro("Interactions", INTERACTION_FIELDS)
