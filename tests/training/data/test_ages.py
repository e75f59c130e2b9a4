"""The rates of interactions at each age are those by which the catalog was made."""

import numpy as np

from tests.training.data.test_turnover import DAY, START, with_events
from training.data import ages
from training.data.prepared import Prepared
from training.data.turnover import find_turnover

MEAN_AGE = 2 * DAY


def fading(shop: Prepared, days: int = 60) -> Prepared:
    """Ten items appear each day. The rate of interactions with each falls by a factor of e in two days."""
    rng = np.random.default_rng(9)
    born = np.repeat(np.arange(days) * DAY, 10) + rng.integers(0, DAY, days * 10)
    items = np.repeat(np.arange(len(born)), 30)
    times = START + born[items] + rng.exponential(MEAN_AGE, len(items)).astype(np.int64)
    kept = times < START + days * DAY
    return with_events(shop, items[kept], times[kept])


def test_rates_fall_as_the_interest_in_items_does(shop: Prepared) -> None:
    prepared = fading(shop)
    turnover = find_turnover(prepared)
    assert turnover is not None
    curve = ages.measure(prepared, turnover).curve
    middles = (curve.edges[:-1] + curve.edges[1:]) / 2
    early = middles < 2 * MEAN_AGE
    expected = np.log(30 / MEAN_AGE) - middles[early] / MEAN_AGE
    assert early.sum() > 10
    np.testing.assert_allclose(np.log(curve.rates[early]), expected, atol=0.25)


def test_items_that_have_just_appeared_get_the_rate_of_their_age(shop: Prepared) -> None:
    """An item that is one day old was never able to get interactions at an age of ten days."""
    prepared = fading(shop)
    turnover = find_turnover(prepared)
    assert turnover is not None
    found = ages.measure(prepared, turnover)
    now = found.scores(found.newest)
    young = np.abs(found.newest - found.born - DAY) < DAY / 2
    old = np.abs(found.newest - found.born - 8 * DAY) < DAY / 2
    assert now[young].min() > now[old].max() + 3
