from typing import Any

import pytest

from tastemaker.contracts.text_models import TextGeneration
from tastemaker.errors import InvalidInput, ResourceNotFound
from tastemaker.extensions.generate_message import generate_message
from tastemaker.generation.writer import Writer
from tests.tastemaker.generation.generators import Scripted
from tests.tastemaker.serving.films import PREFIX, Cinema

TEMPLATES = TextGeneration()
MODEL = TextGeneration("amazon.nova-micro-v1:0", personal_data=("HISTORY", "AGE"))


def message(
    cinema: Cinema,
    scripted: Scripted | None = None,
    settings: TextGeneration = TEMPLATES,
    campaign: str = "v1",
    **params: Any,
) -> dict[str, Any]:
    asked = {"campaignArn": f"{PREFIX}campaign/{campaign}", "messageType": "EMAIL_BODY", **params}
    found: dict[str, Any] = generate_message(cinema.runtime, settings, Writer(scripted), asked)["message"]
    return found


def test_message_is_about_the_recommended_items_with_sources(cinema: Cinema) -> None:
    found = message(cinema, userId="ann", itemColumns={"currency": "USD"})
    assert found["itemIds"] == cinema.items("v1", userId="ann", numResults=5)
    assert "- Casablanca Nights – $1" in found["text"] and found["source"] == "template"
    assert {"text": "Dune", "itemId": "dune", "column": "TITLE", "value": "Dune"} in found["facts"]
    assert {"text": "3.99", "itemId": "alien", "column": "PRICE", "value": "3.99"} in found["facts"]


def test_messages_describe_related_items_or_given_items(cinema: Cinema) -> None:
    found = message(cinema, campaign="similar", itemId="alien", messageType="PUSH")
    assert found["itemIds"][0] == "dune"
    found = message(cinema, userId="ann", itemIds=["emma"], messageType="PRODUCT_BLURB")
    assert found["text"] == "A woman pairs others." and found["itemIds"] == ["emma"]


def test_segment_gets_the_items_that_suit_its_users_together(cinema: Cinema) -> None:
    found = message(cinema, userIds=["ann", "bob", "carl"], messageType="EMAIL_SUBJECT")
    assert len(found["itemIds"]) == 3 and found["text"].startswith("Picked for you: ")
    alone = message(cinema, userIds=["bob"], messageType="EMAIL_SUBJECT")
    assert alone["itemIds"][0] == cinema.items("v1", userId="bob", numResults=1)[0]


def test_only_permitted_data_about_the_user_reach_the_model(cinema: Cinema) -> None:
    scripted = Scripted("Casablanca Nights", "Casablanca Nights")
    message(cinema, scripted, TextGeneration("m"), userId="ann", greeting="Dear Ann Smith,")
    assert "reader" not in scripted.prompts[0].text and not scripted.prompts[0].personal
    message(cinema, scripted, MODEL, userId="ann", greeting="Dear Ann Smith,")
    about = scripted.prompts[1].text.partition("About the reader: ")[2]
    assert about == "newest interests: Dune, Casablanca Nights; AGE: 30" and scripted.prompts[1].personal
    assert "Smith" not in scripted.prompts[0].text + scripted.prompts[1].text


def test_nothing_about_the_users_of_a_segment_reaches_the_model(cinema: Cinema) -> None:
    scripted = Scripted("Casablanca Nights")
    message(cinema, scripted, MODEL, userIds=["ann", "bob"])
    assert "reader" not in scripted.prompts[0].text and "ann" not in scripted.prompts[0].text


def test_greeting_comes_before_the_text(cinema: Cinema) -> None:
    found = message(cinema, userId="ann", greeting="Hello {{firstName}},")
    assert found["text"].startswith("Hello {{firstName}},\n\nWe selected")


def test_invention_of_the_model_is_replaced(cinema: Cinema) -> None:
    invention = "Watch Casablanca Nights and Dune for free"
    found = message(cinema, Scripted(invention, invention), TextGeneration("m"), userId="ann")
    assert found["source"] == "template" and "for free" in found["problems"][0]


def test_upserts_since_the_training_count(cinema: Cinema) -> None:
    cinema.upserts.films["dune"] = {"TITLE": "Dune, Part Two", "PRICE": 9.0}
    found = message(cinema, userId="ann", itemColumns={"currency": "EUR"}, language="de")
    assert "Dune, Part Two – 9 €" in found["text"]


def test_title_of_a_row_is_its_theme(cinema: Cinema) -> None:
    found = message(cinema, userId="ann", messageType="ROW_TITLE")
    assert found["text"] and len(found["text"]) <= 50


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"userId": "ann", "userIds": ["bob"]}, "not both"),
        ({}, "needs userId or userIds"),
        ({"userId": "ann", "itemIds": ["nothing"]}, "knows no item nothing"),
        ({"userId": "ann", "itemColumns": {"name": "HEADLINE"}}, "itemColumns.name is HEADLINE"),
    ],
)
def test_requests_that_cannot_be_answered_say_why(cinema: Cinema, params: Any, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        message(cinema, **params)


def test_filter_without_items_and_an_unknown_campaign_are_errors(cinema: Cinema) -> None:
    nothing = cinema.filter("nothing", "INCLUDE ItemID WHERE Items.YEAR > 3000")
    with pytest.raises(InvalidInput, match="nothing to recommend"):
        message(cinema, userId="ann", filterArn=nothing)
    with pytest.raises(ResourceNotFound):
        message(cinema, campaign="unknown", userId="ann")
