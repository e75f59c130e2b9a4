"""The main model: a transformer over the newest events, blended with simpler models.

Training chose the parts, their settings and their weights on validation data. They are in the manifest under
`model`. `tastemaker.models.parts` describes the parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from tastemaker.ids import open_array
from tastemaker.models import parts
from tastemaker.models.ages import ItemAges
from tastemaker.models.base import Asker, Model
from tastemaker.models.blended import Blended, Searched
from tastemaker.models.bundle import Bundle, History
from tastemaker.models.clusters import Clusters, Static
from tastemaker.models.encoder import Encoder
from tastemaker.models.extras import MAX_USERS, Extra, SparseParts
from tastemaker.models.features import FeatureRows, FeatureSpace
from tastemaker.models.overlaid import Overlaid, Shared
from tastemaker.models.scores import Dense, Scores
from tastemaker.models.sparse import SparseRows
from tastemaker.models.weights import unpack

MAX_STATICS = 16
"""How many vectors over the catalog are cached, one for each context that requests give."""

MAX_SHARED = 16
"""How many contexts have shared scores. They are slow to order and take 20 bytes an item."""

ENCODED_TOKENS = 1 << 11
"""The number of tokens that are encoded at a time, so that they stay in the processor's cache."""

ContextRows = tuple[tuple[int, float], ...]
"""The rows of the context table that apply to a request, and the share of each."""


class StaticWeights(NamedTuple):
    """The weights of the parts that do not depend on the history's items, and of the encoder."""

    encoder: float
    popularity: float
    objective: float
    context: float


