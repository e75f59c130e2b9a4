"""The API over HTTP, with the films of the tests of serving behind it."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tastemaker.contracts.lake_layout import REFRESHED_SEARCH_FOLDER, SEARCH_FOLDER
from tastemaker.ids import save_array
from tastemaker.search.errors import ForbiddenError
from tastemaker.search.index.segment import Segment
from tastemaker.search.index.upserted import UpsertedPart
from tastemaker.search.pipelines.options import RankingOptions
from tastemaker.search.pipelines.processor import Processor
from tastemaker.search.pipelines.ranking import CampaignRanker
from tastemaker.search.service.catalogs import BundleCatalogs
from tastemaker.search.service.definitions import MemoryDefinitions
from tastemaker.search.service.embedded import EmbeddedBackend
from tastemaker.search.service.endpoint import SearchEndpoint
from tastemaker.search.service.http import HttpRequest
from tastemaker.search.service.permit import PermitAll
from tastemaker.search.vectors.lsa import LsaEncoder
from tastemaker.serving.endpoints import Endpoint
from tastemaker.serving.loaded import LoadedBundle
from tests.tastemaker.serving.films import PREFIX, Cinema

PIPELINE = {
    "response_processors": [
        {
            "personalized_search_ranking": {
                "campaign_arn": f"{PREFIX}campaign/ranking",
                "recipe": "aws-personalized-ranking-v2",
                "weight": "1",
                "aws_region": "eu-west-1",
            }
        }
    ]
}
ANN = {"ext": {"personalize_request_parameters": {"user_id": "ann"}}}


class OneGroup:
    """A deployment of the dataset group `films`."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.vectors: Endpoint | None = None

    def of_group(self, group: str) -> Endpoint | None:
        return self.endpoint if group == "films" else None

    def vectors_of_group(self, group: str) -> Endpoint | None:
        return self.vectors

    def groups(self) -> list[str]:
        return ["films"]


class Api:
    """The endpoint, as a client sees it."""

    def __init__(self, cinema: Cinema) -> None:
        self.cinema = cinema
        endpoint = cinema.runtime.endpoint({"campaignArn": f"{PREFIX}campaign/ranking"})
        bundle = cinema.bundles.get(endpoint.bundle_uri).bundle
        Segment.build(bundle.item_columns).save(bundle.path / SEARCH_FOLDER)
        self.folder: Path = bundle.path / SEARCH_FOLDER
        definitions = MemoryDefinitions()
        self.group = OneGroup(endpoint)
        backend = EmbeddedBackend(BundleCatalogs(cinema.runtime, self.group), definitions)
        self.endpoint = SearchEndpoint(definitions, backend, Processor(CampaignRanker(cinema.runtime)))

    def send(self, method: str, target: str, body: Any = None, permit: Any = None) -> tuple[int, Any]:
        """The status and the JSON of a response."""
        path, _, query = target.partition("?")
        parameters = dict(part.partition("=")[::2] for part in query.split("&") if part)
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        response = self.endpoint.handle(
            HttpRequest(method, path, parameters, {}, data), permit or PermitAll()
        )
        return response.status, json.loads(response.body) if response.body else None

    def ok(self, method: str, target: str, body: Any = None) -> Any:
        status, value = self.send(method, target, body)
        assert status == 200, value
        return value

    def hits(self, target: str, body: Any) -> list[str]:
        return [hit["_id"] for hit in self.ok("POST", target, body)["hits"]["hits"]]

    def refused(self, method: str, target: str, body: Any = None) -> tuple[int, str, str]:
        status, value = self.send(method, target, body)
        return status, value["error"]["type"], value["error"]["reason"]


@pytest.fixture
def api(cinema: Cinema) -> Api:
    return Api(cinema)


