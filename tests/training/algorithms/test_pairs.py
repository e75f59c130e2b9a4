"""Pairs of items are counted, and the heaviest of each row are kept."""

import numpy as np
import pytest

from tests.training.algorithms.histories import dense
from training.algorithms import pairs


def test_pairs_are_summed_across_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = (np.array([0, 1, 0]), np.array([1, 2, 1]), np.array([1.0, 2.0, 3.0], np.float32))
    keys, sums = pairs.count([chunk, chunk], 3)
    assert keys.tolist() == [1, 5] and sums.tolist() == [8.0, 4.0]


def test_heaviest_entries_of_each_row_stay() -> None:
    rows = pairs.heaviest(np.array([0, 1, 2, 5]), np.array([1.0, 3.0, 2.0, 7.0]), 3, 2)
    assert dense(rows).tolist() == [[0, 3, 2], [0, 0, 7], [0, 0, 0]]
