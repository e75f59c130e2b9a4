"""Tests of fields and schemas."""

from tastemaker.schemas import Field, parse
from tests.standard_schemas import avro, field


def test_field_is_found_by_its_exact_name():
    schema = parse(avro())
    assert schema.field("TIMESTAMP") == Field("TIMESTAMP", "long")
    assert schema.field("timestamp") is None


def test_metadata_are_the_fields_that_are_neither_required_nor_reserved():
    schema = parse(avro("Interactions", field("DEVICE")))
    assert [one.name for one in schema.metadata] == ["DEVICE"]


def test_filters_cannot_name_textual_and_boolean_fields():
    fields = parse(avro("Items", field("PLOT", ["null", "string"], textual=True))).fields
    assert [one.name for one in fields if not one.filterable] == ["SEEN", "PLOT"]
