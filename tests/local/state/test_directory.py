"""The directory of a state: who may use it, and what it refuses."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest

from local.state.directory import FORMAT, Description, StateDirectory, StateError
from local.state.journal import encode

WANTED = Description(FORMAT, "local", "eu-west-1", "123456789012", "Tastemaker-local")


def version(name: str, file: str) -> dict[str, object]:
    return {"type": "version", "bucket": "b", "key": name, "version": {"id": "1", "file": file}}


def test_second_run_on_a_directory_is_refused_until_the_first_one_ends(tmp_path):
    first = StateDirectory(tmp_path / "state", WANTED)
    with pytest.raises(StateError, match=rf"another local run uses .*state \(process {os.getpid()}\)"):
        StateDirectory(tmp_path / "state", WANTED)
    first.close()
    StateDirectory(tmp_path / "state", WANTED).close()


def test_directory_is_for_its_owner_only(tmp_path):
    StateDirectory(tmp_path / "state", WANTED).close()
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "state" / "journal.jsonl").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("number, words", [(FORMAT + 1, "a newer version"), (FORMAT - 1, "an older version")])
def test_state_of_another_version_is_refused_and_unchanged(tmp_path, number, words):
    file = tmp_path / "state.json"
    file.write_text(json.dumps({"format": number}))
    with pytest.raises(StateError, match=rf"{words} of Tastemaker \(format {number}; .* format {FORMAT}\)"):
        StateDirectory(tmp_path, WANTED)
    assert json.loads(file.read_text()) == {"format": number}


@pytest.mark.parametrize("name, value", [("stage", "lite"), ("region", "us-east-1"), ("stack", "Other")])
def test_state_of_another_stage_region_or_stack_is_refused(tmp_path, name, value):
    StateDirectory(tmp_path, WANTED).close()
    with pytest.raises(
        StateError, match=f"is the state of the {name} .*, and this run has the {name} '{value}'"
    ):
        StateDirectory(tmp_path, replace(WANTED, **{name: value}))


def test_description_that_is_damaged_is_refused(tmp_path):
    (tmp_path / "state.json").write_text("{")
    with pytest.raises(StateError, match="does not describe a state"):
        StateDirectory(tmp_path, WANTED)


def test_journal_without_description_is_refused(tmp_path):
    (tmp_path / "journal.jsonl").write_text("")
    with pytest.raises(StateError, match=r"has a journal and no state\.json"):
        StateDirectory(tmp_path, WANTED)


def test_damaged_journal_is_refused_with_a_remedy(tmp_path):
    StateDirectory(tmp_path, WANTED).close()
    good = encode({"type": "end", "arn": "a"})
    (tmp_path / "journal.jsonl").write_bytes(good + b"damaged\n" + good)
    with pytest.raises(StateError, match=r"line 2 of .* is damaged.*snapshot"):
        StateDirectory(tmp_path, WANTED)


def test_lock_of_a_directory_that_is_refused_is_released(tmp_path):
    StateDirectory(tmp_path, WANTED).close()
    with pytest.raises(StateError):
        StateDirectory(tmp_path, replace(WANTED, stage="lite"))
    StateDirectory(tmp_path, WANTED).close()


def test_path_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StateError, match="cannot be the directory of a state"):
        StateDirectory(tmp_path / "file", WANTED)


def test_files_of_no_object_are_removed_at_the_start_and_others_stay(tmp_path):
    directory = StateDirectory(tmp_path, WANTED)
    for name in ("used", "left"):
        (tmp_path / "objects" / name).write_bytes(b"x")
    directory.journal.append(version("a", "used"))
    directory.close()
    StateDirectory(tmp_path, WANTED).close()
    assert [found.name for found in (tmp_path / "objects").iterdir()] == ["used"]


def test_missing_file_of_an_object_is_refused(tmp_path):
    directory = StateDirectory(tmp_path, WANTED)
    directory.journal.append(version("a", "gone"))
    directory.close()
    with pytest.raises(StateError, match="lacks 1 files of objects/, such as gone"):
        StateDirectory(tmp_path, WANTED)


def test_journal_is_rewritten_at_the_start_when_most_of_it_no_longer_counts(tmp_path):
    directory = StateDirectory(tmp_path, WANTED)
    key = {"id": {"S": "a"}}
    for number in range(1500):
        item = {"id": {"S": "a"}, "n": {"N": str(number)}}
        directory.journal.append({"type": "item", "table": "t", "key": key, "item": item})
    directory.close()
    long = (tmp_path / "journal.jsonl").stat().st_size
    again = StateDirectory(tmp_path, WANTED)
    again.close()
    assert (tmp_path / "journal.jsonl").stat().st_size < long / 1000
    assert [entry["item"]["n"] for entry in again.saved.tables["t"].values()] == [{"N": "1499"}]
