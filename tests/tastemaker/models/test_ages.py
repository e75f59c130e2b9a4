"""What the ages of items are worth."""

import json

import numpy as np
import pytest

from tastemaker.models.ages import AgeCurve, worth

DAY = 86_400
CURVE = AgeCurve(np.array([0.0, DAY, 2 * DAY]), np.array([1.0, 0.25, 0.125]), DAY)


def test_rate_depends_on_the_age() -> None:
    ages = np.array([-DAY, 0, DAY - 1, DAY, 5 * DAY])
    assert np.exp(CURVE.logarithms(ages)) == pytest.approx([1, 1, 1, 0.25, 0.125])


def test_events_are_expected_of_items_of_the_ages_at_which_they_are_wanted() -> None:
    """At noon of the second day, the first item is a day and a half old, and the last one is not born."""
    born, noon = np.array([0, DAY, 2 * DAY]), DAY + DAY // 2
    found = CURVE.expected(born, np.array([noon, 2 * noon]), np.array([10, 0]))
    assert found == pytest.approx([2, 8, 0])
    assert CURVE.expected(born, np.array([-5]), np.array([3])).tolist() == [0, 0, 0]


def test_expected_events_are_shares_of_the_rates_of_all_items() -> None:
    """They are those that come out time by time."""
    rng = np.random.default_rng(2)
    born, times = rng.integers(0, 9 * DAY, 40), np.append(rng.integers(-DAY, 12 * DAY, 60), [DAY, 2 * DAY])
    born[:3] = 0  # some reach an age at a time exactly
    events, expected = rng.integers(0, 4, len(times)), np.zeros(len(born))
    for time, count in zip(times, events, strict=True):
        rates = np.where(born <= time, np.exp(CURVE.logarithms(time - born)), 0.0)
        expected += count * rates / (rates.sum() or 1.0)
    assert CURVE.expected(born, times, events) == pytest.approx(expected)
    assert CURVE.expected(born[:0], times, events).tolist() == []


def test_item_without_events_is_worth_less_the_longer_nobody_touches_it() -> None:
    found = worth(np.array([0, 0, 0, 30]), np.array([0.0, 1.0, 9.0, 30.0]))
    assert found == pytest.approx([1, 0.5, 0.1, 1])


def test_curve_is_kept_in_the_manifest() -> None:
    stored = AgeCurve.from_json(json.loads(json.dumps(CURVE.to_json())))
    ages = np.arange(0, 4 * DAY, 5_000)
    assert stored.logarithms(ages).tolist() == CURVE.logarithms(ages).tolist() and stored.usual == DAY
