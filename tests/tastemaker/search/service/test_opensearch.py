"""The backend with a server: what it is sent, and what becomes of its answers."""

import json
from typing import Any

import pytest

from tastemaker.search.errors import BackendTimeoutError, ForbiddenError, SearchError
from tastemaker.search.pipelines.processor import Processor
from tastemaker.search.service.definitions import MemoryDefinitions
from tastemaker.search.service.endpoint import SearchEndpoint
from tastemaker.search.service.http import HttpRequest, HttpResponse
from tastemaker.search.service.opensearch import OpenSearchBackend
from tastemaker.search.service.permit import PermitAll
from tests.tastemaker.search.pipelines.test_options import PLUGIN
from tests.tastemaker.search.pipelines.test_processor import FakeRanker, items, response

OURS = {"personalized_search_ranking": {**PLUGIN, "weight": 1}}
OTHER = {"rename_field": {"field": "a", "target_field": "b"}}
BODY = {"query": {"match": {"NAME": "shoes"}}, "ext": {"personalize_request_parameters": {"user_id": "u"}}}


class FakeServer:
    """Answers with prepared responses, and keeps the requests."""

    def __init__(self) -> None:
        self.requests: list[HttpRequest] = []
        self.answers: list[HttpResponse | SearchError] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        answer = self.answers.pop(0) if self.answers else HttpResponse.of({"acknowledged": True})
        if isinstance(answer, SearchError):
            raise answer
        return answer

    def sent(self) -> list[tuple[str, str, dict[str, Any], Any]]:
        """Method, path, query and JSON of the requests since the last call."""
        found, self.requests = self.requests, []
        return [
            (one.method, one.path, dict(one.query), json.loads(one.body) if one.body else None)
            for one in found
        ]


class Api:
    """The endpoint in front of a server."""

    def __init__(self) -> None:
        self.server, self.ranker, definitions = FakeServer(), FakeRanker("cab"), MemoryDefinitions()
        backend = OpenSearchBackend(self.server, definitions)
        self.endpoint = SearchEndpoint(definitions, backend, Processor(self.ranker))

    def send(self, method: str, target: str, body: Any = None) -> tuple[int, Any]:
        path, _, query = target.partition("?")
        parameters = dict(part.partition("=")[::2] for part in query.split("&") if part)
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        found = self.endpoint.handle(HttpRequest(method, path, parameters, {"x-opaque-id": "7"}, data))
        return found.status, json.loads(found.body)


@pytest.fixture
def api() -> Api:
    return Api()


def test_requests_without_our_processor_are_passed_on_as_they_are(api: Api) -> None:
    for method, target, body in (
        ("PUT", "/products", b'{"settings": {}}'),
        ("POST", "/products/_bulk", b'{"index": {}}\n{"NAME": "x"}\n'),
        ("POST", "/a,b/_search?typed_keys=true", b'{"query": {"geo_distance": {}}}'),
        ("POST", "/_msearch", b'{"index": "a", "routing": "r"}\n{"query": {}}\n'),
        ("POST", "/products/_search?search_pipeline=theirs", b"{}"),
    ):
        assert api.send(method, target, body) == (200, {"acknowledged": True})
        (request,) = api.server.requests
        api.server.requests = []
        assert (request.method, request.body) == (method, body)
        assert request.path == target.partition("?")[0]
        assert request.headers == {"x-opaque-id": "7"}
    assert api.ranker.requests == []


def test_hits_of_the_server_are_ranked(api: Api) -> None:
    api.send("PUT", "/_search/pipeline/p", {"response_processors": [OURS]})
    assert api.server.sent() == [("DELETE", "/_search/pipeline/p", {}, None)]
    api.server.answers = [HttpResponse.of(response("abc"))]
    status, found = api.send("POST", "/products/_search?search_pipeline=p&preference=_local&size=3", BODY)
    assert (status, items(found)) == (200, "cab")
    query = {"preference": "_local", "search_pipeline": "_none"}
    sent = {"query": BODY["query"], "size": "3"}
    assert api.server.sent() == [("POST", "/products/_search", query, sent)]


def test_window_asks_the_server_for_all_its_hits(api: Api) -> None:
    wide = {"personalized_search_ranking": {**PLUGIN, "weight": 1, "window": 50}}
    api.send("PUT", "/_search/pipeline/p", {"response_processors": [wide]})
    api.server.sent()
    api.server.answers = [HttpResponse.of(response("abc"))]
    _, found = api.send("POST", "/products/_search?search_pipeline=p", {**BODY, "from": 1, "size": 1})
    assert items(found) == "a"
    assert api.server.sent()[0][3] == {"query": BODY["query"], "from": 0, "size": 50}


def test_other_processors_of_a_pipeline_run_on_the_server(api: Api) -> None:
    api.send("PUT", "/_search/pipeline/p", {"response_processors": [OTHER, OURS]})
    assert api.server.sent() == [("PUT", "/_search/pipeline/p", {}, {"response_processors": [OTHER]})]
    api.server.answers = [HttpResponse.of(response("abc"))]
    api.send("POST", "/products/_search?search_pipeline=p", BODY)
    assert api.server.sent()[0][2] == {"search_pipeline": "p"}
    api.server.answers = [HttpResponse.of({"error": "missing"}, 404)]
    assert api.send("DELETE", "/_search/pipeline/p") == (200, {"acknowledged": True})


