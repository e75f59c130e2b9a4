"""The items of a model as facts for texts, with what was upserted since the training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tastemaker.columns import Columns, cell
from tastemaker.errors import InvalidInput
from tastemaker.generation.facts import NameIndex
from tastemaker.generation.item_facts import FactColumns, ItemFacts
from tastemaker.generation.safe_text import safe_facts
from tastemaker.generation.terms import Background
from tastemaker.models import Bundle
from tastemaker.serving.query import Query

MAX_BACKGROUND_ITEMS = 2_000
MAX_NAMES = 50_000


@dataclass(frozen=True, eq=False)
class CatalogTexts:
    """What texts need of a whole catalog. It is read once per bundle and process."""

    bundle: Bundle
    columns: FactColumns

    @cached_property
    def names(self) -> NameIndex:
        """The names of items that a text should not mention."""
        column = self.bundle.item_columns.find(self.columns.name) if self.columns.name else None
        if column is None:
            return NameIndex()
        rows = self._spread(MAX_NAMES)
        return NameIndex.build(str(column.value(row) or "") for row in rows)

    @cached_property
    def sample(self) -> list[ItemFacts]:
        """Items that are evenly spread over the catalog."""
        columns = self.bundle.item_columns
        return [safe_facts(self.columns.read(columns, row, "")) for row in self._spread(MAX_BACKGROUND_ITEMS)]

    @cached_property
    def background(self) -> Background:
        """The words of the catalog."""
        return Background([item.words for item in self.sample])

    def _spread(self, most: int) -> list[int]:
        size = len(self.bundle.items)
        rows: list[int] = np.arange(0, size, max(1, -(-size // most))).tolist()
        return rows


def catalog_texts(bundle: Bundle, columns: FactColumns) -> CatalogTexts:
    """The texts of a bundle's catalog. The bundle keeps them, so that both are freed together."""
    known: dict[FactColumns, CatalogTexts] = vars(bundle).setdefault("_catalog_texts", {})
    return known.setdefault(columns, CatalogTexts(bundle, columns))


@dataclass(frozen=True)
class ItemTexts:
    """The items of a query as facts. `given` are the members `itemColumns` of the request."""

    query: Query
    given: Mapping[str, Any]

    @cached_property
    def columns(self) -> FactColumns:
        """The columns with name, text and price. Raises InvalidInput for a column that does not exist."""
        columns = self.query.loaded.bundle.item_columns
        for member in ("name", "description", "price"):
            if self.given.get(member) and columns.find(self.given[member]) is None:
                raise InvalidInput(
                    f"itemColumns.{member} is {self.given[member]}. The items have the columns "
                    f"{', '.join(columns) or 'none'}."
                )
        return FactColumns.of(
            columns,
            name=self.given.get("name") or self._marked_name,
            text=self.given.get("description"),
            price=self.given.get("price"),
        )

    @property
    def _marked_name(self) -> str | None:
        """The column that the schema marks as the name, if the model has it."""
        bundle = self.query.loaded.bundle
        marked = bundle.name_column
        return marked if marked and bundle.item_columns.find(marked) is not None else None

    @property
    def catalog(self) -> CatalogTexts:
        """The texts of the whole catalog."""
        return catalog_texts(self.query.loaded.bundle, self.columns)

    def of(self, ids: Sequence[str]) -> list[ItemFacts]:
        """The facts of items, with safe texts. Items that the model does not know are left out."""
        bundle, upserted = self.query.loaded.bundle, self.query.upserted_items
        found = []
        for item_id, row in zip(ids, bundle.items.indexes(list(ids)).tolist(), strict=True):
            record = upserted.get(item_id) if upserted is not None else None
            if record is not None:
                found.append(safe_facts(self.columns.read(self._record(record), 0, item_id)))
            elif row >= 0:
                found.append(safe_facts(self.columns.read(bundle.item_columns, row, item_id)))
        return found

    def _record(self, record: Mapping[str, Any]) -> Columns:
        """An upserted record as columns with one row."""
        types = {name: column.column_type for name, column in self.query.loaded.bundle.item_columns.items()}
        folded = {name.casefold(): value for name, value in record.items()}
        values = {name: cell(types[name], folded.get(name.casefold())) for name in types}
        return Columns.build(types, [values])
