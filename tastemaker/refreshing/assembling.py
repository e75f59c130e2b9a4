"""A bundle and a refresh → a bundle like any other.

The positions of new items follow the bundle's own, so that all positions in other files stay valid. Files
that change are written again, all others are linked: the cost of a refresh depends on the arrays with one row
per item, not on histories and item-to-item weights.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import Columns
from tastemaker.contracts.lake_layout import REFRESHED_SEARCH_FOLDER, SEARCH_FOLDER
from tastemaker.ids import Ids, open_array, save_array
from tastemaker.models.bundle import MANIFEST, Bundle
from tastemaker.models.turnover import Activity, newest_activity
from tastemaker.refreshing.actions import MODEL_NAME as ACTIONS
from tastemaker.refreshing.actions import assemble_actions
from tastemaker.refreshing.writing import REFRESH


def assemble(base: Path, refresh: Path, target: Path) -> None:
    """Write the bundle in `base` with `refresh` to `target`, a new folder. bundle.json is written last."""
    bundle, about = Bundle.open(base), json.loads((refresh / REFRESH).read_text(encoding="utf-8"))
    old, new = len(bundle.items), int(about["items"])
    (target / "model").mkdir(parents=True)
    latest = max(int(bundle.manifest.get("latestTimestamp") or 0), int(about["latestTimestamp"]))
    if bundle.model_name == ACTIONS:
        written, replaced = assemble_actions(bundle, refresh, target), "model/action_columns/"
    else:
        written = _items(bundle, refresh, target, old, new, latest)
        written |= _model(bundle, refresh, target, new)
        replaced = "item_columns/"
    written |= {MANIFEST}
    for path in base.rglob("*"):
        name = path.relative_to(base).as_posix()
        if path.is_file() and name not in written and not name.startswith(replaced):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            os.link(path, target / name)
    _link_search_index(refresh, target)
    manifest = dict(bundle.manifest)
    manifest["counts"] = {**manifest.get("counts", {}), "items": old + new}
    manifest["latestTimestamp"] = latest
    manifest["refreshed"] = about["refreshed"]
    (target / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def _link_search_index(refresh: Path, target: Path) -> None:
    """Put the index of upserted items beside that of the bundle, if it was downloaded."""
    for path in (refresh / SEARCH_FOLDER).rglob("*"):
        if path.is_file():
            place = target / REFRESHED_SEARCH_FOLDER / path.relative_to(refresh / SEARCH_FOLDER)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, place)


def _items(bundle: Bundle, refresh: Path, target: Path, old: int, new: int, latest: int) -> set[str]:
    """Write ids, properties and counts. Returns the names of the files."""
    Ids.open(refresh, "items").save(target, "items.tail")
    columns = bundle.item_columns.joined(Columns.open(refresh / "item_columns"))
    columns.save(target / "item_columns")
    position, taken, shown = _counts(refresh / "counts.npy")
    taken_since = np.zeros(old + new, np.int32)
    taken_since[position] = taken
    taken_of_new = taken_since[old:]
    arrays: dict[str, NDArray[Any]] = {
        "item_created": np.concatenate([bundle.item_created, open_array(refresh / "item_created.npy")]),
        "item_users": np.concatenate([bundle.item_users, taken_of_new]),
        "item_taken": np.concatenate([bundle.item_taken, np.zeros(new, np.int32)]) + taken_since,
        "popularity": np.concatenate([bundle.popularity, taken_of_new.astype(np.float32)]),
    }
    before = np.zeros(old, np.int32) if bundle.item_shown is None else bundle.item_shown
    arrays["item_shown"] = np.concatenate([before, np.zeros(new, np.int32)])
    arrays["item_shown"][position] += shown
    if bundle.activity is not None:
        arrays["item_activity"] = _activity(bundle.activity, refresh, position, latest)
    for name, array in arrays.items():
        save_array(target / f"{name}.npy", array)
    return {f"{name}.npy" for name in arrays}


def _activity(before: Activity, refresh: Path, position: NDArray[np.int32], latest: int) -> NDArray[np.int64]:
    """Return when each item was born and last active. A new item is active when it is created and when put.

    Only events make time pass: a new item without events is not newer than the newest activity.
    """
    created = open_array(refresh / "item_created.npy")
    old, new = len(before.last), len(created)
    active = created
    last = np.concatenate([before.last, np.zeros(new, np.int64)])
    if (refresh / "active.npy").exists():  # a refresh of an older release has none
        active = open_array(refresh / "active.npy")
        last[position] = np.maximum(last[position], open_array(refresh / "last.npy"))
    now = newest_activity(last[last > 0], latest)
    born = np.concatenate([before.born, np.minimum(np.where(created > 0, created, active), now)])
    last[old:] = np.maximum(last[old:], np.minimum(active, now))
    return np.stack([born, last])


def _model(bundle: Bundle, refresh: Path, target: Path, new: int) -> set[str]:
    """Write the model's arrays with one row per item. Returns the names of the files."""
    folder = bundle.path / "model"
    arrays: dict[str, NDArray[Any]] = {}
    for name in ("item_vectors", "item_bias"):
        if (folder / f"{name}.npy").exists():
            arrays[name] = np.concatenate(
                [open_array(folder / f"{name}.npy"), open_array(refresh / f"{name}.npy")]
            )
    for name in ("transitions.offsets", "linear.offsets"):  # a new item has no weights to other items yet
        if (folder / f"{name}.npy").exists():
            offsets = open_array(folder / f"{name}.npy")
            arrays[name] = np.concatenate([offsets, np.full(new, offsets[-1], offsets.dtype)])
    if (refresh / "windows.npy").exists():
        position, current, previous = _counts(refresh / "windows.npy")
        for name, counts in (("current", current), ("previous", previous)):
            arrays[name] = np.zeros(len(bundle.items) + new, np.int32)
            arrays[name][position] = counts
    for name, array in arrays.items():
        save_array(target / "model" / f"{name}.npy", array)
    return {f"model/{name}.npy" for name in arrays}


def _counts(path: Path) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    rows = open_array(path)
    return rows[:, 0], rows[:, 1], rows[:, 2]