def test_pipeline_is_created_shown_used_and_deleted(api: Api) -> None:
    assert api.ok("PUT", "/_search/pipeline/p", PIPELINE) == {"acknowledged": True}
    assert api.ok("GET", "/_search/pipeline/p") == {"p": PIPELINE}
    assert api.ok("GET", "/_search/pipeline") == {"p": PIPELINE}
    assert api.hits("/films/_search", {}) == ["alien", "brazil", "casablanca", "dune"]
    assert api.hits("/films/_search?search_pipeline=p", ANN)[:2] == ["dune", "casablanca"]
    assert api.hits("/films/_search", {**ANN, "search_pipeline": "p"})[:2] == ["dune", "casablanca"]
    assert api.hits("/films/_search", {**ANN, "search_pipeline": PIPELINE})[:2] == ["dune", "casablanca"]
    assert api.ok("DELETE", "/_search/pipeline/p") == {"acknowledged": True}
    assert api.send("GET", "/_search/pipeline/p") == (404, {})
    assert api.refused("DELETE", "/_search/pipeline/p")[0] == 404


def test_default_pipeline_is_used_until_it_is_removed(api: Api) -> None:
    api.ok("PUT", "/_search/pipeline/p", PIPELINE)
    api.ok("PUT", "/films/_settings", {"index": {"search": {"default_pipeline": "p"}}})
    assert api.hits("/films/_search", ANN)[0] == "dune"
    assert api.hits("/films/_search?search_pipeline=_none", ANN)[0] == "alien"
    shown = api.ok("GET", "/films/_settings")["films"]["settings"]["index"]
    assert shown["search"] == {"default_pipeline": "p"}
    api.ok("PUT", "/films/_settings", {"index.search.default_pipeline": None})
    assert api.hits("/films/_search", ANN)[0] == "alien"


def test_live_event_changes_the_next_search(api: Api) -> None:
    api.ok("PUT", "/_search/pipeline/p", PIPELINE)
    body = {"ext": {"personalize_request_parameters": {"user_id": "bob"}}}
    assert api.hits("/films/_search?search_pipeline=p", body)[0] == "alien"
    api.cinema.saw("bob", "casablanca")
    assert api.hits("/films/_search?search_pipeline=p", body)[0] == "casablanca"


def test_upserted_items_are_found(api: Api) -> None:
    query = {"query": {"match": {"GENRES": "western"}}}
    assert api.hits("/films/_search", query) == []
    api.cinema.upserts.films = {"zorro": {"GENRES": "western"}, "alien": {"GENRES": "western|space"}}
    assert sorted(api.hits("/films/_search", query)) == ["alien", "zorro"]
    assert api.hits("/films/_search", {"query": {"match": {"GENRES": "horror"}}}) == []


def test_filter_of_a_processor_uses_the_filters_of_personalize(api: Api) -> None:
    processor = PIPELINE["response_processors"][0]["personalized_search_ranking"]
    space = api.cinema.filter("space", 'INCLUDE ItemID WHERE Items.GENRES IN ("space")')
    change = {"personalized_search_ranking": {**processor, "filter_arn": space, "window": 100}}
    api.ok("PUT", "/_search/pipeline/p", {"response_processors": [change]})
    assert api.hits("/films/_search?search_pipeline=p", ANN) == ["dune", "alien"]


def test_index_is_created_described_and_deleted(api: Api) -> None:
    body = {
        "settings": {"index": {"tastemaker": {"dataset_group": "films"}, "number_of_shards": 3}},
        "mappings": {"properties": {"GENRES": {"type": "text", "analyzer": "english"}}},
    }
    assert api.ok("PUT", "/movies", body) == {
        "acknowledged": True,
        "shards_acknowledged": True,
        "index": "movies",
    }
    assert api.refused("PUT", "/movies", body)[:2] == (400, "resource_already_exists_exception")
    about = api.ok("GET", "/movies")["movies"]
    assert about["mappings"]["properties"]["GENRES"] == {"type": "text", "analyzer": "english"}
    assert about["mappings"]["properties"]["YEAR"] == {"type": "double"}
    assert about["settings"]["index"]["tastemaker"] == {"dataset_group": "films"}
    assert api.ok("GET", "/movies/_count")["count"] == 4
    assert api.send("HEAD", "/movies") == (200, None)
    assert api.ok("DELETE", "/movies") == {"acknowledged": True}
    assert api.send("HEAD", "/movies") == (404, None)


