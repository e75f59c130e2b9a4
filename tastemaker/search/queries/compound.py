"""Queries that combine others: bool, constant_score, dis_max, boosting is not among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tastemaker.search.queries.context import QueryContext
from tastemaker.search.queries.exact import MatchAll
from tastemaker.search.queries.full_text import minimum_should_match
from tastemaker.search.queries.matches import Matches, intersection, union, without
from tastemaker.search.queries.node import Highlight, Query


@dataclass(frozen=True)
class Bool:
    """Clauses that must, may or must not match. `filter` and `must_not` add nothing to scores."""

    must: tuple[Query, ...] = ()
    filter: tuple[Query, ...] = ()
    should: tuple[Query, ...] = ()
    must_not: tuple[Query, ...] = ()
    minimum: str | int | None = None
    boost: float = 1.0

    def matches(self, context: QueryContext) -> Matches:
        size = context.reader.size
        if not (self.must or self.filter or self.should or self.must_not):
            return MatchAll(self.boost).matches(context)
        required = [query.matches(context) for query in self.must]
        required += [Matches.constant(query.matches(context).documents, 0.0) for query in self.filter]
        wanted = minimum_should_match(self.minimum, len(self.should))
        if self.should and self.minimum is None and not required:
            wanted = 1
        found = self._found(context, required, wanted)
        for query in self.must_not:
            found = without(found, query.matches(context), size)
        return found.times(self.boost)

    def _found(self, context: QueryContext, required: Sequence[Matches], wanted: int) -> Matches:
        size = context.reader.size
        optional = [query.matches(context) for query in self.should]
        if wanted:
            some = union(optional, size, at_least=wanted)
            return intersection([*required, some]) if required else some
        found = intersection(required) if required else Matches.where(context.reader.live, 0.0)
        if not optional or not len(found):
            return found
        extra = union(optional, size)
        scores = np.zeros(size, np.float32)
        scores[extra.documents] = extra.scores
        return Matches(found.documents, found.scores + scores[found.documents])

    def highlights(self, context: QueryContext, field: str) -> Iterator[Highlight]:
        for query in (*self.must, *self.should, *self.filter):
            yield from query.highlights(context, field)


@dataclass(frozen=True)
class ConstantScore:
    """The documents of a query, all with the same score."""

    query: Query
    boost: float = 1.0

    def matches(self, context: QueryContext) -> Matches:
        return Matches.constant(self.query.matches(context).documents, self.boost)

    def highlights(self, context: QueryContext, field: str) -> Iterator[Highlight]:
        yield from self.query.highlights(context, field)


@dataclass(frozen=True)
class DisMax:
    """The documents of any query, with the best score and a share of the others."""

    queries: tuple[Query, ...]
    tie_breaker: float = 0.0
    boost: float = 1.0

    def matches(self, context: QueryContext) -> Matches:
        found = [query.matches(context) for query in self.queries]
        return union(found, context.reader.size, tie_breaker=self.tie_breaker).times(self.boost)

    def highlights(self, context: QueryContext, field: str) -> Iterator[Highlight]:
        for query in self.queries:
            yield from query.highlights(context, field)
