"""Output for the user: progress, prefixed lines of functions and jobs, and warnings."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

Line = Callable[[str], None]


class Terminal:
    """Whole lines to standard output, from any thread.

    `verbose` shows the functions' logs too; their errors and the jobs' progress are always shown.
    """

    def __init__(self, *, verbose: bool = False, quiet: bool = False) -> None:
        self.verbose = verbose
        self._quiet = quiet
        self._lock = threading.Lock()
        self._said: set[str] = set()

    def write(self, text: str) -> None:
        if self._quiet:
            return
        with self._lock:
            try:
                print(text, flush=True)
            except (BrokenPipeError, ValueError):  # the reader left; the run goes on
                self._quiet = True

    def detail(self, source: str, text: str) -> None:
        """Print a line only with --verbose."""
        if self.verbose:
            self.write(f"[{source}] {text}")

    def line(self, source: str, text: str) -> None:
        self.write(f"[{source}] {text}")

    def warn(self, text: str) -> None:
        with self._lock:
            if not self._quiet:
                print(f"warning: {text}", file=sys.stderr, flush=True)

    def warn_once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self.warn(text)
