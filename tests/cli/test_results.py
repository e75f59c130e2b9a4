"""Bars, and names of items."""

import pytest

from cli.results import Names, bar


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "████"), (0.5, "██"), (0.0, ""), (0.26, "█"), (0.28, "█▏"), (0.03125, "▏")]
)
def test_bar_has_eighths_of_a_block(value: float, text: str) -> None:
    assert bar(value, 1.0, 4) == text


def test_bar_of_nothing_is_empty() -> None:
    assert bar(0.0, 0.0) == ""


def test_item_is_shown_by_its_name_with_its_id() -> None:
    names = Names({"i1": "Tea", "Cup": "Cup"})
    assert (names.of("i1"), names.of("i2"), names.of("Cup")) == ("Tea  [i1]", "i2", "Cup")
