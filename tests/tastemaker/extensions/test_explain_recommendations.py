from typing import Any

from tastemaker.contracts.text_models import TextGeneration
from tastemaker.extensions.explain_recommendations import explain_recommendations
from tastemaker.generation.writer import Writer
from tests.tastemaker.generation.generators import Scripted
from tests.tastemaker.serving.films import PREFIX, Cinema

PERMITTED = TextGeneration(personal_data=("HISTORY",))


def explained(
    cinema: Cinema,
    campaign: str = "v1",
    writer: Writer | None = None,
    settings: TextGeneration = PERMITTED,
    **params: Any,
) -> Any:
    asked = {"campaignArn": f"{PREFIX}campaign/{campaign}", **params}
    return explain_recommendations(cinema.runtime, settings, writer or Writer(), asked)


def test_each_item_has_the_event_that_made_it_likely(cinema: Cinema) -> None:
    found = explained(cinema, userId="ann", numResults=2)
    texts = {item["itemId"]: item["text"] for item in found["items"]}
    assert texts == {
        "dune": "Because you bought Dune",
        "casablanca": "Because you looked at Casablanca Nights",
    }
    assert found["row"]["source"] == "template"


def test_sentences_are_in_the_language_of_the_request(cinema: Cinema) -> None:
    found = explained(cinema, userId="ann", numResults=1, language="de")
    assert found["items"][0]["text"] in (
        "Weil Sie Dune gekauft haben",
        "Weil Sie Casablanca Nights angesehen haben",
    )


def test_user_without_events_sees_that_items_are_popular_or_picked(cinema: Cinema) -> None:
    texts = [item["text"] for item in explained(cinema, userId="nobody", numResults=5)["items"]]
    assert texts[0] == "Popular with many people" and texts[-1] == "Picked for you"


def test_related_items_are_similar_to_the_item(cinema: Cinema) -> None:
    found = explained(cinema, "similar", itemId="alien", numResults=2, language="fr")
    assert found["row"]["text"] == "Dans l’esprit de Alien"
    assert found["items"][0]["itemId"] == "dune"


def test_model_is_asked_only_if_the_request_says_so(cinema: Cinema) -> None:
    scripted = Scripted()
    explained(cinema, writer=Writer(scripted), userId="ann", numResults=1)
    assert scripted.prompts == []


def test_history_reaches_a_model_only_if_the_stage_permits_it(cinema: Cinema) -> None:
    scripted = Scripted()
    found = explained(
        cinema, writer=Writer(scripted), settings=TextGeneration(), userId="ann", numResults=1, useModel=True
    )
    assert scripted.prompts == [] and found["row"]["source"] == "template"


def test_model_must_keep_the_names(cinema: Cinema) -> None:
    answers = ["Since Dune is on your shelf", "You like deserts", "You like sand", "Dune was a good choice"]
    scripted = Scripted(*answers)
    found = explained(cinema, writer=Writer(scripted), userId="ann", numResults=2, useModel=True)
    assert all(prompt.personal for prompt in scripted.prompts)
    sources = [item["source"] for item in found["items"]]
    assert sorted(sources) == ["scripted", "template"]
