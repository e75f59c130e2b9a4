"""A refresh: the changes to a deployed bundle, as a small folder.

    refresh.json           number of new items, time of the newest event
    items.*                ids of the new items, sorted; their positions follow the bundle's own
    item_columns/          their properties
    item_created.npy       int64[new], seconds
    active.npy             int64[new], seconds: the later of creation and put (if the catalog turns over)
    last.npy               int64[counted]: the newest event of each counted item (if the catalog turns over)
    counts.npy             int32[counted, 3]: position, taken, shown since the training
    windows.npy            int32[counted, 3]: position, current, previous (trending models)
    search/                the index of all items that were upserted since the training
    item_vectors.npy       float32[new, width], and item_bias.npy float32[new] (sequence models)

An item is new if the bundle does not have it, and it was upserted or has events.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import NUMBER, Columns, cell
from tastemaker.ids import Ids, open_array, save_array
from tastemaker.models.bundle import Bundle
from tastemaker.models.features import FeatureSpace, fold
from tastemaker.refreshing.tally import Tally

REFRESH = "refresh.json"
CREATED = "CREATION_TIMESTAMP"
MAX_ITEMS_WITHOUT_RECORD = 10_000
"""New items that are only known from events, those with most events first.

Misspelled and invented ids must not fill the catalog.
"""
BIAS_QUANTILE, BIAS_QUANTILE_WITH_AGES = 0.25, 0.5
"""A new item gets the bias of a rarely used item, which is higher than that of unused items.

If biases are apart from the ages of items, it is worth an average item.
"""

NEEDED_FILES = ("bundle.json", "items.", "item_users.npy", "model/encoder.npy", "model/item_bias.npy")
"""What is read of the bundle: names of files, or how they start."""

Upsert = tuple[Mapping[str, Any], float]
"""Properties by schema field, and the time of the upsert in seconds since 1970."""


def write(folder: Path, bundle: Bundle, upserts: Mapping[str, Upsert], tally: Tally, now: int) -> int:
    """Write the refresh of a bundle. Returns the number of new items.

    `upserts` has all items upserted since the bundle's data were read, by id. `now` is in seconds since 1970.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ids = _new_ids(bundle.items, upserts, tally)
    records = [upserts[item][0] if item in upserts else {} for item in ids.tolist()]
    ids.save(folder, "items")
    _columns(bundle, records).save(folder / "item_columns")
    created = [_created(item, upserts.get(item), tally) for item in ids.tolist()]
    save_array(folder / "item_created.npy", np.asarray(created, np.int64))
    shown = tally.shown + tally.implied
    positions = _positions(bundle.items, ids, [*tally.taken, *shown])
    counts = _counts(positions, tally.taken, shown)
    save_array(folder / "counts.npy", counts)
    if "turnover" in bundle.manifest:
        put = [upserts[item][1] if item in upserts else 0.0 for item in ids.tolist()]
        save_array(folder / "active.npy", np.maximum(created, np.asarray(put)).astype(np.int64))
        last = {position: tally.last.get(item, 0) for item, position in positions.items()}
        save_array(folder / "last.npy", np.asarray([last[at] for at in counts[:, 0].tolist()], np.int64))
    if bundle.model_name == "trending":
        save_array(folder / "windows.npy", _counts(positions, *tally.windows(now)))
    if "encoder" in bundle.manifest["model"]:
        vectors, bias = vectors_of_new_items(bundle, records)
        save_array(folder / "item_vectors.npy", vectors)
        save_array(folder / "item_bias.npy", bias)
    summary = {"items": len(ids), "latestTimestamp": tally.latest, "refreshed": now}
    (folder / REFRESH).write_text(json.dumps(summary), encoding="utf-8")
    return len(ids)


def _new_ids(known: Ids, upserts: Mapping[str, Upsert], tally: Tally) -> Ids:
    """Return the ids that the bundle does not have: all upserted ones, and others with most events."""
    from_events = [item for item, _ in tally.taken.most_common() if item not in upserts]
    candidates = [*upserts, *from_events]
    positions = known.indexes(candidates).tolist()
    new = [item for item, position in zip(candidates, positions, strict=True) if position < 0]
    upserted = sum(item in upserts for item in new)
    return Ids.build(new[: upserted + MAX_ITEMS_WITHOUT_RECORD])


def _columns(bundle: Bundle, records: Sequence[Mapping[str, Any]]) -> Columns:
    types = bundle.manifest["columns"]["ITEMS"]
    rows = [{name: cell(types[name], row[name]) for name in row if name in types} for row in records]
    return Columns.build(types, rows)


def _created(item: str, upsert: Upsert | None, tally: Tally) -> int:
    """Return when an item was created: its own value, else the time of the upsert or of its oldest event."""
    if upsert is None:
        return tally.first[item]
    created = cell(NUMBER, upsert[0].get(CREATED))
    return int(upsert[1] if created is None else float(created))


def _positions(known: Ids, new: Ids, items: Sequence[str]) -> dict[str, int]:
    """Return the position of each item that the bundle or the refresh has."""
    distinct = list(dict.fromkeys(items))
    old, added = known.indexes(distinct).tolist(), new.indexes(distinct).tolist()
    return {
        item: position if position >= 0 else len(known) + behind
        for item, position, behind in zip(distinct, old, added, strict=True)
        if position >= 0 or behind >= 0
    }


def _counts(positions: Mapping[str, int], *counts: Counter[str]) -> NDArray[np.int32]:
    """Return int32[counted, 1 + counts], sorted by position."""
    rows = [
        (position, *(count[item] for count in counts))
        for item, position in positions.items()
        if any(count[item] for count in counts)
    ]
    return np.asarray(sorted(rows), np.int32).reshape(-1, 1 + len(counts))


def vectors_of_new_items(
    bundle: Bundle, records: Sequence[Mapping[str, Any]]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the vectors (float32[records, width]) and biases (float32[records]) of new items.

    A vector is the sum of what the encoder learned for the item's properties. Training sometimes drops an
    item's own vector, so that the properties learn to replace it.
    """
    about, folder = bundle.manifest["model"], bundle.path / "model"
    space = FeatureSpace.from_json(about["itemFeatures"])
    start, size = about["encoder"]["weights"]["item_features"]
    learned = open_array(folder / "encoder.npy")[start : start + int(np.prod(size))].reshape(size)
    vectors = np.zeros((len(records), learned.shape[1]), np.float32)
    for row, record in enumerate(records):
        codes, weights = space.codes({fold(name): value for name, value in record.items()})
        vectors[row] = weights @ learned[codes]
    used = open_array(folder / "item_bias.npy")[bundle.item_users > 0]
    share = BIAS_QUANTILE_WITH_AGES if "ages" in about else BIAS_QUANTILE
    bias = float(np.quantile(used, share)) if len(used) else 0.0
    return vectors, np.full(len(records), bias, np.float32)
