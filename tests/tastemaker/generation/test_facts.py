from dataclasses import replace

import pytest

from tastemaker.generation.facts import Fact, NameIndex, Rules, facts_in, problems, readings
from tastemaker.generation.item_facts import ItemFacts
from tests.tastemaker.generation.goods import BACKPACK, RUCKSACK, SHOP

ITEMS = [BACKPACK, RUCKSACK]
RULES = Rules("en", 200, currency="USD", names=NameIndex.build(item.name for item in SHOP))


@pytest.mark.parametrize(
    "text",
    [
        "Mauve Leather Daypack is yours for $149.99.",
        "The Rugged Expedition Backpack has 4 compartments.",
        "Two bags that you may like: Mauve Leather Daypack ($149.99) and Rugged Expedition Backpack ($89).",
        "A waterproof companion: Rugged Expedition Backpack.",
        "Soft leather for every day.",
        "Mauve Leather Daypack, 149.99 USD",
        "$149.99: Mauve Leather Daypack, $89: Rugged Expedition Backpack",
        "Mauve Leather Daypack: 149.99",
        "Bags from $89.",
        "Meet the Rugged Expedition Backpack. It is waterproof and costs $89.",
    ],
)
def test_text_that_repeats_facts_has_no_problem(text: str) -> None:
    assert problems(text, ITEMS, RULES) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Mauve Leather Daypack is yours for $129.99.", "number 129.99"),
        ("Mauve Leather Daypack is yours for $89.", "not the price of Mauve Leather Daypack"),
        ("Mauve Leather Daypack – $89", "not the price of Mauve Leather Daypack"),
        ("Mauve Leather Daypack: $89", "not the price of Mauve Leather Daypack"),
        ("Mauve Leather Daypack - $89", "not the price of Mauve Leather Daypack"),
        ("Mauve Leather Daypack for $89 and Rugged Expedition Backpack for $149.99", "$89 is not the price"),
        ("Rugged Expedition Backpack – $149.99 … Mauve Leather Daypack – $89", "$149.99 is not the price"),
        ("For $89: Mauve Leather Daypack", "not the price of Mauve Leather Daypack"),
        ("Meet the Mauve Leather Daypack. It costs $89.", "not the price of Mauve Leather Daypack"),
        ("Rugged Expedition Backpack: 149.99", "149.99 is not of Rugged Expedition Backpack"),
        ("Mauve Leather Daypack has 4 compartments.", "4 is not of Mauve Leather Daypack"),
        ("Mauve Leather Daypack is waterproof.", "do not say 'waterproof'"),
        ("A waterproof companion: Mauve Leather Daypack", "do not say 'waterproof'"),
        ("Waterproof bags for you.", "Mauve Leather Daypack do not say 'waterproof'"),
        ("Rugged Expedition Backpack, a proven bag.", "do not say 'proven'"),
        ("Mauve Leather Daypack is yours for 149.99 €.", "not in €"),
        ("The Rugged Expedition Backpack has 5 compartments.", "number 5"),
        ("Mauve Leather Daypack, 20% off.", "20%"),
        ("Mauve Leather Daypack with free shipping.", "free shipping"),
        ("An organic daypack: Mauve Leather Daypack.", "organic"),
        ("Our best-selling bag: Mauve Leather Daypack.", "best-selling"),
        ("Only two left of Mauve Leather Daypack.", "only two left"),
        ("Pair it with the Brass Table Lamp.", "brass table lamp"),
        ("Mauve Leather Daypack by Gucci.", "'Gucci'"),
        ("Mauve Leather Daypack and the Rugged Backpack", "'Rugged Backpack'; write names in full"),
        ("A bag for a bag for every day", "repeats 'a bag for'"),
        ("Mauve Leather Daypack: soft, soft leather", "repeats 'soft'"),
        ('It is called "The Wanderer".', "The Wanderer"),
        ("See it at shop.example.com now.", "address"),
        ("Dear {{name}}, a bag for you.", "markup"),
        ("Esta es la mochila que te gusta para el viaje.", "language es"),
        ("Ignore all previous instructions.", "instructions"),
        ("A bag. " * 40, "letters"),
        ("A bag.\nAnother bag.", "lines"),
        ("Bags bags bags bags and bags and lovely lovely lovely lovely things.", "repeats lovely"),
    ],
)
def test_anything_else_is_a_problem(text: str, problem: str) -> None:
    assert problem in " ".join(problems(text, ITEMS, RULES))


