"""Runs JavaScript with the newest Node.js of this machine that the clients support."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
NODE_MAJOR = 22
"""The version that `package.json` asks for."""


@cache
def node() -> str:
    """A Node.js of that version or newer if there is one: of the variable NODE, of npm, or of the PATH."""
    found = [program for program in _candidates() if program]
    newest = [program for program in found if _major(program) >= NODE_MAJOR]
    assert found, "Install Node.js 22: https://nodejs.org"
    return (newest or found)[0]


def _candidates() -> Iterator[str | None]:
    yield os.environ.get("NODE")
    yield shutil.which("node", path=str(ROOT / "node_modules" / ".bin"))
    yield shutil.which("node")


def _major(program: str) -> int:
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return int(version.removeprefix("v").partition(".")[0])


def run(code: str, environment: Mapping[str, str] | None = None) -> str:
    """What a module prints. It finds the packages of this repository."""
    ended = subprocess.run(
        [node(), "--input-type=module", "--eval", code],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
