"""The small files of a day become one, whatever ends the run and whoever rewrites a file meanwhile."""

from __future__ import annotations

import io
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lambdas.deletion.compaction import ATTEMPTS, Compaction
from lambdas.deletion.lake_files import delete_event_rows
from lambdas.steps.purging import Tables, purge
from lambdas.stores import parquet
from lambdas.stores.lake import LakeBucket
from tastemaker.contracts.compaction import (
    AGE_DAYS,
    KEPT_DAYS,
    SOURCE_COLUMN,
    SOURCES,
    newest,
    source_times,
)
from tastemaker.contracts.plans import DeletePlan
from tastemaker.failures import WorkFailedError
from tests.lambdas.aws import LAKE
from training.data import parquet as training_data

EVENTS = "groups/films/events/"


def day(ago: int) -> str:
    return f"{EVENTS}{datetime.now(UTC) - timedelta(days=ago):%Y/%m/%d}/"


OLD = day(AGE_DAYS + 2)


class Killed(BaseException):
    """Ends a run at once, as the end of a process does."""


class Lake(LakeBucket):
    """A lake that calls `before` and `after` around each of its writes, with their number."""

    def __init__(self, client: Any) -> None:
        super().__init__(client, LAKE)
        self.writes = 0
        self.before: Callable[[int], None] = lambda _: None
        self.after: Callable[[int], None] = lambda _: None

    def replace(self, key: str, path: Path, *, etag: str | None, metadata: Mapping[str, str]) -> None:
        self._count(lambda: super(Lake, self).replace(key, path, etag=etag, metadata=metadata))

    def delete(self, objects: list[dict[str, str]]) -> None:
        for one in objects:  # S3 deletes one after the other
            self._count(lambda one=one: super(Lake, self).delete([one]))  # type: ignore[misc]

    def _count(self, write: Callable[[], None]) -> None:
        self.writes += 1
        self.before(self.writes)
        write()
        self.after(self.writes)


@pytest.fixture
def lake(lake_client: Any) -> Lake:
    lake_client.put_bucket_versioning(Bucket=LAKE, VersioningConfiguration={"Status": "Enabled"})
    return Lake(lake_client)


def store(lake: LakeBucket, key: str, *users: str, **more: Any) -> None:
    """A file with an event of each user."""
    rows = [
        {"eventid": f"{key}-{n}", "userid": user, "sessionid": "s", **more} for n, user in enumerate(users)
    ]
    rest = {"itemid": "dune", "eventtype": "view", "sentat": 1}
    data = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([{**row, **rest} for row in rows]), data)
    lake.client.put_object(Bucket=LAKE, Key=key, Body=data.getvalue())


def fill(lake: LakeBucket) -> None:
    store(lake, f"{OLD}a.parquet", "ann", "bob")
    store(lake, f"{OLD}b.parquet", "ann")
    store(lake, f"{OLD}c.parquet", "cleo", properties='{"x": 1}')


def users(lake: LakeBucket, read: tuple[str, ...] = ()) -> Counter[str]:
    """How many events of each user a reader finds."""
    keys = parquet.event_keys(lake, EVENTS)
    return Counter(user for key in keys for (user,) in parquet.event_rows(lake, key, ["userId"], read=read))


def compact(lake: LakeBucket, *, later: float = 0.0) -> dict[str, int]:
    """A run, so many days from now."""
    return Compaction(lake, lambda: time.time() + later * 86_400).run(lambda: 900.0)


ALL = Counter(ann=2, bob=1, cleo=1)


def test_files_of_an_old_day_become_one_and_are_deleted_later(lake: Lake) -> None:
    fill(lake)
    assert compact(lake) == {"compacted": 3, "deleted": 0}
    assert parquet.event_keys(lake, EVENTS) == [f"{OLD}compacted.parquet"]
    assert users(lake) == ALL and len(parquet.keys(lake, EVENTS)) == 4
    assert compact(lake, later=KEPT_DAYS - 1) == {"compacted": 0, "deleted": 0}
    assert compact(lake, later=KEPT_DAYS + 1) == {"compacted": 0, "deleted": 3}
    assert parquet.keys(lake, EVENTS) == [f"{OLD}compacted.parquet"] and users(lake) == ALL


