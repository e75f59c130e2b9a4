"""Tests of the records that PutItems, PutUsers and PutActions send."""

from typing import Any

import pytest

from tastemaker.errors import InvalidInput
from tastemaker.events.upserts import catalog_records
from tastemaker.schemas import Schema, parse
from tests.standard_schemas import ITEM_ID, USER_ID, avro, field

NOW = 1_700_000_000.0
ITEMS = parse(
    avro(
        "Items",
        fields=[
            ITEM_ID,
            field("GENRES", ["null", "string"], categorical=True),
            field("CREATION_TIMESTAMP", "long"),
            field("ADULT", ["null", "boolean"]),
            field("STOCK", ["null", "long"]),
        ],
    )
)
USERS = parse(avro("Users", fields=[USER_ID, field("AGE", "int"), field("SCORE", ["null", "float"])]))
ACTIONS = parse(avro("Actions", fields=[field("ACTION_ID"), field("EXPIRATION_TIMESTAMP", ["null", "long"])]))


def put(properties: str, schema: Schema = ITEMS, id_member: str = "itemId", name: str = "1") -> Any:
    return catalog_records([{id_member: name, "properties": properties}], id_member, schema, now=NOW)


def test_properties_get_the_types_of_the_schema() -> None:
    given = '{"genres": ["a", "b"], "creationTimestamp": "1600000000", "adult": "false"}'
    stored = {"GENRES": "a|b", "CREATION_TIMESTAMP": 1_600_000_000, "ADULT": False}
    assert put(given) == [("1", stored)]


def test_missing_property_that_the_schema_requires_is_refused() -> None:
    with pytest.raises(InvalidInput, match="properties of 2 lack creationTimestamp"):
        catalog_records([{"itemId": "2"}], "itemId", ITEMS, now=NOW)


def test_long_keeps_all_its_digits() -> None:
    ((_, stored),) = put('{"creationTimestamp": 0, "stock": 9223372036854775807}')
    assert stored["STOCK"] == 9_223_372_036_854_775_807


@pytest.mark.parametrize(
    ("properties", "schema", "id_member", "reason"),
    [
        ('{"creationTimestamp": 0, "stock": 1e30}', ITEMS, "itemId", "stock .* does not fit long"),
        ('{"creationTimestamp": 0, "stock": 1' + "0" * 400 + "}", ITEMS, "itemId", "does not fit long"),
        ('{"age": 1e300}', USERS, "userId", "age .* does not fit int"),
        ('{"age": 3000000000}', USERS, "userId", "declare the field long"),
        ('{"age": 30, "score": 1e39}', USERS, "userId", "score .* does not fit float"),
        ('{"age": 30, "score": 1' + "0" * 400 + "}", USERS, "userId", "does not fit float"),
        ('{"creationTimestamp": 1785864}', ITEMS, "itemId", "creationTimestamp .* 21 January 1970"),
        ('{"creationTimestamp": 1600000000000}', ITEMS, "itemId", "milliseconds"),
        ('{"expirationTimestamp": 1600000000000}', ACTIONS, "actionId", "milliseconds"),
        ('{"creationTimestamp": 0, "genres": [{"a": 1}]}', ITEMS, "itemId", "a list of texts"),
    ],
)
def test_value_that_training_could_not_read_is_refused(
    properties: str, schema: Schema, id_member: str, reason: str
) -> None:
    with pytest.raises(InvalidInput, match=reason):
        put(properties, schema, id_member)


@pytest.mark.parametrize("name", [" 1", "1 ", "\N{GRINNING FACE}" * 253])
def test_id_that_cannot_be_a_key_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match=r"itemId .* is not valid"):
        put('{"creationTimestamp": 0}', name=name)
