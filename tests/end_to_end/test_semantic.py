"""Semantic similarity through the API, for a catalog without interactions."""

import pytest
from opensearchpy import OpenSearch

from tests.end_to_end.store import Store
from tests.standard_schemas import ITEM_ID, field

SHELVES = {
    "tea": [
        "green leaf tea",
        "black leaf tea steeped hot",
        "hot oolong steeped from leaf",
        "green oolong leaf",
    ],
    "tool": [
        "steel hammer for nails",
        "hammer and nails of steel",
        "steel wrench",
        "wrench for bolts, steel",
    ],
    "book": ["a novel of crime", "crime novel with a detective", "detective returns", "detective in a novel"],
}


@pytest.fixture(scope="module")
def store(endpoint: str) -> Store:
    items = [ITEM_ID, field("TITLE", itemName=True), field("CREATION_TIMESTAMP", "long")]
    store = Store(endpoint, "semantic", schemas={"Items": items})
    rows = ["ITEM_ID,TITLE,CREATION_TIMESTAMP"]
    for kind, titles in SHELVES.items():
        for place, title in enumerate(titles):
            rows.append(f'{kind}-{place},"{title}",{1_700_000_000 + place * 86_400}')
    store.load("Items", "\n".join(rows) + "\n")
    return store


@pytest.fixture(scope="module")
def version(store: Store) -> str:
    return store.train("aws-semantic-similarity")


def test_items_with_similar_texts_come_first_unless_freshness_decides(store: Store, version: str) -> None:
    campaign = store.deploy("plain", version)
    runtime = store.client("personalize-runtime")
    answer = runtime.get_recommendations(
        campaignArn=campaign, itemId="tool-0", numResults=3, metadataColumns={"ITEMS": ["TITLE"]}
    )["itemList"]
    assert {row["itemId"] for row in answer} == {"tool-1", "tool-2", "tool-3"}
    assert all("score" not in row for row in answer)
    assert answer[0]["metadata"]["title"] in SHELVES["tool"]
    fresh = store.personalize.create_campaign(
        name="semantic-fresh",
        solutionVersionArn=version,
        campaignConfig={"rankingInfluence": {"FRESHNESS": 1.0}},
    )["campaignArn"]
    store.wait("campaign", "campaign", fresh)
    best = runtime.get_recommendations(campaignArn=fresh, itemId="tool-0", numResults=1)["itemList"]
    assert best[0]["itemId"].endswith("-3")


def test_search_encodes_queries_as_the_training_encoded_the_items(endpoint: str, version: str) -> None:
    nearest = {"neural": {"text_vector": {"query_text": "Crime, or a detective", "k": 4}}}
    by_ranks = {"score-ranker-processor": {"combination": {"technique": "rrf"}}}
    with OpenSearch(hosts=[f"{endpoint}/search"], timeout=60) as client:
        alone = client.search(index="semantic", body={"query": nearest})["hits"]["hits"]
        assert {hit["_id"].split("-")[0] for hit in alone} == {"book"}
        both = client.search(
            index="semantic",
            body={
                "query": {"hybrid": {"queries": [{"match": {"TITLE": "wrench"}}, nearest]}},
                "search_pipeline": {"phase_results_processors": [by_ranks]},
            },
        )
    assert {hit["_id"].split("-")[0] for hit in both["hits"]["hits"]} == {"book", "tool"}
