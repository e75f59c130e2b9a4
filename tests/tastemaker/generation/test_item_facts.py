from tastemaker.columns import Columns
from tastemaker.generation.item_facts import FactColumns

TYPES = {
    "PRODUCT_NAME": "string",
    "PRODUCT_DESCRIPTION": "string",
    "PRICE": "number",
    "GENRES": "categorical",
    "PROMOTED": "boolean",
    "CREATION_TIMESTAMP": "number",
}
ROWS = [
    {"PRODUCT_NAME": "Tea\n pot", "PRODUCT_DESCRIPTION": "A pot.", "PRICE": 12.0, "GENRES": "tea|home"},
    {"PRICE": None, "PROMOTED": True, "CREATION_TIMESTAMP": 1.0},
]
COLUMNS = Columns.build(TYPES, ROWS)


def test_columns_are_found_by_their_usual_names() -> None:
    assert FactColumns.of(COLUMNS) == FactColumns("PRODUCT_NAME", "PRODUCT_DESCRIPTION", "PRICE")
    assert FactColumns.of(COLUMNS, name="GENRES").name == "GENRES"


def test_row_has_its_name_text_price_and_attributes() -> None:
    item = FactColumns.of(COLUMNS).read(COLUMNS, 0, "t")
    assert (item.name, item.text, item.price) == ("Tea pot", "A pot.", 12.0)
    assert item.attributes == {"GENRES": "tea|home"}
    assert (item.name_column, item.price_column) == ("PRODUCT_NAME", "PRICE")


def test_item_without_a_name_is_called_by_its_id() -> None:
    item = FactColumns.of(COLUMNS).read(COLUMNS, 1, "t")
    assert (item.name, item.text, item.price, item.attributes) == ("t", "", None, {})
