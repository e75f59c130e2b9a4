"""Aggregations over the documents of a query: terms, range, and figures of a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import BOOLEAN, NUMBER
from tastemaker.search.errors import InvalidArgumentError, ParsingError, UnsupportedError
from tastemaker.search.queries.context import ITEM_ID, QueryContext
from tastemaker.search.queries.function_score import numbers
from tastemaker.search.queries.node import Query
from tastemaker.search.queries.parsing import QueryParser
from tastemaker.search.queries.reading import Members
from tastemaker.search.results.source import json_number

MAX_BUCKETS = 10_000
METRICS = ("min", "max", "avg", "sum", "value_count", "cardinality", "stats")
Documents = NDArray[np.int32]


@dataclass(frozen=True)
class Aggregation:
    """One aggregation. `options` belong to the type; `children` are made for each bucket."""

    type: str
    options: Mapping[str, Any] = field(default_factory=dict)
    children: Mapping[str, Aggregation] = field(default_factory=dict)
    query: Query | None = None

    def result(self, context: QueryContext, documents: Documents) -> dict[str, Any]:
        """The result over some documents, as the response shows it."""
        if self.type in METRICS:
            return _metric(self.type, context, str(self.options["field"]), documents)
        return _BUCKETS[self.type](self, context, documents)

    def bucket(self, context: QueryContext, documents: Documents, **key: Any) -> dict[str, Any]:
        """A bucket with these documents."""
        found = {**key, "doc_count": len(documents)}
        for name, child in self.children.items():
            found[name] = child.result(context, documents)
        return found


def parse_aggregations(value: Any, parser: QueryParser) -> dict[str, Aggregation]:
    """Parse the member `aggs`. Raises UnsupportedError for a type that is not there."""
    return {
        str(name): _aggregation(str(name), about, parser) for name, about in Members("aggs", value).items()
    }


def _aggregation(name: str, about: Any, parser: QueryParser) -> Aggregation:
    members = Members(f"aggregation {name}", about)
    children = parse_aggregations(members.take("aggs", members.take("aggregations", {})), parser)
    members.ignore("meta")
    kind, body = members.single()
    if kind == "filter":
        return Aggregation(kind, {}, children, parser.parse(body))
    read = _OPTIONS.get(kind)
    if read is None:
        raise UnsupportedError(
            f"The embedded index does not have the aggregation [{kind}] of [{name}]. It has "
            f"{', '.join(sorted([*_OPTIONS, 'filter']))}."
        )
    if children and kind in METRICS:
        raise ParsingError(f"Aggregator [{name}] of type [{kind}] cannot accept sub-aggregations")
    return Aggregation(kind, read(Members(f"{kind} of {name}", body)), children)


def _terms_options(members: Members) -> dict[str, Any]:
    order = members.take("order", {"_count": "desc"})
    orders = [Members("order", one).single() for one in (order if isinstance(order, list) else [order])]
    for key, _ in orders:
        if key not in ("_count", "_key"):
            raise UnsupportedError(f"The embedded index orders terms by _count or _key, not by [{key}].")
    found = {
        "field": str(members.required("field")),
        "size": min(members.integer("size", 10, least=1), MAX_BUCKETS),
        "minimum": members.integer("min_doc_count", 1),
        "missing": members.take("missing"),
        "order": tuple((key, str(direction).lower() == "desc") for key, direction in orders),
    }
    members.ignore("shard_size", "show_term_doc_count_error", "execution_hint", "collect_mode")
    members.end()
    return found


def _range_options(members: Members) -> dict[str, Any]:
    ranges = []
    if not members.is_given("ranges"):
        raise ParsingError(f"[{members.what}] requires [ranges]")
    for one in members.values("ranges"):
        about = Members("range", one)
        low = about.number("from", 0.0) if about.is_given("from") else None
        high = about.number("to", 0.0) if about.is_given("to") else None
        ranges.append((about.text("key"), low, high))
        about.end()
    found = {
        "field": str(members.required("field")),
        "ranges": tuple(ranges),
        "keyed": members.flag("keyed", False),
    }
    members.end()
    return found


def _metric_options(members: Members) -> dict[str, Any]:
    found = {"field": str(members.required("field"))}
    members.ignore("precision_threshold")
    members.end()
    return found


def _histogram_options(members: Members) -> dict[str, Any]:
    found = {
        "field": str(members.required("field")),
        "interval": members.number("interval", 0.0),
        "minimum": members.integer("min_doc_count", 0),
    }
    if not float(str(found["interval"])) > 0:
        raise ParsingError("[interval] must be >0 for histogram aggregation")
    members.end()
    return found


_OPTIONS: Mapping[str, Callable[[Members], dict[str, Any]]] = {
    "terms": _terms_options,
    "range": _range_options,
    "histogram": _histogram_options,
    **dict.fromkeys(METRICS, _metric_options),
}


def _terms(aggregation: Aggregation, context: QueryContext, documents: Documents) -> dict[str, Any]:
    options = aggregation.options
    keys, of_document, at = _values(context, options["field"], documents)
    if options["missing"] is not None:
        absent = np.setdiff1d(np.arange(len(documents)), at)
        if options["missing"] not in keys:
            keys = [*keys, options["missing"]]
        of_document = np.append(of_document, np.full(len(absent), keys.index(options["missing"])))
        at = np.append(at, absent)
    counts = np.bincount(of_document, minlength=len(keys))
    places = [place for place in range(len(keys)) if counts[place] >= max(options["minimum"], 1)]
    places.sort(key=lambda place: keys[place])
    for key, descending in reversed(options["order"]):
        by = (lambda place: counts[place]) if key == "_count" else (lambda place: keys[place])
        places.sort(key=by, reverse=descending)
    shown = places[: options["size"]]
    buckets = [
        aggregation.bucket(
            context,
            documents[np.sort(at[of_document == place])],
            **_term_key(context, options["field"], keys[place]),
        )
        for place in shown
    ]
    other = int(counts[places].sum() - counts[shown].sum()) if places else 0
    return {"doc_count_error_upper_bound": 0, "sum_other_doc_count": other, "buckets": buckets}


def _term_key(context: QueryContext, field: str, key: Any) -> dict[str, Any]:
    if context.reader.column_type(context.field(field).column) == BOOLEAN:
        return {"key": int(key), "key_as_string": "true" if key else "false"}
    return {"key": key}


def _values(
    context: QueryContext, field: str, documents: Documents
) -> tuple[list[Any], NDArray[np.int64], NDArray[np.int64]]:
    """The distinct values of a field, and for each value that a document has two places.

    The first place is that of the value among the distinct ones, the second that of the document.
    """
    reader, name = context.reader, context.field(field)
    column_type = reader.column_type(name.column)
    if field in (ITEM_ID, "_id"):
        ids = [reader.id_of(document) for document in documents.tolist()]
        return ids, np.arange(len(ids)), np.arange(len(ids))
    if column_type is None:
        return [], np.zeros(0, np.int64), np.zeros(0, np.int64)
    if column_type in (NUMBER, BOOLEAN):
        values = (
            numbers(context, field, documents) if column_type == NUMBER else _flags(context, field, documents)
        )
        at = np.flatnonzero(~np.isnan(values))
        distinct, codes = np.unique(values[at], return_inverse=True)
        return [json_number(value) for value in distinct.tolist()], codes, at
    if not name.exact:
        raise InvalidArgumentError(
            f"Text fields are not optimised for aggregations. Use [{field}.keyword] for whole values."
        )
    keys: dict[str, int] = {}
    codes_found, at_found = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for part, column in reader.columns_of(name.column):
        inside = np.flatnonzero((documents >= part.start) & (documents < part.start + len(column)))
        rows = documents[inside] - part.start
        sizes = np.diff(column.offsets)[rows]
        ends = np.cumsum(sizes)
        total = int(ends[-1]) if len(ends) else 0
        cells = column.codes[np.repeat(column.offsets[rows] - (ends - sizes), sizes) + np.arange(total)]
        distinct, local = np.unique(cells, return_inverse=True)
        places = [keys.setdefault(text, len(keys)) for text in column.vocabulary.take(distinct)]
        codes_found.append(np.array(places, np.int64)[local])
        at_found.append(np.repeat(inside, sizes))
    return list(keys), np.concatenate(codes_found), np.concatenate(at_found)


def _flags(context: QueryContext, field: str, documents: Documents) -> NDArray[np.float64]:
    found = np.full(len(documents), np.nan)
    for part, column in context.reader.columns_of(field):
        inside = (documents >= part.start) & (documents < part.start + len(column))
        values = column.values[documents[inside] - part.start].astype(np.float64)
        found[inside] = np.where(values < 0, np.nan, values)
    return found


def _range(aggregation: Aggregation, context: QueryContext, documents: Documents) -> dict[str, Any]:
    values = numbers(context, aggregation.options["field"], documents)
    buckets = []
    for key, low, high in aggregation.options["ranges"]:
        inside = ~np.isnan(values)
        limits: dict[str, Any] = {}
        if low is not None:
            inside &= values >= low
            limits["from"] = low
        if high is not None:
            inside &= values < high
            limits["to"] = high
        name = key or f"{'*' if low is None else low}-{'*' if high is None else high}"
        buckets.append(aggregation.bucket(context, documents[inside], key=name, **limits))
    if aggregation.options["keyed"]:
        return {"buckets": {bucket.pop("key"): bucket for bucket in buckets}}
    return {"buckets": buckets}


def _histogram(aggregation: Aggregation, context: QueryContext, documents: Documents) -> dict[str, Any]:
    values = numbers(context, aggregation.options["field"], documents)
    interval, minimum = aggregation.options["interval"], aggregation.options["minimum"]
    known = np.flatnonzero(~np.isnan(values))
    bins = np.floor(values[known] / interval).astype(np.int64)
    if len(bins) and int(bins.max() - bins.min()) > MAX_BUCKETS:
        raise InvalidArgumentError(
            f"Trying to create too many buckets. Must be less than or equal to: [{MAX_BUCKETS}]"
        )
    every = range(int(bins.min()), int(bins.max()) + 1) if len(bins) else range(0)
    buckets = [
        aggregation.bucket(context, documents[known[bins == one]], key=json_number(one * interval))
        for one in every
    ]
    return {"buckets": [bucket for bucket in buckets if bucket["doc_count"] >= minimum]}


def _filter(aggregation: Aggregation, context: QueryContext, documents: Documents) -> dict[str, Any]:
    assert aggregation.query is not None
    mask = aggregation.query.matches(context).mask(context.reader.size)
    return aggregation.bucket(context, documents[mask[documents]])


_BUCKETS: Mapping[str, Callable[[Aggregation, QueryContext, Documents], dict[str, Any]]] = {
    "terms": _terms,
    "range": _range,
    "histogram": _histogram,
    "filter": _filter,
}


def _metric(kind: str, context: QueryContext, field: str, documents: Documents) -> dict[str, Any]:
    if kind in ("value_count", "cardinality"):
        keys, codes, _ = _values(context, field, documents)
        return {"value": len(codes) if kind == "value_count" else len(keys)}
    values = numbers(context, field, documents)
    values = values[~np.isnan(values)]
    figures: dict[str, Any] = {
        "count": len(values),
        "min": float(values.min()) if len(values) else None,
        "max": float(values.max()) if len(values) else None,
        "avg": float(values.mean()) if len(values) else None,
        "sum": float(values.sum()),
    }
    return figures if kind == "stats" else {"value": figures[kind]}
