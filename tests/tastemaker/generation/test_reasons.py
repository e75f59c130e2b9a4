import pytest

from tastemaker.generation.phrases import LANGUAGES, phrases
from tastemaker.generation.reasons import Cause, row_sentence, sentence, similar_sentence

ALIEN, DUNE, EMMA = Cause("Alien", "watch"), Cause("Dune", "watch"), Cause("Emma", "Purchase")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Because you watched Alien and Dune"),
        ("de", "Weil Sie Alien und Dune gesehen haben"),
        ("fr", "Parce que vous avez regardé Alien et Dune"),
        ("es", "Porque ha visto Alien y Dune"),
    ],
)
def test_events_of_one_type_are_one_sentence(language: str, text: str) -> None:
    assert sentence([ALIEN, DUNE, EMMA], language) == text


def test_type_of_the_strongest_event_decides() -> None:
    assert sentence([EMMA, ALIEN], "en") == "Because you bought Emma"
    assert sentence([Cause("Emma", "Add_To_Cart")], "en") == "Because you added Emma to your cart"
    assert sentence([Cause("Emma", "teleport")], "en") == "Because of your interest in Emma"
    assert sentence([Cause("Emma")], "en") == "Because of your interest in Emma"


def test_item_without_a_cause_is_popular_or_picked() -> None:
    assert sentence([], "en", popular=True) == "Popular with many people"
    assert sentence([], "de") == "Für Sie ausgewählt"


def test_row_has_the_causes_that_its_items_share() -> None:
    assert row_sentence([[ALIEN], [ALIEN, EMMA], [DUNE], []], "en") == "Because you watched Alien"
    assert row_sentence([[], []], "en") == "Picked for you"


def test_long_name_is_cut() -> None:
    assert len(similar_sentence("Word " * 50, "en")) < 80
    assert similar_sentence("Alien", "es") == "Parecido a Alien"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_phrases(language: str) -> None:
    here, english = phrases(language), phrases("en")
    for group in ("subjects", "pushes", "intros", "closings", "verbs"):
        assert getattr(here, group).keys() == getattr(english, group).keys()
        texts = getattr(here, group).items()
        named = group in ("subjects", "pushes", "verbs")
        assert all(("{names}" in text) == named for _, text in texts), (language, group)


def test_there_are_no_phrases_of_other_languages() -> None:
    with pytest.raises(KeyError):
        phrases("xx")
