"""The documented forms of filters, applied to a small shop."""

import numpy as np
import pytest

from tastemaker.columns import Columns
from tastemaker.filters import FilterContext, check, dump, load, parse
from tests.tastemaker.filters.shop import SCHEMAS, kept

ALL = ["board", "clock", "goban", "mystery", "stone"]

ORDERED = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("order")'
TOUCHED = 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")'
SAVED = 'INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("save")'
TOPICS = "INCLUDE ItemID WHERE Items.TOPIC IN ($TOPICS)"
BANNED = "EXCLUDE ItemID WHERE Items.TOPIC IN ($BANNED)"
CAPPED = "INCLUDE ItemID WHERE Items.PRICE <= $CAP AND Items.STOCK > 0"
FRESH = "INCLUDE ItemID WHERE Items.CREATION_TIMESTAMP > $SINCE"
GARDEN = 'EXCLUDE ItemID WHERE Items.BRAND IN ("oak") AND Items.TOPIC NOT IN ("history")'
MINUS = (
    "INCLUDE ItemID WHERE Items.TOPIC IN ($T) | "
    'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("order","hide")'
)
UNION = (
    'INCLUDE ItemID WHERE Items.TOPIC IN ("go") | INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("save")'
)
MINORS = 'EXCLUDE ItemID WHERE Items.RATING IN ("18") IF CurrentUser.AGE < 18'
MEMBERS = (
    'INCLUDE ItemID WHERE Items.BRAND IN ("elm") IF CurrentUser.PLAN = $PLAN AND CurrentUser.TENURE >= 2'
)
CHEAPER = "INCLUDE ItemID WHERE Items.PRICE < CurrentItem.PRICE AND Items.TOPIC IN CurrentItem.TOPIC"


@pytest.mark.parametrize(
    ("expression", "changes", "expected"),
    [
        (ORDERED, {}, ["clock", "goban", "mystery", "stone"]),
        (TOUCHED, {}, ["stone"]),
        (TOUCHED.replace('"*"', "*"), {}, ["stone"]),
        (TOUCHED, {"events": {}}, ALL),
        (SAVED, {}, ["mystery"]),
        (SAVED, {"events": {}}, []),
        (TOPICS, {"values": {"TOPICS": '"chess","go"'}}, ["board", "clock", "goban", "stone"]),
        (TOPICS, {"values": {"TOPICS": "stone"}}, ["stone"]),
        (BANNED, {}, ALL),
        (BANNED, {"values": {"BANNED": "'chess'"}}, ["goban", "mystery", "stone"]),
        (CAPPED, {"values": {"CAP": "30"}}, ["board", "stone"]),
        (CAPPED, {"values": {"CAP": '"5"'}}, ["stone"]),
        (FRESH, {"values": {"SINCE": "100"}}, ["clock"]),
        (GARDEN, {}, ["board", "goban", "mystery", "stone"]),
        (MINUS, {"values": {"T": '"history","go"'}}, ["goban", "stone"]),
        (UNION, {}, ["goban", "mystery", "stone"]),
        (MINORS, {}, ["clock", "goban", "mystery"]),
        (MINORS, {"user": {"age": 18}}, ALL),
        (MINORS, {"user": {}}, ALL),
        (MEMBERS, {"values": {"PLAN": "plus"}}, ["goban"]),
        (MEMBERS, {"values": {"PLAN": "basic"}}, ALL),
        (CHEAPER, {"current_item": 0}, ["clock"]),
        (CHEAPER, {"current_item": {"price": 6, "topic": "stone"}}, ["stone"]),
        (CHEAPER, {"current_item": None}, []),
    ],
)
def test_documented_example_keeps_the_expected_items(expression, changes, expected):
    assert kept(expression, **changes) == expected
    check(parse(expression), SCHEMAS)
    assert load(dump(parse(expression))) == parse(expression)


def test_user_filter_reads_properties_and_events():
    users = Columns.build(
        {"COUNTRY": "string"}, [{"COUNTRY": "FR"}, {"COUNTRY": "FR"}, {"COUNTRY": "IT"}, {}]
    )
    segment = parse(
        "INCLUDE UserID WHERE Users.COUNTRY IN ($C) | "
        'EXCLUDE UserID WHERE Interactions.EVENT_TYPE IN ("unsubscribe")'
    )
    check(segment, SCHEMAS, recipe_type="USER_SEGMENTATION")
    context = FilterContext(users, values={"C": "FR"}, events={"unsubscribe": np.array([1])})
    assert segment.mask(context).flags.tolist() == [True, False, False, False]


def test_action_filter_reads_properties_and_events():
    actions = Columns.build({"VALUE": "number"}, [{"VALUE": 9}, {"VALUE": 9}, {"VALUE": 1}, {}])
    worthy = parse(
        "EXCLUDE ActionID WHERE Actions.VALUE < $MIN | "
        'EXCLUDE ActionID WHERE Action_Interactions.EVENT_TYPE IN ("NOT_TAKEN")'
    )
    check(worthy, SCHEMAS, recipe_type="PERSONALIZED_ACTIONS")
    context = FilterContext(actions, values={"MIN": "5"}, events={"Not Taken": np.array([1])})
    assert worthy.mask(context).flags.tolist() == [True, False, False, True]
