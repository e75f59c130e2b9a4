"""The job's log, its clock, and the signal to stop."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, field

from training.errors import StoppedError


class _Output:
    """Where the log goes: nowhere in a process that follows another one, which logs the same."""

    muted = False


def mute() -> None:
    """Print nothing more, because another process of the training logs the same."""
    _Output.muted = True


def log(text: str, *, always: bool = False) -> None:
    """Print one line of the job's log at once. People and the log's metric filters read it.

    `always` is for what concerns one process of several, such as its failure.
    """
    if always or not _Output.muted:
        print(text, flush=True)


@dataclass
class Clock:
    """A clock that starts when it is made."""

    started: float = field(default_factory=time.monotonic)

    def seconds(self) -> float:
        """The seconds since the start."""
        return time.monotonic() - self.started


class StopSignal:
    """The platform's request to end the job: a spot interruption, or a user who stops the job."""

    def __init__(self) -> None:
        self.requested = False

    def listen(self) -> None:
        """Note SIGTERM and SIGINT, so that the job does not end in the middle of a file."""
        signal.signal(signal.SIGTERM, self._note)
        signal.signal(signal.SIGINT, self._note)

    def _note(self, number: int, frame: object) -> None:
        self.requested = True

    def check(self) -> None:
        """Raise StoppedError if the job was asked to end."""
        if self.requested:
            raise StoppedError(
                "The training job was stopped before it was done. "
                "Start it again to continue from its last checkpoint."
            )


def duration(seconds: float) -> str:
    """A time for people: 45 s, 12 min, 3.4 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def quiet_threads() -> int:
    """The number of threads for torch: the processor's cores, shared among this machine's processes.

    It also sets the environment so that waiting threads sleep, because spinning on shared cores costs several
    times more. It must run before torch is imported.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    cores = int(os.environ.get("SM_NUM_CPUS") or os.cpu_count() or 1)
    return max(cores // int(os.environ.get("LOCAL_WORLD_SIZE") or 1), 1)
