"""`top_k`, compared with a full sort."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.models import topk
from tastemaker.models.topk import top_k


def by_full_sort(scores: np.ndarray, k: int) -> np.ndarray:
    order = np.argsort(-scores, kind="stable")
    return order[scores[order] > -np.inf][:k]


def test_top_k_returns_best_first_and_ties_by_index() -> None:
    assert top_k(np.array([1.0, 3.0, 2.0, 3.0, 3.0]), 2).tolist() == [1, 3]


def test_top_k_never_returns_excluded_entries() -> None:
    assert top_k(np.array([-np.inf, 1.0, np.nan, -np.inf]), 3).tolist() == [1]


@pytest.mark.parametrize("k", [0, 1, 7])
def test_top_k_accepts_zero_and_more_than_the_length(k: int) -> None:
    assert len(top_k(np.array([1.0, 2.0, 3.0]), k)) == min(k, 3)


@pytest.mark.parametrize("seed", range(4))
def test_top_k_is_exact_for_long_vectors(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 500, 50_000).astype(np.float32)  # many ties
    scores[rng.random(len(scores)) < 0.9] = -np.inf
    assert top_k(scores, 500).tolist() == by_full_sort(scores, 500).tolist()


def test_top_k_finds_best_entries_that_are_all_in_one_block() -> None:
    scores = np.zeros(50_000, np.float32)
    blocks = len(scores) // topk.BLOCK_SIZE
    scores[3 : 9 * blocks : blocks] = 1.0
    assert top_k(scores, 5).tolist() == [3, 3 + blocks, 3 + 2 * blocks, 3 + 3 * blocks, 3 + 4 * blocks]


def test_top_k_takes_whole_numbers() -> None:
    assert top_k(np.array([5, 1, 7, 7, 2, 9, 0, 3] * 4, np.int32), 3).tolist() == [5, 13, 21]


@given(
    st.lists(st.sampled_from([-np.inf, np.nan, 0.0, 1.0, 1.5]) | st.floats(-9, 9, width=32), max_size=60),
    st.integers(0, 70),
)
def test_top_k_equals_a_full_sort_for_any_vector(values: list[float], k: int) -> None:
    scores = np.array(values, np.float32)
    assert top_k(scores, k).tolist() == by_full_sort(np.where(np.isnan(scores), -np.inf, scores), k).tolist()
