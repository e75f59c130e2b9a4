"""Which files of events a reader takes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tastemaker.contracts.compaction import (
    LATE_DAYS,
    NEWEST_SOURCE,
    SOURCES,
    end_of_day,
    is_compacted,
    newest,
    source_times,
    visible,
)

DAY = "groups/films/events/2026/01/02/"
NEXT = "groups/films/events/2026/01/03/"
END = datetime(2026, 1, 3, tzinfo=UTC).timestamp()


def test_compacted_file_hides_the_files_of_its_day_and_is_as_old_as_the_day() -> None:
    objects = [(f"{DAY}a.parquet", 1.0), (f"{DAY}compacted.parquet", 9e9), (f"{NEXT}a.parquet", 2.0)]
    assert list(visible(objects)) == [(f"{DAY}compacted.parquet", END), (f"{NEXT}a.parquet", 2.0)]


def test_files_of_days_without_a_compacted_file_are_all_visible() -> None:
    objects = [(f"{DAY}a.parquet", 1.0), (f"{DAY}b.parquet", 2.0)]
    assert list(visible(objects)) == objects


def test_only_a_day_of_events_has_a_compacted_file() -> None:
    """An import job may have any name."""
    key = "groups/films/datasets/ITEMS/job/compacted.parquet"
    assert not is_compacted(key) and is_compacted(f"{DAY}compacted.parquet")
    assert list(visible([(key, 1.0), (f"{key[:-8]}-2.parquet", 2.0)])) == [
        (key, 1.0),
        (f"{key[:-8]}-2.parquet", 2.0),
    ]


def test_end_of_a_day_needs_the_folder_of_a_day() -> None:
    assert end_of_day(f"{DAY}a.parquet") == END
    with pytest.raises(ValueError, match="not in the folder of a day"):
        end_of_day("groups/films/events/a.parquet")


def test_newest_events_of_a_compacted_day_are_those_of_its_newest_source() -> None:
    """Otherwise a day would count as new events when it is compacted, and start a training."""
    morning = END - 50_000.0
    compacted = [(f"{DAY}a.parquet", 9e9), (f"{DAY}compacted.parquet", 9e9)]
    assert newest(compacted, lambda _: {NEWEST_SOURCE: str(morning)}) == morning
    assert newest(compacted, lambda _: {}) == END
    assert newest([], lambda _: {}) == 0.0


def test_metadata_are_read_only_of_days_that_can_be_the_newest() -> None:
    read: list[str] = []

    def metadata(key: str) -> dict[str, str]:
        read.append(key)
        return {NEWEST_SOURCE: str(end_of_day(key) - 1.0)}

    days = [(f"groups/films/events/2026/01/{day:02}/compacted.parquet", 9e9) for day in range(1, 29)]
    recent = end_of_day(days[-1][0]) + (LATE_DAYS - 1.5) * 86_400
    assert newest([*days, ("groups/films/events/2026/01/29/a.parquet", recent)], metadata) == recent
    assert read == [days[-1][0], days[-2][0]][: len(read)] and len(read) == 2


def test_sources_without_times_are_as_old_as_their_day() -> None:
    metadata = {SOURCES: b'{"a": "1"}'}
    assert source_times(f"{DAY}compacted.parquet", metadata) == {"a": END}
