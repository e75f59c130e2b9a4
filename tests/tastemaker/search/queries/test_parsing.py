"""What each query finds in a small library, and the scores that can be computed by hand."""

import math
from typing import Any

import pytest

from tastemaker.search.errors import SearchError
from tests.tastemaker.search.library import found, library, scores


def bm25(documents: int, having: int, count: int, length: int, mean: float) -> float:
    """Lucene's BM25 of one token, with k1 1.2 and b 0.75."""
    idf = math.log(1 + (documents - having + 0.5) / (having + 0.5))
    return idf * count / (count + 1.2 * (0.25 + 0.75 * length / mean))


def test_match_scores_are_bm25() -> None:
    # NAME has 3, 1, 2 and 2 words: the mean is 2.
    expected = {"a": bm25(4, 2, 1, 3, 2), "c": bm25(4, 2, 1, 2, 2)}
    assert scores(library(), {"match": {"NAME": "red"}}) == pytest.approx(expected, rel=1e-5)


def test_multi_match_takes_the_best_field_with_its_boost() -> None:
    context = library()
    best = scores(context, {"multi_match": {"query": "red", "fields": ["NAME^3", "TEXT"]}})
    assert best["c"] == pytest.approx(3 * bm25(4, 2, 1, 2, 2), rel=1e-5)
    both = scores(
        context, {"multi_match": {"query": "red", "fields": ["NAME", "TEXT"], "type": "most_fields"}}
    )
    assert both["c"] > scores(context, {"match": {"NAME": "red"}})["c"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"match": {"NAME": "running RED"}}, {"a", "b", "c"}),
        ({"match": {"NAME": {"query": "running red", "operator": "and"}}}, {"a"}),
        ({"match": {"TEXT": {"query": "a lamp book", "minimum_should_match": 2}}}, {"b", "c"}),
        ({"match": {"TEXT": {"query": "runing shos", "fuzziness": "AUTO"}}}, {"a", "b"}),
        ({"match": {"TEXT": {"query": "runing", "fuzziness": "AUTO", "prefix_length": 4}}}, set()),
        ({"match": {"GENRES": "home"}}, {"c", "d"}),
        ({"match": {"PRICE": "12"}}, {"b"}),
        ({"match": {"NEW": "true"}}, {"c"}),
        ({"match": {"NOTHING": "x"}}, set()),
        ({"match_phrase": {"TEXT": "shoes for running"}}, {"a"}),
        ({"match_phrase": {"TEXT": "running shoes"}}, set()),
        ({"match_phrase": {"TEXT": {"query": "shoes running", "slop": 1}}}, {"a"}),
        ({"match_phrase": {"TEXT": {"query": "running shoes", "slop": 3}}}, {"a"}),
        ({"match_phrase_prefix": {"TEXT": "joy of ru"}}, {"b"}),
        ({"match_bool_prefix": {"NAME": "red la"}}, {"a", "c"}),
        ({"multi_match": {"query": "joy of r", "type": "phrase_prefix", "fields": ["*"]}}, {"b"}),
        (
            {
                "multi_match": {
                    "query": "lamp home",
                    "type": "cross_fields",
                    "operator": "and",
                    "fields": ["*"],
                }
            },
            {"c"},
        ),
        ({"prefix": {"NAME": "run"}}, {"a", "b"}),
        ({"prefix": {"GENRES": {"value": "Ho"}}}, {"c", "d"}),
        ({"term": {"GENRES": "Home"}}, {"c", "d"}),
        ({"term": {"GENRES": {"value": "home"}}}, set()),
        ({"term": {"NAME": "red"}}, {"a", "c"}),
        ({"term": {"NAME.keyword": "Red lamp"}}, {"c"}),
        ({"term": {"NEW": False}}, {"d"}),
        ({"terms": {"GENRES": ["book", "Home"]}}, {"b", "c", "d"}),
        ({"terms": {"ITEM_ID": ["a", "e", "x"]}}, {"a"}),
        ({"ids": {"values": ["d", "a"]}}, {"a", "d"}),
        ({"range": {"PRICE": {"gte": 12, "lt": 50}}}, {"b", "c"}),
        ({"range": {"PRICE": {"gt": 12, "lte": "50", "lt": None}}}, {"a", "c"}),
        ({"exists": {"field": "PRICE"}}, {"a", "b", "c"}),
        ({"exists": {"field": "NEW"}}, {"c", "d"}),
        ({"bool": {"must_not": {"exists": {"field": "PRICE"}}}}, {"d"}),
        (
            {"bool": {"filter": [{"term": {"GENRES": "sport"}}], "should": [{"match": {"NAME": "red"}}]}},
            {"a", "b"},
        ),
        ({"bool": {"should": [{"match": {"NAME": "red"}}, {"match": {"NAME": "stand"}}]}}, {"a", "c", "d"}),
        (
            {
                "bool": {
                    "should": [{"match": {"NAME": "red"}}, {"match": {"TEXT": "lamp"}}],
                    "minimum_should_match": 2,
                }
            },
            {"c"},
        ),
        ({"dis_max": {"queries": [{"match": {"NAME": "lamp"}}, {"match": {"NAME": "stand"}}]}}, {"c", "d"}),
        ({"constant_score": {"filter": {"match": {"NAME": "red"}}}}, {"a", "c"}),
        ({"match_none": {}}, set()),
    ],
)
def test_query_finds(query: dict[str, Any], expected: set[str]) -> None:
    assert set(found(library(), query)) == expected


