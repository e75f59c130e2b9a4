"""Reports on imports, once for each: to CloudWatch if it added rows, and to S3 if its caller asked for it.

The batch of an import has a mark when everything was sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lambdas.attribution.batches import MAX_AGE_DAYS, Batch, Metrics
from lambdas.attribution.items import Items
from lambdas.attribution.reading import bulk
from lambdas.stores.caller_outputs import OutputFolder
from lambdas.stores.lake import LakeBucket
from tastemaker.attribution import Metric, Sources, Tally
from tastemaker.attribution.report import csv_bytes, file_name
from tastemaker.attribution.tally import recent
from tastemaker.contracts.job_folders import AttributionFolder
from tastemaker.contracts.plans import AttributionPlan, ImportToReport


@dataclass(frozen=True)
class Imports:
    """The imports of a plan. `output` opens the caller's folder, or returns None if there is none."""

    plan: AttributionPlan
    lake: LakeBucket
    items: Items
    metrics: Metrics
    output: Callable[[], OutputFolder | None]

    def report(self, one: ImportToReport, now: float) -> None:
        """Report on one import. Raises WorkFailedError."""
        folder = AttributionFolder(self.plan["folder"]).import_batch(one["name"])
        if next(self.lake.objects(folder.done), None) is not None:
            return
        batch = Batch.find(self.lake, folder.prefix) or self._count(folder.prefix, one, now)
        batch.publish(self.lake, self.metrics, now)
        self.lake.write(folder.done, "")

    def _count(self, folder: str, one: ImportToReport, now: float) -> Batch:
        """Write the report to S3, in place of an earlier one of the same name, and store the batch."""
        metrics = [Metric.parse(each) for each in self.plan["metrics"]]
        tally = Tally(metrics, Sources(self.plan["sources"]))
        for event in bulk(self.lake, one["prefix"], tally):
            tally.add(event)
        figures = tally.figures(self.items.of(tally.items, tally.item_columns))
        output = self.output() if one["toS3"] else None
        if output is not None:
            output.write(file_name(one["at"]), csv_bytes(figures, metrics))
        current = recent(figures, now, MAX_AGE_DAYS) if one["toCloudWatch"] else ()
        return Batch(folder, tuple(current)).store(self.lake)
