"""Which item a place in a text is about."""

import pytest

from tastemaker.generation.item_facts import ItemFacts
from tastemaker.generation.mentions import Mentions

TEA, POT, TEAPOT = (ItemFacts(name, name) for name in ("Green Tea", "Pot", "Iron Tea Pot"))
ITEMS = [TEA, POT, TEAPOT]


def names(items: tuple[ItemFacts, ...]) -> list[str]:
    return [item.name for item in items]


@pytest.mark.parametrize(
    ("text", "before", "after", "around"),
    [
        ("Green Tea for X and Pot", ["Green Tea"], ["Pot"], ["Green Tea", "Pot"]),
        ("Green Tea and Pot for X", ["Pot"], ["Green Tea", "Pot"], ["Green Tea", "Pot"]),
        ("X: green tea", ["Green Tea"], ["Green Tea"], ["Green Tea"]),
        ("Iron Tea Pot X", ["Iron Tea Pot"], ["Iron Tea Pot"], ["Iron Tea Pot"]),
        ("Pot. Green Tea. Now X.", ["Green Tea"], ["Green Tea"], ["Green Tea"]),
        ("Now X. Pot.\nGreen Tea", ["Pot"], ["Pot"], ["Pot"]),
        ("Pots for X", names((TEA, POT, TEAPOT)), names((TEA, POT, TEAPOT)), names((TEA, POT, TEAPOT))),
    ],
)
def test_place_is_about_the_nearest_names(
    text: str, before: list[str], after: list[str], around: list[str]
) -> None:
    mentions, place = Mentions(text, ITEMS), text.index("X")
    assert names(mentions.before(place)) == before
    assert names(mentions.after(place)) == after
    assert names(mentions.around(place)) == around


def test_names_come_after_a_place_only_in_its_sentence() -> None:
    assert Mentions("X: Pot", ITEMS).are_after(0)
    assert not Mentions("X. Pot", ITEMS).are_after(0)
    assert not Mentions("Pot X", ITEMS).are_after(4)


def test_items_with_the_same_name_are_named_together() -> None:
    twins = [ItemFacts("1", "Pot"), ItemFacts("2", "pot"), ItemFacts("3", "")]
    assert [item.item_id for item in Mentions("A pot", twins).before(5)] == ["1", "2"]
