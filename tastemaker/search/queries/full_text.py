"""Queries over analyzed text: match and its variants, prefix, multi_match."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from tastemaker.search.analysis.analyzers import Analyzer, token
from tastemaker.search.analysis.words import words
from tastemaker.search.errors import InvalidArgumentError
from tastemaker.search.index.vocabulary import MAX_EXPANSIONS, max_distance
from tastemaker.search.queries.context import QueryContext
from tastemaker.search.queries.exact import MatchAll, Term
from tastemaker.search.queries.matches import Matches, intersection, union
from tastemaker.search.queries.node import Highlight, Query
from tastemaker.search.queries.phrases import phrase
from tastemaker.search.queries.scoring import bm25


class MatchType(StrEnum):
    """How the words of a query must stand in a field."""

    WORDS = "match"
    PHRASE = "match_phrase"
    PHRASE_PREFIX = "match_phrase_prefix"
    BOOL_PREFIX = "match_bool_prefix"


@dataclass(frozen=True)
class MatchOptions:
    """What match queries have in common. `minimum` is `minimum_should_match`, `fuzziness` its member."""

    operator: str = "or"
    minimum: str | int | None = None
    fuzziness: str | int | None = None
    prefix_length: int = 0
    max_expansions: int = MAX_EXPANSIONS
    analyzer: str | None = None
    slop: int = 0
    matches_all_without_words: bool = False


@dataclass(frozen=True)
class Match:
    """The words of a text in one field."""

    field: str
    text: str
    type: MatchType = MatchType.WORDS
    options: MatchOptions = MatchOptions()
    boost: float = 1.0

    def matches(self, context: QueryContext) -> Matches:
        reader, options = context.reader, self.options
        column_type = reader.column_type(context.field(self.field).column)
        if column_type is None:
            return Matches.none()
        if self.field.endswith(".keyword") or column_type in ("number", "boolean"):
            return Term(self.field, self.text, self.boost).matches(context)
        analyzer = context.analyzer(self.field, options.analyzer)
        if not analyzer.tokens(words(self.text)):
            return (
                MatchAll(self.boost).matches(context) if options.matches_all_without_words else Matches.none()
            )
        if self.type in (MatchType.PHRASE, MatchType.PHRASE_PREFIX):
            return self._phrase(context, analyzer)
        return self._words(context, analyzer)

    def _words(self, context: QueryContext, analyzer: Analyzer) -> Matches:
        spoken = words(self.text)
        prefix = spoken.pop() if self.type is MatchType.BOOL_PREFIX else None
        units = analyzer.alternatives(analyzer.tokens(spoken))
        found = [self._unit(context, analyzer, unit) for unit in units]
        if prefix is not None:
            found.append(Prefix(self.field, prefix, self.boost).matches(context))
        if self.options.operator == "and":
            return intersection(found)
        wanted = minimum_should_match(self.options.minimum, len(found)) if self.options.minimum else 1
        return union(found, context.reader.size, at_least=max(wanted, 1))

    def _unit(self, context: QueryContext, analyzer: Analyzer, unit: Sequence[tuple[str, ...]]) -> Matches:
        """The documents with any of some phrases: words count as one word, phrases apart."""
        reader = context.reader
        single = [some[0] for some in unit if len(some) == 1]
        found = []
        if single:
            found.append(self._tokens(context, analyzer, single))
        for some in unit:
            if len(some) > 1:
                tokens = [(part,) for part in some]
                found.append(
                    phrase(reader, self.field, analyzer.language, tokens, range(len(some)), boost=self.boost)
                )
        return union(found, reader.size, tie_breaker=0.0) if len(found) > 1 else found[0]

    def _tokens(self, context: QueryContext, analyzer: Analyzer, tokens: Sequence[str]) -> Matches:
        reader, statistics = context.reader, context.reader.statistics(self.field)
        exact = bm25(reader.postings(self.field, analyzer.language, tokens), statistics, self.boost)
        if self.options.fuzziness is None:
            return exact
        found = [exact]
        for word in tokens:
            distance = max_distance(self.options.fuzziness, word)
            near = (
                reader.near(analyzer.language, word, distance, self.options.prefix_length) if distance else {}
            )
            for other, edits in list(near.items())[: self.options.max_expansions]:
                if edits:
                    # Lucene's weight of a word that is not quite the one that was asked for.
                    weight = self.boost * (1 - edits / min(len(word), len(other)))
                    found.append(
                        bm25(reader.postings(self.field, analyzer.language, [other]), statistics, weight)
                    )
        return union(found, reader.size, tie_breaker=0.0)

    def _phrase(self, context: QueryContext, analyzer: Analyzer) -> Matches:
        reader, spoken = context.reader, words(self.text)
        tokens: list[tuple[str, ...]] = []
        places: list[int] = []
        for place, word in enumerate(spoken):
            if found := token(analyzer.language, word):
                same = analyzer.synonyms.get((found,), ((found,),))
                tokens.append(tuple(some[0] for some in same if len(some) == 1))
                places.append(place)
        if self.type is MatchType.PHRASE_PREFIX:
            expanded = reader.with_prefix(spoken[-1], self.options.max_expansions)
            last = tuple({found for word in expanded if (found := token(analyzer.language, word))})
            if not last:
                return Matches.none()
            if places[-1] == len(spoken) - 1:
                tokens.pop(), places.pop()
            tokens.append(last)
            places.append(len(spoken) - 1)
        return phrase(
            reader, self.field, analyzer.language, tokens, places, slop=self.options.slop, boost=self.boost
        )

    def highlights(self, context: QueryContext, field: str) -> Iterator[Highlight]:
        if field != self.field:
            return
        analyzer, spoken = context.analyzer(self.field, self.options.analyzer), words(self.text)
        if self.type in (MatchType.BOOL_PREFIX, MatchType.PHRASE_PREFIX) and spoken:
            yield partial(_begins, spoken.pop())
        tokens = {
            part for unit in analyzer.alternatives(analyzer.tokens(spoken)) for some in unit for part in some
        }
        if self.options.fuzziness is not None:
            for word in list(tokens):
                distance = max_distance(self.options.fuzziness, word)
                tokens |= set(
                    context.reader.near(analyzer.language, word, distance, self.options.prefix_length)
                )
        yield lambda word: token(analyzer.language, word) in tokens


@dataclass(frozen=True)
class Prefix:
    """Words, or whole values, that begin with a text. All have the same score."""

    field: str
    prefix: str
    boost: float = 1.0

    def matches(self, context: QueryContext) -> Matches:
        name = context.field(self.field)
        if context.reader.column_type(name.column) not in ("string", "categorical"):
            return Matches.none()
        if name.exact:
            return Term.of_prefix(self.field, self.prefix, self.boost).matches(context)
        expanded = context.reader.with_prefix(self.prefix)
        return Matches.constant(
            context.reader.postings(name.column, "standard", expanded).documents, self.boost
        )

    def highlights(self, context: QueryContext, field: str) -> Iterator[Highlight]:
        if field == self.field:
            yield lambda word: word.startswith(self.prefix)


@dataclass(frozen=True)
class MultiMatch:
    """A text in several fields. `queries` has one query for each field.

    best_fields, phrase and the like take the best field; most_fields adds all; cross_fields takes the best
    field of each word.
    """

    queries: tuple[Query, ...]
    tie_breaker: float | None = 0.0

    def matches(self, context: QueryContext) -> Matches:
        found = [query.matches(context) for query in self.queries]
        return union(found, context.reader.size, tie_breaker=self.tie_breaker)

    def highlights(self, context: QueryContext, field: str) -> Iterator[Highlight]:
        for query in self.queries:
            yield from query.highlights(context, field)


@dataclass(frozen=True)
class CrossFields:
    """A text whose words may stand in different fields: the fields count as one."""

    fields: tuple[Match, ...]
    tie_breaker: float = 0.0

    def matches(self, context: QueryContext) -> Matches:
        spoken = words(self.fields[0].text)
        options = replace(self.fields[0].options, operator="or", minimum=None)
        found = []
        for word in spoken:
            each = [replace(one, text=word, options=options).matches(context) for one in self.fields]
            if any(context.analyzer(one.field, options.analyzer).tokens([word]) for one in self.fields):
                found.append(union(each, context.reader.size, tie_breaker=self.tie_breaker))
        if not found:
            return Matches.none()
        wanted = self.fields[0].options
        if wanted.operator == "and":
            return intersection(found)
        at_least = minimum_should_match(wanted.minimum, len(found)) if wanted.minimum else 1
        return union(found, context.reader.size, at_least=max(at_least, 1))

    def highlights(self, context: QueryContext, field: str) -> Iterator[Highlight]:
        for query in self.fields:
            yield from query.highlights(context, field)


def _begins(prefix: str, word: str) -> bool:
    return word.startswith(prefix)


def minimum_should_match(given: str | int | None, clauses: int) -> int:
    """How many of some clauses must match: `2`, `-1`, `75%`, `-25%`, or `3<90%` for more than three clauses.

    https://docs.opensearch.org/latest/query-dsl/minimum-should-match/ Raises InvalidArgumentError.
    """
    if given is None:
        return 0
    wanted: str | None = str(given).strip()
    if "<" in str(given):
        wanted = None
        for condition in str(given).split():
            limit, _, rest = condition.partition("<")
            if not re.fullmatch(r"\d{1,9}", limit, re.ASCII):
                raise InvalidArgumentError(f"minimum_should_match [{given}] is not valid")
            if clauses <= int(limit):
                break
            wanted = rest
        if wanted is None:
            return clauses
    if wanted is None or not re.fullmatch(r"-?\d{1,9}(\.\d+)?%?", wanted, re.ASCII):
        raise InvalidArgumentError(f"minimum_should_match [{given}] is not valid")
    if wanted.endswith("%"):
        share = float(wanted[:-1]) / 100
        count = int(clauses * share) if share >= 0 else clauses + int(clauses * share)
    else:
        count = int(float(wanted))
        count = count if count >= 0 else clauses + count
    return min(max(count, 0), clauses)
