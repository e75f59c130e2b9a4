"""How interactions with an item come and go with its age, in a catalog that turns over.

A model learns how many interactions an item has had. An item that appeared today has had hardly any, and
what matters is how many it gets now. The part `age` of a blend corrects for this: it is the logarithm of the
rate of interactions at an item's age, less that of the number that an item of this age has usually had.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True)
class AgeCurve:
    """The usual rate of interactions at each age.

    `edges` has the ages in seconds at which the rates change, from 0: float64[steps + 1]. `rates` is the
    number of interactions that an item gets in a second: float64[steps], all above 0. The last rate holds
    for all later ages.
    """

    edges: NDArray[np.float64]
    rates: NDArray[np.float64]

    def scores(self, ages: NDArray[np.integer], known: NDArray[np.integer]) -> Array:
        """The scores of the part `age`: float32[items].

        `ages` is the age of each item in seconds when it may be shown, and `known` its age at the end of what
        the model was trained on. One more interaction than the usual number counts, as in a prior, so that
        an item that has just appeared has no unlimited advantage.
        """
        steps = np.clip(np.searchsorted(self.edges, ages, "right") - 1, 0, len(self.rates) - 1)
        totals = np.concatenate([[0.0], np.cumsum(self.rates * np.diff(self.edges))])
        had = np.interp(known, self.edges, totals)
        scores: Array = (np.log(self.rates[steps] / self.rates[0]) - np.log1p(had)).astype(np.float32)
        return scores

    def to_json(self) -> dict[str, list[float]]:
        """For the manifest."""
        return {"edges": self.edges.tolist(), "rates": self.rates.tolist()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> AgeCurve:
        """The curve that `to_json` wrote."""
        return cls(np.array(stored["edges"], np.float64), np.array(stored["rates"], np.float64))
