import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.columns import BOOLEAN, CATEGORICAL, COLUMN_TYPES, NUMBER, Column, Columns

CELLS = {
    "categorical": st.none() | st.text("ab|é", max_size=6),
    "string": st.none() | st.text("ab|é", max_size=6),
    "number": st.none() | st.floats(allow_nan=False),
    "boolean": st.none() | st.booleans(),
}
COLUMN = st.sampled_from(COLUMN_TYPES).flatmap(
    lambda kind: st.tuples(st.just(kind), st.lists(CELLS[kind], max_size=20))
)


@given(COLUMN)
def test_values_come_back_as_they_went_in(tmp_path_factory, drawn):
    kind, values = drawn
    column = Column.build(kind, values)
    assert [column.value(row) for row in range(len(column))] == values
    folder = tmp_path_factory.mktemp("columns")
    column.save(folder, "X")
    opened = Column.open(folder, "X")
    assert opened.column_type == kind
    assert [opened.value(row) for row in range(len(opened))] == values


def test_only_a_categorical_cell_is_split():
    values = ["drama|war", None, "war"]
    categorical, string = Column.build("categorical", values), Column.build("string", values)
    assert list(categorical.vocabulary) == ["drama", "war"]
    assert categorical.codes.tolist() == [0, 1, 1] and categorical.offsets.tolist() == [0, 2, 2, 3]
    assert list(string.vocabulary) == ["drama|war", "war"]
    assert string.codes.tolist() == [0, 1] and string.offsets.tolist() == [0, 1, 1, 2]
    assert categorical.codes.dtype == np.int32 and categorical.offsets.dtype == np.int64


def test_numbers_and_booleans_mark_nulls():
    numbers = Column.build("number", [1, None, 2.5])
    assert numbers.values[0] == 1 and math.isnan(numbers.values[1]) and numbers.values.dtype == np.float64
    assert Column.build("boolean", [True, None, False]).values.tolist() == [1, -1, 0]
    assert Column.build("number", np.array([3, 4], np.int32)).values.tolist() == [3.0, 4.0]


def test_array_of_another_kind_is_refused_by_name():
    with pytest.raises(TypeError, match="number column has no vocabulary"):
        _ = Column.build("number", [1.0]).vocabulary
    with pytest.raises(ValueError, match="not 'color'"):
        Column.build("color", [])


def test_columns_keep_order_and_round_trip(tmp_path):
    kinds = {"GENRES": "categorical", "TITLE": "string", "PRICE": "number", "ADULT": "boolean"}
    records = [{"GENRES": "a|b", "TITLE": "One", "PRICE": 2.0, "ADULT": False}, {"TITLE": "Two"}]
    columns = Columns.build(kinds, records)
    columns.save(tmp_path / "items")
    opened = Columns.open(tmp_path / "items")
    assert list(opened) == list(kinds) and opened.rows == 2
    assert opened.record(0) == records[0]
    assert opened.record(1) == {"GENRES": None, "TITLE": "Two", "PRICE": None, "ADULT": None}
    assert opened.find("genres") is opened["GENRES"] and opened.find("nothing") is None


def test_no_columns_still_have_rows(tmp_path):
    Columns(rows=7).save(tmp_path)
    assert Columns.open(tmp_path).rows == 7


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="B has 2 rows where 1 are expected"):
        Columns({"A": Column.build("number", [1.0]), "B": Column.build("number", [1.0, 2.0])})


def test_missing_column_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no column X"):
        Column.open(tmp_path, "X")


def test_joined_columns_hold_the_rows_of_both():
    kinds = {"GENRES": CATEGORICAL, "YEAR": NUMBER, "NEW": BOOLEAN}
    first = [{"GENRES": "horror|space", "YEAR": 1979.0, "NEW": True}, {"GENRES": None, "YEAR": None}]
    for genres in ("space", "love|space"):
        second = [{"GENRES": genres, "NEW": False}, {}]
        joined = Columns.build(kinds, first).joined(
            Columns.build({"GENRES": CATEGORICAL, "NEW": BOOLEAN}, second)
        )
        assert [joined.record(row) for row in range(4)] == [
            {name: row.get(name) for name in kinds} for row in first + second
        ]
