"""moto delivers a topic's messages to a queue without looking at the queue's policy.

On AWS the policy of the queue must let `sns.amazonaws.com` send messages for the topic. Otherwise the message
is lost.
https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.sns.models import Subscription

_publish = Subscription.publish


def install(may_send: Callable[[str, str], bool]) -> None:
    """Deliver to a queue only if `may_send(topic ARN, queue ARN)`; a second call replaces the first."""

    def publish(self: Subscription, *args: Any, **kwargs: Any) -> None:
        if self.protocol != "sqs" or may_send(self.topic.arn, self.endpoint):
            _publish(self, *args, **kwargs)

    Subscription.publish = publish  # type: ignore[method-assign]
