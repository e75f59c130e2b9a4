"""Searching a clustered catalog, against scoring every item."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tastemaker.masks import Mask
from tastemaker.models.blended import SEARCHED_TOGETHER, Blended, Searched, searched_together
from tastemaker.models.clusters import Clusters, Static
from tastemaker.models.extras import Extra
from tastemaker.models.scores import Asked, prepare
from tastemaker.serving.answer import CANDIDATES, Promotion, recommend
from training.algorithms import clusters

pytestmark = pytest.mark.slow  # scores a large catalog for many users
ITEMS, WIDTH = 40_000, 16
QUERIES = 30


def catalog(seed: int = 0, items: int = ITEMS) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    """Vectors around 200 themes, and a popularity with a long tail."""
    rng = np.random.default_rng(seed)
    themes = rng.standard_normal((200, WIDTH)).astype(np.float32)
    noise = rng.standard_normal((items, WIDTH)).astype(np.float32)
    vectors = themes[rng.integers(0, 200, items)] + np.float32(0.3) * noise
    return vectors, (0.3 * np.log(rng.pareto(1.2, items) + 0.01)).astype(np.float32), rng


@pytest.fixture(scope="module")
def shop() -> tuple[np.ndarray, np.ndarray, Clusters, np.ndarray]:
    vectors, static, rng = catalog()
    built = clusters.build(vectors)
    liked = vectors[rng.integers(0, ITEMS, QUERIES)]
    queries = liked + np.float32(0.5) * rng.standard_normal((QUERIES, WIDTH)).astype(np.float32)
    built.share = clusters.needed(built, queries, static)
    return vectors, static, built, queries


def both(shop, number: int, more: int = 0) -> tuple[Blended, Searched]:
    """The exact scores and the searched ones of one user, whose history lifts 300 items.

    `more` items came after the clusters were made.
    """
    vectors, static, built, queries = shop
    rng = np.random.default_rng(number)
    vectors = np.concatenate([vectors, rng.standard_normal((more, WIDTH)).astype(np.float32) * 2])
    static = np.concatenate([static, np.zeros(more, np.float32)])
    items = np.sort(rng.choice(len(static), 300, replace=False))
    extra = Extra(items, rng.normal(2, 2, 300).astype(np.float32))
    searched = Searched(vectors, queries[number], Static.of(static, built), extra, built)
    return Blended(vectors, queries[number], static, extra), searched


def recall(shop, mask=None, more: int = 0) -> float:
    found = []
    for number in range(QUERIES):
        exact, searched = both(shop, number, more)
        wanted = exact.top(100, mask)
        found.append(len(np.intersect1d(wanted, searched.top(100, mask))) / len(wanted))
    return float(np.mean(found))


def test_every_item_is_in_one_cluster_and_has_its_own_vector(shop) -> None:
    vectors, _, built, _ = shop
    assert sorted(built.order.tolist()) == list(range(ITEMS))
    assert np.array_equal(built.vectors, vectors[built.order])
    assert built.starts[0] == 0 and built.starts[-1] == ITEMS and (np.diff(built.starts) > 0).all()


def test_best_items_are_found_with_few_clusters(shop) -> None:
    built = shop[2]
    assert built.share < 0.3
    assert recall(shop) >= 0.99


@pytest.mark.parametrize("kept", [0.995, 0.5, 0.1, 0.02, 0.001])
def test_filter_is_respected_without_loss_of_recall(shop, kept: float) -> None:
    flags = np.random.default_rng(5).random(ITEMS) < kept
    flags.flags.writeable = False
    mask = Mask.of(flags)
    assert recall(shop, mask) >= 0.98
    _, searched = both(shop, 1)
    best = searched.top(25, mask)
    assert len(best) == 25 and flags[best].all()


def test_filter_that_correlates_with_clusters_is_respected(shop) -> None:
    vectors = shop[0]
    mask = Mask.of(vectors[:, 0] > 1.5)  # what a filter keeps may lie in few clusters
    assert recall(shop, mask) >= 0.98


def test_scores_are_exact_and_best_first(shop) -> None:
    exact, searched = both(shop, 3)
    best = searched.top(50)
    assert searched.of(best) == pytest.approx(exact.of(best), abs=1e-5)
    assert (np.diff(searched.of(best)) <= 1e-5).all()


@pytest.mark.parametrize("kept", [None, 0.99, 0.1])
def test_estimated_softmax_divisor_is_near_the_exact_one(shop, kept: float | None) -> None:
    mask = None if kept is None else Mask.of(np.random.default_rng(6).random(ITEMS) < kept)
    errors = []
    for number in range(QUERIES):
        exact, searched = both(shop, number)
        errors.append(abs(searched.log_sum(mask) - exact.log_sum(mask)))
    assert np.median(errors) < 0.02 and max(errors) < 0.2


def test_items_after_the_clusters_are_found(shop) -> None:
    assert recall(shop, more=500) >= 0.99
    exact, searched = both(shop, 2, more=500)
    late = Mask.only(ITEMS + 500, np.arange(ITEMS, ITEMS + 500))
    assert searched.top(20, late).tolist() == exact.top(20, late).tolist()


def test_answer_may_be_longer_than_what_a_search_read(shop) -> None:
    exact, searched = both(shop, 4)
    assert searched.top(ITEMS)[:200].tolist() == exact.top(ITEMS)[:200].tolist()
    nothing = Mask(ITEMS, False)
    assert len(searched.top(5, nothing)) == 0 and searched.log_sum(nothing) == -np.inf


def test_promotions_are_searched_separately(shop) -> None:
    _, searched = both(shop, 5)
    rare = Mask.only(ITEMS, np.arange(7, 47))
    picks = recommend(searched, count=20, scale=CANDIDATES, promotion=Promotion("p", 50, rare)).each()
    promoted = [pick.item for pick in picks if pick.promotion]
    assert (
        len(promoted) == 10
        and rare.take(np.array(promoted)).all()
        and len({pick.item for pick in picks}) == 20
    )


@given(st.integers(1, 60), st.integers(0, 2**32 - 1), st.booleans())
@example(42, 503, False)  # a mask that allows again what its shared mask, as one of few items, holds back
@settings(max_examples=50)
def test_reading_all_clusters_is_exact(count: int, seed: int, ties: bool) -> None:
    vectors, static, rng = catalog(seed, 300)
    if ties:
        vectors, static = np.round(vectors), np.round(static)
    built = clusters.build(vectors, seed)
    extra = Extra(np.arange(0, 300, 7), np.round(rng.normal(0, 3, 43)).astype(np.float32))
    vector = np.round(rng.standard_normal(WIDTH)).astype(np.float32)
    shared = [True, False, rng.random(300) < 0.5, rng.random(300) < 0.99][seed % 4]
    mask = Mask(300, shared, np.flatnonzero(rng.random(300) < rng.choice([0.0, 0.05, 0.5])))
    exact = Blended(vectors, vector, static, extra)
    searched = Searched(vectors, vector, Static.of(static, built), extra, built)
    best, wanted = searched.top(count, mask), exact.top(count, mask)
    assert len(best) == len(wanted) == len(set(best.tolist()))
    assert exact.of(best) == pytest.approx(exact.of(wanted), abs=1e-4)
    assert best.tolist() == wanted.tolist() or not ties  # rounded numbers have exact sums
    assert searched.log_sum(mask) == pytest.approx(exact.log_sum(mask), abs=1e-4)


def test_clusters_survive_a_round_trip(shop, tmp_path) -> None:
    shop[2].save(tmp_path)
    again = Clusters.open(tmp_path)
    assert again is not None and again.share == shop[2].share
    assert np.array_equal(again.order, shop[2].order)
    assert Clusters.open(tmp_path / "elsewhere") is None


@pytest.mark.parametrize("share", [0.3, 0.6, 0.995])
def test_users_searched_for_together_get_what_each_gets_alone(share: float) -> None:
    vectors, static, rng = catalog(3, 3_000)
    built = clusters.build(vectors)
    built.share = 0.1
    by_cluster = Static.of(static, built)
    extras = np.arange(0, 3_000, 50)
    one_mask, *others = (Mask.of(rng.random(len(static)) < share) for _ in range(10))
    own = [rng.choice(3_000, 40, replace=False) for _ in range(9)]
    without = [[mask.without(rows) for rows in own] for mask in (Mask(3_000), one_mask)]
    for masks in ([None] * 9, [one_mask] * 9, others, *without):
        users, alone = (
            [
                Searched(vectors, query, by_cluster, Extra(extras, np.ones(60, np.float32)), built)
                for query in np.random.default_rng(7).standard_normal((9, WIDTH)).astype(np.float32)
            ]
            for _ in range(2)
        )
        found = prepare(users, [Asked(20, mask, mask) for mask in masks])
        for scores, one, mask in zip(found, alone, masks, strict=True):
            items, values = scores.best(20, mask)
            assert items.tolist() == one.top(20, mask).tolist()
            assert values == pytest.approx(one.of(items), abs=1e-5)
            assert scores.log_sum(mask) == pytest.approx(one.log_sum(mask), abs=1e-5)


def test_users_with_fewer_items_than_asked_for_get_together_what_each_gets_alone() -> None:
    vectors, static, _ = catalog(3, 3_000)
    built = clusters.build(vectors)
    built.share = 0.1
    by_cluster, small = Static.of(static, built), Mask.only(3_000, np.arange(0, 3_000, 300))
    for sums in ([None] * 9, [small] * 9):
        users, alone = (
            [
                Searched(vectors, query, by_cluster, Extra(np.arange(9), np.ones(9, np.float32)), built)
                for query in np.random.default_rng(7).standard_normal((9, WIDTH)).astype(np.float32)
            ]
            for _ in range(2)
        )
        prepared = prepare(users, [Asked(25, small, over) for over in sums])
        for scores, one, over in zip(prepared, alone, sums, strict=True):
            total = one.log_sum(over)  # a live request asks for it first
            assert scores.log_sum(over) == pytest.approx(total, abs=1e-5)
            items, values = scores.best(25, small)
            assert items.tolist() == one.top(25, small).tolist() and len(items) == 10
            assert values == pytest.approx(one.of(items), abs=1e-5)
        assert not any("_whole" in vars(user) for user in users), "the scores of all items are not kept"


def test_fewer_users_are_searched_for_together_in_a_larger_catalog(shop) -> None:
    def together(items: int, share: float) -> int:
        order = np.broadcast_to(np.int32(0), items)
        return searched_together(replace(shop[2], order=order, share=share))

    assert together(40_000, 0.2) == SEARCHED_TOGETHER
    assert together(10_000_000, 0.1) == 11
    assert together(1_000_000_000, 1.0) == 1 and together(1, 0.1) == SEARCHED_TOGETHER
