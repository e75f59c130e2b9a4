"""Reports on streamed events: on the files that were delivered to the lake since the last run.

Files are identified by their keys, because a data deletion job writes files again. Keys begin with the day of
delivery, so that a batch lists only the files of the last days. Batches are numbered; each lists the files
that were counted, and a progress file has the number of the newest batch and the time of its list.
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
from tastemaker.contracts.compaction import is_compacted, visible
from tastemaker.contracts.durations import DAY_SECONDS
from tastemaker.contracts.job_folders import AttributionFolder
from tastemaker.contracts.lake_layout import events_of_day
from tastemaker.contracts.plans import AttributionPlan

MAX_DELAY_SECONDS = 2 * DAY_SECONDS
"""How late a file may be delivered: Firehose tries for a day, and writes to the folder of the first try."""
KEPT_BATCHES = 100
"""Batches that are kept, about those of a day: no run that was delayed can write one of them again later."""


@dataclass(frozen=True)
class Events:
    """The streamed events of a plan. The newest `kept` batches stay in the lake."""

    plan: AttributionPlan
    lake: LakeBucket
    items: Items
    metrics: Metrics
    kept: int = KEPT_BATCHES

    @property
    def folder(self) -> AttributionFolder:
        """The folder of the attribution."""
        return AttributionFolder(self.plan["folder"])

    def report(self, now: float) -> int:
        """Count new files and send the figures. Returns the number of files. Raises WorkFailedError."""
        progress = self._progress()
        number, before = progress["batch"], Batch.find(self.lake, self._batch(progress["batch"]))
        files = 0
        # Send the batches first that earlier runs counted and possibly did not send.
        while (batch := Batch.find(self.lake, self._batch(number + 1))) is not None:
            files += self._publish(number := number + 1, batch, now)
            progress, before = {"batch": number, "at": batch.state["at"]}, batch
        batch = self._count(progress, before, now)
        if batch is None:
            self._write_progress(number, now)
            return files
        return files + self._publish(number + 1, batch, now)

    def _publish(self, number: int, batch: Batch, now: float) -> int:
        batch.publish(self.lake, self.metrics, now)
        self._write_progress(number, batch.state["at"])
        old = self.lake.objects(self._batch(number - self.kept)) if number > self.kept else ()
        self.lake.delete([{"Key": key} for key, _ in old])
        return int(batch.state["files"])

    def _count(self, progress: Mapping[str, Any], before: Batch | None, now: float) -> Batch | None:
        """Count new files and store the next batch, or return None if there are none.

        The first batch counts files that were written after the attribution was created, and lists the others
        as seen.
        """
        plan, earlier = self.plan, {"seen": [], "named": []} if before is None else before.state
        day = datetime.fromtimestamp(progress["at"] - MAX_DELAY_SECONDS, UTC).strftime("%Y/%m/%d")
        found = [
            (key, written)
            for key, written in visible(
                self.lake.objects(plan["events"], after=events_of_day(plan["events"], day))
            )
            if key.endswith(".parquet")
        ]
        seen = set(earlier["seen"])
        since = plan["createdAt"] if before is None else 0.0
        new = [key for key, written in found if key not in seen and (written >= since or is_compacted(key))]
        if not new and before is not None:
            return None
        sources = Sources(plan["sources"], earlier["named"])
        tally = Tally(map(Metric.parse, plan["metrics"]), sources)
        for event in streamed(self.lake, new, tally, seen, since):
            tally.add(event)
        figures = tally.figures(self.items.of(tally.items, tally.item_columns))
        state = {
            "at": now,
            "files": len(new),
            "seen": [key for key, _ in found],
            "named": list(sources.named),
        }
        return Batch(self._batch(progress["batch"] + 1), tuple(figures), state).store(self.lake)

    def _progress(self) -> dict[str, Any]:
        """The progress of the last run.

        A slow run may have written an older progress over a newer one. The batches after it exist then, and
        their figures were sent.
        """
        try:
            progress: dict[str, Any] = json.loads(self.lake.read(self.folder.events_progress))
        except LookupError:
            return {"batch": 0, "at": self.plan["createdAt"]}
        return progress

    def _write_progress(self, batch: int, at: float) -> None:
        self.lake.write(self.folder.events_progress, json.dumps({"batch": batch, "at": at}))

    def _batch(self, number: int) -> str:
        return self.folder.events_batch(number).prefix