def test_documents_are_read_by_id(api: Api) -> None:
    found = api.ok("GET", "/films/_doc/dune")
    assert found["_source"] == {"ITEM_ID": "dune", "GENRES": "space", "YEAR": 1984.5, "COLOR": True}
    assert api.send("GET", "/films/_doc/emma")[0] == 404
    assert api.ok("GET", "/films/_source/dune")["YEAR"] == 1984.5


def test_searches_of_one_request_fail_each_on_its_own(api: Api) -> None:
    api.ok("PUT", "/_search/pipeline/p", PIPELINE)
    lines = [
        {"index": "films"},
        {**ANN, "search_pipeline": "p"},
        {"index": "nothing"},
        {},
        {},
        {"query": {"term": {"GENRES": "love"}}},
        {"index": "films"},
        {"query": {"more_like_this": {}}},
    ]
    body = b"\n".join(json.dumps(line).encode() for line in lines) + b"\n"
    first, second, third, fourth = api.ok("POST", "/films/_msearch", body)["responses"]
    assert first["status"] == 200
    assert first["hits"]["hits"][0]["_id"] == "dune"
    assert (second["status"], second["error"]["type"]) == (404, "index_not_found_exception")
    assert third["hits"]["total"]["value"] == 1
    assert (fourth["status"], fourth["error"]["type"]) == (400, "illegal_argument_exception")


def test_parameters_of_the_url_count_like_members_of_the_body(api: Api) -> None:
    found = api.ok(
        "GET", "/films/_search?size=2&sort=YEAR:desc&_source_includes=YEAR&rest_total_hits_as_int=true"
    )
    assert found["hits"]["total"] == 4
    assert [hit["_source"] for hit in found["hits"]["hits"]] == [{"YEAR": 1985}, {"YEAR": 1984.5}]


def test_analyze_shows_the_tokens_of_a_text(api: Api) -> None:
    found = api.ok("POST", "/films/_analyze", {"analyzer": "english", "text": "The running shoes"})
    assert [(one["token"], one["start_offset"], one["position"]) for one in found["tokens"]] == [
        ("run", 4, 1),
        ("shoe", 12, 2),
    ]


