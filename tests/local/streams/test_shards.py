"""Readers get the records of a shard after a number, and wake when one arrives."""

import threading

import pytest

from local.streams.shards import Streams
from tests.local.conftest import unique


@pytest.fixture
def own(local):
    """A new stream: its ARN, and a function that puts a record into it."""
    kinesis, name = local.client("kinesis"), unique("own")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    return arn, lambda data: kinesis.put_record(StreamName=name, Data=data, PartitionKey="k")


def test_records_after_a_number_come_in_order_and_up_to_the_limit(local, own) -> None:
    arn, put = own
    streams = Streams(local.account)
    (shard,) = streams.shards(arn)
    assert streams.exists(arn) and streams.newest(arn, shard) == 0 and not streams.read(arn, shard, 0, 9)
    for number in range(3):
        put(f"{number}")
    assert [record.number for record in streams.read(arn, shard, 1, 9)] == [2, 3]
    assert [record.number for record in streams.read(arn, shard, 0, 2)] == [1, 2]
    assert streams.newest(arn, shard) == 3


def test_reader_wakes_when_a_record_arrives(local, own) -> None:
    arn, put = own
    streams = Streams(local.account)
    (shard,) = streams.shards(arn)
    assert not streams.wait(arn, shard, 0, seconds=0.01)
    found: list[bool] = []
    reader = threading.Thread(target=lambda: found.append(streams.wait(arn, shard, 0, seconds=60)))
    reader.start()
    put("x")
    streams.notify(arn.rsplit("/", 1)[-1])
    reader.join()
    assert found == [True]
