"""The test of a deployment before it serves."""

from dataclasses import replace

import pytest

from lambdas.runtime.warm import warm
from tastemaker.errors import InvalidInput, ResourceNotFound
from tests.tastemaker.serving.films import PREFIX, Cinema


@pytest.mark.parametrize("name", ["v2", "popular", "similar", "ranking"])
def test_warm_answers_with_a_campaign_that_does_not_serve_yet(cinema: Cinema, name: str) -> None:
    record = cinema.repository.records[f"{PREFIX}campaign/{name}"]
    body = {k: v for k, v in record.body.items() if k != "_serving"} | {"status": "CREATE IN_PROGRESS"}
    cinema.repository.records[record.arn] = replace(record, body=body)
    answer = warm(
        cinema.runtime, {"campaignArn": record.arn, "solutionVersionArn": f"{PREFIX}solution/{name}/1"}
    )
    assert answer["items"] == 5
    assert answer["answered"] >= 1
    assert answer["seconds"] >= 0


def test_warmed_campaign_serves_once_its_record_is_active(cinema: Cinema) -> None:
    record = cinema.repository.records[f"{PREFIX}campaign/v2"]
    cinema.repository.records[record.arn] = replace(record, body={"status": "CREATE IN_PROGRESS"})
    warm(cinema.runtime, {"campaignArn": record.arn, "solutionVersionArn": f"{PREFIX}solution/v2/1"})
    assert "CREATE IN_PROGRESS" in cinema.refused(campaignArn=record.arn, userId="ann")[2]
    cinema.repository.records[record.arn] = record
    assert cinema.items("v2", userId="ann")[0] == "dune"


def test_warm_raises_if_the_model_cannot_answer(cinema: Cinema) -> None:
    campaign = f"{PREFIX}campaign/v2"
    cinema.add("solution/v2/2", status="CREATE FAILED", datasetGroupArn="g", recipeArn="r")
    with pytest.raises(InvalidInput, match="CREATE FAILED"):
        warm(cinema.runtime, {"campaignArn": campaign, "solutionVersionArn": f"{PREFIX}solution/v2/2"})
    with pytest.raises(ResourceNotFound):
        warm(cinema.runtime, {"campaignArn": campaign, "solutionVersionArn": f"{PREFIX}solution/v2/3"})
    with pytest.raises(InvalidInput):
        warm(cinema.runtime, {"solutionVersionArn": f"{PREFIX}solution/v2/1"})
    cinema.bundles.loaded.clear()
    with pytest.raises(KeyError):
        warm(cinema.runtime, {"campaignArn": campaign, "solutionVersionArn": f"{PREFIX}solution/v2/1"})