def test_compacted_file_has_its_sources_and_all_columns(lake: Lake) -> None:
    fill(lake)
    compact(lake)
    with parquet.opened(lake, f"{OLD}compacted.parquet") as file:
        table = file.read()
    assert set(json.loads(table.schema.metadata[SOURCES])) == {f"{OLD}{name}.parquet" for name in "abc"}
    properties = {row[SOURCE_COLUMN][-9:]: row["properties"] for row in table.to_pylist()}
    assert properties == {"a.parquet": None, "b.parquet": None, "c.parquet": '{"x": 1}'}


def test_reader_of_new_files_leaves_out_what_it_has_read(lake: Lake) -> None:
    fill(lake)
    compact(lake)
    assert users(lake, (f"{OLD}a.parquet",)) == Counter(ann=1, cleo=1)


def test_new_days_single_files_and_other_groups_are_independent(lake: Lake) -> None:
    for name in "ab":
        store(lake, f"{day(AGE_DAYS - 1)}{name}.parquet", "ann")
        store(lake, f"groups/shoes/actions/2026/01/02/{name}.parquet", "ann")
    store(lake, f"{OLD}a.parquet", "bob")
    assert compact(lake) == {"compacted": 2, "deleted": 0}
    assert parquet.event_keys(lake, "groups/shoes/actions/") == [
        "groups/shoes/actions/2026/01/02/compacted.parquet"
    ]
    assert len(parquet.event_keys(lake, EVENTS)) == 3


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("write", range(1, 5))
def test_run_that_is_killed_loses_and_repeats_nothing(lake: Lake, write: int, moment: str) -> None:
    def kill(number: int) -> None:
        if number == write:
            raise Killed

    fill(lake)
    setattr(lake, moment, kill)
    killed = False
    for later in (0, 0, KEPT_DAYS + 1, KEPT_DAYS + 1):
        try:
            compact(lake, later=later)
        except Killed:
            killed = True
        assert users(lake) == ALL
    assert killed and parquet.keys(lake, EVENTS) == [f"{OLD}compacted.parquet"]


def delete_ann(lake: LakeBucket, key: str) -> None:
    delete_event_rows(LakeBucket(lake.client, LAKE), key, ["ann"], [], lambda _: None)


def test_users_who_are_deleted_while_a_day_is_compacted_do_not_come_back(lake: Lake) -> None:
    def delete(number: int) -> None:
        if number == 1:  # the sources were read, and the compacted file was not written
            for name in "ab":
                delete_ann(lake, f"{OLD}{name}.parquet")

    fill(lake)
    lake.before = delete
    compact(lake)
    assert users(lake) == Counter(bob=1, cleo=1)


def test_run_that_is_killed_before_it_compares_is_corrected_by_the_next(lake: Lake) -> None:
    def delete_and_kill(number: int) -> None:
        if number == 1:
            delete_ann(lake, f"{OLD}a.parquet")
            delete_ann(lake, f"{OLD}b.parquet")

    def kill(number: int) -> None:
        raise Killed

    fill(lake)
    lake.before, lake.after = delete_and_kill, kill
    with pytest.raises(Killed):
        compact(lake)
    assert users(lake) == ALL
    lake.after = lambda _: None
    assert compact(lake) == {"compacted": 3, "deleted": 0}
    assert users(lake) == Counter(bob=1, cleo=1)


