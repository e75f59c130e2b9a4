"""Events of one time that are sorted by item id are mixed."""

from dataclasses import replace

import numpy as np

from tastemaker.ids import Ids
from training.data.events import Events
from training.data.ties import mixed
from training.distributed.process_group import SINGLE


def receipts(lines: int = 6, users: int = 50, each: int = 8, *, seconds: int = 0) -> Events:
    """Users with receipts of distinct random items, sorted by id. `seconds` lie between the lines."""
    rng, count = np.random.default_rng(2), users * each * lines
    item = np.concatenate([np.sort(rng.permutation(90)[:lines]) for _ in range(users * each)])
    time = (
        np.tile(np.repeat(np.arange(each) * 86_400, lines), users)
        + np.tile(np.arange(lines), users * each) * seconds
    )
    nothing, none = Ids.build([]), np.full(count, np.nan)
    return Events(
        Ids.build([f"u{number:02}" for number in range(users)]),
        Ids.build([f"i{number:02}" for number in range(90)]),
        nothing,
        (),
        np.arange(users + 1) * each * lines,
        item.astype(np.int32),
        time.astype(np.int64) + 1_600_000_000,
        np.full(count, -1, np.int16),
        none,
        np.zeros((count, 0), np.int32),
    )


def rising(events: Events) -> float:
    """The share of neighbors of one receipt that rise."""
    same = events.time[1:] == events.time[:-1]
    return float(np.mean((events.item[1:] > events.item[:-1])[same]))


def baskets(events: Events) -> list[tuple[int, ...]]:
    """The items of each receipt, sorted."""
    ends = np.flatnonzero(np.diff(events.time) != 0) + 1
    return [tuple(sorted(part.tolist())) for part in np.split(events.item, ends)]


def test_sorted_lines_of_receipts_are_mixed_and_stay_in_their_receipt() -> None:
    events = receipts()
    found = mixed(events, SINGLE)
    assert rising(events) == 1.0 and 0.45 < rising(found) < 0.55
    assert found.time.tolist() == events.time.tolist() and baskets(found) == baskets(events)


def test_order_does_not_depend_on_other_users() -> None:
    events, half = receipts(), 25 * 48
    some = replace(
        events,
        **{name: getattr(events, name)[:half] for name in ("item", "time", "event_type", "value", "context")},
        offsets=events.offsets[:26],
    )
    assert mixed(some, SINGLE).item.tolist() == mixed(events, SINGLE).item[:half].tolist()


def test_unsorted_lines_and_lines_with_times_of_their_own_stay_as_they_are() -> None:
    events = receipts()
    unsorted = replace(events, item=mixed(events, SINGLE).item)
    assert mixed(unsorted, SINGLE) is unsorted
    timed = receipts(seconds=1)
    assert mixed(timed, SINGLE) is timed


def test_lessons_that_are_taken_in_the_order_of_their_ids_stay_as_they_are() -> None:
    events = receipts()
    lessons = replace(events, item=np.tile(np.arange(48), 50).astype(np.int32))
    assert mixed(lessons, SINGLE) is lessons


def test_few_pairs_are_no_evidence_and_no_events_are_fine() -> None:
    events = receipts(users=4)
    assert mixed(events, SINGLE) is events
    empty = replace(
        receipts(users=1),
        **{name: getattr(events, name)[:0] for name in ("item", "time", "event_type", "value", "context")},
        offsets=np.zeros(2, np.int64),
    )
    assert mixed(empty, SINGLE) is empty
