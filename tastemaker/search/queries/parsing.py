"""A query in OpenSearch's query language → a node.

What the embedded index does not have is refused by name, and never ignored: an ignored clause would return
wrong results.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping
from typing import Any

from tastemaker.search.errors import ParsingError, UnsupportedError
from tastemaker.search.index.vocabulary import MAX_EXPANSIONS, max_distance
from tastemaker.search.queries.compound import Bool, ConstantScore, DisMax
from tastemaker.search.queries.context import QueryContext
from tastemaker.search.queries.exact import COMPARISONS, Exists, Ids, MatchAll, MatchNone, Range, Term, Terms
from tastemaker.search.queries.full_text import (
    CrossFields,
    Match,
    MatchOptions,
    MatchType,
    MultiMatch,
    Prefix,
)
from tastemaker.search.queries.function_parsing import parse_functions
from tastemaker.search.queries.node import Query
from tastemaker.search.queries.reading import Members, as_list, plain_text

MAX_CLAUSES = 1024
MAX_DEPTH = 20


class QueryParser:
    """Parses the queries of one request. `context` tells which fields there are."""

    def __init__(self, context: QueryContext) -> None:
        self._context = context
        self._depth = self._clauses = 0

    def parse(self, body: Any) -> Query:
        """Parse a query. Raises ParsingError for one that is not valid, and UnsupportedError."""
        kind, about = Members("query", body).single()
        parse = _QUERIES.get(kind)
        if parse is None:
            raise UnsupportedError(
                f"The embedded index does not have the query [{kind}]. It has {', '.join(sorted(_QUERIES))}."
            )
        self._depth += 1
        self._clauses += 1
        if self._depth > MAX_DEPTH or self._clauses > MAX_CLAUSES:
            raise ParsingError(f"The query has more than {MAX_DEPTH} levels or {MAX_CLAUSES} clauses.")
        try:
            return parse(self, kind, about)
        finally:
            self._depth -= 1

    def all(self, bodies: Any) -> tuple[Query, ...]:
        """Parse one query or a list of them."""
        return tuple(self.parse(body) for body in as_list(bodies))

    def fields(self, patterns: list[str]) -> list[tuple[str, float]]:
        """The fields of a multi_match with their boosts: `NAME^3`, `*_DESCRIPTION`."""
        found: dict[str, float] = {}
        for pattern in patterns:
            name, caret, boost = str(pattern).partition("^")
            try:
                factor = float(boost) if caret else 1.0
            except ValueError:
                raise ParsingError(f"[multi_match] the boost of [{pattern}] is not a number") from None
            names = [name]
            if "*" in name:
                reader = self._context.reader
                texts = [one for one in reader.fields if reader.column_type(one) in ("string", "categorical")]
                names = fnmatch.filter(texts, name)
            found.update(dict.fromkeys(names, factor))
        return list(found.items())


def _match_all(parser: QueryParser, kind: str, body: Any) -> Query:
    members = Members(kind, body)
    query = MatchAll(members.number("boost", 1.0))
    members.end()
    return query


def _match_none(parser: QueryParser, kind: str, body: Any) -> Query:
    return MatchNone()


def _match(parser: QueryParser, kind: str, body: Any) -> Query:
    field, about = Members(kind, body).single()
    members = Members(kind, about if isinstance(about, Mapping) else {"query": about})
    text = plain_text(members.required("query"))
    options, boost = _options(members), members.number("boost", 1.0)
    members.end()
    return Match(field, text, MatchType(kind), options, boost)


def _options(members: Members) -> MatchOptions:
    fuzziness = members.take("fuzziness")
    if fuzziness is not None:
        try:
            max_distance(fuzziness, "word")
        except (ValueError, TypeError):
            raise ParsingError(
                f"[{members.what}] fuzziness must be 0, 1, 2 or AUTO, found [{fuzziness}]"
            ) from None
    minimum = members.take("minimum_should_match")
    # What changes only speed, or is the default here.
    members.ignore(
        "lenient", "auto_generate_synonyms_phrase_query", "fuzzy_transpositions", "fuzzy_rewrite", "_name"
    )
    return MatchOptions(
        operator=members.choice("operator", ("or", "and"), "or"),
        minimum=minimum,
        fuzziness=fuzziness,
        prefix_length=members.integer("prefix_length", 0),
        max_expansions=members.integer("max_expansions", MAX_EXPANSIONS, least=1),
        analyzer=members.text("analyzer"),
        slop=members.integer("slop", 0),
        matches_all_without_words=members.choice("zero_terms_query", ("none", "all"), "none") == "all",
    )


_MULTI_TYPES = ("best_fields", "most_fields", "cross_fields", "phrase", "phrase_prefix", "bool_prefix")
_MATCH_OF_MULTI = {
    "phrase": MatchType.PHRASE,
    "phrase_prefix": MatchType.PHRASE_PREFIX,
    "bool_prefix": MatchType.BOOL_PREFIX,
}


def _multi_match(parser: QueryParser, kind: str, body: Any) -> Query:
    members = Members(kind, body)
    text = plain_text(members.required("query"))
    fields = parser.fields(as_list(members.take("fields", ["*"])))
    chosen = members.choice("type", _MULTI_TYPES, "best_fields")
    tie_breaker = members.number("tie_breaker", 0.0)
    boost, options = members.number("boost", 1.0), _options(members)
    members.end()
    each = _MATCH_OF_MULTI.get(chosen, MatchType.WORDS)
    queries = tuple(Match(name, text, each, options, factor * boost) for name, factor in fields)
    if not queries:
        return MatchNone()
    if chosen == "cross_fields":
        return CrossFields(queries, tie_breaker)
    sums = chosen in ("most_fields", "bool_prefix")
    return MultiMatch(queries, None if sums else tie_breaker)


def _prefix(parser: QueryParser, kind: str, body: Any) -> Query:
    field, about = Members(kind, body).single()
    members = Members(kind, about if isinstance(about, Mapping) else {"value": about})
    members.ignore("rewrite")
    query = Prefix(field, plain_text(members.required("value")), members.number("boost", 1.0))
    members.end()
    return query


def _term(parser: QueryParser, kind: str, body: Any) -> Query:
    field, about = Members(kind, body).single()
    members = Members(kind, about if isinstance(about, Mapping) else {"value": about})
    value, boost = members.required("value"), members.number("boost", 1.0)
    members.end()
    if isinstance(value, (list, Mapping)):
        raise ParsingError(f"[term] query doesn't support multiple values; use [terms] for [{field}]")
    return Term(field, value if isinstance(value, bool) else plain_text(value), boost)


def _terms(parser: QueryParser, kind: str, body: Any) -> Query:
    members = Members(kind, body)
    boost = members.number("boost", 1.0)
    field, values = members.single()
    if not isinstance(values, list):
        raise ParsingError(f"[terms] query requires a list of values for [{field}]")
    return Terms(
        field, tuple(value if isinstance(value, bool) else plain_text(value) for value in values), boost
    )


def _range(parser: QueryParser, kind: str, body: Any) -> Query:
    field, about = Members(kind, body).single()
    members = Members(f"range of {field}", about)
    boost = members.number("boost", 1.0)
    limits = tuple(
        (operator, members.number(operator, 0.0)) for operator in COMPARISONS if members.is_given(operator)
    )
    members.end()
    return Range(field, limits, boost)


def _exists(parser: QueryParser, kind: str, body: Any) -> Query:
    members = Members(kind, body)
    query = Exists(str(members.required("field")), members.number("boost", 1.0))
    members.end()
    return query


def _ids(parser: QueryParser, kind: str, body: Any) -> Query:
    members = Members(kind, body)
    query = Ids(tuple(map(str, as_list(members.required("values")))), members.number("boost", 1.0))
    members.end()
    return query


def _bool(parser: QueryParser, kind: str, body: Any) -> Query:
    members = Members(kind, body)
    clauses = {name: parser.all(members.take(name, [])) for name in ("must", "filter", "should", "must_not")}
    minimum, boost = members.take("minimum_should_match"), members.number("boost", 1.0)
    members.ignore("adjust_pure_negative", "_name")
    members.end()
    return Bool(**clauses, minimum=minimum, boost=boost)


def _constant_score(parser: QueryParser, kind: str, body: Any) -> Query:
    members = Members(kind, body)
    query = ConstantScore(parser.parse(members.required("filter")), members.number("boost", 1.0))
    members.end()
    return query


def _dis_max(parser: QueryParser, kind: str, body: Any) -> Query:
    members = Members(kind, body)
    query = DisMax(
        parser.all(members.required("queries")),
        members.number("tie_breaker", 0.0),
        members.number("boost", 1.0),
    )
    members.end()
    return query


def _function_score(parser: QueryParser, kind: str, body: Any) -> Query:
    return parse_functions(parser.parse, body)


_QUERIES: Mapping[str, Callable[[QueryParser, str, Any], Query]] = {
    "match_all": _match_all,
    "match_none": _match_none,
    "match": _match,
    "match_phrase": _match,
    "match_phrase_prefix": _match,
    "match_bool_prefix": _match,
    "multi_match": _multi_match,
    "prefix": _prefix,
    "term": _term,
    "terms": _terms,
    "range": _range,
    "exists": _exists,
    "ids": _ids,
    "bool": _bool,
    "constant_score": _constant_score,
    "dis_max": _dis_max,
    "function_score": _function_score,
}
