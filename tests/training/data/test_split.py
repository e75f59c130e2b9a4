"""Which users are held out, and how many of their events."""

import numpy as np

from training.data.prepared import Prepared
from training.data.split import Cases, shown, test_cases, validation_cases, without
from training.tuning.objective import gains, truths

test_cases.__test__ = False  # type: ignore[attr-defined]


def test_split_has_a_tenth_of_users_and_a_tenth_of_their_events(shop: Prepared) -> None:
    cases = test_cases(shop.sequences, seed=0)
    assert len(cases) == 6
    assert (cases.shown == 18).all()
    assert all(len(truth) == 2 for truth in truths(shop.sequences, cases))


def test_seed_decides_which_users_are_drawn(shop: Prepared) -> None:
    first, again, other = (test_cases(shop.sequences, seed).users for seed in (0, 0, 1))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_every_case_shows_one_event_and_withholds_one() -> None:
    assert shown(np.array([2, 4, 10, 16, 100])).tolist() == [1, 3, 9, 14, 90]


def test_training_excludes_test_users_and_the_truth_of_validation_users(shop: Prepared) -> None:
    cases = test_cases(shop.sequences, seed=0)
    training = without(shop.sequences, cases, whole=True)
    assert training.lengths[cases.users].sum() == 0
    assert len(training.items) == 54 * 20
    held = validation_cases(training, seed=0)
    assert not set(held.users) & set(cases.users)
    assert (without(training, held, whole=False).lengths[held.users] == 18).all()


def test_shown_events_are_older_than_the_truth(shop: Prepared) -> None:
    cases = Cases(np.array([3]), np.array([15]))
    history, truth = shop.sequences.history(3, 15), truths(shop.sequences, cases)[0]
    assert np.concatenate([history.items, truth]).tolist() == shop.sequences.history(3).items.tolist()


def test_objective_is_one_for_a_perfect_list_and_zero_for_a_wrong_one() -> None:
    wanted = [np.array([4, 9])]
    assert gains([np.array([4, 9, 1])], wanted)[0] == 1.0
    assert gains([np.array([1, 2, 3])], wanted)[0] == 0.0
    assert 0.5 < gains([np.array([9, 4, 1])], wanted)[0] < 1.0


def test_short_histories_give_fewer_validation_users(shop: Prepared) -> None:
    short = shop.sequences.truncated(np.full(shop.sequences.users, 2))
    held = validation_cases(short, seed=0)
    assert (held.shown == 1).all()
    assert len(held) == 24  # a fifth of 120 events
