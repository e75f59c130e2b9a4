"""Bulk entry is told from visits, baskets and listening."""

import numpy as np

from tests.training.algorithms.histories import bought
from training.data import bulk
from training.data.prepared import Sequences


def sittings(items: int, seconds: int, users: int = 12, days: int = 3) -> Sequences:
    """On each day each user has so many different items, one after so many seconds."""
    rng = np.random.default_rng(0)
    return bought(
        *[
            [
                (int(item), day * 86_400 + place * seconds)
                for day in range(days)
                for place, item in enumerate(rng.permutation(500)[:items])
            ]
            for _ in range(users)
        ]
    )


def test_many_items_within_minutes_are_bulk_entry() -> None:
    assert bulk.is_bulk(sittings(items=100, seconds=9))
    assert bulk.is_bulk(sittings(items=60, seconds=0))


def test_baskets_visits_and_listening_are_not() -> None:
    assert not bulk.is_bulk(sittings(items=20, seconds=0))  # a basket
    assert not bulk.is_bulk(sittings(items=5, seconds=30))  # a visit
    assert not bulk.is_bulk(sittings(items=100, seconds=200))  # an evening of songs
    assert not bulk.is_bulk(sittings(items=0, seconds=0))


def test_one_item_again_and_again_is_not() -> None:
    assert not bulk.is_bulk(bought([(7, second) for second in range(300)]))
