"""The on-failure destination of an event source mapping: where records go that Lambda gives up.

A queue or a topic gets a description of the batch: its shard and its sequence numbers. Only a bucket gets the
records themselves.
https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

from __future__ import annotations

import datetime
import json
import uuid
from typing import Any

from local.account import Account
from local.iam.roles import Roles

# What the function's role needs on the destination. Lambda checks it when the mapping is created.
_PERMISSIONS = {
    "sqs": (("sqs:SendMessage", ""),),
    "sns": (("sns:Publish", ""),),
    "s3": (("s3:PutObject", "/aws/lambda/*"), ("s3:ListBucket", "")),
}


def service_of(destination_arn: str) -> str:
    """The service of a destination: `sqs`, `sns` or `s3`. Raises ValueError for any other ARN."""
    service = destination_arn.split(":")[2]
    if service not in _PERMISSIONS:
        raise ValueError(f"The local run sends failed batches to sqs, sns and s3, not to {service}.")
    return service


def required_permissions(destination_arn: str) -> list[tuple[str, str]]:
    """The (action, resource) pairs that the function's role must be allowed."""
    return [
        (action, destination_arn + suffix) for action, suffix in _PERMISSIONS[service_of(destination_arn)]
    ]


class FailureDestination:
    """Sends invocation records to one destination with the credentials of the function's role."""

    def __init__(
        self,
        destination_arn: str,
        *,
        mapping_id: str,
        function_arn: str,
        role_arn: str,
        account: Account,
        roles: Roles,
    ) -> None:
        self._arn = destination_arn
        self._mapping_id = mapping_id
        self._function_arn = function_arn
        self._role_arn = role_arn
        self._account = account
        self._roles = roles

    def __call__(self, document: dict[str, Any], event: dict[str, Any]) -> None:
        """Send the invocation record `document` of the failed invocation with `event`."""
        service = service_of(self._arn)
        credentials = self._roles.assume(
            self._role_arn, service="lambda.amazonaws.com", session="event-source"
        )
        client = self._account.client(service, credentials)
        name = self._arn.rsplit(":", 1)[-1]
        if service == "s3":
            body = document | {"payload": json.dumps(event)}
            key = object_key(self._mapping_id, document["KinesisBatchInfo"]["shardId"])
            client.put_object(Bucket=name, Key=key, Body=json.dumps(body).encode())
        elif service == "sns":
            client.publish(TopicArn=self._arn, Message=json.dumps(document))
        else:
            url = f"{self._account.endpoint}/{self._account.id}/{name}"
            client.send_message(QueueUrl=url, MessageBody=json.dumps(document))


def object_key(mapping_id: str, shard: str, at: datetime.datetime | None = None) -> str:
    """The key of a record: `aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<UUID>`."""
    at = at or datetime.datetime.now(datetime.UTC)
    return f"aws/lambda/{mapping_id}/{shard}/{at:%Y/%m/%d}/{at:%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}"
