"""The log of every function, with Powertools, which is imported at the first log entry.

A successful request logs only its metrics (`lambdas.support.metrics`), and the import is a tenth of a cold
start. The service name comes from POWERTOOLS_SERVICE_NAME, else from the name of the function.

Logs contain no user IDs and no contents of events or requests, unless the log level is DEBUG. So a text that
may repeat such data, such as the message of an exception, is logged only then.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

Handler = TypeVar("Handler", bound=Callable[..., Any])

SERVICE = (
    os.environ.get("POWERTOOLS_SERVICE_NAME") or os.environ.get("AWS_LAMBDA_FUNCTION_NAME") or "tastemaker"
)

VERBOSE = (os.environ.get("POWERTOOLS_LOG_LEVEL") or "").upper() == "DEBUG"
"""Whether logs may repeat personal data: the texts of errors."""


MAX_CAUSES = 5


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


def log_refusal(reason: str, **fields: Any) -> None:
    """Log a request that was refused. The caller has the reason, which may repeat parts of the request."""
    logger.info("refused", extra={**fields, "reason": reason} if VERBOSE else fields)


def log_exception(message: str, *, stacklevel: int = 3, **fields: Any) -> None:
    """Log the exception that is being handled.

    The entry has the types of the exception and of its causes, AWS's error code, and the lines of code, but
    not the texts of the exceptions, unless the log level is DEBUG. With a `stacklevel` of 3 the entry has the
    line of the caller as its location, with 4 that of the caller's caller.
    """
    if VERBOSE:
        logger.exception(message, extra=fields, stacklevel=stacklevel)
        return
    error = sys.exception()
    chain: list[dict[str, Any]] = []
    while error is not None and len(chain) < MAX_CAUSES:
        chain.append(_description(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    logger.error(message, extra={**fields, "errors": chain}, stacklevel=stacklevel)


def _description(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    content: dict[str, Any] = {
        "type": type(error).__qualname__,
        "lines": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    response = getattr(error, "response", None)  # botocore's ClientError
    if isinstance(response, dict):
        content["code"] = response.get("Error", {}).get("Code")
        content["call"] = getattr(error, "operation_name", None)
    return content
