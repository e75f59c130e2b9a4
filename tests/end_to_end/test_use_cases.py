"""Recommenders of a shop's domain, from CreateRecommender to StopRecommender."""

import json
import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.end_to_end.store import SCHEMAS, Store
from tests.standard_schemas import ITEM_ID, field

CUSTOMERS, SHELF = 150, 12
AISLES = ("bread", "cheese", "tea")
SHOP_SCHEMAS = {
    "Interactions": SCHEMAS["Interactions"],
    "Items": [ITEM_ID, field("PRICE", "float"), field("CATEGORY_L1", categorical=True)],
}
NAMES = (
    "popular-items-by-views",
    "frequently-bought-together",
    "customers-who-viewed-x-also-viewed",
    "recommended-for-you",
)
FOR_YOU = "recommended-for-you"


def interactions_csv() -> str:
    """Customers of one aisle each. They view an item, view the next one, and buy both within minutes."""
    rng = random.Random(3)
    rows = ["USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE"]
    for customer in range(CUSTOMERS):
        aisle, now = AISLES[customer % len(AISLES)], 1_700_000_000 + rng.randrange(20 * 86_400)
        for _ in range(4):
            first = rng.randrange(0, SHELF, 2)  # an even place belongs to the odd one after it
            for kind in ("View", "Purchase"):
                for place in (first, first + 1):
                    now += rng.randrange(20, 200)
                    rows.append(f"customer-{customer},{aisle}-{place:02d},{now},{kind}")
            now += rng.randrange(2 * 86_400, 4 * 86_400)
    return "\n".join(rows) + "\n"


def items_csv() -> str:
    rows = ["ITEM_ID,PRICE,CATEGORY_L1"]
    rows += [f"{aisle}-{place:02d},{place + 1}.5,{aisle}" for aisle in AISLES for place in range(SHELF)]
    return "\n".join(rows) + "\n"


@pytest.fixture(scope="module")
def shop(endpoint: str) -> Any:
    store = Store(endpoint, "use-cases", domain="ECOMMERCE", schemas=SHOP_SCHEMAS)
    store.load("Interactions", interactions_csv())
    store.load("Items", items_csv())
    recommenders = {name: store.recommender(f"aws-ecomm-{name}") for name in NAMES}
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


def test_recommender_has_the_metrics_of_its_training(shop: Any) -> None:
    store, recommenders = shop
    arn = recommenders["frequently-bought-together"]
    metrics = store.personalize.describe_recommender(recommenderArn=arn)["recommender"]["modelMetrics"]
    assert metrics["coverage"] > 0 and metrics["mean_reciprocal_rank_at_25"] > 0


def test_answers_have_no_scores_and_fit_the_use_case(shop: Any) -> None:
    views = ask(shop, "popular-items-by-views", userId="customer-1", numResults=5)
    assert len(views) == 5 and all("score" not in item for item in views)
    together = ask(shop, "frequently-bought-together", itemId="tea-04", numResults=1)
    assert together == [{"itemId": "tea-05"}]


def test_bought_items_are_hidden_as_soon_as_they_are_bought(shop: Any) -> None:
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
    store.send("s", {"eventType": "purchase", "itemId": shown[0]}, user="customer-2")
    wait_until(lambda: shown[0] not in [item["itemId"] for item in ask(shop, name, **question)])


def wait_until(happened: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.time() + seconds
    while not happened():
        assert time.time() < deadline
        time.sleep(0.3)


def test_user_without_a_login_is_recognized_by_the_session(shop: Any) -> None:
    store, _ = shop
    seen = [f"tea-{place:02d}" for place in (0, 1, 4, 5, 8)]

    def teas() -> int:
        shown = ask(shop, FOR_YOU, userId="visitor", numResults=10)
        assert all("score" not in item for item in shown)
        return sum(item["itemId"].startswith("tea") for item in shown)

    before = teas()
    store.send("visitor", *({"eventType": "View", "itemId": item} for item in seen))
    wait_until(lambda: teas() > max(before, 4))


def test_filter_uses_the_newest_attributes_of_a_put_item(shop: Any) -> None:
    store, _ = shop
    arn = store.personalize.create_filter(
        name="sale",
        datasetGroupArn=store.group,
        filterExpression='INCLUDE ItemID WHERE Items.CATEGORY_L1 IN ("sale")',
    )["filterArn"]
    question = {"userId": "customer-4", "filterArn": arn}
    assert ask(shop, FOR_YOU, **question) == []
    properties = json.dumps({"price": 1.0, "categoryL1": "sale"})
    store.client("personalize-events").put_items(
        datasetArn=store.datasets["Items"], items=[{"itemId": "tea-02", "properties": properties}]
    )
    wait_until(lambda: ask(shop, FOR_YOU, **question) == [{"itemId": "tea-02"}])


def test_new_item_is_recommended_after_the_refresh(shop: Any) -> None:
    store, recommenders = shop
    properties = json.dumps({"price": 3.0, "categoryL1": "tea"})
    store.client("personalize-events").put_items(
        datasetArn=store.datasets["Items"], items=[{"itemId": "tea-new", "properties": properties}]
    )
    question = {"userId": "customer-5", "numResults": 100}
    assert "tea-new" not in [item["itemId"] for item in ask(shop, FOR_YOU, **question)]
    store.work("refresh", {"recommenderArn": recommenders[FOR_YOU]})
    wait_until(lambda: "tea-new" in [item["itemId"] for item in ask(shop, FOR_YOU, **question)])


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
    deadline = time.time() + 120
    while True:  # functions cache an active record for seconds
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
