"""Which texts of items become vectors."""

import re

import pytest

from training.text.item_vectors import YEAR


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Toy Story (1995)", "Toy Story"),
        ("Toy Story 2 (1999) ", "Toy Story 2"),
        ("2001: A Space Odyssey (1968)", "2001: A Space Odyssey"),
        ("Blade Runner 2049", "Blade Runner 2049"),
        ("Set (1200 pieces)", "Set (1200 pieces)"),
        ("Cable (1200)", "Cable (1200)"),
    ],
)
def test_year_of_publication_is_no_part_of_a_name(name: str, text: str) -> None:
    assert re.sub(YEAR, "", name) == text
