"""The refresh of a Next-Best-Action model: actions that were put since its training.

    refresh.json      number of new actions, time of the refresh
    actions.*         ids of the new actions, sorted; their positions follow the bundle's own
    action_columns/   the properties of all actions, old and new

A new action has no weights, so it is explored. What users did with actions is in their profiles, so requests
know it without a refresh.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tastemaker.columns import Columns, Value, cell
from tastemaker.ids import Ids, open_array, save_array
from tastemaker.models.bundle import Bundle
from tastemaker.refreshing.writing import REFRESH, Upsert

MODEL_NAME = "actions"
NEEDED_FILES = ("model/actions.", "model/action_columns/")
"""What is read of the bundle in addition to what every refresh reads."""


def write_actions(folder: Path, bundle: Bundle, upserts: Mapping[str, Upsert], now: int) -> int:
    """Write the refresh of an action model. Returns the number of new actions.

    `upserts` has all actions that were put since the bundle's data were read, by id. A put action replaces
    the whole record. `now` is in seconds since 1970.
    """
    known = Ids.open(bundle.path / "model", "actions")
    columns = Columns.open(bundle.path / "model" / "action_columns")
    types = {name: column.column_type for name, column in columns.items()}

    def record_of(action: str) -> dict[str, Value]:
        properties = upserts[action][0]
        return {name: cell(types[name], properties[name]) for name in properties if name in types}

    positions = dict(zip(upserts, known.indexes(list(upserts)).tolist(), strict=True))
    new = Ids.build(action for action, position in positions.items() if position < 0)
    records = [columns.record(row) for row in range(columns.rows)]
    for action, position in positions.items():
        if position >= 0:
            records[position] = record_of(action)
    records += [record_of(action) for action in new.tolist()]
    folder.mkdir(parents=True, exist_ok=True)
    new.save(folder, "actions")
    Columns.build(types, records).save(folder / "action_columns")
    summary = {"items": 0, "actions": len(new), "latestTimestamp": 0, "refreshed": now}
    (folder / REFRESH).write_text(json.dumps(summary), encoding="utf-8")
    return len(new)


def assemble_actions(bundle: Bundle, refresh: Path, target: Path) -> set[str]:
    """Write the files of a refreshed action model to `target`. Returns their names.

    Files of the bundle in `model/action_columns/` are replaced too.
    """
    model = target / "model"
    model.mkdir(parents=True, exist_ok=True)
    new = Ids.open(refresh, "actions")
    new.save(model, "actions.tail")
    Columns.open(refresh / "action_columns").save(model / "action_columns")
    weights = open_array(bundle.path / "model" / "weights.npy")
    explored = np.full((len(new), weights.shape[1]), np.nan, weights.dtype)
    save_array(model / "weights.npy", np.concatenate([weights, explored]))
    return {"model/weights.npy"}
