"""A report on the data: counts, distributions, and warnings, made before a model is fitted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import NUMBER, Column
from tastemaker.contracts.durations import DAY_SECONDS, HOUR_SECONDS
from training.config import Config
from training.data.events import MAX_TIME
from training.data.prepare import skipped_warning
from training.data.prepared import Prepared
from training.distributed.process_group import SINGLE, ProcessGroup
from training.errors import BadDataError
from training.progress import log

MIN_TYPE_SHARE = 0.01
"""An event type with a smaller share of the events has hardly any influence beside the others."""

WARNING_SHARE = 0.05
"""The share of duplicates, or of rows with an attribute, at which a warning is due."""

QUANTILES = {"least": 0.0, "median": 0.5, "p90": 0.9, "p99": 0.99, "most": 1.0}


def describe(config: Config, prepared: Prepared) -> dict[str, Any]:
    """Counts, time spans, distributions and warnings, as they go into `bundle.json` under `data`.

    Raises BadDataError if the times are not in seconds.
    """
    sequences, items, group = prepared.sequences, len(prepared.items), prepared.sequences.group
    count = sequences.total()
    if count and prepared.latest >= MAX_TIME:
        raise BadDataError(
            f"The newest TIMESTAMP is {prepared.latest}, which is in milliseconds, or wrong: it must be in "
            "seconds since 1970. Divide the column by 1000 and import it again."
        )
    by_item = sequences.counts(items)
    lengths, _ = group.joined(sequences.lengths)
    found: dict[str, Any] = {
        "interactions": count,
        "users": int(np.count_nonzero(lengths)),
        "usersWithTwoOrMore": int(np.count_nonzero(lengths >= 2)),
        "items": items,
        "itemsWithInteractions": int(np.count_nonzero(by_item)),
        "doublesLeftOut": prepared.duplicates,
        "eventsPerUser": distribution(lengths),
        "eventsPerItem": distribution(by_item),
        "shareOfMostPopularTenth": popular_share(by_item),
        "eventTypes": types(prepared),
        "attributes": {
            "ITEMS": {name: attribute_statistics(one) for name, one in prepared.item_columns.items()},
            "USERS": {name: attribute_statistics(one, group) for name, one in prepared.user_columns.items()},
        },
    }
    if prepared.skipped_upserts:
        found["skippedUpserts"] = {name: len(some) for name, some in prepared.skipped_upserts.items()}
        found["upsertWarnings"] = [
            skipped_warning(name, some) for name, some in prepared.skipped_upserts.items()
        ]
    if count:
        found["first"], found["last"] = sequences.span()
        found["days"] = round((found["last"] - found["first"]) / DAY_SECONDS, 2)
    if prepared.ages is not None:
        found["turnover"] = prepared.ages.turnover._asdict()
    found["warnings"] = list(warnings(config, prepared, found))
    return found


def log_summary(report: dict[str, Any]) -> None:
    """Log the report for people."""
    users, each = report["eventsPerUser"], report["eventTypes"]
    log(
        f"data: {report['interactions']:,} interactions in {report.get('days', 0):,.0f} days, "
        f"{report['users']:,} users with {users.get('median', 0):.0f} each (median), "
        f"{report['itemsWithInteractions']:,} of {report['items']:,} items touched"
    )
    if each:
        log("data: " + ", ".join(f"{name} {count:,}" for name, count in each.items()))
    if "turnover" in report:
        life, pause = (report["turnover"][name] / HOUR_SECONDS for name in ("life", "pause"))
        log(f"data: the catalog turns over: items live {life:,.0f} h, then {pause:,.0f} h after each event")
    for warning in report["warnings"]:
        log(f"warning: {warning}")


def distribution(counts: NDArray[np.integer]) -> dict[str, float]:
    """The quantiles and the mean of the counts above 0. Empty if there are none."""
    some = counts[counts > 0]
    if not len(some):
        return {}
    found = {name: round(float(np.quantile(some, share)), 1) for name, share in QUANTILES.items()}
    return {**found, "mean": round(float(some.mean()), 2)}


def popular_share(counts: NDArray[np.integer]) -> float:
    """The share of events of the most popular tenth of the items with events."""
    some = np.sort(counts[counts > 0])[::-1]
    return round(float(some[: max(len(some) // 10, 1)].sum() / max(some.sum(), 1)), 4)


def types(prepared: Prepared) -> dict[str, int]:
    """The number of trained events by type. Events without a type are left out."""
    event_types = prepared.sequences.types
    mine = np.bincount(event_types[event_types >= 0], minlength=len(prepared.event_types))
    counts = prepared.sequences.group.sum(mine)
    return {
        name: int(count)
        for name, count, trained in zip(prepared.event_types, counts, prepared.trained_types, strict=True)
        if trained
    }


def attribute_statistics(column: Column, group: ProcessGroup = SINGLE) -> dict[str, float]:
    """The number of rows of all processes with a value, and the number of different values."""
    if column.is_text:
        there, values = np.diff(column.offsets) > 0, np.unique(column.codes)
    else:
        there = ~np.isnan(column.values) if column.column_type == NUMBER else column.values >= 0
        values = np.unique(column.values[there])
    distinct = len(np.unique(group.joined(values)[0]))
    return {"known": group.total(np.count_nonzero(there)), "distinct": distinct}


def warnings(config: Config, prepared: Prepared, found: dict[str, Any]) -> Iterator[str]:
    """What is likely wrong with the data, and what it leads to."""
    for dataset_type, skipped in prepared.skipped_upserts.items():
        yield skipped_warning(dataset_type, skipped)
    count = found["interactions"]
    each: dict[str, int] = found["eventTypes"]
    named = {name.casefold() for name in each}
    for rule in config.rules:
        if rule.event_type is not None and rule.event_type.casefold() not in named:
            yield f"the solution trains on events of type {rule.event_type}, of which there are none"
    for name, many in each.items():
        if len(each) > 1 and many < MIN_TYPE_SHARE * count:
            yield (
                f"only {many:,} of {count:,} events are of type {name}: beside the others it says next to "
                "nothing; train on it alone by eventType, or give the others less weight by eventsConfig"
            )
    if prepared.duplicates and prepared.duplicates > WARNING_SHARE * (count + prepared.duplicates):
        yield (
            f"{prepared.duplicates:,} events were there twice (same user, item, time and type) and count once"
        )
    sequences, group = prepared.sequences, prepared.sequences.group
    within = np.diff(sequences.owners()) == 0
    still = group.total(np.count_nonzero(within & (np.diff(sequences.times) == 0)))
    if still > 0.5 * max(group.total(np.count_nonzero(within)), 1):
        yield "most events have the time of the user's event before: their order, which is learned, is chance"
    if config.created_at and prepared.latest > config.created_at + DAY_SECONDS:
        yield "the newest event lies in the future"
    if group.total(np.count_nonzero(sequences.lengths == 1)) > 0.5 * max(found["users"], 1):
        yield "most users have one event: nothing can be learned of what follows it"
    yield from _of_attributes("ITEMS", prepared.item_columns.rows, found)
    yield from _of_attributes("USERS", group.total(prepared.user_columns.rows), found)


def _of_attributes(dataset_type: str, rows: int, found: dict[str, Any]) -> Iterator[str]:
    for name, counts in found["attributes"][dataset_type].items():
        if not counts["known"]:
            yield f"{dataset_type}.{name} has no values"
        elif counts["distinct"] == 1:
            yield f"{dataset_type}.{name} is the same in all rows: nothing can be learned of it"
        elif counts["known"] < WARNING_SHARE * rows:
            yield f"{dataset_type}.{name} is known of {counts['known']:,} of {rows:,} rows only"
