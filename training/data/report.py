"""What the data are like, kept beside the metrics, and what is wrong with them, before a model is fitted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import NUMBER, Column, Columns
from training.config import Config
from training.data.events import LATEST
from training.data.prepared import Prepared
from training.errors import BadDataError
from training.progress import say

DAY = 86_400
STARVING = 0.01
"""An event type with a smaller share of the events says next to nothing beside the others."""

MANY = 0.05
"""Doubles, and items that nothing is known of, are worth a word beyond this share."""

QUANTILES = {"least": 0.0, "median": 0.5, "p90": 0.9, "p99": 0.99, "most": 1.0}


def describe(config: Config, prepared: Prepared) -> dict[str, Any]:
    """Counts, spans, distributions and warnings, as they go into bundle.json under `data`.

    Raises BadDataError if the times are no seconds.
    """
    sequences, items = prepared.sequences, len(prepared.items)
    times = sequences.times
    if len(times) and prepared.latest >= LATEST:
        raise BadDataError(
            f"The newest TIMESTAMP is {prepared.latest}, which is in milliseconds, or wrong: it must be in "
            "seconds since 1970. Divide the column by 1000 and import it again."
        )
    by_item = np.bincount(sequences.items, minlength=items)
    found: dict[str, Any] = {
        "interactions": len(times),
        "users": int(np.count_nonzero(sequences.lengths)),
        "usersWithTwoOrMore": int(np.count_nonzero(sequences.lengths >= 2)),
        "items": items,
        "itemsWithInteractions": int(np.count_nonzero(by_item)),
        "doublesLeftOut": prepared.doubles,
        "eventsPerUser": distribution(sequences.lengths),
        "eventsPerItem": distribution(by_item),
        "shareOfMostPopularTenth": popular_share(by_item),
        "eventTypes": types(prepared),
        "attributes": {
            kind: {name: attribute(column) for name, column in columns.items()}
            for kind, columns in (("ITEMS", prepared.item_columns), ("USERS", prepared.user_columns))
        },
    }
    if len(times):
        found |= {"first": int(times.min()), "last": prepared.latest}
        found["days"] = round((found["last"] - found["first"]) / DAY, 2)
    found["warnings"] = list(warnings(config, prepared, found))
    return found


def tell(report: dict[str, Any]) -> None:
    """The report in the job's log, for people."""
    users, each = report["eventsPerUser"], report["eventTypes"]
    say(
        f"data: {report['interactions']:,} interactions in {report.get('days', 0):,.0f} days, "
        f"{report['users']:,} users with {users.get('median', 0):.0f} each (median), "
        f"{report['itemsWithInteractions']:,} of {report['items']:,} items touched"
    )
    if each:
        say("data: " + ", ".join(f"{name} {count:,}" for name, count in each.items()))
    for warning in report["warnings"]:
        say(f"warning: {warning}")


def distribution(counts: NDArray[np.integer]) -> dict[str, float]:
    """Quantiles and the mean of the counts above 0; empty if there are none."""
    some = counts[counts > 0]
    if not len(some):
        return {}
    found = {name: round(float(np.quantile(some, share)), 1) for name, share in QUANTILES.items()}
    return {**found, "mean": round(float(some.mean()), 2)}


def popular_share(counts: NDArray[np.integer]) -> float:
    """The share of events that the most popular tenth of the touched items has."""
    some = np.sort(counts[counts > 0])[::-1]
    return round(float(some[: max(len(some) // 10, 1)].sum() / max(some.sum(), 1)), 4)


def types(prepared: Prepared) -> dict[str, int]:
    """Events that are trained on, by type; events of no type are left out."""
    kinds = prepared.sequences.types
    counts = np.bincount(kinds[kinds >= 0], minlength=len(prepared.event_types))
    return {
        name: int(count)
        for name, count, trained in zip(prepared.event_types, counts, prepared.trained_types, strict=True)
        if trained
    }


def attribute(column: Column) -> dict[str, float]:
    """How many rows have a value, and how many different values there are."""
    if column.is_text:
        known, distinct = int(np.count_nonzero(np.diff(column.offsets))), len(np.unique(column.codes))
    else:
        there = ~np.isnan(column.values) if column.kind == NUMBER else column.values >= 0
        known, distinct = int(np.count_nonzero(there)), len(np.unique(column.values[there]))
    return {"known": known, "distinct": distinct}


def warnings(config: Config, prepared: Prepared, found: dict[str, Any]) -> Iterator[str]:
    """What is likely wrong with the data, each with what it leads to."""
    count = found["interactions"]
    each: dict[str, int] = found["eventTypes"]
    named = {name.casefold() for name in each}
    for rule in config.rules:
        if rule.event_type.casefold() not in named:
            yield f"the solution trains on events of type {rule.event_type}, of which there are none"
    for name, many in each.items():
        if len(each) > 1 and many < STARVING * count:
            yield (
                f"only {many:,} of {count:,} events are of type {name}: beside the others it says next to "
                "nothing; train on it alone by eventType, or give the others less weight by eventsConfig"
            )
    if prepared.doubles and prepared.doubles > MANY * (count + prepared.doubles):
        yield f"{prepared.doubles:,} events were there twice (same user, item, time and type), and count once"
    lengths = prepared.sequences.lengths
    within = np.diff(prepared.sequences.owners()) == 0
    still = int(np.count_nonzero(within & (np.diff(prepared.sequences.times) == 0)))
    if still > 0.5 * max(int(np.count_nonzero(within)), 1):
        yield "most events have the time of the user's event before: their order, which is learned, is chance"
    if config.created_at and prepared.latest > config.created_at + DAY:
        yield "the newest event lies in the future"
    if int(np.count_nonzero(lengths == 1)) > 0.5 * max(found["users"], 1):
        yield "most users have one event: nothing can be learned of what follows it"
    yield from _of_attributes("ITEMS", prepared.item_columns, found)
    yield from _of_attributes("USERS", prepared.user_columns, found)


def _of_attributes(kind: str, columns: Columns, found: dict[str, Any]) -> Iterator[str]:
    for name, about in found["attributes"][kind].items():
        if not about["known"]:
            yield f"{kind}.{name} has no values"
        elif about["distinct"] == 1:
            yield f"{kind}.{name} is the same in all rows: nothing can be learned of it"
        elif about["known"] < MANY * columns.rows:
            yield f"{kind}.{name} is known of {about['known']:,} of {columns.rows:,} rows only"
