"""The rows of users in the tables: streamed events in their profiles, and what was put about them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tastemaker.events import ACTIONS

THREADS = 8


@dataclass(frozen=True)
class Tables:
    """`client` is a DynamoDB client; names as in the settings."""

    client: Any
    profiles: str
    catalog: str

    def forget(self, group: str, names: Sequence[str], datasets: Sequence[str]) -> int:
        """Delete the profiles of users and sessions, and their rows in these datasets. Returns how many."""
        with ThreadPoolExecutor(THREADS) as pool:
            return sum(pool.map(lambda name: self._forget(group, name, datasets), names))

    def _forget(self, group: str, name: str, datasets: Sequence[str]) -> int:
        removed = 0
        for profile in (f"{group}#{name}", f"{group}/{ACTIONS}#{name}"):
            for key in self._events(profile):
                self.client.delete_item(TableName=self.profiles, Key=key)
                removed += 1
        for dataset in datasets:
            key = {"dataset": {"S": dataset}, "id": {"S": name}}
            answer = self.client.delete_item(TableName=self.catalog, Key=key, ReturnValues="ALL_OLD")
            removed += "Attributes" in answer
        return removed

    def _events(self, profile: str) -> Iterator[dict[str, Any]]:
        pages = self.client.get_paginator("query").paginate(
            TableName=self.profiles,
            KeyConditionExpression="#profile = :profile",
            ProjectionExpression="#profile, #event",
            ExpressionAttributeNames={"#profile": "profile", "#event": "event"},
            ExpressionAttributeValues={":profile": {"S": profile}},
        )
        for page in pages:
            for item in page["Items"]:
                yield {"profile": item["profile"], "event": item["event"]}
