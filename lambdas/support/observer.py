"""What serving reports to the operator: CloudWatch metrics and the function's log."""

from typing import Any

from lambdas.support import metrics, observability


class LambdaObserver(metrics.RequestMetrics):
    """An `Observer` that writes to the function's log. Metrics are lines of the log too."""

    def count(self, metric: str, **dimensions: str) -> None:
        metrics.count(metric, **dimensions)

    def exception(self, message: str, **fields: Any) -> None:
        observability.log_exception(message, stacklevel=4, **fields)  # the caller's line
