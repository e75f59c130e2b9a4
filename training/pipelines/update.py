"""The training mode UPDATE: a version goes on from the last one that was trained in full.

The transformer and the blend stay as they are. New items get a vector from their attributes, as the refresh
between trainings gives them; what follows what, what is popular and everybody's histories, which cost
seconds, are made of all data. Nothing is held out, and the transformer has seen everybody: the metrics are
those of the version that was trained in full.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import Columns
from tastemaker.ids import open_array
from tastemaker.models import Bundle
from tastemaker.models.features import FeatureRows, FeatureSpace
from tastemaker.models.sequence import SequenceModel
from tastemaker.refreshing.writing import described
from training.algorithms import linear, transitions
from training.config import Config
from training.data.prepared import Prepared
from training.errors import BadConfigError
from training.output.bundle_writer import Fitted, flattened
from training.pipelines.base import Measured, Pipeline
from training.progress import Stop, say
from training.tuning import settings
from training.tuning.rewards import rewards

KEPT = ("parts", "itemFeatures", "userFeatures", "context")
"""What an update takes over of the model's description as it is."""


class UpdatePipeline(Pipeline):
    """User-Personalization, from `config.previous`."""

    def __init__(self, config: Config, checkpoints: Path | None, stop: Stop) -> None:
        super().__init__(config, checkpoints, stop)
        self.previous: Bundle | None = None

    def load(self, root: Path, prepared: Prepared) -> None:
        """Open the version that this one goes on from. Raises BadConfigError if it is no such model."""
        folder = root / str(self.config.previous)
        if not (folder / "bundle.json").exists():
            raise BadConfigError(f"there is no version to go on from at {self.config.previous}")
        self.previous = Bundle.open(folder)
        if "encoder" not in self.previous.manifest["model"]:
            raise BadConfigError(
                f"the version at {self.config.previous} has no network to go on from; train with FULL"
            )
        self.tuned = dict(self.previous.manifest.get("tunedHyperParameters") or {})
        self.config = self.config.with_hyperparameters(self.tuned)

    def measure(self, prepared: Prepared, stop: Stop) -> Measured:
        """The figures of the version that was trained in full."""
        manifest = self._previous.manifest
        return Measured(manifest["metrics"], manifest.get("baselines") or {})

    def fit(self, prepared: Prepared) -> Fitted:
        """What was learned, for the items, users and event types of now."""
        from training.algorithms.transformer import typical_gap  # torch takes seconds to import

        bundle, items = self._previous, len(prepared.items)
        about, folder = bundle.manifest["model"], bundle.path / "model"
        known = bundle.items.indexes(prepared.items.tolist())
        new = np.flatnonzero(known < 0)
        say(f"update of {bundle.manifest['solutionVersionArn']}: {len(new):,} new of {items:,} items")
        vectors, bias = described(bundle, records(prepared.item_columns, new))
        arrays = {
            "item_vectors": _joined(open_array(folder / "item_vectors.npy"), known, vectors),
            "item_bias": _joined(open_array(folder / "item_bias.npy"), known, bias),
        }
        weights = encoder_weights(about, open_array(folder / "encoder.npy"))
        weights["types"] = types(weights["types"], bundle.manifest["eventTypes"], prepared.event_types)
        arrays["encoder"], places = flattened(weights)
        users = coded(FeatureSpace.from_json(about["userFeatures"]), prepared.user_columns)
        arrays |= {
            "user_features.offsets": users.offsets,
            "user_features.codes": users.codes,
            "user_features.weights": users.weights,
        }
        usual = settings.usual_users(self.config, prepared.sequences)
        wish = rewards(self.config.objective, prepared)
        kept = {name: about[name] for name in KEPT}
        if wish is not None and "objective" in about:
            kept["objective"] = about["objective"]
        said = {
            **kept,
            "typicalGap": typical_gap(usual),
            "trainedTypes": prepared.trained_types,
            "unknownTypes": prepared.unknown_types,
            "encoder": {**about["encoder"], "weights": places},
            "updatedFrom": bundle.manifest["solutionVersionArn"],
        }
        rows = {
            "transitions": transitions.fit(usual, items),
            "linear": linear.fit(usual, items, seed=self.config.seed),
        }
        return Fitted(SequenceModel, said, arrays, rows)

    @property
    def _previous(self) -> Bundle:
        assert self.previous is not None, "load comes first"
        return self.previous


def records(columns: Columns, rows: NDArray[np.integer]) -> list[dict[str, Any]]:
    """Some rows with the values of all columns."""
    return [{name: column.value(int(row)) for name, column in columns.items()} for row in rows]


def coded(space: FeatureSpace, columns: Columns) -> FeatureRows:
    """The codes of every row in a space that was made from older data."""
    if not space.columns:
        return FeatureRows.empty(columns.rows)
    found = [(np.zeros(0, np.int64), np.zeros(0, np.float32))]
    found += [space.codes(record) for record in records(columns, np.arange(columns.rows))]
    codes, weights = zip(*found, strict=True)
    offsets = np.cumsum([len(part) for part in codes]).astype(np.int64)  # the first part is empty
    return FeatureRows(
        offsets, np.concatenate(codes).astype(np.int32), np.concatenate(weights).astype(np.float32)
    )


def encoder_weights(about: Mapping[str, Any], flat: NDArray) -> dict[str, NDArray]:
    """The encoder's arrays by name, from the one file that holds them."""
    return {
        name: np.array(flat[start : start + int(np.prod(size))]).reshape(size)
        for name, (start, size) in about["encoder"]["weights"].items()
    }


def types(learned: NDArray, before: list[str], now: list[str]) -> NDArray[np.float32]:
    """Vectors of event types in the order of now, behind that of no type; one that is new says nothing."""
    place = {name: row + 1 for row, name in enumerate(before)}
    found = np.zeros((len(now) + 1, learned.shape[1]), np.float32)
    found[0] = learned[0]
    for row, name in enumerate(now):
        if name in place:
            found[row + 1] = learned[place[name]]
    return found


def _joined(old: NDArray, known: NDArray[np.integer], new: NDArray) -> NDArray:
    """Rows of items of now: what was learned, and `new` for those that are not known (-1)."""
    found = np.empty((len(known), *old.shape[1:]), np.float32)
    found[known >= 0] = old[known[known >= 0]]
    found[known < 0] = new
    return found
