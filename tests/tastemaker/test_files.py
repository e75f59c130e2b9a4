"""Locations and the files that they name."""

import io
from collections.abc import Iterator

import pytest

from tastemaker.failures import InvalidLocation
from tastemaker.files import File, Location, find_files


class Listing:
    """A source with given keys; a key that ends in `empty` has no bytes."""

    def __init__(self, *keys: str) -> None:
        self.keys = sorted(keys)

    def files(self, bucket: str, prefix: str) -> Iterator[File]:
        for key in self.keys:
            if key.startswith(prefix):
                yield File(bucket, key, 0 if key.endswith("empty") else 5)

    def open(self, file: File) -> io.RawIOBase:
        raise NotImplementedError


def found(source: Listing, uri: str) -> list[str]:
    files = find_files(source, uri, accept=lambda file: not file.key.endswith(".txt"), missing="nothing")
    return [Location.parse(uri).relative_name(file) for file in files]


def test_location_of_a_file_finds_that_file_only() -> None:
    assert found(Listing("in/a.csv", "in/a.csv.old"), "s3://data/in/a.csv") == ["a.csv"]


def test_location_of_a_folder_finds_accepted_files_below_it() -> None:
    source = Listing("in/a.csv", "in/b/c.csv", "in/notes.txt", "in/x.empty", "in-other/d.csv")
    for uri in ("s3://data/in/", "s3://data/in"):
        assert found(source, uri) == ["a.csv", "b/c.csv"]
    assert found(source, "s3://data")[0] == "in-other/d.csv"


def test_location_without_files_is_invalid() -> None:
    with pytest.raises(InvalidLocation, match="nothing"):
        found(Listing("in/notes.txt"), "s3://data/in/")


def test_folder_without_data_names_an_empty_file() -> None:
    for uri in ("s3://data/in/", "s3://data/in", "s3://data"):
        with pytest.raises(InvalidLocation, match=r"nothing; (in/)?b\.empty is empty"):
            found(Listing("in/b.empty", "in/notes.txt"), uri)


def test_key_may_contain_question_mark_and_hash() -> None:
    assert Location.parse("s3://data/what? #1.csv") == Location("data", "what? #1.csv")


@pytest.mark.parametrize(
    "uri",
    [
        *("data/in", "https://data/in", "s3:///in", "S3://data/in", "s3:/data/in", "s3://"),
        *("s3://user@data/in", "s3://data:443/in", "s3://%64ata/in", "s3://da ta/in", "s3://data\\in"),
        "s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/lake/in",
    ],
)
def test_location_outside_s3_is_invalid(uri: str) -> None:
    with pytest.raises(InvalidLocation, match="expected s3://"):
        Location.parse(uri)


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("s3://lake-ap-x7kd-s3alias/in", "alias of an access point"),
        ("s3://lake-x7kd--ol-s3/in", "alias of an access point"),
        ("s3://abc.mrap/in", "alias of an access point"),
        ("s3://data/../lake/in", "without the segments"),
        ("s3://data/in/..", "without the segments"),
        ("s3://data/./in", "without the segments"),
        ("s3://data/in\x00", "control characters"),
        ("s3://data/in\r\nx", "control characters"),
    ],
)
def test_location_that_could_mean_another_is_invalid(uri: str, why: str) -> None:
    with pytest.raises(InvalidLocation, match=why):
        Location.parse(uri)


def test_dots_inside_a_segment_are_ordinary() -> None:
    assert Location.parse("s3://my.data-1/a..b/.hidden/...") == Location("my.data-1", "a..b/.hidden/...")
