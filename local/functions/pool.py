"""The workers of all functions: started on demand, kept warm, and replaced when they end or become old."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.account import Account
from local.functions.spec import FunctionSpec
from local.functions.worker import Outcome, Worker
from local.iam.roles import AssumeRoleError, Roles
from local.terminal import Terminal

MAX_WORKERS = 4  # of one function; further calls wait for their turn
MAX_AGE_SECONDS = 45 * 60.0  # the role's credentials last an hour

LogSink = Callable[[str, str, str], None]  # log group, stream, line


class FunctionPool:
    """Execution environments of one function."""

    def __init__(
        self,
        spec: FunctionSpec,
        account: Account,
        roles: Roles,
        terminal: Terminal,
        sink: LogSink,
        scratch: Path,
    ) -> None:
        self.spec = spec
        self._account = account
        self._roles = roles
        self._terminal = terminal
        self._sink = sink
        self._scratch = scratch
        self._idle: list[Worker] = []
        self._workers: set[Worker] = set()
        self._starting = 0
        self._closed = False
        self._changed = threading.Condition()

    def invoke(self, event: Any, request_id: str) -> Outcome:
        """Run the function on a free worker, a new worker, or the next worker that becomes free."""
        try:
            worker = self._take()
        except AssumeRoleError as error:
            return Outcome.error("AccessDeniedException", f"{self.spec.name} cannot be started: {error}")
        try:
            outcome = worker.invoke(event, request_id)
        finally:
            self._give_back(worker)
        if outcome.failed:
            self._terminal.line(self._short, f"failed: {outcome.payload[:2000]}")
        return outcome

    def warm(self) -> None:
        """Start one worker if there is none."""
        worker = self._take()
        worker.warm()
        self._give_back(worker)

    def close(self) -> None:
        """End all workers, and start no new ones."""
        self._closed = True
        self.replace()

    def replace(self) -> None:
        """End all workers. The next invocation starts a new one."""
        with self._changed:
            idle, self._idle = self._idle, []
            busy = self._workers.difference(idle)
            for worker in idle:
                self._drop(worker)
            self._changed.notify_all()
        for worker in busy:  # their invocations end, and release them
            worker.kill()

    @property
    def _short(self) -> str:
        """The function's name without the stack's prefix, for the terminal."""
        return self.spec.name.rsplit("-", 1)[-1]

    def _take(self) -> Worker:
        with self._changed:
            while True:
                if self._closed:
                    raise AssumeRoleError("the local run is ending")
                while self._idle:
                    worker = self._idle.pop()
                    if worker.alive and time.monotonic() - worker.born < MAX_AGE_SECONDS:
                        return worker
                    self._drop(worker)
                if len(self._workers) + self._starting < MAX_WORKERS:
                    self._starting += 1
                    break
                self._changed.wait()
        return self._start()

    def _start(self) -> Worker:
        worker = None
        try:
            credentials = self._roles.assume(
                self.spec.role_arn, service="lambda.amazonaws.com", session=self.spec.name
            )
            worker = Worker(self.spec, self._account, credentials, self._log, self._scratch)
        finally:
            with self._changed:
                self._starting -= 1
                if worker is not None:
                    self._workers.add(worker)
                self._changed.notify()
        return worker

    def _give_back(self, worker: Worker) -> None:
        with self._changed:
            if worker.alive and not self._closed:
                self._idle.append(worker)
            else:
                self._drop(worker)
            self._changed.notify()

    def _drop(self, worker: Worker) -> None:
        self._workers.discard(worker)
        worker.release()

    def _log(self, line: str) -> None:
        self._terminal.detail(self._short, line)
        self._sink(self.spec.log_group, self.spec.name, line)
