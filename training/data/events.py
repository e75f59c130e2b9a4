"""All interactions of a dataset group in the order that models read them.

`group_by_user` turns rows into `Events`, and `merge` joins the `Events` of disjoint sets of users. One
machine groups all users at once, or many machines group some users each. The result is the same.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tastemaker.contracts.lake_layout import PreparedFolder
from tastemaker.ids import Ids
from training.data.dictionary_encoding import encode_columns, texts_of
from training.data.user_ranges import UserRange, range_of, ranges
from training.distributed.process_group import SINGLE, ProcessGroup
from training.errors import BadDataError

ARRIVAL_COLUMN = "ARRIVED"
"""An optional int64 column that rises in the order in which rows arrived. Without it, rows are in that order.
"""

EVENT_ID_COLUMN = "STREAMED_EVENT_ID"
"""An optional text column with the id of a streamed event, null for an imported row."""

MAX_TIME = 1 << 34
"""The year 2514 in seconds.

Two times are never further apart, so a user and a time fit into 64 bits.
"""

ARRAYS = {
    "offsets": "offsets",
    "item": "item",
    "time": "time",
    "kind": "event_type",
    "value": "value",
    "context": "context",
}
"""The arrays of a shard's file by name, and the attributes of `Events` that hold them."""


@dataclass(frozen=True)
class Events:
    """The events of all users. User `u` has the events `offsets[u]` to `offsets[u + 1]`, oldest first.

    Events of equal time are in the order of their arrival. A duplicate (same user, item, time and type) is
    there once. `item` is int32, `time` int64 (seconds), `event_type` int16 (positions in `types`, -1 for
    none), `value` float64 (NaN for none), and `context` int32[events, columns] (positions in each column's
    `vocabularies`, -1 for none).
    """

    users: Ids
    items: Ids
    types: Ids
    vocabularies: tuple[Ids, ...]
    offsets: NDArray[np.int64]
    item: NDArray[np.int32]
    time: NDArray[np.int64]
    event_type: NDArray[np.int16]
    value: NDArray[np.float64]
    context: NDArray[np.int32]
    duplicates: int | None = None
    """How many duplicates were left out. None if they were not counted."""

    def __len__(self) -> int:
        return len(self.item)

    def selected(self, which: slice | NDArray[np.int64]) -> Events:
        """These events in this order. `offsets` stays as it is, and may have to be replaced."""
        arrays = {name: getattr(self, name)[which] for name in ARRAYS.values() if name != "offsets"}
        return replace(self, **arrays)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All data as plain arrays by name, for one file."""
        named = {"users": self.users, "items": self.items, "types": self.types}
        named |= {f"words.{place}": ids for place, ids in enumerate(self.vocabularies)}
        flat = {name: getattr(self, attribute) for name, attribute in ARRAYS.items()}
        for name, ids in named.items():
            flat[f"{name}.bytes"], flat[f"{name}.offsets"] = ids.blob, ids.offsets
        return flat

    @classmethod
    def of_arrays(cls, arrays: Any) -> Events:
        """The events of the arrays that `arrays` returned."""

        def ids(name: str) -> Ids:
            return Ids(arrays[f"{name}.bytes"], arrays[f"{name}.offsets"])

        vocabularies = tuple(ids(f"words.{place}") for place in range(arrays["context"].shape[1]))
        flat = {attribute: arrays[name] for name, attribute in ARRAYS.items()}
        return cls(ids("users"), ids("items"), ids("types"), vocabularies, **flat)


def group_by_user(table: pa.Table, context: Sequence[str]) -> Events:
    """Group rows by user.

    `table` has USER_ID, ITEM_ID, TIMESTAMP (none of them null), EVENT_TYPE, EVENT_VALUE and the columns
    `context`, and perhaps `EVENT_ID_COLUMN`. Of the same streamed event, the oldest row counts. Raises
    BadDataError if the times are impossible.
    """
    rows = len(table)
    if (again := repeated(table)) is not None:
        table = table.filter(pa.array(~again))
    users, (user,) = encode_columns([table["USER_ID"]])
    items, (item,) = encode_columns([table["ITEM_ID"]])
    types, (event_type,) = encode_columns([table["EVENT_TYPE"]])
    time = table["TIMESTAMP"].to_numpy()
    arrived = table[ARRIVAL_COLUMN].to_numpy() if ARRIVAL_COLUMN in table.column_names else None
    order = _order(user, item, time, event_type, arrived)
    lengths = np.bincount(user[order], minlength=len(users))
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    vocabularies, columns = [], np.empty((len(order), len(context)), np.int32)
    for place, name in enumerate(context):
        ids, (code,) = encode_columns([table[name]])
        vocabularies.append(ids)
        columns[:, place] = code[order]
    return Events(
        users,
        items,
        types,
        tuple(vocabularies),
        offsets,
        item[order],
        time[order],
        event_type[order].astype(np.int16),
        table["EVENT_VALUE"].to_numpy()[order].astype(np.float64),
        columns,
        rows - len(order),
    )


def repeated(table: pa.Table) -> NDArray[np.bool_] | None:
    """The rows that are left out, because an earlier row of the same user has the same event id.

    The oldest of the same event counts, and of equal times the one that arrived first. `event_identity` of
    `tastemaker.contracts.streamed_event` is the same rule for one row. None if there are none.
    """
    if EVENT_ID_COLUMN not in table.column_names or table[EVENT_ID_COLUMN].null_count == len(table):
        return None
    ids, (event_id,) = encode_columns([table[EVENT_ID_COLUMN]])
    often = np.bincount(event_id + 1, minlength=len(ids) + 1) > 1
    rows = np.flatnonzero((event_id >= 0) & often[event_id + 1])
    if not len(rows):
        return None
    _, (user,) = encode_columns([table["USER_ID"]])
    time = table["TIMESTAMP"].to_numpy()[rows]
    arrived = table[ARRIVAL_COLUMN].to_numpy()[rows] if ARRIVAL_COLUMN in table.column_names else rows
    order = np.lexsort((arrived, time, event_id[rows], user[rows]))
    same = np.diff(user[rows][order]) == 0
    same &= np.diff(event_id[rows][order]) == 0
    found = np.zeros(len(table), bool)
    found[rows[order[1:][same]]] = True
    return found


def _order(
    user: NDArray[Any],
    item: NDArray[Any],
    time: NDArray[Any],
    event_type: NDArray[Any],
    arrived: NDArray[Any] | None,
) -> NDArray[np.int64]:
    """The positions of the events by user, time and arrival, without duplicates after the first.

    One stable sort of user and time, packed into 64 bits, does most of the work. Duplicates are looked for
    only inside runs of equal keys.
    """
    if not len(user):
        return np.zeros(0, np.int64)
    if int(time.max()) - int(time.min()) >= MAX_TIME:
        raise BadDataError("timestamps span more than the service allows; are some of them in milliseconds?")
    came = None if arrived is None else np.argsort(arrived, kind="stable")
    key = (user if came is None else user[came]).astype(np.int64)
    key *= MAX_TIME
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
    what = item[rows].astype(np.int64) * (int(event_type.max()) + 2) + event_type[rows] + 1
    pairs = np.lexsort((np.arange(len(rows)), what, run))
    double = np.zeros(len(rows), bool)
    double[pairs[1:]] = (run[pairs][1:] == run[pairs][:-1]) & (what[pairs][1:] == what[pairs][:-1])
    return np.delete(order, suspects[double])


def open_prepared(root: Path, folder: str, group: ProcessGroup = SINGLE) -> tuple[Events, UserRange]:
    """This process's share of the events that were prepared on many machines, and its range of users.

    The index in the folder names the shards' files. Each holds what `Events.arrays` returned, for a range of
    users. If there are fewer shards than processes, several processes divide a shard by users. Raises
    NotEnoughDataError, or BadDataError if the shards are not in the order of users.
    """
    names = json.loads((root / PreparedFolder(folder).index).read_text(encoding="utf-8"))["shards"]
    if len(names) < group.size:
        return _divided([root / name for name in names], group)
    mine = np.array_split(np.arange(len(names)), group.size)[group.rank]
    events = merge([partial(_shard, root / names[place]) for place in mine])
    ends = group.gather((events.users[0], events.users[-1]) if len(events.users) else ("", ""))
    in_order = all(end.encode() < first.encode() for (_, end), (first, _) in pairwise(ends))
    if group.size > 1 and not in_order:
        raise BadDataError("The shards of events are not ranges of users in order. Prepare the events again.")
    return events, ranges([first for first, _ in ends])[group.rank]


def with_common_ids(events: Events, group: ProcessGroup) -> Events:
    """The same events, with the items, types and vocabularies of all processes. Users stay the process's."""
    if group.size == 1:
        return events
    several = group.gather([events.items, events.types, *events.vocabularies])
    unions = [encode_columns([texts_of(ids) for ids in column]) for column in zip(*several, strict=True)]
    ids = [union for union, _ in unions]
    place = [np.append(places[group.rank], np.int32(-1)) for _, places in unions]  # the last one is null's
    context = [column[cells] for column, cells in zip(place[2:], events.context.T, strict=True)]
    return replace(
        events,
        items=ids[0],
        types=ids[1],
        vocabularies=tuple(ids[2:]),
        item=place[0][events.item],
        event_type=place[1][events.event_type].astype(np.int16),
        context=np.stack(context, 1) if context else events.context,
    )


