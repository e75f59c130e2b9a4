"""A refresh: what serves is changed by, as a small folder.

    refresh.json           how many items are new, and the time of the newest event
    items.*                the ids of new items, sorted; they come behind the bundle's own
    item_columns/          their attributes
    item_created.npy       int64[new], seconds
    counts.npy             int32[counted, 3]: position, taken, shown since training
    windows.npy            int32[counted, 3]: position, current, previous (trending models)
    item_vectors.npy       float32[new, width], and item_bias.npy float32[new] (sequence models)

New is an item that was put, or that events are about, and that the bundle does not know.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import NUMBER, Columns
from tastemaker.ids import Ids, open_array, save_array
from tastemaker.models.bundle import Bundle
from tastemaker.models.features import FeatureSpace, fold
from tastemaker.refreshing.tally import Tally
from tastemaker.serving.upserts import cell

REFRESH = "refresh.json"
CREATED = "CREATION_TIMESTAMP"
MOST_UNDESCRIBED = 10_000
"""New items that nothing is known of but events, those with most events: ids that somebody mistyped, or made
up, must not fill a catalog.
"""
BIAS_QUANTILE = 0.25
"""A new item gets the bias of an item that few ask for: more than that of items that nobody took."""

NEEDED = ("bundle.json", "items.", "item_users.npy", "model/encoder.npy", "model/item_bias.npy")
"""What is read of the bundle: files, and beginnings of files' names."""

Put = tuple[Mapping[str, Any], float]


def write(folder: Path, bundle: Bundle, put: Mapping[str, Put], tally: Tally, now: int) -> int:
    """Write a refresh of a bundle. `put` is id → (properties by schema field, time of writing) of all that
    was put since the bundle's data were gathered. Returns how many items are new.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ids = _new(bundle.items, put, tally)
    records = [put[name][0] if name in put else {} for name in ids.tolist()]
    ids.save(folder, "items")
    _columns(bundle, records).save(folder / "item_columns")
    created = [_created(name, put.get(name), tally) for name in ids.tolist()]
    save_array(folder / "item_created.npy", np.asarray(created, np.int64))
    shown = tally.shown + tally.implied
    places = _places(bundle.items, ids, [*tally.taken, *shown])
    save_array(folder / "counts.npy", _counted(places, tally.taken, shown))
    if bundle.model_name == "trending":
        save_array(folder / "windows.npy", _counted(places, *tally.windows(now)))
    if "encoder" in bundle.manifest["model"]:
        vectors, bias = described(bundle, records)
        save_array(folder / "item_vectors.npy", vectors)
        save_array(folder / "item_bias.npy", bias)
    said = {"items": len(ids), "latestTimestamp": tally.latest, "refreshed": now}
    (folder / REFRESH).write_text(json.dumps(said), encoding="utf-8")
    return len(ids)


def _new(known: Ids, put: Mapping[str, Put], tally: Tally) -> Ids:
    """Ids that the bundle does not know: all that were put, and of the others those with most events."""
    seen = [name for name, _ in tally.taken.most_common() if name not in put]
    candidates = [*put, *seen]
    strangers = [
        name for name, place in zip(candidates, known.indexes(candidates).tolist(), strict=True) if place < 0
    ]
    described = sum(name in put for name in strangers)
    return Ids.build(strangers[: described + MOST_UNDESCRIBED])


def _columns(bundle: Bundle, records: Sequence[Mapping[str, Any]]) -> Columns:
    kinds = bundle.manifest["columns"]["ITEMS"]
    rows = [{name: cell(kinds[name], row[name]) for name in row if name in kinds} for row in records]
    return Columns.build(kinds, rows)


def _created(name: str, put: Put | None, tally: Tally) -> int:
    """When an item came: what it says itself, else when it was put, else its oldest event."""
    if put is None:
        return tally.first[name]
    said = cell(NUMBER, put[0].get(CREATED))
    return int(put[1] if said is None else float(said))


def _places(known: Ids, new: Ids, names: Sequence[str]) -> dict[str, int]:
    """The position of each name that the bundle or the refresh has."""
    distinct = list(dict.fromkeys(names))
    old, fresh = known.indexes(distinct).tolist(), new.indexes(distinct).tolist()
    return {
        name: place if place >= 0 else len(known) + behind
        for name, place, behind in zip(distinct, old, fresh, strict=True)
        if place >= 0 or behind >= 0
    }


def _counted(places: Mapping[str, int], *counts: Counter[str]) -> NDArray[np.int32]:
    """int32[counted, 1 + counts], by position."""
    rows = [
        (place, *(count[name] for count in counts))
        for name, place in places.items()
        if any(count[name] for count in counts)
    ]
    return np.asarray(sorted(rows), np.int32).reshape(-1, 1 + len(counts))


def described(
    bundle: Bundle, records: Sequence[Mapping[str, Any]]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What items' attributes say of them, as the encoder learned it, and a bias for each.

    Training leaves an item's own vector out now and then, so that its attributes learn to stand for it.
    """
    about, folder = bundle.manifest["model"], bundle.path / "model"
    space = FeatureSpace.from_json(about["itemFeatures"])
    start, size = about["encoder"]["weights"]["item_features"]
    learned = open_array(folder / "encoder.npy")[start : start + int(np.prod(size))].reshape(size)
    vectors = np.zeros((len(records), learned.shape[1]), np.float32)
    for row, record in enumerate(records):
        codes, weights = space.codes({fold(name): value for name, value in record.items()})
        vectors[row] = weights @ learned[codes]
    bias, users = open_array(folder / "item_bias.npy"), bundle.item_users
    wanted = bias[users > 0]
    usual = float(np.quantile(wanted, BIAS_QUANTILE)) if len(wanted) else 0.0
    return vectors, np.full(len(records), usual, np.float32)
