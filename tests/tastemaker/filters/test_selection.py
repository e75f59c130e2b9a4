"""Masks, compared with an interpreter that reads one row at a time."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.columns import Columns
from tastemaker.filters import FilterContext, dump, load, parse
from tastemaker.masks import MaskCache
from tests.tastemaker.filters.shop import SHOP, kept

WORDS = st.sampled_from(["a", "b", "A", "é"])
NUMBERS = st.sampled_from([0.0, 1.0, 2.5])
CELLS = {
    "TAGS": st.none() | st.lists(WORDS, min_size=1, max_size=3).map("|".join),
    "WORD": st.none() | WORDS,
    "SIZE": st.none() | NUMBERS,
}
COLUMN_TYPES = {"TAGS": "categorical", "WORD": "string", "SIZE": "number"}
RECORDS = st.lists(st.fixed_dictionaries(CELLS), max_size=8)
COMPARISONS = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}

# A condition is (column, operator, list of words or one number or "CurrentItem").
LISTED = st.tuples(
    st.sampled_from(["TAGS", "WORD"]),
    st.sampled_from(["IN", "NOT IN"]),
    st.lists(WORDS, min_size=1, max_size=2),
)
COMPARED = st.tuples(st.just("SIZE"), st.sampled_from(list(COMPARISONS)), NUMBERS | st.just("CurrentItem"))
RELATED = st.tuples(
    st.sampled_from(["TAGS", "WORD"]), st.sampled_from(["IN", "NOT IN"]), st.just("CurrentItem")
)
EVENTS = st.tuples(
    st.just("EVENT_TYPE"),
    st.sampled_from(["IN", "NOT IN"]),
    st.lists(st.sampled_from(["view", "BUY", "*"]), min_size=1, max_size=2),
)
USER = st.tuples(st.just("AGE"), st.sampled_from(list(COMPARISONS)), NUMBERS) | st.tuples(
    st.just("PLAN"), st.sampled_from(["IN", "NOT IN"]), st.lists(WORDS, min_size=1, max_size=2)
)


def alternatives(conditions):
    return st.lists(st.lists(conditions, min_size=1, max_size=2), min_size=1, max_size=2)


EXPRESSION = st.tuples(
    st.sampled_from(["INCLUDE", "EXCLUDE"]),
    alternatives(LISTED | COMPARED | RELATED) | alternatives(EVENTS),
    st.lists(USER, max_size=2),
)


def written(condition, dataset):
    """A condition as text."""
    column, operator, operand = condition
    if isinstance(operand, list):
        values = '"' + '","'.join(operand) + '"'
        return f"{dataset}.{column} {operator} ({values})"
    return f"{dataset}.{column} {operator} {f'CurrentItem.{column}' if operand == 'CurrentItem' else operand}"


def spelled(expression):
    action, where, only_if = expression
    dataset = "Interactions" if where[0][0][0] == "EVENT_TYPE" else "Items"
    text = " OR ".join(" AND ".join(written(each, dataset) for each in those) for those in where)
    condition = " AND ".join(written(each, "CurrentUser") for each in only_if)
    return f"{action} ItemID WHERE {text}" + (f" IF {condition}" if condition else "")


def holds(condition, cell, current):
    """One condition on one row; `cell` is None, a number, or the set of the row's values."""
    column, operator, operand = condition
    if operand == "CurrentItem":
        operand = current[column]
    if operator in ("IN", "NOT IN"):
        listed = [] if operand is None else operand
        found = any("*" in listed or value in listed for value in cell or ())
        return found == (operator == "IN")
    return cell is not None and operand is not None and COMPARISONS[operator](cell, operand)


def values_of(record):
    parts = {
        "TAGS": record["TAGS"] and record["TAGS"].split("|"),
        "WORD": record["WORD"] and [record["WORD"]],
    }
    return {**parts, "SIZE": record["SIZE"]}


def interpreted(expressions, records, events, user, current):
    """The meaning of a filter, row by row."""
    current = values_of(current) if current else dict.fromkeys(COLUMN_TYPES)
    answer = []
    for row, record in enumerate(records):
        cells = values_of(record)
        included, excluded, any_include = False, False, False
        for action, where, only_if in expressions:
            if not all(holds(each, user[each[0]], {}) for each in only_if):
                continue
            done = {kind for kind, rows in events.items() if row in rows}
            matches = any(
                all(
                    holds((column, operator, [word.lower() for word in operand]), done, {})
                    if column == "EVENT_TYPE"
                    else holds((column, operator, operand), cells[column], current)
                    for column, operator, operand in those
                )
                for those in where
            )
            any_include |= action == "INCLUDE"
            included |= matches and action == "INCLUDE"
            excluded |= matches and action == "EXCLUDE"
        answer.append((included or not any_include) and not excluded)
    return answer


