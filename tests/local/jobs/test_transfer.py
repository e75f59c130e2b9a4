"""Names with `..` cannot lead out of the folders of a training job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local.jobs.container import Container
from local.jobs.transfer import DataError, Transfer


class Bucket:
    """An S3 client with one object. It writes the object where the caller asks."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.downloads: list[str] = []

    def get_paginator(self, _: str) -> Bucket:
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return [{"Contents": [{"Key": self.key}]}]

    def download_file(self, bucket: str, key: str, file: str) -> None:
        self.downloads.append(file)


def job(**more: Any) -> dict[str, Any]:
    return {"TrainingJobName": "job", "TrainingJobArn": "arn", **more}


def channel(name: str) -> dict[str, Any]:
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://lake/input/"}}
    return {"ChannelName": name, "DataSource": source}


@pytest.mark.parametrize(
    "request_of_job",
    [
        job(InputDataConfig=[channel("../../../../../outside")]),
        job(CheckpointConfig={"LocalPath": "/opt/ml/../../../outside", "S3Uri": "s3://lake/c/"}),
    ],
)
def test_folder_outside_of_the_jobs_own_is_refused(tmp_path: Path, request_of_job: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="leads out of the job's folders"):
        Container(tmp_path / "job", request_of_job)
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("key", ["input/../../outside.txt", "input/a/../../../outside.txt"])
def test_key_that_leads_out_of_the_folder_is_not_downloaded(tmp_path: Path, key: str) -> None:
    bucket = Bucket(key)
    with pytest.raises(DataError, match="leads out of the job's folders"):
        Transfer(bucket).download_channel({"S3Uri": "s3://lake/input/"}, tmp_path / "data")
    with pytest.raises(DataError, match="leads out of the job's folders"):
        Transfer(bucket).restore("s3://lake/input/", tmp_path / "checkpoints")
    assert bucket.downloads == []


def test_key_inside_of_the_folder_is_downloaded_below_it(tmp_path: Path) -> None:
    bucket = Bucket("input/deep/a.txt")
    Transfer(bucket).restore("s3://lake/input/", tmp_path / "checkpoints")
    assert bucket.downloads == [str(tmp_path / "checkpoints" / "deep" / "a.txt")]


def test_file_that_disappears_during_the_upload_is_skipped(tmp_path):
    class Bucket:
        """Takes files; another program renames one when the first is taken."""

        def __init__(self) -> None:
            self.keys: list[str] = []

        def upload_file(self, file: str, bucket: str, key: str) -> None:
            Path(file).read_bytes()
            self.keys.append(key)
            (tmp_path / "b.tmp").unlink(missing_ok=True)

    for name in ("a.ckpt", "b.tmp", "c.ckpt"):
        (tmp_path / name).write_text(name)
    bucket = Bucket()
    Transfer(bucket).upload_folder(tmp_path, "s3://lake/checkpoints/")
    assert bucket.keys == ["checkpoints/a.ckpt", "checkpoints/c.ckpt"]
