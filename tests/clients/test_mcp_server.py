"""The tools of the MCP server, on boto3 clients with the models of the deployment."""

import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from clients.mcp_server import MODELS, Settings, Tools, main, parser, readable
from scripts.client_models import TARGET

CAMPAIGN = "arn:aws:personalize:eu-west-1:123456789012:campaign/for-you"
SIMILAR = "arn:aws:personalize:eu-west-1:123456789012:campaign/similar"
SETTINGS = Settings(CAMPAIGN, SIMILAR, "films", "tracking", ("TITLE",), writes=True)
ITEM = {"itemId": "dune", "score": 0.5, "metadata": {"title": "Dune"}, "reason": ["x"]}


@pytest.fixture
def clients() -> Iterator[dict[str, Any]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "AWS_DATA_PATH", str(TARGET))
        session = boto3.Session("key", "secret", region_name="eu-west-1")
        services = ("personalize-runtime", "personalize-events", "tastemaker")
        endpoint = "http://127.0.0.1:1"
        yield {name: session.client(name, endpoint_url=endpoint) for name in services}


@pytest.fixture
def tools(clients: dict[str, Any]) -> Tools:
    return Tools(SETTINGS, clients.__getitem__, no_search)


def no_search(path: str, body: Any) -> Any:
    raise AssertionError(f"{path} is asked")


def stub(clients: dict[str, Any], service: str, operation: str, answer: Any, request: Any) -> Stubber:
    stubber = Stubber(clients[service])
    stubber.add_response(operation, answer, request)
    stubber.activate()
    return stubber


def test_recommendations_have_ids_scores_and_metadata(tools: Tools, clients: dict[str, Any]) -> None:
    request = {
        "campaignArn": CAMPAIGN,
        "userId": "ann",
        "context": {"DEVICE": "tv"},
        "numResults": 3,
        "metadataColumns": {"ITEMS": ["TITLE"]},
    }
    answer = {"itemList": [ITEM], "recommendationId": "RID-1"}
    stub(clients, "personalize-runtime", "get_recommendations", answer, request)
    found = tools.recommend("ann", 3, {"DEVICE": "tv"})
    item = {name: ITEM[name] for name in ("itemId", "score", "metadata")}
    assert found == {"items": [item], "recommendationId": "RID-1"}


def test_similar_items_come_from_their_own_campaign(tools: Tools, clients: dict[str, Any]) -> None:
    request = {
        "campaignArn": SIMILAR,
        "itemId": "dune",
        "numResults": 10,
        "metadataColumns": {"ITEMS": ["TITLE"]},
    }
    answer = {"itemList": [], "recommendationId": "RID-1"}
    stub(clients, "personalize-runtime", "get_recommendations", answer, request)
    assert tools.similar("dune")["items"] == []


def test_search_returns_ids_scores_and_wanted_columns(clients: dict[str, Any]) -> None:
    asked: list[tuple[str, Any]] = []

    def post(path: str, body: Any) -> Any:
        asked.append((path, body))
        hit = {"_id": "dune", "_score": 2.5, "_source": {"TITLE": "Dune", "SECRET": "x"}}
        return {"hits": {"hits": [hit]}}

    found = Tools(SETTINGS, clients.__getitem__, post).search("desert planet", 3)
    assert found == {"items": [{"itemId": "dune", "score": 2.5, "metadata": {"TITLE": "Dune"}}]}
    ((path, body),) = asked
    assert path == "/search/films/_search"
    assert body == {"query": {"multi_match": {"query": "desert planet", "fields": ["*"]}}, "size": 3}


def test_explanations_are_sentences(tools: Tools, clients: dict[str, Any]) -> None:
    answer = {
        "row": {"text": "Because you watched Alien", "source": "template"},
        "items": [{"itemId": "dune", "text": "Because you watched Alien", "source": "template"}],
    }
    request = {"campaignArn": CAMPAIGN, "userId": "ann", "numResults": 5, "language": "de"}
    stub(clients, "tastemaker", "explain_recommendations", answer, request)
    assert tools.explain("ann", language="de") == answer


def test_event_is_sent_to_the_tracker(tools: Tools, clients: dict[str, Any]) -> None:
    request = {"trackingId": "tracking", "userId": "ann", "sessionId": "s", "eventList": ANY}
    stubber = stub(clients, "personalize-events", "put_events", {}, request)
    assert tools.send_event("ann", "s", "watch", "dune") == {"sent": 1}
    stubber.assert_no_pending_responses()


def test_server_is_read_only_unless_writes_are_allowed(clients: dict[str, Any]) -> None:
    def offered(settings: Settings) -> set[str]:
        return set(Tools(settings, clients.__getitem__, no_search).listed())

    assert offered(SETTINGS) == {"recommend", "similar", "search", "explain", "send_event"}
    assert offered(Settings(CAMPAIGN, SIMILAR, "", "tracking")) == {"recommend", "similar", "explain"}
    assert offered(Settings(CAMPAIGN, search="films")) == {"recommend", "explain", "search"}
    assert offered(Settings(CAMPAIGN)) == {"recommend", "explain"}
    assert not parser().parse_args(["--campaign", CAMPAIGN]).allow_writes


def test_count_beyond_the_limit_is_an_error_for_the_agent(tools: Tools) -> None:
    with pytest.raises(ValueError, match="from 1 to 25"):
        tools.recommend("ann", 26)


def test_error_has_a_message_for_the_agent(tools: Tools) -> None:
    class ToolError(Exception):
        pass

    with pytest.raises(ToolError, match="from 1 to 25"):
        readable(tools.recommend, ToolError)("ann", count=99)


def test_writes_need_a_tracker(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--campaign", CAMPAIGN, "--allow-writes"]) == 2
    assert "--tracking-id" in capsys.readouterr().err


def test_server_uses_the_models_beside_it() -> None:
    assert MODELS == TARGET
