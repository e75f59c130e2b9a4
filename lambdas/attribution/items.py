"""What is known of items now: of an imported row and a put record, the last one written."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.stores import parquet
from lambdas.stores.lake import LakeBucket
from tastemaker.contracts.plans import ItemsToReport

KEYS_AT_ONCE = 100
"""Keys of one BatchGetItem."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Items:
    """`client` is a DynamoDB client, `table` the catalog's; `where` is {"datasetArn", "imports"} of the
    plan, or None in a group without items."""

    lake: LakeBucket
    client: Any
    table: str
    where: ItemsToReport | None

    def of(self, ids: Collection[str], columns: Sequence[str]) -> Iterator[tuple[str, Row]]:
        """(id, columns) of those that are known."""
        newest: dict[str, tuple[float, Row]] = {}
        for name, row, at in self._all(ids, columns):
            if name not in newest or at >= newest[name][0]:
                newest[name] = at, row
        for name, (_, row) in newest.items():
            yield name, row

    def _all(self, ids: Collection[str], columns: Sequence[str]) -> Iterator[tuple[str, Row, float]]:
        if self.where is None or not ids:
            return
        for one in self.where["imports"]:
            for key in parquet.keys(self.lake, one["prefix"]):
                for name, *values in parquet.rows(self.lake, key, ["ITEM_ID", *columns], ids):
                    yield name, dict(zip(columns, values, strict=True)), one["at"]
        listed = sorted(ids)
        for start in range(0, len(listed), KEYS_AT_ONCE):
            yield from self._put(listed[start : start + KEYS_AT_ONCE])

    def _put(self, ids: Sequence[str]) -> Iterator[tuple[str, Row, float]]:
        assert self.where is not None
        keys = [{"dataset": {"S": self.where["datasetArn"]}, "id": {"S": name}} for name in ids]
        while keys:
            answer = self.client.batch_get_item(RequestItems={self.table: {"Keys": keys}})
            for item in answer["Responses"].get(self.table, []):
                yield item["id"]["S"], json.loads(item["properties"]["S"]), float(item["updatedAt"]["N"])
            keys = answer.get("UnprocessedKeys", {}).get(self.table, {}).get("Keys", [])
