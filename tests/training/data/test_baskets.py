"""Validation data are split between baskets where events are baskets."""

import numpy as np

from training.data.baskets import baskets, between
from training.data.prepared import Sequences
from training.data.split import validation_cases


def histories(items: np.ndarray, times: np.ndarray, users: int) -> Sequences:
    """Users with equally many events."""
    count = len(items)
    return Sequences(
        np.arange(users + 1) * (count // users),
        items.astype(np.int32),
        times.astype(np.int64),
        np.full(count, -1, np.int16),
        np.ones(count, np.float32),
        np.zeros((count, 0), np.int32),
    )


def weekly(users: int = 40, weeks: int = 6, size: int = 7) -> Sequences:
    """A basket of seven different items each week."""
    rng = np.random.default_rng(0)
    items = np.concatenate([rng.permutation(200)[:size] for _ in range(users * weeks)])
    times = np.tile(np.repeat(np.arange(weeks) * 604_800, size), users) + 1_600_000_000
    return histories(items, times, users)


def test_validation_splits_no_basket() -> None:
    sequences = weekly()
    cases = validation_cases(sequences, 0)
    assert len(cases)
    held_in = baskets(sequences)
    for user, shown in zip(cases.users, cases.shown, strict=True):
        at = int(sequences.offsets[user] + shown)
        assert held_in[at] != held_in[at - 1]
        assert 0 < shown < sequences.lengths[user]


def test_visits_in_which_users_return_to_items_are_split_anywhere() -> None:
    sequences = weekly()
    viewed = np.repeat(sequences.items[::2], 2)[: len(sequences.items)]  # each item twice in a row
    visits = histories(viewed, sequences.times, sequences.users)
    shown = np.full(sequences.users, 38)
    assert np.array_equal(between(visits, np.arange(sequences.users), shown), shown)


def test_user_with_one_basket_is_split_inside_it() -> None:
    sequences = weekly(weeks=1)
    shown = np.full(sequences.users, 6)
    assert np.array_equal(between(sequences, np.arange(sequences.users), shown), shown)
