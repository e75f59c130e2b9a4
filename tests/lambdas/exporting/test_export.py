"""Exports on AWS in memory: bulk rows, rows put one at a time, both."""

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lambdas.exporting.export import Export, csv_bytes
from lambdas.stores.catalog import all_upserts
from lambdas.stores.lake import LakeBucket
from tests.lambdas.aws import LAKE

ITEMS = ["ITEM_ID", "PRICE", "NEW"]
EVENTS = ["USER_ID", "ITEM_ID", "TIMESTAMP", "EVENT_TYPE", "DEVICE"]


@pytest.fixture
def lake(lake_client: Any) -> LakeBucket:
    return LakeBucket(lake_client, LAKE)


def store(lake: LakeBucket, key: str, rows: list[dict[str, Any]]) -> None:
    data = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), data)
    lake.client.put_object(Bucket=lake.bucket, Key=key, Body=data.getvalue())


def text(export: Export) -> list[str]:
    counts: list[int] = []
    data = b"".join(csv_bytes(export.columns, export.rows(), counts.append)).decode()
    lines = data.splitlines()
    assert lines[0] == ",".join(export.columns) and sum(counts) == len(lines) - 1
    return lines[1:]


def plan(kind: str, mode: str) -> dict[str, Any]:
    imports = [{"prefix": "bulk/1/", "at": 10.0}, {"prefix": "bulk/2/", "at": 20.0}]
    return {"datasetType": kind, "mode": mode, "catalog": "d", "imports": imports, "events": "events/"}


@pytest.fixture
def catalog(other_tables: Any) -> Any:
    for name, price, at in (("a", 9.5, 30), ("c", 3.0, 5)):
        item = {"dataset": {"S": "d"}, "id": {"S": name}, "updatedAt": {"N": str(at)}}
        item["properties"] = {"S": json.dumps({"PRICE": price, "NEW": True})}
        other_tables.put_item(TableName="catalog", Item=item)
    return lambda arn: all_upserts(other_tables, "catalog", arn)


def test_export_of_items_has_the_newest_row_of_each_item(lake: LakeBucket, catalog: Any) -> None:
    store(lake, "bulk/1/a.parquet", [{"ITEM_ID": "a", "PRICE": 1.0}, {"ITEM_ID": 'b "x", y', "PRICE": 2.0}])
    rows = [{"ITEM_ID": "a", "PRICE": 1.5, "NEW": False}, {"ITEM_ID": "c", "PRICE": None, "NEW": None}]
    store(lake, "bulk/2/a.parquet", [*rows, rows[0]])

    def export(mode: str) -> list[str]:
        return text(Export(plan("ITEMS", mode), ITEMS, lake, catalog))

    assert export("BULK") == ["a,1.0,", '"b ""x"", y",2.0,', "a,1.5,false", "c,,"]
    assert export("PUT") == ["a,9.5,true", "c,3.0,true"]
    # Of each id the newest: what was put for c is older than its import.
    assert sorted(export("ALL")) == ['"b ""x"", y",2.0,', "a,9.5,true", "c,,"]


@pytest.mark.parametrize("spell", [str, str.lower])
def test_export_of_interactions_joins_imports_and_events(spell: Any, lake: LakeBucket, catalog: Any) -> None:
    bulk = {"USER_ID": "u", "ITEM_ID": "a", "TIMESTAMP": 1, "EVENT_TYPE": "view", "DEVICE": None}
    store(lake, "bulk/1/a.parquet", [bulk, bulk])
    event = {
        "eventId": "1",
        "userId": "u",
        "sessionId": "s",
        "itemId": "b",
        "eventType": "buy",
        "sentAt": 2,
        "properties": '{"DEVICE": "tv"}',
    }
    same = {**event, "eventId": "2", "itemId": "a", "eventType": "view", "sentAt": 1, "properties": "{}"}
    events = [event, event, same, {**event, "eventId": "3", "userId": None}]
    store(lake, "events/x.parquet", [{spell(name): value for name, value in one.items()} for one in events])

    def export(mode: str) -> list[str]:
        return text(Export(plan("INTERACTIONS", mode), EVENTS, lake, catalog))

    assert export("BULK") == ["u,a,1,view,"]
    assert export("PUT") == ["u,b,2,buy,tv", "u,a,1,view,"]
    assert export("ALL") == ["u,a,1,view,", "u,b,2,buy,tv"]


def test_event_id_is_one_users_own_and_the_first_event_counts(lake: LakeBucket, catalog: Any) -> None:
    event = {"eventId": "1", "sessionId": "s", "eventType": "buy", "itemId": "b", "properties": "{}"}
    events = [
        {**event, "userId": "u", "sentAt": 2},
        {**event, "userId": "v", "sentAt": 3},
        {**event, "userId": "u", "sentAt": 4},
    ]
    store(lake, "events/x.parquet", events)
    rows = text(Export(plan("INTERACTIONS", "PUT"), EVENTS, lake, catalog))
    assert rows == ["u,b,2,buy,", "v,b,3,buy,"]
