"""Each algorithm on data small enough to work out by hand, and the blend's promise."""

from dataclasses import replace

import numpy as np
import pytest

from tastemaker.models.sparse import SparseRows
from training.algorithms import blend, factors, linear, pairs, popularity, transitions
from training.data.prepared import Prepared, Sequences
from training.tuning.objective import gains


def sequences(*histories: list[int]) -> Sequences:
    """One user per list, a second between events."""
    lengths = [len(history) for history in histories]
    count = sum(lengths)
    return Sequences(
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.array([item for history in histories for item in history], np.int32),
        np.array([place for history in histories for place in range(len(history))], np.int64),
        np.zeros(count, np.int16),
        np.ones(count, np.float32),
        np.zeros((count, 0), np.int32),
    )


def dense(rows: SparseRows) -> np.ndarray:
    return np.stack([rows.sum(np.array([i]), np.ones(1)) for i in range(rows.items)])


def test_pairs_are_added_up_across_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = (np.array([0, 1, 0]), np.array([1, 2, 1]), np.array([1.0, 2.0, 3.0], np.float32))
    keys, sums = pairs.count([chunk, chunk], 3)
    assert keys.tolist() == [1, 5] and sums.tolist() == [8.0, 4.0]


def test_the_heaviest_entries_of_each_row_stay() -> None:
    rows = pairs.heaviest(np.array([0, 1, 2, 5]), np.array([1.0, 3.0, 2.0, 7.0]), 3, 2)
    assert dense(rows).tolist() == [[0, 3, 2], [0, 0, 7], [0, 0, 0]]


def test_popularity_counts_a_user_once_and_prefers_what_is_recent() -> None:
    data = sequences([0, 0, 0, 1], [0, 2])
    assert popularity.distinct_users(data, 4).tolist() == [2, 1, 1, 0]
    recent = popularity.recent(data, 4)
    assert recent[1] > recent[2] > 0 and recent[3] == 0


def test_what_counts_more_makes_an_item_more_popular_and_follow_more() -> None:
    data = sequences([0, 1], [0, 2])
    heavy = replace(data, weights=np.array([1.0, 3.0, 1.0, 1.0], np.float32))
    counted = popularity.recent(heavy, 3)
    assert counted[1] == pytest.approx(3 * counted[2])
    followed = dense(transitions.fit(heavy, 3))
    assert followed[0, 1] == pytest.approx(3 * followed[0, 2])


def test_transitions_are_nearer_first_and_stay_within_a_user() -> None:
    rows = dense(transitions.fit(sequences([0, 1, 2], [3, 0, 1]), 4, window=2))
    assert rows[0].tolist() == pytest.approx([0, 2 / 2.5, 0.5 / 2.5, 0])
    assert rows[3].tolist() == pytest.approx([1 / 1.5, 0.5 / 1.5, 0, 0])
    assert rows[2].tolist() == [0, 0, 0, 0]


def test_the_linear_model_is_the_closed_form() -> None:
    data = sequences([0, 1], [0, 1, 2], [2, 3], [0, 1, 3])
    touched = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1], [1, 1, 0, 1]], float)
    inverse = np.linalg.inv(touched.T @ touched + 2.0 * np.eye(4))
    expected = np.eye(4) - inverse / np.diag(inverse)
    found = dense(linear.fit(data, 4, 2.0))
    assert found == pytest.approx(expected, abs=1e-5)
    assert np.diag(found).tolist() == [0, 0, 0, 0]


def many(users: int = 60, items: int = 30) -> Sequences:
    rng = np.random.default_rng(4)
    return sequences(*[rng.integers(0, items, rng.integers(1, 12)).tolist() for _ in range(users)])


def test_transitions_counted_in_portions_are_those_counted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = transitions.fit(many(), 30)
    monkeypatch.setattr(pairs, "CHUNK", 200)
    portions = list(pairs.portions(np.bincount(many().items, minlength=30) * 5))
    assert len(portions) > 4 and portions[0][0] == 0 and portions[-1][1] == 30
    in_portions = transitions.fit(many(), 30)
    assert in_portions.columns.tolist() == at_once.columns.tolist()
    assert in_portions.offsets.tolist() == at_once.offsets.tolist()
    assert in_portions.values == pytest.approx(at_once.values, rel=1e-6)


@pytest.mark.parametrize("held", [1, 7, 1 << 22])
def test_pairs_of_a_users_items_are_counted_as_the_matrix_product_does(
    monkeypatch: pytest.MonkeyPatch, held: int
) -> None:
    monkeypatch.setattr(linear, "PAIR", 1e9)
    product = dense(linear.fit(many(), 30, 2.0))
    monkeypatch.setattr(linear, "PAIR", 0)
    monkeypatch.setattr(linear, "PAIRS", held)
    assert np.array_equal(dense(linear.fit(many(), 30, 2.0)), product)


