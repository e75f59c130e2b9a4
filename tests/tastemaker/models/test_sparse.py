"""Sparse rows and distinct keys."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.models.sparse import distinct


@given(st.lists(st.integers(0, 40), max_size=80))
def test_distinct_finds_each_key_once_and_the_place_of_all(values: list[int]) -> None:
    keys = np.array(values, np.int64)
    found, places = distinct(keys, 41)
    assert sorted(found.tolist()) == sorted(set(values))
    assert found[places].tolist() == values
