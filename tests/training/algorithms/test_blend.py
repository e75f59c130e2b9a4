"""The weights of a blend."""

import numpy as np
import pytest

from training.algorithms import blend
from training.data.prepared import Prepared
from training.tuning.objective import gains


def asked() -> tuple[np.random.Generator, np.ndarray, list[np.ndarray], np.ndarray]:
    """Eighty cases of thirty candidates: the candidates, the true one, and 1 where it is."""
    rng = np.random.default_rng(0)
    items = np.tile(np.arange(30), (80, 1))
    truth = [np.array([int(rng.integers(30))]) for _ in range(80)]
    right = np.stack([(row == one).astype(np.float32) for row, one in zip(items, truth, strict=True)])
    return rng, items, truth, right


def test_blend_is_never_worse_than_its_best_part() -> None:
    rng, items, truth, right = asked()
    noise = rng.normal(size=(*right.shape, 3)).astype(np.float32)
    parts = noise + right[:, :, None] * np.array([2.0, 1.5, 0.0], np.float32)
    scores = {name: parts[:, :, place] for place, name in enumerate("abc")}
    table = blend.Table(items, scores | {blend.SEEN: np.zeros_like(right)}, truth)
    alone = {name: table.objective({name: 1.0}) for name in "abc"}
    weights, reached = blend.ascend(table, {"a": 1.0, blend.SEEN: 0.0})
    assert reached > max(alone.values()) + 0.02  # two independent signals beat one
    assert weights.get("c", 0.0) < 0.3  # the third is noise


def test_blend_takes_the_half_life_that_adds_most() -> None:
    """`b@2` alone is better than `b@9`, but repeats what `a` says."""
    rng, items, truth, right = asked()
    first, other = rng.normal(size=(2, *right.shape)).astype(np.float32)
    scores = {"a": first + 2 * right, "b@2": first + 1.9 * right, "b@9": other + 1.5 * right}
    table = blend.Table(items, scores | {blend.SEEN: np.zeros_like(right)}, truth)
    assert table.objective({"b@2": 1.0}) > table.objective({"b@9": 1.0})
    weights, _ = blend.ascend(table, {"a": 1.0, blend.SEEN: 0.0})
    assert weights["b@9"] > 0.3
    assert "b@2" not in weights


def test_part_that_comes_first_does_not_take_the_place_of_a_better_combination() -> None:
    """`b` is much of `c` and `d` together. Part by part, it keeps the weight that it gets before them."""
    rng, items, truth, right = asked()
    first, second, third, noise = rng.normal(size=(4, *right.shape)).astype(np.float32)
    scores = {
        "a": first + right,
        "b": second + third + 0.5 * noise + 2.5 * right,
        "c": second + 1.5 * right,
        "d": third + 1.5 * right,
    }
    table = blend.Table(items, scores | {blend.SEEN: np.zeros_like(right)}, truth)
    weights, reached = blend.ascend(table, {"a": 1.0, blend.SEEN: 0.0})
    assert reached == table.objective(weights)
    assert reached >= table.objective({"a": 1.0, "c": 1.0, "d": 1.3})


def test_popularity_weight_is_reduced_while_lists_stay_as_good() -> None:
    _, items, truth, right = asked()
    popular = np.tile(np.linspace(-9, -1, 30, dtype=np.float32), (80, 1))

    def weight(strength: float) -> float:
        table = blend.Table(items, {"a": strength * right + popular, "popularity": popular}, truth)
        weights = {"a": 1.0, "popularity": 0.0}
        return blend.with_less_popularity(table, weights, table.objective(weights))[0]["popularity"]

    assert weight(100.0) == blend.WIDE_GRID[0]  # the right item stays first despite popularity
    even = blend.Table(items, {"a": right, "popularity": popular * right}, truth)
    start = {"a": 0.1, "popularity": -0.03}
    kept, reached = blend.with_less_popularity(even, start, even.objective(start))
    assert reached >= blend.MIN_KEPT_SHARE * even.objective(start)
    assert kept["popularity"] < 0


def test_blend_is_chosen_for_the_shop(trained, shop: Prepared) -> None:
    parts = trained("aws-user-personalization-v2").manifest["model"]["parts"]
    assert set(parts) == {"encoder", "transitions", "linear", "repeat", "seen", "popularity"}
    assert max(part["weight"] for part in parts.values()) >= 1.0
    assert parts["transitions"]["halfLife"] in blend.HALF_LIVES["transitions"]


def test_blend_uses_the_objective_of_lists() -> None:
    rng = np.random.default_rng(1)
    items = np.stack([rng.permutation(60)[:40] for _ in range(30)])
    items[:, 35:] = -1
    wanted = [rng.integers(0, 60, rng.integers(1, 40)) for _ in range(30)]
    table = blend.Table(items, {"a": rng.random((30, 40), np.float32)}, wanted)
    best = np.argsort(-table.total({"a": 1.0}), axis=1)[:, :25]
    lists = [row[place] for row, place in zip(items, best, strict=True)]
    assert table.objective({"a": 1.0}) == pytest.approx(gains(lists, wanted).mean())
