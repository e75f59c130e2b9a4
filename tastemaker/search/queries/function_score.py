"""function_score: scores that depend on a number of the document.

https://docs.opensearch.org/latest/query-dsl/compound/function-score/
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import NUMBER
from tastemaker.search.errors import InvalidArgumentError
from tastemaker.search.queries.context import QueryContext
from tastemaker.search.queries.matches import Matches
from tastemaker.search.queries.node import Highlight, Query

Numbers = NDArray[np.float64]

MODIFIERS: Mapping[str, Callable[[Numbers], Numbers]] = {
    "none": lambda x: x,
    "log": np.log10,
    "log1p": lambda x: np.log10(x + 1),
    "log2p": lambda x: np.log10(x + 2),
    "ln": np.log,
    "ln1p": np.log1p,
    "ln2p": lambda x: np.log(x + 2),
    "square": np.square,
    "sqrt": np.sqrt,
    "reciprocal": lambda x: 1 / x,
}
DECAYS = ("gauss", "exp", "linear")
SCORE_MODES = ("multiply", "sum", "avg", "first", "max", "min")
BOOST_MODES = ("multiply", "replace", "sum", "avg", "max", "min")


@dataclass(frozen=True)
class FieldValueFactor:
    """modifier(factor × the field's value). Without `missing`, a document must have the field."""

    field: str
    factor: float = 1.0
    modifier: str = "none"
    missing: float | None = None

    def __call__(self, context: QueryContext, documents: NDArray[np.int32]) -> Numbers:
        values = numbers(context, self.field, documents)
        absent = np.isnan(values)
        if absent.any():
            if self.missing is None:
                raise InvalidArgumentError(f"Missing value for field [{self.field}]")
            values[absent] = self.missing
        with np.errstate(all="ignore"):
            found = MODIFIERS[self.modifier](values * self.factor)
        if not np.isfinite(found).all() or (found < 0).any():
            raise InvalidArgumentError(
                f"field_value_factor over [{self.field}] with the modifier [{self.modifier}] gives a score "
                "that is negative or no number. Use another modifier, such as log1p."
            )
        return found


@dataclass(frozen=True)
class Decay:
    """A score that falls from 1 at the origin to `decay` at a distance of `scale`."""

    type: str
    field: str
    origin: float
    scale: float
    offset: float = 0.0
    decay: float = 0.5

    def __call__(self, context: QueryContext, documents: NDArray[np.int32]) -> Numbers:
        values = numbers(context, self.field, documents)
        away = np.maximum(np.abs(values - self.origin) - self.offset, 0)
        if self.type == "gauss":
            found = np.exp(math.log(self.decay) * np.square(away / self.scale))
        elif self.type == "exp":
            found = np.exp(math.log(self.decay) * away / self.scale)
        else:
            span = self.scale / (1 - self.decay)
            found = np.maximum((span - away) / span, 0)
        found[np.isnan(found)] = 1.0  # a document without the field
        return found


@dataclass(frozen=True)
class ScoreFunction:
    """A function, the documents that it applies to, and its weight."""

    function: FieldValueFactor | Decay | None
    filter: Query | None = None
    weight: float | None = None


@dataclass(frozen=True)
class FunctionScore:
    """A query whose scores are combined with those of functions."""

    query: Query
    functions: tuple[ScoreFunction, ...]
    score_mode: str = "multiply"
    boost_mode: str = "multiply"
    max_boost: float = math.inf
    min_score: float | None = None
    boost: float = 1.0

    def matches(self, context: QueryContext) -> Matches:
        found = self.query.matches(context)
        # A document that was replaced may lack the field, or have a value that no function takes.
        found = found.keep(context.reader.live[found.documents])
        if not len(found):
            return found
        factor = np.minimum(self._factor(context, found.documents), self.max_boost)
        before = found.scores.astype(np.float64)
        after = {
            "multiply": before * factor,
            "replace": factor,
            "sum": before + factor,
            "avg": (before + factor) / 2,
            "max": np.maximum(before, factor),
            "min": np.minimum(before, factor),
        }[self.boost_mode]
        scored = Matches(found.documents, (after * self.boost).astype(np.float32))
        return scored if self.min_score is None else scored.keep(scored.scores >= self.min_score)

    def _factor(self, context: QueryContext, documents: NDArray[np.int32]) -> Numbers:
        rows = np.full((len(self.functions), len(documents)), np.nan)
        weights = np.ones(len(self.functions))
        for number, one in enumerate(self.functions):
            applies = np.ones(len(documents), bool)
            if one.filter is not None:
                applies = one.filter.matches(context).mask(context.reader.size)[documents]
            values = np.ones(len(documents)) if one.function is None else one.function(context, documents)
            weights[number] = 1.0 if one.weight is None else one.weight
            rows[number, applies] = (values * weights[number])[applies]
        none = np.isnan(rows).all(0)
        if not len(rows):
            return np.ones(len(documents))
        rows[:, none] = 1.0
        return _combined(self.score_mode, rows, np.where(np.isnan(rows), 0.0, weights[:, None]))

    def highlights(self, context: QueryContext, field: str) -> Iterator[Highlight]:
        yield from self.query.highlights(context, field)


def _combined(mode: str, rows: Numbers, weights: Numbers) -> Numbers:
    """One number for each document, of those functions that apply to it (not NaN)."""
    if mode == "multiply":
        return np.asarray(np.nanprod(rows, 0))
    if mode == "sum":
        return np.asarray(np.nansum(rows, 0))
    if mode == "avg":
        total: Numbers = np.nansum(rows, 0) / np.maximum(weights.sum(0), 1e-12)
        return total
    if mode == "max":
        return np.asarray(np.nanmax(rows, 0))
    if mode == "min":
        return np.asarray(np.nanmin(rows, 0))
    first = np.argmax(~np.isnan(rows), 0)
    return np.asarray(rows[first, np.arange(rows.shape[1])])


def numbers(context: QueryContext, field: str, documents: NDArray[np.int32]) -> Numbers:
    """The field's value of each document: float64[documents], NaN for none. Raises InvalidArgumentError."""
    column_type = context.reader.column_type(field)
    if column_type is None:
        raise InvalidArgumentError(f"Unable to find a field mapper for field [{field}]")
    if column_type != NUMBER:
        raise InvalidArgumentError(f"The field [{field}] is not a number.")
    found = np.full(len(documents), np.nan)
    for part, column in context.reader.columns_of(field):
        inside = (documents >= part.start) & (documents < part.start + len(column))
        found[inside] = column.values[documents[inside] - part.start]
    return found
