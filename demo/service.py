"""Starts the local run for the demo and waits until it is ready."""

import contextlib
import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

STARTUP_SECONDS = 180


@contextlib.contextmanager
def local_run() -> Iterator[str]:
    """The endpoint of a local run on a free port; it ends when the block does.

    Everything that the local run prints goes on to the terminal, the training job's progress among it.

    :raises RuntimeError: the local run ended, or was not ready in time.
    """
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        ready: queue.Queue[bool] = queue.Queue()
        threading.Thread(target=_relay, args=(process, ready), daemon=True).start()
        try:
            if not ready.get(timeout=STARTUP_SECONDS):
                raise RuntimeError("the local run ended before it was ready; its last lines say why")
        except queue.Empty:
            raise RuntimeError(f"the local run was not ready within {STARTUP_SECONDS} seconds") from None
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _relay(process: subprocess.Popen[str], ready: "queue.Queue[bool]") -> None:
    """Passes the lines on, and says once that the service is ready (or, at the end, that it is not)."""
    announced = False
    for line in process.stdout or ():
        if not announced and "ready" in line.split():
            announced = True
            ready.put(True)
            continue
        if not announced:
            print(f"  {line}", end="", flush=True)
        elif line.startswith("["):  # a training job; the name of the job says nothing here
            print(f"    {line.partition('] ')[2]}", end="", flush=True)
    ready.put(False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
