"""A local run to test: the one that answers, or a new one as a process of its own."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deployment.command import CommandError, Console

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_ENDPOINT = "http://127.0.0.1:4566"
READY = "ready  "
END_SECONDS = 60


def answers(endpoint: str) -> bool:
    """Whether a local run is ready at this endpoint."""
    try:
        with urllib.request.urlopen(f"{endpoint}/_local/health", timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False


@contextmanager
def started(endpoint: str, console: Console) -> Iterator[str]:
    """The endpoint of a local run. One that this starts ends with the block. Raises CommandError."""
    if endpoint and not answers(endpoint):
        raise CommandError(
            f"No local run answers at {endpoint}, which AWS_ENDPOINT_URL names.",
            "Start it (make local), or unset AWS_ENDPOINT_URL.",
        )
    if endpoint or answers(DEFAULT_ENDPOINT):
        yield endpoint or DEFAULT_ENDPOINT
        return
    console.progress("Starting a local run …")
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        yield _endpoint_of(process)
    finally:
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


def _endpoint_of(process: subprocess.Popen[str]) -> str:
    """Read the output until the run says that it is ready, and then in the background."""
    assert process.stdout is not None
    read: list[str] = []
    for line in process.stdout:
        read.append(line)
        if line.startswith(READY):
            _drain(process)
            return line.removeprefix(READY).strip()
    raise CommandError(f"The local run did not start: {''.join(read[-5:]).strip()}", "Try make local.")


def _drain(process: subprocess.Popen[str]) -> None:
    """Keep the pipe empty, so that the run never waits for a reader."""
    import threading

    def read() -> None:
        assert process.stdout is not None
        try:
            for _ in process.stdout:
                pass
        except ValueError:  # closed
            pass

    threading.Thread(target=read, daemon=True).start()
