"""Parquet files as Arrow tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tastemaker.contracts.streamed_event import COLUMNS, MissingColumnError, event_columns, stored_columns
from tastemaker.models.features import fold
from tastemaker.values import BadValueError, read_float, shown
from training.config import Source
from training.data.dictionary_encoding import DICTIONARY, as_dictionary
from training.data.events import EVENT_ID_COLUMN
from training.data.user_ranges import EVERYONE, UserRange
from training.errors import BadDataError


def files(root: Path, prefixes: Sequence[str]) -> list[Path]:
    """Every Parquet file under the prefixes, in the order of prefixes, then of names."""
    found: list[Path] = []
    for prefix in prefixes:
        folder = root / prefix
        if folder.is_dir():
            found += sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix == ".parquet")
        elif folder.is_file():
            found.append(folder)
    return found


def read(
    root: Path,
    prefixes: Sequence[str],
    columns: dict[str, pa.DataType],
    what: str,
    *,
    events: bool = False,
    within: UserRange = EVERYONE,
) -> pa.Table:
    """These columns of all files, cast to these types. A column that a file lacks is null.

    Files of one dataset may have different columns, because a schema can be extended between imports. Rows of
    users who are not `within` the range are left out as they are read. Raises BadDataError if a column cannot
    be cast.
    """
    tables = [pa.schema(list(columns.items())).empty_table()]
    for path in files(root, prefixes):
        tables += map(within.only, read_file(path, columns, what, events=events))
    return pa.concat_tables(tables)


def read_file(
    path: Path, columns: dict[str, pa.DataType], what: str, *, events: bool = False
) -> Iterator[pa.Table]:
    """These columns of one file, one row group at a time. Raises BadDataError.

    With `events`, the columns are members of streamed events, and a file must have those that all files have.
    """
    there = set(pq.read_schema(path).names)  # Arrow cannot read a dictionary of a missing column
    try:
        present = (
            stored_columns(columns, there, path.name)
            if events
            else {name: name for name in columns if name in there}
        )
    except MissingColumnError as error:
        raise BadDataError(str(error)) from None
    dictionaries = [column for name, column in present.items() if columns[name] == DICTIONARY]
    with pq.ParquetFile(path, read_dictionary=dictionaries) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, columns=list(present.values()))
            table = table.select(list(present.values())).rename_columns(list(present))
            arrays = []
            for name, arrow_type in columns.items():
                if name not in present:
                    arrays.append(pa.nulls(len(table), arrow_type))
                    continue
                try:
                    arrays.append(_cast(table[name], arrow_type))
                except pa.ArrowInvalid as error:
                    raise BadDataError(
                        f"{what}: column {name} of {path.name} cannot be read as {arrow_type}: {error}"
                    ) from None
            yield pa.Table.from_arrays(arrays, schema=pa.schema(list(columns.items())))


def _cast(column: pa.ChunkedArray, arrow_type: pa.DataType) -> pa.ChunkedArray:
    """The column as another type. Integers beyond 53 bits become the nearest float."""
    if arrow_type == DICTIONARY:
        return as_dictionary(column)
    inexact = pa.types.is_integer(column.type) and pa.types.is_floating(arrow_type)
    return column.cast(arrow_type, safe=not inexact)


def records(
    root: Path,
    source: Source,
    columns: dict[str, pa.DataType],
    key: str,
    what: str,
    within: UserRange = EVERYONE,
) -> tuple[pa.Table, np.ndarray, dict[str, str]]:
    """The imported rows and the rows that were put one at a time, and when each came: float64[rows], seconds.

    Only rows of `within` are read if the rows are users.

    Also the ids of put records that are left out, because a value does not have the type of its column, each
    with the reason. One such record does not stop a training. Raises BadDataError for imported rows.
    """
    skipped: dict[str, str] = {}
    tables = [read(root, [prefix], columns, what, within=within) for prefix in source.prefixes]
    imported = [*source.imported, *[0.0] * (len(tables) - len(source.imported))]
    times = [np.full(len(table), time) for table, time in zip(tables, imported, strict=True)]
    if source.put:
        with (root / source.put).open(encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        for name, properties, _ in rows:
            if (why := _misfit({**properties, key: name}, columns)) is not None:
                skipped[name] = why
        rows = [row for row in rows if row[0] not in skipped]
        cells = [{**properties, key: name} for name, properties, _ in rows]
        arrays = [
            pa.array([row.get(name) for row in cells], arrow_type) for name, arrow_type in columns.items()
        ]
        tables.append(pa.Table.from_arrays(arrays, schema=pa.schema(list(columns.items()))))
        times.append(np.array([time for _, _, time in rows], np.float64))
    table, at = pa.concat_tables(tables), np.concatenate(times)
    if within != EVERYONE:
        mine = within.mask(table[key])
        table, at = table.filter(pa.array(mine)), at[mine]
    return table, at, skipped


def _misfit(cells: Mapping[str, Any], columns: Mapping[str, pa.DataType]) -> str | None:
    """Why a record cannot be a row of these columns; None if it can."""
    for name, arrow_type in columns.items():
        value = cells.get(name)
        if value is None:
            continue
        if pa.types.is_floating(arrow_type):
            try:
                read_float(value if not isinstance(value, str) else None)
            except BadValueError as error:
                return f"{name}: {error}"
        elif not isinstance(value, bool if pa.types.is_boolean(arrow_type) else str):
            return f"{name}: expected {arrow_type}, found {shown(value)}"
    return None


TEXT = ("USER_ID", "ITEM_ID", "EVENT_TYPE")
RESERVED = {
    *(*TEXT, "TIMESTAMP", "EVENT_VALUE", "IMPRESSION", "RECOMMENDATION_ID", "EVENT_ATTRIBUTION_SOURCE"),
    EVENT_ID_COLUMN,
}
_ARROW_TYPES = {"string": pa.string(), "bigint": pa.int64(), "double": pa.float64()}


def streamed_columns(*members: str) -> dict[str, pa.DataType]:
    """The columns of these members of streamed events, with their types."""
    return {name: _ARROW_TYPES[COLUMNS[name]] for name in event_columns(*members)}


STREAMED = {
    **streamed_columns(
        *("eventId", "userId", "sessionId", "itemId", "eventType", "eventValue", "sentAt", "properties")
    ),
    **dict.fromkeys(event_columns("itemId", "eventType"), DICTIONARY),
}


def interaction_columns(context: Sequence[str], text: pa.DataType = DICTIONARY) -> dict[str, pa.DataType]:
    """The columns of interactions that are read, in their order. Context columns are text."""
    others = {"TIMESTAMP": pa.int64(), "EVENT_VALUE": pa.float64()}
    return dict.fromkeys(TEXT, text) | others | dict.fromkeys(context, text)


def users(root: Path, source: Source, streamed: Sequence[str]) -> Iterator[pa.ChunkedArray]:
    """The users of bulk and streamed interactions, row group by row group. A streamed event may have none."""
    for path in files(root, source.prefixes):
        for table in read_file(path, {"USER_ID": DICTIONARY}, "Interactions"):
            yield table["USER_ID"]
    for path in files(root, streamed):
        for table in read_file(path, streamed_columns("userId"), "streamed events", events=True):
            yield table["userId"]


def interactions(
    root: Path,
    source: Source,
    streamed: Sequence[str],
    context: Sequence[str],
    within: UserRange = EVERYONE,
) -> pa.Table:
    """Bulk and streamed interactions of the users in a range: `interaction_columns` and `EVENT_ID_COLUMN`.

    As in the service, streamed events of a session belong to the user whom some event of the session names.
    Without such an event they are left out. Events without an item are left out too.
    """
    columns = interaction_columns(context)
    bulk = read(root, source.prefixes, columns, "Interactions", within=within)
    raw = read(root, streamed, STREAMED, "streamed events", events=True)
    joined = join_sessions(
        raw["userId"].to_pylist(), raw["sessionId"].to_pylist(), raw["sentAt"].to_numpy(zero_copy_only=False)
    )
    events = within.only(as_interactions(raw, pa.array(joined, pa.string()), context))
    bulk = without_event_ids(bulk)
    return whole(pa.concat_tables([bulk, events.select(bulk.column_names).cast(bulk.schema)]))


def without_event_ids(bulk: pa.Table) -> pa.Table:
    """Imported rows with the column of event ids, all null."""
    return bulk.append_column(EVENT_ID_COLUMN, pa.nulls(len(bulk), pa.string()))


def whole(table: pa.Table) -> pa.Table:
    """The interactions that have a user, an item and a time."""
    user, item, time = (table[name].is_valid() for name in ("USER_ID", "ITEM_ID", "TIMESTAMP"))
    return table.filter(pc.and_(pc.and_(user, item), time))


def as_interactions(raw: pa.Table, users: pa.Array | pa.ChunkedArray, context: Sequence[str]) -> pa.Table:
    """The streamed events `raw` of these users as interactions."""
    arrays = {
        "USER_ID": as_dictionary(users),
        "ITEM_ID": raw["itemId"],
        "EVENT_TYPE": raw["eventType"],
        "TIMESTAMP": raw["sentAt"],
        "EVENT_VALUE": raw["eventValue"],
        EVENT_ID_COLUMN: raw["eventId"],
    }
    if context:
        cells = [_properties(cell) for cell in raw["properties"].to_pylist()]
        for name in context:
            key = fold(name)
            arrays[name] = as_dictionary(pa.array([_text(cell.get(key)) for cell in cells], pa.string()))
    return pa.Table.from_pydict(arrays)


def join_sessions(
    users: Sequence[str | None], sessions: Sequence[str | None], times: np.ndarray
) -> list[str | None]:
    """The user of each event: its own user, or the one that the newest event of its session names."""
    owner: dict[str, tuple[int, str]] = {}
    for user, session, time in zip(users, sessions, times, strict=True):
        if user and session and (session not in owner or time >= owner[session][0]):
            owner[session] = (time, user)
    return [
        user or (owner[session][1] if session in owner else None)
        for user, session in zip(users, sessions, strict=True)
    ]


def _properties(cell: str | None) -> dict[str, object]:
    try:
        parsed = json.loads(cell) if cell else {}
    except json.JSONDecodeError:
        return {}
    return {fold(name): value for name, value in parsed.items()} if isinstance(parsed, dict) else {}


def _text(value: object) -> str | None:
    return None if value is None else str(value)
