"""Tests of Avro JSON that becomes a schema."""

import json

import avro.schema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.errors import InvalidInput
from tastemaker.schemas import NAMESPACE, Field, check_type, parse
from tests.standard_schemas import FIELDS, ITEM_ID, USER_ID, field, record

EVENTS = FIELDS["Interactions"][:3]
ITEMS = FIELDS["Items"][:2]


def text(name="Interactions", fields=EVENTS, **members):
    return json.dumps(record(name, list(fields), **members))


def test_fields_have_the_types_and_nulls_of_the_document():
    more = [field("EVENT_VALUE", ["float", "null"]), field("DEVICE", ["string"])]
    schema = parse(text(fields=[*EVENTS, *more]))
    assert schema.dataset_type == "INTERACTIONS"
    assert schema.field("EVENT_VALUE") == Field("EVENT_VALUE", "float", nullable=True)
    assert schema.field("DEVICE") == Field("DEVICE", "string")


def test_fields_have_the_attributes_of_the_document():
    more = [field("PLOT", ["null", "string"], textual=True), field("TITLE", itemName=True)]
    fields = {one.name: one for one in parse(text("Items", [*ITEMS, *more])).fields}
    assert fields["GENRES"].categorical
    assert fields["PLOT"].textual
    assert fields["TITLE"].item_name


def test_categorical_number_is_a_number():
    """Public schemas mark numbers as categorical, and forum answers by AWS call the mark superfluous."""
    schema = parse(text(fields=[*EVENTS, field("LENGTH", ["float", "null"], categorical=True)]))
    assert schema.field("LENGTH") == Field("LENGTH", "float", nullable=True)


@pytest.mark.parametrize(
    ("avro_text", "reason"),
    [
        ("{", "not JSON"),
        ("[]", '"type": "record"'),
        (text(name="a b"), '"name"'),
        (text(namespace="org.example"), NAMESPACE),
        (text(fields=[]), '"fields"'),
        (text(fields=[*EVENTS, "DEVICE"]), "field 4"),
        (text(fields=[*EVENTS, field("DE VICE")]), "DE VICE"),
        (text(fields=[*EVENTS, field("TAGS", {"type": "array", "items": "string"})]), "TAGS"),
        (text(fields=[*EVENTS, field("A", ["string", "int"])]), "exactly one type"),
        (text(fields=[*EVENTS, field("A", "null")]), "exactly one type"),
        (text(fields=[*EVENTS, field("A", "bytes")]), "A has the type"),
        (text("Items", [*ITEMS, field("A", "int", textual=True)]), "Only a string"),
        (text(fields=[*EVENTS, field("A", categorical="yes")]), "true or false"),
        (text("Items", [*ITEMS, field("P", textual=True, categorical=True)]), "categorical and textual"),
    ],
)
def test_invalid_document_is_refused_with_a_reason(avro_text, reason):
    with pytest.raises(InvalidInput) as caught:
        parse(avro_text)
    assert reason in caught.value.message


@pytest.mark.parametrize("version", ["1.1", 1])
def test_any_version_of_the_writer_is_accepted(version):
    assert parse(text(version=version)) == parse(text())


@pytest.mark.parametrize(
    ("name", "dataset_type"), [("items", "ITEMS"), ("ITEMS", "ITEMS"), ("users", "USERS")]
)
def test_case_of_the_record_name_does_not_matter(name, dataset_type):
    """Configurations that AWS publishes use both cases."""
    schema = parse(text(name, [ITEM_ID, USER_ID, field("SORT", categorical=True)]))
    assert schema.dataset_type == dataset_type
    check_type(schema, dataset_type)


avro_types = st.sampled_from(["string", "int", "long", "float", "double", "boolean", "null", "bytes"])
any_field = st.fixed_dictionaries(
    {
        "name": st.text("AB_1 ", min_size=1, max_size=3),
        "type": avro_types | st.lists(avro_types, max_size=3),
    },
    optional={"categorical": st.booleans()},
)


@given(st.lists(any_field, max_size=4))
def test_every_accepted_schema_is_valid_avro(fields):
    document = text(fields=[*EVENTS, *fields])
    try:
        schema = parse(document)
    except InvalidInput:
        return
    avro.schema.parse(document)
    assert len(schema.fields) == len(EVENTS) + len(fields)
