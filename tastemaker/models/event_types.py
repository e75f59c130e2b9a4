"""The event types of a bundle, and the least values from which events of a type count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNKNOWN = -1
"""The number of a type that training did not see, and of events without a type."""


@dataclass(frozen=True)
class EventTypes:
    """The numbers that histories have for event types.

    A type has its position in `names`, or `UNKNOWN`. `least` has pairs of a type's number and the least value
    from which its events count. An event of such a type with a lower value, or without one, has another
    number: the pair's position behind all names. So filters find it by its name, and the model leaves it out.
    """

    names: Sequence[str]
    least: Sequence[tuple[int, float]] = ()

    @classmethod
    def of_manifest(cls, manifest: Mapping[str, Any]) -> EventTypes:
        """The event types of a bundle. Older bundles have no least values."""
        least = [(int(number), float(value)) for number, value in manifest.get("leastEventValues") or ()]
        return cls(tuple(manifest["eventTypes"]), tuple(least))

    @cached_property
    def labels(self) -> list[str]:
        """The name for each number. A type with a least value is there twice, and "" is for no type."""
        return [*self.names, *(self.names[number] if number >= 0 else "" for number, _ in self.least)]

    @cached_property
    def numbers(self) -> dict[str, list[int]]:
        """The numbers for each name. Events without a type have the name ""."""
        found: dict[str, list[int]] = {}
        for number, name in [*enumerate(self.labels), (UNKNOWN, "")]:
            found.setdefault(name, []).append(number)
        return found

    def trained(self, types: Sequence[bool], unknown: bool) -> NDArray[np.bool_]:
        """Which numbers a model was trained on: bool[labels + 1], the last for `UNKNOWN`.

        `types` says so for each name, and `unknown` for types that training did not see.
        """
        return np.asarray([*types, *(False for _ in self.least), unknown], bool)

    def number(self, name: str) -> int:
        """The number of a type by its name. A type of another case is taken if none has exactly this name."""
        exact = self._exact.get(name)
        return self._folded.get(name.casefold(), UNKNOWN) if exact is None else exact

    def number_of_event(self, number: int, value: float | None) -> int:
        """The number of an event by its type and value."""
        if number not in self._below:
            return number
        place, least = self._below[number]
        return number if value is not None and value >= least else place

    @cached_property
    def _exact(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.names)}

    @cached_property
    def _folded(self) -> dict[str, int]:
        return {name.casefold(): number for number, name in reversed(list(enumerate(self.names)))}

    @cached_property
    def _below(self) -> dict[int, tuple[int, float]]:
        return {number: (len(self.names) + row, least) for row, (number, least) in enumerate(self.least)}
