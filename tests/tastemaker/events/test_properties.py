"""Tests of the properties of events and records."""

from typing import Any

import pytest

from tastemaker.errors import InvalidInput
from tastemaker.events.properties import by_plain_name, parse_properties, typed_values
from tastemaker.schemas import Field

NOW = 1_700_000_000.0


def read(field: Field, given: Any, name: str = "size") -> Any:
    return typed_values({name: given}, by_plain_name([field]), "of event 1", skip=(), now=NOW)


@pytest.mark.parametrize(
    ("field", "given", "stored"),
    [
        (Field("SIZE", "long"), "12", 12),
        (Field("SIZE", "int"), 12.0, 12),
        (Field("SIZE", "float"), "1.5", 1.5),
        (Field("SIZE", "double"), 3, 3.0),
        (Field("SIZE", "string"), 7, "7"),
        (Field("SIZE", "string", categorical=True), ["a", None, "b"], "a|b"),
        (Field("SIZE", "boolean"), "true", True),
        (Field("SIZE", "boolean"), False, False),
    ],
)
@pytest.mark.parametrize("name", ["size", "SIZE", "Si_ze"])
def test_property_gets_the_type_of_its_field(field: Field, given: Any, stored: Any, name: str) -> None:
    assert read(field, given, name) == {"SIZE": stored}


@pytest.mark.parametrize(
    ("field", "given", "reason"),
    [
        (Field("SIZE", "long"), None, "null"),
        (Field("SIZE", "long"), 1.5, "whole number"),
        (Field("SIZE", "float"), "cheap", "number"),
        (Field("SIZE", "float"), "1e999", "number"),
        (Field("SIZE", "boolean"), 1, "true or false"),
        (
            Field("SIZE", "string", categorical=True),
            "x" * 1001,
            "length cannot be more than 1000 characters for SIZE, and this value has 1,001",
        ),
        (
            Field("SIZE", "string", categorical=True),
            "|".join(["red"] * 300),
            "has 1,199: its 300 categories count together",
        ),
    ],
)
def test_value_that_does_not_fit_its_field_is_refused(field: Field, given: Any, reason: str) -> None:
    with pytest.raises(InvalidInput, match=f"size in the properties of event 1.*{reason}"):
        read(field, given)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("{", "not valid JSON"), ("[1]", "JSON object"), ('{"a": 1' + "0" * 5000 + "}", "not valid JSON")],
)
def test_properties_that_are_not_a_json_object_are_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        parse_properties(text, "of event 1")


def test_two_spellings_of_one_field_are_refused() -> None:
    fields = by_plain_name([Field("NUM_RATINGS", "long")])
    with pytest.raises(InvalidInput, match="numRatings and NUM_RATINGS in the properties of i are both NUM_"):
        typed_values({"numRatings": 1, "NUM_RATINGS": 2}, fields, "of i", skip=(), now=NOW)
    assert typed_values({"a_b": 1, "A_B": 2, "numRatings": 1}, fields, "of i", skip=(), now=NOW) == {
        "NUM_RATINGS": 1
    }
