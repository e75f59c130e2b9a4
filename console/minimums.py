"""What a dataset group needs on the way to recommendations, and how far it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tastemaker.contracts.limits import MIN_ACTIVE_USERS, MIN_INTERACTIONS
from tastemaker.recipes import RECIPES


@dataclass(frozen=True)
class Step:
    """One step. `value` of `least` are there; without a number, `done` says whether it is taken."""

    name: str
    done: bool
    text: str
    value: int | None = None
    least: int = 0


def training_steps(interactions: Mapping[str, Any], domain: str = "") -> list[Step]:
    """The minimums of a training. `interactions` has the rows and import reports of the dataset.

    Counts of users and of event types are those of the imports. They are left out if reports lack them, as
    those of earlier releases do.
    """
    reports = interactions.get("reports", ())
    steps = [
        _minimum(
            "Interactions",
            interactions.get("rows", 0),
            MIN_INTERACTIONS,
            f"A training needs {MIN_INTERACTIONS:,} interactions.",
        )
    ]
    active = [report["activeUsers"] for report in reports if "activeUsers" in report]
    if active or not reports:
        text = (
            f"A training needs {MIN_ACTIVE_USERS} users with two interactions or more. There are at least as "
            "many as shown: each import counts its own users, and a large one may stop counting early."
        )
        steps.append(_minimum("Users with two interactions", max(active, default=0), MIN_ACTIVE_USERS, text))
    counts: dict[str, int] = defaultdict(int)
    for report in reports:
        for event_type, rows in report.get("eventTypes", {}).items():
            counts[event_type.casefold()] += rows
    counted = all("eventTypes" in report for report in reports)
    for event_type, recipes in _needed_types(domain).items():
        text, rows = f"Needed by {', '.join(recipes)}.", counts[event_type.casefold()]
        if counted or rows >= MIN_INTERACTIONS:
            steps.append(_minimum(f"{event_type} events", rows, MIN_INTERACTIONS, text))
    return steps


def serving_steps(items: int, answers: bool, tracked: bool) -> list[Step]:
    """What is useful beside the minimums: items, something that answers, and an event tracker."""
    return [
        Step(
            "Items",
            items > 0,
            "Names and attributes are optional. Filters, new items and readable lists need them.",
        ),
        Step("A campaign or recommender", answers, "It answers requests for recommendations."),
        Step(
            "An event tracker",
            tracked,
            "It takes new events, which change the recommendations within seconds.",
        ),
    ]


def _minimum(name: str, value: int, least: int, text: str) -> Step:
    return Step(name, value >= least, text, value, least)


def _needed_types(domain: str) -> dict[str, Sequence[str]]:
    """Event type → the use cases of the domain that need a minimum of events of this type."""
    found: dict[str, list[str]] = defaultdict(list)
    for recipe in RECIPES:
        if domain and recipe.domain == domain and recipe.minimum_event_type:
            found[recipe.minimum_event_type].append(recipe.name)
    return dict(found)
