"""Firehose's PutRecord and PutRecordBatch. A delivery stream that reads a Kinesis stream refuses them.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html and limits.html
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Mapping
from typing import Any

from local.http.messages import Request, Response
from local.iam.operations import Operation
from local.streams.sources import DirectSource, RecordSource

MAX_RECORDS = 500
MAX_RECORD_BYTES = 1_000 * 1024
MAX_CALL_BYTES = 4 * 1024 * 1024


class RefusedError(Exception):
    """Firehose refuses a call. `code` is the type of its error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class DirectPuts:
    """The sources of all delivery streams, by name."""

    def __init__(self, sources: Mapping[str, RecordSource]) -> None:
        self._sources = sources

    def serves(self, called: Operation) -> bool:
        return called.service == "firehose" and called.name in ("PutRecord", "PutRecordBatch")

    def __call__(self, called: Operation, request: Request) -> Response:
        body, many = request.json, called.name == "PutRecordBatch"
        records = body.get("Records", []) if many else [body.get("Record", {})]
        try:
            self._put(body.get("DeliveryStreamName", ""), [record.get("Data", "") for record in records])
        except RefusedError as error:
            return _answer(400, {"__type": error.code, "message": str(error)})
        results = [{"RecordId": uuid.uuid4().hex} for _ in records]
        if not many:
            return _answer(200, {**results[0], "Encrypted": False})
        return _answer(200, {"FailedPutCount": 0, "Encrypted": False, "RequestResponses": results})

    def _put(self, name: str, data: list[str]) -> None:
        source = self._sources.get(name)
        if source is None:
            raise RefusedError("ResourceNotFoundException", f"There is no Firehose stream {name}.")
        if not isinstance(source, DirectSource):
            message = "This operation is not permitted on KinesisStreamAsSource delivery stream type."
            raise RefusedError("InvalidArgumentException", message)
        _check(data)
        source.put(data)


def _check(data: list[str]) -> None:
    """Raise RefusedError if records break a limit."""
    if not 1 <= len(data) <= MAX_RECORDS:
        raise RefusedError("ValidationException", f"A call has 1 to {MAX_RECORDS} records, not {len(data)}.")
    try:
        sizes = [len(base64.b64decode(one, validate=True)) for one in data]
    except binascii.Error as error:
        raise RefusedError("SerializationException", f"A record is not base64: {error}.") from error
    if max(sizes) > MAX_RECORD_BYTES:
        raise RefusedError("ValidationException", "A record is larger than 1,000 KiB.")
    if sum(sizes) > MAX_CALL_BYTES:
        raise RefusedError("InvalidArgumentException", "The records of the call are larger than 4 MiB.")


def _answer(status: int, body: dict[str, Any]) -> Response:
    answer = Response.of_json(status, body)
    answer.headers[0] = ("Content-Type", "application/x-amz-json-1.1")
    return answer
