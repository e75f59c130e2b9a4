"""A small shop whose customers have one taste each, so that right answers are known.

Items stand in four aisles. A customer buys in one aisle, in the order of its shelf. IDs begin with the name
of the run, so that a trace of a customer is found by its ID alone.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tastemaker.contracts.durations import DAY_SECONDS

AISLES = ("bread", "cheese", "fruit", "tea")
SHELF = 15
PURCHASES = 12

FIELDS: dict[str, list[dict[str, Any]]] = {
    "Interactions": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
        {"name": "EVENT_TYPE", "type": "string"},
    ],
    "Items": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "AISLE", "type": "string", "categorical": True, "itemName": True},
        {"name": "PRICE", "type": "float"},
    ],
    "Users": [{"name": "USER_ID", "type": "string"}, {"name": "AGE", "type": ["null", "int"]}],
}


@dataclass(frozen=True)
class Shop:
    """The shop of one run. `now` is Unix time, in seconds."""

    run: str
    now: int
    customers: int = 100

    @property
    def rows(self) -> int:
        """The interactions of the import: at least the 1,000 that a training needs."""
        return self.customers * PURCHASES

    @property
    def new_item(self) -> str:
        """An item that is in no file: only streamed events name it."""
        return f"{self.run}-new-00"

    def customer(self, number: int) -> str:
        """The ID of a customer. No ID is a part of another."""
        return f"{self.run}-customer-{number:04d}"

    def aisle(self, number: int) -> str:
        """Where a customer buys."""
        return AISLES[number % len(AISLES)]

    def item(self, aisle: str, place: int) -> str:
        """The ID of an item."""
        return f"{self.run}-{aisle}-{place % SHELF:02d}"

    def aisle_of(self, item: str) -> str:
        """The aisle of an item's ID."""
        return item.removeprefix(f"{self.run}-").split("-")[0]

    def csv(self, dataset_type: str) -> str:
        """The file of a dataset."""
        rows: dict[str, Iterator[Sequence[object]]] = {
            "Interactions": self._interactions(),
            "Items": (
                (self.item(aisle, place), aisle, 1 + place / 2) for aisle in AISLES for place in range(SHELF)
            ),
            "Users": ((self.customer(number), 20 + number % 50) for number in range(self.customers)),
        }
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(field["name"] for field in FIELDS[dataset_type])
        writer.writerows(rows[dataset_type])
        return out.getvalue()

    def _interactions(self) -> Iterator[Sequence[object]]:
        rng = random.Random(7)
        for number in range(self.customers):
            place, time = rng.randrange(SHELF), self.now - 40 * DAY_SECONDS + rng.randrange(20 * DAY_SECONDS)
            for _ in range(PURCHASES):
                yield self.customer(number), self.item(self.aisle(number), place), time, "purchase"
                place += rng.choice((1, 1, 1, 2))
                time += rng.randrange(600, DAY_SECONDS)
