"""Writes to the journal what a request has changed, before the caller gets the answer."""

from __future__ import annotations

import threading
from collections.abc import Callable

from local.account import Account
from local.http.messages import Request, Response
from local.iam.operations import operation
from local.state import requests
from local.state.directory import StateDirectory
from local.state.executions import Executions
from local.state.objects import Objects
from local.state.streams import KinesisRecords
from local.state.tables import Tables

Answer = Callable[[Request], Response]


class Recorder:
    """Answers requests through moto and records their effects.

    Requests that change objects take turns, and so do requests that are repeated at the next start: the
    journal has them in the order in which moto performed them. `MotoApp` lets DynamoDB's and Kinesis's take
    turns.
    """

    def __init__(
        self,
        account: Account,
        directory: StateDirectory,
        *,
        objects: Objects,
        tables: Tables,
        records: KinesisRecords,
        executions: Executions,
    ) -> None:
        self._account = account
        self._journal = directory.journal
        self._objects = objects
        self._tables = tables
        self._records = records
        self._executions = executions
        self._objects_lock = threading.Lock()
        self._requests_lock = threading.Lock()

    def __call__(self, request: Request, answer: Answer) -> Response:
        service = request.credential[2] if request.credential else "s3"
        if service == "s3":
            return self._s3(request, answer)
        called = operation(request)
        if called is None:
            return answer(request)
        response = self._repeatable(request, answer) if requests.is_kept(request) else answer(request)
        if response.status < 300:
            if service == "dynamodb":
                self._journal.append(*self._tables.entries(called.name, request.json))
            elif service == "kinesis":
                self._journal.append(*self._records.entries())
            elif called.name == "StartExecution":
                self._journal.append(*self._executions.entries(request, response))
        return response

    def _s3(self, request: Request, answer: Answer) -> Response:
        if request.method not in ("PUT", "POST", "DELETE"):
            return answer(request)
        if self._objects.is_of_bucket(request):
            return self._repeatable(request, answer)
        with self._objects_lock:
            response, entries = self._objects.observe(request, answer)
            self._journal.append(*entries)
        return response

    def _repeatable(self, request: Request, answer: Answer) -> Response:
        with self._requests_lock:
            response, entry = requests.perform(request, answer)
            if response.status < 300:
                self._journal.append(entry)
        return response
