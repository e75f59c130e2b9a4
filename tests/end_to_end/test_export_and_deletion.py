"""A dataset is exported as CSV, and a deletion removes a user from every file and every table."""

import csv
import io
import re
import time

import pyarrow.parquet as pq
import pytest

from tests.end_to_end import shop
from tests.end_to_end.store import Store

GONE = "customer-7"
USERS = "USER_ID,AGE\n" + "".join(f"customer-{number},{20 + number}\n" for number in range(10))


@pytest.fixture(scope="module")
def store(endpoint: str) -> Store:
    store = Store(endpoint, "export-and-deletion")
    store.load_shop()
    store.load("Users", USERS)
    return store


def export(store: Store, name: str, kind: str, mode: str) -> list[dict[str, str]]:
    arn = store.personalize.create_dataset_export_job(
        jobName=name,
        datasetArn=store.datasets[kind],
        ingestionMode=mode,
        roleArn=store.role,
        jobOutput={"s3DataDestination": {"path": f"s3://{store.bucket}/exports/"}},
    )["datasetExportJobArn"]
    assert store.wait("dataset_export_job", "datasetExportJob", arn)["ingestionMode"] == mode
    return list(csv.DictReader(io.StringIO(store.text(f"exports/{name}.csv"))))


def rows(text: str) -> list[tuple[str, ...]]:
    return sorted({tuple(row.values()) for row in csv.DictReader(io.StringIO(text))})


def test_export_has_the_imported_rows(store: Store) -> None:
    found = export(store, "bulk", "Interactions", "BULK")
    assert sorted(tuple(row.values()) for row in found) == rows(shop.interactions_csv())


def test_export_has_the_upsert_in_place_of_the_imported_row(store: Store) -> None:
    events = store.client("personalize-events")
    events.put_users(
        datasetArn=store.datasets["Users"], users=[{"userId": "customer-1", "properties": '{"age": 99}'}]
    )
    ages = {row["USER_ID"]: row["AGE"] for row in export(store, "all", "Users", "ALL")}
    assert ages == {f"customer-{number}": str(20 + number) for number in range(10)} | {"customer-1": "99"}
    assert export(store, "put", "Users", "PUT") == [{"USER_ID": "customer-1", "AGE": "99"}]


def files_that_name(store: Store, user: str) -> list[str]:
    """Objects of the lake except models, in any version, and tables that contain a user's ID."""
    found = []
    (lake,) = [b["Name"] for b in store.s3.list_buckets()["Buckets"] if holds_groups(store, b["Name"])]
    pages = store.s3.get_paginator("list_object_versions").paginate(
        Bucket=lake, Prefix=f"groups/{store.name}."
    )
    for version in (version for page in pages for version in page.get("Versions", ())):
        key = version["Key"]
        where = {"Bucket": lake, "Key": key, "VersionId": version["VersionId"]}
        data = store.s3.get_object(**where)["Body"].read()
        if key.endswith(".parquet"):
            data = repr(pq.read_table(io.BytesIO(data)).to_pylist()).encode()
        if f"'{user}'".encode() in data or f'"{user}"'.encode() in data:
            found.append(key)
    dynamodb = store.client("dynamodb")
    for table in dynamodb.list_tables()["TableNames"]:
        pages = dynamodb.get_paginator("scan").paginate(TableName=table)
        items = [item for page in pages for item in page["Items"]]
        named = re.compile(rf"'({store.name}[./\\w]*#)?{user}'")
        found += [table for item in items if named.search(repr(item))]
    return found


def holds_groups(store: Store, bucket: str) -> bool:
    return "Contents" in store.s3.list_objects_v2(Bucket=bucket, Prefix="groups/", MaxKeys=1)


def test_deletion_removes_every_trace_of_a_user(store: Store) -> None:
    events = store.client("personalize-events")
    tracker = store.personalize.create_event_tracker(
        name=f"{store.name}-tracker", datasetGroupArn=store.group
    )
    events.put_events(
        trackingId=tracker["trackingId"],
        userId=GONE,
        sessionId="session-of-7",
        eventList=[{"sentAt": time.time(), "eventType": "purchase", "itemId": "tea-01"}],
    )
    events.put_users(datasetArn=store.datasets["Users"], users=[{"userId": GONE, "properties": "{}"}])
    wanted = {"INTERACTIONS", "USERS", "events"}
    deadline = time.time() + 120
    while time.time() < deadline:  # until the event is in the profile and in the lake
        named = files_that_name(store, GONE)
        if sum("/" not in name for name in named) >= 2 and all(any(w in n for n in named) for w in wanted):
            break
        time.sleep(0.5)
    arn = store.personalize.create_data_deletion_job(
        jobName="forget-7",
        datasetGroupArn=store.group,
        dataSource={"dataLocation": store.put("gone/users.csv", f"USER_ID\n{GONE}\n")},
        roleArn=store.role,
    )["dataDeletionJobArn"]
    done = store.wait("data_deletion_job", "dataDeletionJob", arn, "COMPLETED")
    # Purchases, a user, an event in the lake and in the profile, and the user that was put.
    assert done["numDeleted"] == shop.PURCHASES + 4
    assert files_that_name(store, GONE) == []
    left = {row["USER_ID"] for row in export(store, "after", "Interactions", "BULK")}
    assert GONE not in left and len(left) == shop.CUSTOMERS - 1
