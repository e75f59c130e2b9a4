"""The look after records whose work was lost, every quarter of an hour.

What was never started is started. What has ended, and nobody wrote it down, is told to the steps function as
EventBridge tells it of an execution's end; it writes on the record why.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from lambdas.support.observability import logger
from lambdas.support.state_machines import StateMachines
from tastemaker.control.core.context import Desk
from tastemaker.control.core.ports import WorkError
from tastemaker.control.core.records import Record
from tastemaker.control.workflows.reconciliation import Waiting, start_again, work_under_way
from tastemaker.errors import Conflict

PATIENCE = 600.0
"""Seconds after its last change at which a record is looked at: by then all that is under way has got on."""
STATUS_CHANGE = "Step Functions Execution Status Change"
BADLY = ("FAILED", "TIMED_OUT", "ABORTED")
ADVICE = "Start the state machine again with the same input, or create another."


@dataclass(frozen=True)
class Reconciler:
    """`tell` hands an event to the steps function; `seconds` is how long a look may take."""

    desk: Desk
    machines: StateMachines
    tell: Callable[[dict[str, Any]], None]
    seconds: float = 20.0

    def run(self) -> dict[str, int]:
        """How many records were started again and settled, and how many could not be. One that fails does not
        keep the others; the next look is soon."""
        done = {"started": 0, "settled": 0, "failed": 0}
        until = time.monotonic() + self.seconds
        for record, waiting in self._lost():
            if time.monotonic() > until:
                break
            try:
                outcome = self._look(record, waiting)
            except (WorkError, Conflict) as error:
                logger.warning("not reconciled", extra={"resource": record.arn, "reason": str(error)})
                outcome = "failed"
            if outcome is not None:
                done[outcome] += 1
                logger.info("reconciled", extra={"resource": record.arn, "outcome": outcome})
        return done

    def _lost(self) -> Iterator[tuple[Record, Waiting]]:
        for listed in self.desk.repository.moving():
            record = self.desk.repository.get(listed.arn)  # an index may be behind
            if record is None:
                continue
            for waiting in work_under_way(self.desk, record):
                if self.desk.now() - waiting.since >= PATIENCE:
                    yield record, waiting

    def _look(self, record: Record, waiting: Waiting) -> str | None:
        found = self.machines.describe(waiting.workflow, waiting.execution)
        if found is None and not waiting.begun:
            start_again(self.desk, record, waiting)
            return "started"
        if found is not None and found["status"] not in (*BADLY, "SUCCEEDED"):
            return None
        self.tell(self._event(waiting, found or {}))
        return "settled"

    def _event(self, waiting: Waiting, found: dict[str, Any]) -> dict[str, Any]:
        """What EventBridge would say. An execution that succeeded without settling its record, or that is
        forgotten, has failed as far as the record is concerned."""
        detail = {
            "executionArn": found.get("executionArn", waiting.execution),
            "stateMachineArn": self.machines.machines[waiting.workflow],
            "input": json.dumps(waiting.request),
            "status": "FAILED",
            "error": "Lost",
            "cause": f"The execution is over, and did not say what came of it. {ADVICE}",
        }
        if found.get("status") in BADLY:
            detail["status"] = found["status"]
            detail["error"] = found.get("error") or found["status"]
            detail["cause"] = found.get("cause") or f"The execution ended as {found['status']}. {ADVICE}"
        return {"detail-type": STATUS_CHANGE, "account": self.desk.place.account, "detail": detail}
