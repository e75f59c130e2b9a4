"""What a journal amounts to, compared with a model that keeps everything."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from local.state import saved
from local.state.saved import SavedState

NAMES = st.sampled_from(["a", "b"])
NUMBERS = st.integers(1, 6)


def item(table: str, key: str, value: int | None) -> dict[str, Any]:
    attributes = None if value is None else {"id": {"S": key}, "n": {"N": str(value)}}
    return {"type": "item", "table": table, "key": {"id": {"S": key}}, "item": attributes}


def record(stream: str, number: int) -> dict[str, Any]:
    return {"type": "record", "stream": stream, "shard": "s", "number": number, "data": str(number)}


def position(reader: str, stream: str, number: int) -> dict[str, Any]:
    return {"type": "position", "reader": reader, "stream": stream, "shard": "s", "number": number}


ENTRIES = st.lists(
    st.builds(item, NAMES, NAMES, st.none() | NUMBERS)
    | st.builds(lambda table: {"type": "table", "table": table, "items": []}, NAMES)
    | st.builds(
        lambda key, count: {
            "type": "versions",
            "bucket": "lake",
            "key": key,
            "versions": [{"id": str(number), "file": f"{key}{number}"} for number in range(count)],
        },
        NAMES,
        st.integers(0, 2),
    )
    | st.builds(
        lambda key, number: {
            "type": "version",
            "bucket": "lake",
            "key": key,
            "version": {"id": f"v{number}", "file": f"{key}v{number}"},
        },
        NAMES,
        NUMBERS,
    )
    | st.builds(record, NAMES, NUMBERS)
    | st.builds(position, NAMES, NAMES, NUMBERS)
    | st.builds(lambda arn: {"type": "execution", "arn": arn}, NAMES)
    | st.builds(lambda arn: {"type": "end", "arn": arn, "status": "FAILED"}, NAMES)
    | st.builds(lambda seed: {"type": "request", "seed": seed}, NUMBERS),
    max_size=30,
)


READERS = [position(reader, stream, 0) for reader in "ab" for stream in "ab"]


@given(ENTRIES, st.integers(0, 30))
def test_journal_that_was_rewritten_at_any_time_has_the_same_state(entries, at):
    entries = [*READERS, *entries]
    rewritten = [*SavedState.of(entries[:at]).entries(), *entries[at:]]
    whole = SavedState.of(entries)
    assert SavedState.of([*READERS, *rewritten]) == whole
    assert SavedState.of(whole.entries()) == whole


@given(ENTRIES)
def test_last_entry_on_an_item_counts(entries):
    model: dict[tuple[str, str], Any] = {}
    for entry in entries:
        if entry["type"] == "item":
            model[entry["table"], entry["key"]["id"]["S"]] = entry["item"]
        if entry["type"] == "table":
            model = {place: one for place, one in model.items() if place[0] != entry["table"]}
    found = {
        (table, one["key"]["id"]["S"]): one["item"]
        for table, items in SavedState.of(entries).tables.items()
        for one in items.values()
    }
    assert found == {place: one for place, one in model.items() if one is not None}


def test_record_is_kept_until_the_last_reader_has_processed_it_and_the_newest_is_kept_for_its_number():
    records = [record("events", number) for number in (1, 2, 3, 4)]
    behind = [position("lambda", "events", 4), position("firehose", "events", 2)]
    assert list(SavedState.of([*records, *behind]).records["events", "s"]) == [3, 4]
    both = [position("lambda", "events", 4), position("firehose", "events", 4)]
    assert list(SavedState.of([*records, *both]).records["events", "s"]) == [4]
    assert list(SavedState.of(records).records["events", "s"]) == [1, 2, 3, 4]


def test_executions_that_have_ended_are_kept_up_to_a_number_and_running_ones_are_all_kept():
    count = saved.MAX_ENDED_EXECUTIONS + 5
    started = [{"type": "execution", "arn": f"e{number}"} for number in range(count)]
    ends = [{"type": "end", "arn": f"e{number}"} for number in range(1, count)]
    found = SavedState.of([*started, *ends])
    assert len(found.ends) == saved.MAX_ENDED_EXECUTIONS
    assert "e0" in found.executions
    assert "e1" not in found.executions
    assert f"e{count - 1}" in found.executions


def test_files_are_those_of_versions_that_are_left():
    def version(name: str) -> dict[str, Any]:
        return {"type": "version", "bucket": "b", "key": name, "version": {"id": "1", "file": name}}

    deleted = {"type": "versions", "bucket": "b", "key": "x", "versions": [{"id": "2", "deleted": True}]}
    assert SavedState.of([version("x"), version("y"), deleted]).files() == {"y"}
