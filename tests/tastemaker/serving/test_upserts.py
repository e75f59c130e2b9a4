"""Upserted items beside a bundle: their columns, and how a filter judges them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.columns import Columns
from tastemaker.filters import FilterContext, parse
from tastemaker.ids import Ids
from tastemaker.serving.upserts import UpsertedItems

ITEMS = Ids.build(["alien", "brazil", "casablanca"])
COLUMNS = Columns.build(
    {"GENRES": "categorical", "YEAR": "number", "COLOR": "boolean"},
    [
        {"GENRES": "horror|space", "YEAR": 1979.0, "COLOR": True},
        {"GENRES": "comedy", "YEAR": 1985.0, "COLOR": True},
        {"GENRES": "love", "YEAR": 1942.0, "COLOR": False},
    ],
)
SPACE = parse('INCLUDE ItemID WHERE Items.GENRES IN ("space")')


def upserted(**records: dict) -> UpsertedItems:
    return UpsertedItems(records, ITEMS, COLUMNS, dict.fromkeys(records, 1.0))


def context(**more) -> FilterContext:
    return FilterContext(COLUMNS, ids=ITEMS, **more)


def test_positions_are_minus_one_for_new_items() -> None:
    items = upserted(dune={"GENRES": "space"}, alien={"GENRES": "horror"})
    assert items.ids.tolist() == ["alien", "dune"]
    assert items.positions.tolist() == [0, -1]
    assert items.get("dune") == {"GENRES": "space"} and items.get("brazil") is None


def test_columns_keep_the_types_of_the_bundle_and_add_new_properties() -> None:
    items = upserted(
        alien={"GENRES": "horror", "YEAR": 1979, "COLOR": None},
        dune={"AWARD": "oscar", "RATING": 4, "SEQUEL": True, "UNUSED": None},
    )
    columns = items.upserted_columns
    assert {name: column.column_type for name, column in columns.items()} == {
        "GENRES": "categorical",
        "YEAR": "number",
        "COLOR": "boolean",
        "AWARD": "categorical",
        "RATING": "number",
        "SEQUEL": "boolean",
    }
    assert columns.record(0)["YEAR"] == 1979.0 and columns.record(0)["AWARD"] is None
    assert columns.record(1)["RATING"] == 4.0 and columns.record(1)["GENRES"] is None
    assert items.has_column("award") and not items.has_column("UNUSED") and not items.has_column("TITLE")


def test_value_of_another_type_than_the_column_is_null() -> None:
    record = upserted(alien={"YEAR": "unknown", "COLOR": "yes", "GENRES": 7}).upserted_columns.record(0)
    assert record["YEAR"] is None and record["COLOR"] is None and record["GENRES"] == "7"


def test_update_mask_judges_only_upserted_items_again() -> None:
    items = upserted(
        alien={"GENRES": "horror"}, casablanca={"GENRES": "love|space"}, dune={"GENRES": "space"}
    )
    mask = SPACE.mask(context())
    assert mask.flags.tolist() == [True, False, False]
    assert items.update_mask(SPACE, context(), mask).flags.tolist() == [False, False, True]
    assert mask.flags.tolist() == [True, False, False], "the mask of the bundle is unchanged"


def test_allowed_includes_new_items() -> None:
    items = upserted(alien={"GENRES": "horror"}, dune={"GENRES": "space"})
    assert items.allowed(SPACE, context()).tolist() == [False, True]


def test_events_on_items_of_the_bundle_are_seen_for_their_upserts() -> None:
    unseen = parse('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("view")')
    items = upserted(alien={"GENRES": "horror"}, casablanca={}, dune={})
    events = {"view": np.array([0, 1, -1], np.int32)}
    assert items.allowed(unseen, context(events=events)).tolist() == [False, True, True]


def test_filter_values_user_and_current_item_reach_the_filter() -> None:
    older = parse("INCLUDE ItemID WHERE Items.YEAR < CurrentItem.YEAR AND Items.YEAR > $SINCE")
    items = upserted(alien={"YEAR": 1950}, brazil={"YEAR": 1990})
    given = context(values={"SINCE": "1940"}, current_item={"YEAR": 1985.0})
    assert items.allowed(older, given).tolist() == [True, False]
    kids = parse("EXCLUDE ItemID WHERE Items.YEAR > 0 IF CurrentUser.AGE < 18")
    assert items.allowed(kids, context(user={"AGE": 9.0})).tolist() == [False, False]
    assert items.allowed(kids, context(user={"AGE": 30.0})).tolist() == [True, True]


def test_ids_of_upserted_items_can_be_filtered() -> None:
    named = parse('INCLUDE ItemID WHERE Items.ITEM_ID IN ("dune")')
    assert upserted(alien={}, dune={}).allowed(named, context()).tolist() == [False, True]


GENRES = st.sampled_from(["space", "love", "horror", None])


@given(
    st.dictionaries(st.sampled_from(["alien", "brazil", "casablanca", "dune", "emma"]), GENRES, min_size=1)
)
def test_update_mask_equals_a_bundle_that_was_written_with_the_upserts(genres: dict[str, str | None]) -> None:
    records = {item: {"GENRES": genre} for item, genre in genres.items()}
    rewritten = Columns.build(
        {"GENRES": "categorical"},
        [
            {"GENRES": genres.get(item, COLUMNS.record(row)["GENRES"])}
            for row, item in enumerate(ITEMS.tolist())
        ],
    )
    mask = UpsertedItems(records, ITEMS, COLUMNS, {}).update_mask(SPACE, context(), SPACE.mask(context()))
    assert mask.flags.tolist() == SPACE.mask(FilterContext(rewritten, ids=ITEMS)).flags.tolist()


@pytest.mark.parametrize("value", [True, 1, 2.5, "text"])
def test_type_of_a_new_property_follows_its_value(value: object) -> None:
    column = upserted(dune={"NEW": value}).upserted_columns["NEW"]
    assert column.value(0) == value