def _divided(shards: Sequence[Path], group: ProcessGroup) -> tuple[Events, UserRange]:
    """This process's range of users, and their events in the shards."""
    within = range_of(map(_users_of_events, shards), group)
    parts = []
    for path in shards:
        users, _ = _users(path)
        first = 0 if within.first is None else bisect_left(users, within.first)
        end = len(users) if within.end is None else bisect_left(users, within.end)
        if first < end:
            parts.append(partial(_part, path, first, end))
    return merge(parts), within


def _users_of_events(shard: Path) -> pa.ChunkedArray:
    """The user of each event of a shard."""
    users, offsets = _users(shard)
    codes = np.repeat(np.arange(len(users), dtype=np.int32), np.diff(offsets))
    return pa.chunked_array([pa.DictionaryArray.from_arrays(codes, texts_of(users))])


def _users(shard: Path) -> tuple[Ids, NDArray[np.int64]]:
    """The users of a shard, and where the events of each begin. Nothing else is read."""
    with np.load(shard) as arrays:
        return Ids(arrays["users.bytes"], arrays["users.offsets"]), arrays["offsets"]


def _part(shard: Path, first: int, end: int) -> Events:
    """The events of the users at `first` and up to `end` of a shard, with the ids of all its items."""
    events = _shard(shard)
    bounds = events.users.offsets[first : end + 1]
    users = Ids(events.users.blob[bounds[0] : bounds[-1]], bounds - bounds[0])
    offsets = events.offsets[first : end + 1]
    some = events.selected(slice(offsets[0], offsets[-1]))
    return replace(some, users=users, offsets=offsets - offsets[0])


