"""What answers showed, remembered for a while: an event may name an answer instead of what was shown.

One row per answer in the table of recommendations: version `<recommendationId>`, key `shown`, its items, the
campaign or recommender, and when it may go. Only recipes that explore remember; nothing says who asked.
"""

import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from lambdas.support.observability import logger

DAYS = 14
"""How long an answer can be named. The service says no number."""

KEY = "shown"
MOST_AT_ONCE = 100
"""Keys of one BatchGetItem."""
MOST_WAITING = 200
"""Answers that wait to be written; more are not remembered, so that a slow table cannot fill the memory."""


class ShownAnswers:
    """`client` is a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str, clock: Callable[[], float] = time.time) -> None:
        self._client, self._table, self._clock = client, table, clock
        self._writer: ThreadPoolExecutor | None = None
        self._waiting: set[Future[None]] = set()

    def remember(self, recommendation_id: str, arn: str, items: Sequence[str]) -> None:
        """Write down what an answer shows, while it is on its way: nobody waits for it, and an answer whose
        list is lost (the process was stopped) is still an answer.
        """
        self._waiting = {one for one in self._waiting if not one.done()}
        if len(self._waiting) < MOST_WAITING:
            self._writer = self._writer or ThreadPoolExecutor(1, "shown")
            self._waiting.add(self._writer.submit(self._write, recommendation_id, arn, list(items)))

    def settle(self) -> None:
        """Wait until everything is written."""
        for one in list(self._waiting):
            one.result()

    def _write(self, recommendation_id: str, arn: str, items: list[str]) -> None:
        row = {
            "version": {"S": recommendation_id},
            "key": {"S": KEY},
            "arn": {"S": arn},
            "items": {"S": json.dumps(items, ensure_ascii=False, separators=(",", ":"))},
            "expiresAt": {"N": str(int(self._clock()) + DAYS * 86_400)},
        }
        try:
            self._client.put_item(TableName=self._table, Item=row)
        except Exception:
            logger.exception("what an answer showed was not written", extra={"id": recommendation_id})

    def lists(self, recommendation_ids: Collection[str]) -> Mapping[str, Sequence[str]]:
        """The items of those answers that are remembered."""
        names, found = list(recommendation_ids), {}
        for start in range(0, len(names), MOST_AT_ONCE):
            keys = [
                {"version": {"S": name}, "key": {"S": KEY}} for name in names[start : start + MOST_AT_ONCE]
            ]
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
