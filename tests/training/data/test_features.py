"""Attributes as codes, as training builds them."""

import numpy as np
import pytest

from tastemaker.columns import CATEGORICAL, NUMBER, Columns
from tastemaker.ids import Ids
from training.data import features
from training.errors import BadDataError

ROWS = [
    {"GENRE": "love|space", "YEAR": 1.0, "SAME": 5.0, "NOTE": "a"},
    {"GENRE": "space", "YEAR": 2.0, "SAME": 5.0, "NOTE": "b"},
    {"GENRE": None, "YEAR": None, "SAME": 5.0, "NOTE": None},
]
TYPES = {"GENRE": "categorical", "YEAR": "number", "SAME": "number", "NOTE": "string"}


def test_constant_string_and_excluded_columns_are_left_out() -> None:
    space, rows = features.build(Columns.build(TYPES, ROWS), ())
    assert [column.name for column in space.columns] == ["GENRE", "YEAR"]
    assert rows.offsets.tolist() == [0, 3, 5, 5]
    space, rows = features.build(Columns.build(TYPES, ROWS), {"GENRE", "YEAR"})
    assert space.columns == () and rows.offsets.tolist() == [0, 0, 0, 0]


def test_values_of_a_cell_share_the_weight_of_the_column() -> None:
    columns = Columns.build({"GENRE": "categorical"}, ROWS)
    space, rows = features.build(columns, ())
    assert rows.weights.tolist() == [0.5, 0.5, 1.0]
    assert [space.columns[0].values[code] for code in rows.codes] == ["love", "space", "space"]


def test_codes_of_training_are_those_of_a_request() -> None:
    space, rows = features.build(Columns.build({"GENRE": "categorical", "YEAR": "number"}, ROWS), ())
    for place, row in enumerate(ROWS):
        at = slice(*rows.offsets[place : place + 2])
        codes = [code for column in space.columns for code in column.codes(row[column.name])]
        assert sorted(rows.codes[at].tolist()) == sorted(codes)


def test_edges_divide_the_values_into_equal_buckets() -> None:
    edges = features.quantile_edges(np.arange(101.0))
    assert edges == tuple(float(edge) for edge in range(10, 100, 10))
    assert features.quantile_edges(np.array([np.nan, 3.0, 3.0])) == ()
    counted = features.quantile_edges(np.array([1.0, 2.0]), np.array([9, 1]))
    assert counted == features.quantile_edges(np.repeat([1.0, 2.0], [9, 1]))


def test_edges_between_the_largest_floats_are_finite() -> None:
    assert np.isfinite(features.quantile_edges(np.array([-1.7e308, 1.7e308]))).all()


def test_context_has_one_code_for_each_event_and_column() -> None:
    vocabularies = [Ids.build(["phone", "tv|phone"]), Ids.build(["1", "2"])]
    cells = np.array([[0, 0], [1, 1], [-1, -1]], np.int32)
    types = {"DEVICE": CATEGORICAL, "HOUR": NUMBER}
    space, codes = features.context_space(["DEVICE", "HOUR"], types, vocabularies, cells)
    device = space.columns[0]
    assert [device.values[code] for code in codes[:2, 0]] == ["phone", "tv"]
    assert codes[2].tolist() == [-1, -1]
    assert codes[0, 1] < codes[1, 1]


def test_context_that_is_not_a_number_is_named() -> None:
    cells = np.zeros((1, 1), np.int32)
    with pytest.raises(BadDataError, match="column HOUR is a number"):
        features.context_space(["HOUR"], {"HOUR": NUMBER}, [Ids.build(["noon"])], cells)
