"""OpenSearch clients against the local run: the plugin's program, paging, errors, and live changes."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from opensearchpy import NotFoundError, OpenSearch, RequestError

from tests.clients.javascript import node
from tests.end_to_end import shop
from tests.end_to_end.store import SCHEMAS, Store

INDEX = "products"
PIPELINE = "intelligent_ranking"
SCHEMA = [
    {"name": "ITEM_ID", "type": "string"},
    {"name": "NAME", "type": "string"},
    {"name": "AISLE", "type": "string", "categorical": True},
    {"name": "PRICE", "type": "float"},
    {"name": "DESCRIPTION", "type": ["null", "string"], "textual": True},
]


def catalog_csv() -> str:
    """The shop's items. All names contain the word `fresh`, so that a search finds every aisle."""
    rows = ["ITEM_ID,NAME,AISLE,PRICE,DESCRIPTION"]
    for aisle in shop.AISLES:
        for place in range(shop.SHELF):
            text = f"running out fast: our best {aisle} for your table"
            rows.append(f"{shop.item(aisle, place)},Fresh {aisle} {place},{aisle},{place + 0.5},{text}")
    return "\n".join(rows) + "\n"


@pytest.fixture(scope="module")
def store(endpoint: str) -> Store:
    store = Store(endpoint, INDEX, schemas={**SCHEMAS, "Items": SCHEMA})
    store.load("Interactions", shop.interactions_csv())
    store.load("Items", catalog_csv())
    return store


@pytest.fixture(scope="module")
def campaign(store: Store) -> str:
    return store.deploy("ranking", store.train("aws-personalized-ranking-v2"))


