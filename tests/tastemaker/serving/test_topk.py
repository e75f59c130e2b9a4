"""The k best, against a full sort."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.serving import topk
from tastemaker.serving.topk import top_k


def sorted_out(scores: np.ndarray, k: int) -> np.ndarray:
    order = np.argsort(-scores, kind="stable")
    return order[scores[order] > -np.inf][:k]


def test_best_first_and_ties_by_index() -> None:
    assert top_k(np.array([1.0, 3.0, 2.0, 3.0, 3.0]), 2).tolist() == [1, 3]


def test_nothing_that_is_excluded_comes_back() -> None:
    assert top_k(np.array([-np.inf, 1.0, np.nan, -np.inf]), 3).tolist() == [1]


@pytest.mark.parametrize("k", [0, 1, 7])
def test_k_may_be_none_or_more_than_there_are(k: int) -> None:
    assert len(top_k(np.array([1.0, 2.0, 3.0]), k)) == min(k, 3)


@pytest.mark.parametrize("seed", range(4))
def test_a_long_vector_is_exact_too(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 500, 5 * topk.SAMPLE).astype(np.float32)  # many ties
    scores[rng.random(len(scores)) < 0.9] = -np.inf
    assert top_k(scores, 500).tolist() == sorted_out(scores, 500).tolist()


def test_the_best_may_hide_from_the_sample() -> None:
    scores = np.zeros(4 * topk.SAMPLE, np.float32)
    scores[1::2] = 1.0  # the sample takes every fourth: none of these
    assert top_k(scores, 5).tolist() == [1, 3, 5, 7, 9]


@given(
    st.lists(st.sampled_from([-np.inf, np.nan, 0.0, 1.0, 1.5]) | st.floats(-9, 9, width=32), max_size=60),
    st.integers(0, 70),
)
def test_any_vector_is_as_if_sorted(values: list[float], k: int) -> None:
    scores = np.array(values, np.float32)
    assert top_k(scores, k).tolist() == sorted_out(np.where(np.isnan(scores), -np.inf, scores), k).tolist()
