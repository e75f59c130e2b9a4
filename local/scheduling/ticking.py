"""What is looked at twice a second."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

TICK_SECONDS = 0.5


class Ticking(ABC):
    """Calls `tick` twice a second, in a thread of its own, from `start` to `stop`."""

    thread_name: str

    def __init__(self) -> None:
        self._stopped = threading.Event()

    @abstractmethod
    def tick(self) -> None:
        """Do what has become due."""

    def start(self) -> None:
        threading.Thread(target=self._run, name=self.thread_name, daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(TICK_SECONDS):
            self.tick()
