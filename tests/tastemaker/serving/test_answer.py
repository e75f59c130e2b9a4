"""Scores become an answer: filters, scales, promotions, fillers, rankings."""

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tastemaker.masks import Mask
from tastemaker.models.scores import Dense, log_sum
from tastemaker.serving.answer import CANDIDATES, CATALOG, Pick, Promotion, rank, recommend

SCORES = Dense(np.log(np.array([0.1, 0.4, 0.2, 0.3], np.float32)))


def picked(*scores: Dense, **asked: Any) -> list[Pick]:
    return recommend(*scores, **asked).each()


def mask(*items: int, of: int = 4) -> Mask:
    return Mask.only(of, np.array(items))


def test_recommend_returns_best_first_without_scores() -> None:
    assert picked(SCORES, count=3) == [Pick(1), Pick(3), Pick(2)]


def test_catalog_scale_ignores_the_filter() -> None:
    picks = picked(SCORES, count=9, allowed=mask(0, 2), scale=CATALOG)
    assert [(pick.item, pick.score) for pick in picks] == [(2, 0.2), (0, 0.1)]


def test_candidates_scale_sums_to_one_over_allowed_items() -> None:
    picks = picked(SCORES, count=9, allowed=mask(0, 2), scale=CANDIDATES)
    assert [pick.score for pick in picks] == [0.6666667, 0.3333333]


def test_fillers_have_a_reason_and_no_score() -> None:
    scores = np.array([0.0, -np.inf, -np.inf, -np.inf], np.float32)
    popular = np.array([9, 1, 3, 2], np.float32)
    picks = picked(
        Dense(scores), count=3, allowed=mask(0, 1, 3), scale=CANDIDATES, fillers=popular, reasons=True
    )
    assert picks == [Pick(0, 1.0), Pick(3, reasons=("Popular item",)), Pick(1, reasons=("Popular item",))]
    assert np.isneginf(scores[1])
    assert popular[0] == 9


def test_promoted_items_take_their_share_without_duplicates() -> None:
    scores = np.arange(20, dtype=np.float32)
    promotion = Promotion("sale", 35, mask(19, 3, 1, 0, of=20))
    for seed in range(20):
        picks = picked(
            Dense(scores), count=10, allowed=Mask.of(scores > 5), promotion=promotion, rng=Random(seed),
            scale=CANDIDATES, reasons=True,
        )  # fmt: skip
        promoted = [pick.item for pick in picks if pick.promotion == "sale"]
        others = [pick.item for pick in picks if pick.promotion is None]
        assert promoted == [19, 3, 1]
        assert others == [18, 17, 16, 15, 14, 13, 12]
        assert all((pick.reasons == ("Promoted item",)) == (pick.promotion == "sale") for pick in picks)
        assert sum(pick.score or 0 for pick in picks) <= 1.000001


def test_promoted_items_have_random_places() -> None:
    scores = Dense(np.arange(20, dtype=np.float32))
    promotion = Promotion("sale", 10, mask(0, of=20))
    places = {
        next(
            place
            for place, pick in enumerate(picked(scores, count=10, promotion=promotion, rng=Random(seed)))
            if pick.promotion
        )
        for seed in range(200)
    }
    assert places == set(range(10))


@pytest.mark.parametrize(("count", "percent", "slots"), [(25, 50, 12), (3, 1, 1), (10, 100, 4), (1, 20, 1)])
def test_promoted_slots_are_rounded_down_to_at_least_one(count: int, percent: int, slots: int) -> None:
    scores = np.arange(50, dtype=np.float32)
    allowed = mask(1, 2, 3, 4, of=50) if percent == 100 else None
    picks = picked(Dense(scores), count=count, promotion=Promotion("p", percent, allowed), rng=Random(1))
    assert sum(pick.promotion == "p" for pick in picks) == slots
    assert len({pick.item for pick in picks}) == len(picks) == count


def test_rank_keeps_all_items_and_puts_unknown_ones_last() -> None:
    assert rank(SCORES, [-1, 0, 3, -1]) == [(2, 0.75), (1, 0.25), (0, None), (3, None)]


def test_rank_drops_filtered_items() -> None:
    assert rank(SCORES, [0, 3, -1], allowed=mask(0)) == [(0, 1.0), (2, None)]
    assert rank(SCORES, [0, 3, -1], allowed=mask(0), keep_unknown=False) == [(0, 1.0)]
    assert rank(SCORES, [-1]) == [(0, None)]
    assert rank(SCORES, []) == []


VALUES = st.lists(st.floats(-30, 5, width=32) | st.just(-np.inf), min_size=1, max_size=30)


@given(VALUES, st.integers(1, 40), st.data())
def test_every_answer_satisfies_the_invariants(values: list[float], count: int, data: st.DataObject) -> None:
    scores = np.array(values, np.float32)
    bits = st.lists(st.booleans(), min_size=len(values), max_size=len(values)).map(np.array)
    allowed, on_sale = data.draw(bits), data.draw(bits)
    percent = data.draw(st.integers(1, 100))
    picks = picked(
        Dense(scores),
        count=count,
        allowed=Mask.of(allowed),
        scale=CATALOG,
        promotion=Promotion("p", percent, Mask.of(on_sale)),
        rng=Random(0),
        fillers=np.ones(len(values), np.float32),
    )
    items = [pick.item for pick in picks]
    assert len(items) == len(set(items)) <= count
    assert all((on_sale if pick.promotion else allowed)[pick.item] for pick in picks)
    rest = [scores[pick.item] for pick in picks if not pick.promotion]
    assert rest == sorted(rest, reverse=True)
    assert sum(pick.score or 0 for pick in picks) <= 1 + 1e-5
    assert all(pick.score is None or 0 <= pick.score <= 1 for pick in picks)


def test_log_sum_is_stable_and_handles_empty_scores() -> None:
    assert log_sum(np.array([1000.0, 1000.0])) == pytest.approx(1000 + np.log(2))
    assert log_sum(np.zeros(0)) == -np.inf
    assert log_sum(np.array([-np.inf], np.float32)) == -np.inf
