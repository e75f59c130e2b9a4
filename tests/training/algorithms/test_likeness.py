"""Rows of neighbors in the order of common users and of how alike items are."""

import numpy as np
import pytest

from tastemaker.models.features import FeatureColumn, FeatureRows, FeatureSpace
from tastemaker.models.sparse import SparseRows
from tastemaker.models.topk import top_k
from training.algorithms import likeness
from training.algorithms.content import COLD, Resemblance
from training.algorithms.likeness import Likeness

SHELVES, COLORS, EACH = 8, 4, 12
ITEMS = SHELVES * EACH
NEW = 6


def catalog(seed: int = 0) -> tuple[FeatureSpace, FeatureRows, np.ndarray]:
    """Items with a shelf, which says what goes together, and a color, which says nothing."""
    rng = np.random.default_rng(seed)
    shelf = np.append(np.arange(ITEMS) % SHELVES, np.arange(NEW) % SHELVES)
    color = rng.integers(COLORS, size=ITEMS + NEW)
    space = FeatureSpace(
        (
            FeatureColumn("SHELF", "categorical", 0, values=tuple(f"s{n}" for n in range(SHELVES))),
            FeatureColumn("COLOR", "categorical", SHELVES, values=tuple(f"c{n}" for n in range(COLORS))),
        )
    )
    codes = np.column_stack([shelf, SHELVES + color]).ravel().astype(np.int32)
    offsets = np.arange(ITEMS + NEW + 1) * 2
    return space, FeatureRows(offsets, codes, np.ones(len(codes), np.float32)), shelf


def noisy_rows(seed: int = 1) -> SparseRows:
    """Every known item is a neighbor of every other with a random number of users."""
    rng = np.random.default_rng(seed)
    columns = np.concatenate([np.delete(np.arange(ITEMS), item) for item in range(ITEMS)])
    users = rng.gamma(2.0, size=len(columns))
    offsets = np.append(np.arange(ITEMS + 1) * (ITEMS - 1), [ITEMS * (ITEMS - 1)] * NEW)
    return SparseRows(
        offsets.astype(np.int64),
        columns.astype(np.int32),
        users.astype(np.float32),
    )


@pytest.fixture(scope="module")
def shop() -> tuple[SparseRows, Likeness, Resemblance, np.ndarray]:
    """Rows, and a likeness whose weights are chosen where users stay on a shelf."""
    space, features, shelf = catalog()
    rng = np.random.default_rng(2)
    like, alike = Likeness(space, features, None), Resemblance(features, None, np.arange(ITEMS))
    asked = rng.integers(ITEMS, size=400).tolist()
    wanted = [
        rng.permutation(np.setdiff1d(np.flatnonzero(shelf[:ITEMS] == shelf[i]), [i]))[:2] for i in asked
    ]
    rows = noisy_rows()
    like.weights = likeness.choose(rows, like, alike, asked, wanted)
    return rows, like, alike, shelf


def first(rows: SparseRows, item: int) -> np.ndarray:
    """The five best of a row."""
    columns, values = rows.row(item)
    return columns[top_k(values, 5)]


def test_weights_tell_informative_attributes_from_others(shop) -> None:
    _, like, _, _ = shop
    by_name = dict(zip(like.names, like.weights.tolist(), strict=True))
    assert by_name["SHELF"] > 2.0
    assert by_name["COLOR"] < 0.2 * by_name["SHELF"]


def test_attributes_order_the_rows_of_known_items(shop) -> None:
    rows, like, alike, shelf = shop
    interactions = np.append(np.full(ITEMS, 50), np.zeros(NEW, int))
    found = likeness.fit(rows, like, alike, interactions, interactions < COLD)

    def same(all_rows: SparseRows) -> float:
        shares = []
        for item in range(ITEMS):
            columns, values = all_rows.row(item)
            shares.append(np.mean(shelf[columns[top_k(values, 10)]] == shelf[item]))
        return float(np.mean(shares))

    assert same(rows) < 0.2
    assert same(found) > 0.9


def test_new_items_have_places_in_the_rows_of_items_like_them(shop) -> None:
    rows, like, alike, shelf = shop
    interactions = np.append(np.full(ITEMS, 50), np.zeros(NEW, int))
    found = likeness.fit(rows, like, alike, interactions, interactions < COLD)
    hosts = 0
    for item in range(ITEMS):
        columns, values = found.row(item)
        ranked = columns[top_k(values, 25)]
        there = np.flatnonzero(ranked >= ITEMS)
        assert len(there) <= len(likeness.NEW_PLACES)
        assert all(place + 1 >= likeness.NEW_PLACES[0] for place in there)
        assert (shelf[ranked[there]] == shelf[item]).all()
        hosts += len(there) > 0
    assert hosts >= 0.7 * ITEMS * min(NEW, SHELVES) / SHELVES