def test_default_pipeline_with_our_processor_is_stored_here(api: Api) -> None:
    api.send("PUT", "/_search/pipeline/p", {"response_processors": [OURS]})
    api.server.sent()
    settings = {"index": {"search": {"default_pipeline": "p"}, "refresh_interval": "1s"}}
    assert api.send("PUT", "/products/_settings", settings) == (200, {"acknowledged": True})
    assert api.server.sent() == [("PUT", "/products/_settings", {}, {"index": {"refresh_interval": "1s"}})]
    api.server.answers = [HttpResponse.of(response("abc"))]
    assert items(api.send("POST", "/products/_search", BODY)[1]) == "cab"
    api.send("PUT", "/products/_settings", {"index.search.default_pipeline": None})
    api.server.answers = [HttpResponse.of(response("abc"))]
    assert items(api.send("POST", "/products/_search", BODY)[1]) == "abc"


def test_searches_without_pipeline_are_one_request_to_the_server(api: Api) -> None:
    api.send("PUT", "/_search/pipeline/p", {"response_processors": [OURS]})
    api.server.requests = []
    failed = {"error": {"type": "index_not_found_exception", "reason": "no such index"}, "status": 404}
    api.server.answers = [
        HttpResponse.of({"responses": [failed, response("ab")]}),
        HttpResponse.of(response("abc")),
    ]
    header = {"index": "a", "routing": "r", "request_cache": True}
    lines = [header, {**BODY, "search_pipeline": "p"}, {"index": "b"}, {}, {"index": "c"}, {}]
    body = b"\n".join(json.dumps(line).encode() for line in lines) + b"\n"
    first, second, third = api.send("POST", "/_msearch", body)[1]["responses"]
    assert (items(first), second, items(third)) == ("cab", failed, "ab")
    together, alone = api.server.requests
    assert [json.loads(line) for line in together.body.splitlines()] == [
        {"index": "b"},
        {},
        {"index": "c"},
        {},
    ]
    # `_msearch` takes pipelines only since OpenSearch 2.18.
    assert (alone.path, json.loads(alone.body)) == ("/a/_search", {"query": BODY["query"]})
    assert alone.query == {"routing": "r", "request_cache": "true", "search_pipeline": "_none"}


def test_search_of_several_that_fails_alone_has_its_own_error(api: Api) -> None:
    api.send("PUT", "/_search/pipeline/p", {"response_processors": [OURS]})
    refused = {"error": {"type": "parsing_exception", "reason": "no"}, "status": 400}
    api.server.answers = [HttpResponse.of(refused, 400)]
    lines = [{"index": "a"}, {**BODY, "search_pipeline": "p"}]
    body = b"\n".join(json.dumps(line).encode() for line in lines) + b"\n"
    assert api.send("POST", "/_msearch", body)[1]["responses"] == [refused]


def test_default_pipeline_of_a_new_index_is_stored_here_until_the_index_is_deleted(api: Api) -> None:
    api.send("PUT", "/_search/pipeline/p", {"response_processors": [OURS]})
    api.server.sent()
    mappings = {"properties": {"index": {"type": "keyword"}}}
    body = {"settings": {"index.search.default_pipeline": "p", "number_of_shards": 2}, "mappings": mappings}
    assert api.send("PUT", "/products", body)[0] == 200
    rest = {"settings": {"number_of_shards": 2}, "mappings": mappings}
    assert api.server.sent() == [("PUT", "/products", {}, rest)]
    api.server.answers = [HttpResponse.of(response("abc"))]
    assert items(api.send("POST", "/products/_search", BODY)[1]) == "cab"
    assert api.send("DELETE", "/prod*")[0] == 200
    api.server.answers = [HttpResponse.of(response("abc"))]
    assert items(api.send("POST", "/products/_search", BODY)[1]) == "abc"


def test_index_that_the_server_refuses_has_no_default_pipeline(api: Api) -> None:
    api.send("PUT", "/_search/pipeline/p", {"response_processors": [OURS]})
    api.server.answers = [HttpResponse.of({"error": "exists"}, 400)]
    body = {"settings": {"index": {"search": {"default_pipeline": "p"}}}}
    assert api.send("PUT", "/products", body) == (400, {"error": "exists"})
    api.server.sent()
    assert api.send("PUT", "/products", {}) == (200, {"acknowledged": True})
    api.server.answers = [HttpResponse.of(response("abc"))]
    assert items(api.send("POST", "/products/_search", BODY)[1]) == "abc"


