"""The main model: a transformer over the newest events, blended with simpler models.

Training chose the parts, their settings and their weights on validation data. They are in the manifest under
`model`. `tastemaker.models.parts` describes the parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tastemaker.ids import open_array
from tastemaker.models import parts
from tastemaker.models.base import Model
from tastemaker.models.blended import NOTHING, Blended, Extra, Searched
from tastemaker.models.bundle import Bundle, History
from tastemaker.models.clusters import Clusters, Static
from tastemaker.models.encoder import Encoder
from tastemaker.models.features import FeatureRows, FeatureSpace
from tastemaker.models.sparse import SparseRows, distinct
from tastemaker.models.weights import unpack


class SequenceModel(Model):
    """The model of User-Personalization and Personalized-Ranking."""

    model_name = "sequence"
    needs_user = True
    has_scores = True

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        metadata, folder = bundle.manifest["model"], bundle.path / "model"
        self.parts: dict[str, dict[str, float]] = metadata["parts"]
        self.typical_gap = int(metadata["typicalGap"])
        self._trained = np.asarray([*metadata["trainedTypes"], metadata["unknownTypes"]], bool)
        self._every_type = bool(self._trained.all())
        self.rows = {n: SparseRows.open(folder, n) for n in ("transitions", "linear") if n in self.parts}
        if "objective" in metadata:
            objective = metadata["objective"]
            values = bundle.item_columns[objective["attribute"]].values
            self.objective = parts.objective(values, objective["mean"], objective["deviation"])
        self._statics: dict[tuple[float, float, float], Static] = {}
        self.clusters = Clusters.open(folder) if "encoder" in metadata else None
        self.encoder: Encoder | None = None
        if "encoder" in metadata:
            shape = metadata["encoder"]
            weights = unpack(open_array(folder / "encoder.npy"), shape["weights"])
            self.item_vectors = open_array(folder / "item_vectors.npy")
            self.item_bias = open_array(folder / "item_bias.npy")
            self.encoder = Encoder(weights, self.item_vectors, shape)
            self.context = FeatureSpace.from_json(metadata["context"])
            self.user_features = FeatureRows(
                open_array(folder / "user_features.offsets.npy"),
                open_array(folder / "user_features.codes.npy"),
                open_array(folder / "user_features.weights.npy"),
            )

    @cached_property
    def log_popularity(self) -> NDArray[np.float32]:
        """The scores of the part `popularity`."""
        return parts.log_distribution(np.asarray(self.bundle.popularity, np.float32))

    def relevant(self, history: History) -> History:
        """The events of the types that the model was trained on."""
        return history if self._every_type else history[self._trained[history.event_types]]

    def score_user(
        self, history: History, *, now: int, context: Mapping[str, str] | None = None, user_index: int = -1
    ) -> NDArray[np.float32]:
        """The blended scores: float32[items].

        A constant that is the same for every item is left out.
        """
        return self.scores_for(history, now=now, context=context, user_index=user_index).dense

    def scores_for(
        self, history: History, *, now: int, context: Mapping[str, str] | None = None, user_index: int = -1
    ) -> Blended:
        """The blended scores, computed as far as needed.

        For an empty history, they combine what users started with and what is popular lately.
        """
        history = self.relevant(history)
        encoder, popularity, objective_weight = (
            self._weights if len(history) else self._weights_without_history
        )
        static = self._static(encoder, popularity, objective_weight)
        extra = self._extra(history.items) if len(history) else NOTHING
        if not encoder:
            return Blended(None, None, static.values, extra)
        vector = self.vector(history, now=now, context=context, user_index=user_index)
        vector *= np.float32(encoder)
        if self.clusters is None:
            return Blended(self.item_vectors, vector, static.values, extra)
        return Searched(self.item_vectors, vector, static, extra, self.clusters)

    def _weight(self, part: str) -> float:
        return self.parts.get(part, {}).get("weight", 0.0)

    @property
    def _weights(self) -> tuple[float, float, float]:
        """The weights of the encoder, of popularity and of the objective."""
        return self._weight("encoder"), self._weight("popularity"), self._weight("objective")

    @property
    def _weights_without_history(self) -> tuple[float, float, float]:
        """The same weights for a user without a history.

        Encoder and popularity get equal shares, and the objective is as strong beside them as in the blend.
        """
        there = [float(part in self.parts) for part in ("encoder", "popularity")]
        blend = sum(self._weight(part) for part in self.parts if part not in ("seen", "objective"))
        encoder, popularity = (one / (sum(there) or 1.0) for one in there)
        return encoder, popularity, self._weight("objective") / (blend or 1.0)

    @property
    def static(self) -> Static:
        """What is the same for every user with a history."""
        return self._static(*self._weights)

    def _static(self, encoder: float, popularity: float, objective_weight: float) -> Static:
        """What is the same for every user, at these weights."""
        if (encoder, popularity, objective_weight) not in self._statics:
            values = np.float32(popularity) * self.log_popularity
            if encoder:
                values += np.float32(encoder) * self.item_bias
            if objective_weight:
                values += np.float32(objective_weight) * self.objective
            self._statics[encoder, popularity, objective_weight] = Static.of(values, self.clusters)
        return self._statics[encoder, popularity, objective_weight]

    def _extra(self, items: NDArray[np.integer]) -> Extra:
        """What the sparse parts give the items that follow from a history, beyond all others."""
        found: list[tuple[str, float, NDArray[np.integer], NDArray[np.floating]]] = []
        for name, settings in self.parts.items():
            weight, half_life = settings["weight"], settings.get("halfLife", 0.0)
            if not weight or name in ("encoder", "popularity", "objective"):
                continue
            events = parts.events_of(name, items, half_life)
            found.append((name, weight, *(self.rows[name].entries(*events) if name in self.rows else events)))
        if not found:
            return NOTHING
        there, places = distinct(np.concatenate([columns for _, _, columns, _ in found]))
        total, start = np.zeros(len(there)), 0
        for name, weight, columns, values in found:
            sums = np.bincount(places[start : start + len(columns)], values, len(there))
            total += weight * parts.above_all_others(name, sums, len(self.bundle.items))
            start += len(columns)
        return Extra(there, total.astype(np.float32))

    def simple_part(self, name: str, items: NDArray[np.integer], half_life: float) -> NDArray[np.float32]:
        """The scores of one part other than the encoder, for the items of a history, oldest first."""
        if name == "popularity":
            return self.log_popularity
        if name == "objective":
            return self.objective
        if name == "repeat":
            return parts.repeat(len(self.bundle.items), items, half_life)
        if name == "seen":
            return parts.seen(len(self.bundle.items), items)
        return (parts.transitions if name == "transitions" else parts.linear)(
            self.rows[name], items, half_life
        )

    def vector(
        self, history: History, *, now: int, context: Mapping[str, str] | None = None, user_index: int = -1
    ) -> NDArray[np.float32]:
        """The encoder's vector, float32[width], which item vectors are multiplied with.

        The time of the request is limited to a typical pause after the last event (see `clamp`). Data may end
        years before a request, and training never saw such a gap. Raises ValueError if the bundle has no
        encoder.
        """
        if self.encoder is None:
            raise ValueError("This bundle was trained without an encoder.")
        user = None
        if 0 <= user_index < len(self.user_features):
            codes, weights = self.user_features.row(user_index)
            if len(codes):
                user = weights @ self.encoder.weights["user_features"][codes]
        asked = clamp(now, history, self.typical_gap)
        vector = self.encoder.encode(history.items, history.timestamps, history.event_types, asked, user)
        if context:
            known, shares = self.context.codes(context)
            if len(known):
                vector = vector + shares @ self.encoder.weights["context"][known]
        return vector


def clamp(now: int, history: History, typical_gap: int) -> int:
    """The time of the request, limited to between the last event and `typical_gap` seconds after it."""
    if not len(history):
        return now
    last = int(history.timestamps[-1])
    return max(last, min(now, last + typical_gap))
