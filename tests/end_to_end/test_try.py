"""From a file to recommendations with one command, and with the program that it writes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from cli.__main__ import run
from tests.tastemaker.detection.shapes import AISLES, facts, retailrocket, segment


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("try")


@pytest.fixture(scope="module")
def tried(endpoint: str, folder: Path) -> dict:
    """The output of `tastemaker try` for calls of Segment, with recipes that train in seconds."""
    path = segment(folder, list(facts(users=80, each=14)))
    line = [sys.executable, "-m", "cli", "try", str(path), "--json", "--recipes", "popular,similar"]
    done = subprocess.run(
        [*line, "--out", str(folder / "out")],
        env={**os.environ, "AWS_ENDPOINT_URL": endpoint},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_every_event_of_the_file_is_imported(tried: dict) -> None:
    assert (tried["interactions"], tried["users"], tried["items"]) == (1120, 80, 48)
    assert not tried["dropped"] and not tried["failed"]


def test_similar_items_are_of_the_same_aisle(tried: dict) -> None:
    assert tried["similar"]
    for item, items in tried["similar"].items():
        aisles = [int(one.removeprefix("p")) % len(AISLES) for one in items]
        assert aisles.count(int(item.removeprefix("p")) % len(AISLES)) >= 4


def test_names_of_items_are_shown_with_a_list(
    tried: dict, endpoint: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    campaign = tried["trained"]["aws-similar-items"]["campaign"]
    assert run(["similar", next(iter(tried["similar"])), "--campaign", campaign]) == 0
    assert " No. " in capsys.readouterr().out


def test_program_that_is_written_does_the_same_also_in_a_service_that_has_nothing(
    tried: dict, folder: Path, endpoint: str
) -> None:
    bucket = boto3.resource("s3", endpoint_url=endpoint).Bucket("tastemaker-data")
    bucket.objects.delete()
    bucket.delete()
    done = subprocess.run(
        [sys.executable, str(folder / "out" / "program.py")],
        env={**os.environ, "AWS_ENDPOINT_URL": endpoint},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["aws-popularity-count", "aws-similar-items"]


def test_load_and_train_are_the_steps_one_at_a_time(
    folder: Path, endpoint: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    path = retailrocket(folder, list(facts(users=80, each=14)))
    assert run(["load", str(path), "--group", "loaded", "--yes"]) == 0
    assert run(["load", str(path), "--group", "loaded", "--yes", "--add"]) == 0
    assert "1,120 interactions" in capsys.readouterr().out
    assert run(["train", "loaded", "--recipe", "popular", "--no-campaign", "--json"]) == 0
    (trained,) = json.loads(capsys.readouterr().out)
    assert trained["metrics"]["coverage"] > 0 and trained["campaign"] == ""
    assert run(["status", "loaded"]) == 0
    assert "aws-popularity-count" in capsys.readouterr().out
