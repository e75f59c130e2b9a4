"""Parquet files into columns of Arrow, whatever folder they came from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tastemaker.models.features import fold
from training.config import Source
from training.errors import BadDataError


def files(root: Path, prefixes: Sequence[str]) -> list[Path]:
    """Every Parquet file under the prefixes, in order of prefix, then of name."""
    found: list[Path] = []
    for prefix in prefixes:
        folder = root / prefix
        if folder.is_dir():
            found += sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix == ".parquet")
        elif folder.is_file():
            found.append(folder)
    return found


def read(root: Path, prefixes: Sequence[str], columns: dict[str, pa.DataType], what: str) -> pa.Table:
    """These columns of all files, cast to these types; a column that a file lacks is null.

    Files of one dataset may differ in columns, since a schema can be widened between imports.
    Raises BadDataError if a column cannot be cast.
    """
    schema = pa.schema(list(columns.items()))
    tables = [schema.empty_table()]
    for path in files(root, prefixes):
        with pq.ParquetFile(path) as file:
            present = [name for name in columns if name in file.schema_arrow.names]
            table = file.read(columns=present)
        arrays = []
        for name, kind in columns.items():
            if name not in present:
                arrays.append(pa.nulls(len(table), kind))
                continue
            try:
                arrays.append(table[name].cast(kind))
            except pa.ArrowInvalid as error:
                raise BadDataError(
                    f"{what}: column {name} of {path.name} cannot be read as {kind}: {error}"
                ) from None
        tables.append(pa.Table.from_arrays(arrays, schema=schema))
    return pa.concat_tables(tables)


def records(
    root: Path, source: Source, columns: dict[str, pa.DataType], key: str, what: str
) -> tuple[pa.Table, np.ndarray]:
    """Imported rows and those put one at a time, and when each came: float64[rows], seconds.

    Raises BadDataError.
    """
    tables = [read(root, [prefix], columns, what) for prefix in source.prefixes]
    at = [*source.imported, *[0.0] * (len(tables) - len(source.imported))]
    times = [np.full(len(table), time) for table, time in zip(tables, at, strict=True)]
    if source.put:
        with (root / source.put).open(encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        cells = [{**properties, key: name} for name, properties, _ in rows]
        try:
            arrays = [pa.array([row.get(name) for row in cells], kind) for name, kind in columns.items()]
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise BadDataError(f"{what} put one at a time do not fit the schema: {error}") from None
        tables.append(pa.Table.from_arrays(arrays, schema=pa.schema(list(columns.items()))))
        times.append(np.array([time for _, _, time in rows], np.float64))
    return pa.concat_tables(tables), np.concatenate(times)


INTERACTIONS = {"USER_ID": pa.string(), "ITEM_ID": pa.string(), "TIMESTAMP": pa.int64()}
OPTIONAL = {"EVENT_TYPE": pa.string(), "EVENT_VALUE": pa.float64()}
RESERVED = {*INTERACTIONS, *OPTIONAL, "IMPRESSION", "RECOMMENDATION_ID", "EVENT_ATTRIBUTION_SOURCE"}


def interactions(root: Path, source: Source, streamed: Sequence[str], context: Sequence[str]) -> pa.Table:
    """Bulk and streamed interactions in one table: USER_ID, ITEM_ID, TIMESTAMP, EVENT_TYPE, EVENT_VALUE and
    `context`.

    Streamed events of a session that some event ties to a user belong to that user; without such an event
    they are left out, as the service does. So are events without an item. Context columns are text.
    """
    extra = dict.fromkeys(context, pa.string())
    bulk = read(root, source.prefixes, {**INTERACTIONS, **OPTIONAL, **extra}, "Interactions")
    events = _streamed(root, streamed, list(context))
    table = pa.concat_tables([bulk, events.select(bulk.column_names).cast(bulk.schema)])
    known = [table[name].is_valid() for name in INTERACTIONS]
    return table.filter(pa.compute.and_(pa.compute.and_(known[0], known[1]), known[2]))


def _streamed(root: Path, prefixes: Sequence[str], context: list[str]) -> pa.Table:
    text, number = pa.string(), pa.float64()
    columns = {
        "userId": text,
        "sessionId": text,
        "itemId": text,
        "eventType": text,
        "eventValue": number,
        "sentAt": pa.int64(),
        "properties": text,
    }
    raw = read(root, prefixes, columns, "streamed events")
    users = join_sessions(
        raw["userId"].to_pylist(), raw["sessionId"].to_pylist(), raw["sentAt"].to_numpy(zero_copy_only=False)
    )
    arrays = {
        "USER_ID": pa.array(users, text),
        "ITEM_ID": raw["itemId"],
        "TIMESTAMP": raw["sentAt"],
        "EVENT_TYPE": raw["eventType"],
        "EVENT_VALUE": raw["eventValue"],
    }
    if context:
        cells = [_properties(cell) for cell in raw["properties"].to_pylist()]
        for name in context:
            key = fold(name)
            arrays[name] = pa.array([_text(cell.get(key)) for cell in cells], text)
    return pa.Table.from_pydict(arrays)


def join_sessions(
    users: Sequence[str | None], sessions: Sequence[str | None], times: np.ndarray
) -> list[str | None]:
    """The user of each event: its own, else the one that some event of its session names (the newest such
    event).
    """
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