def asked() -> tuple[np.random.Generator, np.ndarray, list[np.ndarray], np.ndarray]:
    """Eighty cases of thirty candidates: the candidates, the one that is true, and 1 where it is."""
    rng = np.random.default_rng(0)
    items = np.tile(np.arange(30), (80, 1))
    truth = [np.array([int(rng.integers(30))]) for _ in range(80)]
    right = np.stack([(row == one).astype(np.float32) for row, one in zip(items, truth, strict=True)])
    return rng, items, truth, right


def test_the_blend_is_never_worse_than_its_best_part() -> None:
    rng, items, truth, right = asked()
    noise = rng.normal(size=(*right.shape, 3)).astype(np.float32)
    parts = noise + right[:, :, None] * np.array([2.0, 1.5, 0.0], np.float32)
    scores = {name: parts[:, :, place] for place, name in enumerate("abc")}
    table = blend.Table(items, scores | {blend.SEEN: np.zeros_like(right)}, truth)
    alone = {name: table.objective({name: 1.0}) for name in "abc"}
    weights, reached = blend.ascend(table, {"a": 1.0, blend.SEEN: 0.0})
    assert reached > max(alone.values()) + 0.02  # two independent witnesses know more than one
    assert weights.get("c", 0.0) < 0.3  # the third knows nothing


def test_the_blend_takes_the_half_life_that_adds_most_to_the_others() -> None:
    """`b@2` alone is better than `b@9`, but says the same as `a`."""
    rng, items, truth, right = asked()
    first, other = rng.normal(size=(2, *right.shape)).astype(np.float32)
    scores = {"a": first + 2 * right, "b@2": first + 1.9 * right, "b@9": other + 1.5 * right}
    table = blend.Table(items, scores | {blend.SEEN: np.zeros_like(right)}, truth)
    assert table.objective({"b@2": 1.0}) > table.objective({"b@9": 1.0})
    weights, _ = blend.ascend(table, {"a": 1.0, blend.SEEN: 0.0})
    assert weights["b@9"] > 0.3
    assert "b@2" not in weights


def test_popularity_is_taken_away_as_far_as_lists_stay_as_good() -> None:
    _, items, truth, right = asked()
    popular = np.tile(np.linspace(-9, -1, 30, dtype=np.float32), (80, 1))

    def weight(strength: float) -> float:
        table = blend.Table(items, {"a": strength * right + popular, "popularity": popular}, truth)
        weights = {"a": 1.0, "popularity": 0.0}
        return blend.with_less_popularity(table, weights, table.objective(weights))[0]["popularity"]

    assert weight(100.0) == blend.WIDE_GRID[0]  # what is right stays first whatever is popular
    even = blend.Table(items, {"a": right, "popularity": popular * right}, truth)
    start = {"a": 0.1, "popularity": -0.03}
    kept, reached = blend.with_less_popularity(even, start, even.objective(start))
    assert reached >= blend.MIN_KEPT_SHARE * even.objective(start)
    assert kept["popularity"] < 0


def test_the_blend_chooses_for_the_shop(trained, shop: Prepared) -> None:
    parts = trained("aws-user-personalization-v2").manifest["model"]["parts"]
    assert set(parts) == {"encoder", "transitions", "linear", "repeat", "seen", "popularity"}
    assert max(part["weight"] for part in parts.values()) >= 1.0
    assert parts["transitions"]["halfLife"] in blend.HALF_LIVES["transitions"]


def test_factors_of_items_with_the_same_users_point_the_same_way() -> None:
    vectors = factors.fit(sequences([0, 1], [0, 1], [1, 0, 0], [2, 3], [3, 2]), 5, 2)
    assert vectors[0] @ vectors[1] == pytest.approx(1.0, abs=1e-3)
    assert vectors[2] @ vectors[3] == pytest.approx(1.0, abs=1e-3)
    assert abs(vectors[0] @ vectors[2]) < 0.1
    assert not vectors[4].any()


def test_factors_are_the_same_whatever_is_multiplied_at_a_time(shop: Prepared) -> None:
    touches = factors.Touches(shop.sequences, len(shop.items))
    basis = np.random.default_rng(0).standard_normal((len(shop.items), 3), np.float32)
    whole = touches.multiplied(basis)
    np.testing.assert_allclose(touches.multiplied(basis, block=50), whole, rtol=1e-4, atol=1e-5)


def test_the_blend_sees_the_objective_that_lists_are_judged_by() -> None:
    rng = np.random.default_rng(1)
    items = np.stack([rng.permutation(60)[:40] for _ in range(30)])
    items[:, 35:] = -1
    wanted = [rng.integers(0, 60, rng.integers(1, 40)) for _ in range(30)]
    table = blend.Table(items, {"a": rng.random((30, 40), np.float32)}, wanted)
    best = np.argsort(-table.total({"a": 1.0}), axis=1)[:, :25]
    lists = [row[place] for row, place in zip(items, best, strict=True)]
    assert table.objective({"a": 1.0}) == pytest.approx(gains(lists, wanted).mean())
