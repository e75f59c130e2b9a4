"""Several items in a row or a cell."""

import pytest

from tastemaker.detection.reshaping import items_in


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("tea", ["tea"]),
        ("a|b|c", ["a", "b", "c"]),
        ("a; b", ["a", "b"]),
        ('["a", "b, c"]', ["a", "b, c"]),
        ("['x', 7]", ["x", "7"]),
        ("1× Tea, 12× Cup, large", ["Tea", "Cup, large"]),
        ("name:Tea|product_id:7|quantity:2", ["7"]),
        ("", []),
    ],
)
def test_items_of_a_cell(text: str, items: list[str]) -> None:
    assert [one[""] for one in items_in(text)] == items
