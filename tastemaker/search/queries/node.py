"""The interface of all queries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from tastemaker.search.queries.context import QueryContext
from tastemaker.search.queries.matches import Matches


class Query(Protocol):
    """One node of a query. Documents that do not exist any more may be among its matches."""

    def matches(self, context: QueryContext) -> Matches:
        """Find and score documents."""
        ...

    def highlights(self, context: QueryContext, field: str) -> Iterator[Highlight]:
        """What the node looks for in a field, for highlighting."""
        ...


class Highlight(Protocol):
    """Says whether a word of a text is one that a query looked for."""

    def __call__(self, word: str) -> bool: ...


def nothing(context: QueryContext, field: str) -> Iterator[Highlight]:
    """Nothing to highlight."""
    yield from ()
