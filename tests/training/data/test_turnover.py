"""A catalog turns over if its items get events for a short time and new items replace them."""

from dataclasses import replace

import numpy as np

from tastemaker.columns import Columns
from tests.training.algorithms.histories import bought
from training.data.prepared import Prepared
from training.data.turnover import activity_of, find_turnover

HOUR, DAY = 3_600, 86_400
START = 1_600_000_000


def with_events(shop: Prepared, items: np.ndarray, times: np.ndarray, users: int = 40) -> Prepared:
    """The shop with other events, dealt to users in turn, and as many items as they name."""
    people: list[list[tuple[int, int]]] = [[] for _ in range(users)]
    for place in np.argsort(times, kind="stable").tolist():
        people[place % users].append((int(items[place]), int(times[place])))
    count = int(items.max()) + 1
    ids = type(shop.items).build([f"n{number:05}" for number in range(count)])
    created, columns = np.full(count, START, np.int64), Columns(rows=count)
    return replace(shop, items=ids, sequences=bought(*people), item_created=created, item_columns=columns)


def news(shop: Prepared, days: int = 20, life: float = 2 * DAY) -> Prepared:
    """Ten items appear each day, and each is read for `life` seconds."""
    rng = np.random.default_rng(5)
    born = np.repeat(np.arange(days) * DAY, 10) + rng.integers(0, DAY, days * 10)
    items = np.repeat(np.arange(len(born)), 30)
    times = START + born[items] + (rng.random(len(items)) * life).astype(np.int64)
    return with_events(shop, items, times)


def test_news_live_for_some_days(shop: Prepared) -> None:
    found = find_turnover(news(shop))
    assert found is not None
    assert DAY < found.life <= 2 * DAY and HOUR < found.pause < 12 * HOUR


def test_catalog_that_stays_does_not_turn_over(shop: Prepared) -> None:
    assert find_turnover(news(shop, life=20 * DAY)) is None
    rng = np.random.default_rng(6)
    items = rng.integers(0, 100, 4_000)
    assert find_turnover(with_events(shop, items, START + rng.integers(0, 300 * DAY, 4_000))) is None


