"""Tests of the notation of field names."""

from tastemaker.notation import camel


def test_camel_writes_a_field_name_as_requests_do() -> None:
    assert (camel("NUM_RATINGS"), camel("ITEM_ID"), camel("DEVICE")) == ("numRatings", "itemId", "device")
