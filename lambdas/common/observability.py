"""Logs, metrics and traces, set up once for every function.

The service name comes from POWERTOOLS_SERVICE_NAME, else from the function's name. Lambda's own tracing needs
nothing here: the X-Ray library costs a third of a second of cold start, so only who asks for a tracer pays.
"""

import os
from functools import cache

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.metrics import MetricUnit, single_metric

SERVICE = (
    os.environ.get("POWERTOOLS_SERVICE_NAME") or os.environ.get("AWS_LAMBDA_FUNCTION_NAME") or "tastemaker"
)

NAMESPACE = os.environ.get("POWERTOOLS_METRICS_NAMESPACE") or "Tastemaker"

logger = Logger(service=SERVICE)


def count(what: str, **dimensions: str) -> None:
    """One more of something, as a CloudWatch metric in the stage's namespace."""
    with single_metric(what, MetricUnit.Count, 1, namespace=NAMESPACE) as metric:
        for name, value in {"service": SERVICE, **dimensions}.items():
            metric.add_dimension(name, value)


@cache
def tracer() -> Tracer:
    """A tracer that patches nothing by itself."""
    return Tracer(service=SERVICE, auto_patch=False)
