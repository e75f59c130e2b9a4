import json

import avro.schema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.errors import InvalidInput
from tastemaker.schemas import NAMESPACE, Field, check_type, check_wider, parse


def text(name="Interactions", fields=(), **more):
    document = {
        "type": "record",
        "name": name,
        "namespace": NAMESPACE,
        "version": "1.0",
        "fields": list(fields),
    }
    return json.dumps({**document, **more})


def field(name, kind="string", **more):
    return {"name": name, "type": kind, **more}


EVENTS = [field("USER_ID"), field("ITEM_ID"), field("TIMESTAMP", "long")]
ITEMS = [field("ITEM_ID"), field("GENRES", ["null", "string"], categorical=True)]


def refused(avro_text, domain=None):
    with pytest.raises(InvalidInput) as caught:
        parse(avro_text, domain)
    return caught.value.message


def test_fields_and_their_types():
    schema = parse(
        text(fields=[*EVENTS, field("EVENT_VALUE", ["float", "null"]), field("DEVICE", ["string"])])
    )
    assert schema.dataset_type == "INTERACTIONS"
    assert schema.field("EVENT_VALUE") == Field("EVENT_VALUE", "float", nullable=True)
    assert [one.name for one in schema.metadata] == ["DEVICE"]
    assert schema.field("device") is None


def test_attributes():
    more = [
        field("PLOT", ["null", "string"], textual=True),
        field("TITLE", itemName=True),
        field("SEEN", "boolean"),
    ]
    fields = {one.name: one for one in parse(text("Items", [*ITEMS, *more])).fields}
    assert fields["GENRES"].categorical and fields["GENRES"].filterable
    assert fields["PLOT"].textual and not fields["PLOT"].filterable
    assert fields["TITLE"].item_name
    assert not fields["SEEN"].filterable


@pytest.mark.parametrize(
    ("avro_text", "say"),
    [
        ("{", "not JSON"),
        ("[]", '"type": "record"'),
        (text(fields=EVENTS, name="a b"), '"name"'),
        (text(fields=EVENTS, namespace="org.example"), NAMESPACE),
        (text(fields=[]), '"fields"'),
        (text(fields=[*EVENTS, "DEVICE"]), "field 4"),
        (text(fields=[*EVENTS, field("DE VICE")]), "DE VICE"),
        (text(fields=[*EVENTS, field("TAGS", {"type": "array", "items": "string"})]), "TAGS"),
        (text(fields=[*EVENTS, field("A", ["string", "int"])]), "exactly one type"),
        (text(fields=[*EVENTS, field("A", "null")]), "exactly one type"),
        (text(fields=[*EVENTS, field("A", "bytes")]), "A has the type"),
        (text(fields=[*EVENTS, field("A_B1"), field("AB1")]), "A_B1 and AB1"),
        (text(fields=[*EVENTS, field("A", "int", categorical=True)]), "Only a string"),
        (text(fields=[*EVENTS, field("A", categorical="yes")]), "true or false"),
        (text(fields=EVENTS[:2]), "TIMESTAMP"),
        (
            text(fields=[field("USER_ID", ["null", "string"]), *EVENTS[1:]]),
            "USER_ID must have the type string",
        ),
        (text(fields=[*EVENTS[:2], field("TIMESTAMP", "int")]), "TIMESTAMP must have the type long"),
        (text(fields=[*EVENTS, field("EVENT_VALUE", "string")]), "EVENT_VALUE is a reserved field"),
        (text(fields=[*EVENTS, field("EVENT_TYPE", categorical=True)]), "cannot be marked categorical"),
        (text(fields=[*EVENTS, field("NOTE", textual=True)]), "Only a schema for Items"),
        (text("Items", ITEMS[:1]), "at least one metadata field"),
        (text("Items", [*ITEMS, field("P", textual=True), field("Q", textual=True)]), "Only one field"),
        (text("Items", [*ITEMS, field("P", textual=True, categorical=True)]), "categorical and textual"),
        (text("Users", [field("USER_ID")]), "at least one metadata field"),
        (text("Action_Interactions", EVENTS), "ACTION_ID"),
    ],
)
def test_each_violation_has_its_own_message(avro_text, say):
    assert say in refused(avro_text)


