"""The list of users of a data deletion job, in the forms in which people write it."""

import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from lambdas.deletion.users import digest_of, read_users
from tastemaker.failures import InvalidLocation, WorkFailedError
from tastemaker.importing.storage import Folder


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def users(bucket: Path, location: str = "s3://in/") -> list[str]:
    return read_users(Folder(bucket.parent), location)


def test_compressed_files_are_read_with_plain_ones(bucket: Path) -> None:
    (bucket / "a.csv").write_text("USER_ID\nann\n")
    (bucket / "b.csv.gz").write_bytes(gzip.compress(b"USER_ID\nbob\n"))
    zstd = pa.CompressedOutputStream(str(bucket / "c.csv.zst"), "zstd")
    zstd.write(b"USER_ID\ncleo\n")
    zstd.close()
    (bucket / "_SUCCESS").write_text("x")
    assert users(bucket) == ["ann", "bob", "cleo"]
    assert users(bucket, "s3://in/b.csv.gz") == ["bob"]


def test_header_and_ids_are_trimmed_and_other_columns_are_ignored(bucket: Path) -> None:
    (bucket / "a.csv").write_text('\ufeffname, user_id \nx," ann "\ny,\nz,"b,1"\n')
    assert users(bucket) == ["ann", "b,1"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("USER_ID;NAME\nann;x\n", "separated by semicolons; separate them by commas"),
        ("userId\nann\n", "rename userId to USER_ID"),
        ("ann\nbob\n", r"missing the following columns: \[USER_ID\]"),
        ("USER_ID\n\n", "no user ids"),
        ("USER_ID\n" + '"' + "a" * 200_000, "line 2: not CSV: field larger"),
        ('USER_ID\n"u1\nu2\nu3\n', "not CSV: unexpected end of data"),
        ('USER_ID\nu0\n"u1\nu2"\n', "line 4: an id has a line break"),
        ("NAME,USER_ID\nSmith, Bob,u7\n", "line 2: the row has not as many cells as the header"),
        ("NAME,USER_ID\nSmith\n", "line 2: the row has not as many cells as the header"),
    ],
)
def test_file_that_is_not_a_list_of_users_is_refused_with_what_it_is(
    bucket: Path, text: str, message: str
) -> None:
    (bucket / "a.csv").write_text(text)
    with pytest.raises(WorkFailedError, match=message):
        users(bucket)


@pytest.mark.parametrize("name", ["b.tsv", "b.jsonl", "b.zip", "b.parquet"])
def test_folder_with_other_data_is_refused_whole(bucket: Path, name: str) -> None:
    (bucket / "a.csv").write_text("USER_ID\nann\n")
    (bucket / name).write_bytes(b"x")
    with pytest.raises(InvalidLocation):
        users(bucket)


def test_damaged_and_foreign_bytes_are_named(bucket: Path) -> None:
    (bucket / "a.csv.gz").write_bytes(gzip.compress(b"USER_ID\n" + b"ann\n" * 9_999)[:-20])
    with pytest.raises(WorkFailedError, match=r"a\.csv\.gz: the gzip data are damaged"):
        users(bucket)
    (bucket / "a.csv.gz").write_bytes(b"USER_ID\n\xff\xfe\n")
    with pytest.raises(WorkFailedError, match=r"a\.csv\.gz: not UTF-8"):
        users(bucket)


@pytest.mark.parametrize("name", ["part-0001", "notes.txt", "more/users"])
def test_folder_with_a_file_that_may_name_users_is_refused_whole(bucket: Path, name: str) -> None:
    (bucket / "a.csv").write_text("USER_ID\nann\n")
    (bucket / name).parent.mkdir(exist_ok=True)
    (bucket / name).write_text("USER_ID\nbob\n")
    with pytest.raises(InvalidLocation, match=f"are not .csv: {name}; rename them"):
        users(bucket)


def test_digest_tells_lists_apart() -> None:
    lists = [["a", "b"], ["ab"], ["b", "a"], ["a"], []]
    assert len({digest_of(one) for one in lists}) == len(lists)
    assert digest_of(["a", "b"]) == digest_of(["a", "b"])
