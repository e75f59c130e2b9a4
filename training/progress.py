"""Lines of the job's log, for people and for the log's metric filters, and the wish to end that SIGTERM
brings.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, field

from training.errors import StoppedError


def say(text: str) -> None:
    """One line, at once."""
    print(text, flush=True)


@dataclass
class Clock:
    """Seconds since the job began."""

    began: float = field(default_factory=time.monotonic)

    def seconds(self) -> float:
        return time.monotonic() - self.began


class Stop:
    """Set by SIGTERM: the platform wants the job to end (a spot interruption, a stop by the user)."""

    def __init__(self) -> None:
        self.asked = False

    def listen(self) -> None:
        """Note SIGTERM and SIGINT instead of dying in the middle of a file."""
        signal.signal(signal.SIGTERM, self._note)
        signal.signal(signal.SIGINT, self._note)

    def _note(self, number: int, frame: object) -> None:
        self.asked = True

    def check(self) -> None:
        """Raises StoppedError if the job was asked to end."""
        if self.asked:
            raise StoppedError(
                "The training job was stopped before it was done. "
                "Start it again to go on from its last checkpoint."
            )


def duration(seconds: float) -> str:
    """A time for people: 45 s, 12 min, 3.4 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def quiet_threads() -> int:
    """Threads for torch: the processor's cores, shared among the machine's processes. Waiting ones sleep:
    spinning on shared cores costs several times more.

    Must run before torch is imported.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    cores = int(os.environ.get("SM_NUM_CPUS") or os.cpu_count() or 1)
    return max(cores // int(os.environ.get("LOCAL_WORLD_SIZE") or 1), 1)
