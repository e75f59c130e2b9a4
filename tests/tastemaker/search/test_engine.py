"""Pages, order, documents, highlights and aggregations."""

from typing import Any

import pytest

from tastemaker.search import engine
from tastemaker.search.errors import SearchError
from tests.tastemaker.search.library import found, library

ALL = {"match_all": {}}


def answer(**body: Any) -> dict[str, Any]:
    return engine.search("library", library(), body)


def test_hits_are_pages_of_one_order() -> None:
    context = library()
    query = {"match": {"TEXT": "a running shoes red"}}
    whole = found(context, query)
    pages = [found(context, query, **{"from": start, "size": 1}) for start in range(len(whole))]
    assert [hit for page in pages for hit in page] == whole
    response = engine.search("library", context, {"query": query, "size": 0})
    assert response["hits"]["total"]["value"] == len(whole)
    assert response["hits"]["hits"] == []


def test_total_is_counted_as_far_as_asked_for() -> None:
    assert answer(track_total_hits=2)["hits"]["total"] == {"value": 2, "relation": "gte"}
    assert answer(track_total_hits=False)["hits"].get("total") is None
    assert answer()["hits"]["total"] == {"value": 4, "relation": "eq"}


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("PRICE", ["b", "c", "a", "d"]),
        ([{"PRICE": "desc"}], ["a", "c", "b", "d"]),
        ([{"PRICE": {"order": "asc", "missing": "_first"}}], ["d", "b", "c", "a"]),
        (["NAME.keyword"], ["c", "a", "b", "d"]),
        ([{"GENRES": "desc"}, {"ITEM_ID": "desc"}], ["a", "b", "d", "c"]),
        (["NEW", "_doc"], ["d", "c", "a", "b"]),
    ],
)
def test_sort_orders_hits_with_absent_values_last(sort: Any, expected: list[str]) -> None:
    assert found(library(), ALL, sort=sort) == expected


def test_sorted_hits_show_the_values_and_no_score() -> None:
    hit = answer(sort=[{"PRICE": "desc"}, "_id"], size=1)["hits"]["hits"][0]
    assert (hit["_score"], hit["sort"]) == (None, [50, "a"])


def test_source_has_the_attributes_and_can_be_narrowed() -> None:
    query = {"ids": {"values": ["b"]}}
    source = answer(query=query)["hits"]["hits"][0]["_source"]
    assert source == {
        "ITEM_ID": "b",
        "NAME": "Running",
        "TEXT": "A book on the joy of running far",
        "GENRES": ["book", "sport"],
        "PRICE": 12,
    }
    narrow = answer(query=query, _source=["N*", "PRICE"])["hits"]["hits"][0]["_source"]
    assert narrow == {"NAME": "Running", "PRICE": 12}
    without = answer(query=query, _source={"excludes": ["TEXT", "G*"]})["hits"]["hits"][0]["_source"]
    assert set(without) == {"ITEM_ID", "NAME", "PRICE"}
    assert "_source" not in answer(query=query, _source=False)["hits"]["hits"][0]


def test_highlights_mark_the_words_that_were_looked_for() -> None:
    body = {
        "query": {"multi_match": {"query": "running", "fields": ["NAME", "TEXT"]}},
        "highlight": {"fields": {"TEXT": {"pre_tags": ["["], "post_tags": ["]"]}, "NAME": {}}},
    }
    hits = {hit["_id"]: hit["highlight"] for hit in answer(**body)["hits"]["hits"]}
    assert hits["b"] == {"TEXT": ["A book on the joy of [running] far"], "NAME": ["<em>Running</em>"]}


def test_long_texts_are_highlighted_in_fragments() -> None:
    text = " ".join(["word"] * 40 + ["lamp"] + ["word"] * 40 + ["lamp", "end"])
    context = library({"z": {"TEXT": text}})
    body = {
        "query": {"match": {"TEXT": "lamp"}},
        "highlight": {"fields": {"TEXT": {"fragment_size": 50, "number_of_fragments": 3}}},
    }
    hits = {hit["_id"]: hit for hit in engine.search("library", context, body)["hits"]["hits"]}
    fragments = hits["z"]["highlight"]["TEXT"]
    assert len(fragments) == 2
    assert all("<em>lamp</em>" in one and len(one) < 75 for one in fragments)


