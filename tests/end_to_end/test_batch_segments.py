"""Batch segment jobs through the API: the users who would like an item or an aisle."""

import json

import pytest

from tests.end_to_end import shop
from tests.end_to_end.store import Store

USERS = "USER_ID,AGE\n" + "".join(f"customer-{number},{number}\n" for number in range(shop.CUSTOMERS))


@pytest.fixture(scope="module")
def store(endpoint: str) -> Store:
    store = Store(endpoint, "segments")
    store.load_shop()
    store.load("Users", USERS)
    return store


def segment(store: Store, name: str, version: str, *questions: dict, **more: object) -> list[dict]:
    location = store.put(f"{name}.json", "\n".join(json.dumps(question) for question in questions))
    arn = store.personalize.create_batch_segment_job(
        jobName=name,
        solutionVersionArn=version,
        jobInput={"s3DataSource": {"path": location}},
        jobOutput={"s3DataDestination": {"path": f"s3://{store.bucket}/segments/"}},
        roleArn=store.role,
        **more,
    )["batchSegmentJobArn"]
    store.wait("batch_segment_job", "batchSegmentJob", arn)
    return [json.loads(line) for line in store.text(f"segments/{name}.json.out").splitlines()]


def aisles(users: list[str]) -> list[str]:
    """The aisle of each of these customers."""
    return [shop.AISLES[int(user.split("-")[1]) % len(shop.AISLES)] for user in users]


def test_users_who_would_like_an_item_shop_in_its_aisle(store: Store) -> None:
    version = store.train("aws-item-affinity")
    filter_arn = store.personalize.create_filter(
        name="segments-young",
        datasetGroupArn=store.group,
        filterExpression="INCLUDE UserID WHERE Users.AGE < $AGE",
    )["filterArn"]
    young = {"itemId": shop.item("tea", 2), "filterValues": {"AGE": "40"}}
    found, unknown, without = segment(
        store,
        "items",
        version,
        young,
        {**young, "itemId": "nothing"},
        {"itemId": shop.item("tea", 2)},
        filterArn=filter_arn,
        numResults=8,
    )
    assert found["input"] == young and found["error"] is None
    users = found["output"]["usersList"]
    assert len(set(users)) == 8
    assert set(aisles(users[:4])) == {"tea"}
    assert aisles(users).count("tea") >= 6
    assert all(int(user.split("-")[1]) < 40 for user in users)
    assert unknown["output"] is None and "nothing" in unknown["error"]
    assert without["output"] is None and "AGE" in without["error"]


def test_users_who_would_like_an_aisle_shop_there(store: Store) -> None:
    version = store.train("aws-item-attribute-affinity")
    found, cheap, wrong = segment(
        store,
        "attributes",
        version,
        {"itemAttributes": 'ITEMS.aisle = "bread"'},
        {"itemAttributes": 'ITEMS.AISLE = "cheese" AND ITEMS.PRICE = 1.5'},
        {"itemAttributes": "ITEMS.color = 'red'"},
        numResults=10,
    )
    assert set(aisles(found["output"]["usersList"])) == {"bread"}
    assert aisles(cheap["output"]["usersList"]).count("cheese") >= 8
    assert wrong["output"] is None and "color" in wrong["error"]