def _shard(path: Path) -> Events:
    with np.load(path) as arrays:
        return Events.of_arrays(arrays)


def merge(parts: Sequence[Callable[[], Events]]) -> Events:
    """Join the events of disjoint sets of users, as if they had been grouped together.

    Each of `parts` is opened twice, first for its ids and then for its events. So only one part is in memory
    beside the result.
    """
    ids: dict[str, list[Ids]] = {}
    lengths = []
    for part in parts:
        events = part()
        named = {"users": events.users, "items": events.items, "types": events.types}
        for name, one in (named | {str(n): one for n, one in enumerate(events.vocabularies)}).items():
            ids.setdefault(name, []).append(one)
        lengths.append(np.diff(events.offsets))
    unions = {name: encode_columns([texts_of(one) for one in several]) for name, several in ids.items()}
    users, user_of = unions["users"]
    length = np.zeros(len(users), np.int64)
    for where, some in zip(user_of, lengths, strict=True):
        length[where] = some
    offsets = np.concatenate([[0], np.cumsum(length)])
    vocabularies = [name for name in unions if name.isdigit()]
    count = int(offsets[-1])
    item, event_type = np.empty(count, np.int32), np.empty(count, np.int16)
    time, value = np.empty(count, np.int64), np.empty(count, np.float64)
    context = np.empty((count, len(vocabularies)), np.int32)
    for number, part in enumerate(parts):
        events = part()
        start = offsets[user_of[number]] - events.offsets[:-1]
        to = np.arange(len(events)) + np.repeat(start, np.diff(events.offsets))
        item[to] = unions["items"][1][number][events.item]
        event_type[to] = np.append(unions["types"][1][number], -1)[events.event_type]
        time[to], value[to] = events.time, events.value
        for name in vocabularies:
            context[to, int(name)] = np.append(unions[name][1][number], -1)[events.context[:, int(name)]]
    items, types = unions["items"][0], unions["types"][0]
    found = tuple(unions[name][0] for name in vocabularies)
    return Events(users, items, types, found, offsets, item, time, event_type, value, context)
