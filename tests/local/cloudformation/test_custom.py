"""Requests to the function of a custom resource, and its answers."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from local.cloudformation.custom import CustomResources, is_custom
from local.cloudformation.stacks import ResourceFailedError, ResourceRequest

REQUEST = ResourceRequest(
    "arn:stack", "s", "A", "Custom::X", {"ServiceToken": "f", "Number": 5, "On": True, "List": [1.5]}
)


class Function:
    """A function that answers, perhaps later and more than once."""

    def __init__(self, *answers: dict[str, Any], later: bool = False) -> None:
        self.answers, self.later = list(answers), later
        self.events: list[dict[str, Any]] = []
        self.refusals: list[str | None] = []
        self.custom = CustomResources(self.call, "http://127.0.0.1/", None)

    def call(self, token: str, event: dict[str, Any]) -> None:
        self.events.append(event)
        for answer in self.answers:
            body = json.dumps({"PhysicalResourceId": "p", **answer}).encode()
            key = event["ResponseURL"].rpartition("/")[2]
            send = lambda: self.refusals.append(self.custom.answer(key, body))  # noqa: B023, E731
            threading.Timer(0.02, send).start() if self.later else send()


def test_properties_arrive_as_texts() -> None:
    function = Function({"Status": "SUCCESS", "Data": {"Name": "n"}})
    created = function.custom.create(REQUEST)
    assert (created.ref, created.attributes) == ("p", {"Name": "n"})
    (event,) = function.events
    assert event["ResourceProperties"] == {"ServiceToken": "f", "Number": "5", "On": "true", "List": ["1.5"]}
    assert event["RequestType"] == "Create" and "PhysicalResourceId" not in event


def test_answer_that_comes_later_is_awaited() -> None:
    assert Function({"Status": "SUCCESS"}, later=True).custom.create(REQUEST).ref == "p"


def test_failure_has_the_reason_and_the_physical_id() -> None:
    with pytest.raises(ResourceFailedError, match="no such column") as caught:
        Function({"Status": "FAILED", "Reason": "no such column"}).custom.create(REQUEST)
    assert caught.value.physical_id == "p"


def test_missing_answer_times_out() -> None:
    properties = {**REQUEST.properties, "ServiceTimeout": "0.05"}
    with pytest.raises(ResourceFailedError, match="did not receive a response"):
        Function().custom.create(ResourceRequest("arn:stack", "s", "A", "Custom::X", properties))


def test_second_answer_changes_nothing_and_large_answers_are_refused() -> None:
    function = Function({"Status": "SUCCESS", "Data": {"x": "y" * 5000}}, {"Status": "SUCCESS"})
    function.custom.create(REQUEST)
    assert function.refusals[0] is not None and "4096" in function.refusals[0]
    assert (
        function.custom.answer(function.events[0]["RequestId"], b"{}") == "no request waits for this answer"
    )


def test_request_can_arrive_twice() -> None:
    function = Function({"Status": "SUCCESS"})
    twice = CustomResources(function.call, "http://127.0.0.1/", None, deliveries=2)
    function.custom = twice
    twice.create(REQUEST)
    assert [event["RequestId"] for event in function.events] == [function.events[0]["RequestId"]] * 2


def test_types_of_personalize_need_no_token() -> None:
    assert is_custom("AWS::Personalize::Schema") and not is_custom("AWS::S3::Bucket")
    with pytest.raises(ResourceFailedError, match="ServiceToken is missing"):
        Function().custom.create(ResourceRequest("arn:stack", "s", "A", "AWS::Personalize::Schema", {}))
