"""A failed execution raises the alarm, and the alarm's message reaches a subscriber of its topic."""

from __future__ import annotations

import json
from typing import Any

from deployment.smoke.context import Context, check
from deployment.smoke.steps.lifecycle import machine_arn
from infrastructure.settings.monitoring import NONE
from tastemaker.contracts.workflow_names import IMPORT

ALARM = "WorkflowFailures"
ALARM_SECONDS = 15 * 60.0
MESSAGE_SECONDS = 120.0


def alarms(context: Context) -> str:
    """Start an execution that must fail, and wait for the message of the alarm in a queue of this run.

    A local run has no metrics of EventBridge, so there the state of the alarm is set by hand.
    """
    cloudwatch = context.target.client("cloudwatch")
    if context.target.stage.monitoring.alarms == NONE:
        return "the stage has no alarms (monitoring.alarms), so none was checked"
    name = f"{context.target.stage.stack_name}-{ALARM}"
    found = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    check(len(found) == 1, f"there is no alarm {name}")
    check(bool(found[0]["AlarmActions"]), f"the alarm {name} has no action: nobody learns of it")
    topic = found[0]["AlarmActions"][0]
    _fail_an_execution(context)
    sns, sqs = context.target.client("sns"), context.target.client("sqs")
    queue = sqs.create_queue(QueueName=context.run)["QueueUrl"]
    subscription = ""
    try:
        subscription = _subscribe(sns, sqs, queue, topic)
        if context.target.is_local:
            cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="smoke test")
        else:
            context.until(lambda: _state(cloudwatch, name) == "ALARM", f"the alarm {name}", ALARM_SECONDS)
        context.until(lambda: _received(sqs, queue, name), f"the message of {name}", MESSAGE_SECONDS)
    finally:
        if subscription:
            sns.unsubscribe(SubscriptionArn=subscription)
        sqs.delete_queue(QueueUrl=queue)
        if context.target.is_local:
            cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="smoke test")
    raised = "was set" if context.target.is_local else "was raised by a failed execution"
    return f"{name} {raised}, and its message reached a subscriber of the topic"


def _fail_an_execution(context: Context) -> None:
    """The import workflow rejects an input that names no job."""
    states = context.target.client("stepfunctions")
    execution = states.start_execution(stateMachineArn=machine_arn(context, IMPORT), input="{}")[
        "executionArn"
    ]
    ended = context.until(
        lambda: (
            found
            if (found := states.describe_execution(executionArn=execution))["status"] != "RUNNING"
            else None
        ),
        "an import without a job",
        300,
    )
    check(ended["status"] == "FAILED", f"an import without a job ended {ended['status']}, not FAILED")


def _subscribe(sns: Any, sqs: Any, queue: str, topic: str) -> str:
    """Let the topic send to the queue. Returns the subscription."""
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    return str(sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"])


def _state(cloudwatch: Any, name: str) -> str:
    return str(cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"])


def _received(sqs: Any, queue: str, name: str) -> bool:
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get(
        "Messages", ()
    )
    return any(name in message["Body"] for message in messages)
