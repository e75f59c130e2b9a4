"""All interactions of a dataset group in the order that models read them, in one piece or in several.

`arranged` turns rows into `Events`, and `merged` puts together the `Events` of any disjoint sets of users. So
one machine arranges everything at once, many machines arrange some users each, and the result is the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tastemaker.contracts.lake_layout import PreparedFolder
from tastemaker.ids import Ids
from training.data.dictionary_encoding import codes, texts_of
from training.errors import BadDataError

ARRIVED = "ARRIVED"
"""An optional column of rows: int64, rising as the rows came. Without it they stand in that order."""

LATEST = 1 << 34
"""Seconds: the year 2514. Two times are never further apart, so that a user and a time fit into 64 bits."""


@dataclass(frozen=True)
class Events:
    """User `u` has events `offsets[u]` to `offsets[u + 1]`, oldest first; of equal times, as they came. A
    double (same user, item, time and type) is there once.

    `item` int32, `time` int64 (seconds), `kind` int16 (positions in `types`, -1: none), `value` float64 (NaN:
    none), `context` int32[events, columns] (positions in each column's `words`, -1: none).
    """

    users: Ids
    items: Ids
    types: Ids
    words: tuple[Ids, ...]
    offsets: NDArray[np.int64]
    item: NDArray[np.int32]
    time: NDArray[np.int64]
    kind: NDArray[np.int16]
    value: NDArray[np.float64]
    context: NDArray[np.int32]
    doubles: int | None = None
    """How many were left out; None where that was not counted."""

    def __len__(self) -> int:
        return len(self.item)

    def arrays(self) -> dict[str, NDArray]:
        """Everything as plain arrays by name, for one file."""
        named = {"users": self.users, "items": self.items, "types": self.types}
        named |= {f"words.{place}": ids for place, ids in enumerate(self.words)}
        flat = {name: getattr(self, name) for name in ("offsets", "item", "time", "kind", "value", "context")}
        for name, ids in named.items():
            flat[f"{name}.bytes"], flat[f"{name}.offsets"] = ids.blob, ids.offsets
        return flat

    @classmethod
    def of_arrays(cls, arrays: Any) -> Events:
        """What `arrays` gave."""

        def ids(name: str) -> Ids:
            return Ids(arrays[f"{name}.bytes"], arrays[f"{name}.offsets"])

        context = arrays["context"]
        words = tuple(ids(f"words.{place}") for place in range(context.shape[1]))
        flat = {name: arrays[name] for name in ("offsets", "item", "time", "kind", "value")}
        return cls(ids("users"), ids("items"), ids("types"), words, context=context, **flat)


def arranged(table: pa.Table, context: Sequence[str]) -> Events:
    """Rows of USER_ID, ITEM_ID, TIMESTAMP (none of them null), EVENT_TYPE, EVENT_VALUE and the columns
    `context` as events. Raises BadDataError for impossible times.
    """
    users, (user,) = codes([table["USER_ID"]])
    items, (item,) = codes([table["ITEM_ID"]])
    types, (kind,) = codes([table["EVENT_TYPE"]])
    time = table["TIMESTAMP"].to_numpy()
    arrived = table[ARRIVED].to_numpy() if ARRIVED in table.column_names else None
    order = _order(user, item, time, kind, arrived)
    lengths = np.bincount(user[order], minlength=len(users))
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    words, columns = [], np.empty((len(order), len(context)), np.int32)
    for place, name in enumerate(context):
        ids, (code,) = codes([table[name]])
        words.append(ids)
        columns[:, place] = code[order]
    return Events(
        users,
        items,
        types,
        tuple(words),
        offsets,
        item[order],
        time[order],
        kind[order].astype(np.int16),
        table["EVENT_VALUE"].to_numpy()[order].astype(np.float64),
        columns,
        len(table) - len(order),
    )


def _order(
    user: NDArray, item: NDArray, time: NDArray, kind: NDArray, arrived: NDArray | None
) -> NDArray[np.int64]:
    """Positions of the events by user, then time, then as they came; without exact doubles, of which the
    first one stays.

    One stable sort of user and time packed into 64 bits does the work; doubles are looked for only inside
    runs of equal keys.
    """
    if not len(user):
        return np.zeros(0, np.int64)
    if int(time.max()) - int(time.min()) >= LATEST:
        raise BadDataError("timestamps span more than the service allows; are some of them in milliseconds?")
    came = None if arrived is None else np.argsort(arrived, kind="stable")
    key = (user if came is None else user[came]).astype(np.int64)
    key *= LATEST
    key += (time if came is None else time[came]) - int(time.min())
    order = np.argsort(key, kind="stable")
    key = key[order]
    if came is not None:
        order = came[order]
    same = np.flatnonzero(key[1:] == key[:-1])
    if not len(same):
        return order
    suspects = np.unique(np.concatenate([same, same + 1]))
    rows = order[suspects]
    run = np.cumsum(np.concatenate([[0], key[suspects][1:] != key[suspects][:-1]]))
    what = item[rows].astype(np.int64) * (int(kind.max()) + 2) + kind[rows] + 1
    pairs = np.lexsort((np.arange(len(rows)), what, run))
    double = np.zeros(len(rows), bool)
    double[pairs[1:]] = (run[pairs][1:] == run[pairs][:-1]) & (what[pairs][1:] == what[pairs][:-1])
    return np.delete(order, suspects[double])


def opened(root: Path, folder: str) -> Events:
    """Events that were prepared elsewhere: the index below the folder names the shards' files, which hold
    what `Events.arrays` gave.
    """
    names = json.loads((root / PreparedFolder(folder).index).read_text(encoding="utf-8"))["shards"]
    return merged([partial(_shard, root / name) for name in names])


def _shard(path: Path) -> Events:
    with np.load(path) as arrays:
        return Events.of_arrays(arrays)


def merged(parts: Sequence[Callable[[], Events]]) -> Events:
    """The events of several disjoint sets of users as if they had been arranged together.

    `parts` are opened twice, first for their ids and then for their events, so that beside the result only
    one of them is in memory.
    """
    ids: dict[str, list[Ids]] = {}
    lengths = []
    for part in parts:
        events = part()
        named = {"users": events.users, "items": events.items, "types": events.types}
        for name, one in (named | {str(n): one for n, one in enumerate(events.words)}).items():
            ids.setdefault(name, []).append(one)
        lengths.append(np.diff(events.offsets))
    unions = {name: codes([texts_of(one) for one in several]) for name, several in ids.items()}
    users, user_of = unions["users"]
    length = np.zeros(len(users), np.int64)
    for where, some in zip(user_of, lengths, strict=True):
        length[where] = some
    offsets = np.concatenate([[0], np.cumsum(length)])
    words = [name for name in unions if name.isdigit()]
    count = int(offsets[-1])
    item, kind = np.empty(count, np.int32), np.empty(count, np.int16)
    time, value = np.empty(count, np.int64), np.empty(count, np.float64)
    context = np.empty((count, len(words)), np.int32)
    for number, part in enumerate(parts):
        events = part()
        start = offsets[user_of[number]] - events.offsets[:-1]
        to = np.arange(len(events)) + np.repeat(start, np.diff(events.offsets))
        item[to] = unions["items"][1][number][events.item]
        kind[to] = np.append(unions["types"][1][number], -1)[events.kind]
        time[to], value[to] = events.time, events.value
        for name in words:
            context[to, int(name)] = np.append(unions[name][1][number], -1)[events.context[:, int(name)]]
    items, types = unions["items"][0], unions["types"][0]
    found = tuple(unions[name][0] for name in words)
    return Events(users, items, types, found, offsets, item, time, kind, value, context)
