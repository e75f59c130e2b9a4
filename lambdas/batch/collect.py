"""Join the answers of an input file: its parts in the lake become a file in the caller's bucket."""

from collections.abc import Iterator, Mapping
from typing import Any

from lambdas.stores.caller_outputs import OutputFolder
from lambdas.stores.lake import LakeBucket
from tastemaker.contracts.job_folders import BatchFolder
from tastemaker.contracts.plans import BatchPlan

CHUNK_BYTES = 1 << 20


def collect(lake: LakeBucket, folder: OutputFolder, plan: BatchPlan, entry: Mapping[str, Any]) -> int:
    """Write the `.out` file of an input file. `entry` is an element of files.json. Returns the bytes."""
    job = BatchFolder(plan["folder"])
    keys = (job.part(entry["file"], shard) for shard in range(entry["shards"]))
    return folder.write(entry["name"], (chunk for key in keys for chunk in _chunks(lake, key)))


def _chunks(lake: LakeBucket, key: str) -> Iterator[bytes]:
    body = lake.client.get_object(Bucket=lake.bucket, Key=key)["Body"]
    while chunk := body.read(CHUNK_BYTES):
        yield chunk
