"""The functions of the tiny test stack."""

from __future__ import annotations

import base64
import json
import os
import tempfile
import time
from functools import lru_cache
from typing import Any

import boto3


@lru_cache
def dynamodb() -> Any:
    return boto3.client("dynamodb")


class TeapotError(Exception):
    """Raised on purpose."""


def echo(event: Any, context: Any) -> Any:
    """What came, and where it ran. Answers in API Gateway's shape if asked to, else plainly."""
    if isinstance(event, dict) and event.get("unserializable"):
        return {"value": object()}
    if isinstance(event, dict) and "sleep" in event:
        time.sleep(event["sleep"])
    if isinstance(event, dict) and event.get("version") == "2.0" and event["rawPath"] == "/":
        body = event.get("body", "")
        raw = base64.b64decode(body) if event["isBase64Encoded"] else body.encode()
        headers = {"x-encoded": str(event["isBase64Encoded"]), "x-length": str(len(raw))}
        encoded = base64.b64encode(raw).decode()
        return {"statusCode": 202, "headers": headers, "body": encoded, "isBase64Encoded": True}
    print("echo was here")  # noqa: T201
    return {
        "event": event,
        "pid": os.getpid(),
        "tmp": tempfile.gettempdir(),
        "greeting": os.environ["GREETING"],
        "function": context.function_name,
        "arn": context.invoked_function_arn,
        "remaining": context.get_remaining_time_in_millis(),
        "endpoint": os.environ["AWS_ENDPOINT_URL"],
        "who": boto3.client("sts").get_caller_identity()["Arn"] if event == "who" else None,
    }


def fail(event: Any, context: Any) -> Any:
    raise TeapotError("I am short and stout")


def slow(event: Any, context: Any) -> Any:
    time.sleep(30)


def leave(event: Any, context: Any) -> Any:
    os._exit(7)


def record(event: dict[str, Any], context: Any) -> None:
    """Keep what EventBridge said of an execution."""
    detail = event["detail"]
    row = {"id": detail["executionArn"], "status": detail["status"], "input": detail["input"]}
    dynamodb().put_item(TableName="tiny-own", Item={name: {"S": value} for name, value in row.items()})


def store(event: dict[str, Any], context: Any) -> Any:
    """Call `operation` of `service` with `arguments`; the error's code if it fails."""
    client = boto3.client(event["service"])
    try:
        answer = getattr(client, event["operation"])(**event["arguments"])
    except client.exceptions.ClientError as error:
        return {"code": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}
    answer.pop("ResponseMetadata", None)
    return {"ok": json.loads(json.dumps(answer, default=str))}


def consume(event: dict[str, Any], context: Any) -> Any:
    """Store each record with the order it came in; a poisonous one fails, and says so."""
    for record in event["Records"]:
        body = json.loads(base64.b64decode(record["kinesis"]["data"]))
        if body.get("poison"):
            return {"batchItemFailures": [{"itemIdentifier": record["kinesis"]["sequenceNumber"]}]}
        texts = {
            "id": f"event-{body['id']}",
            "event": record["eventID"],
            "at": str(time.time()),
        }
        item = {name: {"S": text} for name, text in texts.items()} | {
            "batch": {"N": str(len(event["Records"]))}
        }
        dynamodb().put_item(TableName="tiny-own", Item=item)
    return {"batchItemFailures": []}
