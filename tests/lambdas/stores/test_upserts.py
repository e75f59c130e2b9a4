"""Upserts since training, written to and read from a table in memory."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from lambdas.events.catalog import Catalog
from lambdas.stores.upserts import CatalogUpserts
from tastemaker.contracts.dataset_storage import DatasetStorage
from tests.tastemaker.serving.films import GROUP, Cinema

ITEMS = GROUP.replace(":dataset-group/", ":dataset/") + "/ITEMS"
USERS = GROUP.replace(":dataset-group/", ":dataset/") + "/USERS"
SPACE = 'INCLUDE ItemID WHERE Items.GENRES IN ("space")'


class CountingClient:
    """A client that records the names of its calls."""

    def __init__(self, client) -> None:
        self._client, self.calls = client, []

    def __getattr__(self, name: str):
        self.calls.append(name)
        return getattr(self._client, name)


class CatalogLab:
    """A catalog table with a writer and a reader, whose clocks a test sets."""

    def __init__(self, cinema: Cinema, client) -> None:
        self.cinema, self.now, self.wall = cinema, 100.0, 5_000.0
        self.client = CountingClient(client)
        self.catalog = Catalog(client, "catalog", lambda: self.wall, lambda _: None)
        cinema.runtime.upserts = CatalogUpserts(self.client, "catalog", lambda: self.now)

    def put(self, item: str, **properties) -> None:
        self.wall += 1
        self.catalog.put(DatasetStorage(ITEMS, None), [(item, properties)])

    def later(self) -> None:
        self.now += 3.0


@pytest.fixture
def lab(cinema: Cinema, monkeypatch: pytest.MonkeyPatch) -> Iterator[CatalogLab]:
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
        yield CatalogLab(cinema, client)


def test_upserted_item_is_filtered_by_its_new_properties(lab: CatalogLab) -> None:
    arn = lab.cinema.filter("space", SPACE)
    assert sorted(lab.cinema.items("v1", userId="bob", filterArn=arn)) == ["alien", "dune"]
    lab.put("emma", GENRES="love|space")
    lab.put("alien", GENRES="horror")
    lab.later()
    assert sorted(lab.cinema.items("v1", userId="bob", filterArn=arn)) == ["dune", "emma"]


def test_newest_upsert_of_an_item_counts(lab: CatalogLab) -> None:
    arn = lab.cinema.filter("space", SPACE)
    lab.put("emma", GENRES="space")
    lab.put("emma", GENRES="love")
    assert "emma" not in lab.cinema.items("v1", userId="bob", filterArn=arn)
    lab.put("emma", GENRES="space")
    lab.later()
    assert "emma" in lab.cinema.items("v1", userId="bob", filterArn=arn)


def test_upserted_user_is_read_by_filters(lab: CatalogLab) -> None:
    arn = lab.cinema.filter("young", f"{SPACE} IF CurrentUser.AGE < 18")
    assert len(lab.cinema.items("v1", userId="ann", filterArn=arn)) == 5
    lab.catalog.put(DatasetStorage(USERS, None), [("ann", {"AGE": 9}), ("new", {"AGE": 10})])
    assert sorted(lab.cinema.items("v1", userId="ann", filterArn=arn)) == ["alien", "dune"]
    assert sorted(lab.cinema.items("v1", userId="new", filterArn=arn)) == ["alien", "dune"]


def test_table_is_read_for_filters_only_and_cached_for_seconds(lab: CatalogLab) -> None:
    lab.cinema.items("v1", userId="bob")
    assert lab.client.calls == []
    arn = lab.cinema.filter("space", SPACE)
    for _ in range(3):
        lab.cinema.items("v1", userId="bob", filterArn=arn)
    assert lab.client.calls == ["get_paginator"]


def test_upserts_before_the_training_are_ignored(lab: CatalogLab) -> None:
    for loaded in lab.cinema.bundles.loaded.values():
        loaded.bundle.manifest["created"] = 6_000.0
    arn = lab.cinema.filter("space", SPACE)
    lab.put("emma", GENRES="space")
    assert "emma" not in lab.cinema.items("v1", userId="bob", filterArn=arn)


def test_upserts_after_until_are_ignored(lab: CatalogLab) -> None:
    lab.cinema.runtime.upserts = CatalogUpserts(lab.client, "catalog", lambda: lab.now, until=5_001.5)
    arn = lab.cinema.filter("space", SPACE)
    lab.put("emma", GENRES="space")
    lab.put("alien", GENRES="horror")
    lab.catalog.put(DatasetStorage(USERS, None), [("ann", {"AGE": 9})])
    assert sorted(lab.cinema.items("v1", userId="bob", filterArn=arn)) == ["alien", "dune", "emma"]
    assert lab.cinema.runtime.upserts.user(USERS, "ann") is None
