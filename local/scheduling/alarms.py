"""CloudWatch alarms: what happens when SetAlarmState changes the state of an alarm.

moto stores alarms and their states. It performs no actions, and no metric changes a state. Here an alarm
publishes to its topics if the topic's policy lets CloudWatch do so. On AWS a refused message is lost, and
only the history of the alarm shows it. A composite alarm follows the alarms that its rule names.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
"""

from __future__ import annotations

import json
import re
import time
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

from local.account import Account
from local.iam.resource_policies import ResourcePolicies
from local.terminal import Terminal

CLOUDWATCH = "cloudwatch.amazonaws.com"


def alarms_of(rule: str) -> list[str]:
    """The names or ARNs of the alarms in the rule of a composite alarm.

    Raises ValueError unless the rule is `ALARM("…")` or several of these joined by OR, in parentheses or not.
    """
    inner = rule[1:-1] if rule.startswith("(") and rule.endswith(")") else rule
    found = [re.fullmatch(r"""ALARM\(["']?([^"'()]+)["']?\)""", part.strip()) for part in inner.split(" OR ")]
    if not all(found):
        raise ValueError(f'the local run reads rules such as ALARM("a") OR ALARM("b"), and not {rule}')
    return [match[1] for match in found if match is not None]


class Alarms:
    """Performs the actions of the account's alarms."""

    def __init__(self, account: Account, policies: ResourcePolicies, terminal: Terminal) -> None:
        self._backend = cloudwatch_backends[account.id][account.region]
        self._account = account
        self._policies = policies
        self._terminal = terminal

    def states(self) -> dict[str, str]:
        """The state of each alarm by name: OK, ALARM or INSUFFICIENT_DATA."""
        return {name: alarm.state_value for name, alarm in self._backend.alarms.items()}

    def act_on_changes(self, before: dict[str, str]) -> None:
        """Perform the actions of the alarms whose states differ from those `before`."""
        self._update_composites()
        for name, alarm in list(self._backend.alarms.items()):
            old = before.get(name)
            if old is None or old == alarm.state_value or not alarm.actions_enabled:
                continue
            for action in _actions(alarm):
                self._perform(action, alarm, old)

    def _update_composites(self) -> None:
        """Set the state of each composite alarm to ALARM while one of its alarms has it, and else to OK."""
        ringing = {
            key
            for name, alarm in self._backend.alarms.items()
            if alarm.state_value == "ALARM"
            for key in (name, alarm.alarm_arn)
        }
        for alarm in self._backend.alarms.values():
            if alarm.rule is None:
                continue
            set_off = [key for key in alarms_of(alarm.rule) if key in ringing]
            state = "ALARM" if set_off else "OK"
            if state != alarm.state_value:
                alarm.update_state(f"{', '.join(set_off) or 'no alarm'} is in ALARM", "{}", state)

    def _perform(self, action: str, alarm: Any, old: str) -> None:
        if ":sns:" not in action:
            self._terminal.warn_once(f"The alarm {alarm.name} does not perform the action {action} here.")
        elif not self._policies.allows_service(CLOUDWATCH, "sns:Publish", action, source_arn=alarm.alarm_arn):
            self._terminal.warn(
                f"The alarm {alarm.name} did not publish to {action}: the policy of the topic does not allow "
                f"{CLOUDWATCH} to do so."
            )
        else:
            message = json.dumps(self._message(alarm, old))
            subject = f'{alarm.state_value}: "{alarm.name}" in {self._account.region}'[:100]
            self._account.client("sns").publish(TopicArn=action, Subject=subject, Message=message)

    def _message(self, alarm: Any, old: str) -> dict[str, Any]:
        return {
            "AlarmName": alarm.name,
            "AlarmDescription": alarm.description,
            "AWSAccountId": self._account.id,
            "NewStateValue": alarm.state_value,
            "NewStateReason": alarm.state_reason,
            "StateChangeTime": time.strftime("%Y-%m-%dT%H:%M:%S.000+0000", time.gmtime()),
            "Region": self._account.region,
            "AlarmArn": alarm.alarm_arn,
            "OldStateValue": old,
            "Trigger": {
                "MetricName": alarm.metric_name,
                "Namespace": alarm.namespace,
                "Threshold": alarm.threshold,
            },
        }


def _actions(alarm: Any) -> list[str]:
    """The actions of an alarm for its present state."""
    actions: list[str] = {
        "ALARM": alarm.alarm_actions,
        "OK": alarm.ok_actions,
        "INSUFFICIENT_DATA": alarm.insufficient_data_actions,
    }[alarm.state_value]
    return actions
