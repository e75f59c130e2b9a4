"""moto runs functions in Docker, and without Docker it returns a fixed answer.

Here the workers run what moto itself invokes: for a bucket's notification, a topic's subscription or a rule's
target. As on AWS, these invocations are asynchronous.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda_simple.models import LambdaSimpleBackend


def install(invoke: Callable[[str, Any], Any]) -> None:
    """Let `invoke(function name, event)` run what moto invokes; a second call replaces the first."""

    def start(self: LambdaFunction, event: Any = None) -> tuple[str, bool, str]:
        threading.Thread(target=invoke, args=(self.function_name, event), daemon=True).start()
        return "", False, ""

    LambdaFunction._invoke_lambda = start  # type: ignore[method-assign]
    LambdaSimpleBackend.invoke = LambdaBackend.invoke  # type: ignore[method-assign]
