"""The forms of `minimum_should_match`."""

import pytest

from tastemaker.search.queries.full_text import minimum_should_match


@pytest.mark.parametrize(
    ("given", "clauses", "expected"),
    [
        (None, 5, 0),
        (3, 5, 3),
        ("7", 5, 5),
        (-2, 5, 3),
        ("75%", 4, 3),
        ("75%", 5, 3),
        ("-25%", 4, 3),
        ("-25%", 5, 4),
        ("3<90%", 3, 3),
        ("3<90%", 10, 9),
        ("2<-25% 9<-3", 2, 2),
        ("2<-25% 9<-3", 8, 6),
        ("2<-25% 9<-3", 12, 9),
    ],
)
def test_minimum_is_counted_as_documented(given: str | int | None, clauses: int, expected: int) -> None:
    assert minimum_should_match(given, clauses) == expected
