"""The optional members that we add to GetRecommendations, for clients with and without the overlay."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ParamValidationError

from scripts.client_models import TARGET
from tastemaker.wire import Service
from tests.contract.server import running

ANSWER = {"itemList": [{"itemId": "dune", "score": 0.5}], "recommendationId": "RID-1"}
EVENT = {"itemId": "alien", "eventType": "view", "timestamp": 100, "influence": 0.25}
SOURCE = "stored; reason=cold-start; job=nightly; as-of=1970-01-01T00:15:00Z"


def get_recommendations(params: dict[str, Any]) -> dict[str, Any]:
    """An answer with explanations if the request has `explain`, and from a list if the user is "listed"."""
    answer: dict[str, Any] = dict(ANSWER)
    if params.get("explain"):
        answer["explanations"] = [{"itemId": "dune", "because": [EVENT]}]
    if params.get("userId") == "listed":
        answer["source"] = SOURCE
    return answer


@pytest.fixture(scope="module")
def client_with() -> Iterator[Callable[[str], Any]]:
    """Makes a client whose botocore searches a folder for models, besides its own."""
    with running(Service("personalize-runtime"), {"GetRecommendations": get_recommendations}) as endpoint:

        def client(models: str) -> Any:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("AWS_DATA_PATH", models)
                session = boto3.Session("key", "secret", region_name="eu-west-1")
                config = Config(retries={"max_attempts": 0})
                return session.client("personalize-runtime", endpoint_url=endpoint, config=config)

        yield client


def members(response: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in response.items() if name != "ResponseMetadata"}


def test_a_client_with_the_overlay_gets_explanations_only_if_it_asks(client_with):
    client = client_with(str(TARGET))
    assert members(client.get_recommendations(userId="ann")) == ANSWER
    explained = client.get_recommendations(userId="ann", explain=True)
    ((event,),) = [one["because"] for one in explained["explanations"]]
    assert event == {**EVENT, "timestamp": datetime.fromtimestamp(100, event["timestamp"].tzinfo)}


def test_a_client_with_the_overlay_gets_the_source_of_an_answer_from_a_list(client_with):
    client = client_with(str(TARGET))
    assert "source" not in client.get_recommendations(userId="ann")
    assert client.get_recommendations(userId="listed")["source"] == SOURCE


def test_an_unmodified_client_gets_exactly_the_answer_of_the_service(client_with):
    client = client_with("")
    for user in ("ann", "listed"):
        assert members(client.get_recommendations(userId=user)) == ANSWER
    with pytest.raises(ParamValidationError, match="explain"):
        client.get_recommendations(userId="ann", explain=True)


def test_the_body_has_no_member_that_the_service_does_not_have():
    service = Service("personalize-runtime")
    plain = service.serialize("GetRecommendations", get_recommendations({"userId": "ann"}))
    listed = service.serialize("GetRecommendations", get_recommendations({"userId": "listed"}))
    assert listed.body == plain.body
    assert listed.headers == {**plain.headers, "x-tastemaker-source": SOURCE}
