"""Items and users put since training, on the answers of the runtime and on a table in memory."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from lambdas.events.catalog import Catalog
from lambdas.stores.upserts import CatalogUpserts
from tests.tastemaker.serving.films import GROUP, Cinema

ITEMS = GROUP.replace(":dataset-group/", ":dataset/") + "/ITEMS"
USERS = GROUP.replace(":dataset-group/", ":dataset/") + "/USERS"
SPACE = 'INCLUDE ItemID WHERE Items.GENRES IN ("space")'


class Counted:
    """A client that counts the calls of each operation."""

    def __init__(self, client) -> None:
        self._client, self.calls = client, []

    def __getattr__(self, name: str):
        self.calls.append(name)
        return getattr(self._client, name)


class Desk:
    """A catalog table that is written to and read from, with clocks that a test sets."""

    def __init__(self, cinema: Cinema, client) -> None:
        self.cinema, self.now, self.wall = cinema, 100.0, 5_000.0
        self.client = Counted(client)
        self.catalog = Catalog(client, "catalog", lambda: self.wall, lambda _: None)
        cinema.runtime.upserts = CatalogUpserts(self.client, "catalog", lambda: self.now)

    def put(self, item: str, **properties) -> None:
        self.wall += 1
        self.catalog.put(ITEMS, [(item, properties)])

    def later(self) -> None:
        self.now += 3.0


@pytest.fixture
def desk(cinema: Cinema, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-west-1")
        client.create_table(
            TableName="catalog",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "dataset", "KeyType": "HASH"},
                {"AttributeName": "id", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("dataset", "id")
            ],
        )
        yield Desk(cinema, client)


def test_an_item_that_was_put_is_filtered_by_its_new_attributes(desk: Desk) -> None:
    arn = desk.cinema.filter("space", SPACE)
    assert sorted(desk.cinema.items("v1", userId="bob", filterArn=arn)) == ["alien", "dune"]
    desk.put("emma", GENRES="love|space")
    desk.put("alien", GENRES="horror")
    desk.later()
    assert sorted(desk.cinema.items("v1", userId="bob", filterArn=arn)) == ["dune", "emma"]


def test_the_last_record_of_an_item_counts(desk: Desk) -> None:
    arn = desk.cinema.filter("space", SPACE)
    desk.put("emma", GENRES="space")
    desk.put("emma", GENRES="love")
    assert "emma" not in desk.cinema.items("v1", userId="bob", filterArn=arn)
    desk.put("emma", GENRES="space")
    desk.later()
    assert "emma" in desk.cinema.items("v1", userId="bob", filterArn=arn)


def test_a_put_record_replaces_the_whole_record_in_metadata(desk: Desk) -> None:
    desk.cinema.deploy(
        "rich",
        "aws-user-personalization",
        "sequence",
        campaignConfig={"enableMetadataWithRecommendations": True},
    )
    desk.put("alien", GENRES="horror", BEST_AWARD="oscar")
    found = desk.cinema.ask("rich", userId="bob", metadataColumns={"ITEMS": ["GENRES", "YEAR", "BEST_AWARD"]})
    shown = {item["itemId"]: item["metadata"] for item in found["itemList"]}
    assert shown["alien"] == {"genres": "horror", "bestAward": "oscar"}
    assert shown["brazil"] == {"genres": "comedy", "year": "1985"}


def test_a_users_put_attributes_decide_about_if(desk: Desk) -> None:
    arn = desk.cinema.filter("young", f"{SPACE} IF CurrentUser.AGE < 18")
    assert len(desk.cinema.items("v1", userId="ann", filterArn=arn)) == 5
    desk.catalog.put(USERS, [("ann", {"AGE": 9}), ("new", {"AGE": 10})])
    assert sorted(desk.cinema.items("v1", userId="ann", filterArn=arn)) == ["alien", "dune"]
    assert sorted(desk.cinema.items("v1", userId="new", filterArn=arn)) == ["alien", "dune"]


def test_a_ranking_keeps_put_items_that_the_filter_lets_through(desk: Desk) -> None:
    arn = desk.cinema.filter("space", SPACE)
    desk.put("solaris", GENRES="space")
    desk.put("amelie", GENRES="love")
    ranked = desk.cinema.ask(
        "ranking",
        "/personalize-ranking",
        userId="bob",
        inputList=["amelie", "dune", "nobody", "solaris"],
        filterArn=arn,
    )["personalizedRanking"]
    assert [item["itemId"] for item in ranked] == ["dune", "solaris"]
    assert "score" not in ranked[1]


def test_an_events_filter_sees_put_items_too(desk: Desk) -> None:
    arn = desk.cinema.filter("unseen", 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("*")')
    desk.put("dune", GENRES="sand")
    assert "dune" not in desk.cinema.items("v1", userId="ann", filterArn=arn)
    assert "dune" in desk.cinema.items("v1", userId="bob", filterArn=arn)


def test_the_current_item_is_compared_by_what_was_put(desk: Desk) -> None:
    arn = desk.cinema.filter("older", "INCLUDE ItemID WHERE Items.YEAR < CurrentItem.YEAR")
    desk.put("brazil", YEAR=1950)
    assert desk.cinema.items("similar", itemId="brazil", filterArn=arn) == ["casablanca"]


def test_what_needs_no_attributes_asks_nothing_and_the_rest_once_in_some_seconds(desk: Desk) -> None:
    desk.cinema.items("v1", userId="bob")
    assert desk.client.calls == []
    arn = desk.cinema.filter("space", SPACE)
    for _ in range(3):
        desk.cinema.items("v1", userId="bob", filterArn=arn)
    assert desk.client.calls == ["get_paginator"]


def test_what_was_put_before_the_model_was_trained_is_the_models_own_affair(desk: Desk) -> None:
    for loaded in desk.cinema.bundles.loaded.values():
        loaded.bundle.manifest["created"] = 6_000.0
    arn = desk.cinema.filter("space", SPACE)
    desk.put("emma", GENRES="space")
    assert "emma" not in desk.cinema.items("v1", userId="bob", filterArn=arn)