@given(st.data())
def test_mask_equals_the_row_by_row_interpreter(data):
    records = data.draw(RECORDS)
    rows = st.lists(st.integers(0, max(0, len(records) - 1)), max_size=4) if records else st.just([])
    events = {"view": data.draw(rows), "buy": data.draw(rows)}
    age, plan = data.draw(st.none() | NUMBERS), data.draw(st.none() | WORDS)
    current = data.draw(st.none() | st.integers(0, len(records) - 1)) if records else None
    expressions = data.draw(st.lists(EXPRESSION, min_size=1, max_size=3))
    filter = parse(" | ".join(map(spelled, expressions)))
    context = FilterContext(
        Columns.build(COLUMN_TYPES, records),
        events={kind: np.array([*some, -1]) for kind, some in events.items()},
        user={"AGE": age, "PLAN": plan},
        current_item=current,
        cache=MaskCache(),
    )
    user = {"AGE": age, "PLAN": None if plan is None else [plan]}
    expected = interpreted(expressions, records, events, user, None if current is None else records[current])
    assert filter.mask(context).flags.tolist() == expected
    assert filter.mask(context).flags.tolist() == expected, "from the cache"
    assert load(dump(filter)).mask(replace(context, cache=None)).flags.tolist() == expected


CAPPED = parse(
    'EXCLUDE ItemID WHERE Items.PRICE > $CAP | EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("order")'
)


def test_cache_is_shared_by_users_but_not_by_values_or_columns():
    cache = MaskCache()
    context = replace(SHOP, cache=cache, values={"CAP": "25"})
    assert CAPPED.mask(context).flags.tolist() == [False, True, False, True, True]
    misses = cache.misses
    assert CAPPED.mask(replace(context, events={"order": np.array([4])})).flags.tolist() == [
        False,
        True,
        False,
        True,
        False,
    ]
    assert (cache.misses, cache.hits) == (misses, 1)
    CAPPED.mask(replace(context, values={"CAP": "30"}))
    assert cache.misses > misses
    cheaper = Columns.build({"PRICE": "number"}, [{"PRICE": 1}] * 5)
    assert CAPPED.mask(replace(context, items=cheaper, events={})).flags.all()


def test_cache_ignores_the_order_of_values():
    cache = MaskCache()
    filter = parse("INCLUDE ItemID WHERE Items.TOPIC IN ($T)")
    first = filter.mask(replace(SHOP, cache=cache, values={"T": '"go","chess"'}))
    assert filter.mask(replace(SHOP, cache=cache, values={"T": '"chess","go","go"'})).shared is first.shared


def test_events_of_users_change_rows_of_a_mask_that_all_users_share():
    cache = MaskCache()
    masks = [
        CAPPED.mask(replace(SHOP, cache=cache, values={"CAP": "25"}, events={"order": np.array(rows)}))
        for rows in ([4], [1, 3, 3], [])
    ]
    assert [mask.changed.tolist() for mask in masks] == [[4], [1, 3], []]
    assert masks[0].shared is masks[1].shared is masks[2].shared
    assert len(cache) == 1


@pytest.mark.parametrize(
    ("expression", "shared", "changed"),
    [
        ('INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("view")', False, [1, 2]),
        ('INCLUDE ItemID WHERE Interactions.EVENT_TYPE NOT IN ("view")', True, [1, 2]),
        ('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("view", "order")', True, [0, 1, 2]),
        ('EXCLUDE ItemID WHERE Interactions.EVENT_TYPE NOT IN ("*")', False, [0, 1, 2, 3]),
        (
            'INCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")'
            ' AND Interactions.EVENT_TYPE NOT IN ("view")',
            False,
            [0, 3],
        ),
    ],
)
def test_filter_of_events_alone_reads_no_array_of_the_catalog(expression, shared, changed):
    mask = parse(expression).mask(replace(SHOP, cache=MaskCache()))
    assert mask.shared is shared
    assert mask.changed.tolist() == changed


def test_item_id_column_filters_by_ids():
    assert kept(
        "INCLUDE ItemID WHERE Items.ITEM_ID IN ($IDS)", values={"IDS": '"goban","board","nothing"'}
    ) == [
        "board",
        "goban",
    ]


def test_column_newer_than_the_data_is_null_in_every_row():
    assert kept('INCLUDE ItemID WHERE Items.COLOR IN ("red")') == []
    assert kept("INCLUDE ItemID WHERE Items.WEIGHT != 5") == []
    assert len(kept('INCLUDE ItemID WHERE Items.COLOR NOT IN ("red")')) == 5
