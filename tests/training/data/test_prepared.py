"""Sequences: cuts and positions of the events of each user."""

from dataclasses import replace

import numpy as np

from training.data.prepared import Sequences


def sequences() -> Sequences:
    """Three users with three, no and two events."""
    return Sequences(
        np.array([0, 3, 3, 5]),
        np.array([7, 8, 9, 7, 8], np.int32),
        np.array([10, 20, 40, 100, 104]),
        np.zeros(5, np.int16),
        np.array([1, 0, 1, 1, 0], np.float32),
        np.arange(5, dtype=np.int32)[:, None],
    )


def test_owners_and_places_follow_the_offsets() -> None:
    found = sequences()
    assert (found.users, found.lengths.tolist()) == (3, [3, 0, 2])
    assert found.owners().tolist() == [0, 0, 0, 2, 2]
    assert found.places().tolist() == [0, 1, 2, 0, 1]


def test_users_keep_their_positions_when_events_are_left_out() -> None:
    found = sequences()
    kept = found.keep(found.weights > 0)
    assert kept.offsets.tolist() == [0, 2, 2, 3]
    assert (kept.items.tolist(), kept.context.ravel().tolist()) == ([7, 9, 7], [0, 2, 3])


def test_truncated_histories_have_their_oldest_events() -> None:
    found = sequences().truncated(np.array([1, 0, 2]))
    assert found.offsets.tolist() == [0, 1, 1, 3]
    assert found.times.tolist() == [10, 100, 104]


def test_history_ends_before_the_given_event() -> None:
    assert sequences().history(0, 2).items.tolist() == [7, 8]
    assert sequences().history(2).items.tolist() == [7, 8]
    assert sequences().history(1).items.tolist() == []


def test_typical_gap_ignores_the_time_between_users() -> None:
    assert sequences().typical_gap() == int(np.quantile([10, 20, 4], 0.75))
    empty = sequences().keep(np.zeros(5, bool))
    assert empty.typical_gap() == 0


def test_events_of_an_interval_have_their_mean_time() -> None:
    times, events = sequences().intervals(20)
    assert times.tolist() == [10, 20, 40, 102] and events.tolist() == [1, 1, 1, 2]
    times, events = replace(sequences(), times=np.array([-1, -1, -1, 7, 9])).intervals(1_000)
    assert times.tolist() == [-1, 8] and events.tolist() == [3, 2]
    assert sequences().keep(np.zeros(5, bool)).intervals(20)[0].tolist() == []
