"""The jobs of a dataset group, what to do about a failure, and what they have written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from console.api import Api
from console.resources import LISTED

RESULT_BYTES = 256 * 1024
RESULT_LINES = 25


@dataclass(frozen=True)
class JobType:
    """A type of job: its name in addresses and for people, its operations and its members."""

    key: str
    words: str
    noun: str  # DatasetExportJob
    arn_segment: str

    @property
    def member(self) -> str:
        """The member of an answer that has the job."""
        return f"{self.noun[0].lower()}{self.noun[1:]}"


TYPES = {
    one.key: one
    for one in (
        JobType("import", "Import", "DatasetImportJob", "dataset-import-job"),
        JobType("export", "Export", "DatasetExportJob", "dataset-export-job"),
        JobType("batch", "Batch inference", "BatchInferenceJob", "batch-inference-job"),
        JobType("segment", "Segments", "BatchSegmentJob", "batch-segment-job"),
        JobType("deletion", "Data deletion", "DataDeletionJob", "data-deletion-job"),
    )
}
REMEDIES = (
    (
        ("assume", "trust", "not authorized", "AccessDenied", "access denied", "Insufficient privileges"),
        "Add the statement that the message shows to the trust policy of the role, or permit the role to "
        "read and write the bucket. Then create the job again.",
    ),
    (
        ("missing the following columns", "header", "column"),
        "Rename the columns of the file as in the schema, or create a dataset with a schema that fits it.",
    ),
    (
        ("line", "row", "not valid", "invalid"),
        "Correct the line that the message names, upload the file again, and create another job.",
    ),
    (
        ("no file", "no object", "not found", "does not exist", "NoSuchBucket", "empty"),
        "Check the location: the bucket, the prefix, and whether files are there. Then create another job.",
    ),
)
REMEDY = "Correct what the message names, and create another job. Nothing of the failed one is visible."


def remedy(reason: str) -> str:
    """What to do about a failure."""
    folded = reason.casefold()
    return next(
        (text for words, text in REMEDIES if any(word.casefold() in folded for word in words)), REMEDY
    )


def listed(api: Api, group_arn: str) -> list[dict[str, Any]]:
    """The newest jobs of a dataset group, of all types."""
    datasets, solutions = api.together(
        lambda: api.personalize("ListDatasets", datasetGroupArn=group_arn)["datasets"],
        lambda: api.personalize("ListSolutions", datasetGroupArn=group_arn, maxResults=LISTED)["solutions"],
    )
    versions = {f"{one['solutionArn']}/" for one in solutions}
    calls: list[tuple[JobType, Any]] = []
    for one in datasets:
        for key in ("import", "export"):
            calls.append((TYPES[key], _list(api, TYPES[key], datasetArn=one["datasetArn"])))
    calls += [(TYPES[key], _list(api, TYPES[key])) for key in ("batch", "segment")]
    calls.append((TYPES["deletion"], _list(api, TYPES["deletion"], datasetGroupArn=group_arn)))
    found = []
    for (job_type, _), jobs in zip(calls, api.together(*(call for _, call in calls)), strict=True):
        for job in jobs:
            arn = job.get("solutionVersionArn")
            if arn is None or any(arn.startswith(prefix) for prefix in versions):
                found.append({**job, "type": job_type})
    return sorted(found, key=lambda job: job["creationDateTime"], reverse=True)


def _list(api: Api, job_type: JobType, **parent: str) -> Any:
    def call() -> Sequence[Mapping[str, Any]]:
        answer = api.personalize(f"List{job_type.noun}s", maxResults=LISTED, **parent)
        found: Sequence[Mapping[str, Any]] = answer[f"{job_type.member}s"]
        return found

    return call


@dataclass(frozen=True)
class Result:
    """The first lines of what a batch job has written."""

    location: str
    lines: Sequence[Mapping[str, Any]]
    more: bool


def result(api: Api, job: Mapping[str, Any]) -> Result | None:
    """The first lines of a batch job's output; None if there is none, or if the caller may not read it."""
    location = job.get("jobOutput", {}).get("s3DataDestination", {}).get("path")
    if not location:
        return None
    parts = urlsplit(location)
    try:
        objects = api.call(
            "s3", "ListObjectsV2", Bucket=parts.netloc, Prefix=parts.path.lstrip("/"), MaxKeys=LISTED
        ).get("Contents", [])
        keys = [one["Key"] for one in objects if one["Key"].endswith(".out") and one["Size"]]
        if not keys:
            return None
        answer = api.call(
            "s3", "GetObject", Bucket=parts.netloc, Key=keys[0], Range=f"bytes=0-{RESULT_BYTES - 1}"
        )
        text = answer["Body"].read().decode("utf-8", "replace")
    except (ClientError, BotoCoreError):
        return None
    lines = [_parsed(line) for line in text.splitlines()]
    whole = [line for line in lines if line is not None]
    return Result(
        f"s3://{parts.netloc}/{keys[0]}", list(islice(whole, RESULT_LINES)), len(whole) > RESULT_LINES
    )


def _parsed(line: str) -> Mapping[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def described(api: Api, job_type: JobType, arn: str) -> dict[str, Any]:
    """A job. Raises ClientError."""
    answer = api.personalize(f"Describe{job_type.noun}", **{f"{job_type.member}Arn": arn})
    found: dict[str, Any] = answer[job_type.member]
    return found
