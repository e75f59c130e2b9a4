"""Clients give what botocore's own would give."""

import json
from io import BytesIO
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.session import get_session

from lambdas.support.clients import client

ITEM = {
    "profile": {"S": "shop#ann"},
    "price": {"N": "1.5"},
    "seen": {"BOOL": True},
    "nothing": {"NULL": True},
    "tags": {"SS": ["a", "b"]},
    "counts": {"NS": ["1", "2"]},
    "nested": {"M": {"list": {"L": [{"S": "x"}, {"M": {}}]}}},
}
ANSWERS = {
    "query": {"Items": [ITEM, {}], "Count": 2, "LastEvaluatedKey": {"profile": {"S": "p"}}},
    "get_item": {"Item": ITEM},
    "batch_write_item": {"UnprocessedItems": {"t": [{"PutRequest": {"Item": ITEM}}]}},
    "batch_get_item": {"Responses": {"t": [ITEM]}, "UnprocessedKeys": {"t": {"Keys": [ITEM]}}},
}
ASKED: dict[str, dict[str, Any]] = {
    "query": {"TableName": "t"},
    "get_item": {"TableName": "t", "Key": {"profile": {"S": "p"}}},
    "batch_write_item": {"RequestItems": {"t": [{"DeleteRequest": {"Key": {}}}]}},
    "batch_get_item": {"RequestItems": {"t": {"Keys": [{"profile": {"S": "p"}}]}}},
}


class Body(BytesIO):
    """What urllib3 hands out of a response."""

    def stream(self, *args: Any, **kwargs: Any) -> Any:
        yield self.read()


@pytest.mark.parametrize("operation", ANSWERS)
def test_items_are_read_as_botocore_reads_them(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    def answer(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, 200, {}, Body(json.dumps(ANSWERS[operation]).encode()))

    found = []
    for one in (client("dynamodb"), get_session().create_client("dynamodb", region_name="eu-west-1")):
        one.meta.events.register("before-send.dynamodb", answer)
        found.append({**getattr(one, operation)(**ASKED[operation]), "ResponseMetadata": None})
    assert found[0] == found[1]
    assert found[0].items() >= ANSWERS[operation].items()
