"""What is stored, compared with what was acknowledged. Each check returns how many events it found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lambdas.stores import parquet
from lambdas.stores.lake import LakeBucket
from lambdas.stores.profiles import Profiles
from tastemaker.contracts.dataset_storage import DatasetStorage
from tastemaker.contracts.lake_layout import TrainingFolder
from tastemaker.contracts.streamed_event import event_columns, event_identity
from tests.chaos.traffic import Sent

Rows = Sequence[tuple[str, str]]
"""(user, item)."""


def profiles(sent: Sent, table: Profiles, interactions: DatasetStorage, actions: DatasetStorage) -> int:
    """Each user, and each session without one, has exactly the acknowledged events."""
    count = 0
    for group, expected in (
        (interactions.event_group, {**sent.by_user, **sent.by_session}),
        (actions.event_group, sent.actions),
    ):
        for who, items in expected.items():
            live = [one.item for one in table.newest(group, who, 1_000_000)]
            assert Counter(live) == Counter(items), f"profile of {who}: {difference(items, live)}"
            count += len(live)
    return count


def lake(sent: Sent, bucket: LakeBucket, interactions: DatasetStorage, actions: DatasetStorage) -> int:
    """Each acknowledged event is in the lake, and its copies have one identity."""
    count = 0
    for storage, expected in (
        (interactions, [*_flat(sent.by_user), *_flat(sent.by_session)]),
        (actions, list(_flat(sent.actions))),
    ):
        columns = event_columns("userId", "sessionId", "eventId", "itemId")
        items: dict[tuple[str, str], str] = {}
        for key in parquet.keys(bucket, storage.events):
            for user, session, event_id, item in parquet.event_rows(bucket, key, columns):
                assert items.setdefault(event_identity(user, session, event_id), item) == item
        found = list(items.values())
        assert Counter(found) == Counter(expected), f"lake: {difference(expected, found)}"
        count += len(found)
    return count


def export(sent: Sent, imported: Rows, rows: Iterable[tuple[str, str]]) -> int:
    """An export has the imported rows and the events that have a user."""
    found = list(rows)
    expected = [*((user, item) for user, items in sent.by_user.items() for item in items), *imported]
    assert Counter(found) == Counter(expected), f"export: {difference(expected, found)}"
    return len(found) - len(imported)


def training(sent: Sent, imported: Rows, bucket: LakeBucket, home: TrainingFolder, root: Path) -> int:
    """A training reads each user's events, those of sessions before a login too, and the imported rows."""
    from training.config_reader import read_config
    from training.data.prepare import context_columns, read_events

    for key in [home.config, *json.loads(bucket.read(home.manifest))[1:]]:
        (root / key).parent.mkdir(parents=True, exist_ok=True)
        bucket.download(key, root / key)
    config = read_config(root / home.config)
    events, _ = read_events(config, root, context_columns(config))
    items = [*events.items]
    found = {
        user: [items[item] for item in events.item[events.offsets[n] : events.offsets[n + 1]]]
        for n, user in enumerate(events.users)
    }
    expected = sent.trained()
    for user, item in imported:
        expected.setdefault(user, []).append(item)
    for who in expected.keys() | found.keys():
        want, have = expected.get(who, []), found.get(who, [])
        assert Counter(want) == Counter(have), f"training, {who}: {difference(want, have)}"
    return sum(map(len, found.values())) - len(imported)


def difference(expected: Any, found: Any) -> str:
    """How many are lost and how many are too many, with some of each."""
    lost, extra = Counter(expected) - Counter(found), Counter(found) - Counter(expected)
    return f"{lost.total()} lost {list(lost)[:3]}, {extra.total()} too many {list(extra)[:3]}"


def _flat(by_name: Mapping[str, list[str]]) -> Iterator[str]:
    return (item for items in by_name.values() for item in items)
