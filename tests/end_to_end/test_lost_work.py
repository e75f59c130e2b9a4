"""Reconciliation starts work that was lost, and records the end of work that is over."""

import json
from typing import Any

import pytest

from tests.end_to_end import shop
from tests.end_to_end.store import Store, until


@pytest.fixture(scope="module")
def store(endpoint: str) -> Store:
    store = Store(endpoint, "lost-work")
    store.load("Interactions", shop.interactions_csv())
    return store


def pending(store: Store, job: str, created_at: str | None = None) -> None:
    """Put the record of a job into the table as it was long ago, before its work began.

    The name of an execution contains the time of creation, so a record with another time has no execution.
    """
    dynamodb = store.client("dynamodb")
    for table in dynamodb.list_tables()["TableNames"]:
        keys = [
            key["AttributeName"] for key in dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]
        ]
        if keys != ["arn"]:
            continue
        item = dynamodb.get_item(TableName=table, Key={"arn": {"S": job}})["Item"]
        body = {**json.loads(item["body"]["S"]), "status": "CREATE PENDING", "lastUpdatedDateTime": 1.0}
        item |= {"body": {"S": json.dumps(body)}, "moving": {"S": "yes"}}
        if created_at:
            item["createdAt"] = {"S": created_at}
        dynamodb.put_item(TableName=table, Item=item)


def look(store: Store) -> dict[str, int]:
    """Do what the schedule does every quarter of an hour."""
    functions = store.client("lambda")
    (control,) = [
        name
        for name in (one["FunctionName"] for one in functions.list_functions()["Functions"])
        if name.endswith("-control")
    ]
    answer = functions.invoke(FunctionName=control, Payload=json.dumps({"action": "reconcile"}).encode())
    assert "FunctionError" not in answer
    done: dict[str, int] = json.loads(answer["Payload"].read())
    return done


def test_reconciliation_starts_lost_work_and_settles_ended_work(store: Store) -> None:
    jobs = store.personalize.list_dataset_import_jobs(datasetArn=store.datasets["Interactions"])
    job = jobs["datasetImportJobs"][0]["datasetImportJobArn"]

    def describe() -> dict[str, Any]:
        found: dict[str, Any] = store.personalize.describe_dataset_import_job(datasetImportJobArn=job)
        return found["datasetImportJob"]  # type: ignore[no-any-return]

    pending(store, job, "2026-01-01T00:00:00.000001+00:00")
    assert look(store)["started"] == 1
    assert until(describe, "ACTIVE")["status"] == "ACTIVE"
    pending(store, job)  # its execution is over
    assert look(store)["settled"] == 1

    def settled_record() -> dict[str, Any]:
        status = describe()
        return {**status, "status": "settled"} if "failureReason" in status else status

    assert "Start the state machine again" in until(settled_record, "settled")["failureReason"]
