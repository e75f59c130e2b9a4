"""The body and parameters of `_search` → what the embedded index is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tastemaker.search.errors import InvalidArgumentError, ParsingError
from tastemaker.search.queries.context import QueryContext
from tastemaker.search.queries.exact import MatchAll
from tastemaker.search.queries.node import Query
from tastemaker.search.queries.parsing import QueryParser
from tastemaker.search.queries.reading import Members, finite
from tastemaker.search.results.aggregations import Aggregation, parse_aggregations
from tastemaker.search.results.highlighting import HighlightOptions, parse_highlight
from tastemaker.search.results.sorting import SortKey, parse_sort
from tastemaker.search.results.source import SourceFilter, parse_source

DEFAULT_SIZE = 10
MAX_RESULT_WINDOW = 10_000
"""The largest `from` plus `size`, as in OpenSearch."""


@dataclass(frozen=True)
class SearchRequest:
    """One search. `track_total` is whether, or up to which number, hits are counted."""

    query: Query
    start: int = 0
    size: int = DEFAULT_SIZE
    sort: tuple[SortKey, ...] = ()
    source: SourceFilter = field(default_factory=SourceFilter)
    highlight: HighlightOptions | None = None
    aggregations: Mapping[str, Aggregation] = field(default_factory=dict)
    post_filter: Query | None = None
    min_score: float | None = None
    track_total: bool | int = MAX_RESULT_WINDOW
    track_scores: bool = False
    version: bool = False


def parse_search(body: Mapping[str, Any], context: QueryContext) -> SearchRequest:
    """Parse the body of a search. Raises ParsingError, and UnsupportedError for what is not there."""
    members = Members("search", body)
    # `ext` and `search_pipeline` belong to the pipeline. The others change nothing in a result.
    members.ignore("ext", "search_pipeline", "timeout", "stats", "track_total_hits_up_to", "verbose_pipeline")
    parser = QueryParser(context)
    start, size = page_of(members)
    aggregations = members.take("aggs", members.take("aggregations", {}))
    request = SearchRequest(
        query=parser.parse_top(members.take("query")) if members.is_given("query") else MatchAll(),
        start=start,
        size=size,
        sort=parse_sort(members.take("sort", [])),
        source=parse_source(members.take("_source", True)),
        highlight=parse_highlight(members.take("highlight"), parser) if "highlight" in members else None,
        aggregations=parse_aggregations(aggregations, parser),
        post_filter=parser.parse(members.take("post_filter")) if "post_filter" in members else None,
        min_score=members.number("min_score", 0.0) if "min_score" in members else None,
        track_total=_track_total(members.take("track_total_hits", MAX_RESULT_WINDOW)),
        track_scores=members.flag("track_scores", False),
        version=members.flag("version", False),
    )
    members.end()
    return request


def page_of(members: Members) -> tuple[int, int]:
    """The members `from` and `size`. Raises InvalidArgumentError for a page beyond the window."""
    start, size = members.integer("from", 0), members.integer("size", DEFAULT_SIZE)
    if start + size > MAX_RESULT_WINDOW:
        raise InvalidArgumentError(
            "Result window is too large, from + size must be less than or equal to: "
            f"[{MAX_RESULT_WINDOW}] but was [{start + size}]"
        )
    return start, size


def _track_total(value: Any) -> bool | int:
    if isinstance(value, bool):
        return value
    try:
        return int(finite(value))
    except (TypeError, ValueError):
        raise ParsingError(f"[track_total_hits] must be a boolean or a number, found [{value}]") from None
