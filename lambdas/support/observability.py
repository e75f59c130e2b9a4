"""Logs and metrics of every function, with Powertools, which is imported at the first log entry or metric.

A successful request logs nothing, and the import is a tenth of a cold start. The service name comes from
POWERTOOLS_SERVICE_NAME, else from the name of the function.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

Handler = TypeVar("Handler", bound=Callable[..., Any])

SERVICE = (
    os.environ.get("POWERTOOLS_SERVICE_NAME") or os.environ.get("AWS_LAMBDA_FUNCTION_NAME") or "tastemaker"
)

NAMESPACE = os.environ.get("POWERTOOLS_METRICS_NAMESPACE") or "Tastemaker"


@cache
def _logger() -> Logger:
    from aws_lambda_powertools import Logger

    return Logger(service=SERVICE)


class _LazyLogger:
    """The logger, which is created at its first use."""

    def inject_lambda_context(self, handler: Handler) -> Handler:
        """Decorate a handler, so that its log lines carry the context of the invocation."""
        return _logger().inject_lambda_context(handler)

    def __getattr__(self, name: str) -> Any:
        return getattr(_logger(), name)


logger = _LazyLogger()


def count(metric_name: str, **dimensions: str) -> None:
    """Add one to a CloudWatch metric in the namespace of the stage."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    with single_metric(metric_name, MetricUnit.Count, 1, namespace=NAMESPACE) as metric:
        for name, value in {"service": SERVICE, **dimensions}.items():
            metric.add_dimension(name, value)