class SequenceModel(Model):
    """The model of User-Personalization and Personalized-Ranking."""

    model_name = "sequence"
    needs_user = True
    has_scores = True
    prefers_live_items = True

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        metadata, folder = bundle.manifest["model"], bundle.path / "model"
        self.parts: dict[str, dict[str, float]] = metadata["parts"]
        self.typical_gap = int(metadata["typicalGap"])
        self._trained = bundle.event_types.trained(metadata["trainedTypes"], metadata["unknownTypes"])
        self._every_type = bool(self._trained.all())
        self.rows = {n: SparseRows.open(folder, n) for n in ("transitions", "linear") if n in self.parts}
        if "objective" in metadata:
            scale = metadata["objective"]
            values = bundle.item_columns[scale["attribute"]].values
            self.objective = (
                parts.standardized_reward(values, scale["mean"], scale["deviation"])
                if "mean" in scale  # a bundle of an older release
                else parts.reward(values, scale["low"], scale["high"], scale["unknown"])
            )
        self.context_table: NDArray[np.float32] | None = None
        if "contextTable" in metadata:
            self.table_space = FeatureSpace.from_json(metadata["contextTable"])
            self.context_table = open_array(folder / "context_table.npy")
            self.context_rows = open_array(folder / "context_rows.npy")
        self._rates: dict[float, NDArray[np.float32]] = {}
        self._statics: dict[tuple[StaticWeights, ContextRows], Static] = {}
        self._shared: dict[tuple[StaticWeights, ContextRows], Shared] = {}
        self.clusters = Clusters.open(folder) if "encoder" in metadata else None
        self.encoder: Encoder | None = None
        if "encoder" in metadata:
            shape = metadata["encoder"]
            weights = unpack(open_array(folder / "encoder.npy"), shape["weights"])
            self.item_vectors = open_array(folder / "item_vectors.npy")
            self._trained_bias = self.item_bias = open_array(folder / "item_bias.npy")
            self.encoder = Encoder(weights, self.item_vectors, shape)
            self.context = FeatureSpace.from_json(metadata["context"])
            self.user_features = FeatureRows(
                open_array(folder / "user_features.offsets.npy"),
                open_array(folder / "user_features.codes.npy"),
                open_array(folder / "user_features.weights.npy"),
            )
        self.ages = ItemAges.of(bundle)
        if self.ages is not None:
            self._place(self.ages, self.ages.now)

    def as_of(self, moment: int) -> Self:
        """The model for requests at a time of the past, in seconds since 1970.

        Where the catalog turns over, items have the ages of that time. Otherwise, it is the same model.
        """
        if self.ages is None:
            return self
        then = copy(self)
        then._place(self.ages, moment)
        return then

    def _place(self, ages: ItemAges, moment: int) -> None:
        """Put in what the items' ages are worth at a time."""
        self._moment = moment
        self.item_bias = self._trained_bias + ages.additions(moment)
        self.__dict__.pop("log_popularity", None)
        self._statics, self._shared = {}, {}

    @cached_property
    def log_popularity(self) -> NDArray[np.float32]:
        """The scores of the part `popularity`: in a catalog that turns over, of the rates at the moment."""
        if self.ages is not None:
            return parts.log_distribution(self.ages.rates(self._moment))
        return parts.log_distribution(np.asarray(self.bundle.popularity, np.float32))

    @property
    def users_together(self) -> int:
        return super().users_together if self.encoder else MAX_USERS

    @property
    def bytes_per_item(self) -> int:
        return 0 if self.context_table is None else super().bytes_per_item

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
    ) -> Scores:
        """The blended scores, computed as far as needed.

        For an empty history, they combine what users started with and what is popular lately.
        """
        return self.scores_together([Asker(history, context, user_index)], now=now)[0]

    def scores_together(self, askers: Sequence[Asker], *, now: int) -> list[Scores]:
        """The blended scores of several users, from one matrix product where no clusters are searched."""
        askers = [one._replace(history=self.relevant(one.history)) for one in askers]
        with_history, without = self._weights, self._weights_without_history
        weights = [with_history if len(one.history) else without for one in askers]
        encoded = [number for number, one in enumerate(weights) if one.encoder]
        vectors: dict[int, NDArray[np.float32]] = {}
        if encoded:
            found = self._encoded([askers[number] for number in encoded], now)
            vectors = {number: found[place] for place, number in enumerate(encoded)}
        extras = self._sparse_parts.extras([one.history.items for one in askers])
        scores = [
            self._scored(weight, self._rows_of(one.context), extra, vectors.get(number))
            for number, (one, weight, extra) in enumerate(zip(askers, weights, extras, strict=True))
        ]
        if len(scores) > 1:
            Blended.multiply([one for one in scores if type(one) is Blended])
        return scores

    @property
    def _sparse_parts(self) -> SparseParts:
        """The parts that give only a few items something."""
        sparse = {
            name: settings
            for name, settings in self.parts.items()
            if settings["weight"] and name not in StaticWeights._fields
        }
        rates = self.return_rates(sparse.get("repeat", {}).get("returnPower", 0.0))
        return SparseParts(sparse, self.rows, len(self.bundle.items), rates)

    def return_rates(self, power: float) -> NDArray[np.float32] | None:
        """The items' return rates to this power; None for 0, as in a bundle of an older release.

        Items that came after the training have the average rate, 1.
        """
        if power and power not in self._rates:
            trained = open_array(self.bundle.path / "model" / "return_rates.npy")
            rates = np.ones(len(self.bundle.items), np.float32)
            rates[: len(trained)] = trained**power
            self._rates[power] = rates
        return self._rates.get(power)

    def _scored(
        self, weights: StaticWeights, rows: ContextRows, extra: Extra, vector: NDArray[np.float32] | None
    ) -> Scores:
        if vector is None:
            return self._scored_without_encoder(weights, rows, extra)
        static = self._static(weights, rows)
        vector = vector * np.float32(weights.encoder)
        if self.clusters is None:
            return Blended(self.item_vectors, vector, static.values, extra)
        return Searched(self.item_vectors, vector, static, extra, self.clusters)

    def _scored_without_encoder(self, weights: StaticWeights, rows: ContextRows, extra: Extra) -> Scores:
        """Shared scores with exceptions if the context is likely to return, and otherwise every item's score.

        A context gets shared scores when it is in use for the second time, as long as there is room. They
        are never dropped, so that users who are answered together keep no others.
        """
        key = self._static_key(weights, rows)
        if key in self._shared:
            return Overlaid(self._shared[key], extra)
        again = key in self._statics and len(self._shared) < MAX_SHARED
        shared = Shared(self._static(weights, rows).values)
        if again or not key[1]:
            self._shared[key] = shared
            return Overlaid(shared, extra)
        return Dense(Overlaid(shared, extra).dense)

    def _weight(self, part: str) -> float:
        return self.parts.get(part, {}).get("weight", 0.0)

    @property
    def _weights(self) -> StaticWeights:
        """The weights for a user with a history."""
        return StaticWeights(*(self._weight(part) for part in StaticWeights._fields))

    @property
    def _weights_without_history(self) -> StaticWeights:
        """The weights for a user without a history.

        Encoder and popularity get equal shares. Training chooses the weights of the objective and the
        context. In a bundle of an older release, the objective is as strong beside the shares as in the
        blend.
        """
        there = [float(part in self.parts) for part in ("encoder", "popularity")]
        apart = ("seen", "objective", "context")
        blend = sum(self._weight(part) for part in self.parts if part not in apart)
        encoder, popularity = (one / (sum(there) or 1.0) for one in there)
        objective, context = (
            self.parts.get(part, {}).get("weightWithoutHistory", self._weight(part) / (blend or 1.0))
            for part in ("objective", "context")
        )
        return StaticWeights(encoder, popularity, objective, context)

    @property
    def static(self) -> Static:
        """What is the same for every user with a history, without a context."""
        return self._static(self._weights, ())

    def _static(self, weights: StaticWeights, rows: ContextRows) -> Static:
        """What is the same for every user, at these weights and in this context."""
        key = self._static_key(weights, rows)
        if key not in self._statics:
            values = np.float32(weights.popularity) * self.log_popularity
            if weights.encoder:
                values += np.float32(weights.encoder) * self.item_bias
            if weights.objective:
                values += np.float32(weights.objective) * self.objective
            if key[1]:
                values += np.float32(weights.context) * self._table_sum(rows)
            if len(self._statics) >= MAX_STATICS:
                del self._statics[next(iter(self._statics))]
            self._statics[key] = Static.of(values, self.clusters)
        return self._statics[key]

    @staticmethod
    def _static_key(weights: StaticWeights, rows: ContextRows) -> tuple[StaticWeights, ContextRows]:
        return weights, rows if weights.context else ()

    def context_scores(self, context: Mapping[str, str] | None) -> NDArray[np.float32]:
        """The scores of the part `context`; zeros if the bundle has no table of the context."""
        return self._table_sum(self._rows_of(context))

    def _rows_of(self, context: Mapping[str, str] | None) -> ContextRows:
        """The rows of the context's values. A value that training did not see has none."""
        if not context or self.context_table is None:
            return ()
        codes, shares = self.table_space.codes(context)
        rows = self.context_rows[codes].tolist() if len(codes) else []
        return tuple((row, share) for row, share in zip(rows, shares.tolist(), strict=True) if row >= 0)

    def _table_sum(self, rows: ContextRows) -> NDArray[np.float32]:
        """The sum of these rows for every item. Items that came after the training get 0."""
        total = np.zeros(len(self.bundle.items), np.float32)
        if self.context_table is not None:
            covered = self.context_table.shape[1]
            for row, share in rows:
                total[:covered] += np.float32(share) * self.context_table[row]
        return total

    def simple_part(
        self, name: str, items: NDArray[np.integer], settings: Mapping[str, float]
    ) -> NDArray[np.float32]:
        """The scores of one part other than encoder and context, for the items of a history, oldest first.

        `settings` are the part's own, as in the manifest. Its weight is not applied.
        """
        half_life = settings.get("halfLife", 0.0)
        if name == "popularity":
            return self.log_popularity
        if name == "objective":
            return self.objective
        if name == "repeat":
            rates = self.return_rates(settings.get("returnPower", 0.0))
            return parts.repeat(len(self.bundle.items), items, half_life, rates)
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
        vector: NDArray[np.float32] = self._encoded([Asker(history, context, user_index)], now)[0]
        return vector

    def _encoded(self, askers: Sequence[Asker], now: int) -> NDArray[np.float32]:
        """The encoder's vectors: float32[askers, width].

        Users with equally many events are encoded together.
        """
        if self.encoder is None:
            raise ValueError("This bundle was trained without an encoder.")
        window = self.encoder.window
        lengths = np.array([min(len(one.history), window) for one in askers])
        found = np.empty((len(askers), self.encoder.width), np.float32)
        for length in np.unique(lengths).tolist():
            which = np.flatnonzero(lengths == length)
            for start in range(0, len(which), step := max(ENCODED_TOKENS // (length + 1), 1)):
                here = which[start : start + step]
                some = [askers[number] for number in here.tolist()]
                events = [one.history[max(len(one.history) - window, 0) :] for one in some]
                found[here] = self.encoder.encode_equal(
                    np.stack([one.items for one in events]),
                    np.stack([one.timestamps for one in events]),
                    np.stack([one.event_types for one in events]),
                    np.array([clamp(now, one, self.typical_gap) for one in events]),
                    self._of_users([one.user_index for one in some]),
                )
        for number, one in enumerate(askers):
            if one.context:
                known, shares = self.context.codes(one.context)
                if len(known):
                    found[number] += shares @ self.encoder.weights["context"][known]
        return found

    def _of_users(self, users: Sequence[int]) -> NDArray[np.float32] | None:
        """The sums of the vectors of users' attributes: float32[users, width]. None if no user has any."""
        assert self.encoder is not None
        table, found = self.encoder.weights["user_features"], None
        for place, user in enumerate(users):
            if 0 <= user < len(self.user_features):
                codes, weights = self.user_features.row(user)
                if len(codes):
                    if found is None:
                        found = np.zeros((len(users), self.encoder.width), np.float32)
                    found[place] = weights @ table[codes]
        return found


def clamp(now: int, history: History, typical_gap: int) -> int:
    """The time of the request, limited to between the last event and `typical_gap` seconds after it."""
    if not len(history):
        return now
    last = int(history.timestamps[-1])
    return max(last, min(now, last + typical_gap))
