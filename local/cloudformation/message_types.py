"""Subscriptions and policies of topics and queues, created by calls of SNS and SQS."""

from __future__ import annotations

import json
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


class TopicPolicies:
    """`AWS::SNS::TopicPolicy`. A topic without it has the policy that its owner decides."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self, request: ResourceRequest) -> Physical:
        for topic in request.properties["Topics"]:
            self._account.client("sns").set_topic_attributes(
                TopicArn=topic,
                AttributeName="Policy",
                AttributeValue=_text(request.properties["PolicyDocument"]),
            )
        return Physical(request.physical_id or f"{request.stack_name}-{request.logical_id}")

    def update(self, request: ResourceRequest) -> Physical:
        return self.create(request)

    def delete(self, request: ResourceRequest) -> None:
        """Nothing: the topic of a stack is deleted after its policy, and a policy cannot be taken away."""


class QueuePolicies:
    """`AWS::SQS::QueuePolicy`."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self, request: ResourceRequest) -> Physical:
        self._set(request, _text(request.properties["PolicyDocument"]))
        return Physical(request.physical_id or f"{request.stack_name}-{request.logical_id}")

    def update(self, request: ResourceRequest) -> Physical:
        return self.create(request)

    def delete(self, request: ResourceRequest) -> None:
        try:
            self._set(request, "")
        except ClientError as error:
            ignore(["AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"], error)

    def _set(self, request: ResourceRequest, policy: str) -> None:
        for queue in request.properties["Queues"]:
            self._account.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
