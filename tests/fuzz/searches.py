"""Requests of OpenSearch clients: valid ones, and what becomes of them after a few changes."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from tastemaker.search.service.http import HttpRequest, HttpResponse
from tests.fuzz import texts
from tests.fuzz.checks import HangError, limited
from tests.tastemaker.search.service.test_endpoint import ANN, NORMALIZED, PIPELINE, Api, give_vectors
from tests.tastemaker.serving.films import Cinema

FIELDS = ("GENRES", "YEAR", "text_vector", "ITEM_ID", "_id", "_score", "_all", "GENRES^3", "Y*", "nothing")
NEURAL = {"neural": {"text_vector": {"query_text": "war", "k": 2}}}
KNN = {"knn": {"text_vector": {"vector": [0.6, 0.8], "k": 2, "filter": {"term": {"GENRES": "space"}}}}}
QUERIES: list[dict[str, Any]] = [
    {"match_all": {"boost": 2}},
    {"match": {"GENRES": {"query": "space drama", "operator": "and", "fuzziness": "AUTO"}}},
    {"match_phrase": {"GENRES": {"query": "space", "slop": 1}}},
    {"match_phrase_prefix": {"GENRES": "spa"}},
    {"match_bool_prefix": {"GENRES": "space dr"}},
    {"multi_match": {"query": "space", "fields": ["GENRES^2", "YEAR"], "type": "cross_fields"}},
    {"prefix": {"GENRES": {"value": "sp", "case_insensitive": True}}},
    {"term": {"GENRES": {"value": "space", "boost": 2}}},
    {"terms": {"GENRES": ["space", "love"]}},
    {"range": {"YEAR": {"gte": 1950, "lt": "1990"}}},
    {"exists": {"field": "YEAR"}},
    {"ids": {"values": ["alien", "dune"]}},
    {
        "bool": {
            "must": [{"match": {"GENRES": "space"}}],
            "filter": {"range": {"YEAR": {"gt": 1970}}},
            "should": [{"term": {"GENRES": "love"}}],
            "must_not": {"ids": {"values": ["emma"]}},
            "minimum_should_match": "50%",
        }
    },
    {"constant_score": {"filter": {"term": {"GENRES": "space"}}, "boost": 3}},
    {"dis_max": {"queries": [{"match": {"GENRES": "space"}}, {"match_all": {}}], "tie_breaker": 0.3}},
    {
        "function_score": {
            "query": {"match_all": {}},
            "functions": [
                {"field_value_factor": {"field": "YEAR", "modifier": "log1p", "missing": 1}},
                {"gauss": {"YEAR": {"origin": 1980, "scale": 10, "decay": 0.5}}, "weight": 2},
                {"filter": {"term": {"GENRES": "space"}}, "weight": 3},
            ],
            "score_mode": "avg",
            "boost_mode": "multiply",
        }
    },
]
QUERIES += [
    NEURAL,
    KNN,
    {"knn": {"text_vector": {"vector": [1, 0], "min_score": 0.5, "boost": 2}}},
    {"neural": {"text_vector": {"query_text": "space war", "model_id": "m", "min_score": 0.4}}},
    {"bool": {"must": [KNN, {"match": {"GENRES": "space"}}]}},
]
HYBRID = [
    {"hybrid": {"queries": [{"match": {"GENRES": "space"}}, NEURAL]}},
    {"hybrid": {"queries": [{"match": {"GENRES": "space"}}, NEURAL, KNN], "pagination_depth": 10}},
]
"""Queries that only a search itself may have."""
PHASES: list[dict[str, Any]] = [
    NORMALIZED,
    {**NORMALIZED, **PIPELINE},
    {
        "phase_results_processors": [
            {
                "normalization-processor": {
                    "normalization": {"technique": "l2"},
                    "combination": {
                        "technique": "harmonic_mean",
                        "parameters": {"weights": [0.3, 0.7]},
                    },
                    "tag": "t",
                }
            }
        ]
    },
    {
        "phase_results_processors": [
            {"score-ranker-processor": {"combination": {"technique": "rrf", "rank_constant": 1}}}
        ]
    },
]
"""Pipelines that make one order of a hybrid query."""
MEMBERS: list[dict[str, Any]] = [
    {"from": 1, "size": 2, "track_total_hits": True},
    {"sort": [{"YEAR": {"order": "desc", "missing": "_last"}}, "_score"]},
    {"_source": {"includes": ["GENRES"], "excludes": ["YEAR"]}},
    {"aggs": {"genres": {"terms": {"field": "GENRES", "size": 3}}}},
    {"highlight": {"fields": {"GENRES": {}}}},
    {"post_filter": {"term": {"GENRES": "space"}}, "min_score": 0.1, "explain": True},
    {"search_after": [1990], "sort": ["YEAR"]},
    {**ANN, "search_pipeline": "p"},
    {**ANN, "search_pipeline": PIPELINE},
    {**ANN, "search_pipeline": PHASES[1]},
]
INDEX = {
    "mappings": {"properties": {"GENRES": {"type": "text", "analyzer": "english"}}},
    "settings": {
        "index": {
            "tastemaker": {"dataset_group": "films"},
            "search": {"default_pipeline": "p"},
            "analysis": {
                "filter": {"same": {"type": "synonym", "synonyms": ["space, stars"]}},
                "analyzer": {
                    "own": {"type": "custom", "tokenizer": "standard", "filter": ["lowercase", "same"]}
                },
            },
        }
    },
    "aliases": {},
}
OTHERS: list[tuple[str, str, Any]] = [
    ("PUT", "/_search/pipeline/p", PIPELINE),
    *(("PUT", "/_search/pipeline/p", pipeline) for pipeline in PHASES),
    ("GET", "/_search/pipeline/p,*", None),
    ("DELETE", "/_search/pipeline/p", None),
    ("PUT", "/movies", INDEX),
    ("GET", "/films", None),
    ("HEAD", "/films", None),
    ("DELETE", "/movies", None),
    ("PUT", "/films/_settings", {"index.search.default_pipeline": "p"}),
    ("GET", "/films/_settings", None),
    ("GET", "/films/_mapping", None),
    ("GET", "/films/_doc/dune", None),
    ("GET", "/films/_source/dune", None),
    ("POST", "/films/_count", {"query": QUERIES[7]}),
    ("POST", "/films/_analyze", {"analyzer": "english", "text": "The running shoes"}),
    ("GET", "/_cat/indices", None),
    ("GET", "/", None),
]
PATHS = ("/films/_search", "/_search", "/films/_msearch", "/f*/_search", "/films,movies/_search", "/é", "/..")
PARAMETERS = ("size", "from", "q", "sort", "search_pipeline", "_source", "timeout", "pretty", "typed_keys")


@dataclass(frozen=True)
class Searched:
    """A request. `document` is the value of its body, or None if the body is bytes of no form."""

    request: HttpRequest
    document: Any = None

    def with_document(self, document: Any) -> Searched:
        return Searched(replace(self.request, body=json.dumps(document).encode()), document)

    def __str__(self) -> str:
        request = self.request
        return f"{request.method} {request.path} {dict(request.query)}\n\n{request.body[:2000]!r}"


class Searches:
    """An endpoint with the films, whose records a few of the requests change."""

    def __init__(self, folder: Path) -> None:
        self._api = Api(Cinema(folder))
        give_vectors(self._api)

    def ask(self, search: Searched) -> tuple[int, str | None]:
        """The status of the answer to a request, and what is wrong with it, or None."""
        try:
            with limited():
                response = self._api.endpoint.handle(search.request)
        except HangError:
            return 0, "no answer"
        except Exception as error:
            return 0, f"the function raised {error!r}"
        return response.status, _problem_of(search.request, response)


def _problem_of(request: HttpRequest, response: HttpResponse) -> str | None:
    if response.status >= 500:
        return f"status {response.status}: {response.body[:300]!r}"
    if not response.body:
        return None if request.method == "HEAD" else "the answer is empty"
    if "json" not in response.headers.get("content-type", ""):
        return None
    constants: list[str] = []
    answer = json.loads(response.body, parse_constant=constants.append)
    if constants:
        return f"the answer has NaN or an infinity: {response.body[:300]!r}"
    if response.status >= 400 and answer and "error" in answer and "reason" not in str(answer["error"]):
        return f"the error has no reason: {response.body[:300]!r}"
    return None


def generated(rng: Random) -> Iterator[Searched]:
    """Requests without end. The same seed gives the same ones."""
    while True:
        yield _one(rng)


def _one(rng: Random) -> Searched:
    method, path, document = rng.choice(OTHERS)
    if rng.random() < 0.75:
        method, path = rng.choice(["POST", "GET"]), "/films/_search"
        document = {"query": rng.choice(QUERIES)}
        for members in rng.sample(MEMBERS, rng.choice([0, 0, 1, 2])):
            document = {**document, **members}
        if rng.random() < 0.2:
            pipeline = rng.choice([*PHASES, "p", "_none"])
            document = {**document, "query": rng.choice(HYBRID), "search_pipeline": pipeline}
    query: dict[str, str] = {}
    if rng.random() < 0.1:
        query = {rng.choice(PARAMETERS): rng.choice(["p", "1", "-1", "true", "YEAR:desc", *texts.TEXTS])}
    if rng.random() < 0.06:
        path = rng.choice(PATHS)
    if rng.random() < 0.04:
        method = rng.choice(["PUT", "PATCH", "DELETE", "HEAD", "GET", "POST"])
    document = copy.deepcopy(document)
    if document is not None and rng.random() < 0.6:
        for _ in range(rng.choice([1, 1, 2, 4])):
            document = _changed(rng, document)
    body = b"" if document is None else json.dumps(document).encode()
    if rng.random() < 0.06:
        body = texts.broken(rng, body.decode() or "{}").encode("utf-8", "surrogatepass")
        document = None
    if path.endswith("_msearch"):
        body = b'{"index": "films"}\n' + body + rng.choice([b"\n", b"", b"\n{}\n"])
        document = None
    return Searched(HttpRequest(method, path, query, {}, body), document)


def _changed(rng: Random, document: Any) -> Any:
    """The document with one place changed: left out, renamed, or with another value."""
    places = list(_places(document))
    if not places:
        return _value(rng)
    *inner, last = rng.choice(places)
    holder = document
    for step in inner:
        holder = holder[step]
    change = rng.random()
    if change < 0.1:
        holder.pop(last)
    elif change < 0.25 and isinstance(holder, dict):
        holder[rng.choice([*FIELDS, "boost", "query", "value", "unknown", ""])] = holder.pop(last)
    else:
        holder[last] = _value(rng)
    return document


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if place:
        yield place
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in steps:
        if len(place) < 8:
            yield from _places(one, (*place, step))


def _value(rng: Random) -> Any:
    pick = rng.random()
    if pick < 0.3:
        return copy.deepcopy(rng.choice([*QUERIES, *HYBRID]))
    if pick < 0.4:
        return rng.choice(FIELDS)
    deep: Any = copy.deepcopy(rng.choice(QUERIES))
    for _ in range(rng.choice([1, 30, 300])):
        deep = {"bool": {"must": deep}}
    return rng.choice([None, [], {}, [None], deep, *texts.NUMBERS, *texts.TEXTS])
