"""The Lambda runtime of a worker process: loads one handler, then answers invocations until its input ends.

Run as a script by the emulator, alone in its process, with the function's environment. Invocations come on
standard input, answers leave on the descriptor that `TASTEMAKER_LOCAL_ANSWERS` names; standard output and
error are the log.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

Handler = Callable[[Any, Any], Any]


class LambdaContext:
    """The context that a handler receives with its event."""

    def __init__(self, invocation: dict[str, Any]) -> None:
        self.aws_request_id: str = invocation["requestId"]
        self.invoked_function_arn: str = invocation["arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None
        self._deadline: float = invocation["deadline"]

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.time()) * 1000))


def failure(error: BaseException) -> dict[str, Any]:
    """An exception in the format of Lambda."""
    frames = traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])
    return {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": frames}


def load(name: str) -> Handler:
    """The handler `package.module.function`.

    Raises ImportError or AttributeError, as Lambda does at initialization.
    """
    module, _, function = name.rpartition(".")
    handler: Handler = getattr(importlib.import_module(module.replace("/", ".")), function)
    return handler


def answer(handler: Handler, invocation: dict[str, Any]) -> dict[str, Any]:
    """Run the handler once: {"result": JSON text} or {"error": Lambda's shape}."""
    try:
        result = handler(invocation["event"], LambdaContext(invocation))
    except Exception as error:
        return {"error": failure(error)}
    try:
        return {"result": json.dumps(result)}
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        return {"error": {"errorMessage": message, "errorType": "Runtime.MarshalError", "stackTrace": []}}


def _frames() -> Any:
    """`frames.py` beside this file, by path: the package around it stays out of the function's imports."""
    spec = importlib.util.spec_from_file_location("_frames", Path(__file__).with_name("frames.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Load the handler, and answer invocations until standard input ends."""
    frames = _frames()
    answers = os.fdopen(int(os.environ.pop("TASTEMAKER_LOCAL_ANSWERS")), "wb")
    invocations = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    logging.basicConfig(level=logging.WARNING, format="[%(levelname)s] %(message)s")
    started = time.perf_counter()
    try:
        handler = load(os.environ["_HANDLER"])
    except BaseException as error:
        traceback.print_exc()
        described = failure(error)
        if isinstance(error, ImportError):
            described["errorType"] = "Runtime.ImportModuleError"
        frames.write(answers, {"ready": False, "error": described})
        return
    frames.write(answers, {"ready": True, "milliseconds": (time.perf_counter() - started) * 1000})
    while (invocation := frames.read(invocations)) is not None:
        frames.write(answers, answer(handler, invocation))


if __name__ == "__main__":
    main()
