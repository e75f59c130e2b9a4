"""How the interest in items changes with their age, in a catalog that turns over.

Interest in an item is what the item is worth, times what its age is worth at the time. Training knows the
age of every item at every event, so it learns the first factor alone, as in Cox's partial likelihood. A
request puts in the second factor for its own time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.ids import open_array
from tastemaker.models.bundle import Bundle
from tastemaker.models.turnover import newest_activity

Array = NDArray[np.float32]

TIMES_SINCE = 12
"""At how many times since the training items' events are compared with those that are usual at their ages."""

PRIOR_EVENTS = 1.0
"""The weight of the prior that an item is worth as much as others, in expected interactions."""


def worth(counts: NDArray[np.number], expected: NDArray[np.floating]) -> NDArray[np.float64]:
    """What items are worth by their numbers of interactions and what items of their ages usually get.

    A prior shrinks them (Gamma-Poisson), so that an item without interactions is worth less the longer nobody
    touches it: float64[items].
    """
    found: NDArray[np.float64] = (counts.astype(np.float64) + PRIOR_EVENTS) / (expected + PRIOR_EVENTS)
    return found


@dataclass(frozen=True)
class AgeCurve:
    """The rate of interactions at each age, as a share of the highest one.

    `edges` has the ages in seconds at which the rate changes, from 0: float64[steps]. `rates` has the rate
    from there on: float64[steps], all above 0. The last rate holds for all later ages. `usual` is the age of
    an item whose age is not known: the median of live items.
    """

    edges: NDArray[np.float64]
    rates: NDArray[np.float64]
    usual: int

    def logarithms(self, ages: NDArray[np.integer]) -> Array:
        """The logarithms of the rates at these ages in seconds. Ages below 0 count as 0."""
        steps = np.searchsorted(self.edges, np.maximum(ages, 0), "right") - 1
        found: Array = np.log(self.rates).astype(np.float32)[steps]
        return found

    def expected(
        self, born: NDArray[np.int64], times: NDArray[np.integer], events: NDArray[np.number]
    ) -> NDArray[np.float64]:
        """How many of the interactions at some times items of their ages usually get: float64[items].

        `events` is the number of interactions at each of the `times`. An item's rate at a time is the sum of
        the changes of the rate at the ages that it has reached by then. So what counts is which births are
        before each time less each of these ages, and the cost is that of times x steps + items.
        """
        latest_births = times[events > 0, None] - self.edges
        changes = np.diff(self.rates, prepend=0.0)
        reached = np.searchsorted(np.sort(born).astype(np.float64), latest_births.ravel(), "right")
        everyone = reached.reshape(latest_births.shape) @ changes  # the rates of all items together
        there = reached.reshape(latest_births.shape)[:, 0] > 0
        each = np.divide(events[events > 0], everyone, out=np.zeros(len(everyone)), where=there)
        order = np.argsort(latest_births, axis=None)
        gained = (each[:, None] * changes).ravel()[order]
        after = np.append(np.cumsum(gained[::-1])[::-1], 0.0)
        found: NDArray[np.float64] = after[np.searchsorted(latest_births.ravel()[order], born)]
        return found

    def to_json(self) -> dict[str, Any]:
        """For the manifest."""
        return {"edges": self.edges.tolist(), "rates": self.rates.tolist(), "usual": self.usual}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> AgeCurve:
        """The curve that `to_json` wrote."""
        edges, rates = (np.array(stored[name], np.float64) for name in ("edges", "rates"))
        return cls(edges, rates, int(stored["usual"]))


class ItemAges:
    """The items of a bundle at their ages, and what the events since its training say about their worth.

    A trained model has `item_counted.npy`, float32[2, trained items]: the number of each item's events in
    training, and how many items of its ages usually get.
    """

    def __init__(self, bundle: Bundle, born: NDArray[np.int64], last: NDArray[np.int64]) -> None:
        about = bundle.manifest["model"]["ages"]
        counted = open_array(bundle.path / "model" / "item_counted.npy")
        items, trained = len(born), counted.shape[1]
        self._curve, self.now = AgeCurve.from_json(about), newest_activity(last, bundle.latest)
        # An item that was put since the training may have the creation of an older product.
        late = np.arange(items) >= trained
        self._born = np.where(late, np.maximum(born, self.now - self._curve.usual), born)
        counts, expected = np.pad(counted, ((0, 0), (0, items - trained))).astype(np.float64)
        since = bundle.item_taken - np.where(late, 0, bundle.item_users)
        times = np.linspace(about["now"], self.now, TIMES_SINCE).astype(np.int64)
        usual = self._curve.expected(self._born, times, np.full(TIMES_SINCE, since.sum() / TIMES_SINCE))
        self._worth = worth(counts + since, expected + usual)
        self._gained = np.log(self._worth / worth(counts, expected)).astype(np.float32)

    @classmethod
    def of(cls, bundle: Bundle) -> ItemAges | None:
        """The ages of a bundle's items. None if the catalog does not turn over."""
        if "ages" not in bundle.manifest["model"] or bundle.activity is None:
            return None
        return cls(bundle, *bundle.activity)

    def additions(self, moment: int) -> Array:
        """What is added to the trained biases for requests at a time: float32[items]."""
        added: Array = self._gained + self._curve.logarithms(moment - self._born)
        return added

    def rates(self, moment: int) -> Array:
        """How many interactions items get at a time, in any unit: float32[items]."""
        rates: Array = np.exp(self._curve.logarithms(moment - self._born)) * self._worth.astype(np.float32)
        return rates
