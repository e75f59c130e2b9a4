"""Events are ordered, and merged parts equal the whole."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data.events import ARRIVAL_COLUMN, Events, group_by_user, merge
from training.errors import BadDataError

TEXT = st.sampled_from(["", "a", "b", "ä", "zz", "𝔸", "a|b"])
ROW = st.tuples(
    st.sampled_from(["u1", "u2", "u3", "ü", "v"]),
    st.sampled_from(["i1", "i2", "i3"]),
    st.integers(0, 4),
    st.none() | st.sampled_from(["buy", "view"]),
    st.none() | st.floats(0, 9),
    st.none() | TEXT,
)
NAMES = ("USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE", "EVENT_VALUE", "DEVICE")
TYPES = (pa.string(), pa.string(), pa.int64(), pa.string(), pa.float64(), pa.string())


def table(rows) -> pa.Table:
    columns = [pa.array([row[i] for row in rows], kind) for i, kind in enumerate(TYPES)]
    return pa.table(columns, NAMES)


def same(one: Events, other: Events) -> bool:
    these, those = one.arrays(), other.arrays()
    return these.keys() == those.keys() and all(
        np.array_equal(these[name], those[name], equal_nan=name == "value") for name in these
    )


@given(st.lists(ROW))
def test_event_order_equals_that_of_a_plain_program(rows) -> None:
    seen, expected = set(), []
    for row in sorted(rows, key=lambda row: (row[0].encode(), row[2])):
        if row[:4] not in seen:
            seen.add(row[:4])
            expected.append(row)
    found = group_by_user(table(rows), ["DEVICE"])
    users = np.repeat(np.arange(len(found.users)), np.diff(found.offsets))
    told = [
        (
            found.users[user],
            found.items[item],
            int(time),
            found.types[event_type] if event_type >= 0 else None,
            None if np.isnan(value) else float(value),
            found.vocabularies[0][cell] if cell >= 0 else None,
        )
        for user, item, time, event_type, value, (cell,) in zip(
            users, found.item, found.time, found.event_type, found.value, found.context, strict=True
        )
    ]
    assert told == expected
    assert found.users.tolist() == sorted({row[0] for row in rows})


@given(st.lists(ROW, min_size=1), st.integers(1, 4), st.randoms(use_true_random=False))
def test_merged_parts_equal_the_whole(rows, parts: int, random) -> None:
    whole = group_by_user(table(rows), ["DEVICE"])
    numbered = list(enumerate(rows))
    random.shuffle(numbered)  # a shuffle between machines keeps no order, but ARRIVED does
    home = {row[0]: random.randrange(parts) for row in rows}
    some = []
    for part in range(parts):
        mine = [(number, row) for number, row in numbered if home[row[0]] == part]
        arrived = pa.array([number for number, _ in mine], pa.int64())
        some.append(
            group_by_user(table([row for _, row in mine]).append_column(ARRIVAL_COLUMN, arrived), ["DEVICE"])
        )
    reopened = [Events.of_arrays(one.arrays()) for one in some]
    assert same(merge([lambda one=one: one for one in reopened]), whole)


def test_mixed_seconds_and_milliseconds_are_refused() -> None:
    rows = [("u", "i", 1_600_000_000, None, None, None), ("u", "i", 1_600_000_000_000, None, None, None)]
    with pytest.raises(BadDataError, match="milliseconds"):
        group_by_user(table(rows), [])
