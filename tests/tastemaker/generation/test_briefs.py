from tastemaker.generation import briefs, messages, themes
from tastemaker.generation.messages import MessageOrder, MessageType
from tests.tastemaker.generation.goods import BACKPACK, RUCKSACK

BAGS = [BACKPACK, RUCKSACK]
BRIEF = {MessageType.EMAIL_SUBJECT, MessageType.PUSH, MessageType.PRODUCT_BLURB}


def test_english_texts_in_other_words_have_a_brief_and_others_have_none() -> None:
    for message_type in MessageType:
        for language in ("en", "de"):
            order = MessageOrder(message_type, language=language)
            found = messages.prompt(order, BAGS, "Picked for you: a bag").brief
            assert (found is not None) == (message_type in BRIEF and language == "en"), (
                message_type,
                language,
            )
    assert themes.prompt(BAGS, "Bags").brief is None


def test_brief_has_the_data_last_and_little_of_it() -> None:
    assert briefs.of_line("Picked for you: a bag").data == "Picked for you: a bag"
    text = briefs.of_text(BACKPACK)
    assert text.data.startswith(f"{BACKPACK.name}: ")
    assert len(text.data) <= len(BACKPACK.name) + 2 + briefs.MAX_TEXT_LETTERS


def test_examples_have_the_same_names_in_other_words() -> None:
    for asked, answered in briefs.of_line("x").examples:
        names = asked.partition(": ")[2].replace(" and ", ", ").split(", ")
        assert asked != answered and all(name in answered for name in names)
