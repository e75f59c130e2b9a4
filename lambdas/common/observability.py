"""Logs, metrics and traces, set up once for every function.

The service name comes from POWERTOOLS_SERVICE_NAME, else from the function's name. Lambda's own tracing needs
nothing here: the X-Ray library costs a third of a second of cold start, so only who asks for a tracer pays.
"""

import os
from functools import cache

from aws_lambda_powertools import Logger, Metrics, Tracer

SERVICE = (
    os.environ.get("POWERTOOLS_SERVICE_NAME") or os.environ.get("AWS_LAMBDA_FUNCTION_NAME") or "tastemaker"
)

logger = Logger(service=SERVICE)
metrics = Metrics(namespace="Tastemaker", service=SERVICE)


@cache
def tracer() -> Tracer:
    """A tracer that patches nothing by itself."""
    return Tracer(service=SERVICE, auto_patch=False)
