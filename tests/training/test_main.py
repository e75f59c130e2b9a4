"""The job as the platform starts it: a separate process with the container's variables."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tastemaker.models import Bundle
from tests.training import lake

ROOT = Path(__file__).parents[2]
CONFIG = "groups/shop/training/config.json"


def started(root: Path, config: str | None) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "SM_CHANNEL_DATA": str(root),
        "SM_MODEL_DIR": str(root / "out/model"),
        "SM_OUTPUT_DATA_DIR": str(root / "out/output/data"),
        "SM_CHECKPOINT_DIR": str(root / "out/checkpoints"),
        "SM_HPS": json.dumps({"config": config} if config else {}),
        "SM_NUM_CPUS": "1",
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "training"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def job(root: Path, config: str | None) -> subprocess.CompletedProcess[str]:
    process = started(root, config)
    out, error = process.communicate(timeout=400)
    return subprocess.CompletedProcess(process.args, process.returncode, out, error)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A job without a disturbance: its folder and its output."""
    root = tmp_path_factory.mktemp("whole")
    lake.build(root)
    return root, job(root, CONFIG)


def test_job_writes_a_bundle_and_logs_its_progress(whole) -> None:
    root, done = whole
    assert done.returncode == 0, done.stdout + done.stderr
    bundle = Bundle.open(root / "out/model")
    assert bundle.manifest["metrics"]["mean_reciprocal_rank_at_25"] > 0
    assert bundle.manifest["solutionVersionArn"].endswith("solution/shop/0a1b2c3d")
    assert "validation" in done.stdout and "left" in done.stdout
    assert (root / "out/checkpoints/transformer.pt").exists()
    assert not (root / "out/output/failure").exists()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"eventType": "view"}, "fewer than 1000 interactions after filtering by event type: view"),
        ({"recipe": "aws-nothing-we-know"}, "aws-nothing-we-know"),
        ({"formatVersion": 9}, "9"),
    ],
)
def test_failed_job_writes_the_reason(tmp_path: Path, change: dict, reason: str) -> None:
    config = lake.build(tmp_path, **change).relative_to(tmp_path)
    done = job(tmp_path, str(config))
    assert done.returncode == 1
    assert reason in (tmp_path / "out/output/failure").read_text()
    assert not (tmp_path / "out/model/bundle.json").exists()


def test_missing_hyperparameter_is_named_in_the_error(tmp_path: Path) -> None:
    assert job(tmp_path, None).returncode == 1
    assert "`config`" in (tmp_path / "out/output/failure").read_text()


def test_killed_job_continues_and_gives_the_same_bundle(tmp_path: Path, whole) -> None:
    """A job that is killed in its second pass, as on a spot machine, writes the same bundle byte for byte."""
    lake.build(tmp_path)
    process = started(tmp_path, CONFIG)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("pass 2/"):
            break
    process.kill()
    process.communicate()
    assert not (tmp_path / "out/model/bundle.json").exists()
    again = job(tmp_path, CONFIG)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "going on after pass" in again.stdout and "\npass 1/" not in again.stdout
    root = whole[0]
    files = sorted(path.relative_to(root) for path in (root / "out/model").rglob("*") if path.is_file())
    assert len(files) > 20
    assert [path for path in files if (root / path).read_bytes() != (tmp_path / path).read_bytes()] == []


def test_sigterm_ends_the_job_with_a_reason(tmp_path: Path) -> None:
    config = lake.build(tmp_path, hyperParameters={"trainingPasses": "100000", "width": "16"})
    environment = {**os.environ, "SM_OUTPUT_DATA_DIR": str(tmp_path / "output/data"), "PYTHONPATH": str(ROOT)}
    arguments = ["--config", str(config), "--data", str(tmp_path), "--model-dir", str(tmp_path / "model")]
    process = subprocess.Popen(
        [sys.executable, "-m", "training", *arguments, "--threads", "1"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("pass 1/"):
            break
    process.terminate()
    process.stdout.read()
    process.stdout.close()
    assert process.wait(timeout=300) == 1
    assert "stopped" in (tmp_path / "output/failure").read_text()


def test_help_explains_every_option() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "training", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "--model-dir" in done.stdout
