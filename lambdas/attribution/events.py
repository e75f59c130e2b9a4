"""Streamed events: the files that Firehose has delivered since the last run.

A file is known by its key: a deletion of users' data writes files anew, and what was counted once is not
counted again. Keys begin with the day of delivery, so that only those of the last days are remembered.

    events/place.json       the newest batch, and when files were listed
    events/00000007/        a batch; of the files that it has seen and counted it tells the next one
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lambdas.attribution.batches import Batch, Metrics
from lambdas.attribution.items import Items
from lambdas.attribution.reading import streamed
from lambdas.stores.lake import LakeBucket
from tastemaker.attribution import Metric, Sources, Tally
from tastemaker.contracts.lake_layout import AttributionFolder, events_of_day
from tastemaker.contracts.plans import AttributionPlan

LATE = 2 * 86_400
"""Seconds that a file may be late by: Firehose tries for a day to deliver, into the folder of the first."""
KEPT = 100
"""Batches that stay, a day of them: longer than any run could sleep and then write one of these again."""


@dataclass(frozen=True)
class Events:
    """`plan` is what the workflow's begin answered."""

    plan: AttributionPlan
    lake: LakeBucket
    items: Items
    metrics: Metrics
    kept: int = KEPT

    @property
    def folder(self) -> AttributionFolder:
        return AttributionFolder(self.plan["folder"])

    def report(self, now: float) -> int:
        """Count what is new and send it. Returns how many files that were. Raises WorkFailedError."""
        place = self._place()
        number, before = place["batch"], Batch.find(self.lake, self._batch(place["batch"]))
        files = 0
        # What an earlier run has counted, and perhaps not sent, comes first.
        while (batch := Batch.find(self.lake, self._batch(number + 1))) is not None:
            files += self._publish(number := number + 1, batch, now)
            place, before = {"batch": number, "at": batch.about["at"]}, batch
        batch = self._count(place, before, now)
        if batch is None:
            self._write_place(number, now)
            return files
        return files + self._publish(number + 1, batch, now)

    def _publish(self, number: int, batch: Batch, now: float) -> int:
        batch.publish(self.lake, self.metrics, now)
        self._write_place(number, batch.about["at"])
        old = self.lake.objects(self._batch(number - self.kept)) if number > self.kept else ()
        self.lake.delete([{"Key": key} for key, _ in old])
        return int(batch.about["files"])

    def _count(self, place: Mapping[str, Any], before: Batch | None, now: float) -> Batch | None:
        """The next batch, stored. None if nothing is new. The first one counts what came after the
        attribution was created; whatever else there is has only been seen."""
        plan, earlier = self.plan, {"seen": [], "named": []} if before is None else before.about
        day = datetime.fromtimestamp(place["at"] - LATE, UTC).strftime("%Y/%m/%d")
        found = [
            (key, written)
            for key, written in self.lake.objects(plan["events"], after=events_of_day(plan["events"], day))
            if key.endswith(".parquet")
        ]
        seen = set(earlier["seen"])
        new = [
            key
            for key, written in found
            if key not in seen and (before is not None or written >= plan["createdAt"])
        ]
        if not new and before is not None:
            return None
        sources = Sources(plan["sources"], earlier["named"])
        tally = Tally(map(Metric.parse, plan["metrics"]), sources)
        for event in streamed(self.lake, new, tally):
            tally.add(event)
        figures = tally.figures(self.items.of(tally.items, tally.item_columns))
        about = {
            "at": now,
            "files": len(new),
            "seen": [key for key, _ in found],
            "named": list(sources.named),
        }
        return Batch(self._batch(place["batch"] + 1), tuple(figures), about).kept(self.lake)

    def _place(self) -> dict[str, Any]:
        """Where the last run ended. One that ended later and was overtaken may have written an older place:
        the batches after it are there, and what they hold was sent."""
        try:
            place: dict[str, Any] = json.loads(self.lake.read(self.folder.events_progress))
        except LookupError:
            return {"batch": 0, "at": self.plan["createdAt"]}
        return place

    def _write_place(self, batch: int, at: float) -> None:
        self.lake.write(self.folder.events_progress, json.dumps({"batch": batch, "at": at}))

    def _batch(self, number: int) -> str:
        return self.folder.events_batch(number).prefix
