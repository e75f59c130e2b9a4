"""EventBridge rules for executions that end, which moto does not send.

The only event is "Step Functions Execution Status Change", sent once for each execution that has ended
(https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html), to functions.
"""

from __future__ import annotations

import datetime
import json
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from local.account import Account
from local.terminal import Terminal

_TICK_SECONDS = 0.5
SOURCE, DETAIL_TYPE = "aws.states", "Step Functions Execution Status Change"


@dataclass(frozen=True)
class Rule:
    """Which events go to which functions."""

    name: str
    pattern: Mapping[str, Any]
    functions: tuple[str, ...]  # ARNs


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether an event has, for each member of the pattern, one of the values that the pattern lists.

    Operators such as `{"prefix": …}` are compared as plain values here, so no event matches them.
    """
    for name, wanted in pattern.items():
        found = event.get(name)
        if isinstance(wanted, Mapping):
            if not (isinstance(found, Mapping) and matches(wanted, found)):
                return False
        elif found not in wanted:
            return False
    return True


class Rules:
    """Checks twice a second which executions have ended, and sends their events to the rules' functions."""

    def __init__(
        self,
        rules: Iterable[Rule],
        *,
        account: Account,
        invoke: Callable[[str, Any], Any],
        terminal: Terminal,
        told: Collection[str] = (),
        listener: Callable[[Any], None] | None = None,
    ) -> None:
        """Nothing happens until `start`.

        `told` are ARNs of executions whose events were sent in an earlier run. `listener` gets each execution
        that has ended, after its event has been sent.
        """
        self._listener = listener
        self._rules = list(rules)
        self._account = account
        self._invoke = invoke
        self._terminal = terminal
        self._told = set(told)
        self._stopped = threading.Event()

    def start(self) -> None:
        if self._rules or self._listener:
            threading.Thread(target=self._run, name="rules", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(_TICK_SECONDS):
            try:
                self._tick()
            except Exception as error:
                self._terminal.warn_once(f"rules: {error}")

    def _tick(self) -> None:
        backend = stepfunctions_parser_backends[self._account.id][self._account.region]
        # moto writes the end's time first and the rest a moment later
        settled = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=_TICK_SECONDS / 2)
        for machine in list(backend.state_machines):
            for execution in list(machine.executions):
                ended = execution.stop_date
                if ended and ended < settled and execution.execution_arn not in self._told:
                    self._told.add(execution.execution_arn)
                    threading.Thread(target=self._send, args=(machine.arn, execution), daemon=True).start()

    def _send(self, machine_arn: str, execution: Any) -> None:
        event = self._event(machine_arn, execution)
        for rule in self._rules:
            if matches(rule.pattern, event):
                self._terminal.detail(rule.name, f"{event['detail']['name']} {event['detail']['status']}")
                for function in rule.functions:
                    self._invoke(function, event)
        if self._listener and not self._stopped.is_set():
            self._listener(execution)

    def _event(self, machine_arn: str, execution: Any) -> dict[str, Any]:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": DETAIL_TYPE,
            "source": SOURCE,
            "account": self._account.id,
            "time": now,
            "region": self._account.region,
            "resources": [execution.execution_arn],
            "detail": {
                "executionArn": execution.execution_arn,
                "stateMachineArn": machine_arn,
                "name": execution.name,
                "status": str(execution.status),
                "input": json.dumps(execution.input_data),
                "error": execution.error,
                "cause": execution.cause,
            },
        }
