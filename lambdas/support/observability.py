"""Logs and metrics of every function, by Powertools, which is imported when there is first something to say.

An answer that goes well logs nothing, and that import is a tenth of a cold start. The service name comes from
POWERTOOLS_SERVICE_NAME, else from the function's name. Lambda's own tracing needs nothing here.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

SERVICE = (
    os.environ.get("POWERTOOLS_SERVICE_NAME") or os.environ.get("AWS_LAMBDA_FUNCTION_NAME") or "tastemaker"
)

NAMESPACE = os.environ.get("POWERTOOLS_METRICS_NAMESPACE") or "Tastemaker"


@cache
def _logger() -> Logger:
    from aws_lambda_powertools import Logger

    return Logger(service=SERVICE)


class _Later:
    """The logger, from the first use on."""

    def __getattr__(self, name: str) -> Any:
        return getattr(_logger(), name)


logger = _Later()


def count(what: str, **dimensions: str) -> None:
    """One more of something, as a CloudWatch metric in the stage's namespace."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    with single_metric(what, MetricUnit.Count, 1, namespace=NAMESPACE) as metric:
        for name, value in {"service": SERVICE, **dimensions}.items():
            metric.add_dimension(name, value)
