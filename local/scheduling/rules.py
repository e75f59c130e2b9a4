"""EventBridge rules for executions that end, which moto does not send.

The only event is "Step Functions Execution Status Change", sent once for each execution that has ended
(https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html): to the functions of the
template's rules, and to the default bus, where programs have rules.
"""

from __future__ import annotations

import datetime
import json
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from local.account import Account
from local.moto_patches.events import Event, send_to_bus, service_event
from local.scheduling.ticking import TICK_SECONDS, Ticking
from local.terminal import Terminal

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


class Rules(Ticking):
    """Checks twice a second which executions have ended, and sends their events."""

    thread_name = "rules"

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
        super().__init__()
        self._listener = listener
        self._rules = list(rules)
        self._account = account
        self._invoke = invoke
        self._terminal = terminal
        self._told = set(told)

    def tick(self) -> None:
        """Send the events of the executions that have ended since the last tick."""
        try:
            self._send_ended()
        except Exception as error:
            self._terminal.warn_once(f"rules: {error}")

    def _send_ended(self) -> None:
        backend = stepfunctions_parser_backends[self._account.id][self._account.region]
        # moto writes the end's time first and the rest a moment later
        settled = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=TICK_SECONDS / 2)
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
        send_to_bus(event)
        if self._listener and not self._stopped.is_set():
            self._listener(execution)

    def _event(self, machine_arn: str, execution: Any) -> Event:
        detail = {
            "executionArn": execution.execution_arn,
            "stateMachineArn": machine_arn,
            "name": execution.name,
            "status": str(execution.status),
            "startDate": int(execution.start_date.timestamp() * 1000),
            "stopDate": int(execution.stop_date.timestamp() * 1000),
            "input": json.dumps(execution.input_data),
            "output": None if execution.output is None else json.dumps(execution.output),
            "error": execution.error,
            "cause": execution.cause,
        }
        place = {"account": self._account.id, "region": self._account.region}
        return service_event(SOURCE, DETAIL_TYPE, [execution.execution_arn], detail, **place)
