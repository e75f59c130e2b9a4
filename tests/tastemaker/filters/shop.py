"""A small shop: the catalog, the people and the habits that the tests of filters share."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tastemaker.columns import Columns
from tastemaker.filters import FilterContext, parse
from tastemaker.ids import Ids

COLUMN_TYPES = {
    "TOPIC": "categorical",
    "BRAND": "string",
    "PRICE": "number",
    "STOCK": "number",
    "RATING": "string",
    "CREATION_TIMESTAMP": "number",
}
ROWS = {
    "board": {"TOPIC": "chess|history", "BRAND": "oak", "PRICE": 30, "STOCK": 2, "RATING": "18"},
    "clock": {"TOPIC": "chess", "BRAND": "oak", "PRICE": 20, "STOCK": 0, "CREATION_TIMESTAMP": 900},
    "goban": {
        "TOPIC": "go",
        "BRAND": "elm",
        "PRICE": 50,
        "STOCK": 5,
        "RATING": "6",
        "CREATION_TIMESTAMP": 50,
    },
    "mystery": {},
    "stone": {"TOPIC": "go|stone", "BRAND": "Oak", "PRICE": 5, "STOCK": 9, "RATING": "18"},
}
IDS = Ids.build(ROWS)
ITEMS = Columns.build(COLUMN_TYPES, [ROWS[item] for item in IDS])
SHOP = FilterContext(
    ITEMS,
    events={"order": np.array([0, -1]), "View": np.array([1, 2, 2]), "save": np.array([3])},
    user={"AGE": 17.0, "PLAN": "plus", "TENURE": 3.0},
    current_item=1,
    ids=IDS,
)


def kept(expression: str, **changes: object) -> list[str]:
    """The ids that a filter leaves."""
    mask = parse(expression).mask(replace(SHOP, **changes))
    assert len(mask) == len(IDS)
    return [item for item, keep in zip(IDS, mask.flags, strict=True) if keep]


@dataclass(frozen=True)
class Attribute:
    """A column of a schema, as a check sees it."""

    name: str
    type: str = "string"
    textual: bool = False


@dataclass(frozen=True)
class Dataset:
    """A schema, as a check sees it."""

    fields: tuple[Attribute, ...]


SCHEMAS = {
    "INTERACTIONS": Dataset((Attribute("EVENT_TYPE"), Attribute("DEVICE"))),
    "ITEMS": Dataset(
        (
            Attribute("ITEM_ID"),
            Attribute("TOPIC"),
            Attribute("BRAND"),
            Attribute("RATING"),
            Attribute("AISLE"),
            Attribute("SHELF"),
            Attribute("TIER"),
            Attribute("PRICE", "float"),
            Attribute("STOCK", "int"),
            Attribute("CREATION_TIMESTAMP", "long"),
            Attribute("ADULT", "boolean"),
            Attribute("DESCRIPTION", textual=True),
        )
    ),
    "USERS": Dataset(
        (Attribute("COUNTRY"), Attribute("PLAN"), Attribute("AGE", "int"), Attribute("TENURE", "double"))
    ),
    "ACTIONS": Dataset((Attribute("VALUE", "long"), Attribute("KIND"))),
    "Action_Interactions": Dataset((Attribute("EVENT_TYPE"),)),
}
