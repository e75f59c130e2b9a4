"""Recommenders of a shop's domain, from CreateRecommender to StopRecommender."""

import json
import random
import time
from typing import Any

import pytest

from tests.end_to_end.store import until

CUSTOMERS, SHELF = 150, 12
AISLES = ("bread", "cheese", "tea")
SCHEMA = [
    {"name": "USER_ID", "type": "string"},
    {"name": "ITEM_ID", "type": "string"},
    {"name": "TIMESTAMP", "type": "long"},
    {"name": "EVENT_TYPE", "type": "string"},
]


def interactions_csv() -> str:
    """Customers view a thing, view the next one, and buy both within minutes; each in one aisle."""
    rng = random.Random(3)
    rows = ["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE"]
    for customer in range(CUSTOMERS):
        aisle, now = AISLES[customer % len(AISLES)], 1_700_000_000 + rng.randrange(20 * 86_400)
        for _ in range(4):
            first = rng.randrange(0, SHELF, 2)  # even places go with the odd ones after them
            for kind in ("View", "Purchase"):
                for place in (first, first + 1):
                    now += rng.randrange(20, 200)
                    rows.append(f"customer-{customer},{aisle}-{place:02d},{now},{kind}")
            now += rng.randrange(2 * 86_400, 4 * 86_400)
    return "\n".join(rows) + "\n"


@pytest.fixture(scope="module")
def shop(endpoint: str) -> Any:
    from tests.end_to_end.store import Store

    store = Store(endpoint, "use-cases")
    store.__dict__["group"] = store.personalize.create_dataset_group(name=store.name, domain="ECOMMERCE")[
        "datasetGroupArn"
    ]
    until(
        lambda: store.personalize.describe_dataset_group(datasetGroupArn=store.group)["datasetGroup"],
        "ACTIVE",
    )
    schema = {
        "type": "record",
        "name": "Interactions",
        "namespace": "com.amazonaws.personalize.schema",
        "fields": SCHEMA,
        "version": "1.0",
    }
    arn = store.personalize.create_schema(name="use-cases", schema=json.dumps(schema), domain="ECOMMERCE")[
        "schemaArn"
    ]
    dataset = store.personalize.create_dataset(
        name="use-cases", datasetType="Interactions", datasetGroupArn=store.group, schemaArn=arn
    )["datasetArn"]
    job = store.personalize.create_dataset_import_job(
        jobName="use-cases",
        datasetArn=dataset,
        dataSource={"dataLocation": store.put("interactions.csv", interactions_csv())},
        roleArn=store.role,
    )["datasetImportJobArn"]
    store.wait("dataset_import_job", "datasetImportJob", job)
    names = ("popular-items-by-views", "frequently-bought-together", "customers-who-viewed-x-also-viewed")
    recommenders = {
        name: store.personalize.create_recommender(
            name=name,
            datasetGroupArn=store.group,
            recipeArn=f"arn:aws:personalize:::recipe/aws-ecomm-{name}",
        )["recommenderArn"]
        for name in names
    }
    for arn in recommenders.values():
        store.wait("recommender", "recommender", arn)
    return store, recommenders


def ask(shop: Any, name: str, **params: Any) -> list[dict[str, Any]]:
    store, recommenders = shop
    runtime = store.client("personalize-runtime")
    answer = runtime.get_recommendations(recommenderArn=recommenders[name], **params)
    assert answer["recommendationId"].startswith("RID-")
    items: list[dict[str, Any]] = answer["itemList"]
    return items


def test_metrics_stand_on_the_recommender(shop: Any) -> None:
    store, recommenders = shop
    arn = recommenders["frequently-bought-together"]
    metrics = store.personalize.describe_recommender(recommenderArn=arn)["recommender"]["modelMetrics"]
    assert metrics["coverage"] > 0 and metrics["mean_reciprocal_rank_at_25"] > 0


def test_answers_have_no_scores_and_fit_the_use_case(shop: Any) -> None:
    views = ask(shop, "popular-items-by-views", userId="customer-1", numResults=5)
    assert len(views) == 5 and all("score" not in item for item in views)
    together = ask(shop, "frequently-bought-together", itemId="tea-04", numResults=1)
    assert together == [{"itemId": "tea-05"}]


def test_what_was_bought_is_hidden_and_a_new_purchase_too(shop: Any) -> None:
    store, _ = shop
    question = {"userId": "customer-2", "itemId": "tea-04", "numResults": SHELF * len(AISLES)}
    name = "customers-who-viewed-x-also-viewed"
    bought = {
        line.split(",")[1]
        for line in interactions_csv().splitlines()
        if line.startswith("customer-2,") and line.endswith("Purchase")
    }
    shown = [item["itemId"] for item in ask(shop, name, **question)]
    assert bought and bought.isdisjoint(shown) and "tea-04" not in shown
    tracker = store.personalize.create_event_tracker(name="use-cases", datasetGroupArn=store.group)
    event = {"sentAt": int(time.time()), "eventType": "purchase", "itemId": shown[0]}
    store.client("personalize-events").put_events(
        trackingId=tracker["trackingId"], userId="customer-2", sessionId="s", eventList=[event]
    )
    deadline = time.time() + 20
    while shown[0] in [item["itemId"] for item in ask(shop, name, **question)]:
        assert time.time() < deadline, "the purchase never hid its item"
        time.sleep(0.3)


def test_ids_are_required_and_a_stopped_recommender_says_so(shop: Any) -> None:
    store, recommenders = shop
    runtime = store.client("personalize-runtime")
    wrong = runtime.exceptions.InvalidInputException
    with pytest.raises(wrong, match="userId is required"):
        ask(shop, "popular-items-by-views")
    with pytest.raises(wrong, match="itemId is required"):
        ask(shop, "customers-who-viewed-x-also-viewed", userId="customer-1")
    arn = recommenders["popular-items-by-views"]
    store.personalize.stop_recommender(recommenderArn=arn)
    store.wait("recommender", "recommender", arn, "INACTIVE")
    deadline = time.time() + 20
    while True:  # functions remember an active record for seconds
        try:
            ask(shop, "popular-items-by-views", userId="customer-1")
        except wrong as error:
            assert "INACTIVE" in str(error)
            break
        assert time.time() < deadline, "a stopped recommender still answers"
        time.sleep(0.5)
    store.personalize.start_recommender(recommenderArn=arn)
    store.wait("recommender", "recommender", arn)
    assert ask(shop, "popular-items-by-views", userId="customer-1")
