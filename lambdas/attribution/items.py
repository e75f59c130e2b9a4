"""The current columns of items: of imported rows and upserts, the newest one of each item."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.stores import parquet
from lambdas.stores.lake import LakeBucket
from tastemaker.contracts.plans import ItemsToReport

MAX_KEYS = 100
"""Keys of one BatchGetItem."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Items:
    """The items of a dataset group.

    `client` is a DynamoDB client and `table` the name of the catalog table. `dataset` is the Items dataset of
    the plan with its imports, or None if the group has none.
    """

    lake: LakeBucket
    client: Any
    table: str
    dataset: ItemsToReport | None

    def of(self, ids: Collection[str], columns: Sequence[str]) -> Iterator[tuple[str, Row]]:
        """The (id, column → value) of the items that exist."""
        newest: dict[str, tuple[float, Row]] = {}
        for name, row, at in self._all(ids, columns):
            if name not in newest or at >= newest[name][0]:
                newest[name] = at, row
        for name, (_, row) in newest.items():
            yield name, row

    def _all(self, ids: Collection[str], columns: Sequence[str]) -> Iterator[tuple[str, Row, float]]:
        if self.dataset is None or not ids:
            return
        for one in self.dataset["imports"]:
            for key in parquet.keys(self.lake, one["prefix"]):
                for name, *values in parquet.rows(self.lake, key, ["ITEM_ID", *columns], ids):
                    yield name, dict(zip(columns, values, strict=True)), one["at"]
        listed = sorted(ids)
        for start in range(0, len(listed), MAX_KEYS):
            yield from self._put(listed[start : start + MAX_KEYS])

    def _put(self, ids: Sequence[str]) -> Iterator[tuple[str, Row, float]]:
        assert self.dataset is not None
        keys = [{"dataset": {"S": self.dataset["catalog"]}, "id": {"S": name}} for name in ids]
        while keys:
            answer = self.client.batch_get_item(RequestItems={self.table: {"Keys": keys}})
            for item in answer["Responses"].get(self.table, []):
                yield item["id"]["S"], json.loads(item["properties"]["S"]), float(item["updatedAt"]["N"])
            keys = answer.get("UnprocessedKeys", {}).get(self.table, {}).get("Keys", [])
