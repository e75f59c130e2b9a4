"""Lambda's concurrency limits: how many invocations may be in progress at once.

An account has a limit for all functions. A function with reserved concurrency has that share for itself, and
the other functions share the rest. An invocation beyond the limit is throttled: it does not run.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from moto.awslambda.utils import get_backend

from local.account import Account

ACCOUNT_LIMIT = 1000  # the default quota; a new account may have 10
RESERVED_EXHAUSTED = "ReservedFunctionConcurrentInvocationLimitExceeded"
ACCOUNT_EXHAUSTED = "ConcurrentInvocationLimitExceeded"


class ThrottledError(Exception):
    """An invocation exceeds a concurrency limit. The message is the reason, in Lambda's words."""


class Concurrency:
    """The invocations in progress, by function. Reserved concurrency is what moto stores for a function."""

    def __init__(self, account: Account, limit: int = ACCOUNT_LIMIT) -> None:
        self._account = account
        self._limit = limit
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def invocation(self, name: str) -> Iterator[None]:
        """Count one invocation of a function while the block runs.

        Raises ThrottledError if the function, or the account, has no concurrency left.
        """
        with self._lock:
            self._check(name)
            self._running[name] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[name] -= 1

    def _check(self, name: str) -> None:
        reserved = self._reserved()
        if name in reserved:
            if self._running[name] >= reserved[name]:
                raise ThrottledError(RESERVED_EXHAUSTED)
            return
        shared = sum(count for function, count in self._running.items() if function not in reserved)
        if shared >= self._limit - sum(reserved.values()):
            raise ThrottledError(ACCOUNT_EXHAUSTED)

    def _reserved(self) -> dict[str, int]:
        functions = get_backend(self._account.id, self._account.region).list_functions()
        return {
            str(function.function_name): int(function.reserved_concurrency)
            for function in functions
            if function.reserved_concurrency is not None
        }
