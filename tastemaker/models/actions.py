"""Next best action: how likely a user is to take each of a few actions.

Each action with enough events has one logistic regression on a vector of the user. The vector holds a
constant, the recency-weighted mean of the factors of the user's items, the user's attributes, and what the
user did with actions so far. Actions with too few events score 0 and are explored.
"""

from __future__ import annotations

from functools import cached_property
from random import Random

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import Columns
from tastemaker.contracts.durations import DAY_SECONDS
from tastemaker.ids import Ids, open_array
from tastemaker.models.base import Model
from tastemaker.models.bundle import Bundle, Histories, History
from tastemaker.models.event_types import EventTypes
from tastemaker.models.features import FeatureRows
from tastemaker.models.parts import recency

HALF_LIFE = 20.0
"""The number of events after which an item of a history counts half."""

TAKEN = "TAKEN"
NOT_TAKEN_TYPES = frozenset({"NOT_TAKEN", "VIEWED"})
EXPLORATION_INTERVAL = 5
"""Every fifth place of an answer goes to an explored action.

The service documents no share, so this is a choice.
"""

EXPIRY = ("EXPIRATION_TIMESTAMP", "ACTION_EXPIRATION_TIMESTAMP")


def folded(event_type: str) -> str:
    """Return `NOT_TAKEN` for `Not Taken`, because the developer guide writes both."""
    return event_type.strip().upper().replace(" ", "_")


def user_vector(
    items: History,
    actions: History,
    action: int,
    taken: NDArray[np.bool_],
    factors: NDArray[np.float32],
    attributes: NDArray[np.float32],
) -> NDArray[np.float32]:
    """The features of a user for one action: float32[features].

    `taken[t]` is whether event type `t` means that the action was taken. The last three features are the
    smoothed share of actions that the user took, and the logarithms of how often the user took and did not
    take this action.
    """
    taste = np.zeros(factors.shape[1], np.float32)
    if len(items):
        weights = recency(len(items), HALF_LIFE)
        taste = weights @ factors[items.items] / weights.sum()
    yes = taken[actions.event_types]
    here = actions.items == action
    past = [
        (float(yes.sum()) + 1.0) / (len(actions) + 4.0),
        float(np.log1p(np.count_nonzero(here & yes))),
        float(np.log1p(np.count_nonzero(here & ~yes))),
    ]
    return np.concatenate([[1.0], taste, attributes, past]).astype(np.float32)


class ActionModel(Model):
    """The Next-Best-Action model. `weights` is float32[actions, features], NaN for an explored action."""

    model_name = "actions"
    needs_user = True
    has_scores = True

    def __init__(self, bundle: Bundle) -> None:
        super().__init__(bundle)
        folder, metadata = bundle.path / "model", bundle.manifest["model"]
        self.weights = open_array(folder / "weights.npy")
        self.factors = open_array(folder / "factors.npy")
        self.event_types = EventTypes(tuple(metadata["eventTypes"]))
        self.attribute_codes = int(metadata["attributeCodes"])
        self.actions = Ids.open(folder, "actions")
        self.columns = Columns.open(folder / "action_columns")
        self._taken = np.array([folded(name) == TAKEN for name in self.event_types.names] + [False])

    @cached_property
    def histories(self) -> Histories:
        """What every user did with actions in imported data."""
        return Histories.open(self.bundle.path / "model" / "action_histories")

    @cached_property
    def user_features(self) -> FeatureRows:
        """The codes of the users' attributes."""
        parts = ("offsets", "codes", "weights")
        return FeatureRows(
            *(open_array(self.bundle.path / "model" / f"user_features.{part}.npy") for part in parts)
        )

    def propensities(self, items: History, actions: History, user_index: int = -1) -> NDArray[np.float64]:
        """The probability, 0 to 1, that the user takes each action: float64[actions], NaN if explored."""
        attributes = dense(self.user_features, user_index, self.attribute_codes)
        known = np.flatnonzero(~np.isnan(self.weights[:, 0]))
        result = np.full(len(self.actions), np.nan)
        for action in known.tolist():
            vector = user_vector(items, actions, action, self._taken, self.factors, attributes)
            result[action] = sigmoid(float(self.weights[action] @ vector))
        return result

    def available(self, actions: History, now: int) -> NDArray[np.bool_]:
        """Which actions may be recommended at `now`: bool[actions].

        An action is left out if it is expired, or if the user met it less than `REPEAT_FREQUENCY` days ago.
        """
        allowed = np.ones(len(self.actions), bool)
        for name in EXPIRY:
            column = self.columns.find(name)
            if column is not None:
                allowed &= ~(column.values <= now)
        frequency = self.columns.find("REPEAT_FREQUENCY")
        if frequency is not None and len(actions):
            last = np.full(len(self.actions), -np.inf)
            np.maximum.at(last, actions.items, actions.timestamps.astype(np.float64))
            allowed &= ~(now - last < frequency.values * DAY_SECONDS)
        return allowed

    def ranked(
        self, propensities: NDArray[np.float64], allowed: NDArray[np.bool_], count: int, rng: Random
    ) -> list[tuple[int, float]]:
        """The best actions with their scores, most likely first; among equals, the most valuable first.

        Every fifth place goes to an explored action, drawn at random. So do the places that are left over.
        """
        column = self.columns.find("VALUE")
        value = np.zeros(len(self.actions)) if column is None else np.nan_to_num(column.values)
        shown = np.round(propensities, 4)
        known = np.flatnonzero(allowed & ~np.isnan(shown))
        best = known[np.lexsort((known, -value[known], -shown[known]))].tolist()
        unknown = np.flatnonzero(allowed & np.isnan(shown)).tolist()
        rng.shuffle(unknown)
        answer: list[tuple[int, float]] = []
        while len(answer) < count and (best or unknown):
            explore = unknown and (not best or len(answer) % EXPLORATION_INTERVAL == EXPLORATION_INTERVAL - 1)
            answer.append((unknown.pop(), 0.0) if explore else (best[0], float(shown[best.pop(0)])))
        return answer


def dense(rows: FeatureRows, index: int, size: int) -> NDArray[np.float32]:
    """One row of attributes as float32[size]. Codes from `size` on are left out."""
    result = np.zeros(size, np.float32)
    if 0 <= index < len(rows):
        codes, weights = rows.row(index)
        small = codes < size
        result[codes[small]] = weights[small]
    return result


def sigmoid(logit: float) -> float:
    """Return 1 / (1 + e^-x) without overflow."""
    return float(1.0 / (1.0 + np.exp(-np.clip(logit, -30.0, 30.0))))
