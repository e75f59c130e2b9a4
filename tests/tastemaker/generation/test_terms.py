import pytest

from tastemaker.generation.terms import Background, language_of, surface, terms_of, words_of


def test_words_that_say_nothing_are_left_out() -> None:
    assert words_of("The leather of this bag, and 12 of the best straps!") == [
        "leather",
        "bag",
        "best",
        "straps",
    ]


def test_pairs_do_not_reach_over_stop_words_or_punctuation() -> None:
    found = terms_of("Soft leather bag, brass lamp of copper")
    assert {"soft leather", "leather bag", "brass lamp"} <= found
    assert not {"bag brass", "lamp copper"} & found


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("This is the bag that you like", "en"),
        ("Das ist die Tasche, die du magst", "de"),
        ("C'est le sac que vous aimez dans la boutique", "fr"),
        ("Este es el bolso que te gusta", "es"),
        ("Leather bag", None),
    ],
)
def test_stop_words_tell_the_language(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_term_that_distinguishes_a_group_weighs_more_than_a_common_one() -> None:
    group = ["leather bag for travel", "leather satchel for travel"]
    weights = Background([*group, "brass lamp for travel", "oak table for travel"]).weights(group)
    assert weights["leather"] > weights["travel"] == 0
    assert "bag" not in weights  # only one of the texts has it


def test_term_is_written_as_its_texts_write_it() -> None:
    assert surface("usb cable", ["A USB cable.", "USB cable, black"]) == "USB cable"
    assert surface("leather", ["Leather bag", "a leather bag"]) == "leather"
