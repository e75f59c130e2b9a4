"""Rules of EventBridge with a schedule: moto stores them, and this module sends their events.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
"""

from __future__ import annotations

import time
from collections.abc import Callable

from moto.events.models import Rule, events_backends

from local.account import Account
from local.moto_patches.events import DEFAULT_BUS, Deliver, service_event
from local.scheduling.schedules import is_due
from local.scheduling.ticking import Ticking
from local.terminal import Terminal


class ScheduledRules(Ticking):
    """Checks twice a second which rules are due.

    A rule with a rate is due for the first time one interval after it was made, changed or enabled.
    """

    thread_name = "scheduled rules"

    def __init__(
        self, account: Account, deliver: Deliver, terminal: Terminal, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__()
        self._account = account
        self._deliver = deliver
        self._terminal = terminal
        self._clock = clock
        self._since = clock()
        self._starts: dict[tuple[str, str], float] = {}  # by name and expression

    def tick(self) -> None:
        """Send the event of every rule that became due since the last tick."""
        since, self._since = self._since, self._clock()
        bus = events_backends[self._account.id][self._account.region].event_buses[DEFAULT_BUS]
        enabled = {
            (rule.name, rule.scheduled_expression): rule
            for rule in list(bus.rules.values())
            if rule.scheduled_expression and rule.state == "ENABLED"
        }
        self._starts = {key: self._starts.get(key, self._since) for key in enabled}
        for key, rule in enabled.items():
            try:
                if self._starts[key] < self._since and is_due(
                    key[1], start=self._starts[key], since=max(since, self._starts[key]), until=self._since
                ):
                    self._send(rule)
            except Exception as error:
                self._terminal.warn_once(f"rule {rule.name}: {error}")

    def _send(self, rule: Rule) -> None:
        self._terminal.line("rule", f"{rule.name} is due")
        place = {"account": self._account.id, "region": self._account.region}
        event = service_event("aws.events", "Scheduled Event", [rule.arn], {}, **place)
        for target in list(rule.targets):
            self._deliver(rule, target, event)
