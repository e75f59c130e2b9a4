"""The objective rewards the next item, all withheld items, and the first ten."""

import numpy as np

from training.tuning.objective import gains, within_chance

LIST = np.arange(25)


def gain(ranked, truth) -> float:
    return float(gains([np.asarray(ranked)], [np.asarray(truth)])[0])


def test_perfect_list_reaches_one_and_a_list_without_hits_zero() -> None:
    assert gain(LIST, [0]) == 1.0
    assert gain(LIST, [99]) == 0.0


def test_earlier_places_are_worth_more() -> None:
    assert gain(LIST, [0, 1]) > gain(LIST, [3, 1]) > gain(LIST, [20, 21]) > 0


def test_next_item_counts_more_than_a_later_one() -> None:
    assert gain(LIST, [0, 99]) > gain(LIST, [99, 0])


def test_loss_within_chance_is_no_loss() -> None:
    rng = np.random.default_rng(0)
    best = rng.random(400)
    each = np.column_stack([best, best + rng.normal(0, 0.3, 400), best - 0.1 - rng.normal(0, 0.3, 400)])
    assert within_chance(each, 0).tolist() == [True, True, False]