def test_source_that_changes_all_the_time_leaves_the_day_as_it_is(lake: Lake) -> None:
    def change(number: int) -> None:
        store(lake, f"{OLD}b.parquet", *["ann"] * (number + 1))

    fill(lake)
    lake.before = change
    with pytest.raises(WorkFailedError, match="change; the next run"):
        compact(lake)
    assert f"{OLD}compacted.parquet" not in parquet.keys(lake, EVENTS)


def test_file_that_comes_after_the_sources_were_deleted_is_added(lake: Lake) -> None:
    fill(lake)
    compact(lake)
    compact(lake, later=KEPT_DAYS + 1)
    store(lake, f"{OLD}late.parquet", "dan")
    assert compact(lake) == {"compacted": 1, "deleted": 0}
    assert users(lake) == ALL + Counter(dan=1)
    compact(lake, later=KEPT_DAYS + 1)
    assert parquet.keys(lake, EVENTS) == [f"{OLD}compacted.parquet"]


def with_only_copies(lake: Lake) -> None:
    """A day whose sources were deleted, and a late file."""
    fill(lake)
    compact(lake)
    compact(lake, later=KEPT_DAYS + 1)
    store(lake, f"{OLD}late.parquet", "dan")
    lake.writes = 0


@pytest.mark.parametrize("changes", range(1, ATTEMPTS + 1))
def test_late_file_that_changes_meanwhile_loses_and_repeats_nothing(lake: Lake, changes: int) -> None:
    def change(number: int) -> None:
        if number <= changes:
            store(lake, f"{OLD}late.parquet", *["dan"] * (number + 1))

    with_only_copies(lake)
    lake.before = change
    if changes == ATTEMPTS:
        with pytest.raises(WorkFailedError, match="change; the next run"):
            compact(lake)
        assert users(lake) == ALL + Counter(dan=changes)
    compact(lake)
    assert users(lake) == ALL + Counter(dan=changes + 1)
    compact(lake)
    assert parquet.keys(lake, EVENTS) == [f"{OLD}compacted.parquet"]
    assert users(lake) == ALL + Counter(dan=changes + 1)


def test_late_file_that_changes_after_a_killed_run_is_read_again(lake: Lake) -> None:
    def kill(number: int) -> None:
        raise Killed

    with_only_copies(lake)
    lake.after = kill
    with pytest.raises(Killed):
        compact(lake)
    lake.after = lambda _: None
    store(lake, f"{OLD}late.parquet", "eve")
    assert compact(lake) == {"compacted": 1, "deleted": 0}
    assert users(lake) == ALL + Counter(eve=1)


def test_users_who_are_deleted_from_the_only_copy_meanwhile_do_not_come_back(lake: Lake) -> None:
    def delete(number: int) -> None:
        if number == 1:
            delete_ann(lake, f"{OLD}compacted.parquet")

    with_only_copies(lake)
    lake.before = delete
    assert compact(lake) == {"compacted": 1, "deleted": 0}
    assert users(lake) == Counter(bob=1, cleo=1, dan=1)


def test_data_deletion_does_not_undo_a_compaction_that_ends_meanwhile(lake: Lake) -> None:
    with_only_copies(lake)
    plain = LakeBucket(lake.client, LAKE)
    counts: list[int] = []

    def count(number: int) -> None:
        counts.append(number)
        if len(counts) == 1:
            compact(plain)

    delete_event_rows(plain, f"{OLD}compacted.parquet", ["ann"], [], count)
    assert users(lake) == Counter(bob=1, cleo=1, dan=1) and counts == [2, 2]


def test_deleted_dataset_with_only_copies_stays_deleted(lake: Lake) -> None:
    def purge(number: int) -> None:
        if number == 1:
            LakeBucket(lake.client, LAKE).purge(EVENTS, float("inf"))

    with_only_copies(lake)
    lake.before = purge
    assert compact(lake) == {"compacted": 0, "deleted": 0}
    assert parquet.keys(lake, EVENTS) == []


