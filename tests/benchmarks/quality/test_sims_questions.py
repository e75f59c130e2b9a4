"""The questions ask for shown items and count later ones, and lists hold what is weighed."""

import numpy as np
import pytest

from benchmarks.quality import sims_questions as sims

HISTORY = np.arange(20)


def test_questions_count_only_what_follows_the_input() -> None:
    asked = dict(sims.questions(HISTORY, np.random.default_rng(0)))
    ((item, wanted),) = asked["last shown, all later"]
    assert item == 17
    assert wanted.tolist() == [18, 19]
    assert [one[1].tolist() for one in asked["each withheld, next"]] == [[18], [19]]


def test_weights_are_common_users_by_popularity() -> None:
    histories = [np.array([0, 1, 1]), np.array([0, 1]), np.array([1, 2])]
    pairs, users = sims.weights(histories, 3, sims.Model(1.0))
    assert users.tolist() == [2, 3, 1]
    assert pairs[0].tolist() == pytest.approx([0, 2 / 3, 0])
    assert sims.answered(pairs, users, 0).tolist() == [1, 2]


def test_distance_of_the_printed_metrics_is_zero() -> None:
    assert sims.distance(np.array(list(sims.PRINTED.values()))) == 0
    assert sims.distance(1.1 * np.array(list(sims.PRINTED.values()))) == pytest.approx(np.log(1.1))
