"""Stage `lite`: events reach profiles, training, exports and deletions without a stream."""

from __future__ import annotations

import os
import time
import urllib.request
from collections.abc import Iterator

import pytest

from local import Local
from tests.end_to_end import shop
from tests.end_to_end.conftest import CREDENTIALS
from tests.end_to_end.store import Store
from tests.end_to_end.test_export_and_deletion import export

NEW_ITEM, VISITOR = "new-item", "visitor-1"
VIEWERS, EVENTS = 80, 3
"""Users, more than any imported item has, and events of each."""


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    os.environ.update(CREDENTIALS)
    with Local(stage="lite") as run:
        yield Store(run.endpoint, "direct")


def flush(store: Store) -> None:
    """Let Firehose deliver what it has."""
    request = urllib.request.Request(f"{store.endpoint}/_local/flush", method="POST")
    urllib.request.urlopen(request, timeout=60).close()


def test_events_without_a_stream_count_at_once_in_training_in_exports_and_in_deletions(store: Store) -> None:
    assert store.client("kinesis").list_streams()["StreamNames"] == []
    dataset = store.load("Interactions", shop.interactions_csv())
    now = int(time.time())
    views = [{"eventType": "view", "itemId": NEW_ITEM, "sentAt": now - 60 * n} for n in range(EVENTS)]
    for number in range(VIEWERS):
        store.send(f"session-{number}", *views, user=f"viewer-{number}")
    flush(store)
    campaign = store.deploy("popular", store.train("aws-popularity-count"))
    bought = store.personalize.create_filter(
        name="bought",
        datasetGroupArn=store.group,
        filterExpression='EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("purchase")',
    )["filterArn"]
    store.wait("filter", "filter", bought)
    runtime = store.client("personalize-runtime")

    def first() -> str:
        found = runtime.get_recommendations(campaignArn=campaign, userId=VISITOR, filterArn=bought)
        return str(found["itemList"][0]["itemId"])

    assert first() == NEW_ITEM  # which only events name
    store.send("session", {"eventType": "purchase", "itemId": NEW_ITEM}, user=VISITOR)
    assert first() != NEW_ITEM

    flush(store)
    rows = export(store, "streamed", "Interactions", "PUT")
    assert len(rows) == VIEWERS * EVENTS + 1
    assert [row["EVENT_TYPE"] for row in rows if row["USER_ID"] == VISITOR] == ["purchase"]
    job = store.personalize.create_data_deletion_job(
        jobName="visitor",
        datasetGroupArn=store.group,
        dataSource={"dataLocation": store.put("gone/users.csv", f"USER_ID\n{VISITOR}\n")},
        roleArn=store.role,
    )["dataDeletionJobArn"]
    done = store.wait("data_deletion_job", "dataDeletionJob", job, "COMPLETED")
    assert done["numDeleted"] == 2  # in the lake and in the profile
    assert VISITOR not in {row["USER_ID"] for row in export(store, "left", "Interactions", "PUT")}
    assert store.personalize.describe_dataset(datasetArn=dataset)["dataset"]["status"] == "ACTIVE"
