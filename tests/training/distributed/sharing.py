"""A program for `torchrun`: what processes prepare and count together, against one with all users.

    sharing.py LAKE CONFIG

Each process compares its own part with that of a process that reads everything, and prints the largest
difference of numbers, relative to the largest number. Whatever is no number must be equal.
"""

import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from tastemaker.columns import Columns
from tastemaker.models.ages import AgeCurve
from tastemaker.models.turnover import Turnover
from training.algorithms import context, factors, linear, pairs, popularity, transitions, validation
from training.config_reader import read_config
from training.data import report
from training.data.prepare import prepare
from training.data.prepared import Ages, Prepared
from training.data.split import Cases, test_cases, validation_cases, without
from training.data.turnover import activity_of
from training.distributed import process_group
from training.output.moments import LiveItems
from training.progress import log
from training.tuning import settings

test_cases.__test__ = False  # type: ignore[attr-defined]


def flat(one: Any, name: str = "") -> dict[str, Any]:
    """The arrays and other values of a dataclass, by name."""
    if isinstance(one, Columns):
        return {f"{name}.{column}.{row}": one[column].value(row) for column in one for row in range(one.rows)}
    if hasattr(one, "__dataclass_fields__") and not isinstance(one, process_group.ProcessGroup):
        return {
            key: value
            for field in fields(one)
            if field.name != "group"
            for key, value in flat(getattr(one, field.name), f"{name}.{field.name}").items()
        }
    return {name: one}


def live(data: Prepared) -> np.ndarray:
    """The items that would be live at some times if the catalog turned over."""
    begin, end = data.sequences.span()
    span = end - begin
    curve = AgeCurve(np.zeros(1), np.ones(1), 0)
    ages = Ages(Turnover(span // 4, span // 40), curve, activity_of(data), data.latest)
    items = LiveItems(data.sequences, ages)
    return np.stack([items.at(begin + span * part // 8) for part in range(9)])


def counted(data: Prepared, config: Any) -> dict[str, Any]:
    """What is counted over the users of all processes."""
    sequences, items = data.sequences, len(data.items)
    table = context.fit(data)
    return {
        "items": data.items.tolist(),
        "event types": data.event_types,
        "trained types": data.trained_types,
        "spaces": (data.item_space, data.user_space, data.context_space),
        "item features": data.item_features.codes,
        "created": data.item_created,
        "latest": data.latest,
        "duplicates": data.duplicates,
        "gap": sequences.typical_gap(),
        "intervals": np.stack(sequences.intervals(60)),
        "popularity": popularity.distinct_users(sequences, items),
        "recent popularity": popularity.recent(sequences, items),
        "factors": np.abs(factors.fit(sequences, items, 4)),
        "report": report.describe(config, data),
        "live": live(data),
        "context": None if table is None else table.values,
        **flat(transitions.fit(sequences, items), "transitions"),
        **flat(linear.fit(sequences, items), "linear"),
    }


def rows_of(data: Prepared, users: slice, config: Any) -> dict[str, Any]:
    """What concerns some users: their events, attributes, and the cases among them."""
    few, sequences = settings.filter_by_history_length(config, data.sequences), data.sequences
    cases = test_cases(few, 3)
    training = without(few, cases, whole=True)
    chosen = {"test": cases, "validation": validation_cases(training, 3)}
    chosen["sample"] = validation.sample(chosen["validation"], 3, sequences.group)
    found: dict[str, Any] = {"users": data.users.take(range(*users.indices(len(data.users))))}
    for name, some in chosen.items():
        mine = [at for at, user in enumerate(some.users.tolist()) if users.start <= user < users.stop]
        found[name] = [
            (int(some.users[at]) - users.start, int(some.shown[at]), int(some.numbers()[at])) for at in mine
        ]
    for user in range(users.start, users.stop):
        events = slice(*sequences.offsets[user : user + 2])
        for name in ("items", "times", "types", "weights", "context"):
            found[f"{name} {user - users.start}"] = getattr(sequences, name)[events]
        found[f"history {user - users.start}"] = data.histories.of(user).items
        found[f"columns {user - users.start}"] = data.user_columns.record(user)
        codes = slice(*data.user_features.offsets[user : user + 2])
        found[f"features {user - users.start}"] = data.user_features.codes[codes]
    return found


def apart(mine: dict[str, Any], alone: dict[str, Any]) -> float:
    """The largest relative difference of numbers."""
    assert mine.keys() == alone.keys(), mine.keys() ^ alone.keys()
    most = 0.0
    for name, value in mine.items():
        other = alone[name]
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            assert value.shape == other.shape, name
            size = np.abs(other).max(initial=1e-12)
            most = max(most, float(np.abs(value - other).max(initial=0.0) / size))
        else:
            assert np.array_equal(value, other) if isinstance(value, np.ndarray) else value == other, (
                f"{name}: {value} and {other}"
            )
    return most


def main() -> None:
    """Compare, and print the difference."""
    pairs.CHUNK = 200  # so that transitions are counted in several portions
    root, config = Path(sys.argv[1]), read_config(Path(sys.argv[2]))
    group = process_group.join()
    mine, alone = prepare(config, root, group), prepare(config, root)
    first = mine.sequences.first_user()
    users = slice(first, first + len(mine.users))
    assert 0 < len(mine.users) < len(alone.users)
    share = len(mine.sequences.items) / len(alone.sequences.items)
    sums = apart(counted(mine, config), counted(alone, config))
    rows = apart(rows_of(mine, slice(0, len(mine.users)), config), rows_of(alone, users, config))
    ends = Cases(users=np.arange(len(mine.users)), shown=np.zeros(len(mine.users), int), first=first)
    assert ends.only(np.arange(len(alone.users))).first == first
    for line in group.gather(f"share {share:.2f} sums {sums:.9f} rows {rows:.9f}"):
        if group.rank == 0:
            log(line)
    process_group.leave()


if __name__ == "__main__":
    main()