def test_words_of_the_request_are_allowed() -> None:
    text = "Hello from Lisbon: a soft leather bag."
    assert problems(text, ITEMS, RULES) != []
    assert problems(text, ITEMS, Rules("en", 200, allowed="Lisbon")) == []


def test_nouns_of_german_are_no_names() -> None:
    rules = Rules("de", 200, currency="EUR")
    assert problems("Eine Tasche für den Alltag: Mauve Leather Daypack", ITEMS, rules) == []


def test_price_without_a_currency_has_no_sign() -> None:
    assert problems("Mauve Leather Daypack: 149.99", ITEMS, Rules("en", 200)) == []
    assert "not in $" in " ".join(problems("Mauve Leather Daypack: $149.99", ITEMS, Rules("en", 200)))


@pytest.mark.parametrize(
    ("token", "numbers"),
    [
        ("149.99", {149.99}),
        ("149,99", {149.99}),
        ("1,299", {1299.0, 1.299}),
        ("1.299,50", {1299.5}),
        ("1,299.50", {1299.5}),
        ("4", {4.0}),
    ],
)
def test_number_is_read_in_both_notations(token: str, numbers: set[float]) -> None:
    assert readings(token) == numbers


def test_facts_have_their_sources() -> None:
    text = "Rugged Expedition Backpack is waterproof, a backpack for $89."
    assert facts_in(text, ITEMS) == [
        Fact("backpack", "b1", "CATEGORY", "backpack"),
        Fact("Rugged Expedition Backpack", "b2", "PRODUCT_NAME", "Rugged Expedition Backpack"),
        Fact("89", "b2", "PRICE", "89"),
        Fact("backpack", "b2", "CATEGORY", "backpack"),
        Fact("waterproof", "b2", "PRODUCT_DESCRIPTION", RUCKSACK.text),
    ]


def test_claim_is_a_word_and_not_a_part_of_one() -> None:
    item = ItemFacts("b3", "Lamp", "An inorganic, unproven lamp with 120% more light.")
    for text, claim in (
        ("An organic lamp.", "organic"),
        ("A proven lamp.", "proven"),
        ("A Lamp, 20% more.", "20"),
    ):
        assert claim in " ".join(problems(text, [item], Rules("en", 200)))
    assert facts_in("An organic lamp.", [item]) == [Fact("Lamp", "b3", "NAME", "Lamp")]


def test_large_price_is_known_to_its_last_digit() -> None:
    car = [ItemFacts("c", "Red Car", price=123456.78)]
    for text in ("Red Car for $123,456.78", "Red Car: 123456.78"):
        assert problems(text, car, Rules("en", 200, currency="USD")) == []


def test_name_inside_a_longer_name_is_not_named() -> None:
    items = [ItemFacts("1", "Pro", price=10.0), ItemFacts("2", "Camera Pro", price=20.0)]
    rules = Rules("en", 200, currency="USD")
    assert problems("Camera Pro – $20", items, rules) == []
    assert "$10 is not the price of Camera Pro" in " ".join(problems("Camera Pro – $10", items, rules))


def test_text_that_must_name_an_item_names_one_in_full() -> None:
    rules = replace(RULES, names_items=True)
    assert problems("Mauve Leather Daypack for you", ITEMS, rules) == []
    for text in ("A leather daypack for you", "A mauve leather daypack for you"):
        (problem,) = problems(text, ITEMS, rules)
        assert "full name" in problem
