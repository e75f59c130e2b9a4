"""Send the events again that the stream function failed on: `python -m deployment.replay --stage dev`.

Lambda gives up a batch after the retries of the stage and writes it, with its records, to the lake. This
command puts the records back into the event stream and deletes each batch that the stream has taken. An event
that is delivered twice counts once, because its id stays the same.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from deployment.command import SUCCESS, CommandError, Console, main, parser
from infrastructure.stage import load
from tastemaker.contracts.api_endpoint import LAKE_BUCKET, MissingOutputError, outputs_of
from tastemaker.contracts.lake_layout import FAILED_BATCHES

EVENT_STREAM = "EventStream"
MAX_RECORDS = 500
"""What PutRecords takes at once."""
MAX_BYTES = 4_000_000
"""Below the 5 MB that PutRecords takes at once."""
MAX_ATTEMPTS = 6


def records_of(document: Mapping[str, Any]) -> list[dict[str, str]]:
    """The records of a batch: `data`, in base64, and `partitionKey`. Raises ValueError without them."""
    payload = document.get("payload")
    event = json.loads(payload) if isinstance(payload, str) else payload
    if not isinstance(event, dict) or not isinstance(event.get("Records"), list):
        raise ValueError("it has no records")
    return [one["kinesis"] for one in event["Records"]]


def replay(s3: Any, kinesis: Any, bucket: str, stream: str, console: Console) -> tuple[int, int]:
    """Send all batches again. Returns (records sent, objects left because they have no records).

    Raises CommandError if the stream does not take a batch, which then stays with all that follow.
    """
    sent = left = 0
    for key in list(_keys(s3, bucket)):
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        try:
            records = records_of(json.loads(body))
        except (ValueError, KeyError, TypeError) as error:
            console.progress(f"left: s3://{bucket}/{key}: {error}")
            left += 1
            continue
        put(kinesis, stream, records)
        s3.delete_object(Bucket=bucket, Key=key)
        sent += len(records)
    return sent, left


def _keys(s3: Any, bucket: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=FAILED_BATCHES):
        yield from (one["Key"] for one in page.get("Contents", []))


def put(
    kinesis: Any,
    stream: str,
    records: list[dict[str, str]],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Put records into the stream, in their order. Raises CommandError if it does not take all of them."""
    entries = [{"Data": base64.b64decode(r["data"]), "PartitionKey": r["partitionKey"]} for r in records]
    for part in _parts(entries):
        waiting = part
        for attempt in range(MAX_ATTEMPTS):
            answer = kinesis.put_records(StreamName=stream, Records=waiting)
            if not answer.get("FailedRecordCount"):
                break
            results = zip(waiting, answer["Records"], strict=True)
            waiting = [entry for entry, result in results if result.get("ErrorCode")]
            sleep(0.1 * 2**attempt)
        else:
            raise CommandError(
                f"The stream {stream} did not take {len(waiting)} records.",
                "Run it again later: what was not sent is still in the lake.",
            )


def _parts(entries: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    part: list[dict[str, Any]] = []
    size = 0
    for entry in entries:
        if part and (len(part) == MAX_RECORDS or size + len(entry["Data"]) > MAX_BYTES):
            yield part
            part, size = [], 0
        part.append(entry)
        size += len(entry["Data"])
    if part:
        yield part


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Replay the batches of the stage."""
    stage = load(arguments.stage)
    if not stage.events.has_stream:
        raise CommandError(
            f"The stage {stage.name} has no event stream, so no batch of it can fail.",
            "With the transport direct, PutEvents answers 503 and the client sends the events again.",
        )
    session = boto3.Session(region_name=stage.region or None)
    try:
        (stack,) = session.client("cloudformation").describe_stacks(StackName=stage.stack_name)["Stacks"]
        outputs = outputs_of(stack, (LAKE_BUCKET, EVENT_STREAM))
        sent, left = replay(
            session.client("s3"),
            session.client("kinesis"),
            outputs[LAKE_BUCKET],
            outputs[EVENT_STREAM],
            console,
        )
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"AWS refused: {error}", "Check the stage, the region and permissions.") from error
    except MissingOutputError as error:
        raise CommandError(str(error), "Deploy it again.") from error
    if arguments.json:
        console.json({"sentRecords": sent, "objectsLeft": left})
    else:
        console.result(f"{sent} records sent again, {left} objects left")
    return SUCCESS


def arguments() -> argparse.ArgumentParser:
    """The command's arguments."""
    made = parser("deployment.replay", "Send the events again that the stream function failed on.")
    made.add_argument("--stage", default="dev", help="the stage of cdk.json (default: dev)")
    return made


if __name__ == "__main__":
    sys.exit(main(arguments(), run))
