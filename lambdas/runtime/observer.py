"""What serving reports to the operator: CloudWatch metrics and the function's log."""

from typing import Any

from lambdas.support import observability


class PowertoolsObserver:
    """An `Observer` that uses the function's logger and metrics namespace."""

    def count(self, metric: str, **dimensions: str) -> None:
        observability.count(metric, **dimensions)

    def exception(self, message: str, **fields: Any) -> None:
        observability.logger.exception(message, extra=fields, stacklevel=3)  # the caller's line
