"""The training mode UPDATE: a version continues from the last one that was trained in full.

The transformer and the blend stay as they are. New items get a vector from their attributes, as the refresh
between trainings does. Transitions, popularity and histories are made of all data, which takes seconds.
Nothing is held out and the transformer has seen all users, so the metrics are those of the version that was
trained in full.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import Columns
from tastemaker.ids import open_array
from tastemaker.models import Bundle
from tastemaker.models.ages import AgeCurve, worth
from tastemaker.models.features import FeatureRows, FeatureSpace
from tastemaker.models.sequence import SequenceModel
from tastemaker.models.turnover import Turnover
from tastemaker.models.weights import pack, unpack
from tastemaker.refreshing.writing import vectors_of_new_items
from training.algorithms import context as context_tables
from training.algorithms import linear, returns, transitions
from training.config import Config
from training.data.ages import measure
from training.data.prepared import Ages, Prepared
from training.errors import BadConfigError
from training.output.bundle_writer import Fitted
from training.pipelines.base import Measured, Pipeline
from training.progress import StopSignal, log
from training.tuning import settings
from training.tuning.rewards import rewards

INHERITED = ("parts", "itemFeatures", "userFeatures", "context")
"""The members of the previous model's metadata that an update takes over unchanged."""


class UpdatePipeline(Pipeline):
    """The pipeline of User-Personalization that continues from `config.previous`."""

    def __init__(self, config: Config, checkpoints: Path | None, stop: StopSignal) -> None:
        super().__init__(config, checkpoints, stop)
        self.previous: Bundle | None = None

    def load(self, root: Path, prepared: Prepared) -> None:
        """Open the previous version. Raises BadConfigError if it has no such model."""
        folder = root / str(self.config.previous)
        if not (folder / "bundle.json").exists():
            raise BadConfigError(f"There is no version to continue from at {self.config.previous}.")
        self.previous = Bundle.open(folder)
        if "encoder" not in self.previous.manifest["model"]:
            raise BadConfigError(
                f"The version at {self.config.previous} has no network to continue from. Train with FULL."
            )
        self.tuned = dict(self.previous.manifest.get("tunedHyperParameters") or {})
        self.config = self.config.with_hyperparameters(self.tuned)

    def measure(self, prepared: Prepared, stop: StopSignal) -> Measured:
        """The metrics of the version that was trained in full."""
        manifest = self._previous.manifest
        return Measured(manifest["metrics"], manifest.get("baselines") or {})

    def fit(self, prepared: Prepared) -> Fitted:
        """Take over what was learned, for the current items, users and event types."""
        bundle, items = self._previous, len(prepared.items)
        learned, folder = bundle.manifest["model"], bundle.path / "model"
        known = bundle.items.indexes(prepared.items.tolist())
        new = np.flatnonzero(known < 0)
        log(f"update of {bundle.manifest['solutionVersionArn']}: {len(new):,} new of {items:,} items")
        vectors, bias = vectors_of_new_items(bundle, records(prepared.item_columns, new))
        arrays = {
            "item_vectors": _joined(open_array(folder / "item_vectors.npy"), known, vectors),
            "item_bias": _joined(open_array(folder / "item_bias.npy"), known, bias),
        }
        weights = unpack(open_array(folder / "encoder.npy"), learned["encoder"]["weights"])
        weights["types"] = types(weights["types"], bundle.manifest["eventTypes"], prepared.event_types)
        arrays["encoder"], layout = pack(weights)
        users = coded(FeatureSpace.from_json(learned["userFeatures"]), prepared.user_columns)
        arrays |= {
            "user_features.offsets": users.offsets,
            "user_features.codes": users.codes,
            "user_features.weights": users.weights,
        }
        filtered = settings.filter_by_history_length(self.config, prepared.sequences)
        arrays["return_rates"] = returns.fit(filtered, items)
        item_rewards = rewards(self.config.objective, prepared)
        inherited = {name: learned[name] for name in INHERITED}
        ages = learned_ages(bundle, prepared)
        if ages is not None:
            inherited["ages"] = ages.to_json()
            arrays |= with_newer_events(arrays["item_bias"], bundle, known, ages.counted(filtered))
        if item_rewards is not None and "objective" in learned:
            inherited["objective"] = learned["objective"]
        table = None
        if "context" in learned["parts"]:
            table = context_tables.fit(prepared.with_sequences(filtered))
        if table is not None:
            arrays |= table.arrays()
            inherited["contextTable"] = prepared.context_space.to_json()
        metadata = {
            **inherited,
            "typicalGap": filtered.typical_gap(),
            "trainedTypes": prepared.trained_types,
            "unknownTypes": prepared.unknown_types,
            "encoder": {**learned["encoder"], "weights": layout},
            "updatedFrom": bundle.manifest["solutionVersionArn"],
        }
        rows = {
            "transitions": transitions.fit(filtered, items),
            "linear": linear.fit(filtered, items, seed=self.config.seed),
        }
        return Fitted(SequenceModel, metadata, arrays, rows, ages=ages)

    @property
    def _previous(self) -> Bundle:
        assert self.previous is not None, "`load` must be called first"
        return self.previous


