import pytest

from tastemaker.batch import attributes
from tastemaker.batch.lines import BadLine
from tastemaker.columns import Columns

ITEMS = Columns.build(
    {"GENRES": "categorical", "YEAR": "number"},
    [
        {"GENRES": "comedy|love", "YEAR": 1990.0},
        {"GENRES": "comedy", "YEAR": 2000.0},
        {"GENRES": None, "YEAR": None},
    ],
)


@pytest.mark.parametrize(
    ("expression", "want"),
    [
        ('ITEMS.genres = "comedy"', [True, True, False]),
        ("items.GENRES='love'", [True, False, False]),
        ('ITEMS.genres = "comedy" AND ITEMS.genres = "love"', [True, False, False]),
        ('ITEMS.genres = "comedy" and ITEMS.year = 2000', [False, True, False]),
        ('ITEMS.year = "1990.0"', [True, False, False]),
        ('ITEMS.genres = "Comedy"', [False, False, False]),
    ],
)
def test_items_with_returns_matching_items(expression: str, want: list[bool]) -> None:
    assert attributes.items_with(attributes.parse(expression), ITEMS).tolist() == want


def test_values_may_contain_escaped_quotes() -> None:
    assert attributes.parse(r'ITEMS.a = "say \"AND\"" AND ITEMS.b = -1.5e3') == (
        ("a", 'say "AND"'),
        ("b", "-1.5e3"),
    )


@pytest.mark.parametrize(
    ("expression", "say"),
    [
        ("", "where it ends"),
        ("genres = 'a'", "character 1"),
        ("ITEMS.genres != 'a'", "expected ITEMS"),
        ("ITEMS.genres = comedy", "expected ITEMS"),
        ("ITEMS.a = 1 OR ITEMS.b = 2", "expected AND.*found 'OR"),
        ("ITEMS.a = 1 AND", "where it ends"),
        ("USERS.age = 3", "expected ITEMS"),
    ],
)
def test_parse_rejects_invalid_expressions(expression: str, say: str) -> None:
    with pytest.raises(BadLine, match=say):
        attributes.parse(expression)


def test_items_with_rejects_unknown_columns_and_types() -> None:
    for expression, say in (("ITEMS.color = 'red'", "no column color"), ("ITEMS.year = 'old'", "a number")):
        with pytest.raises(BadLine, match=say):
            attributes.items_with(attributes.parse(expression), ITEMS)
