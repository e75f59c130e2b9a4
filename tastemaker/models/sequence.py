"""The main model: a transformer over the newest events, blended with simpler models that cost little.

Which parts there are, their settings and their weights were chosen at training on validation data and stand
in the manifest under `model`. See `tastemaker.models.parts` for what each part says.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tastemaker.ids import open_array
from tastemaker.models import parts
from tastemaker.models.base import Model
from tastemaker.models.bundle import Bundle, History
from tastemaker.models.encoder import Encoder
from tastemaker.models.features import FeatureRows, FeatureSpace
from tastemaker.models.sparse import SparseRows


class SequenceModel(Model):
    """User-Personalization and Personalized-Ranking."""

    kind = "sequence"
    needs_user = True
    has_scores = True

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        about, folder = bundle.manifest["model"], bundle.path / "model"
        self.parts: dict[str, dict[str, float]] = about["parts"]
        self.typical_gap = int(about["typicalGap"])
        self._trained = np.asarray([*about["trainedTypes"], about["unknownTypes"]], bool)
        self._every_type = bool(self._trained.all())
        self.log_popularity = parts.log_distribution(np.asarray(bundle.popularity, np.float32))
        self.rows = {n: SparseRows.open(folder, n) for n in ("transitions", "linear") if n in self.parts}
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

    def relevant(self, history: History) -> History:
        """The events of the types that the model was trained on."""
        return history if self._every_type else history[self._trained[history.event_types]]

    def score_user(
        self, history: History, *, now: int, context: Mapping[str, str] | None = None, user_index: int = -1
    ) -> NDArray[np.float32]:
        """Blended scores. An empty history gives what users started with, blended with what is popular
        lately.
        """
        history = self.relevant(history)
        scores = self.part_scores(history, now=now, context=context, user_index=user_index)
        if not len(history):
            return np.mean(list(scores.values()), axis=0, dtype=np.float32)
        total = np.zeros(len(self.bundle.items), np.float32)
        for name, values in scores.items():
            total += np.float32(self.parts[name]["weight"]) * values
        return total

    def part_scores(
        self,
        history: History,
        *,
        now: int,
        context: Mapping[str, str] | None = None,
        user_index: int = -1,
    ) -> dict[str, NDArray[np.float32]]:
        """The scores of each part that has a weight, by name. `history` holds trained types only.

        Without a history only the encoder and popularity have something to say.
        """
        scores = {}
        for name, settings in self.parts.items():
            if name == "encoder" and (settings["weight"] or not len(history)):
                vector = self.vector(history, now=now, context=context, user_index=user_index)
                scores[name] = parts.log_softmax(self.item_vectors @ vector + self.item_bias)
            elif (name == "popularity" and not len(history)) or (settings["weight"] and len(history)):
                scores[name] = self.simple_part(name, history.items, settings.get("halfLife", 0.0))
        return scores

    def simple_part(self, name: str, items: NDArray[np.integer], half_life: float) -> NDArray[np.float32]:
        """Scores of one part other than the encoder, for these items of a history, oldest first."""
        if name == "popularity":
            return self.log_popularity
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