@pytest.mark.parametrize(
    ("method", "target", "body", "status", "kind", "text"),
    [
        ("GET", "/nothing/_search", None, 404, "index_not_found_exception", "no such index [nothing]"),
        ("GET", "/_search", None, 400, "illegal_argument_exception", "one index at a time"),
        (
            "GET",
            "/films/_search?sizee=1",
            None,
            400,
            "illegal_argument_exception",
            "unrecognized parameter: [sizee]",
        ),
        ("GET", "/films/_search?q=x", None, 400, "illegal_argument_exception", "[q]"),
        ("GET", "/films/_search?search_pipeline=none", None, 400, "illegal_argument_exception", "[none]"),
        ("POST", "/films/_search", b"{", 400, "parsing_exception", "not JSON"),
        ("POST", "/films/_search", b"[]", 400, "parsing_exception", "must be a JSON object"),
        ("POST", "/films/_bulk", b"{}", 400, "illegal_argument_exception", "[POST /films/_bulk]"),
        ("PUT", "/films/_doc/x", {}, 400, "illegal_argument_exception", "PutItems"),
        ("PUT", "/other", {}, 400, "illegal_argument_exception", "[other], which does not exist"),
        ("PUT", "/Films", {}, 400, "illegal_argument_exception", "must be lowercase"),
        (
            "PUT",
            "/films/_settings",
            {"index.max_result_window": 5},
            400,
            "illegal_argument_exception",
            "unknown",
        ),
        (
            "PUT",
            "/_search/pipeline/p",
            {"response_processors": [{"sort": {}}]},
            400,
            "illegal_argument_exception",
            "sort",
        ),
        ("POST", "/_msearch", b"{}", 400, "illegal_argument_exception", "a header and a search"),
        ("POST", "/films/_search", b'{"size":NaN}', 400, "parsing_exception", "not JSON"),
        ("POST", "/films/_search?search_pipeline=\ud83d", {}, 400, "illegal_argument_exception", "\ud83d"),
        ("POST", "/films/_analyze", {"analyzer": {}}, 400, "parsing_exception", "[analyzer] must be a text"),
        (
            "PUT",
            "/movies",
            {"mappings": "x"},
            400,
            "illegal_argument_exception",
            "[mappings] must be an object",
        ),
        (
            "PUT",
            "/movies",
            {"settings": {"index.analysis.a": 1, "index.analysis.a.b": 2}},
            400,
            "illegal_argument_exception",
            "[index.analysis.a.b] is below",
        ),
        (
            "POST",
            "/films/_search",
            {"query": {"function_score": {"functions": None}}},
            400,
            "parsing_exception",
            "[functions] must be a list",
        ),
        (
            "POST",
            "/films/_search",
            {"query": {"match_all": {"boost": 1e300}}},
            400,
            "illegal_argument_exception",
            "no finite numbers",
        ),
        (
            "POST",
            "/films/_search?search_pipeline=hybrid",
            {"query": {"hybrid": {"queries": [{"match_all": {"boost": 1e300}}]}}},
            400,
            "illegal_argument_exception",
            "no finite numbers",
        ),
    ],
)
def test_request_that_cannot_be_answered_names_the_reason(
    api: Api, method: str, target: str, body: Any, status: int, kind: str, text: str
) -> None:
    api.ok("PUT", "/_search/pipeline/hybrid", NORMALIZED)
    found = api.refused(method, target, body)
    assert found[:2] == (status, kind)
    assert text in found[2]


def test_permit_decides_on_paths_indexes_and_campaigns(api: Api) -> None:
    class Refusing(PermitAll):
        def index(self, index: str) -> None:
            raise ForbiddenError(f"not {index}")

        def ranking(self, options: RankingOptions) -> None:
            raise ForbiddenError("not the campaign")

        def request(self, request: HttpRequest) -> None:
            if request.method == "DELETE":
                raise ForbiddenError("not deletions")

    api.ok("PUT", "/_search/pipeline/p", PIPELINE)
    permit = Refusing()
    assert api.send("DELETE", "/_search/pipeline/p", permit=permit)[0] == 403
    assert api.send("POST", "/films/_search?search_pipeline=p", ANN, permit=permit)[0] == 403
    assert api.send("POST", "/films/_search", permit=permit)[0] == 200
    body = b'{"index": "films"}\n{}\n{}\n{}\n'
    other, same = api.send("POST", "/movies/_msearch", body, permit=permit)[1]["responses"]
    assert other["status"] == 403
    assert same["status"] == 404


def test_bundle_without_an_index_names_the_remedy(api: Api) -> None:
    (api.folder / "search.json").unlink()
    assert api.refused("GET", "/films/_search")[0] == 503
    assert "Create a new solution version" in api.refused("GET", "/films/_search")[2]


@pytest.mark.parametrize("path", ["/films/_search/../../secret/_search", "/films/./_search"])
def test_path_whose_segments_a_client_would_resolve_is_refused(api: Api, path: str) -> None:
    status, answer = api.send("POST", path, {})
    assert status == 400 and "has the segment . or .." in json.dumps(answer)


NORMALIZED = {
    "phase_results_processors": [
        {
            "normalization-processor": {
                "normalization": {"technique": "min_max"},
                "combination": {"technique": "arithmetic_mean", "parameters": {"weights": [0.4, 0.6]}},
            }
        }
    ]
}


