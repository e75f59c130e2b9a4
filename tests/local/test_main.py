"""`python -m local` as a person meets it."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from pathlib import Path

import boto3
import pytest

from local import Local
from local.process import REPOSITORY, StartError


def children(pid: int) -> list[int]:
    """Processes below a process."""
    found = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in found.splitlines()[1:]]
    direct = [child for child, parent in pairs if parent == pid]
    return direct + [below for child in direct for below in children(child)]


def test_run_is_separate_from_other_runs_prints_how_to_use_it_and_ends_all_processes(local, assembly):
    with Local(assembly=assembly) as run:
        assert run.endpoint in run.output
        assert f"export AWS_ENDPOINT_URL={run.endpoint} AWS_ACCESS_KEY_ID=" in run.output
        with urllib.request.urlopen(f"{run.endpoint}/_local/health") as answer:
            assert answer.read() == b'{"status": "ready"}'
        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
        boto3.client("lambda", endpoint_url=run.endpoint, **keys).invoke(
            FunctionName="tiny-echo", Payload=b"1"
        )
        boto3.client("s3", endpoint_url=run.endpoint, **keys).create_bucket(Bucket="only-there")
        assert "only-there" not in [bucket["Name"] for bucket in local.client("s3").list_buckets()["Buckets"]]
        process = run._process
        assert process is not None
        workers = children(process.pid)
        assert workers
    assert process.returncode == 0
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


def test_port_in_use_is_an_error_with_a_remedy(local):
    with pytest.raises(StartError, match=f"port {local.port} of 127.0.0.1 cannot be used") as error:
        Local(port=local.port).__enter__()
    assert "make local PORT=" in str(error.value)


@pytest.mark.parametrize("port", ["", "http", "70000", "-1"])
def test_invalid_port_is_refused_before_anything_starts(port):
    done = subprocess.run(
        [sys.executable, "-m", "local", f"--port={port}"], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert f"{port!r} is not a port" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_lists_the_options():
    done = subprocess.run(
        [sys.executable, "-m", "local", "--help"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert "--port" in done.stdout
    assert "--assembly" in done.stdout