def test_aggregations_count_terms_ranges_and_figures() -> None:
    aggs = {
        "genres": {"terms": {"field": "GENRES"}, "aggs": {"price": {"avg": {"field": "PRICE"}}}},
        "prices": {"range": {"field": "PRICE", "ranges": [{"to": 30}, {"from": 30, "key": "dear"}]}},
        "new": {"terms": {"field": "NEW", "missing": False}},
        "stats": {"stats": {"field": "PRICE"}},
        "names": {"cardinality": {"field": "NAME.keyword"}},
        "red": {"filter": {"match": {"NAME": "red"}}, "aggs": {"most": {"max": {"field": "PRICE"}}}},
        "steps": {"histogram": {"field": "PRICE", "interval": 20, "min_doc_count": 1}},
    }
    found = answer(aggs=aggs, size=0)["aggregations"]
    genres = found["genres"]
    assert [(one["key"], one["doc_count"], one["price"]["value"]) for one in genres["buckets"]] == [
        ("Home", 2, 30.0),
        ("sport", 2, 31.0),
        ("book", 1, 12.0),
    ]
    assert found["prices"]["buckets"] == [
        {"key": "*-30.0", "to": 30.0, "doc_count": 1},
        {"key": "dear", "from": 30.0, "doc_count": 2},
    ]
    assert [(one["key_as_string"], one["doc_count"]) for one in found["new"]["buckets"]] == [
        ("false", 3),
        ("true", 1),
    ]
    assert found["stats"] == {"count": 3, "min": 12.0, "max": 50.0, "avg": pytest.approx(92 / 3), "sum": 92.0}
    assert found["names"] == {"value": 4}
    assert found["red"] == {"doc_count": 2, "most": {"value": 50.0}}
    assert [(one["key"], one["doc_count"]) for one in found["steps"]["buckets"]] == [(0, 1), (20, 1), (40, 1)]


def test_terms_beyond_the_size_are_counted_as_others() -> None:
    aggs = {"genres": {"terms": {"field": "GENRES", "size": 1, "order": {"_key": "desc"}}}}
    found = answer(aggs=aggs)["aggregations"]["genres"]
    assert [one["key"] for one in found["buckets"]] == ["sport"]
    assert found["sum_other_doc_count"] == 3


def test_post_filter_narrows_hits_but_not_aggregations() -> None:
    body = {"post_filter": {"term": {"GENRES": "Home"}}, "aggs": {"n": {"value_count": {"field": "PRICE"}}}}
    found = answer(**body)
    assert [hit["_id"] for hit in found["hits"]["hits"]] == ["c", "d"]
    assert found["aggregations"]["n"] == {"value": 3}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"suggest": {}}, r"\[suggest\]"),
        ({"size": 10_001}, "Result window is too large"),
        ({"size": -1}, "at least 0"),
        ({"sort": ["NAME"]}, r"Use \[NAME.keyword\]"),
        ({"sort": ["NOTHING"]}, "No mapping found"),
        ({"sort": [{"PRICE": "up"}]}, "asc or desc"),
        ({"aggs": {"x": {"terms": {"field": "NAME"}}}}, "NAME.keyword"),
        ({"aggs": {"x": {"range": {"field": "PRICE"}}}}, r"\[ranges\]"),
        ({"aggs": {"x": {"significant_text": {}}}}, r"\[significant_text\]"),
        ({"aggs": {"x": {"terms": {"field": "GENRES", "order": {"price": "asc"}}}}}, "by _count or _key"),
        ({"aggs": {"x": {"range": {"field": "NAME", "ranges": [{"to": 1}]}}}}, "is not a number"),
    ],
)
def test_what_a_search_cannot_have_is_refused_by_name(body: dict[str, Any], text: str) -> None:
    with pytest.raises(SearchError, match=text):
        answer(**body)
