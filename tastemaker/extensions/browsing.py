"""FindItems, FindUsers and DescribeUser: what a campaign's model knows, for people who look into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.generation.item_facts import one_line
from tastemaker.schemas.naming import IMAGE_COLUMNS, fold
from tastemaker.serving.eligibility import allowed_items
from tastemaker.serving.item_texts import ItemTexts
from tastemaker.serving.metadata import as_text
from tastemaker.serving.query import Query
from tastemaker.serving.runtime import Runtime
from tastemaker.serving.text_search import matching_rows

DEFAULT_RESULTS = 25
MAX_TEXT = 1_000
"""The most letters of one attribute. An item can have a description of 20,000."""


def find_items(runtime: Runtime, params: Mapping[str, Any]) -> dict[str, Any]:
    """The members of the response: items by ID, or by text and filter. Raises InvalidInput.

    Found items are in the order of their number of users.
    """
    endpoint = runtime.endpoint(params)
    query = Query(runtime, endpoint, params.get("userId"), params.get("itemId"))
    bundle = query.loaded.bundle
    columns = ItemTexts(query, {}).columns
    if params.get("itemIds"):
        described = [_item(query, item_id, columns.name) for item_id in params["itemIds"]]
        found = [item for item in described if item is not None]
        return {"items": found, "matchCount": len(found), "itemCount": len(bundle.items)}
    allowed = allowed_items(query, params.get("filterArn"), params.get("filterValues"))
    rows = np.arange(len(bundle.items)) if allowed is None else np.flatnonzero(allowed.flags)
    if params.get("text"):
        rows = np.intersect1d(rows, _rows_with(query, columns.name, params["text"]))
    shown = _largest(rows, bundle.item_users, params.get("maxResults") or DEFAULT_RESULTS)
    items = [_item(query, item_id, columns.name) for item_id in (bundle.items.take(shown) if shown else ())]
    return {
        "items": [item for item in items if item is not None],
        "matchCount": len(rows),
        "itemCount": len(bundle.items),
    }


def find_users(runtime: Runtime, params: Mapping[str, Any]) -> dict[str, Any]:
    """The members of the response: users whose ID contains a text, those with most events first.

    Without a text, the users are evenly spread over all.
    """
    query = Query(runtime, runtime.endpoint(params))
    users, histories = query.loaded.bundle.users, query.loaded.bundle.histories
    most = params.get("maxResults") or DEFAULT_RESULTS
    counts = np.diff(histories.offsets)
    if params.get("text"):
        rows = matching_rows(users, params["text"])
        shown = _largest(rows, counts, most)
    else:
        rows = np.arange(len(users))
        shown = rows[:: max(1, -(-len(rows) // most))].tolist()
    ids = users.take(shown) if shown else []
    found = [
        {"userId": user_id, "attributes": _user_attributes(query, row), "eventCount": int(counts[row])}
        for user_id, row in zip(ids, shown, strict=True)
    ]
    return {"users": found, "matchCount": len(rows), "userCount": len(users)}


def describe_user(runtime: Runtime, params: Mapping[str, Any]) -> dict[str, Any]:
    """The members of the response: a user's attributes and newest events. An unknown user has none."""
    query = Query(runtime, runtime.endpoint(params), params["userId"])
    bundle, past = query.loaded.bundle, query.past
    trained = bundle.histories.of(query.user_index) if query.user_index >= 0 else None
    known = (
        set()
        if trained is None
        else set(zip(trained.items.tolist(), trained.timestamps.tolist(), strict=True))
    )
    newest = slice(max(0, len(past.items) - (params.get("maxResults") or DEFAULT_RESULTS)), None)
    rows, times, types = (part[newest][::-1].tolist() for part in (past.items, past.timestamps, past.types))
    events = [
        {
            "itemId": item_id,
            "timestamp": time,
            "streamed": (row, time) not in known,
            **({"eventType": past.type_names[number]} if number >= 0 else {}),
        }
        for item_id, row, time, number in zip(
            bundle.items.take(rows) if rows else (), rows, times, types, strict=True
        )
    ]
    attributes = _user_attributes(query, query.user_index) if query.user_index >= 0 else {}
    upserted = runtime.upserts.user(query.storage("USERS").catalog, params["userId"])
    if upserted is not None:
        attributes |= {name: as_text(value) for name, value in upserted[0].items() if value is not None}
    user = {"userId": params["userId"], "attributes": attributes, "eventCount": len(past.items)}
    return {"user": user, "known": query.user_index >= 0 or bool(events), "events": events}


def _item(query: Query, item_id: str, name_column: str | None) -> dict[str, Any] | None:
    """An item with its attributes as text; None if neither the model nor the upserts have it."""
    bundle, upserted = query.loaded.bundle, query.upserted_items
    row = bundle.items.index(item_id)
    record = upserted.get(item_id) if upserted is not None else None
    if record is None and row < 0:
        return None
    values = bundle.item_columns.record(row) if record is None else record
    attributes = {
        name: as_text(value)[:MAX_TEXT]
        for name, value in values.items()
        if value is not None and fold(name) != "itemid"
    }
    folded = {fold(name): value for name, value in attributes.items()}
    item = {
        "itemId": item_id,
        "name": one_line(folded.get(fold(name_column), "")) if name_column else "",
        "attributes": attributes,
        "userCount": int(bundle.item_users[row]) if row >= 0 else 0,
    }
    item["name"] = item["name"] or item_id
    image = next((folded[name] for name in IMAGE_COLUMNS if name in folded), "")
    return {**item, "imageUrl": image} if image.startswith(("https://", "http://")) else item


def _rows_with(query: Query, name_column: str | None, text: str) -> NDArray[np.int64]:
    """The rows of items whose ID or name contains a text."""
    bundle = query.loaded.bundle
    rows = matching_rows(bundle.items, text)
    column = bundle.item_columns.find(name_column) if name_column else None
    if column is None:
        return rows
    wanted = np.isin(column.codes, matching_rows(column.vocabulary, text))
    of_row = np.repeat(np.arange(len(column)), np.diff(column.offsets))
    return np.union1d(rows, of_row[wanted])


def _user_attributes(query: Query, row: int) -> dict[str, str]:
    record = query.loaded.bundle.user_columns.record(row)
    return {name: as_text(value) for name, value in record.items() if value is not None}


def _largest(rows: NDArray[Any], sizes: NDArray[Any], most: int) -> list[int]:
    """The rows with the largest sizes, largest first."""
    of_rows = sizes[rows]
    order = np.argsort(-of_rows, kind="stable")[:most]
    chosen: list[int] = rows[order].tolist()
    return chosen
