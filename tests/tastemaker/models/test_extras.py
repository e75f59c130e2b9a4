"""What sparse parts add for several users at once: against one user alone, and each part over all items."""

import numpy as np
import pytest

from tastemaker.models import extras, parts
from tastemaker.models.extras import SparseParts
from tastemaker.models.sparse import SparseRows

ITEMS = 90
SETTINGS = {
    "repeat": {"weight": 0.5, "halfLife": 0.5},
    "transitions": {"weight": 1.0, "halfLife": 2.0},
    "seen": {"weight": -0.7},
    "linear": {"weight": 0.3, "halfLife": 5.0},
}


def rows(seed: int, longest: int) -> SparseRows:
    """Rows of different lengths; some are empty."""
    rng = np.random.default_rng(seed)
    columns = [rng.choice(ITEMS, rng.integers(0, longest), replace=False) for _ in range(ITEMS)]
    offsets = np.cumsum([0, *map(len, columns)])
    return SparseRows(
        offsets, np.concatenate(columns).astype(np.int32), rng.random(offsets[-1]).astype(np.float32)
    )


RATES = np.random.default_rng(4).uniform(0.1, 3.0, ITEMS).astype(np.float32)
"""How often users come back to each item."""


def sparse_parts(longest: int) -> SparseParts:
    return SparseParts(SETTINGS, {"transitions": rows(1, longest), "linear": rows(2, longest)}, ITEMS, RATES)


def histories() -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    return [rng.integers(0, ITEMS // 2, length).astype(np.int32) for length in (20, 0, 1, 60, 3, 0)]


@pytest.mark.parametrize("longest", [2, 40])
def test_items_of_users_together_are_those_of_each_user_alone(longest: int) -> None:
    given = sparse_parts(longest)
    for history, together in zip(histories(), given.extras(histories()), strict=True):
        (alone,) = given.extras([history])
        assert together.items.tolist() == alone.items.tolist()
        assert together.values.tolist() == alone.values.tolist(), "not a single bit differs"
        assert len(set(together.items.tolist())) == len(together.items)


@pytest.mark.parametrize("slots", [0, extras.SLOTS])
def test_items_get_what_the_parts_give_beyond_all_other_items(
    slots: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "SLOTS", slots)  # without slots, many items are in one
    given = sparse_parts(40)
    for history, found in zip(histories(), given.extras(histories()), strict=True):
        dense = np.zeros(ITEMS)
        dense[found.items] = found.values
        of_parts = {
            "repeat": parts.repeat(ITEMS, history, 0.5, RATES),
            "transitions": parts.transitions(given.rows["transitions"], history, 2.0),
            "seen": parts.seen(ITEMS, history),
            "linear": parts.linear(given.rows["linear"], history, 5.0),
        }
        wanted = sum(
            settings["weight"] * of_parts[name].astype(np.float64) for name, settings in SETTINGS.items()
        )
        difference = dense - wanted
        assert difference == pytest.approx(np.full(ITEMS, difference.mean()), abs=2e-4)


def test_no_parts_add_nothing() -> None:
    assert [len(one.items) for one in SparseParts({}, {}, ITEMS).extras(histories())] == [0] * 6
