"""The rows of users in the tables: events in profiles, records of Users datasets, and precomputed lists."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from lambdas.stores.precomputed import PrecomputedTable
from tastemaker.contracts.table_keys import profile_index_of, profile_key

THREADS = 8


@dataclass(frozen=True)
class Tables:
    """`client` is a DynamoDB client; the other members are the names of the tables."""

    client: Any
    profiles: str
    catalog: str
    recommendations: str

    def count(self, groups: Sequence[str], names: Sequence[str], datasets: Sequence[str]) -> int:
        """The number of rows of users and sessions in their profiles and in `datasets`.

        `groups` are event groups. `datasets` are keys of upserts.
        """
        return self._each(names, lambda name: self._count(groups, name, datasets))

    def delete(self, groups: Sequence[str], names: Sequence[str], datasets: Sequence[str]) -> int:
        """Delete the rows that `count` counts, and return their number."""
        return self._each(names, lambda name: self._delete(groups, name, datasets))

    def delete_lists(self, names: Sequence[str], versions: Sequence[str]) -> None:
        """Delete the lists of these solution versions for users. They are not data, so they do not count."""
        lists = PrecomputedTable(self.client, self.recommendations)
        for version in versions:
            lists.delete(version, names)

    def _each(self, names: Sequence[str], of_one: Callable[[str], int]) -> int:
        with ThreadPoolExecutor(THREADS) as pool:
            return sum(pool.map(of_one, names))

    def _count(self, groups: Sequence[str], name: str, datasets: Sequence[str]) -> int:
        found = 0
        for profile in (profile_key(group, name) for group in groups):
            pages = self._pages(profile, Select="COUNT")
            found += sum(page["Count"] for page in pages)
        for dataset in datasets:
            key = {"dataset": {"S": dataset}, "id": {"S": name}}
            found += "Item" in self.client.get_item(
                TableName=self.catalog, Key=key, ProjectionExpression="id"
            )
        return found

    def _delete(self, groups: Sequence[str], name: str, datasets: Sequence[str]) -> int:
        removed = 0
        for profile in (profile_key(group, name) for group in groups):
            for key in self._events(profile):
                self.client.delete_item(TableName=self.profiles, Key=key)
                removed += 1
        for key in _index_entries(groups, name):
            self.client.delete_item(TableName=self.profiles, Key=key)
        for dataset in datasets:
            key = {"dataset": {"S": dataset}, "id": {"S": name}}
            answer = self.client.delete_item(TableName=self.catalog, Key=key, ReturnValues="ALL_OLD")
            removed += "Attributes" in answer
        return removed

    def _events(self, profile: str) -> Iterator[dict[str, Any]]:
        for page in self._pages(
            profile,
            ProjectionExpression="#profile, #event",
            ExpressionAttributeNames={"#profile": "profile", "#event": "event"},
        ):
            for item in page["Items"]:
                yield {"profile": item["profile"], "event": item["event"]}

    def _pages(self, profile: str, **more: Any) -> Iterable[dict[str, Any]]:
        query = {
            "TableName": self.profiles,
            "KeyConditionExpression": "#profile = :profile",
            "ExpressionAttributeNames": {"#profile": "profile"},
            "ExpressionAttributeValues": {":profile": {"S": profile}},
            **more,
        }
        pages: Iterable[dict[str, Any]] = self.client.get_paginator("query").paginate(**query)
        return pages


def _index_entries(groups: Sequence[str], name: str) -> list[dict[str, Any]]:
    """Where a user or session is listed. The entries are not data, so they do not count."""
    return [{"profile": {"S": profile_index_of(one, name)}, "event": {"S": name}} for one in groups]
