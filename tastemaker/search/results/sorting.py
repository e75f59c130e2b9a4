"""The order of hits: by score, by fields, or by the order of documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import BOOLEAN, NUMBER
from tastemaker.search.errors import InvalidArgumentError, ParsingError
from tastemaker.search.index.reader import Reader
from tastemaker.search.queries.context import ITEM_ID, QueryContext
from tastemaker.search.queries.matches import Matches
from tastemaker.search.queries.reading import Members, as_list
from tastemaker.search.results.source import json_value

SCORE, DOCUMENT = "_score", "_doc"


@dataclass(frozen=True)
class SortKey:
    """One key of an order. Documents without the field come last, or first if `missing_first`."""

    field: str
    descending: bool = False
    missing_first: bool = False


def parse_sort(value: Any) -> tuple[SortKey, ...]:
    """Parse the member `sort`: names, or objects such as `{"PRICE": {"order": "desc"}}`."""
    keys = []
    for one in as_list(value):
        if isinstance(one, str):
            name, _, order = one.partition(":")
            keys.append(SortKey(name, _descending(order or ("desc" if name == SCORE else "asc"))))
            continue
        members = Members("sort", one)
        name, about = members.single()
        about = Members(f"sort by {name}", about if isinstance(about, Mapping) else {"order": about})
        order = str(about.take("order", "desc" if name == SCORE else "asc"))
        missing = about.choice("missing", ("_last", "_first"), "_last")
        about.ignore("unmapped_type", "mode", "numeric_type")
        about.end()
        keys.append(SortKey(name, _descending(order), missing == "_first"))
    return tuple(keys)


def _descending(order: str) -> bool:
    if order.lower() not in ("asc", "desc"):
        raise ParsingError(f"[sort] the order must be asc or desc, found [{order}]")
    return order.lower() == "desc"


def best(matches: Matches, count: int, keys: Sequence[SortKey], context: QueryContext) -> NDArray[np.int64]:
    """The places of the best `count` matches, best first. Of equal ones the earlier document is first."""
    if not keys or keys == (SortKey(SCORE, True),):
        return _top(matches.scores, count)
    columns = [_key_values(key, matches, context) for key in reversed(keys)]
    return np.lexsort(columns)[:count]


def _top(scores: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    if count < len(scores) // 4 and count:
        # Of equal scores at the border all must be looked at, so that the order does not depend on `count`.
        border = np.partition(scores, len(scores) - count)[len(scores) - count]
        chosen = np.flatnonzero(scores >= border)
        return chosen[np.argsort(-scores[chosen], kind="stable")[:count]]
    return np.argsort(-scores, kind="stable")[:count]


def _key_values(key: SortKey, matches: Matches, context: QueryContext) -> NDArray[np.float64]:
    """The values of a key as numbers that sort in ascending order."""
    if key.field == SCORE:
        values = matches.scores.astype(np.float64)
    elif key.field == DOCUMENT:
        values = matches.documents.astype(np.float64)
    else:
        values = _field_values(key.field, matches.documents, context)
    values = -values if key.descending else values
    return np.where(np.isnan(values), -np.inf if key.missing_first else np.inf, values)


def _field_values(field: str, documents: NDArray[np.int32], context: QueryContext) -> NDArray[np.float64]:
    """The values of a field as numbers in the order of the values: text by its rank among all texts."""
    reader = context.reader
    name = context.field(field)
    if field in (ITEM_ID, "_id"):
        ids = [reader.id_of(document) for document in documents.tolist()]
        return np.unique(ids, return_inverse=True)[1].astype(np.float64)
    column_type = reader.column_type(name.column)
    if column_type is None:
        raise InvalidArgumentError(f"No mapping found for [{field}] in order to sort on")
    if column_type not in (NUMBER, BOOLEAN) and not name.exact:
        raise InvalidArgumentError(
            f"Text fields are not optimised for sorting. Use [{field}.keyword] to sort by whole values."
        )
    texts: dict[str, float] = {}
    if column_type not in (NUMBER, BOOLEAN):
        every = {text for _, column in reader.columns_of(name.column) for text in column.vocabulary.tolist()}
        texts = {text: float(place) for place, text in enumerate(sorted(every))}
    found = np.full(len(documents), np.nan)
    for part, column in reader.columns_of(name.column):
        inside = np.flatnonzero((documents >= part.start) & (documents < part.start + len(column)))
        rows = documents[inside] - part.start
        if column.is_text:
            ranks = np.array([texts[text] for text in column.vocabulary.tolist()] or [np.nan])
            first = column.offsets[rows]
            has = np.diff(column.offsets)[rows] > 0
            found[inside[has]] = ranks[column.codes[first[has]]]
        else:
            values = column.values[rows].astype(np.float64)
            found[inside] = np.where(values < 0, np.nan, values) if column_type == BOOLEAN else values
    return found


def sort_values(reader: Reader, keys: Sequence[SortKey], document: int, score: float) -> list[Any]:
    """The values that a hit was sorted by, as the response shows them."""
    part = reader.part_of(document)
    row = document - part.start
    values: list[Any] = []
    for key in keys:
        if key.field == SCORE:
            values.append(score)
        elif key.field == DOCUMENT:
            values.append(document)
        elif key.field in (ITEM_ID, "_id"):
            values.append(part.ids[row])
        else:
            column = part.columns.get(key.field.removesuffix(".keyword"))
            value = None if column is None else json_value(column, row)
            values.append(value[0] if isinstance(value, list) else value)
    return values
