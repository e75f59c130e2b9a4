"""Item columns in answers."""

import pytest

from tastemaker.serving.metadata import as_text
from tests.tastemaker.serving.films import PREFIX, Cinema


@pytest.fixture
def rich(cinema: Cinema) -> Cinema:
    """The films, with a campaign `rich` that returns metadata."""
    config = {"enableMetadataWithRecommendations": True}
    cinema.deploy("rich", "aws-user-personalization", "sequence", campaignConfig=config)
    return cinema


def test_metadata_can_be_requested_as_soon_as_the_campaign_has_them(cinema: Cinema) -> None:
    """The record of the campaign is still cached, from a time when it returned no metadata."""
    campaign = f"{PREFIX}campaign/v1"
    request = {"campaignArn": campaign, "userId": "bob", "metadataColumns": {"ITEMS": ["YEAR"]}}
    assert cinema.refused(**request)[1] == "InvalidInputException"
    record = cinema.repository.get(campaign)
    assert record is not None
    cinema.repository.update(record.with_(campaignConfig={"enableMetadataWithRecommendations": True}))
    assert cinema.ask("v1", userId="bob", metadataColumns={"ITEMS": ["YEAR"]})["itemList"][0]["metadata"]


def metadata(cinema: Cinema, *columns: str) -> dict[str, dict[str, str]]:
    answer = cinema.ask("rich", userId="bob", metadataColumns={"ITEMS": list(columns)})
    return {item["itemId"]: item["metadata"] for item in answer["itemList"]}


def test_upsert_replaces_the_whole_record_in_metadata(rich: Cinema) -> None:
    rich.upserts.films = {"alien": {"GENRES": "horror", "BEST_AWARD": "oscar"}}
    found = metadata(rich, "GENRES", "YEAR", "BEST_AWARD")
    assert found["alien"] == {"genres": "horror", "bestAward": "oscar"}
    assert found["brazil"] == {"genres": "comedy", "year": "1985"}


def test_column_of_upserts_is_valid_and_other_columns_are_rejected(rich: Cinema) -> None:
    rich.upserts.films = {"alien": {"BEST_AWARD": "oscar"}}
    assert metadata(rich, "best_award")["alien"] == {"bestAward": "oscar"}
    columns = {"ITEMS": ["WORST_AWARD"]}
    _, _, message = rich.refused(campaignArn=f"{PREFIX}campaign/rich", userId="bob", metadataColumns=columns)
    assert "no column WORST_AWARD" in message


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (False, "false"), (1985.0, "1985"), (1984.5, "1984.5"), ("a|b", "a|b")],
)
def test_as_text_writes_values_as_personalize_does(value: object, text: str) -> None:
    assert as_text(value) == text  # type: ignore[arg-type]