@pytest.fixture(scope="module")
def client(endpoint: str, campaign: str) -> Iterator[OpenSearch]:
    with OpenSearch(hosts=[f"{endpoint}/search"], timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def pipeline(client: OpenSearch, campaign: str) -> str:
    """The definition of AWS's plugin, with the campaign of this shop."""
    body = {
        "response_processors": [
            {
                "personalized_search_ranking": {
                    "campaign_arn": campaign,
                    "item_id_field": "ITEM_ID",
                    "recipe": "aws-personalized-ranking-v2",
                    "weight": "0.3",
                    "iam_role_arn": "arn:aws:iam::123456789012:role/PersonalizeRole",
                    "aws_region": "us-east-1",
                }
            }
        ]
    }
    answer = client.transport.perform_request("PUT", f"/_search/pipeline/{PIPELINE}", body=body)
    assert answer == {"acknowledged": True}
    return PIPELINE


def query(text: str, user: str = "customer-0", **members: Any) -> dict[str, Any]:
    """The search of the plugin's documentation."""
    return {
        "query": {"multi_match": {"query": text, "fields": ["NAME", "DESCRIPTION"]}},
        "ext": {"personalize_request_parameters": {"user_id": user, "context": {"DEVICE": "mobile"}}},
        **members,
    }


def ids(answer: dict[str, Any]) -> list[str]:
    return [hit["_id"] for hit in answer["hits"]["hits"]]


def until(check: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_plugin_program_ranks_the_hits_of_the_page_for_the_user(client: OpenSearch, pipeline: str) -> None:
    plain = client.search(index=INDEX, body={"query": query("fresh")["query"], "size": 60})
    ranked = client.search(index=INDEX, body=query("fresh", size=60), params={"search_pipeline": pipeline})
    assert plain["hits"]["total"] == {"value": 60, "relation": "eq"}
    assert sorted(ids(plain)) == sorted(ids(ranked))
    first = {hit: rank for rank, hit in enumerate(ids(plain), 1)}
    assert ranked["hits"]["max_score"] == ranked["hits"]["hits"][0]["_score"] <= 1
    assert {shop.aisle_of(hit) for hit in ids(ranked)[1:6]} == {shop.AISLES[0]}, first
    assert ranked["hits"]["hits"][0]["_source"]["AISLE"] in shop.AISLES


def test_default_pipeline_of_the_index_is_used_unless_the_request_says_none(
    client: OpenSearch, pipeline: str
) -> None:
    plain = client.search(index=INDEX, body=query("fresh", size=60))
    client.indices.put_settings(index=INDEX, body={"index.search.default_pipeline": pipeline})
    try:
        until(lambda: ids(client.search(index=INDEX, body=query("fresh", size=60))) != ids(plain))
        none = client.search(index=INDEX, body=query("fresh", size=60), params={"search_pipeline": "_none"})
        assert ids(none) == ids(plain)
    finally:
        client.indices.put_settings(index=INDEX, body={"index.search.default_pipeline": None})
    until(lambda: ids(client.search(index=INDEX, body=query("fresh", size=60))) == ids(plain))


def test_pages_of_a_window_together_are_the_window(client: OpenSearch, pipeline: str, campaign: str) -> None:
    about = client.transport.perform_request("GET", f"/_search/pipeline/{pipeline}")[pipeline]
    options = {**about["response_processors"][0]["personalized_search_ranking"], "window": 40}
    wide = {"response_processors": [{"personalized_search_ranking": options}]}
    client.transport.perform_request("PUT", "/_search/pipeline/wide", body=wide)
    params = {"search_pipeline": "wide"}
    whole = ids(client.search(index=INDEX, body=query("fresh", size=60), params=params))
    pages = [
        ids(client.search(index=INDEX, body={**query("fresh"), "from": start, "size": 15}, params=params))
        for start in range(0, 60, 15)
    ]
    assert [hit for page in pages for hit in page] == whole
    assert len(set(whole)) == 60
    client.transport.perform_request("DELETE", "/_search/pipeline/wide")
    with pytest.raises(NotFoundError):
        client.transport.perform_request("GET", "/_search/pipeline/wide")


def test_javascript_client_runs_the_same_program(endpoint: str, client: OpenSearch, campaign: str) -> None:
    program = Path(__file__).parent / "programs" / "search.mjs"
    ended = subprocess.run(
        [node(), program, endpoint, campaign, INDEX], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert found["created"] == {"acknowledged": True}
    assert sorted(found["ranked"]) == sorted(found["plain"]) == sorted(found["pages"])
    assert {shop.aisle_of(hit) for hit in found["ranked"][1:6]} == {shop.AISLES[0]}
    assert found["refused"]["error"]["property_name"] == "weight"
    assert found["refused"]["status"] == 400


def test_errors_have_opensearchs_format(client: OpenSearch, pipeline: str) -> None:
    with pytest.raises(RequestError) as refused:
        client.search(
            index=INDEX,
            body={"query": {"match_all": {}}},
            params={"search_pipeline": pipeline},
        )
    assert refused.value.status_code == 400
    assert refused.value.error == "parse_exception"
    assert refused.value.info["error"]["property_name"] == "user_id"
    with pytest.raises(NotFoundError) as missing:
        client.search(index="nothing", body={})
    assert missing.value.error == "index_not_found_exception"
    with pytest.raises(RequestError) as unknown:
        client.search(index=INDEX, body={"query": {"geo_distance": {}}})
    assert "[geo_distance]" in unknown.value.info["error"]["reason"]


def test_several_searches_in_one_request_fail_each_on_its_own(client: OpenSearch, pipeline: str) -> None:
    answer = client.msearch(
        body=[
            {"index": INDEX},
            {**query("fresh tea"), "search_pipeline": pipeline},
            {"index": "nothing"},
            {"query": {"match_all": {}}},
            {"index": INDEX},
            {"query": {"term": {"AISLE": "tea"}}, "size": 0},
        ]
    )
    first, second, third = answer["responses"]
    assert (first["status"], second["status"], third["status"]) == (200, 404, 200)
    assert third["hits"]["total"]["value"] == shop.SHELF


def test_put_items_are_found_within_seconds(client: OpenSearch, store: Store) -> None:
    def names(text: str) -> list[str]:
        return ids(client.search(index=INDEX, body={"query": {"match": {"NAME": text}}}))

    assert names("quince") == []
    store.client("personalize-events").put_items(
        datasetArn=store.datasets["Items"],
        items=[
            {
                "itemId": "jam-01",
                "properties": '{"name": "Quince jam", "aisle": "jam", "price": 3.5}',
            },
            {
                "itemId": shop.item("tea", 3),
                "properties": '{"name": "Quince tea", "aisle": "tea", "price": 1}',
            },
        ],
    )
    until(lambda: sorted(names("quince")) == ["jam-01", shop.item("tea", 3)])
    assert client.count(index=INDEX, body={"query": {"match": {"NAME": "fresh"}}})["count"] == 59


def test_index_can_be_created_with_a_language_and_synonyms(client: OpenSearch) -> None:
    client.indices.create(
        index="shop-en",
        body={
            "settings": {
                "tastemaker": {"dataset_group": INDEX},
                "analysis": {
                    "filter": {"words": {"type": "synonym", "synonyms": ["chai, tea"]}},
                    "analyzer": {"shop": {"filter": ["lowercase", "words", "porter_stem"]}},
                },
            },
            "mappings": {"properties": {"DESCRIPTION": {"type": "text", "analyzer": "shop"}}},
        },
    )
    assert client.indices.exists(index="shop-en")
    found = client.search(
        index="shop-en", body={"query": {"match": {"DESCRIPTION": "chai tables"}}, "size": 3}
    )
    assert {shop.aisle_of(hit) for hit in ids(found)} == {"tea"}
    assert (
        client.indices.get_mapping(index="shop-en")["shop-en"]["mappings"]["properties"]["DESCRIPTION"][
            "analyzer"
        ]
        == "shop"
    )
    client.indices.delete(index="shop-en")
    assert not client.indices.exists(index="shop-en")


def test_live_events_of_a_user_change_a_search(client: OpenSearch, store: Store, pipeline: str) -> None:
    def search() -> list[str]:
        body = query("fresh", user="customer-1", size=60)
        return ids(client.search(index=INDEX, body=body, params={"search_pipeline": pipeline}))

    before = search()
    items = [shop.item("fruit", place) for place in range(10)]
    store.send("s1", *({"eventType": "purchase", "itemId": item} for item in items), user="customer-1")
    until(lambda: search() != before)
    places = [sum(answer.index(item) for item in items) for answer in (before, search())]
    assert places[1] < places[0]