def records(columns: Columns, rows: NDArray[np.integer]) -> list[dict[str, Any]]:
    """Some rows with the values of all columns."""
    return [{name: column.value(int(row)) for name, column in columns.items()} for row in rows]


def coded(space: FeatureSpace, columns: Columns) -> FeatureRows:
    """The codes of every row in a feature space that was made from older data."""
    if not space.columns:
        return FeatureRows.empty(columns.rows)
    found = [(np.zeros(0, np.int64), np.zeros(0, np.float32))]
    found += [space.codes(record) for record in records(columns, np.arange(columns.rows))]
    codes, weights = zip(*found, strict=True)
    offsets = np.cumsum([len(part) for part in codes]).astype(np.int64)  # the first part is empty
    return FeatureRows(
        offsets, np.concatenate(codes).astype(np.int32), np.concatenate(weights).astype(np.float32)
    )


def types(learned: NDArray[Any], before: list[str], now: list[str]) -> NDArray[np.float32]:
    """The vectors of the current event types, after the vector for no type.

    A new type gets zeros.
    """
    place = {name: row + 1 for row, name in enumerate(before)}
    found = np.zeros((len(now) + 1, learned.shape[1]), np.float32)
    found[0] = learned[0]
    for row, name in enumerate(now):
        if name in place:
            found[row + 1] = learned[place[name]]
    return found


def learned_ages(bundle: Bundle, prepared: Prepared) -> Ages | None:
    """The ages of the items by the curve that was learned. None if the model was learned without ages.

    The model knows what items are worth apart from their age. So it keeps its ages, and how long items live,
    if the catalog has ceased to turn over.
    """
    if "ages" not in bundle.manifest["model"]:
        return None
    curve = AgeCurve.from_json(bundle.manifest["model"]["ages"])
    if prepared.ages is not None:
        return replace(prepared.ages, curve=curve)
    log("update: these data do not show that the catalog turns over; the full training's ages stay in force")
    return measure(prepared, (Turnover(**bundle.manifest["turnover"]), curve))


def with_newer_events(
    bias: NDArray[np.float32], bundle: Bundle, known: NDArray[np.integer], counted: NDArray[np.float32]
) -> dict[str, NDArray[np.float32]]:
    """The biases with what newer events say about the items' worth, and the numbers of events that they know.

    `counted` has the numbers of all events (`Ages.counted`).
    """
    before = open_array(bundle.path / "model" / "item_counted.npy").T
    known_before = _joined(before, known, np.zeros((np.count_nonzero(known < 0), 2)))
    gained = np.log(worth(*counted) / worth(*known_before.T)).astype(np.float32)
    return {"item_bias": bias + gained, "item_counted": counted}


def _joined(old: NDArray[Any], known: NDArray[np.integer], new: NDArray[Any]) -> NDArray[Any]:
    """The learned rows of the current items, and `new` for items that are not known (-1)."""
    found = np.empty((len(known), *old.shape[1:]), np.float32)
    found[known >= 0] = old[known[known >= 0]]
    found[known < 0] = new
    return found
