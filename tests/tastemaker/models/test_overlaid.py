"""Shared scores with exceptions, against the same scores one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tastemaker.masks import Mask
from tastemaker.models.extras import Extra
from tastemaker.models.overlaid import Overlaid, Shared
from tastemaker.models.scores import Asked, Dense, Scores, prepare

ITEMS = 60
SHARED = ["all", "nothing", "fixed", "writeable"]


def shared_mask(rng: np.random.Generator, kind: str) -> Mask:
    """A mask of this kind without changed rows."""
    if kind in ("all", "nothing"):
        return Mask(ITEMS, kind == "all")
    flags = rng.random(ITEMS) < rng.random()
    flags.flags.writeable = kind == "writeable"
    return Mask.of(flags)


def changed(rng: np.random.Generator, mask: Mask) -> Mask:
    """The same mask, different in a few rows, or in nearly all."""
    rows = np.flatnonzero(rng.random(ITEMS) < rng.choice([0.0, 0.1, 0.97]))
    return Mask(ITEMS, mask.shared, rows)


def both(seed: int, some: int) -> tuple[Overlaid, Dense, np.random.Generator]:
    """The scores with `some` exceptions. Rounded, so that many are equal."""
    rng = np.random.default_rng(seed)
    values = np.round(rng.normal(0, 2, ITEMS)).astype(np.float32)
    items = np.sort(rng.choice(ITEMS, some, replace=False))
    more = np.round(rng.normal(0, 3, some)).astype(np.float32)
    dense = values.copy()
    dense[items] += more
    return Overlaid(Shared(values), Extra(items, more)), Dense(dense), rng


@settings(deadline=None)
@given(
    seed=st.integers(0, 500),
    some=st.integers(0, ITEMS),
    count=st.integers(0, ITEMS + 5),
    masked=st.sampled_from(["none", *SHARED]),
)
def test_best_items_and_sums_equal_those_of_all_scores(seed: int, some: int, count: int, masked: str) -> None:
    overlaid, dense, rng = both(seed, some)
    mask = None if masked == "none" else changed(rng, shared_mask(rng, masked))
    for _ in range(2):  # the second time from what was kept
        assert overlaid.top(count, mask).tolist() == dense.top(count, mask).tolist()
        assert overlaid.log_sum(mask) == pytest.approx(dense.log_sum(mask), abs=1e-4)
    assert overlaid.of([0, 5, ITEMS - 1]).tolist() == dense.of([0, 5, ITEMS - 1]).tolist()


def test_items_without_a_score_are_never_best() -> None:
    values = np.array([1.0, -np.inf, 0.0], np.float32)
    overlaid = Overlaid(Shared(values), Extra(np.array([2]), np.array([3.0], np.float32)))
    assert overlaid.top(3).tolist() == [2, 0]
    assert overlaid.log_sum() == pytest.approx(np.log(np.exp(1.0) + np.exp(3.0)), abs=1e-6)


@settings(deadline=None)
@given(
    seed=st.integers(0, 300),
    sizes=st.lists(st.integers(0, ITEMS), min_size=1, max_size=6),
    count=st.integers(0, 12),
    masks=st.sampled_from(["none", "one", "each", "mixed", "exceptions"]),
    kind=st.sampled_from(SHARED),
    whole=st.booleans(),
)
def test_answers_prepared_together_equal_those_of_all_scores(
    seed: int, sizes: list[int], count: int, masks: str, kind: str, whole: bool
) -> None:
    rng = np.random.default_rng(seed)
    values = np.round(rng.normal(0, 2, ITEMS)).astype(np.float32)
    shared, other = Shared(values), Shared(values - 1)
    users: list[Scores] = [Dense(values)]
    for number, some in enumerate(sizes):
        items = rng.choice(ITEMS, some, replace=False)
        extra = Extra(items, np.round(rng.normal(0, 3, some)).astype(np.float32))
        users.append(Overlaid(other if number % 3 == 2 else shared, extra))
    allowed = [changed(rng, shared_mask(rng, kind)) for _ in users]
    if masks == "one":
        allowed = [allowed[0]] * len(users)
    if masks == "exceptions":
        allowed = [changed(rng, allowed[0]) for _ in users]
    chosen = [
        None if masks == "none" or (masks == "mixed" and number % 2) else mask
        for number, mask in enumerate(allowed)
    ]
    summed = [None] * len(users) if whole else chosen
    found = prepare(users, [Asked(count, *masks) for masks in zip(chosen, summed, strict=True)])
    assert found[0] is users[0], "what is not faster together is computed one by one"
    for user, scores, mask, over in zip(users, found, chosen, summed, strict=True):
        dense = Dense(user.dense)
        items, best = scores.best(count, mask)
        assert items.tolist() == dense.top(count, mask).tolist()
        assert best.tolist() == dense.of(items).tolist()
        assert scores.log_sum(over) == pytest.approx(dense.log_sum(over), abs=1e-4)
        assert scores.top(3).tolist() == dense.top(3).tolist()  # what was not prepared


def test_sum_of_what_is_left_when_nearly_everything_is_taken_away_keeps_its_digits() -> None:
    values = np.full(ITEMS, -20.0, np.float32)
    values[7] = 20.0
    nothing = Extra(np.zeros(0, np.int64), np.zeros(0, np.float32))
    overlaid = Overlaid(Shared(values), nothing)
    assert overlaid.log_sum(Mask(ITEMS, True, np.array([7]))) == pytest.approx(np.log(59) - 20, abs=1e-5)
