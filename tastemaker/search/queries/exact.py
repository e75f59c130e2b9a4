"""Queries over whole values: term, terms, range, exists, ids, match_all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import BOOLEAN, NUMBER, STRING, Column
from tastemaker.search.errors import InvalidArgumentError
from tastemaker.search.index.reader import has_value
from tastemaker.search.index.vocabulary import with_prefix
from tastemaker.search.queries.context import ITEM_ID, QueryContext
from tastemaker.search.queries.matches import Matches
from tastemaker.search.queries.node import Highlight, nothing
from tastemaker.search.queries.reading import finite
from tastemaker.search.queries.scoring import bm25, exact_score


@dataclass(frozen=True)
class MatchAll:
    """Every document."""

    boost: float = 1.0

    def matches(self, context: QueryContext) -> Matches:
        return Matches.where(context.reader.live, self.boost)

    highlights = staticmethod(nothing)


@dataclass(frozen=True)
class MatchNone:
    """No document."""

    def matches(self, context: QueryContext) -> Matches:
        return Matches.none()

    highlights = staticmethod(nothing)


@dataclass(frozen=True)
class Ids:
    """The documents with these ids."""

    ids: tuple[str, ...]
    boost: float = 1.0

    def matches(self, context: QueryContext) -> Matches:
        found = {context.reader.document_of(item_id) for item_id in self.ids} - {-1}
        return Matches.constant(np.array(sorted(found), np.int32), self.boost)

    highlights = staticmethod(nothing)


@dataclass(frozen=True)
class Terms:
    """Fields that have one of some values. A text field has a value if it is one of its tokens.

    `scored` is whether rare values count for more; otherwise every document has the score `boost`.
    """

    field: str
    values: tuple[Any, ...]
    boost: float = 1.0
    scored: bool = False

    def matches(self, context: QueryContext) -> Matches:
        if self.field in (ITEM_ID, "_id"):
            return Ids(tuple(map(str, self.values)), self.boost).matches(context)
        name, reader = context.field(self.field), context.reader
        column_type = reader.column_type(name.column)
        if column_type is None:
            return Matches.none()
        if column_type == STRING and not name.exact:
            language = context.analyzer(name.column).language
            postings = reader.postings(name.column, language, [str(value) for value in self.values])
            if self.scored:
                return bm25(postings, reader.statistics(name.column), self.boost)
            return Matches.constant(postings.documents, self.boost)
        wanted = [_value(column_type, self.field, value) for value in self.values]
        found = [part.start + _rows(column, wanted) for part, column in reader.columns_of(name.column)]
        documents = np.concatenate(found)
        score = exact_score(reader.size, len(documents)) if self.scored and column_type != NUMBER else 1.0
        return Matches.constant(documents, self.boost * score)

    highlights = staticmethod(nothing)


@dataclass(frozen=True)
class Term:
    """A field that has a value, scored by how rare the value is."""

    field: str
    value: Any
    boost: float = 1.0

    @staticmethod
    def of_prefix(field: str, prefix: str, boost: float) -> _ValuePrefix:
        """A query for whole values that begin with a text."""
        return _ValuePrefix(field, prefix, boost)

    def matches(self, context: QueryContext) -> Matches:
        return Terms(self.field, (self.value,), self.boost, scored=True).matches(context)

    def highlights(self, context: QueryContext, field: str) -> Iterator[Highlight]:
        if field == self.field:
            yield lambda word: word == str(self.value)


@dataclass(frozen=True)
class _ValuePrefix:
    field: str
    prefix: str
    boost: float

    def matches(self, context: QueryContext) -> Matches:
        found = []
        for part, column in context.reader.columns_of(context.field(self.field).column):
            values = with_prefix(column.vocabulary, self.prefix)
            found.append(part.start + _rows(column, values))
        return Matches.constant(np.concatenate(found), self.boost)


Comparison = Callable[[NDArray[Any], float], NDArray[np.bool_]]
COMPARISONS: dict[str, Comparison] = {
    "gt": np.greater,
    "gte": np.greater_equal,
    "lt": np.less,
    "lte": np.less_equal,
}


@dataclass(frozen=True)
class Range:
    """A number within limits. `limits` has pairs of an operator of `COMPARISONS` and a number."""

    field: str
    limits: tuple[tuple[str, float], ...]
    boost: float = 1.0

    def matches(self, context: QueryContext) -> Matches:
        reader = context.reader
        column_type = reader.column_type(self.field)
        if column_type is None:
            return Matches.none()
        if column_type != NUMBER:
            raise InvalidArgumentError(
                f"The embedded index has no [range] over [{self.field}], which is not a number. Use [terms]."
            )
        mask = np.zeros(reader.size, bool)
        for part, column in reader.columns_of(self.field):
            inside = ~np.isnan(column.values)
            for operator, limit in self.limits:
                inside &= COMPARISONS[operator](column.values, limit)
            mask[part.start : part.start + len(inside)] = inside
        return Matches.where(mask, self.boost)

    highlights = staticmethod(nothing)


@dataclass(frozen=True)
class Exists:
    """A field that has a value."""

    field: str
    boost: float = 1.0

    def matches(self, context: QueryContext) -> Matches:
        if self.field in (ITEM_ID, "_id"):
            return MatchAll(self.boost).matches(context)
        mask = np.zeros(context.reader.size, bool)
        for part, column in context.reader.columns_of(context.field(self.field).column):
            mask[part.start : part.start + len(column)] = has_value(column)
        return Matches.where(mask, self.boost)

    highlights = staticmethod(nothing)


def _value(column_type: str, field: str, value: Any) -> Any:
    """A value of a query as the column stores it. Raises InvalidArgumentError."""
    if column_type == NUMBER:
        try:
            return finite(value)
        except (TypeError, ValueError):
            raise InvalidArgumentError(
                f'failed to create query: For input string: "{value}" of [{field}]'
            ) from None
    if column_type == BOOLEAN:
        if value in (True, "true"):
            return 1
        if value in (False, "false", ""):
            return 0
        raise InvalidArgumentError(
            f"Can't parse boolean value [{value}] of [{field}], expected [true] or [false]"
        )
    return str(value)


def _rows(column: Column, values: Sequence[Any]) -> NDArray[np.int64]:
    """The rows of a column that have one of some values, increasing."""
    if not column.is_text:
        return np.flatnonzero(np.isin(column.values, values))
    codes = [code for value in values if (code := column.vocabulary.index(value)) >= 0]
    if not codes:
        return np.zeros(0, np.int64)
    every = np.asarray(column.codes)
    at = np.flatnonzero(every == codes[0] if len(codes) == 1 else np.isin(every, codes))
    return np.unique(np.searchsorted(column.offsets, at, "right") - 1)
