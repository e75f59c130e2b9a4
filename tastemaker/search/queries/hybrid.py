"""The query `hybrid`: several queries whose scores are normalized before they are combined.

https://docs.opensearch.org/latest/query-dsl/compound/hybrid/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tastemaker.search.queries.context import QueryContext
from tastemaker.search.queries.matches import Matches, intersection, union
from tastemaker.search.queries.node import Highlight, Query

MAX_QUERIES = 5


@dataclass(frozen=True)
class Hybrid:
    """The documents of any query. `depth` is how many of the best of each are combined."""

    queries: tuple[Query, ...]
    filter: Query | None = None
    depth: int | None = None

    def each(self, context: QueryContext) -> list[Matches]:
        """The documents of each query that exist."""
        allowed = None
        if self.filter is not None:
            allowed = Matches.constant(self.filter.matches(context).documents, 0.0)
        found = []
        for query in self.queries:
            some = query.matches(context)
            some = some.keep(context.reader.live[some.documents])
            found.append(some if allowed is None else intersection([some, allowed]))
        return found

    def matches(self, context: QueryContext) -> Matches:
        return union(self.each(context), context.reader.size)

    def highlights(self, context: QueryContext, field: str) -> Iterator[Highlight]:
        for query in self.queries:
            yield from query.highlights(context, field)
