"""The file format: whatever is cut off or damaged, every complete entry comes back, or an error says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.state.journal import DamagedError, Journal, decode, encode, read, write

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
ENTRIES = st.lists(st.dictionaries(st.text(), JSON, max_size=3), max_size=6)


@given(ENTRIES, st.data())
def test_journal_that_ends_anywhere_has_all_entries_that_were_written_completely(entries, data):
    lines = [encode(entry) for entry in entries]
    end = data.draw(st.integers(0, sum(map(len, lines))))
    complete, length = 0, 0
    for line in lines:
        if length + len(line) > end:
            break
        complete, length = complete + 1, length + len(line)
    assert decode(b"".join(lines)[:end]) == (entries[:complete], length)


@given(ENTRIES.filter(len), st.data())
def test_changed_byte_is_found(entries, data):
    whole = b"".join(encode(entry) for entry in entries)
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
    try:
        found, _ = decode(damaged)
    except DamagedError:
        return
    assert len(found) < len(entries)
    assert found == entries[: len(found)]


def test_damaged_line_before_the_end_is_an_error_that_names_it():
    first, second, third = encode({"a": 1}), encode({"b": 2}), encode({"c": 3})
    with pytest.raises(DamagedError, match=r"line 2 of run.jsonl is damaged.*snapshot"):
        decode(first + second.replace(b"2", b"3") + third, name="run.jsonl")


def test_reading_cuts_off_an_incomplete_line_so_that_the_next_entry_follows_a_complete_one(tmp_path):
    file = tmp_path / "journal"
    file.write_bytes(encode({"a": 1}) + encode({"b": 2})[:-4])
    assert read(file) == [{"a": 1}]
    journal = Journal(file)
    journal.append({"c": 3}, {"d": 4})
    journal.close()
    assert read(file) == [{"a": 1}, {"c": 3}, {"d": 4}]


def test_journal_that_was_closed_writes_nothing(tmp_path):
    journal = Journal(tmp_path / "journal")
    journal.close()
    with pytest.raises(OSError, match="The journal is closed"):
        journal.append({"a": 1})
    assert read(tmp_path / "journal") == []


def test_written_journal_replaces_the_old_one_and_is_for_the_owner_only(tmp_path):
    file = tmp_path / "journal"
    write(file, [{"a": 1}])
    write(file, [{"b": 2}])
    assert read(file) == [{"b": 2}]
    assert file.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in tmp_path.iterdir()] == ["journal"]


def test_missing_journal_has_no_entries(tmp_path):
    assert read(tmp_path / "journal") == []
