"""Which items are live in a catalog that turns over."""

import numpy as np

from tastemaker.models.turnover import live_items, newest_activity

HOUR = 3600
NOW = 1_000 * HOUR
MANY = np.full(200, NOW)


def test_items_are_idle_after_the_limit() -> None:
    times = np.concatenate([MANY, NOW - np.array([1, 9, 10, 11]) * HOUR])
    assert live_items(times, NOW, 10 * HOUR)[-4:].tolist() == [True, True, True, False]


def test_some_events_in_the_future_make_no_other_item_idle() -> None:
    future = NOW + 9_000 * HOUR
    assert live_items(np.concatenate([MANY, np.full(10, future)]), future, HOUR).all()


def test_items_that_were_added_after_the_last_event_do_not_make_the_others_idle() -> None:
    times = np.concatenate([MANY, np.full(100, NOW + 300 * HOUR)])
    assert newest_activity(times, NOW) == NOW
    assert live_items(times, NOW, HOUR).all()


def test_small_and_empty_catalogs_have_live_items() -> None:
    assert live_items(np.array([NOW, NOW - 5 * HOUR]), NOW, HOUR).tolist() == [True, False]
    assert live_items(np.zeros(0, np.int64), NOW, HOUR).tolist() == []


def test_mask_can_be_cached() -> None:
    assert not live_items(MANY, NOW, HOUR).flags.writeable
