"""Which items are live in a catalog that turns over."""

import numpy as np

from tastemaker.models.turnover import Activity, Turnover, live_items, newest_activity

HOUR = 3600
NOW = 1_000 * HOUR
MANY = np.full(200, NOW)
NEWS = Turnover(life=40 * HOUR, pause=6 * HOUR)


def live(*items: tuple[int, int], latest: int = NOW) -> list[bool]:
    """Which items, born and last active so many hours ago, are live beside two hundred new ones."""
    born, last = (NOW - np.array(hours) * HOUR for hours in zip(*items, strict=True))
    activity = Activity(np.concatenate([MANY, born]), np.concatenate([MANY, last]))
    found = live_items(activity, latest, NEWS).tolist()
    assert all(found[: len(MANY)])
    return found[len(MANY) :]


def test_items_are_live_while_they_are_young_or_get_interactions() -> None:
    assert live((39, 30), (41, 5), (900, 0)) == [True, True, True]
    assert live((41, 7), (900, 800)) == [False, False]


def test_some_events_in_the_future_make_no_other_item_idle() -> None:
    assert live(*[(0, -9_000)] * 10, latest=NOW + 9_000 * HOUR) == [True] * 10


def test_items_that_were_added_after_the_last_event_do_not_make_the_others_idle() -> None:
    assert live(*[(-300, -300)] * 100) == [True] * 100
    assert newest_activity(np.concatenate([MANY, MANY + 300 * HOUR]), NOW) == NOW


def test_small_and_empty_catalogs_have_live_items() -> None:
    times = np.array([NOW, NOW - 50 * HOUR])
    assert live_items(Activity(times, times), NOW, NEWS).tolist() == [True, False]
    none = np.zeros(0, np.int64)
    assert live_items(Activity(none, none), NOW, NEWS).tolist() == []


def test_mask_can_be_cached() -> None:
    assert not live_items(Activity(MANY, MANY), NOW, NEWS).flags.writeable
