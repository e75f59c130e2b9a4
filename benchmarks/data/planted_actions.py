"""Planted outcomes of actions for a data set that has none.

There is a newsletter about each of the most frequent values of the items' widest category that at most a
fifth of the events have. A user takes it the more likely, the larger the value's share of the user's events
is relative to its share of all events. A tenth off is taken by half of the users, whoever they are. Nobody
has met the newest action yet.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.data.datasets import Data

VALUES = 5
MAX_SHARE = 0.2
ASKED = 600
"""The users who meet each action."""

NEVER_MET = "a new action"


def tables(data: Data, seed: int = 0) -> dict[str, pa.Table]:
    """The tables ACTIONS and ACTION_INTERACTIONS."""
    rng = np.random.default_rng([seed, 15])
    events, rows = data.tables["INTERACTIONS"], []
    names, user = _numbered(events["USER_ID"])
    latest = int(np.max(events["TIMESTAMP"].to_numpy()))
    probability = {f"newsletter: {value}": _liking(share) for value, share in _shares(data, user, len(names))}
    probability["a tenth off"] = np.full(len(names), 0.5)
    for action, likely in probability.items():
        asked = rng.permutation(len(names))[:ASKED]
        taken = rng.random(len(asked)) < likely[asked]
        rows += [
            (names[one], action, "Taken" if yes else "Not Taken", latest - int(rng.integers(1, 86_400)))
            for one, yes in zip(asked, taken, strict=True)
        ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    outcomes = dict(zip(("USER_ID", "ACTION_ID", "EVENT_TYPE", "TIMESTAMP"), columns, strict=True))
    return {
        "ACTIONS": pa.table({"ACTION_ID": [*probability, NEVER_MET]}),
        "ACTION_INTERACTIONS": pa.table(outcomes),
    }


def _liking(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probability of taking an action, from a user's share relative to everybody's. At 2 it is half."""
    return 1 / (1 + np.exp(-2 * (share - 2)))


def _shares(data: Data, user: NDArray[np.int64], users: int) -> list[tuple[str, NDArray[np.float64]]]:
    """The most frequent values of the widest category up to the share, and each user's relative share."""
    items, events = data.tables["ITEMS"], data.tables["INTERACTIONS"]
    columns = [name for name in data.categorical if name in items.column_names]
    cells = {
        name: [str(cell).split("|") if cell else [] for cell in items[name].to_pylist()] for name in columns
    }
    widest = max(columns, key=lambda name: len({value for cell in cells[name] for value in cell}))
    of_item = dict(zip(items["ITEM_ID"].to_pylist(), cells[widest], strict=True))
    ids, item = _numbered(events["ITEM_ID"])
    counts = np.bincount(user, minlength=users)
    per_item = np.bincount(item, minlength=len(ids))
    totals: dict[str, int] = {}
    for one, many in zip(ids, per_item.tolist(), strict=True):
        for value in of_item.get(one, ()):
            totals[value] = totals.get(value, 0) + many
    found = []
    rare = [name for name, many in totals.items() if many <= MAX_SHARE * len(item)]
    for value in sorted(rare, key=lambda name: -totals[name])[:VALUES]:
        has = np.array([value in of_item.get(one, ()) for one in ids])
        mine = np.bincount(user, has[item], users) / np.maximum(counts, 1)
        found.append((value, mine / (totals[value] / len(item))))
    return found


def _numbered(column: pa.ChunkedArray) -> tuple[list[str], NDArray[np.int64]]:
    encoded = column.combine_chunks().dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)
