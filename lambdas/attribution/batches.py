"""Batches: figures that have been counted, and are to be sent once, whoever sends them.

<folder>batch.json   what was counted; the first to write it wins
<folder>sent-0000    a request of its figures is being sent, or was
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from lambdas.attribution.cloudwatch import RefusedError
from lambdas.stores.lake import LakeBucket
from tastemaker.attribution import Figure
from tastemaker.attribution.tally import recent
from tastemaker.contracts.lake_layout import AttributionBatchFolder

DAYS = 14
"""CloudWatch takes nothing that is two weeks old."""
FIGURES_AT_ONCE = 500
"""Figures in a request; CloudWatch takes 1,000, and a megabyte."""


class Metrics(Protocol):
    """Where figures go."""

    def send(self, figures: Sequence[Figure]) -> None:
        """Send one request. Raises RefusedError if it was surely not taken."""


@dataclass(frozen=True)
class Batch:
    """`figures`, and what else the next run has to know."""

    folder: str
    figures: tuple[Figure, ...]
    about: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def find(cls, lake: LakeBucket, folder: str) -> Batch | None:
        """The batch of a folder, if there is one already."""
        try:
            stored = json.loads(lake.read(AttributionBatchFolder(folder).figures))
        except LookupError:
            return None
        return cls(folder, tuple(Figure(*one) for one in stored["figures"]), stored["about"])

    def kept(self, lake: LakeBucket) -> Batch:
        """This batch, now stored; or the one that another run has stored meanwhile."""
        text = json.dumps({"figures": self.figures, "about": self.about}, ensure_ascii=False)
        if lake.create(AttributionBatchFolder(self.folder).figures, text):
            return self
        return self.find(lake, self.folder) or self.kept(lake)

    def publish(self, lake: LakeBucket, metrics: Metrics, now: float) -> None:
        """Send what nobody has sent. Raises RefusedError: what was refused is tried again another time."""
        for number, figures in enumerate(self._requests()):
            fresh = list(recent(figures, now, DAYS))
            mark = AttributionBatchFolder(self.folder).sent(number)
            if not fresh or not lake.create(mark, ""):
                continue
            try:
                metrics.send(fresh)
            except RefusedError:
                lake.delete([{"Key": mark}])
                raise

    def _requests(self) -> Iterator[Iterable[Figure]]:
        for start in range(0, len(self.figures), FIGURES_AT_ONCE):
            yield self.figures[start : start + FIGURES_AT_ONCE]
