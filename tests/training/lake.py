"""A small shop in a lake folder: sixty users who buy items in an order that can be learned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tastemaker.contracts.lake_layout import PreparedFolder
from training.config_reader import read_config
from training.data import parquet
from training.data.events import group_by_user
from training.data.prepare import context_columns
from training.data.user_ranges import ranges

ITEMS = 24
USERS = 60
START = 1_600_000_000
INTERACTIONS_SCHEMA = {
    "type": "record",
    "name": "Interactions",
    "fields": [
        {"name": "USER_ID", "type": "string"},
        {"name": "ITEM_ID", "type": "string"},
        {"name": "TIMESTAMP", "type": "long"},
        {"name": "EVENT_TYPE", "type": "string"},
        {"name": "EVENT_VALUE", "type": ["null", "float"]},
        {"name": "DEVICE", "type": ["null", "string"], "categorical": True},
    ],
}
ITEMS_SCHEMA = {
    "type": "record",
    "name": "Items",
    "fields": [
        {"name": "ITEM_ID", "type": "string"},
        {"name": "GENRE", "type": ["null", "string"], "categorical": True},
        {"name": "PRICE", "type": ["null", "float"]},
        {"name": "IN_STOCK", "type": "boolean"},
        {"name": "TITLE", "type": "string"},
    ],
}
USERS_SCHEMA = {
    "type": "record",
    "name": "Users",
    "fields": [
        {"name": "USER_ID", "type": "string"},
        {"name": "AGE", "type": ["null", "int"]},
        {"name": "PLAN", "type": "string", "categorical": True},
    ],
}


def item(number: int) -> str:
    """An item's id, in the order of numbers."""
    return f"i{number:02d}"


def walk(user: int, events: int = 20) -> list[int]:
    """What a user buys: each item is followed by the next one on the shelf, rarely by another."""
    rng = np.random.default_rng(user)
    at, path = int(rng.integers(ITEMS)), []
    for _ in range(events):
        path.append(at)
        at = (at + 1) % ITEMS if rng.random() < 0.95 else int(rng.integers(ITEMS))
    return path


def interactions(users: int = USERS, events: int = 20) -> pa.Table:
    """Every user's walk, with a minute between events. The first event is a view, the others are buys."""
    rows = [(user, place, at) for user in range(users) for place, at in enumerate(walk(user, events))]
    return pa.table(
        {
            "USER_ID": [f"u{user:03d}" for user, _, _ in rows],
            "ITEM_ID": [item(at) for _, _, at in rows],
            "TIMESTAMP": [START + user * 7 + place * 60 for user, place, _ in rows],
            "EVENT_TYPE": ["view" if place == 0 else "buy" for _, place, _ in rows],
            "EVENT_VALUE": pa.array(
                [None if place == 0 else float(place) for _, place, _ in rows], pa.float64()
            ),
            "DEVICE": ["phone" if user % 2 else "web" for user, _, _ in rows],
        }
    )


def items() -> pa.Table:
    """All items, and one that nobody bought."""
    numbers = [*range(ITEMS), ITEMS]
    return pa.table(
        {
            "ITEM_ID": [item(n) for n in numbers],
            "GENRE": ["even|all" if n % 2 == 0 else "odd|all" for n in numbers],
            "PRICE": [float(n) for n in numbers],
            "IN_STOCK": [n % 3 == 0 for n in numbers],
            "TITLE": [f"thing {n}" for n in numbers],
        }
    )


def users(count: int = USERS) -> pa.Table:
    """Every user's age and plan."""
    return pa.table(
        {
            "USER_ID": [f"u{user:03d}" for user in range(count)],
            "AGE": pa.array([20 + user for user in range(count)], pa.int64()),
            "PLAN": ["free" if user % 3 else "gold" for user in range(count)],
        }
    )


def streamed(rows: list[dict[str, Any]]) -> pa.Table:
    """Events as the delivery stream writes them: with names in lower case, and null for absent members."""
    types = {
        "eventId": pa.string(),
        "userId": pa.string(),
        "sessionId": pa.string(),
        "itemId": pa.string(),
        "eventType": pa.string(),
        "eventValue": pa.float64(),
        "sentAt": pa.int64(),
        "properties": pa.string(),
    }
    cells = {name: pa.array([row.get(name) for row in rows], kind) for name, kind in types.items()}
    return pa.table({name.lower(): values for name, values in cells.items()})


def put(root: Path, prefix: str, table: pa.Table) -> str:
    """Write one file under a prefix of the lake, and return the prefix."""
    folder = root / prefix
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / f"part-{len(list(folder.iterdir())):05d}.parquet")
    return prefix


def as_shards(root: Path, config_path: Path, count: int) -> Path:
    """Prepare the events as shards of users, as Spark does, and return the path of their configuration."""
    config, folder = read_config(config_path), PreparedFolder("prepared/")
    context = context_columns(config)
    table = parquet.interactions(root, config.datasets["INTERACTIONS"], config.events, context)
    firsts = [f"u{user:03d}" for user in range(0, USERS, -(-USERS // count))]
    (root / folder.prefix).mkdir()
    for number, one in enumerate(ranges(firsts)):
        np.savez(root / folder.shard(number), **group_by_user(one.only(table), context).arrays())
    names = [folder.shard(number) for number in range(len(firsts))]
    (root / folder.index).write_text(json.dumps({"shards": names}), encoding="utf-8")
    document = json.loads(config_path.read_text(encoding="utf-8")) | {"prepared": folder.prefix}
    path = config_path.with_name("of-shards.json")
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def build(root: Path, events: list[dict[str, Any]] | None = None, **config: Any) -> Path:
    """Write the whole lake with its config.json, and return the path of that. `config` overrides members."""
    prefixes = {
        kind: put(root, f"groups/shop/datasets/{kind}/run/", table)
        for kind, table in (("INTERACTIONS", interactions()), ("ITEMS", items()), ("USERS", users()))
    }
    schemas = {"INTERACTIONS": INTERACTIONS_SCHEMA, "ITEMS": ITEMS_SCHEMA, "USERS": USERS_SCHEMA}
    if events:
        put(root, "groups/shop/events/2020/", streamed(events))
    document = {
        "formatVersion": 1,
        "solutionVersionArn": "arn:aws:personalize:eu-west-1:123456789012:solution/shop/0a1b2c3d",
        "recipe": "aws-user-personalization-v2",
        "createdAt": 1_700_000_000.0,
        "seed": 7,
        "datasets": {kind: {"schema": schemas[kind], "prefixes": [prefixes[kind]]} for kind in prefixes},
        "events": ["groups/shop/events/"],
        "eventType": None,
        "solutionConfig": {},
        "hyperParameters": {"trainingPasses": "3", "width": "16"},
    } | config
    path = root / "groups/shop/training/config.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path
