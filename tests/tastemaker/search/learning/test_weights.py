"""Estimates of weights, with users whose preferences are known."""

from functools import cache

import numpy as np
import pytest

from tastemaker.search.learning.shown import Candidates, ShownSearch
from tastemaker.search.learning.weights import Click, NoClicksError, Ranked, _bootstrap, combined, estimate

HITS, PAGE = 30, 30
CAMPAIGN = "arn:aws:personalize:eu-west-1:123456789012:campaign/shop"


def search(number: int, candidates: Candidates, weight: float, fusion: str = "ranks") -> ShownSearch:
    """A search whose page shows the candidates in the order of a weight."""
    order = np.argsort(-combined(candidates, weight, fusion), kind="stable")[:PAGE]
    shown = [str(candidates.items[one]) for one in order]
    return ShownSearch(
        f"RID-{number}", CAMPAIGN, f"search/shop/weight-{weight:g}", "shop", {}, weight, fusion, 0, shown,
        candidates,
    )  # fmt: skip


def candidates(rng: np.random.Generator) -> Candidates:
    """Hits in the order of the search, with an independent order of preference."""
    ranks = (rng.permutation(HITS) + 1).tolist()
    scores = [float(HITS - rank + 1) for rank in range(1, HITS + 1)]
    personal = [float(np.exp(-rank / 4)) for rank in ranks]
    return Candidates([f"item-{one}" for one in range(HITS)], scores, ranks, personal)


def shop(true_weight: float, logged_weight: float, bias: float, searches: int = 8000) -> list[Click]:
    """Clicks of users who want an item by `true_weight`, and look at place k with probability k^-bias."""
    rng = np.random.default_rng(5)
    clicks = []
    for number in range(searches):
        hits = candidates(rng)
        wanted_score = combined(hits, true_weight, "ranks").astype(float) * 12
        chances = np.exp(wanted_score - wanted_score.max())
        wanted = f"item-{rng.choice(HITS, p=chances / chances.sum())}"
        one = search(number, hits, logged_weight)
        place = list(one.shown).index(wanted) + 1
        if rng.random() < place**-bias:
            clicks.append(Click(f"user-{number % 500}", one, wanted))
    return clicks


@cache
def ranked(true_weight: float, logged_weight: float) -> Ranked:
    """The ranked clicks of users who look at the first places more often."""
    return Ranked.of(shop(true_weight, logged_weight, bias=1.0))


@pytest.mark.parametrize(("true_weight", "logged_weight"), [(0.6, 0.0), (0.4, 1.0), (0.0, 0.7)])
def test_planted_preference_is_found_whatever_was_shown(true_weight: float, logged_weight: float) -> None:
    report = ranked(true_weight, logged_weight).estimate(bias=1.0, samples=200)
    assert abs(report.best.weight - true_weight) <= 0.1
    assert report.is_sure and report.best.gain.low > 0
    assert report.best.mrr.low < report.best.mrr.value < report.best.mrr.high


def test_without_the_correction_clicks_praise_what_was_shown() -> None:
    naive, corrected = (ranked(0.6, 0.0).estimate(bias, samples=50) for bias in (0.0, 1.0))
    assert naive.best.weight < corrected.best.weight
    assert naive.shown.value > corrected.shown.value


def test_corrected_estimate_agrees_with_users_who_look_everywhere() -> None:
    """Users who look at all places alike tell the truth, which the interval of the others contains."""
    truth = estimate(shop(0.6, 0.0, bias=0.0, searches=2500), bias=0.0, samples=50)
    found = ranked(0.6, 0.0).estimate(bias=1.0, samples=400)
    inside = [
        one.mrr.low - 0.01 <= true.mrr.value <= one.mrr.high + 0.01
        for one, true in zip(found.estimates, truth.estimates, strict=True)
    ]
    assert sum(inside) >= len(inside) - 1


def test_no_difference_is_not_called_sure() -> None:
    report = estimate(shop(0.6, 0.6, bias=1.0, searches=300), samples=200)
    assert not report.is_sure
    assert sum(one.best_share for one in report.estimates) == pytest.approx(1)


def test_few_users_with_many_clicks_widen_the_interval() -> None:
    clicks = shop(0.6, 0.0, bias=1.0, searches=2000)
    few = [Click(f"user-{number % 4}", one.search, one.item) for number, one in enumerate(clicks[:40])] * 20
    alone = estimate(clicks[:40], samples=400)
    many = estimate(few, samples=400)
    width = [report.best.mrr.high - report.best.mrr.low for report in (alone, many)]
    assert width[1] > 0.3 * width[0], "the same clicks again are no new evidence"


def test_fusion_by_scores_ranks_as_the_processor_does() -> None:
    hits = Candidates(["a", "b"], [2.0, 1.0], [2, 1], [0.1, 0.9])
    click = Click("u", search(1, hits, 0.0, "scores"), "b")
    report = estimate([click], weights=(0.0, 1.0), samples=10)
    assert [one.mrr.value for one in report.estimates] == [0.5, 1.0]
    assert report.shown.value == 0.5


def test_clicks_on_items_that_were_not_shown_are_left_out() -> None:
    hits = Candidates(["a", "b"], [2.0, 1.0], [2, 1], [0.1, 0.9])
    one = search(1, hits, 0.0)
    report = estimate([Click("u", one, "a"), Click("u", one, "other")], samples=10)
    assert (report.clicks, report.left_out) == (1, 1)
    with pytest.raises(NoClicksError):
        estimate([Click("u", one, "other")])


def test_ranks_are_made_once_for_all_biases() -> None:
    clicks = shop(0.6, 0.0, bias=1.0, searches=200)
    once = Ranked.of(clicks)
    for bias in (0.0, 1.0):
        assert once.estimate(bias, samples=20) == estimate(clicks, bias=bias, samples=20)


def test_bootstrap_in_parts_draws_the_same_users() -> None:
    rng = np.random.default_rng(1)
    total, most = rng.random((7, 3)), rng.random(7) + 1
    whole, parts = (_bootstrap(total, most, 10, np.random.default_rng(2), size) for size in (1000, 21))
    assert np.allclose(whole, parts) and whole.shape == (10, 3)
