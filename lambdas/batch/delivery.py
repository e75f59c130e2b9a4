"""Files of messages in the caller's bucket, and the lists of users who get none."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lambdas.stores.caller_outputs import OutputFolder
from lambdas.stores.lake import LakeBucket
from tastemaker.batch.delivery import CSV, SES_BULK, Audience, capped_users, csv_file, messages_of, ses_file
from tastemaker.contracts.lake_layout import BatchFolder
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
    unsubscribed = {row[COLUMN] for row in _rows(source_of, config.get("unsubscribedPath"))}
    capped = capped_users(_sent(source_of, config.get("sentPath")), config, plan["now"])
    lake.write(BatchFolder(plan["folder"]).audience, Audience(unsubscribed, capped).to_json())


def read_audience(lake: LakeBucket, plan: BatchPlan) -> Audience:
    """The users who get no message."""
    if not plan["messages"].get("delivery"):
        return Audience()
    return Audience.from_json(lake.read(BatchFolder(plan["folder"]).audience))


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