def test_language_and_synonyms_of_a_field_are_used() -> None:
    words = {"type": "synonym", "synonyms": ["tv, television, flat screen"]}
    settings = {
        "analysis": {
            "filter": {"w": words},
            "analyzer": {"shop": {"filter": ["lowercase", "w", "porter_stem"]}},
        }
    }
    context = library(settings=settings, NAME="english", TEXT="shop")
    assert set(found(context, {"match": {"NAME": "the run"}})) == {"a", "b"}
    assert found(context, {"match": {"TEXT": "tv"}}) == ["d"]
    assert found(context, {"match": {"TEXT": {"query": "televisions", "analyzer": "shop"}}}) == ["d"]
    assert found(context, {"match": {"TEXT": "the"}}) == []
    assert len(found(context, {"match": {"TEXT": {"query": "the", "zero_terms_query": "all"}}})) == 4
    assert found(context, {"match_phrase": {"TEXT": "joy running"}}) == []
    assert found(context, {"match_phrase": {"TEXT": "joy of running"}}) == ["b"]


def test_function_score_combines_a_field_with_the_score() -> None:
    context = library()
    base = {"constant_score": {"filter": {"exists": {"field": "PRICE"}}, "boost": 2}}
    factor = {"field": "PRICE", "factor": 2, "modifier": "log1p"}
    assert scores(
        context, {"function_score": {"query": base, "field_value_factor": factor}}
    ) == pytest.approx(
        {one: 2 * math.log10(2 * price + 1) for one, price in {"a": 50, "b": 12, "c": 30}.items()}, rel=1e-5
    )
    functions = [
        {"filter": {"term": {"GENRES": "sport"}}, "weight": 5},
        {"gauss": {"PRICE": {"origin": 30, "scale": 20}}},
    ]
    summed = {"query": base, "functions": functions, "score_mode": "sum", "boost_mode": "replace"}
    assert scores(context, {"function_score": summed}) == pytest.approx(
        {"a": 5 + 0.5, "b": 5 + 0.5 ** (18**2 / 20**2), "c": 1.0}, rel=1e-5
    )
    above = {**summed, "min_score": 5.1}
    assert set(scores(context, {"function_score": above})) == {"a", "b"}


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"geo_distance": {}}, r"does not have the query \[geo_distance\]"),
        ({"wildcard": {"NAME": "r*"}}, r"\[wildcard\]"),
        ({"match": {"NAME": {"query": "x", "cutoff_frequency": 1}}}, r"\[cutoff_frequency\]"),
        ({"match": {"NAME": {"query": "x", "fuzziness": 3}}}, "fuzziness must be"),
        ({"match": {"NAME": "x", "TEXT": "y"}}, "exactly one member"),
        ({"match": {"NAME": {"query": "a b", "minimum_should_match": "x%"}}}, "minimum_should_match"),
        ({"term": {"PRICE": "cheap"}}, 'For input string: "cheap"'),
        ({"terms": {"GENRES": "a"}}, "requires a list"),
        ({"range": {"NAME": {"gte": 1}}}, "not a number"),
        ({"range": {"PRICE": {"gte": "now-1d"}}}, "must be a number"),
        ({"function_score": {"script_score": {}}}, r"\[script_score\]"),
        ({"function_score": {"field_value_factor": {"field": "PRICE"}}}, "Missing value for field"),
        ({"bool": {"must": [{"match_all": {}}], "unknown": 1}}, r"\[unknown\]"),
        ({"match": {"NAME": None}}, "found null"),
        ({"match": {"NAME": {"query": ["red"]}}}, "Expected a text or a number"),
        ({"terms": {"GENRES": ["sport", None]}}, "found null"),
        ({"match": {"NAME": {"query": "red", "boost": -1}}}, r"negative \[boost\]"),
        ({"multi_match": {"query": "red", "fields": ["NAME^-1"]}}, "must not be negative"),
        ({"range": {"PRICE": {"gte": float("inf")}}}, "must be a number"),
        ({"range": {"PRICE": {"gte": 10**400}}}, "must be a number"),
        ({}, "exactly one member"),
        ([], "must be an object"),
    ],
)
def test_query_that_cannot_be_answered_is_refused_by_name(query: Any, text: str) -> None:
    with pytest.raises(SearchError, match=text) as refused:
        found(library(), query)
    assert refused.value.status == 400


def test_nested_query_beyond_the_depth_is_refused() -> None:
    query: dict[str, Any] = {"match_all": {}}
    for _ in range(30):
        query = {"bool": {"must": [query]}}
    with pytest.raises(SearchError, match="levels"):
        found(library(), query)


def test_function_score_does_not_look_at_documents_that_were_replaced() -> None:
    """The field of the earlier document was missing, or had a value that the modifier does not take."""
    first = {"x": {"NAME": "boots"}, "y": {"NAME": "boots", "PRICE": -5.0}}
    second = {"x": {"NAME": "boots", "PRICE": 9.0}, "y": {"NAME": "boots", "PRICE": 4.0}}
    factor = {"field": "PRICE", "modifier": "sqrt"}
    query = {"query": {"match": {"NAME": "boots"}}, "field_value_factor": factor, "boost_mode": "replace"}
    assert scores(library(first, second), {"function_score": query}) == {"x": 3.0, "y": 2.0}
