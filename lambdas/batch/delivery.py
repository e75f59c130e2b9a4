"""Files of messages in the caller's bucket, and the lists of users who get none."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from lambdas.batch.plan import input_files, sample_of
from lambdas.stores.caller_outputs import OutputFolder
from lambdas.stores.lake import LakeBucket
from tastemaker.batch import shards
from tastemaker.batch.delivery import (
    CSV,
    SES_BULK,
    Audience,
    Split,
    capped_users,
    cell_text,
    csv_file,
    messages_of,
    repeated_users,
    ses_file,
)
from tastemaker.contracts.job_folders import BatchFolder
from tastemaker.contracts.plans import BatchPlan
from tastemaker.failures import NothingThere, WorkFailedError
from tastemaker.files import Source, find_files

COLUMN = "USER_ID"


def write_audience(source_of: Callable[[str], Source], lake: LakeBucket, plan: BatchPlan) -> None:
    """Read who gets no message, with the caller's role, and keep it in the job's folder while the job runs.

    `source_of` opens a location for reading. Raises InvalidLocation, AccessRefused, and WorkFailedError for a
    file without USER_ID.
    """
    config = plan["messages"].get("delivery") or {}
    unsubscribed = {cell_text(row[COLUMN]) for row in _rows(source_of, config.get("unsubscribedPath"))}
    capped = capped_users(_sent(source_of, config.get("sentPath")), config, plan["now"])
    lake.write(BatchFolder(plan["folder"]).audience, Audience(unsubscribed, capped).to_json())


def read_audience(lake: LakeBucket, plan: BatchPlan) -> Audience:
    """The users who get no message."""
    if not plan["messages"].get("delivery"):
        return Audience()
    return Audience.from_json(lake.read(BatchFolder(plan["folder"]).audience))


def write_repeated(source: Source, lake: LakeBucket, plan: BatchPlan) -> None:
    """Find the users whom several lines of segment jobs name. A user gets one message of a job."""
    lake.write(BatchFolder(plan["folder"]).repeated, json.dumps(repeated_users(_segment_lines(source, plan))))


def _segment_lines(source: Source, plan: BatchPlan) -> Iterator[tuple[tuple[int, int], bytes]]:
    """The lines of the files that segment jobs wrote, each with its place: its file's number and its byte."""
    for number, (_, file) in enumerate(input_files(source, plan["input"], plan["output"])):
        if shards.has_segments(sample_of(source, file)):
            with source.open(file) as raw:
                stream: BinaryIO = io.BufferedReader(raw, 1 << 20)
                for byte, line in shards.placed_lines(stream, 0, file.size):
                    yield (number, byte), line


def split_of(lake: LakeBucket, plan: BatchPlan, entry: Mapping[str, Any]) -> Split:
    """How a shard makes messages of its lines. `entry` is an element of shards.json."""
    first = json.loads(lake.read(BatchFolder(plan["folder"]).repeated))
    return Split(entry.get("slice", 0), entry.get("slices", 1), first)


def deliver(lake: LakeBucket, folder: OutputFolder, plan: BatchPlan, entry: Mapping[str, Any]) -> None:
    """Write the files of an input file's messages. `entry` is an element of files.json."""
    config = plan["messages"].get("delivery") or {}
    name = entry["name"].removesuffix(".out") + (".dry-run" if plan["messages"].get("dryRun") else "")
    formats = config.get("formats") or ()
    if CSV in formats:
        folder.write(f"{name}.csv", csv_file(messages_of(_lines(lake, plan, entry)), plan["now"]))
    if SES_BULK in formats:
        folder.write(f"{name}.ses.jsonl", ses_file(messages_of(_lines(lake, plan, entry)), config))


def _lines(lake: LakeBucket, plan: BatchPlan, entry: Mapping[str, Any]) -> Iterator[bytes]:
    job = BatchFolder(plan["folder"])
    for shard in range(entry["shards"]):
        part = job.part(entry["file"], shard)
        yield from lake.client.get_object(Bucket=lake.bucket, Key=part)["Body"].iter_lines(1 << 16)


def _sent(source_of: Callable[[str], Source], uri: str | None) -> Iterator[dict[str, str]]:
    """The rows of earlier jobs. The first job of a campaign has no earlier ones."""
    try:
        yield from _rows(source_of, uri)
    except NothingThere:
        return


def _rows(source_of: Callable[[str], Source], uri: str | None) -> Iterator[dict[str, str]]:
    """The rows of the CSV files at a location; none without a location."""
    if uri is None:
        return
    source = source_of(uri)
    csv_files = find_files(
        source, uri, accept=lambda file: file.key.endswith(".csv"), missing="no CSV file is there"
    )
    for file in csv_files:
        if ".dry-run." in file.key:
            continue  # nobody has got these
        with (
            source.open(file) as raw,
            io.TextIOWrapper(io.BufferedReader(raw), "utf-8-sig", newline="") as text,
        ):
            reader = csv.DictReader(text)
            if COLUMN not in (reader.fieldnames or ()):
                raise WorkFailedError(f"s3://{file.bucket}/{file.key} has no column {COLUMN} in its header.")
            yield from reader
