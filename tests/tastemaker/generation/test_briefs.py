from tastemaker.contracts.text_models import SMALL_MODEL
from tastemaker.generation import briefs, messages, themes
from tastemaker.generation.messages import MessageOrder, MessageType
from tests.tastemaker.generation.goods import BACKPACK, RUCKSACK

BAGS = [BACKPACK, RUCKSACK]


def test_short_english_texts_have_a_brief_and_others_have_none() -> None:
    assert SMALL_MODEL
    for message_type in MessageType:
        for language in ("en", "de"):
            order = MessageOrder(message_type, language=language)
            found = messages.prompt(order, BAGS, "Picked for you: a bag").brief
            short = message_type is not MessageType.EMAIL_BODY and language == "en"
            assert (found is not None) == short, (message_type, language)
    assert themes.prompt(BAGS, "Bags").brief == briefs.of_group(BAGS)


def test_brief_has_the_data_last_and_little_of_it() -> None:
    assert briefs.of_line("Picked for you: a bag").data == "Picked for you: a bag"
    assert briefs.of_group(BAGS * 9).data.count(";") == briefs.MAX_NAMES - 1
    text = briefs.of_text(BACKPACK)
    assert text.data.startswith(f"{BACKPACK.name}: ")
    assert len(text.data) <= len(BACKPACK.name) + 2 + briefs.MAX_TEXT_LETTERS


def test_examples_are_no_facts_of_the_text() -> None:
    """The check looks up facts in the items, so a model that copies an example is found out."""
    for asked, answered in briefs.of_line("x").examples:
        assert asked != answered
