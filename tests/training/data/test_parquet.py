"""Columns of streamed events in the files of the lake, in both spellings."""

from pathlib import Path

import pytest

from tests.training import lake
from training.data import parquet
from training.errors import BadDataError


@pytest.mark.parametrize("spelling", ["Firehose's", "others'"])
def test_streamed_events_are_read_in_both_spellings(tmp_path: Path, spelling: str) -> None:
    event = {
        "eventId": "1",
        "itemId": "i1",
        "userId": "u1",
        "sessionId": "s1",
        "sentAt": 7,
        "eventType": "buy",
    }
    table = lake.streamed([event])
    if spelling == "others'":
        members = {name.lower(): name for name in parquet.STREAMED}
        table = table.rename_columns([members.get(name, name) for name in table.column_names])
    prefix = lake.put(tmp_path, "events/", table)
    read = parquet.read(tmp_path, [prefix], parquet.STREAMED, "streamed events", events=True)
    (row,) = read.to_pylist()
    assert row == {**event, "eventValue": None, "properties": None}


def test_file_without_a_column_that_all_event_files_have_fails(tmp_path: Path) -> None:
    table = lake.streamed([{"itemId": "i1"}]).drop_columns(["userid"])
    prefix = lake.put(tmp_path, "events/", table)
    with pytest.raises(
        BadDataError, match=r"part-00000\.parquet of streamed events lacks the columns userId"
    ):
        parquet.read(tmp_path, [prefix], parquet.STREAMED, "streamed events", events=True)
