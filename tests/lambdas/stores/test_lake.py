import itertools

import pytest

from lambdas.stores.lake import LakeBucket
from tests.lambdas.aws import LAKE


@pytest.fixture
def lake(lake_client):
    return LakeBucket(lake_client, LAKE)


def test_objects_are_written_listed_and_read(lake):
    lake.write("groups/films/b.json", "größe")
    lake.write("groups/films/a.json", "{}")
    lake.write("groups/films-2/c.json", "{}")
    found = list(lake.objects("groups/films/"))
    assert [key for key, _ in found] == ["groups/films/a.json", "groups/films/b.json"]
    assert all(written > 1.6e9 for _, written in found)
    assert lake.read("groups/films/b.json") == "größe"
    assert lake.uri("groups/x") == "s3://lake/groups/x"


def test_read_of_missing_object_raises_lookup_error(lake):
    with pytest.raises(LookupError, match="s3://lake/nothing"):
        lake.read("nothing")


def test_purge_deletes_only_its_prefix(lake):
    for key in ("groups/films/a", "groups/films/b/c", "groups/films-2/a"):
        lake.write(key, "")
    assert lake.purge("groups/films/", until=1.0, clock=lambda: 0.0)
    assert [key for key, _ in lake.objects("")] == ["groups/films-2/a"]


def test_purge_stops_at_its_deadline_and_continues_later(lake, monkeypatch):
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")
    for number in range(11):  # one more than a page
        lake.write(f"groups/films/{number:04d}", "")
    ticks = itertools.count()
    assert not lake.purge("groups/films/", until=0.0, clock=lambda: float(next(ticks)))
    assert len(list(lake.objects(""))) == 1
    assert lake.purge("groups/films/", until=9.0, clock=lambda: 0.0)
    assert list(lake.objects("")) == []


def test_create_leaves_existing_object(lake):
    assert lake.create("groups/films/batch.json", "mine")
    assert not lake.create("groups/films/batch.json", "theirs")
    assert lake.read("groups/films/batch.json") == "mine"


def test_objects_can_start_after_a_key(lake):
    for day in ("10", "11", "12"):
        lake.write(f"events/2026/11/{day}/a.parquet", "")
    found = [key for key, _ in lake.objects("events/", after="events/2026/11/11/")]
    assert found == ["events/2026/11/11/a.parquet", "events/2026/11/12/a.parquet"]
