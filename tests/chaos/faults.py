"""Faults of AWS and of processes, drawn from a seed.

A call to AWS may be throttled, refused by a service that is down, performed without its answer, or performed
in part. A process may be killed before or after any call; whatever it calls from then on fails as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from tests.infrastructure.machine import Killed

OUTAGE_CALLS = 12
"""How many calls in a row fail while a service is down."""
FAULTS = ("throttled", "error", "outage", "lost answer", "partial", "killed before", "killed after")
RETRIED, ABSORBED = ("throttled", "error", "outage"), 0.8
"""Faults that the AWS SDK retries itself, and the share of them that its retries absorb."""
ENDPOINT = "https://aws.test"


@dataclass
class Faults:
    """Makes calls of processes fail. `rate` is the share of calls that do; `done` counts them by kind."""

    random: Random
    rate: float = 0.0
    armed: bool = False
    dead: bool = False
    done: Counter[str] = field(default_factory=Counter)
    _down: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Put the faults between all clients of botocore and AWS."""
        original = BaseClient._make_api_call  # type: ignore[attr-defined]

        def call(client: BaseClient, operation: str, params: dict[str, Any]) -> Any:
            return self.call(
                client.meta.service_model.service_name,
                operation,
                params,
                lambda given: original(client, operation, given),
            )

        BaseClient._make_api_call = call  # type: ignore[attr-defined]
        try:
            yield
        finally:
            BaseClient._make_api_call = original  # type: ignore[attr-defined]

    @contextmanager
    def process(self) -> Iterator[None]:
        """The run of a process. One that swallowed its death is dead all the same."""
        self.armed = self.rate > 0
        try:
            yield
            if self.dead:
                raise Killed
        finally:
            self.armed = self.dead = False

    def wrote(self) -> None:
        """Called where a process can be killed between two calls."""
        if self._hit():
            self.dead = True
            raise Killed

    def call(
        self, service: str, operation: str, params: dict[str, Any], perform: Callable[[dict[str, Any]], Any]
    ) -> Any:
        """Perform a call to AWS, or not, or only in part."""
        if self.dead:
            raise Killed
        if not self.armed:
            return perform(params)
        if self._down[service] > 0:
            self._down[service] -= 1
            raise EndpointConnectionError(endpoint_url=ENDPOINT)
        if not self._hit():
            return perform(params)
        kind = self.random.choice(FAULTS)
        self.done[kind] += 1
        if kind in RETRIED and self.random.random() < ABSORBED:
            return perform(params)
        match kind:
            case "throttled":
                raise _error("ThrottlingException", 400, operation)
            case "error":
                raise _error("InternalServerError", 500, operation)
            case "outage":
                self._down[service] = OUTAGE_CALLS
                raise EndpointConnectionError(endpoint_url=ENDPOINT)
            case "killed before":
                self.dead = True
                raise Killed
            case "partial" if operation == "BatchWriteItem":
                return self._half(params, perform)
        answer = perform(params)
        if kind == "killed after":
            self.dead = True
            raise Killed
        if kind == "lost answer":
            raise ReadTimeoutError(endpoint_url=ENDPOINT, error="the answer was lost")
        return answer

    def _half(self, params: dict[str, Any], perform: Callable[[dict[str, Any]], Any]) -> Any:
        ((table, requests),) = params["RequestItems"].items()
        middle = (len(requests) + 1) // 2
        answer = perform({**params, "RequestItems": {table: requests[:middle]}})
        left = answer.get("UnprocessedItems", {}).get(table, []) + requests[middle:]
        return {**answer, "UnprocessedItems": {table: left} if left else {}}

    def _hit(self) -> bool:
        return self.armed and self.random.random() < self.rate


def _error(code: str, status: int, operation: str) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": "injected"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, operation)
