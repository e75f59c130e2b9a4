"""Subscriptions and policies of topics and queues, created by calls of SNS and SQS."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from botocore.exceptions import ClientError

from local.account import Account
from local.cloudformation.client_types import ignore
from local.cloudformation.stacks import ResourceRequest
from local.template import Physical

_ATTRIBUTES = (
    *("DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy"),
    "SubscriptionRoleArn",
)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


class Subscriptions:
    """`AWS::SNS::Subscription`. A change makes another subscription, and the old one is deleted."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self, request: ResourceRequest) -> Physical:
        given = request.properties
        attributes = {name: _text(given[name]) for name in _ATTRIBUTES if name in given}
        made = self._account.client("sns").subscribe(
            TopicArn=given["TopicArn"],
            Protocol=given["Protocol"],
            Endpoint=given["Endpoint"],
            Attributes=attributes,
            ReturnSubscriptionArn=True,
        )
        return Physical(str(made["SubscriptionArn"]))

    def update(self, request: ResourceRequest) -> Physical:
        self.delete(request)
        return self.create(request)

    def delete(self, request: ResourceRequest) -> None:
        try:
            self._account.client("sns").unsubscribe(SubscriptionArn=request.physical_id)
        except ClientError as error:
            ignore(["NotFound", "NotFoundException"], error)


class _Policies:
    """One policy for several targets. A target that leaves the resource has the policy of a new one again."""

    targets = ""
    """The property that lists the targets."""
    missing: Sequence[str] = ()
    """The codes of a service that say that a target does not exist."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self, request: ResourceRequest) -> Physical:
        for target in request.properties[self.targets]:
            self._set(target, _text(request.properties["PolicyDocument"]))
        return Physical(request.physical_id or f"{request.stack_name}-{request.logical_id}")

    def update(self, request: ResourceRequest) -> Physical:
        changed = self.create(request)
        before = (request.old or {}).get(self.targets, ())
        self._reset([one for one in before if one not in request.properties[self.targets]])
        return changed

    def delete(self, request: ResourceRequest) -> None:
        self._reset(request.properties[self.targets])

    def _reset(self, targets: Iterable[str]) -> None:
        for target in targets:
            try:
                self._set(target, self._initial(target))
            except ClientError as error:
                ignore(self.missing, error)

    def _set(self, target: str, policy: str) -> None:
        raise NotImplementedError

    def _initial(self, target: str) -> str:
        raise NotImplementedError


class TopicPolicies(_Policies):
    """`AWS::SNS::TopicPolicy`. A topic without it has AWS's default policy."""

    targets = "Topics"
    missing = ("NotFound", "NotFoundException")

    def _set(self, target: str, policy: str) -> None:
        self._account.client("sns").set_topic_attributes(
            TopicArn=target, AttributeName="Policy", AttributeValue=policy
        )

    def _initial(self, target: str) -> str:
        return json.dumps(_default_policy(target))


class QueuePolicies(_Policies):
    """`AWS::SQS::QueuePolicy`. A queue without it has none."""

    targets = "Queues"
    missing = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")

    def _set(self, target: str, policy: str) -> None:
        self._account.client("sqs").set_queue_attributes(QueueUrl=target, Attributes={"Policy": policy})

    def _initial(self, target: str) -> str:
        return ""


def _default_policy(topic: str) -> dict[str, Any]:
    """The policy of a new topic: its account may use it.

    https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
    """
    actions = "GetTopicAttributes SetTopicAttributes AddPermission RemovePermission DeleteTopic Subscribe"
    actions += " ListSubscriptionsByTopic Publish"
    statement = {
        "Effect": "Allow",
        "Sid": "__default_statement_ID",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{name}" for name in actions.split()],
        "Resource": topic,
        "Condition": {"StringEquals": {"AWS:SourceOwner": topic.split(":")[4]}},
    }
    return {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}
