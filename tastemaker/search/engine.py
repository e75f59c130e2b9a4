"""The embedded index answers a search."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Any

import numpy as np

from tastemaker.search.errors import InvalidArgumentError, UnsupportedError
from tastemaker.search.queries.context import QueryContext
from tastemaker.search.queries.hybrid import Hybrid
from tastemaker.search.queries.matches import Matches, intersection, union
from tastemaker.search.queries.node import Query
from tastemaker.search.results.fusing import Fusing
from tastemaker.search.results.highlighting import Highlighter
from tastemaker.search.results.request import SearchRequest, parse_search
from tastemaker.search.results.sorting import SCORE, SortKey, best, sort_values
from tastemaker.search.results.source import SourceFilter, document_source

SHARDS = {"total": 1, "successful": 1, "skipped": 0, "failed": 0}
EVERYTHING = SourceFilter()


def search(
    index: str, context: QueryContext, body: Mapping[str, Any], fusing: Fusing | None = None
) -> dict[str, Any]:
    """The response to the body of a search. Raises SearchError.

    `fusing` says how a hybrid query becomes one order.
    """
    started = perf_counter()
    request = parse_search(body, context)
    if isinstance(request.query, Hybrid):
        found, aggregated, total = _hybrid(request.query, request, context, fusing)
    else:
        found = aggregated = find(request, context)
        if request.post_filter is not None:
            found = intersection([found, _constant(request.post_filter, context)])
        total = len(found)
    response: dict[str, Any] = {
        "took": 0,
        "timed_out": False,
        "_shards": dict(SHARDS),
        "hits": _hits(index, request, context, found, total),
    }
    if request.aggregations:
        response["aggregations"] = {
            name: one.result(context, aggregated.documents) for name, one in request.aggregations.items()
        }
    response["took"] = int((perf_counter() - started) * 1000)
    return response


def _hybrid(
    query: Hybrid, request: SearchRequest, context: QueryContext, fusing: Fusing | None
) -> tuple[Matches, Matches, int]:
    """The hits in one order, the documents of any query, and how many may be hits.

    The best hits of each query are combined, as many as the page ends at, or the query's depth.
    """
    if fusing is None:
        raise InvalidArgumentError(
            "A [hybrid] query needs a search pipeline with normalization-processor or score-ranker-processor "
            "in [phase_results_processors], which says how the scores of its queries become one."
        )
    if request.sort and request.sort != (SortKey(SCORE, True),):
        raise UnsupportedError("The embedded index does not have [sort] with a [hybrid] query.")
    if request.min_score is not None:
        raise UnsupportedError("The embedded index does not have [min_score] with a [hybrid] query.")
    with np.errstate(all="ignore"):  # the scores are checked below
        sets = query.each(context)
    for some in sets:
        _check_finite(some)
    size = context.reader.size
    aggregated = union(sets, size)
    if request.post_filter is not None:
        allowed = _constant(request.post_filter, context)
        sets = [intersection([some, allowed]) for some in sets]
    depth = query.depth or request.start + request.size
    best_of_each = []
    for some in sets:
        chosen = np.sort(best(some, depth, (), context))
        best_of_each.append(Matches(some.documents[chosen], some.scores[chosen]))
    return fusing.fused(best_of_each, size), aggregated, len(union(sets, size))


def _constant(query: Query, context: QueryContext) -> Matches:
    return Matches.constant(query.matches(context).documents, 0.0)


def find(request: SearchRequest, context: QueryContext) -> Matches:
    """The documents of a request's query that exist. Raises InvalidArgumentError for endless scores."""
    with np.errstate(all="ignore"):  # the scores are checked below
        found = request.query.matches(context)
    _check_finite(found)
    live = context.reader.live[found.documents]
    if request.min_score is not None:
        live &= found.scores >= request.min_score
    return found if live.all() else found.keep(live)


def _check_finite(found: Matches) -> None:
    if not np.isfinite(found.scores).all():
        raise InvalidArgumentError("the query has scores that are no finite numbers; use smaller boosts")


def count(context: QueryContext, body: Mapping[str, Any]) -> int:
    """The number of documents that a query finds."""
    return len(find(parse_search({"query": body["query"]} if "query" in body else {}, context), context))


def _hits(
    index: str, request: SearchRequest, context: QueryContext, found: Matches, count: int
) -> dict[str, Any]:
    scored = not request.sort or any(key.field == SCORE for key in request.sort) or request.track_scores
    chosen = best(found, request.start + request.size, request.sort, context)[request.start :]
    highlighter = Highlighter(request.highlight, request.query, context) if request.highlight else None
    hits = []
    for document, score in zip(found.documents[chosen].tolist(), found.scores[chosen].tolist(), strict=True):
        hit: dict[str, Any] = {
            "_index": index,
            "_id": context.reader.id_of(document),
            "_score": score if scored else None,
        }
        if request.version:
            hit["_version"] = 1
        if request.source.enabled:
            hit["_source"] = document_source(context.reader, document, request.source)
        if highlighter is not None:
            marked = highlighter.of(document_source(context.reader, document, EVERYTHING))
            if marked:
                hit["highlight"] = marked
        if request.sort:
            hit["sort"] = sort_values(context.reader, request.sort, document, score)
        hits.append(hit)
    total = _total(count, request.track_total)
    top = float(np.max(found.scores)) if len(found) and scored and request.size else None
    return {**({} if total is None else {"total": total}), "max_score": top, "hits": hits}


def _total(found: int, track: bool | int) -> dict[str, Any] | None:
    if track is False:
        return None
    if track is True or found <= track:
        return {"value": found, "relation": "eq"}
    return {"value": track, "relation": "gte"}
