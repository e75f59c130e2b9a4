"""What may be said about an item: its name, its texts and its attributes, as the Items dataset has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tastemaker.columns import BOOLEAN, NUMBER, STRING, Column, Columns
from tastemaker.notation import SEPARATOR
from tastemaker.schemas.naming import NAME_COLUMNS, fold, usual_column

PRICE_COLUMNS = ("price", "saleprice", "listprice")
TEXT_COLUMNS = ("description", "productdescription", "itemdescription", "plot", "synopsis", "summary", "text")
YEAR_COLUMNS = ("year", "releaseyear")
HIDDEN_COLUMNS = ("itemid", "creationtimestamp")
"""Columns that say nothing to a reader."""

CURRENCIES = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "BRL": "R$"}


@dataclass(frozen=True)
class ItemFacts:
    """One item. `name_column` and `text_column` say where the name and the text come from.

    `attributes` maps other columns to their values as text. `price` is the number, without a currency.
    """

    item_id: str
    name: str
    text: str = ""
    price: float | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    name_column: str = "NAME"
    text_column: str = "DESCRIPTION"
    price_column: str = "PRICE"

    @property
    def words(self) -> str:
        """The name, the text and the attributes in one text."""
        values = (value.replace(SEPARATOR, " ") for value in self.attributes.values())
        return "\n".join((self.name, self.text, *values))


@dataclass(frozen=True)
class FactColumns:
    """Which columns of the items have the name, the text and the price; None where there is none."""

    name: str | None
    text: str | None = None
    price: str | None = None

    @classmethod
    def of(
        cls, columns: Columns, *, name: str | None = None, text: str | None = None, price: str | None = None
    ) -> FactColumns:
        """The columns that are given, or else those that are usually called so."""
        return cls(
            name or _first(columns, NAME_COLUMNS, text=True),
            text or _first(columns, TEXT_COLUMNS, text=True),
            price or _first(columns, PRICE_COLUMNS, text=False),
        )

    def read(self, columns: Columns, row: int, item_id: str) -> ItemFacts:
        """The facts of one row. An item without a name is called by its ID."""
        special = {fold(one) for one in (self.name, self.text, self.price) if one is not None}
        attributes = {}
        for column_name, column in columns.items():
            folded = fold(column_name)
            if folded in special or folded in HIDDEN_COLUMNS or column.column_type == BOOLEAN:
                continue
            value = column.value(row)
            if value is not None:
                attributes[column_name] = as_text(value)
        price = _cell(columns, self.price, row)
        return ItemFacts(
            item_id,
            one_line(as_text(_cell(columns, self.name, row))) or item_id,
            one_line(as_text(_cell(columns, self.text, row))),
            price if isinstance(price, float) else None,
            attributes,
            self.name or "ITEM_ID",
            self.text or "",
            self.price or "",
        )


def _first(columns: Columns, wanted: Sequence[str], *, text: bool) -> str | None:
    return usual_column((name for name, column in columns.items() if column.is_text is text), wanted)


def _cell(columns: Columns, name: str | None, row: int) -> str | float | bool | None:
    column = columns.find(name) if name else None
    return None if column is None else column.value(row)


def as_text(value: str | float | bool | None) -> str:
    """A value as people write it: whole numbers without a point."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.10g}"
    return value


def one_line(text: str) -> str:
    """The text with every run of blanks, line ends and control characters as one blank."""
    return " ".join("".join(" " if ord(letter) < 32 else letter for letter in text).split())


def is_attribute(name: str, column: Column) -> bool:
    """Whether a column has values that can describe a group of items: no numbers but years, no long texts."""
    if fold(name) in HIDDEN_COLUMNS or column.column_type in (BOOLEAN, STRING):
        return False
    return column.column_type != NUMBER or fold(name) in YEAR_COLUMNS