def give_vectors(api: Api, *, encoder: str = "latent semantic analysis") -> None:
    """Put a model with text vectors beside the one that ranks. War is the first axis, space the second."""
    bundle = api.cinema.bundles.get(api.group.endpoint.bundle_uri).bundle
    folder = bundle.path.parent / f"semantic-{encoder[:3]}"
    shutil.copytree(bundle.path, folder)
    axes = {"alien": (0.0, 1.0), "casablanca": (1.0, 0.0), "dune": (0.6, 0.8)}
    rows = [axes.get(film, (0.0, 0.0)) for film in bundle.items.tolist()]
    save_array(folder / "model" / "vectors.npy", np.array(rows, np.float32))
    manifest = json.loads((folder / "bundle.json").read_text())
    texts = {"texts": {"encoder": encoder, "width": 2}}
    (folder / "bundle.json").write_text(json.dumps({**manifest, "model": {**manifest["model"], **texts}}))
    LsaEncoder.build(["war", "space"], np.ones(2), np.eye(2)).save(folder / SEARCH_FOLDER)
    uri = f"s3://lake/{folder.name}/"
    api.cinema.bundles.loaded[uri] = LoadedBundle.open(folder)
    api.group.vectors = replace(api.group.endpoint, bundle_uri=uri)


def test_hybrid_search_is_fused_and_then_personalized(api: Api) -> None:
    give_vectors(api)
    query = {
        "hybrid": {
            "queries": [
                {"match": {"GENRES": "space"}},
                {"neural": {"text_vector": {"query_text": "war", "k": 2}}},
            ]
        }
    }
    api.ok("PUT", "/_search/pipeline/hybrid", NORMALIZED)
    plain = api.hits("/films/_search?search_pipeline=hybrid", {"query": query})
    assert "casablanca" in plain and "alien" in plain, "one has the text, the other the meaning"
    both = {**NORMALIZED, **PIPELINE}
    api.ok("PUT", "/_search/pipeline/both", both)
    personal = api.hits("/films/_search?search_pipeline=both", {"query": query, **ANN})
    assert sorted(personal) == sorted(plain) and personal[0] == "dune"
    assert api.hits("/films/_search", {"query": query, "search_pipeline": both, **ANN}) == personal
    status, answer = api.send("POST", "/films/_search", {"query": query})
    assert status == 400 and "normalization-processor" in answer["error"]["reason"]


def test_query_that_no_model_can_encode_is_refused_with_the_remedy(api: Api) -> None:
    query = {"query": {"neural": {"text_vector": {"query_text": "war"}}}}
    status, answer = api.send("POST", "/films/_search", query)
    assert status == 400 and "aws-semantic-similarity" in answer["error"]["reason"]
    give_vectors(api, encoder="all-MiniLM-L6-v2")
    status, answer = api.send("POST", "/films/_search", query)
    assert status == 503 and "training.textModel" in answer["error"]["reason"]


def test_other_processors_in_a_request_are_refused_by_name(api: Api) -> None:
    pipeline = {"phase_results_processors": [{"other": {}}]}
    for method, target, body in (
        ("PUT", "/_search/pipeline/p", pipeline),
        ("POST", "/films/_search", {"search_pipeline": pipeline}),
    ):
        status, answer = api.send(method, target, body)
        assert status == 400 and "other" in answer["error"]["reason"]


def test_refreshed_index_answers_before_the_process_has_read_any_upsert(api: Api) -> None:
    types = {"GENRES": "categorical"}
    folder = api.folder.parent / REFRESHED_SEARCH_FOLDER
    UpsertedPart.build(types, {"zorro": ({"GENRES": "western"}, 5.0)}).save(folder)
    query = {"query": {"term": {"GENRES": "western"}}}
    assert api.hits("/films/_search", query) == ["zorro"]
