"""A lake folder and a configuration from arrays, as the import workflow leaves them for a training job."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

KEYS = {
    "INTERACTIONS": "Interactions",
    "ITEMS": "Items",
    "USERS": "Users",
    "ACTIONS": "Actions",
    "ACTION_INTERACTIONS": "ActionInteractions",
}
TYPES = {pa.string(): "string", pa.int64(): "long", pa.float64(): "double", pa.bool_(): "boolean"}


def write(
    root: Path,
    tables: dict[str, pa.Table],
    *,
    categorical: tuple[str, ...] = (),
    texts: Mapping[str, str] | None = None,
    recipe: str = "aws-user-personalization-v2",
    **config: Any,
) -> Path:
    """Write tables by dataset type under `root`, and config.json beside them.

    `texts` are columns of the items with what the schema marks them as: itemName or textual. Returns the path
    of the configuration.
    """
    datasets = {}
    for kind, table in tables.items():
        prefix = f"groups/bench/datasets/{kind}/run/"
        folder = root / prefix
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, folder / "part-00000.parquet")
        fields = [
            {"name": f.name, "type": ["null", TYPES[f.type]]}
            | ({"categorical": True} if f.name in categorical else {})
            | ({texts[f.name]: True} if texts and f.name in texts else {})
            for f in table.schema
        ]
        schema = {"type": "record", "name": KEYS[kind], "fields": fields, "version": "1.0"}
        datasets[kind] = {"schema": schema, "prefixes": [prefix]}
    document = {"formatVersion": 1, "recipe": recipe, "seed": 0, "datasets": datasets, "events": []} | config
    path = root / "config.json"
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return path
