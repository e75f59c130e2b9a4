"""Snapshots: what one has, what is refused, and that a directory gets all of it or nothing."""

from __future__ import annotations

import io
import tarfile

import pytest

from local.state.directory import FORMAT, Description, StateDirectory, StateError
from local.state.snapshot import load_snapshot, write_snapshot

WANTED = Description(FORMAT, "local", "eu-west-1", "123456789012", "Tastemaker-local")


@pytest.fixture
def used(tmp_path):
    """A directory that a run uses, with an item that was written twice and an object."""
    directory = StateDirectory(tmp_path / "used", WANTED)
    for value in "12":
        item = {"id": {"S": "a"}, "n": {"N": value}}
        directory.journal.append({"type": "item", "table": "t", "key": {"id": {"S": "a"}}, "item": item})
    file = directory.new_file()
    file.write_bytes(b"content")
    version = {"id": "1", "file": file.name}
    directory.journal.append({"type": "version", "bucket": "b", "key": "k", "version": version})
    yield directory
    directory.close()


def test_snapshot_of_a_directory_in_use_fills_another_one(used, tmp_path):
    write_snapshot(used.folder, tmp_path / "shop.tar.gz")
    assert load_snapshot(tmp_path / "shop.tar.gz", tmp_path / "deep" / "copy")
    copy = StateDirectory(tmp_path / "deep" / "copy", WANTED)
    copy.close()
    assert [entry["item"]["n"] for entry in copy.saved.tables["t"].values()] == [{"N": "2"}]
    [[version]] = copy.saved.objects.values()
    assert copy.file(version["file"]).read_bytes() == b"content"
    assert copy.folder.stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "shop.tar.gz").stat().st_mode & 0o777 == 0o600
    assert [found.name for found in (tmp_path / "deep").iterdir()] == ["copy"]


def test_snapshot_has_what_was_written_until_an_incomplete_line(used, tmp_path):
    with (used.folder / "journal.jsonl").open("ab") as journal:
        journal.write(b"12345678 {")
    assert list(write_snapshot(used.folder, tmp_path / "shop.tar.gz").tables) == ["t"]


def test_directory_with_a_state_is_not_overwritten(used, tmp_path):
    write_snapshot(used.folder, tmp_path / "shop.tar.gz")
    before = (used.folder / "journal.jsonl").read_bytes()
    assert not load_snapshot(tmp_path / "shop.tar.gz", used.folder)
    assert (used.folder / "journal.jsonl").read_bytes() == before


def test_directory_with_other_files_is_refused(used, tmp_path):
    write_snapshot(used.folder, tmp_path / "shop.tar.gz")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("x")
    with pytest.raises(StateError, match="has files and no state"):
        load_snapshot(tmp_path / "shop.tar.gz", tmp_path / "mine")
    assert (tmp_path / "mine" / "file").read_text() == "x"


@pytest.mark.parametrize("name", ["../out", "/etc/out", "objects/../../out", "objects/x", "other"])
def test_snapshot_with_an_unexpected_member_is_refused(tmp_path, name):
    file = tmp_path / "bad.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = 1
        archive.addfile(member, io.BytesIO(b"x"))
    with pytest.raises(StateError, match="it has the member"):
        load_snapshot(file, tmp_path / "copy")
    assert [found.name for found in tmp_path.iterdir()] == ["bad.tar.gz"]


def test_link_in_a_snapshot_is_refused(tmp_path):
    file = tmp_path / "bad.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        member = tarfile.TarInfo("state.json")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)
    with pytest.raises(StateError, match="it has the member"):
        load_snapshot(file, tmp_path / "copy")


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.95])
def test_snapshot_that_is_cut_off_is_refused_and_leaves_nothing(used, tmp_path, keep):
    whole, cut = tmp_path / "whole.tar.gz", tmp_path / "cut.tar.gz"
    write_snapshot(used.folder, whole)
    data = whole.read_bytes()
    cut.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(StateError, match=r"is not a snapshot|does not describe"):
        load_snapshot(cut, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(StateError, match="is not a snapshot that can be loaded"):
        load_snapshot(tmp_path / "missing.tar.gz", tmp_path / "copy")


def test_snapshot_without_a_state_or_a_folder_for_it_is_refused(used, tmp_path):
    with pytest.raises(StateError, match="does not describe a state"):
        write_snapshot(tmp_path, tmp_path / "shop.tar.gz")
    with pytest.raises(StateError, match="cannot be written"):
        write_snapshot(used.folder, tmp_path / "missing" / "shop.tar.gz")
