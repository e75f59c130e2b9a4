"""The main model: a transformer over the newest events, blended with simpler models that cost little.

Which parts there are, their settings and their weights were chosen at training on validation data and stand
in the manifest under `model`. See `tastemaker.models.parts` for what each part says.
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


class SequenceModel(Model):
    """User-Personalization and Personalized-Ranking."""

    model_name = "sequence"
    needs_user = True
    has_scores = True

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        about, folder = bundle.manifest["model"], bundle.path / "model"
        self.parts: dict[str, dict[str, float]] = about["parts"]
        self.typical_gap = int(about["typicalGap"])
        self._trained = np.asarray([*about["trainedTypes"], about["unknownTypes"]], bool)
        self._every_type = bool(self._trained.all())
        self.rows = {n: SparseRows.open(folder, n) for n in ("transitions", "linear") if n in self.parts}
        if "objective" in about:
            wish = about["objective"]
            values = bundle.item_columns[wish["attribute"]].values
            self.objective = parts.objective(values, wish["mean"], wish["deviation"])
        self._statics: dict[tuple[float, float, float], Static] = {}
        self.clusters = Clusters.open(folder) if "encoder" in about else None
        self.encoder: Encoder | None = None
        if "encoder" in about:
            shape = about["encoder"]
            flat = open_array(folder / "encoder.npy")
            weights = {
                name: flat[start : start + int(np.prod(size))].reshape(size)
                for name, (start, size) in shape["weights"].items()
            }
            self.item_vectors = open_array(folder / "item_vectors.npy")
            self.item_bias = open_array(folder / "item_bias.npy")
            self.encoder = Encoder(weights, self.item_vectors, shape)
            self.context = FeatureSpace.from_json(about["context"])
            self.user_features = FeatureRows(
                open_array(folder / "user_features.offsets.npy"),
                open_array(folder / "user_features.codes.npy"),
                open_array(folder / "user_features.weights.npy"),
            )

    @cached_property
    def log_popularity(self) -> NDArray[np.float32]:
        """The part `popularity`."""
        return parts.log_distribution(np.asarray(self.bundle.popularity, np.float32))

    def relevant(self, history: History) -> History:
        """The events of the types that the model was trained on."""
        return history if self._every_type else history[self._trained[history.event_types]]

    def score_user(
        self, history: History, *, now: int, context: Mapping[str, str] | None = None, user_index: int = -1
    ) -> NDArray[np.float32]:
        """Blended scores. What no event of the history changes is left out: it is the same for every item."""
        return self.scores_for(history, now=now, context=context, user_index=user_index).dense

    def scores_for(
        self, history: History, *, now: int, context: Mapping[str, str] | None = None, user_index: int = -1
    ) -> Blended:
        """The same, computed as far as needed. An empty history gives what users started with, blended with
        what is popular lately.
        """
        history = self.relevant(history)
        encoder, popularity, wish = self._weights if len(history) else self._weights_without_history
        static = self._static(encoder, popularity, wish)
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
        """Of the encoder, of popularity and of the objective."""
        return self._weight("encoder"), self._weight("popularity"), self._weight("objective")

    @property
    def _weights_without_history(self) -> tuple[float, float, float]:
        """The two that have something to say then share alike; the objective is as strong beside them as in
        the blend.
        """
        there = [float(part in self.parts) for part in ("encoder", "popularity")]
        blend = sum(self._weight(part) for part in self.parts if part not in ("seen", "objective"))
        encoder, popularity = (one / (sum(there) or 1.0) for one in there)
        return encoder, popularity, self._weight("objective") / (blend or 1.0)

    @property
    def static(self) -> Static:
        """What is the same for every user with a history."""
        return self._static(*self._weights)

    def _static(self, encoder: float, popularity: float, wish: float) -> Static:
        """What is the same for every user, at these weights."""
        if (encoder, popularity, wish) not in self._statics:
            values = np.float32(popularity) * self.log_popularity
            if encoder:
                values += np.float32(encoder) * self.item_bias
            if wish:
                values += np.float32(wish) * self.objective
            self._statics[encoder, popularity, wish] = Static.of(values, self.clusters)
        return self._statics[encoder, popularity, wish]

    def _extra(self, items: NDArray[np.integer]) -> Extra:
        """What the parts that are sparse give the items that follow from a history more than all others."""
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
        """Scores of one part other than the encoder, for these items of a history, oldest first."""
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
        """The encoder's vector, float32[width]: what item vectors are multiplied with.

        The time of the request is taken to be no later than a typical pause after the last event. Data may
        end years before somebody asks, and training never saw such a gap: it would be read as a sign of
        something.
        """
        if self.encoder is None:
            raise ValueError("this bundle was trained without an encoder")
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
    """The time of the request as the encoder may see it: between the last event and a typical pause after
    it.
    """
    if not len(history):
        return now
    last = int(history.timestamps[-1])
    return max(last, min(now, last + typical_gap))
