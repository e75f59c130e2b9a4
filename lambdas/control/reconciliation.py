"""Reconciliation: every quarter of an hour, records are compared with what Step Functions runs.

An execution that was never started is started. If an execution has ended and its record does not say so, the
steps function gets the event that EventBridge sends about an execution's end, and stores the reason on the
record.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from lambdas.support.observability import logger
from lambdas.support.state_machines import StateMachines
from tastemaker.control.core.control_plane import ControlPlane
from tastemaker.control.core.ports import StartError
from tastemaker.control.core.records import Record
from tastemaker.control.workflows.reconciliation import (
    PendingExecution,
    lacks_execution,
    pending_executions,
    restart,
)
from tastemaker.errors import Conflict

GRACE_SECONDS = 600.0
"""A record is looked at this long after its last change: all that works has made progress by then."""
STATUS_CHANGE = "Step Functions Execution Status Change"
UNSUCCESSFUL = ("FAILED", "TIMED_OUT", "ABORTED")
ADVICE = "Start the state machine again with the same input, or create another."


@dataclass(frozen=True)
class Reconciler:
    """Reconciles records with executions.

    `notify` sends an event to the steps function. `seconds` is how long one run may take.
    """

    control: ControlPlane
    machines: StateMachines
    notify: Callable[[dict[str, Any]], None]
    seconds: float = 20.0

    def run(self) -> dict[str, int]:
        """Return how many executions were started, how many records were settled, and how many failed.

        A record that fails does not stop the others; the next run tries it again.
        """
        done = {"started": 0, "settled": 0, "failed": 0}
        until = time.monotonic() + self.seconds
        for record, pending in self._overdue():
            if time.monotonic() > until:
                break
            try:
                outcome = self._finish(record) if pending is None else self._reconcile(record, pending)
            except (StartError, Conflict) as error:
                logger.warning("not reconciled", extra={"resource": record.arn, "reason": str(error)})
                outcome = "failed"
            if outcome is not None:
                done[outcome] += 1
                logger.info("reconciled", extra={"resource": record.arn, "outcome": outcome})
        return done

    def _overdue(self) -> Iterator[tuple[Record, PendingExecution | None]]:
        """Records with the executions that they wait for; None for a record that waits for none."""
        for listed in self.control.ports.repository.with_pending_work():
            record = self.control.records.get(listed.arn)  # an index may be a moment behind
            if record is None:
                continue
            for pending in pending_executions(self.control, record):
                if self.control.now() - pending.since >= GRACE_SECONDS:
                    yield record, pending
            old = self.control.now() - record.created_at >= GRACE_SECONDS
            if old and lacks_execution(self.control, record):
                yield record, None

    def _finish(self, record: Record) -> str | None:
        """Finish a record that no execution finishes. It may still have to wait for another resource."""
        done = self.control.resource_types[record.resource_type].finish_creation(record)
        return None if done.in_transition else "settled"

    def _reconcile(self, record: Record, pending: PendingExecution) -> str | None:
        found = self.machines.describe(pending.workflow, pending.execution)
        if found is None and not pending.claimed:
            restart(self.control, record, pending)
            return "started"
        if found is not None and found["status"] not in (*UNSUCCESSFUL, "SUCCEEDED"):
            return None
        self.notify(self._event(pending, found or {}))
        return "settled"

    def _event(self, pending: PendingExecution, found: dict[str, Any]) -> dict[str, Any]:
        """The event that EventBridge sends.

        An execution that succeeded without settling its record, or that Step Functions no longer knows,
        counts as failed.
        """
        detail = {
            "executionArn": found.get("executionArn", pending.execution),
            "stateMachineArn": self.machines.machines[pending.workflow],
            "input": json.dumps(pending.request),
            "status": "FAILED",
            "error": "Lost",
            "cause": f"The execution has ended without storing its result. {ADVICE}",
        }
        if found.get("status") in UNSUCCESSFUL:
            detail["status"] = found["status"]
            detail["error"] = found.get("error") or found["status"]
            detail["cause"] = found.get("cause") or f"The execution ended as {found['status']}. {ADVICE}"
        return {"detail-type": STATUS_CHANGE, "account": self.control.ports.scope.account, "detail": detail}
