"""Executions of state machines: how they ended, and what becomes of those that a run left unfinished.

An execution does not survive its run. The next run shows it as aborted, and the record that waits for it gets
the reason by the same event as for an execution that somebody stops.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from local.account import Account
from local.http.messages import Request, Response
from local.state.journal import Entry, Journal

INTERRUPTED = (
    "The local run ended while this was in progress, and a new one has started. Nothing of it became "
    "visible. Create the resource again."
)


class Executions:
    """The executions of the account."""

    def __init__(self, account: Account, journal: Journal) -> None:
        self._account = account
        self._journal = journal
        self._backend = stepfunctions_parser_backends[account.id][account.region]
        self.settled: set[str] = set()
        """ARNs of executions whose end was reported in an earlier run."""

    def entries(self, request: Request, response: Response) -> Iterator[Entry]:
        """The execution that a StartExecution has started."""
        answer = json.loads(response.body)
        yield {
            "type": "execution",
            "arn": answer["executionArn"],
            "machine": request.json["stateMachineArn"],
            "name": answer["executionArn"].rsplit(":", 1)[-1],
            "input": request.json.get("input") or "{}",
            "start": answer["startDate"],
        }

    def ended(self, execution: Any) -> None:
        """Note how an execution ended, after those who wait for it were told."""
        entry = {
            "type": "end",
            "arn": execution.execution_arn,
            "status": str(execution.status),
            "stop": execution.stop_date.timestamp(),
            "error": execution.error,
            "cause": execution.cause,
            "output": execution.output,
        }
        self._journal.append(entry)

    def restore(self, executions: Mapping[str, Entry], ends: Mapping[str, Entry]) -> int:
        """Put executions back. Returns how many of them a run has left unfinished."""
        unfinished = 0
        machines = {machine.arn: machine for machine in self._backend.state_machines}
        for arn, entry in executions.items():
            machine = machines.get(entry["machine"])
            if machine is None:
                continue
            end = ends.get(arn)
            executions_of: list[Any] = machine.executions
            executions_of.append(_execution(machine, entry, end, self._account))
            if end is None:
                unfinished += 1
            else:
                self.settled.add(arn)
        return unfinished


def _execution(machine: Any, entry: Entry, end: Entry | None, account: Account) -> Execution:
    execution = Execution(
        name=entry["name"],
        sm_type=machine.sm_type,
        role_arn=machine.roleArn,
        exec_arn=entry["arn"],
        account_id=account.id,
        region_name=account.region,
        state_machine=machine,
        start_date=_moment(entry["start"]),
        cloud_watch_logging_session=None,
        activity_store={},
        input_data=entry["input"],
    )
    status = "ABORTED" if end is None else end["status"]
    execution.exec_status = ExecutionStatus(status)
    execution.stop_date = datetime.datetime.now(datetime.UTC) if end is None else _moment(end["stop"])
    execution.cause = INTERRUPTED if end is None else end["cause"]
    execution.error = None if end is None else end["error"]
    execution.output = None if end is None else end["output"]
    execution.exec_worker = _NO_WORKER
    return execution


def _moment(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


# What moto asks of an execution's worker: its history and its map runs, which are not kept.
_NO_WORKER: Any = SimpleNamespace(
    stop=lambda **_: None,
    env=SimpleNamespace(
        event_manager=SimpleNamespace(get_event_history=list),
        map_run_record_pool_manager=SimpleNamespace(get=lambda _: None, get_all=list),
    ),
)
