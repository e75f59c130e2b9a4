"""Sparse rows, runs, and keys that are repeated."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.models.sparse import SparseRows, joined, repeated, sums_of_runs


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3)), max_size=80))
def test_keys_that_come_again_are_found_with_their_last_place(pairs: list[tuple[int, int]]) -> None:
    keys = np.array([key for key, _ in pairs], np.int32)
    again, last = repeated(keys, np.array([slot for _, slot in pairs], np.int64), 4)
    places = range(len(pairs))
    assert again.tolist() == [place for place in places if pairs[place] in pairs[place + 1 :]]
    assert last.tolist() == [
        max(other for other in places if pairs[other] == pairs[place]) for place in again.tolist()
    ]


def test_more_keys_than_small_numbers_hold_are_found() -> None:
    keys = np.arange(70_000) % 69_990
    again, last = repeated(keys, keys % 50_000, 50_000)
    assert again.tolist() == list(range(10)) and last.tolist() == list(range(69_990, 70_000))


@given(
    runs=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), max_size=12),
    alike=st.booleans(),
)
def test_runs_of_an_array_are_joined(runs: list[tuple[int, int]], alike: bool) -> None:
    array = np.arange(40, dtype=np.float32)
    begins = np.array([begin for begin, _ in runs], np.int64)
    lengths = np.array([7 if alike else length for _, length in runs], np.int64)
    wanted = [
        value
        for begin, length in zip(begins.tolist(), lengths.tolist(), strict=True)
        for value in range(begin, begin + length)
    ]
    assert joined(array, begins, lengths).tolist() == wanted


@given(st.lists(st.lists(st.integers(-9, 9), max_size=5), max_size=8))
def test_runs_are_summed_one_by_one(runs: list[list[int]]) -> None:
    values = np.array([value for run in runs for value in run], np.float32)
    assert sums_of_runs(values, np.array([len(run) for run in runs], np.int64)).tolist() == list(
        map(sum, runs)
    )


def test_entries_are_those_of_each_row_with_its_weight() -> None:
    rows = SparseRows(
        np.array([0, 2, 2, 3]), np.array([1, 2, 0], np.int32), np.array([0.5, 1.0, 2.0], np.float32)
    )
    columns, values = rows.entries(np.array([2, 1, 0, 2]), np.array([3.0, 9.0, 2.0, 1.0]))
    assert columns.tolist() == [0, 1, 2, 0]
    assert values == pytest.approx([6.0, 1.0, 2.0, 2.0])
