"""Log lines of functions and jobs, put into moto's CloudWatch Logs in the background, with their metrics."""

from __future__ import annotations

import threading
import time
from collections import deque

from moto.logs.models import logs_backends

from local.account import Account
from local.metrics import MetricSink

_EVERY_SECONDS = 0.5
_KEPT_LINES = 10_000  # lines that wait; beyond that number the oldest are dropped


class LogSink:
    """Collects lines and writes them in batches, so that functions do not wait for their logs."""

    def __init__(self, account: Account) -> None:
        self._backend = logs_backends[account.id][account.region]
        self._region = account.region
        self._metrics = MetricSink(account)
        self._lines: deque[tuple[str, str, int, str]] = deque(maxlen=_KEPT_LINES)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="logs", daemon=True)

    def __call__(self, group: str, stream: str, line: str) -> None:
        self._lines.append((group, stream, int(time.time() * 1000), line))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def flush(self) -> None:
        """Write the collected lines. Groups and streams are created as needed."""
        batches: dict[tuple[str, str], list[dict[str, object]]] = {}
        while self._lines:
            group, stream, at, line = self._lines.popleft()
            batches.setdefault((group, stream), []).append({"timestamp": at, "message": line})
        for (group, stream), events in batches.items():
            if group not in self._backend.groups:
                self._backend.create_log_group(group, {})
            if stream not in self._backend.groups[group].streams:
                self._backend.create_log_stream(group, stream)
            self._backend.put_log_events(group, stream, events)
            self._metrics(str(event["message"]) for event in events)

    def _run(self) -> None:
        while not self._stopped.wait(_EVERY_SECONDS):
            self.flush()
