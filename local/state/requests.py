"""Requests that are kept as they are and repeated at the next start: roles, schedules, secrets and the like.

They create and change small things. Repeated in the same order, with the same seeds and times, they give the
same things with the same identifiers. What is large or written often has entries of its own.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from random import SystemRandom
from urllib.parse import unquote

from local.http.messages import Headers, Request, Response
from local.iam.operations import operation
from local.moto_patches.pinned import pinned
from local.state.journal import Entry
from local.state.objects import location
from local.terminal import Terminal

Answer = Callable[[Request], Response]

_READING = (
    *(
        "Batch",
        "Check",
        "Describe",
        "Estimate",
        "Filter",
        "Generate",
        "Get",
        "Head",
        "List",
        "Lookup",
        "Query",
    ),
    *("Receive", "Scan", "Search", "Select", "Simulate", "Test", "Validate"),
)
_WRITING = ("BatchCreate", "BatchDelete", "BatchPut", "BatchUpdate")
_NOT_KEPT = {
    "bedrock": "",
    "dynamodb": "PutItem UpdateItem DeleteItem BatchWriteItem TransactWriteItems ExecuteStatement "
    "BatchExecuteStatement ExecuteTransaction",
    "events": "PutEvents",
    "firehose": "PutRecord PutRecordBatch",
    "kinesis": "PutRecord PutRecords SubscribeToShard",
    "kms": "",
    "lambda": "Invoke InvokeAsync",
    "logs": "",
    "sagemaker": "",
    "sns": "Publish PublishBatch",
    "sqs": "SendMessage SendMessageBatch DeleteMessage DeleteMessageBatch PurgeQueue ChangeMessageVisibility "
    "ChangeMessageVisibilityBatch",
    "states": "StartExecution StartSyncExecution StopExecution RedriveExecution SendTaskSuccess "
    "SendTaskFailure SendTaskHeartbeat",
    "sts": "",
}
"""Operations that are not repeated, by service; all operations of a service with an empty text.

Data have entries of their own. Messages in queues, keys of KMS, logs, sessions of roles, and SageMaker's
records end with the run.
"""


def is_kept(request: Request) -> bool:
    """Whether a request is repeated at the next start, if it succeeds. `objects.py` says it for S3's."""
    called = operation(request)
    if called is None or called.service == "s3":
        return False
    names = _NOT_KEPT.get(called.service)
    if names is not None and (not names or called.name in names.split()):
        return False
    return called.name.startswith(_WRITING) or not called.name.startswith(_READING)


def is_of_bucket(entry: Entry) -> bool:
    """Whether a kept request creates or changes a bucket. It needs no objects."""
    if entry["type"] != "request":
        return False
    request = _request(entry)
    credential = request.credential
    return credential is not None and credential[2] == "s3" and "notification" not in request.parameters


def deleted_bucket(entry: Entry) -> str | None:
    """The bucket that a kept request deletes; None for other requests."""
    request = _request(entry) if is_of_bucket(entry) else None
    if request is None or request.method != "DELETE" or request.parameters:
        return None
    return location(request)[0]


def perform(request: Request, answer: Answer) -> tuple[Response, Entry]:
    """Answer a request, and return the response with the entry that repeats it."""
    entry: Entry = {
        "type": "request",
        "seed": SystemRandom().getrandbits(64),
        "time": time.time(),
        "method": request.method,
        "target": request.target,
        "headers": request.raw_headers,
        "body": base64.b64encode(request.body).decode(),
    }
    with pinned(entry["seed"], entry["time"]):
        response = answer(request)
    return response, entry | {"response": _digest(response)}


def repeat(entry: Entry, answer: Answer, terminal: Terminal) -> None:
    """Perform a kept request again. Report one that is answered differently now."""
    request = _request(entry)
    with pinned(entry["seed"], entry["time"]):
        response = answer(request)
    if response.status >= 300:
        reason = response.body.decode("utf-8", "replace")[:300]
        terminal.warn(f"state: {_name(request)} of an earlier run cannot be repeated: {reason}")
    elif _digest(response) != entry["response"]:
        terminal.warn(
            f"state: {_name(request)} of an earlier run is answered differently by this version. "
            "Identifiers or keys that it created may have changed."
        )


def _request(entry: Entry) -> Request:
    fields = [(name, value) for name, value in entry["headers"]]
    headers = Headers()
    for name, value in fields:
        headers.add(name, value)
    body = base64.b64decode(entry["body"])
    return Request(entry["method"], entry["target"], headers, body, raw_headers=fields)


def _name(request: Request) -> str:
    called = operation(request)
    return f"{called.service} {called.name}" if called else f"{request.method} {unquote(request.raw_path)}"


def _digest(response: Response) -> str:
    return hashlib.sha256(response.body).hexdigest()[:16]
