"""Figures, reckoned by hand."""

import math
from typing import Any

import pytest

from tastemaker.attribution import Event, Figure, Metric, Sources, Tally
from tastemaker.attribution.sources import UNDEFINED
from tastemaker.attribution.tally import recent
from tastemaker.contracts import recommendation_ids

HOME = "arn:aws:personalize:eu-west-1:123456789012:campaign/home"
NOON = 1_700_049_600  # a multiple of 900: 2023-11-15T12:00:00Z
METRICS = [
    Metric.parse({"metricName": name, "eventType": kind, "expression": expression})
    for name, kind, expression in (
        ("views", "view", "SAMPLECOUNT()"),
        ("income", "buy", "SUM(Items.PRICE)"),
        ("minutes", "view", "SUM(Interactions.EVENT_VALUE)"),
    )
]


@pytest.fixture
def tally() -> Tally:
    return Tally(METRICS, Sources([HOME]))


def view(at: int, value: Any = None, **more: Any) -> Event:
    return Event("view", at, values={"EVENT_VALUE": value}, **more)


def test_figures_by_metric_source_and_quarter(tally: Tally) -> None:
    answer = recommendation_ids.new(HOME)
    tally.add(view(NOON, 2.5, recommendation_id=answer))
    tally.add(view(NOON + 899, 4, recommendation_id=answer))
    tally.add(view(NOON + 900, 1.0, recommendation_id=answer))
    tally.add(view(NOON + 1, 7.0, named_source="mail"))
    tally.add(view(NOON + 2))
    assert tally.figures() == [
        Figure("views", HOME, NOON + 900, 1, 1.0, 1.0, 1.0),
        Figure("views", UNDEFINED, NOON, 1, 1.0, 1.0, 1.0),
        Figure("views", HOME, NOON, 2, 2.0, 1.0, 1.0),
        Figure("views", "mail", NOON, 1, 1.0, 1.0, 1.0),
        Figure("minutes", HOME, NOON + 900, 1, 1.0, 1.0, 1.0),
        Figure("minutes", HOME, NOON, 2, 6.5, 2.5, 4.0),
        Figure("minutes", "mail", NOON, 1, 7.0, 7.0, 7.0),
    ]


def test_item_columns_are_added_up_after_all_events(tally: Tally) -> None:
    for item, times in (("tea", 3), ("bread", 1), ("gone", 2), ("free", 1)):
        for _ in range(times):
            tally.add(Event("buy", NOON, item=item))
    tally.add(Event("buy", NOON, item="bread", named_source="mail"))
    tally.add(Event("buy", NOON))  # an event without an item has no price
    assert set(tally.items) == {"tea", "bread", "gone", "free"}
    assert (tally.columns, tally.item_columns) == (["EVENT_VALUE"], ["PRICE"])
    prices: list[tuple[str, dict[str, Any]]] = [
        ("tea", {"PRICE": 4.0}),
        ("bread", {"PRICE": 1.5}),
        ("free", {"PRICE": None}),
    ]
    assert tally.figures(prices) == [
        Figure("income", UNDEFINED, NOON, 4, 13.5, 1.5, 4.0),
        Figure("income", "mail", NOON, 1, 1.5, 1.5, 1.5),
    ]


def test_events_of_other_types_are_ignored(tally: Tally) -> None:
    tally.add(Event("View", NOON, named_source="mail"))
    assert set(tally.event_types) == {"view", "buy"}
    assert tally.figures() == [] and list(tally.sources.named) == []


@pytest.mark.parametrize("value", [None, "12", math.nan, math.inf, 1e300])
def test_values_that_are_not_numbers_are_ignored(tally: Tally, value: Any) -> None:
    tally.add(view(NOON, value))
    assert [one.metric for one in tally.figures()] == ["views"]


def test_two_metrics_of_one_item_count_separately(tally: Tally) -> None:
    again = Tally(
        [METRICS[1], Metric("weight", "buy", "sum", "ITEMS", "WEIGHT")],
        Sources([]),
    )
    again.add(Event("buy", NOON, item="tea"))
    found = again.figures([("tea", {"PRICE": 4.0, "WEIGHT": 250})])
    assert [(one.metric, one.total) for one in found] == [("income", 4.0), ("weight", 250.0)]


def test_recent_keeps_the_last_days() -> None:
    now = NOON + 100.0
    old, edge, new, to_come = (
        Figure("m", "s", at, 1, 1.0, 1.0, 1.0)
        for at in (NOON - 14 * 86_400, NOON - 14 * 86_400 + 900, NOON, NOON + 86_400)
    )
    kept = list(recent([old, edge, new, to_come], now, 14))
    assert kept == [edge, new, to_come._replace(time=NOON + 100)]
