"""Files of streamed events are read by the members of an event."""

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lambdas.stores import parquet
from lambdas.stores.lake import LakeBucket
from tastemaker.contracts.streamed_event import MissingColumnError
from tests.lambdas.aws import LAKE

KEY = "groups/films/events/a.parquet"


@pytest.fixture
def lake(lake_client: Any) -> LakeBucket:
    return LakeBucket(lake_client, LAKE)


def store(lake: LakeBucket, columns: dict[str, list[Any]]) -> None:
    data = io.BytesIO()
    pq.write_table(pa.table(columns), data)
    lake.client.put_object(Bucket=LAKE, Key=KEY, Body=data.getvalue())


@pytest.mark.parametrize("spell", [str, str.lower])
def test_event_rows_have_the_members_in_order(spell: Any, lake: LakeBucket) -> None:
    store(lake, {spell("eventType"): ["view", "buy"], spell("userId"): ["ann", "bob"]})
    members = ["userId", "impression", "eventType"]
    assert list(parquet.event_rows(lake, KEY, members)) == [("ann", None, "view"), ("bob", None, "buy")]
    assert list(parquet.event_rows(lake, KEY, ["eventType", "userId"], ["buy"])) == [("buy", "bob")]


def test_event_rows_refuse_a_file_without_a_column_that_all_have(lake: LakeBucket) -> None:
    store(lake, {"user": ["ann"]})
    with pytest.raises(MissingColumnError, match=rf"{KEY} .* lacks the columns userId"):
        list(parquet.event_rows(lake, KEY, ["userId"]))