def test_old_items_that_hardly_anybody_had_have_no_place() -> None:
    space, features, _ = catalog()
    like, alike = Likeness(space, features, None), Resemblance(features, None, np.arange(ITEMS))
    interactions = np.append(np.full(ITEMS, 50), np.ones(NEW, int))
    found = likeness.fit(noisy_rows(), like, alike, interactions, np.zeros(ITEMS + NEW, bool))
    for item in range(ITEMS):
        columns, values = found.row(item)
        assert columns[top_k(values, 25)].max() < ITEMS


def test_order_of_users_stays_where_attributes_say_nothing() -> None:
    space, features, _ = catalog()
    like, alike = Likeness(space, features, None), Resemblance(features, None, np.arange(ITEMS))
    rows, rng = noisy_rows(), np.random.default_rng(4)
    asked = rng.integers(ITEMS, size=400).tolist()
    wanted = []
    for item in asked:
        columns, values = rows.row(item)
        wanted.append(columns[top_k(values, 3)])
    like.weights = likeness.choose(rows, like, alike, asked, wanted)
    nothing_new = np.zeros(ITEMS + NEW, bool)
    found = likeness.fit(rows, like, alike, np.append(np.full(ITEMS, 50), np.zeros(NEW, int)), nothing_new)
    kept = [len(np.intersect1d(first(rows, item), first(found, item))) for item in range(ITEMS)]
    assert np.mean(kept) > 4.0


def test_texts_are_compared_too() -> None:
    space, _, shelf = catalog()
    texts = np.eye(SHELVES, dtype=np.float32)[shelf]
    like = Likeness(space, FeatureRows.empty(ITEMS + NEW), texts)
    others = np.array([SHELVES, 1])
    assert like.columns(0, others).tolist() == [[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]


def test_likeness_of_several_values_counts_the_shared_ones() -> None:
    space = FeatureSpace((FeatureColumn("GENRE", "categorical", 0, values=("a", "b", "c")),))
    codes = np.array([0, 1, 0, 1, 0, 2], np.int32)
    features = FeatureRows(np.array([0, 2, 4, 5, 6]), codes, np.array([0.5, 0.5, 0.5, 0.5, 1, 1], np.float32))
    found = Likeness(space, features, None).columns(0, np.array([1, 2, 3]))[:, 0]
    assert found[0] == pytest.approx(1.0)
    assert 0.3 < found[1] < 0.9
    assert found[2] == 0.0


def test_attributes_never_cost_the_next_item() -> None:
    """Users choose by common users alone, so a weight for the shelf would put other items first."""
    space, features, _ = catalog()
    like, alike = Likeness(space, features, None), Resemblance(features, None, np.arange(ITEMS))
    rows = noisy_rows()
    asked = np.random.default_rng(5).integers(ITEMS, size=300).tolist()
    wanted = [first(rows, item)[:1] for item in asked]
    like.weights = likeness.choose(rows, like, alike, asked, wanted)
    assert np.abs(like.weights).max() < 0.2


def test_without_an_order_likeness_counts_as_far_as_chance_explains_its_loss() -> None:
    """What users want has nothing to do with shelves, and they want little of what others have."""
    space, features, _ = catalog()
    like, alike = Likeness(space, features, None), Resemblance(features, None, np.arange(ITEMS))
    rows, rng = noisy_rows(), np.random.default_rng(6)
    asked = rng.integers(ITEMS, size=200).tolist()
    wanted = [rng.permutation(np.delete(np.arange(ITEMS), item))[:4] for item in asked]
    by_chance = likeness.choose(rows, like, alike, asked, wanted, in_order=False)
    assert by_chance[0] > 0.0
    clearly = [first(rows, item)[:3] for item in asked]
    assert likeness.choose(rows, like, alike, asked, clearly, in_order=False)[0] < 0.2


def test_numbers_get_no_addition() -> None:
    space = FeatureSpace(
        (
            FeatureColumn("SHELF", "categorical", 0, values=("a", "b")),
            FeatureColumn("PRICE", "number", 2, edges=(1.0, 2.0)),
        )
    )
    rows = FeatureRows(np.array([0, 2]), np.array([0, 2], np.int32), np.ones(2, np.float32))
    assert Likeness(space, rows, None).tells.tolist() == [1.0, 0.0, 1.0]


@pytest.mark.parametrize(("in_order", "price"), [(True, 1.0), (False, 0.0)])
def test_numbers_have_no_weight_without_order_also_if_nothing_was_learned(
    in_order: bool, price: float
) -> None:
    space = FeatureSpace(
        (
            FeatureColumn("SHELF", "categorical", 0, values=("a", "b")),
            FeatureColumn("PRICE", "number", 2, edges=(1.0, 2.0)),
        )
    )
    rows = FeatureRows(np.array([0, 2, 4]), np.array([0, 2, 1, 3], np.int32), np.ones(4, np.float32))
    like, alike = Likeness(space, rows, None), Resemblance(rows, None, np.arange(2))
    weights = likeness.choose(
        SparseRows(np.array([0, 1, 1]), np.array([1], np.int32), np.ones(1, np.float32)),
        *(like, alike, [0], [np.array([0])]),
        in_order=in_order,
    )
    assert weights.tolist() == [1.0, price, 1.0]
