"""Tests of what Personalize demands of the fields of a schema."""

import pytest

from tastemaker.errors import InvalidInput
from tastemaker.schemas import check_type, check_wider, parse
from tests.standard_schemas import ACTION_ID, FIELDS, ITEM_ID, USER_ID, avro, field

EVENTS = FIELDS["Interactions"][:3]
ITEMS = FIELDS["Items"][:2]


def refused(avro_text, domain=None):
    with pytest.raises(InvalidInput) as caught:
        parse(avro_text, domain)
    return caught.value.message


@pytest.mark.parametrize(
    ("name", "fields", "reason"),
    [
        ("Interactions", [*EVENTS, field("A_B1"), field("AB1")], "A_B1 and AB1"),
        ("Interactions", EVENTS[:2], "TIMESTAMP"),
        (
            "Interactions",
            [field("USER_ID", ["null", "string"]), *EVENTS[1:]],
            "USER_ID must have the type string",
        ),
        ("Interactions", [*EVENTS[:2], field("TIMESTAMP", "int")], "TIMESTAMP must have the type long"),
        ("Interactions", [*EVENTS, field("EVENT_VALUE", "string")], "EVENT_VALUE is a reserved field"),
        (
            "Interactions",
            [*EVENTS, field("EVENT_TYPE", categorical=True)],
            "cannot be marked categorical",
        ),
        ("Interactions", [*EVENTS, field("NOTE", textual=True)], "Only a schema for Items"),
        ("Items", ITEMS[:1], "at least one metadata field"),
        ("Items", [*ITEMS, field("P", textual=True), field("Q", textual=True)], "Only one field"),
        ("Users", [USER_ID], "at least one metadata field"),
        ("Action_Interactions", EVENTS, "ACTION_ID"),
    ],
)
def test_fields_that_break_a_rule_are_refused_with_a_reason(name, fields, reason):
    assert reason in refused(avro(name, fields=fields))


PRICE = field("PRICE", "float")


@pytest.mark.parametrize(
    ("domain", "name", "fields", "reason"),
    [
        ("ECOMMERCE", "Interactions", EVENTS, "EVENT_TYPE"),
        ("VIDEO_ON_DEMAND", "Interactions", EVENTS, "EVENT_TYPE"),
        ("ECOMMERCE", "Items", [ITEM_ID, PRICE], "CATEGORY_L1"),
        ("ECOMMERCE", "Items", [ITEM_ID, field("PRICE"), field("CATEGORY_L1", categorical=True)], "PRICE"),
        ("ECOMMERCE", "Items", [ITEM_ID, PRICE, field("CATEGORY_L1")], "categorical"),
        ("VIDEO_ON_DEMAND", "Items", ITEMS, "CREATION_TIMESTAMP"),
        ("ECOMMERCE", "Actions", [ACTION_ID, field("X")], "must be for Interactions"),
    ],
)
def test_domain_requires_more_fields(domain, name, fields, reason):
    parse(avro(name, fields=fields))
    assert reason in refused(avro(name, fields=fields), domain)


def test_schema_with_the_fields_of_its_domain_is_accepted():
    films = avro("Items", fields=[*ITEMS, field("CREATION_TIMESTAMP", "long")])
    assert parse(films, "VIDEO_ON_DEMAND").domain == "VIDEO_ON_DEMAND"
    shop = avro("Items", fields=[ITEM_ID, PRICE, field("CATEGORY_L1", ["string"], categorical=True)])
    assert parse(shop, "ECOMMERCE").domain == "ECOMMERCE"


def test_record_name_must_be_that_of_the_dataset_type():
    other = parse(avro("Movies", fields=EVENTS))
    assert other.dataset_type is None
    with pytest.raises(InvalidInput, match="'Interactions'"):
        check_type(other, "INTERACTIONS")
    check_type(parse(avro()), "INTERACTIONS")


def test_replacement_keeps_all_fields_and_adds_only_nullable_ones():
    old = parse(avro("Items", fields=ITEMS))
    check_wider(old, parse(avro("Items", fields=[*ITEMS, field("YEAR", ["null", "int"])])))
    with pytest.raises(InvalidInput, match="YEAR must allow null"):
        check_wider(old, parse(avro("Items", fields=[*ITEMS, field("YEAR", "int")])))
    with pytest.raises(InvalidInput, match="GENRES"):
        check_wider(old, parse(avro("Items", fields=[ITEM_ID, field("GENRES", ["null", "string"])])))
