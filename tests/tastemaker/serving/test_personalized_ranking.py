"""GetPersonalizedRanking, from the request to the answer."""

from typing import Any

import pytest

from tests.tastemaker.serving.films import PREFIX, Cinema


def test_ranking_sums_scores_to_one_and_puts_unknown_ids_last(cinema: Cinema) -> None:
    ranked = cinema.ranked("zorro", "alien", "dune", "casablanca", "yoyo", "alien", userId="ann")
    assert [item["itemId"] for item in ranked] == ["dune", "casablanca", "alien", "zorro", "yoyo"]
    assert sum(item["score"] for item in ranked[:3]) == pytest.approx(1, abs=1e-6)
    assert all("score" not in item for item in ranked[3:])


def test_live_event_changes_the_ranking(cinema: Cinema) -> None:
    assert cinema.ranked("emma", "alien", userId="bob")[0]["itemId"] == "alien"
    cinema.saw("bob", "emma")
    assert cinema.ranked("emma", "alien", userId="bob")[0]["itemId"] == "emma"


def test_ranking_applies_filters_and_reports_metadata(cinema: Cinema) -> None:
    cinema.filter("space", 'INCLUDE ItemID WHERE Items.GENRES IN ("space")')
    cinema.filter("no-love", 'EXCLUDE ItemID WHERE Items.GENRES IN ("love")')
    films = ("zorro", "alien", "dune", "casablanca")
    space = cinema.ranked(*films, userId="ann", filterArn=f"{PREFIX}filter/space")
    assert [item["itemId"] for item in space] == ["dune", "alien"]
    rest = cinema.ranked(
        *films, userId="ann", filterArn=f"{PREFIX}filter/no-love", metadataColumns={"ITEMS": ["YEAR"]}
    )
    assert [item["itemId"] for item in rest] == ["dune", "alien", "zorro"]
    assert rest[1]["metadata"] == {"year": "1979"}
    assert "metadata" not in rest[2]


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"inputList": []}, "from 1 to 500"),
        ({"inputList": ["alien"] * 501}, "from 1 to 500"),
        ({"inputList": ["alien"] * 51, "metadataColumns": {"ITEMS": ["YEAR"]}}, "from 1 to 50"),
        ({"inputList": ["alien"], "campaignArn": f"{PREFIX}campaign/v2"}, "GetRecommendations"),
        ({}, "inputList"),
        ({"inputList": ["alien"], "userId": ""}, "userId is required"),
    ],
)
def test_invalid_ranking_requests_are_rejected(cinema: Cinema, params: dict[str, Any], text: str) -> None:
    whole = {"campaignArn": f"{PREFIX}campaign/ranking", "userId": "ann", **params}
    status, code, message = cinema.refused("/personalize-ranking", **whole)
    assert (status, code) == (400, "InvalidInputException")
    assert text in message


def test_action_recommendations_reject_recipes_for_items(cinema: Cinema) -> None:
    status, _, message = cinema.refused("/action-recommendations", campaignArn=f"{PREFIX}campaign/v2")
    assert status == 400
    assert "GetRecommendations" in message
