"""Deliveries of events to the targets of rules.

As on AWS, deliveries are asynchronous, and one that fails concerns nobody else. The terminal says why it
failed, and the target's dead-letter queue gets the event. No delivery is tried again. A function, queue or
topic must let EventBridge in by its own policy. For other targets EventBridge takes the role that the
target names.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from moto.events.models import Rule

from local.account import Account
from local.iam.resource_policies import ResourcePolicies
from local.iam.roles import AssumeRoleError, Roles
from local.moto_patches.events import Event, send_by_moto
from local.scheduling.target_input import found_in, target_input
from local.terminal import Terminal

EVENTBRIDGE = "events.amazonaws.com"
Target = Mapping[str, Any]


class DeliveryError(Exception):
    """A target cannot get an event."""


class NotPermittedError(DeliveryError):
    """EventBridge may not send to a target."""


class Targets:
    """Sends events to functions, queues, topics, state machines, streams and log groups.

    moto itself sends them to archives, other buses and API destinations.
    """

    def __init__(
        self,
        *,
        account: Account,
        roles: Roles,
        policies: ResourcePolicies,
        invoke: Callable[[str, Any], Any],
        terminal: Terminal,
    ) -> None:
        self._account = account
        self._roles = roles
        self._policies = policies
        self._invoke = invoke
        self._terminal = terminal
        self._senders: dict[str, Callable[[Rule, Target, Event, str], None]] = {
            "lambda": self._to_function,
            "sqs": self._to_queue,
            "sns": self._to_topic,
            "states": self._to_state_machine,
            "kinesis": self._to_stream,
            "firehose": self._to_delivery_stream,
            "logs": self._to_log_group,
        }

    def deliver(self, rule: Rule, target: Target, event: Event) -> None:
        """Send an event to a target, soon."""
        threading.Thread(target=self._deliver, args=(rule, target, event), daemon=True).start()

    def _deliver(self, rule: Rule, target: Target, event: Event) -> None:
        arn = target["Arn"]
        service = arn.split(":")[2]
        try:
            if service == "events":
                send_by_moto(rule, dict(target), event)
                return
            if service not in self._senders:
                raise DeliveryError("the local run has no such targets")
            text = target_input(target, event, rule_name=rule.name, rule_arn=rule.arn)
            self._terminal.detail(rule.name, f"{event['detail-type']} to {arn}")
            self._senders[service](rule, target, event, text)
        except Exception as error:
            self._terminal.warn_once(f"rule {rule.name}: {arn} did not get an event: {error}")
            self._keep(rule, target, event, error)

    def _keep(self, rule: Rule, target: Target, event: Event, reason: Exception) -> None:
        """Send an event that its target did not get to the target's dead-letter queue, if it has one.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/rule-dlq.html
        """
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        if not queue:
            return
        attributes = {
            "RULE_ARN": rule.arn,
            "TARGET_ARN": target["Arn"],
            "ERROR_CODE": _error_code(reason),
            "ERROR_MESSAGE": str(reason) or repr(reason),
        }
        given = {name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()}
        try:
            self._send_message(rule, queue, json.dumps(event), MessageAttributes=given)
        except Exception as error:
            self._terminal.warn_once(f"rule {rule.name}: {queue} did not get a lost event: {error}")

    def _to_function(self, rule: Rule, target: Target, event: Event, text: str) -> None:
        self._require(rule, target["Arn"], "lambda:InvokeFunction")
        self._invoke(target["Arn"], json.loads(text))

    def _to_queue(self, rule: Rule, target: Target, event: Event, text: str) -> None:
        self._send_message(rule, target["Arn"], text, **(target.get("SqsParameters") or {}))

    def _send_message(self, rule: Rule, queue: str, text: str, **more: Any) -> None:
        self._require(rule, queue, "sqs:SendMessage")
        client = self._account.client("sqs")
        url = client.get_queue_url(QueueName=queue.rpartition(":")[2])["QueueUrl"]
        client.send_message(QueueUrl=url, MessageBody=text, **more)

    def _to_topic(self, rule: Rule, target: Target, event: Event, text: str) -> None:
        self._require(rule, target["Arn"], "sns:Publish")
        self._account.client("sns").publish(TopicArn=target["Arn"], Message=text)

    def _to_state_machine(self, rule: Rule, target: Target, event: Event, text: str) -> None:
        client = self._client("stepfunctions", rule, target)
        client.start_execution(stateMachineArn=target["Arn"], name=str(uuid.uuid4()), input=text)

    def _to_stream(self, rule: Rule, target: Target, event: Event, text: str) -> None:
        path = (target.get("KinesisParameters") or {}).get("PartitionKeyPath", "$.id")
        name = target["Arn"].rpartition("/")[2]
        self._client("kinesis", rule, target).put_record(
            StreamName=name, Data=text.encode(), PartitionKey=str(found_in(event, path))
        )

    def _to_delivery_stream(self, rule: Rule, target: Target, event: Event, text: str) -> None:
        name = target["Arn"].rpartition("/")[2]
        self._client("firehose", rule, target).put_record(
            DeliveryStreamName=name, Record={"Data": text.encode()}
        )

    def _to_log_group(self, rule: Rule, target: Target, event: Event, text: str) -> None:
        group, stream = target["Arn"].split(":log-group:")[1].removesuffix(":*"), str(uuid.uuid4())
        client = self._account.client("logs")
        client.create_log_stream(logGroupName=group, logStreamName=stream)
        line = {"timestamp": int(time.time() * 1000), "message": text}
        client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[line])

    def _require(self, rule: Rule, arn: str, action: str) -> None:
        if not self._policies.allows_service(EVENTBRIDGE, action, arn, source_arn=rule.arn):
            raise NotPermittedError(f"its policy does not let {EVENTBRIDGE} do {action} for {rule.arn}")

    def _client(self, service: str, rule: Rule, target: Target) -> Any:
        """A client with the role that the target names."""
        role = target.get("RoleArn") or rule.role_arn
        if not role:
            raise NotPermittedError("the target names no role (RoleArn)")
        credentials = self._roles.assume(role, service=EVENTBRIDGE, session=rule.name, source_arn=rule.arn)
        return self._account.client(service, credentials)


def _error_code(error: Exception) -> str:
    """One of the codes that EventBridge gives to lost events."""
    if isinstance(error, AssumeRoleError):
        return "FAILED_TO_ASSUME_ROLE"
    return "NO_PERMISSIONS" if isinstance(error, NotPermittedError) else "ERROR_FROM_TARGET"
