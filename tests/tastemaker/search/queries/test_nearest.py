"""Vector queries and hybrid queries over the small library, with planted vectors."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tastemaker.ids import Ids
from tastemaker.search import engine
from tastemaker.search.errors import SearchError
from tastemaker.search.queries.context import QueryContext
from tastemaker.search.results.fusing import Fusing
from tastemaker.search.vectors.text_vectors import TextVectors
from tests.tastemaker.search.library import found, library, scores

# Sport is the first axis, light the second. The item x is not in the index, and d has no text.
VECTORS = {"a": (1.0, 0.0), "b": (0.8, 0.6), "c": (0.0, 1.0), "d": (0.0, 0.0), "x": (1.0, 0.0)}


class Encoder:
    """Encodes the names of the axes."""

    def encode(self, text: str) -> np.ndarray:
        return np.array([text == "sport", text == "light"], np.float32)


def context(*later: dict[str, dict[str, Any]]) -> QueryContext:
    vectors = TextVectors(
        Ids.build(VECTORS), np.array([VECTORS[one] for one in sorted(VECTORS)], np.float32), Encoder()
    )
    return replace(library(*later), vectors=lambda: vectors)


def knn(**members: Any) -> dict[str, Any]:
    return {"knn": {"text_vector": {"vector": [2.0, 0.0], **members}}}


def neural(text: str, **members: Any) -> dict[str, Any]:
    return {"neural": {"text_vector": {"query_text": text, "model_id": "any", **members}}}


def hybrid(*queries: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"hybrid": {"queries": list(queries), **members}}


def test_scores_are_those_of_cosines() -> None:
    assert scores(context(), knn(k=5)) == pytest.approx({"a": 1.0, "b": 0.9, "c": 0.5})
    assert found(context(), neural("sport", k=2)) == ["a", "b"]
    assert found(context(), neural("light")) == ["c", "b", "a"]
    assert found(context(), neural("nothing")) == []
    assert found(context(), knn(min_score=0.8)) == ["a", "b"]


def test_filter_is_applied_before_the_nearest_are_counted() -> None:
    assert found(context(), knn(k=1, filter={"term": {"GENRES": "Home"}})) == ["c"]
    both = {"bool": {"must": [neural("sport")], "filter": [{"range": {"PRICE": {"lt": 20}}}]}}
    assert found(context(), both) == ["b"]


def test_item_keeps_its_vector_when_its_record_changes() -> None:
    later = context({"a": {"NAME": "Blue boots"}, "f": {"NAME": "New"}})
    assert found(later, knn(k=5)) == ["a", "b", "c"]
    assert found(later, knn(k=5)) == ["a", "b", "c"], "again, with what is known"


def hits(query: dict[str, Any], fusing: Fusing | None = None, **members: Any) -> dict[str, Any]:
    answer = engine.search("library", context(), {"query": query, **members}, fusing or Fusing())
    return dict(answer)


def test_hybrid_query_finds_what_only_one_query_finds() -> None:
    answer = hits(hybrid({"match": {"NAME": "lamp"}}, neural("sport", k=2)))
    assert [hit["_id"] for hit in answer["hits"]["hits"]] == ["a", "c", "b"]
    assert answer["hits"]["total"] == {"value": 3, "relation": "eq"}
    assert answer["hits"]["max_score"] == answer["hits"]["hits"][0]["_score"] == 0.5


def test_pages_of_a_hybrid_query_with_a_depth_are_pieces_of_one_order() -> None:
    query = hybrid({"match": {"TEXT": "a"}}, neural("sport"), pagination_depth=10)
    whole = [hit["_id"] for hit in hits(query)["hits"]["hits"]]
    pages = [hits(query, size=1, **{"from": place})["hits"]["hits"] for place in range(len(whole))]
    assert [hit["_id"] for page in pages for hit in page] == whole and len(whole) == 4


def test_filters_aggregations_and_highlights_belong_to_all_queries() -> None:
    query = hybrid({"match": {"NAME": "red"}}, neural("sport"), filter={"term": {"GENRES": "sport"}})
    answer = hits(
        query,
        aggs={"genres": {"terms": {"field": "GENRES"}}},
        highlight={"fields": {"NAME": {}}},
        post_filter={"term": {"GENRES": "book"}},
    )
    assert [hit["_id"] for hit in answer["hits"]["hits"]] == ["b"]
    assert {one["key"]: one["doc_count"] for one in answer["aggregations"]["genres"]["buckets"]} == {
        "sport": 2,
        "book": 1,
    }
    (first, *_) = hits(query, highlight={"fields": {"NAME": {}}})["hits"]["hits"]
    assert first["highlight"] == {"NAME": ["<em>Red</em> running shoes"]}


@pytest.mark.parametrize(
    ("query", "members", "text"),
    [
        (knn(k=1, vector=[1.0]), {}, "invalid dimension: 1. Dimension should be: 2"),
        (knn(k=1, vector=["a"]), {}, "list of numbers"),
        (knn(k=1, vector=[10**400, 0]), {}, "list of numbers"),
        (hybrid(), {}, "at least one query"),
        (knn(), {}, "exactly one of k or min_score"),
        (knn(k=1, min_score=0.5), {}, "exactly one of k or min_score"),
        (knn(k=0), {}, "at least 1"),
        (knn(k=1, max_distance=1), {}, "max_distance"),
        ({"knn": {"other": {"vector": [1.0], "k": 1}}}, {}, "other"),
        ({"neural": {"text_vector": {"query_image": "x"}}}, {}, "query_text"),
        ({"bool": {"must": [hybrid(knn(k=1))]}}, {}, "top level"),
        (hybrid(*[knn(k=1)] * 6), {}, "maximum supported"),
        (hybrid(knn(k=1)), {"sort": ["PRICE"]}, "sort"),
        (hybrid(knn(k=1)), {"min_score": 0.1}, "min_score"),
    ],
)
def test_what_is_not_there_is_refused_by_name(
    query: dict[str, Any], members: dict[str, Any], text: str
) -> None:
    with pytest.raises(SearchError) as refused:
        hits(query, **members)
    assert text in refused.value.reason


def test_hybrid_query_without_a_processor_and_items_without_vectors_name_the_remedy() -> None:
    with pytest.raises(SearchError, match="normalization-processor or score-ranker-processor"):
        engine.search("library", context(), {"query": hybrid(knn(k=1))})
    with pytest.raises(SearchError, match="aws-semantic-similarity"):
        found(library(), knn(k=1))
