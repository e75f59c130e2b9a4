"""Write the bundle: `bundle.json` and arrays. `tastemaker.models.bundle` describes the layout."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.ids import save_array
from tastemaker.models.base import Model
from tastemaker.models.bundle import FORMAT_VERSION, MANIFEST, SECOND_FORMAT_VERSION, Histories
from tastemaker.models.sparse import SparseRows
from training.algorithms import popularity
from training.config import Config
from training.data.prepared import Ages, Prepared
from training.output import joining
from training.tuning.settings import latest_trends


@dataclass(frozen=True)
class Fitted:
    """A fitted model: its class, the metadata for its loader, and its arrays for the folder `model`."""

    model: type[Model]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    rows: Mapping[str, SparseRows] = field(default_factory=dict)
    write: Callable[[Path], None] | None = None
    """A function that writes what is neither arrays nor rows into that folder."""
    ages: Ages | None = None
    """The ages that the model reads, if they are not those of the data."""


def export(
    fitted: Fitted,
    prepared: Prepared,
    config: Config,
    folder: Path,
    *,
    metrics: Mapping[str, float] | None = None,
    baselines: Mapping[str, Mapping[str, float]] | None = None,
    warnings: Sequence[str] = (),
    tuned: Mapping[str, str] | None = None,
    described: Mapping[str, Any] | None = None,
    with_histories: bool = True,
    join: bool = False,
) -> None:
    """Write the bundle into `folder`. bundle.json is written last, and marks the folder as complete.

    It has this process's users, and counts those of all processes. `described` is the report of the data.
    With `join`, which all processes must give together, the leader's folder gets the users of all of them.
    """
    (folder / "model").mkdir(parents=True, exist_ok=True)
    _write_data(prepared, config, folder, with_histories=with_histories)
    ages = fitted.ages or prepared.ages
    if ages is not None:
        save_array(folder / "item_activity.npy", np.stack(ages.activity))
    for name, array in fitted.arrays.items():
        save_array(folder / "model" / f"{name}.npy", array)
    for name, rows in fitted.rows.items():
        rows.save(folder / "model", name)
    if fitted.write is not None:
        fitted.write(folder / "model")
    manifest = {
        **_description(fitted, prepared, config),
        **({} if ages is None else {"turnover": ages.turnover._asdict()}),
        "tunedHyperParameters": dict(tuned or {}),
        "metrics": dict(metrics or {}),
        "baselines": {name: dict(values) for name, values in (baselines or {}).items()},
        "warnings": list(warnings),
        "data": dict(described or {}),
        "model": dict(fitted.metadata),
    }
    if join:
        joining.join(folder, prepared.sequences.group)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def _write_data(prepared: Prepared, config: Config, folder: Path, *, with_histories: bool) -> None:
    """Write the ids, attributes, histories and counts that every bundle has."""
    count = len(prepared.items)
    prepared.items.save(folder, "items")
    prepared.users.save(folder, "users")
    prepared.item_columns.save(folder / "item_columns")
    prepared.user_columns.save(folder / "user_columns")
    histories = prepared.histories if with_histories else _none(len(prepared.users))
    histories.save(folder)
    popular = popularity.distinct_users(prepared.sequences, count)
    trends = latest_trends(config)
    recent = popularity.recent(prepared.sequences, count) if trends else popular.astype(np.float32)
    save_array(folder / "popularity.npy", recent)
    save_array(folder / "item_users.npy", popular)
    save_array(folder / "item_created.npy", prepared.item_created)


def _description(fitted: Fitted, prepared: Prepared, config: Config) -> dict[str, Any]:
    """The members of `bundle.json` about the recipe and the data."""
    sequences = prepared.sequences
    counts = sequences.counts(len(prepared.items))
    items = config.datasets.get("ITEMS")
    several = fitted.metadata.get("encoder", {}).get("networks", 1) > 1
    segments = "had" in fitted.metadata.get("settings", {})
    needs_second = several or prepared.least_values or segments or "ages" in fitted.metadata
    return {
        "formatVersion": SECOND_FORMAT_VERSION if needs_second else FORMAT_VERSION,
        "kind": fitted.model.model_name,
        "recipe": config.recipe,
        "solutionVersionArn": config.solution_version_arn,
        "parameters": dict(config.hyperparameters),
        "created": config.created_at,
        "counts": {
            "items": len(prepared.items),
            "users": sequences.group.total(len(prepared.users)),
            "interactions": int(counts.sum()),
            "itemsWithInteractions": int(np.count_nonzero(counts)),
        },
        "nameColumn": items.name_column if items else None,
        "eventTypes": prepared.event_types,
        **({"leastEventValues": prepared.least_values} if prepared.least_values else {}),
        "latestTimestamp": prepared.latest,
        "columns": {
            "ITEMS": {name: column.column_type for name, column in prepared.item_columns.items()},
            "USERS": {name: column.column_type for name, column in prepared.user_columns.items()},
        },
    }


def _none(users: int) -> Histories:
    return Histories(
        np.zeros(users + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.int16)
    )
