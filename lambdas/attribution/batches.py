"""Batches: figures that are stored after counting, so that several runs send them only once.

A batch has a file with its figures, which the first run that writes it determines, and a mark for each
request with figures that is being sent or was sent (`lake_layout.AttributionBatchFolder`).
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
from tastemaker.contracts.job_folders import AttributionBatchFolder

MAX_AGE_DAYS = 14
"""CloudWatch does not accept older figures."""
FIGURES_PER_REQUEST = 500
"""CloudWatch accepts up to 1,000 figures and one megabyte."""


class Metrics(Protocol):
    """Where figures are sent."""

    def send(self, figures: Sequence[Figure]) -> None:
        """Send one request. Raises RefusedError if it certainly did not take effect."""


@dataclass(frozen=True)
class Batch:
    """Figures, and in `state` what the next run needs to know."""

    folder: str
    figures: tuple[Figure, ...]
    state: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def find(cls, lake: LakeBucket, folder: str) -> Batch | None:
        """The batch that is stored in a folder, or None."""
        try:
            stored = json.loads(lake.read(AttributionBatchFolder(folder).figures))
        except LookupError:
            return None
        return cls(folder, tuple(Figure(*one) for one in stored["figures"]), stored["about"])

    def store(self, lake: LakeBucket) -> Batch:
        """Store this batch, and return it, or the batch that another run stored earlier."""
        text = json.dumps({"figures": self.figures, "about": self.state}, ensure_ascii=False)
        if lake.create(AttributionBatchFolder(self.folder).figures, text):
            return self
        return self.find(lake, self.folder) or self.store(lake)

    def publish(self, lake: LakeBucket, metrics: Metrics, now: float) -> None:
        """Send the figures that no run has sent.

        Raises RefusedError. The next run sends the refused figures again.
        """
        for number, figures in enumerate(self._requests()):
            current = list(recent(figures, now, MAX_AGE_DAYS))
            mark = AttributionBatchFolder(self.folder).sent(number)
            if not current or not lake.create(mark, ""):
                continue
            try:
                metrics.send(current)
            except RefusedError:
                lake.delete([{"Key": mark}])
                raise

    def _requests(self) -> Iterator[Iterable[Figure]]:
        for start in range(0, len(self.figures), FIGURES_PER_REQUEST):
            yield self.figures[start : start + FIGURES_PER_REQUEST]
