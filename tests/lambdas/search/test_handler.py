"""The search function as API Gateway calls it, on AWS in memory."""

import base64
import gzip
import importlib
import json
import sys

import pytest

from tastemaker.contracts.lake_layout import SEARCH_FOLDER
from tastemaker.search.index.segment import Segment
from tests.lambdas.deployed import ENVIRONMENT, deploy
from tests.tastemaker.extensions.cinema import cinema_with_texts
from tests.tastemaker.serving.films import PREFIX

NIGHTS = {"query": {"match": {"TITLE": "nights"}}}
ALL = {"query": {"match_all": {}}}
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


@pytest.fixture
def cinema(tmp_path):
    """Films with titles, and with an index of them in the model of the ranking."""
    cinema = cinema_with_texts(tmp_path)
    endpoint = cinema.runtime.endpoint({"campaignArn": f"{PREFIX}campaign/ranking"})
    bundle = cinema.bundles.get(endpoint.bundle_uri).bundle
    Segment.build(bundle.item_columns).save(bundle.path / SEARCH_FOLDER)
    return cinema


@pytest.fixture
def settings():
    """Variables of the function that a test changes."""
    return {}


@pytest.fixture
def call(cinema, settings, resources_table, other_tables, lake_client, monkeypatch, tmp_path):
    """Send a request to the function. Returns (status, document, response)."""
    deploy(cinema, resources_table, lake_client)
    for name, value in {**ENVIRONMENT, "TASTEMAKER_SEARCH_DOMAIN": "tastemaker-dev", **settings}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    handler = importlib.import_module("lambdas.search.handler")

    def call(method, path, body=None, **members):
        event = {
            "rawPath": f"/search{path}",
            "body": json.dumps(body) if isinstance(body, dict) else body,
            "requestContext": {
                "requestId": "r-1",
                "accountId": "123456789012",
                "http": {"method": method},
            },
            **members,
        }
        response = handler.handle(event)
        return response["statusCode"], json.loads(response["body"]), response

    yield call
    sys.modules.pop("lambdas.search.handler")


def hits(document):
    return [hit["_id"] for hit in document["hits"]["hits"]]


def test_search_finds_items_of_the_deployed_model(call):
    status, document, response = call("POST", "/films/_search", NIGHTS)
    assert (status, hits(document)) == (200, ["casablanca"])
    assert response["headers"]["x-amzn-requestid"] == "r-1" and response["isBase64Encoded"] is False


def test_query_string_and_compressed_body_are_read(call):
    packed = base64.b64encode(gzip.compress(json.dumps(ALL).encode())).decode()
    status, document, _ = call(
        "POST",
        "/films/_search",
        packed,
        isBase64Encoded=True,
        headers={"content-encoding": "gzip", "content-type": "application/json"},
        rawQueryString="size=2",
    )
    assert (status, len(hits(document))) == (200, 2)


def test_pipeline_is_kept_and_personalizes_a_search(call):
    assert call("PUT", "/_search/pipeline/for-you", PIPELINE)[:2] == (200, {"acknowledged": True})
    ann = {"ext": {"personalize_request_parameters": {"user_id": "ann"}}}
    _, plain, _ = call("POST", "/films/_search", ALL)
    status, personal, _ = call(
        "POST", "/films/_search", {**ALL, **ann}, rawQueryString="search_pipeline=for-you"
    )
    assert status == 200 and sorted(hits(personal)) == sorted(hits(plain)) and hits(personal) != hits(plain)


def test_errors_have_the_format_of_opensearch(call):
    status, document, _ = call("POST", "/books/_search", ALL)
    assert (status, document["error"]["type"]) == (404, "index_not_found_exception")


def test_model_that_is_gone_is_unavailable(call, lake_client):
    for one in lake_client.list_objects_v2(Bucket="lake")["Contents"]:
        lake_client.delete_object(Bucket="lake", Key=one["Key"])
    status, document, _ = call("POST", "/films/_search", ALL)
    assert status == 503 and "s3://lake/" in document["error"]["reason"]


def test_failure_names_the_request_and_not_its_cause(call, resources_table):
    resources_table.delete_table(TableName="resources")
    status, document, _ = call("POST", "/films/_search", ALL)
    assert status == 500 and "The request r-1 failed" in document["error"]["reason"]


class TestAuthorization:
    @pytest.fixture
    def settings(self):
        return {"TASTEMAKER_AUTHORIZATION": "iam"}

    def test_caller_who_is_not_known_is_forbidden(self, call):
        status, document, _ = call("POST", "/films/_search", ALL)
        assert (status, document["error"]["type"]) == (403, "security_exception")


class TestServer:
    @pytest.fixture
    def settings(self, stand_in):
        endpoint = f"http://127.0.0.1:{stand_in.server_port}"
        return {"TASTEMAKER_SEARCH_ENDPOINT": endpoint, "TASTEMAKER_SEARCH_SERVICE": "es"}

    def test_stage_with_a_server_sends_searches_there(self, call, stand_in):
        stand_in.body = b'{"hits":{"total":{"value":0},"hits":[]}}'
        status, document, _ = call("POST", "/films/_search", ALL)
        assert (status, hits(document)) == (200, [])
        method, path, headers, _ = stand_in.requests[-1]
        assert (method, path) == ("POST", "/films/_search")
        assert "/eu-west-1/es/aws4_request" in headers["authorization"]
