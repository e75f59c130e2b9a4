"""The blueprint for OpenSearch: what its connector sends, and what its pipeline reads of the answer.

OpenSearch itself is not here. Templates are filled as its documentation says: a parameter that is a list is
written as JSON, and a text without quotation marks.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tastemaker.serving.personalized_ranking import get_personalized_ranking
from tastemaker.wire import Service
from tests.tastemaker.serving.conftest import cinema
from tests.tastemaker.serving.films import PREFIX, Cinema

__all__ = ["cinema"]

FOLDER = Path(__file__).parents[2] / "examples" / "opensearch-ml"
FILMS = ["alien", "brazil", "casablanca", "dune", "nobody knows it"]


def read(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def filled(template: str, parameters: dict[str, Any]) -> str:
    """A template of ML Commons with its parameters. Each must be given."""

    def value(match: re.Match[str]) -> str:
        given = parameters[match[1]]
        return given if isinstance(given, str) else json.dumps(given)

    return re.sub(r"\$\{parameters\.(\w+)\}", value, template)


def at(document: Any, path: str) -> Any:
    """The value at a JSON path of names only."""
    for name in path.removeprefix("$.").split("."):
        document = document[name]
    return document


@pytest.fixture
def answer(cinema: Cinema) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answer of the service to the connector's request for a page of films, and the request."""
    connector, (processor, _) = read("connector"), read("pipeline")["response_processors"]
    (inputs,) = processor["ml_inference"]["input_map"]
    request = {"_request": read("search")}
    request["_request"]["ext"]["ml_inference"]["user_id"] = "ann"
    documents = [{"ITEM_ID": film} for film in FILMS]
    mapped = {
        name: at(request, path) if path.startswith("$._request") else [one[path] for one in documents]
        for name, path in inputs.items()
    }
    parameters = {
        **connector["parameters"], "campaign_arn": f"{PREFIX}campaign/ranking", **mapped
    }  # fmt: skip
    (action,) = connector["actions"]
    body = filled(action["request_body"], parameters)
    address = re.fullmatch(r"https://([^/]+)(/.*)", filled(action["url"], parameters))
    assert address is not None and address[1] == connector["parameters"]["api"]
    service = Service("personalize-runtime")
    operation = service.route(action["method"], address[2], {})
    sent = service.parse(operation, body)
    assert sent == json.loads(body), "the service knows every member"
    found = get_personalized_ranking(cinema.runtime, sent)
    answered: dict[str, Any] = json.loads(service.serialize(operation, found).body)
    return answered, sent


def test_connector_signs_as_api_gateway_wants() -> None:
    connector = read("connector")
    assert connector["protocol"] == "aws_sigv4"
    assert connector["parameters"]["service_name"] == "execute-api"


def test_scores_are_assigned_to_the_hits_by_place(answer: tuple[dict[str, Any], dict[str, Any]]) -> None:
    found, sent = answer
    (processor, rerank) = read("pipeline")["response_processors"]
    ((field, path),) = processor["ml_inference"]["output_map"][0].items()
    scores = at(found, path)
    assert len(scores) == len(sent["inputList"]) == len(FILMS)
    assert scores[-1] == 0, "an item that the model does not know"
    assert rerank["rerank"]["by_field"]["target_field"] == field
    order = [film for _, film in sorted(zip(scores, FILMS, strict=True), key=lambda pair: -pair[0])]
    assert order == [one["itemId"] for one in found["personalizedRanking"]]
    assert order[0] == "dune"


def test_answer_without_the_member_stays_as_the_service_gives_it(cinema: Cinema) -> None:
    asked = {"campaignArn": f"{PREFIX}campaign/ranking", "userId": "ann", "inputList": FILMS}
    assert set(get_personalized_ranking(cinema.runtime, asked)) == {"personalizedRanking", "recommendationId"}


def test_placeholders_of_the_files_are_explained() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert "Not tested" in readme
    for name in ("connector", "model", "pipeline", "search"):
        assert f"{name}.json" in readme
        read(name)