@pytest.mark.parametrize(
    ("domain", "name", "fields", "say"),
    [
        ("ECOMMERCE", "Interactions", EVENTS, "EVENT_TYPE"),
        ("VIDEO_ON_DEMAND", "Interactions", EVENTS, "EVENT_TYPE"),
        ("ECOMMERCE", "Items", [field("ITEM_ID"), field("PRICE", "float")], "CATEGORY_L1"),
        (
            "ECOMMERCE",
            "Items",
            [field("ITEM_ID"), field("PRICE"), field("CATEGORY_L1", categorical=True)],
            "PRICE",
        ),
        (
            "ECOMMERCE",
            "Items",
            [field("ITEM_ID"), field("PRICE", "float"), field("CATEGORY_L1")],
            "categorical",
        ),
        ("VIDEO_ON_DEMAND", "Items", ITEMS, "CREATION_TIMESTAMP"),
        ("ECOMMERCE", "Actions", [field("ACTION_ID"), field("X")], "must be for Interactions"),
    ],
)
def test_domains_require_more(domain, name, fields, say):
    parse(text(name, fields))
    assert say in refused(text(name, fields), domain)


def test_domain_schemas_that_pass():
    parse(text("Items", [*ITEMS, field("CREATION_TIMESTAMP", "long")]), "VIDEO_ON_DEMAND")
    shop = [field("ITEM_ID"), field("PRICE", "float"), field("CATEGORY_L1", ["string"], categorical=True)]
    assert parse(text("Items", shop), "ECOMMERCE").domain == "ECOMMERCE"


@pytest.mark.parametrize("version", ["1.1", 1])
def test_a_schema_may_have_any_version_of_its_writer(version):
    assert parse(text(fields=EVENTS, version=version)) == parse(text(fields=EVENTS))


def test_a_schema_must_fit_its_dataset():
    other = parse(text("Movies", EVENTS))
    assert other.dataset_type is None
    with pytest.raises(InvalidInput, match="'Interactions'"):
        check_type(other, "INTERACTIONS")
    check_type(parse(text(fields=EVENTS)), "INTERACTIONS")


@pytest.mark.parametrize(("name", "kind"), [("items", "ITEMS"), ("ITEMS", "ITEMS"), ("users", "USERS")])
def test_the_case_of_a_records_name_does_not_matter(name, kind):
    """Configurations that AWS publishes write it either way."""
    fields = (field("ITEM_ID"), field("USER_ID"), field("KIND", categorical=True))
    schema = parse(text(name, fields))
    assert schema.dataset_type == kind
    check_type(schema, kind)


def test_a_replacement_must_be_wider():
    old = parse(text("Items", ITEMS))
    check_wider(old, parse(text("Items", [*ITEMS, field("YEAR", ["null", "int"])])))
    with pytest.raises(InvalidInput, match="YEAR must allow null"):
        check_wider(old, parse(text("Items", [*ITEMS, field("YEAR", "int")])))
    with pytest.raises(InvalidInput, match="GENRES"):
        check_wider(old, parse(text("Items", [ITEMS[0], field("GENRES", ["null", "string"])])))


kinds = st.sampled_from(["string", "int", "long", "float", "double", "boolean", "null", "bytes"])
any_field = st.fixed_dictionaries(
    {
        "name": st.text("AB_1 ", min_size=1, max_size=3),
        "type": kinds | st.lists(kinds, max_size=3),
    },
    optional={"categorical": st.booleans()},
)


@given(st.lists(any_field, max_size=4))
def test_whatever_passes_is_valid_avro(fields):
    document = text(fields=[*EVENTS, *fields])
    try:
        schema = parse(document)
    except InvalidInput:
        return
    avro.schema.parse(document)
    assert len(schema.fields) == len(EVENTS) + len(fields)
