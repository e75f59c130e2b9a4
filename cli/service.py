"""The service that a command uses: the one that answers, or a local run that the command starts."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import subprocess
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from cli import checkout
from cli.connection import Connection, answers
from cli.errors import CommandError
from cli.output import Output
from cli.progress import step
from tastemaker.contracts.api_endpoint import LOCAL_ENDPOINT

USUAL_PORT = 4566
STOP_SECONDS = 15
_READY = re.compile(r"ready\s+(http://\S+)")


class LocalRun:
    """`python -m local` as a child process."""

    def __init__(self, arguments: list[str]) -> None:
        started = checkout.invocation("local", arguments)
        # Ctrl-C in the terminal must end the command first, which then ends the run.
        self._process = subprocess.Popen(
            started.line,
            cwd=started.folder,
            env=started.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._lines: deque[str] = deque(maxlen=200)
        self._ready = threading.Event()
        self.endpoint = ""
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def last_line(self) -> str:
        """What the run said last."""
        return self._lines[-1] if self._lines else ""

    def wait_ready(self, seconds: float) -> bool:
        """Wait until the run is ready or has ended. Returns False if neither happened in time.

        Raises CommandError if it has ended.
        """
        if not self._ready.wait(seconds):
            return False
        if not self.endpoint:
            said = " ".join(list(self._lines)[-3:])
            raise CommandError(
                f"The local run did not start: {said}", "tastemaker doctor says what is missing."
            )
        return True

    def stop(self) -> None:
        """End the run."""
        self._process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
            return
        self._process.kill()
        self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._lines.append(line.rstrip("\n"))
                if found := _READY.match(line):
                    self.endpoint = found.group(1)
                    self._ready.set()
        self._ready.set()


@contextmanager
def running(connection: Connection, output: Output, state: str = "") -> Iterator[tuple[Connection, bool]]:
    """A connection to a service that answers, and whether this starts it. It then ends with the block."""
    given = connection.endpoint or connection.stage
    if given or answers(LOCAL_ENDPOINT):
        _ = connection.api_url
        if state:
            raise CommandError("A service answers already, so --state has no effect.", "Leave --state out.")
        yield connection, False
        return
    port = USUAL_PORT if _is_free(USUAL_PORT) else 0
    with step(output, "Start the service on this machine") as shown:
        run = LocalRun(["--port", str(port), *(["--state", state] if state else [])])
        try:
            while not run.wait_ready(0.3):
                shown.show(run.last_line)
        except BaseException:
            run.stop()
            raise
    try:
        yield replace(connection, endpoint=run.endpoint), True
    finally:
        run.stop()


def _is_free(port: int) -> bool:
    with socket.socket() as found:
        try:
            found.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
