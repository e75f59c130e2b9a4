"""The rows of users in the tables: events in profiles, records of Users datasets, and precomputed lists."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from lambdas.stores.precomputed import PrecomputedTable
from tastemaker.contracts.lake_layout import action_group
from tastemaker.contracts.table_keys import profile_index_of, profile_key

THREADS = 8


@dataclass(frozen=True)
class Tables:
    """`client` is a DynamoDB client; the other members are the names of the tables."""

    client: Any
    profiles: str
    catalog: str
    recommendations: str

    def count(self, group: str, names: Sequence[str], datasets: Sequence[str]) -> int:
        """The number of rows of users and sessions in their profiles and in `datasets`."""
        return self._each(names, lambda name: self._count(group, name, datasets))

    def delete(self, group: str, names: Sequence[str], datasets: Sequence[str]) -> int:
        """Delete the rows that `count` counts, and return their number."""
        return self._each(names, lambda name: self._delete(group, name, datasets))

    def delete_lists(self, names: Sequence[str], versions: Sequence[str]) -> None:
        """Delete the lists of these solution versions for users. They are not data, so they do not count."""
        lists = PrecomputedTable(self.client, self.recommendations)
        for version in versions:
            lists.delete(version, names)

    def _each(self, names: Sequence[str], of_one: Callable[[str], int]) -> int:
        with ThreadPoolExecutor(THREADS) as pool:
            return sum(pool.map(of_one, names))

    def _count(self, group: str, name: str, datasets: Sequence[str]) -> int:
        found = 0
        for profile in _profiles(group, name):
            pages = self._pages(profile, Select="COUNT")
            found += sum(page["Count"] for page in pages)
        for dataset in datasets:
            key = {"dataset": {"S": dataset}, "id": {"S": name}}
            found += "Item" in self.client.get_item(
                TableName=self.catalog, Key=key, ProjectionExpression="id"
            )
        return found

    def _delete(self, group: str, name: str, datasets: Sequence[str]) -> int:
        removed = 0
        for profile in _profiles(group, name):
            for key in self._events(profile):
                self.client.delete_item(TableName=self.profiles, Key=key)
                removed += 1
        for key in _index_entries(group, name):
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


def _index_entries(group: str, name: str) -> list[dict[str, Any]]:
    """Where a user or session is listed. The entries are not data, so they do not count."""
    groups = (group, action_group(group))
    return [{"profile": {"S": profile_index_of(one, name)}, "event": {"S": name}} for one in groups]


def _profiles(group: str, name: str) -> tuple[str, str]:
    """Keys of the events of a user or session, on items and on actions."""
    return profile_key(group, name), profile_key(action_group(group), name)
