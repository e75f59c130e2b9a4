"""A denied request reaches a program as the error of its client."""

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tastemaker.errors import AccessDenied
from tastemaker.wire import Service
from tests.contract.server import running
from tests.tastemaker.test_authorization import DATA_REQUESTS

EVENTS = {"trackingId": "t", "sessionId": "s", "eventList": [{"eventType": "watch", "sentAt": 1}]}
MESSAGE = (
    "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: personalize:X on resource: *"
)


def deny(operation: str, params: Any) -> None:
    raise AccessDenied(MESSAGE)


def never(params: Any) -> None:
    raise AssertionError("A denied operation must not run.")


@pytest.mark.parametrize(
    ("service", "operation", "request_of", "status"),
    [
        ("personalize", "ListRecipes", {}, 400),
        ("personalize-runtime", "GetRecommendations", DATA_REQUESTS["GetRecommendations"], 403),
        ("personalize-events", "PutEvents", EVENTS, 403),
    ],
)
def test_denied_request_gets_code_status_and_message(
    service: str, operation: str, request_of: dict[str, Any], status: int
) -> None:
    session = boto3.Session("key", "secret", region_name="eu-west-1")
    config = Config(retries={"max_attempts": 0}, parameter_validation=False)
    with running(Service(service), {operation: never}, deny) as endpoint:
        client = session.client(service, endpoint_url=endpoint, config=config)
        method = {name: python for python, name in client.meta.method_to_api_mapping.items()}[operation]
        with pytest.raises(ClientError) as caught:
            getattr(client, method)(**request_of)
    error = caught.value.response
    assert error["Error"] == {"Code": "AccessDeniedException", "Message": MESSAGE}
    assert error["ResponseMetadata"]["HTTPStatusCode"] == status
