"""The local run as a child process, for programs that need one: tests, the demo.

Each run has its own process, because moto's memory is global to a process and runs must not share it.
"""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

REPOSITORY = Path(__file__).resolve().parent.parent
_READY = re.compile(r"ready\s+(http://\S+)")
_STOP_SECONDS = 15


class StartError(Exception):
    """The local run did not become ready. The message has its output."""


class Local:
    """`python -m local` for the duration of a `with` block.

    Example:
        with Local(port=0) as run:
            boto3.client("personalize", endpoint_url=run.endpoint)
    """

    def __init__(
        self,
        *,
        port: int = 0,
        stage: str = "local",
        assembly: Path | None = None,
        state: Path | None = None,
        seed: Path | None = None,
        arguments: Sequence[str] = (),
        folder: Path = REPOSITORY,
        python: str = sys.executable,
        listener: Callable[[str], None] | None = None,
    ) -> None:
        """Nothing starts until the block is entered.

        Args:
            port: a port of 127.0.0.1; 0 takes a free one.
            stage: the stage of cdk.json.
            assembly: a ready cloud assembly; without it `app.py` is synthesized when it changed.
            state: a directory for `--state`; without it, nothing is kept.
            seed: a snapshot for `--seed`.
            arguments: further arguments of `python -m local`.
            folder: the checkout whose `local` runs.
            python: the interpreter that runs it.
            listener: receives each line of output at once.
        """
        self._folder = folder
        self._command = [python, "-m", "local", "--port", str(port), "--stage", stage]
        self._command += ["--assembly", str(assembly)] if assembly else []
        self._command += ["--state", str(state)] if state else []
        self._command += ["--seed", str(seed)] if seed else []
        self._command += arguments
        self._listener = listener
        self._lines: deque[str] = deque(maxlen=500)
        self._ready = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self.endpoint = ""

    @property
    def output(self) -> str:
        """The last lines of the run's output."""
        return "\n".join(self._lines)

    def __enter__(self) -> Local:
        """Start the run, and wait until it is ready.

        Raises StartError.
        """
        self._process = subprocess.Popen(
            self._command, cwd=self._folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()
        self._ready.wait()
        if not self.endpoint:
            self._process.wait()
            raise StartError(f"{' '.join(self._command)} did not start:\n{self.output}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_SECONDS)
            return
        self._process.kill()
        self._process.wait()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self._lines.append(line.rstrip("\n"))
                if self._listener:
                    self._listener(line.rstrip("\n"))
                if found := _READY.match(line):
                    self.endpoint = found.group(1)
                    self._ready.set()
        self._ready.set()
