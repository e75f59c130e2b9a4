"""Files that a path names."""

import zipfile
from pathlib import Path

import pytest

from tastemaker.detection.inputs import DetectionError, find
from tastemaker.detection.opening import open_table


def test_hidden_files_are_not_data(tmp_path: Path) -> None:
    for name in ("a.csv", "_temporary/b.csv", "._a.csv", "notes.pdf", "deep/c.csv.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    found, skipped = find(tmp_path)
    assert [one.short_name for one in found] == ["a.csv", "c.csv.gz"] and skipped == ["notes.pdf"]


def test_members_of_an_archive_are_files(tmp_path: Path) -> None:
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("set/ratings.csv", "user,item\nu1,i1\n")
        archive.writestr("__MACOSX/._ratings.csv", "x")
    (one,), _ = find(path)
    assert open_table(one).columns == ["user", "item"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("none.csv", None, "There is no file"),
        ("sheet.xlsx", b"PK\x03\x04", "save the sheet as CSV"),
        ("a.csv", b"%PDF-1.7", "is a PDF"),
        ("b.csv", b"BZh91AY", "bzip2"),
    ],
)
def test_file_that_cannot_be_read_is_refused_with_a_remedy(
    name: str, data: bytes | None, said: str, tmp_path: Path
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(DetectionError) as raised:
        open_table(find(tmp_path / name)[0][0])
    assert said.lower() in str(raised.value).lower()


def test_folder_without_data_names_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "notes.pdf").write_text("x")
    with pytest.raises(DetectionError, match=r"notes\.pdf"):
        find(tmp_path)
