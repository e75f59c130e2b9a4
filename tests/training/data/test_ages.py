"""The curve of ages is the one by which the catalog was made."""

from dataclasses import replace

import numpy as np
import pytest

from tastemaker.columns import NUMBER, Column, Columns
from tastemaker.models.ages import worth
from tests.training.data.test_turnover import DAY, START, news, steady, with_events
from training.data.ages import measure
from training.data.creations import CREATION_COLUMN
from training.data.prepared import Ages, Prepared

MEAN_AGE = 2 * DAY


def fading(shop: Prepared, untouched: int = 0, days: int = 60) -> Prepared:
    """Ten items appear each day. Interest in each falls by a factor of e in two days.

    `untouched` more items have no events, and were created at the end of the data, as those are whose
    creation is not known.
    """
    rng = np.random.default_rng(9)
    born = np.repeat(np.arange(days) * DAY, 10) + rng.integers(0, DAY, days * 10)
    items = np.repeat(np.arange(len(born)), 30)
    times = START + born[items] + rng.exponential(MEAN_AGE, len(items)).astype(np.int64)
    kept = times < START + days * DAY
    prepared = with_events(shop, items[kept], times[kept])
    size = len(prepared.items)
    created = np.append(START + born[:size], np.full(untouched, prepared.latest))
    ids = type(shop.items).build([f"n{number:05}" for number in range(size + untouched)])
    prepared = replace(prepared, items=ids, item_created=created)
    return telling(prepared, [float(time) for time in created[:size]] + [None] * untouched)


def telling(prepared: Prepared, creations: list[float | None]) -> Prepared:
    """The same data with these creations in the catalog."""
    columns = Columns({CREATION_COLUMN: Column.build(NUMBER, creations)})
    times = zip(creations, prepared.item_created.tolist(), strict=True)
    created = np.array([usual if told is None else int(told) for told, usual in times])
    return replace(prepared, item_created=created, item_columns=columns)


def by_day(prepared: Prepared) -> Prepared:
    """The same data with the dates of events and without creations."""
    sequences, size = prepared.sequences, len(prepared.items)
    sequences = replace(sequences, times=sequences.times // DAY * DAY)
    created = np.minimum(sequences.oldest_times(size), sequences.span()[1])
    columns = Columns(rows=size)
    return replace(prepared, sequences=sequences, item_created=created, item_columns=columns)


def ages_of(prepared: Prepared) -> Ages:
    found = measure(prepared)
    assert found is not None
    return found


def test_rates_fall_as_the_interest_in_items_does(shop: Prepared) -> None:
    """Also those of young items, of which many have not had the time to get interactions."""
    curve = ages_of(fading(shop)).curve
    middles = (curve.edges[:-1] + curve.edges[1:]) / 2
    early = middles < 2 * MEAN_AGE
    assert early.sum() > 10
    falls = np.log(curve.rates[:-1][early]) + middles[early] / MEAN_AGE
    assert np.ptp(falls) < 0.4


def test_first_day_counts_where_events_only_have_dates(shop: Prepared) -> None:
    """The first day is a part of a day, as items come at any hour."""
    curve = ages_of(by_day(fading(shop))).curve
    assert curve.edges[:4].tolist() == [0, DAY, 2 * DAY, 3 * DAY]
    rates = curve.rates / curve.rates[1]
    assert 0.5 < rates[0] < 0.9
    assert rates[2:4] == pytest.approx([np.exp(-0.5), np.exp(-1)], rel=0.15)


def test_first_event_of_an_item_without_a_creation_says_nothing(shop: Prepared) -> None:
    """It would make the first minutes of items the best, because each has an event at an age of 0."""
    prepared = fading(shop)
    columns, oldest = Columns(rows=len(prepared.items)), prepared.sequences.oldest_times(len(prepared.items))
    curve = ages_of(replace(prepared, item_created=oldest, item_columns=columns)).curve
    assert 0.5 < curve.rates[0] / curve.rates[1] < 1.6


def test_expected_events_are_those_that_items_have(shop: Prepared) -> None:
    """Items get equally many for their ages, so that only chance makes a difference, also at the end."""
    prepared = fading(shop)
    counts, expected = ages_of(prepared).counted(prepared.sequences)
    assert expected.sum() == pytest.approx(counts.sum())
    assert (np.abs(counts - expected) < 5 * np.sqrt(expected + 1)).mean() > 0.99
    newest = np.argsort(prepared.item_created)[-50:]
    assert counts[newest].sum() == pytest.approx(expected[newest].sum(), rel=0.15)
    assert expected[newest].mean() < 0.8 * expected.mean()


def test_event_with_a_wrong_time_changes_no_other_worth(shop: Prepared) -> None:
    """Data with an event of 1970 span half a century, but their items live for days."""
    prepared = fading(shop)
    ages, sequences = ages_of(prepared), prepared.sequences
    before = worth(*ages.counted(sequences))
    times, first = sequences.times.copy(), int(sequences.items[0])
    times[0] = 1
    born = np.where(np.arange(len(before)) == first, 1, ages.activity.born)
    ages = replace(ages, activity=ages.activity._replace(born=born))
    after = worth(*ages.counted(replace(sequences, times=times)))
    others = np.arange(len(before)) != first
    np.testing.assert_allclose(after[others], before[others], rtol=0.15)


def test_events_that_are_held_out_are_not_expected(shop: Prepared) -> None:
    prepared = fading(shop)
    ages, sequences = ages_of(prepared), prepared.sequences
    rest = sequences.keep(sequences.times < START + 50 * DAY)
    _, expected = ages.counted(rest)
    assert expected.sum() == pytest.approx(len(rest.items))
    assert not expected[prepared.item_created >= START + 50 * DAY].any()


def test_item_of_an_unknown_age_has_the_usual_one(shop: Prepared) -> None:
    prepared = fading(shop, untouched=40)
    found = ages_of(prepared)
    assert DAY < found.curve.usual < 10 * DAY
    assert (found.now - found.activity.born[-40:] == found.curve.usual).all()
    known = ages_of(fading(shop))
    np.testing.assert_allclose(found.curve.rates, known.curve.rates, rtol=0.1)


def test_item_that_is_created_at_the_end_of_the_data_or_later_is_new(shop: Prepared) -> None:
    """As it is after a refresh. Later ones are as old as the data end."""
    prepared = fading(shop, untouched=40)
    known, end = prepared.item_created[:-40].tolist(), prepared.latest
    found = ages_of(telling(prepared, [*known, end, end + 1, end + 300 * DAY, *[None] * 37]))
    assert found.activity.born[-40:-37].tolist() == [end] * 3
    assert (found.now - found.activity.born[-37:] == found.curve.usual).all()


def test_creation_of_records_after_the_events_makes_no_item_new(shop: Prepared) -> None:
    prepared = fading(shop, untouched=40)
    found = ages_of(telling(prepared, [float(prepared.latest)] * len(prepared.items)))
    assert (found.now - found.activity.born[-40:] == found.curve.usual).all()


def test_catalog_that_stays_has_no_ages(shop: Prepared) -> None:
    assert measure(steady(shop)) is None and measure(news(shop, life=20 * DAY)) is None
    assert shop.ages is None
