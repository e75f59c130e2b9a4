"""The impression log: the items of given answers. An event may name an answer instead of what was shown.

The table of recommendations has one row per answer: version `<recommendationId>`, key `shown`, the items, the
ARN of the campaign or recommender, and the expiry time. Only recipes that explore record their answers. A row
does not contain the user.
"""

import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from lambdas.support.observability import log_exception
from tastemaker.contracts.durations import DAY_SECONDS

RETENTION_DAYS = 14
"""How long an event can name an answer. Personalize documents no value."""

KEY = "shown"
MAX_KEYS = 100
"""Keys of one BatchGetItem."""
MAX_WAITING = 200
"""Answers that wait to be written. More are not recorded, so that a slow table cannot fill the memory."""


class ImpressionTable:
    """The `ImpressionLog` of serving, and its reader. `client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str, clock: Callable[[], float] = time.time) -> None:
        self._client, self._table, self._clock = client, table, clock
        self._writer: ThreadPoolExecutor | None = None
        self._waiting: set[Future[None]] = set()

    def record(self, recommendation_id: str, arn: str, items: Sequence[str]) -> None:
        """Store the items of an answer in the background. The caller does not wait and never sees an error.

        The record is lost if the process stops first.
        """
        shown = json.dumps(list(items), ensure_ascii=False, separators=(",", ":"))
        self.store(recommendation_id, KEY, {"arn": {"S": arn}, "items": {"S": shown}}, RETENTION_DAYS)

    def store(self, recommendation_id: str, key: str, members: Mapping[str, Any], days: int) -> None:
        """Store a row about an answer in the background, as `record` does. It is deleted after some days."""
        self._waiting = {one for one in self._waiting if not one.done()}
        if len(self._waiting) < MAX_WAITING:
            self._writer = self._writer or ThreadPoolExecutor(1, "impressions")
            expires = {"N": str(int(self._clock()) + days * DAY_SECONDS)}
            row = {"version": {"S": recommendation_id}, "key": {"S": key}, **members, "expiresAt": expires}
            self._waiting.add(self._writer.submit(self._write, row))

    def flush(self) -> None:
        """Wait until all records are written."""
        for one in list(self._waiting):
            one.result()

    def _write(self, row: Mapping[str, Any]) -> None:
        try:
            self._client.put_item(TableName=self._table, Item=row)
        except Exception:
            log_exception("the impressions were not recorded", id=row["version"]["S"])

    def find(self, recommendation_ids: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Return the items of answers by recommendationId. Answers that were not recorded are left out."""
        names = list(recommendation_ids)
        found: dict[str, Sequence[str]] = {}
        for start in range(0, len(names), MAX_KEYS):
            keys = [{"version": {"S": name}, "key": {"S": KEY}} for name in names[start : start + MAX_KEYS]]
            while keys:
                wanted = {
                    self._table: {
                        "Keys": keys,
                        "ProjectionExpression": "#version, #items",
                        "ExpressionAttributeNames": {"#version": "version", "#items": "items"},
                    }
                }
                answer = self._client.batch_get_item(RequestItems=wanted)
                for row in answer["Responses"].get(self._table, []):
                    found[row["version"]["S"]] = json.loads(row["items"]["S"])
                keys = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
        return found
