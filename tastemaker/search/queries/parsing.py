"""A query in OpenSearch's query language → a node.

What the embedded index does not have is refused by name, and never ignored: an ignored clause would return
wrong results.
"""

from __future__ import annotations

import fnmatch
import math
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
from tastemaker.search.queries.hybrid import MAX_QUERIES, Hybrid
from tastemaker.search.queries.nearest import DEFAULT_COUNT, Nearest
from tastemaker.search.queries.node import Query
from tastemaker.search.queries.reading import Members, as_list, finite, plain_text
from tastemaker.search.vectors.text_vectors import FIELD

MAX_CLAUSES = 1024
MAX_FLOAT = 3e38
"""Vectors have numbers of 32 bits."""
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

    def parse_top(self, body: Any) -> Query:
        """Parse the query of a search, which may be a hybrid query."""
        if not isinstance(body, Mapping) or list(body) != ["hybrid"]:
            return self.parse(body)
        members = Members("hybrid", body["hybrid"])
        members.ignore("boost", "_name")
        queries = self.all(members.required("queries"))
        if not queries:
            raise ParsingError("[hybrid] requires [queries] with at least one query")
        if len(queries) > MAX_QUERIES:
            raise ParsingError(f"Number of sub-queries exceeds maximum supported by [hybrid]: {MAX_QUERIES}")
        depth = members.integer("pagination_depth", 0) or None
        where = self.parse(members.take("filter")) if members.is_given("filter") else None
        members.end()
        return Hybrid(queries, where, depth)

    def all(self, bodies: Any) -> tuple[Query, ...]:
        """Parse one query or a list of them."""
        return tuple(self.parse(body) for body in as_list(bodies))

    def fields(self, patterns: list[str]) -> list[tuple[str, float]]:
        """The fields of a multi_match with their boosts: `NAME^3`, `*_DESCRIPTION`."""
        found: dict[str, float] = {}
        for pattern in patterns:
            name, caret, boost = str(pattern).partition("^")
            try:
                factor = finite(boost) if caret else 1.0
            except ValueError:
                raise ParsingError(f"[multi_match] the boost of [{pattern}] is not a number") from None
            if not 0 <= factor < math.inf:
                raise ParsingError(f"[multi_match] the boost of [{pattern}] must not be negative")
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


def _knn(parser: QueryParser, kind: str, body: Any) -> Query:
    field, about = Members(kind, body).single()
    members = Members(kind, about)
    _check_vector_field(kind, field)
    vector = members.required("vector")
    if not isinstance(vector, list) or not all(_is_number(one) for one in vector):
        raise ParsingError(f"[{kind}] the vector of [{field}] must be a list of numbers")
    return _nearest(parser, members, vector, None, default=None)


def _neural(parser: QueryParser, kind: str, body: Any) -> Query:
    field, about = Members(kind, body).single()
    members = Members(kind, about)
    _check_vector_field(kind, field)
    members.ignore("model_id")  # the model that made the vectors of the items encodes the query
    return _nearest(parser, members, None, plain_text(members.required("query_text")), default=DEFAULT_COUNT)


def _nearest(
    parser: QueryParser, members: Members, vector: list[float] | None, text: str | None, default: int | None
) -> Query:
    least = members.number("min_score", 0.0) if members.is_given("min_score") else None
    count = members.integer("k", 0, least=1) if members.is_given("k") else None
    if count is not None and least is not None:
        raise ParsingError(f"[{members.what}] requires exactly one of k or min_score to be set")
    if least is None:
        count = count or default
        if count is None:
            raise ParsingError(f"[{members.what}] requires exactly one of k or min_score to be set")
    where = parser.parse(members.take("filter")) if members.is_given("filter") else None
    members.ignore("method_parameters", "rescore", "_name")  # all vectors are compared: the result is exact
    query = Nearest(vector, text, count, least, where, members.number("boost", 1.0))
    members.end()
    return query


def _check_vector_field(kind: str, field: str) -> None:
    if field != FIELD:
        raise UnsupportedError(
            f"[{kind}] the embedded index has one field of vectors, [{FIELD}], and not [{field}]."
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= MAX_FLOAT


def _hybrid(parser: QueryParser, kind: str, body: Any) -> Query:
    raise ParsingError("hybrid query must be a top level query and cannot be wrapped into other queries")


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
    "hybrid": _hybrid,
    "knn": _knn,
    "neural": _neural,
}
