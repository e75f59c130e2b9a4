from typing import Any

import pytest

from tastemaker.errors import InvalidInput
from tastemaker.extensions.summaries import describe_taste, summarize_item
from tastemaker.generation.writer import Writer
from tests.tastemaker.generation.generators import Scripted
from tests.tastemaker.serving.films import PREFIX, Cinema

CAMPAIGN = {"campaignArn": f"{PREFIX}campaign/v1"}


def summary(cinema: Cinema, *answers: str, **params: Any) -> dict[str, Any]:
    writer = Writer(Scripted(*answers)) if answers else Writer()
    found: dict[str, Any] = summarize_item(cinema.runtime, writer, {**CAMPAIGN, **params})["summary"]
    return found


def test_summary_has_the_given_length(cinema: Cinema) -> None:
    assert summary(cinema, itemId="alien")["text"] == "A crew meets a creature. It is hungry."
    assert summary(cinema, itemId="alien", maxLength=30)["text"] == "A crew meets a creature."
    assert summary(cinema, itemId="alien", maxLength=20)["text"] == "A crew meets a…"


def test_model_may_summarize_with_the_facts_of_the_item(cinema: Cinema) -> None:
    assert summary(cinema, "A hungry creature meets a crew.", itemId="alien")["source"] == "scripted"
    invention = "A crew meets 12 creatures."
    assert summary(cinema, invention, invention, itemId="alien")["source"] == "template"


def test_item_that_the_model_does_not_know_is_an_error(cinema: Cinema) -> None:
    with pytest.raises(InvalidInput, match="knows no item nothing"):
        summary(cinema, itemId="nothing")


def test_taste_has_words_traits_and_the_number_of_events(cinema: Cinema) -> None:
    found = describe_taste(cinema.runtime, {**CAMPAIGN, "userId": "ann"})
    assert found["eventCount"] == 2 and found["text"]
    assert {trait["value"] for trait in found["recent"]} & {"love", "space", "1940s", "1980s"}


def test_taste_needs_a_campaign_that_recommends_to_users(cinema: Cinema) -> None:
    with pytest.raises(InvalidInput, match="no view of a user"):
        describe_taste(cinema.runtime, {"campaignArn": f"{PREFIX}campaign/similar", "userId": "ann"})
