"""The column with the names of items."""

import pytest

from tastemaker.schemas import Field, name_column
from tastemaker.schemas.naming import NAME_COLUMNS, usual_column


@pytest.mark.parametrize(
    ("fields", "column"),
    [
        ([Field("TITLE", "string"), Field("LABEL", "string", item_name=True)], "LABEL"),
        ([Field("PRICE", "float"), Field("PRODUCT_NAME", "string")], "PRODUCT_NAME"),
        ([Field("TITLE", "string"), Field("NAME", "string")], "NAME"),
        ([Field("NAME", "float"), Field("BRAND_NAME", "string")], None),
    ],
)
def test_marked_column_comes_before_usual_names(fields: list[Field], column: str | None) -> None:
    assert name_column(fields) == column


def test_names_are_compared_without_case_and_underscores() -> None:
    assert usual_column(["itemId", "movieTitle"], NAME_COLUMNS) == "movieTitle"
