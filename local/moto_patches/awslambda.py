"""moto runs functions in Docker, and without it answers for them.

What moto itself invokes (a bucket's notification, a topic's subscription, a rule's target) runs here on the
workers, and like on AWS nobody waits for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda_simple.models import LambdaSimpleBackend


def install(invoke: Callable[[str, Any], Any]) -> None:
    """Let `invoke(function's name, event)` run what moto invokes; a second call replaces the first."""

    def hand_over(self: LambdaFunction, event: Any = None) -> tuple[str, bool, str]:
        threading.Thread(target=invoke, args=(self.function_name, event), daemon=True).start()
        return "", False, ""

    LambdaFunction._invoke_lambda = hand_over  # type: ignore[method-assign]
    LambdaSimpleBackend.invoke = LambdaBackend.invoke  # type: ignore[method-assign]