def test_pipelines_of_the_cluster_are_shown_and_deleted_with_ours(api: Api) -> None:
    ours, theirs = {"response_processors": [OTHER, OURS]}, {"response_processors": [OTHER]}
    api.send("PUT", "/_search/pipeline/p", ours)
    api.server.sent()
    api.server.answers = [HttpResponse.of({"p": theirs, "cluster": theirs})]
    assert api.send("GET", "/_search/pipeline") == (200, {"p": ours, "cluster": theirs})
    api.server.answers = [HttpResponse.of({"cluster": theirs})]
    assert api.send("GET", "/_search/pipeline/cluster") == (200, {"cluster": theirs})
    api.server.answers = [HttpResponse.of({}, 404)]
    assert api.send("GET", "/_search/pipeline/none") == (404, {})
    assert api.send("DELETE", "/_search/pipeline/cluster") == (200, {"acknowledged": True})
    assert api.server.sent()[-1] == ("DELETE", "/_search/pipeline/cluster", {}, None)
    api.server.answers = [HttpResponse.of({"error": "missing"}, 404)]
    assert api.send("DELETE", "/_search/pipeline/none")[0] == 404


def test_filter_in_a_window_leaves_no_hit_out_between_pages(api: Api) -> None:
    """The filter excludes hits of the window, and others take their places on the pages."""
    arn = PLUGIN["campaign_arn"].replace("campaign/", "filter/")
    narrow = {"personalized_search_ranking": {**PLUGIN, "weight": 1, "window": 4, "filter_arn": arn}}
    api.send("PUT", "/_search/pipeline/p", {"response_processors": [narrow]})
    everything = "abcdefghij"
    api.ranker.order, api.ranker.excluded = "ca", "bd"
    found = ""
    for start in range(0, 10, 2):
        api.server.sent()
        wanted = max(4, start + 2) + 4
        api.server.answers = [HttpResponse.of(response(everything[:wanted]))]
        found += items(api.send("POST", f"/x/_search?search_pipeline=p&from={start}&size=2", BODY)[1])
        assert api.server.sent()[0][3]["size"] == wanted
    assert found == "caefghij"


def test_errors_of_the_server_reach_the_client_unchanged(api: Api) -> None:
    api.send("PUT", "/_search/pipeline/p", {"response_processors": [OURS]})
    refused = {
        "error": {"root_cause": [], "type": "parsing_exception", "reason": "no", "line": 1},
        "status": 400,
    }
    api.server.answers = [HttpResponse.of(refused, 400)]
    assert api.send("POST", "/products/_search?search_pipeline=p", BODY) == (400, refused)


@pytest.mark.parametrize(
    ("answer", "status", "text"),
    [
        (HttpResponse(200, b'{"hits": {"hits": ['), 502, "not complete JSON"),
        (HttpResponse(200, b"[]"), 502, "no JSON object"),
        (HttpResponse(503, b"<html>"), 502, "status 503"),
        (BackendTimeoutError("too slow"), 504, "too slow"),
    ],
)
def test_no_complete_answer_is_an_error_that_says_so(
    api: Api, answer: HttpResponse | SearchError, status: int, text: str
) -> None:
    api.send("PUT", "/_search/pipeline/p", {"response_processors": [OURS]})
    api.server.answers = [answer]
    found, body = api.send("POST", "/products/_search?search_pipeline=p", BODY)
    assert (found, text in body["error"]["reason"]) == (status, True)


def test_several_searches_with_fewer_answers_are_an_error(api: Api) -> None:
    api.send("PUT", "/_search/pipeline/p", {"response_processors": [OURS]})
    api.server.answers = [HttpResponse.of({"responses": []})]
    lines = [{}, {}, {}, {**BODY, "search_pipeline": "p"}]
    body = b"\n".join(json.dumps(line).encode() for line in lines)
    assert api.send("POST", "/products/_msearch", body)[0] == 502
    api.server.answers = [HttpResponse.of({"took": 1})]
    alone = b"{}\n" + json.dumps(lines[-1]).encode() + b"\n"
    (found,) = api.send("POST", "/products/_msearch", alone)[1]["responses"]
    assert "without hits" in found["error"]["reason"]


class OnlyProducts(PermitAll):
    """Permits the index `products`."""

    def index(self, index: str) -> None:
        if index != "products":
            raise ForbiddenError(f"not {index}")


@pytest.mark.parametrize(
    "lines",
    [
        [{}, {"query": {}}],
        [{"index": "secret"}, {"query": {}}],
        [{"index": "products", "indices": "secret"}, {"query": {}}],
    ],
)
def test_every_index_of_many_searches_needs_a_permission(api: Api, lines: list[Any]) -> None:
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    found = api.endpoint.handle(HttpRequest("POST", "/_msearch", {}, {}, body), OnlyProducts())
    assert json.loads(found.body)["responses"][0]["error"]
    assert all(request.path != "/_msearch" or not request.body for request in api.server.requests)


def test_empty_lines_of_many_searches_are_not_sent(api: Api) -> None:
    body = b'{"index": "products"}\n{}\n\n{"index": "products"}\n{}\n'
    api.send("POST", "/_msearch", body)
    assert api.server.requests[0].body == body.replace(b"\n\n", b"\n")


def test_index_of_many_searches_is_no_parameter(api: Api) -> None:
    assert api.send("POST", "/_msearch?index=secret", b"{}\n{}\n")[0] == 400
    assert api.server.requests == []
