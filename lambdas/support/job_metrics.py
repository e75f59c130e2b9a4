"""Metrics of jobs, from the changes of their status: imports, trainings, batch jobs, exports, deletions."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from lambdas.support.metrics import emit_for_resource
from tastemaker.contracts import statuses
from tastemaker.contracts.arns import group_arn_of_dataset
from tastemaker.contracts.metrics import DATASET_SIZE, IMPORTED_ROWS, JOBS, TRAINING_INTERACTIONS, JobMetrics
from tastemaker.control.core.ports import StatusChange, StatusListener
from tastemaker.control.core.records import Record

SUCCEEDED = {statuses.ACTIVE, statuses.JOB_COMPLETED}
FAILED = {statuses.FAILED, statuses.JOB_FAILED}


class JobMetricsListener:
    """A `StatusListener` that writes the metrics of jobs, and passes each change on to `then`."""

    def __init__(self, then: StatusListener, clock: Callable[[], float] = time.time) -> None:
        self._then, self._clock = then, clock

    def __call__(self, change: StatusChange) -> None:
        """Write the metrics of one change, if a job has been created or has ended."""
        metrics = JOBS.get(change.record.resource_type)
        figures = {} if metrics is None else self._figures(metrics, change)
        if metrics is not None and figures:
            emit_for_resource(figures, _resources(metrics, change.record))
        self._then(change)

    def _figures(self, metrics: JobMetrics, change: StatusChange) -> dict[str, float]:
        if change.before is None:
            return {metrics.requests: 1} if change.after in statuses.IN_TRANSITION else {}
        if change.before not in statuses.IN_TRANSITION or change.after not in SUCCEEDED | FAILED:
            return {}
        body = change.record.body
        created = body[change.part]["creationDateTime"] if change.part else change.record.created_at
        # Two functions read two clocks: that of the end may be behind that of the creation.
        figures = {metrics.execution_time: max(0.0, round(self._clock() - created, 3))}
        if change.after in FAILED:
            return {metrics.errors: 1, **figures}
        return {**figures, **_sizes(change.record.resource_type, body)}


def _sizes(resource_type: str, body: Mapping[str, Any]) -> dict[str, float]:
    sizes: dict[str, float | None] = {}
    if resource_type == "DatasetImportJob":
        sizes = {DATASET_SIZE: body.get("_bytes"), IMPORTED_ROWS: body.get("_rows")}
    elif resource_type == "SolutionVersion":
        sizes = {TRAINING_INTERACTIONS: (body.get("_counts") or {}).get("interactions")}
    return {name: size for name, size in sizes.items() if size is not None}


def _resources(metrics: JobMetrics, record: Record) -> dict[str, str]:
    *above, own = metrics.dimensions
    resources = {name: record.body[name] for name in above if name in record.body}
    if "datasetGroupArn" in above and "datasetArn" in resources:
        resources = {"datasetGroupArn": group_arn_of_dataset(resources["datasetArn"]), **resources}
    return {**resources, own: record.arn}
