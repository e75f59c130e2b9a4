"""Metrics as log lines in CloudWatch's embedded metric format, which Lambda's log turns into metrics.

A line costs some microseconds and no call of another service. See "Specification: embedded metric format" in
the CloudWatch documentation.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from lambdas.support.http import Served
from lambdas.support.observability import SERVICE
from tastemaker.contracts.metrics import OPERATIONS, SERVICE_DIMENSION, dimension_of, unit_of

NAMESPACE = os.environ.get("POWERTOOLS_METRICS_NAMESPACE") or "Tastemaker"
PER_RESOURCE = os.environ.get("METRICS_PER_RESOURCE", "true") == "true"
"""Whether metrics have the ARNs of resources as dimensions. Otherwise all resources share one metric."""


def emit(figures: Mapping[str, float], dimensions: Mapping[str, str] | None = None) -> None:
    """Write metrics, by name, with one set of dimensions: by default, the name of the function."""
    dimensions = dimensions or {SERVICE_DIMENSION: SERVICE}
    head, middle = _frame(tuple(figures), tuple(dimensions.items()))
    values = ",".join([f'"{name}":{value!r}' for name, value in figures.items()])
    sys.stdout.write(f"{head}{time.time_ns() // 1_000_000}{middle}{values}}}\n")
    sys.stdout.flush()


def emit_for_resource(figures: Mapping[str, float], resources: Mapping[str, str]) -> None:
    """Write metrics of resources. `resources` maps members of the API, such as `campaignArn`, to ARNs."""
    if not PER_RESOURCE or not resources:
        emit(figures)
    else:
        emit(figures, {dimension_of(member): arn for member, arn in resources.items()})


def count(metric: str, **dimensions: str) -> None:
    """Add one to a metric of the function."""
    emit({metric: 1}, {SERVICE_DIMENSION: SERVICE, **dimensions})


@dataclass
class RequestMetrics:
    """Collects the figures of one request at a time, and writes them as one line when it ends.

    Only resources that exist become dimensions: a request can name any ARN, and each would be a new metric.
    """

    _figures: dict[str, float] = field(default_factory=dict)
    _resources: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Forget what an earlier request, or a warm-up, has left."""
        self._figures.clear()
        self._resources.clear()

    def concerns(self, **resources: str) -> None:
        """Set the resources of the request, by member of the API."""
        self._resources.update(resources)

    def add(self, metric: str, value: float = 1) -> None:
        """Add to a figure of the request."""
        self._figures[metric] = self._figures.get(metric, 0) + value

    def finish(self, served: Served) -> None:
        """Write the metrics of a request."""
        names = OPERATIONS.get(served.operation or "")
        if names is not None:
            if served.status < 400:
                figures = {names.requests: 1, names.latency: round(served.milliseconds, 3), **self._figures}
            elif served.status < 500:
                figures = {names.client_errors: 1, **self._figures}
            else:
                figures = {names.server_errors: 1, **self._figures}
            emit_for_resource(figures, self._resources)
        self.start()


@lru_cache(maxsize=4096)
def _frame(names: tuple[str, ...], dimensions: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """The text before the time of a line, and the text between the time and the values."""
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [[name for name, _ in dimensions]],
        "Metrics": [{"Name": name, "Unit": unit_of(name)} for name in names],
    }
    directives = json.dumps([directive], separators=(",", ":"))
    values = "".join(f"{json.dumps(name)}:{json.dumps(value)}," for name, value in dimensions)
    return '{"_aws":{"Timestamp":', f',"CloudWatchMetrics":{directives}}},{values}'