def test_events_that_arrive_after_the_deletion_of_their_dataset_are_deleted(lake: Lake) -> None:
    tables = Tables(None, "catalog", "profiles", "recommendations")
    plan: DeletePlan = {"arn": "arn", "prefixes": [EVENTS], "late": [EVENTS]}
    fill(lake)
    store(lake, "groups/films.2/events/2026/01/02/a.parquet", "ann")  # the next dataset of this name
    for _ in range(2):
        assert purge(plan, lake, tables, float("inf"), time.monotonic)
    assert parquet.keys(lake, EVENTS) == []
    store(lake, f"{day(0)}late.parquet", "bob")
    assert compact(lake) == {"compacted": 0, "deleted": 1}
    assert parquet.keys(lake, EVENTS) == [] and len(parquet.keys(lake, "groups/films.2/events/")) == 1
    assert compact(lake) == {"compacted": 0, "deleted": 0}


def written(lake: LakeBucket) -> dict[str, float]:
    return dict(lake.objects(EVENTS))


def test_compacted_file_knows_when_its_sources_were_written(lake: Lake) -> None:
    fill(lake)
    times = written(lake)
    compact(lake)
    key = f"{OLD}compacted.parquet"
    assert newest(lake.objects(EVENTS), lake.metadata) == max(times.values())
    delete_ann(lake, key)
    assert newest(lake.objects(EVENTS), lake.metadata) == max(times.values())
    with parquet.opened(lake, key) as file:
        assert source_times(key, file.schema_arrow.metadata) == times


def test_reader_leaves_out_rows_of_sources_that_were_written_before(lake: Lake) -> None:
    store(lake, f"{OLD}morning.parquet", "ann")
    time.sleep(1.1 - time.time() % 1)  # the times of objects are whole seconds
    store(lake, f"{OLD}noon.parquet", "bob")
    morning = written(lake)[f"{OLD}morning.parquet"]
    compact(lake)
    key = f"{OLD}compacted.parquet"
    assert list(parquet.event_rows(lake, key, ["userId"], since=morning)) == [("bob",)]
    assert len(list(parquet.event_rows(lake, key, ["userId"], since=morning - 1))) == 2


def test_damaged_file_stops_its_day_only(lake: Lake) -> None:
    fill(lake)
    other = day(AGE_DAYS + 3)
    store(lake, f"{other}a.parquet", "dan")
    lake.client.put_object(Bucket=LAKE, Key=f"{other}b.parquet", Body=b"PAR1")
    with pytest.raises(parquet.DamagedFileError, match=r"b\.parquet cannot be read"):
        compact(lake)
    assert parquet.event_keys(lake, OLD) == [f"{OLD}compacted.parquet"]
    assert len(parquet.event_keys(lake, other)) == 2


def test_run_ends_in_time(lake: Lake) -> None:
    fill(lake)
    assert Compaction(lake).run(lambda: 30.0) == {"compacted": 0, "deleted": 0}


def test_dataset_that_is_deleted_meanwhile_stays_deleted(lake: Lake) -> None:
    def purge(number: int) -> None:
        if number == 1:
            LakeBucket(lake.client, LAKE).purge(EVENTS, float("inf"))

    fill(lake)
    lake.before = purge
    assert compact(lake) == {"compacted": 0, "deleted": 0}
    assert parquet.keys(lake, EVENTS) == []


def test_training_reads_a_compacted_file_as_the_files_that_it_was_made_of(lake: Lake, tmp_path: Path) -> None:
    def trained(keys: list[str]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for number, key in enumerate(keys):
            path = tmp_path / f"{number}.parquet"
            lake.download(key, path)
            for table in training_data.read_file(path, training_data.STREAMED, "events", events=True):
                rows += table.to_pylist()
        return rows

    fill(lake)
    before = trained(parquet.event_keys(lake, EVENTS))
    compact(lake)
    assert trained(parquet.event_keys(lake, EVENTS)) == before and len(before) == 4