def test_clocks_that_differ_between_users_are_no_turnover(shop: Prepared) -> None:
    """Each user's events are a minute apart from the same start, as in data that only keep an order."""
    rng = np.random.default_rng(7)
    lengths = np.minimum(rng.geometric(0.15, 600), 150)
    items = rng.integers(0, 300, lengths.sum())
    place = np.arange(len(items)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    assert find_turnover(with_events(shop, items, START + place * 60)) is None


def test_shop_that_closed_a_department_keeps_it(shop: Prepared) -> None:
    """Most items have no events anymore, but the others are as old: nothing replaced them."""
    rng = np.random.default_rng(8)
    items = np.concatenate([rng.integers(20, 200, 4_000), rng.integers(0, 20, 4_000)])
    times = START + np.concatenate([rng.integers(0, 50 * DAY, 4_000), rng.integers(0, 100 * DAY, 4_000)])
    assert find_turnover(with_events(shop, items, times)) is None


def test_few_events_say_nothing(shop: Prepared) -> None:
    small = news(shop, days=1)
    assert len(small.sequences.items) == 300 and find_turnover(small) is None


def test_items_with_hardly_any_events_say_nothing(shop: Prepared) -> None:
    """A young catalog is large: nearly each event is with another item, and none has a life."""
    rng = np.random.default_rng(10)
    items, times = rng.permutation(30_000)[:3_000], START + rng.integers(0, 50 * DAY, 3_000)
    assert find_turnover(with_events(shop, items, times)) is None
    again, soon = np.tile(items[:150], 2), np.concatenate([times[:150], times[:150] + HOUR])
    few = with_events(shop, np.append(items[150:], again), np.append(times[150:], soon))
    assert find_turnover(few) is None


def test_pause_of_news_whose_events_have_dates_is_a_day(shop: Prepared) -> None:
    """Most events of an item have the date of another one."""
    prepared = news(shop)
    sequences = replace(prepared.sequences, times=prepared.sequences.times // DAY * DAY)
    created = sequences.oldest_times(len(prepared.items))
    found = find_turnover(replace(prepared, sequences=sequences, item_created=created))
    assert found == (2 * DAY, DAY)


def test_creation_counts_unless_it_is_a_placeholder(shop: Prepared) -> None:
    prepared = with_events(shop, np.array([0, 1, 2, 3]), START + np.array([50, 60, 70, 80]))
    prepared = replace(prepared, item_created=START + np.array([0, 55, 99, -START]))
    assert (activity_of(prepared).born - START).tolist() == [50, 55, 70, 80]


def test_activity_of_an_item_without_events_is_its_creation(shop: Prepared) -> None:
    prepared = with_events(shop, np.array([0, 2, 2]), START + np.array([5, 9, 7]))
    born, last = activity_of(replace(prepared, item_created=START + np.array([5, 6, 8])))
    assert (born - START).tolist() == [5, 6, 7] and (last - START).tolist() == [5, 6, 9]


def steady(shop: Prepared, *more: tuple[int, int], untouched: int = 60) -> Prepared:
    """A shop whose 300 items are bought over 60 days, with `untouched` others, and more of (item, time)."""
    rng = np.random.default_rng(9)
    items, times = rng.integers(0, 300, 6_000), START + rng.integers(0, 60 * DAY, 6_000)
    for item, time in more:
        items, times = np.append(items, item), np.append(times, time)
    prepared = with_events(shop, items, times)
    latest, size = prepared.latest, len(prepared.items) + untouched
    ids = type(shop.items).build([f"n{number:05}" for number in range(size)])
    created = np.full(size, latest, np.int64)
    np.minimum.at(created, prepared.sequences.items, prepared.sequences.times)
    return replace(prepared, items=ids, item_created=created, item_columns=Columns(rows=size))


def test_event_with_a_wrong_time_makes_no_shop_turn_over(shop: Prepared) -> None:
    prepared = steady(shop, (7, START + 410 * DAY))
    assert find_turnover(prepared) is None
    assert activity_of(prepared).born.max() <= START + 60 * DAY


def test_old_data_that_a_program_adds_some_events_to_today_do_not_turn_over(shop: Prepared) -> None:
    """Demonstrations import events of past years and send a few more now."""
    today = START + 9_000 * DAY
    assert find_turnover(steady(shop, *((item, today + item) for item in range(40)))) is None


def test_items_that_are_to_be_sold_later_make_no_shop_turn_over(shop: Prepared) -> None:
    prepared = steady(shop)
    prepared.item_created[300:] = START + 300 * DAY
    assert find_turnover(prepared) is None
    assert activity_of(prepared).last[300:].max() <= START + 60 * DAY


def test_event_with_a_wrong_time_leaves_news_live(shop: Prepared) -> None:
    prepared = news(shop)
    sequences = prepared.sequences
    sequences.times[-1] += 350 * DAY
    found = find_turnover(replace(prepared, sequences=sequences))
    assert found is not None and found.life <= 2 * DAY


def test_placeholders_of_items_without_events_do_not_make_them_idle(shop: Prepared) -> None:
    """An archive was created before all events, but not if it was at 0 or as most items with events."""
    prepared = with_events(shop, np.array([0, 1, 4]), START + np.array([50, 60, 70]))
    archive = replace(prepared, item_created=START + np.array([50, 60, -START, -999, 70]))
    assert (activity_of(archive).last - START).tolist() == [50, 60, 70, -999, 70]
    of_1994 = 770_000_000
    prepared = replace(prepared, item_created=np.array([of_1994, of_1994, START + 70, of_1994, of_1994]))
    assert (activity_of(prepared).last - START).tolist() == [50, 60, 70, 70, 70]
