from collections.abc import Mapping
from typing import Any

import pytest

from tastemaker.contracts.deployment import DEPLOYMENT
from tastemaker.errors import InvalidInput, ResourceNotFound
from tastemaker.extensions.describe_model import describe_model
from tests.tastemaker.serving.films import PREFIX, Cinema

VERSION = f"{PREFIX}solution/v1/1"


def described(cinema: Cinema, **params: Any) -> Mapping[str, Any]:
    model: Mapping[str, Any] = describe_model(cinema.runtime, manifest_of(cinema), params)["model"]
    return model


def manifest_of(cinema: Cinema) -> Any:
    return lambda uri: cinema.bundles.get(uri).bundle.manifest


def test_model_has_the_weights_of_its_parts(cinema: Cinema) -> None:
    model = described(cinema, solutionVersionArn=VERSION)
    assert (model["modelName"], model["eventTypes"]) == ("sequence", ["view", "buy"])
    assert model["parts"] == [
        {"name": "repeat", "weight": 1.0, "halfLife": 2.0},
        {"name": "popularity", "weight": 0.1},
    ]


def test_campaign_names_the_version_that_it_serves(cinema: Cinema) -> None:
    assert described(cinema, campaignArn=f"{PREFIX}campaign/v1")["solutionVersionArn"] == VERSION


def test_campaign_has_the_time_of_its_last_refresh(cinema: Cinema) -> None:
    campaign = f"{PREFIX}campaign/v1"
    assert "refreshedDateTime" not in described(cinema, campaignArn=campaign)
    record = cinema.repository.get(campaign)
    assert record is not None
    record.body[DEPLOYMENT] = {**record.body[DEPLOYMENT], "refreshed": 1_700_000_000.5}
    assert described(cinema, campaignArn=campaign)["refreshedDateTime"] == 1_700_000_000.5


def test_version_in_training_has_its_job_and_no_model(cinema: Cinema) -> None:
    recipe = "arn:aws:personalize:::recipe/aws-sims"
    arn = cinema.add("solution/new/1", status="CREATE IN_PROGRESS", recipeArn=recipe, _job="tastemaker-new-1")
    assert described(cinema, solutionVersionArn=arn) == {
        "solutionVersionArn": arn,
        "status": "CREATE IN_PROGRESS",
        "recipeArn": recipe,
        "trainingJobName": "tastemaker-new-1",
    }


def test_report_on_the_data_has_no_more_than_the_model_of_the_service(cinema: Cinema) -> None:
    manifest = cinema.bundles.get("s3://lake/sequence/").bundle.manifest
    manifest["data"] = {
        "interactions": 3,
        "usersWithTwoOrMore": 1,
        "eventsPerUser": {"least": 1, "most": 2},
        "eventTypes": {"view": 2, "buy": 1},
        "attributes": {"ITEMS": {"GENRES": {"known": 4, "distinct": 3}}},
        "first": 10,
        "warnings": ["Most users have one event."],
    }
    model = described(cinema, solutionVersionArn=VERSION)
    assert model["data"] == {
        "interactions": 3,
        "eventsPerUser": {"least": 1.0, "most": 2.0},
        "eventTypes": {"view": 2, "buy": 1},
        "attributes": [{"dataset": "ITEMS", "column": "GENRES", "known": 4, "distinct": 3}],
        "firstTimestamp": 10,
    }
    assert model["warnings"] == ["Most users have one event."]


def test_what_has_no_model_is_refused(cinema: Cinema) -> None:
    with pytest.raises(InvalidInput, match="solutionVersionArn"):
        described(cinema)
    with pytest.raises(InvalidInput, match="not the ARN of a solution version"):
        described(cinema, solutionVersionArn=f"{PREFIX}campaign/v1")
    with pytest.raises(ResourceNotFound):
        described(cinema, solutionVersionArn=f"{PREFIX}solution/none/1")
