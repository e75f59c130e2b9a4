"""Plan a batch job: list the input files and cut them into shards, for the map states of the workflow."""

import json
from typing import Any

from lambdas.stores.lake import LakeBucket
from tastemaker.batch import shards
from tastemaker.contracts.plans import BatchPlan
from tastemaker.files import File, Location, Source, find_files

SAMPLE_BYTES = 1 << 16


def plan_shards(source: Source, lake: LakeBucket, plan: BatchPlan, items: int) -> dict[str, int]:
    """Write shards.json and files.json to the lake. Repeating this writes the same.

    `items` is the size of the catalog. Returns the number of files and shards. Raises InvalidLocation and
    AccessRefused.
    """
    found = input_files(source, plan["input"], plan["output"])
    cuts: list[dict[str, Any]] = []
    files: list[dict[str, Any]] = []
    lines = shards.lines_per_shard(items)
    for number, (name, file) in enumerate(found):
        size = max(1, int(lines * shards.bytes_per_line(_sample(source, file))))
        ranges = shards.cut(file.size, size)
        entries = [
            shards.entry(
                plan["folder"],
                number,
                place,
                bucket=file.bucket,
                key=file.key,
                etag=file.etag,
                size=file.size,
                start=start,
                end=end,
            )
            for place, (start, end) in enumerate(ranges)
        ]
        cuts += entries
        files.append({"file": number, "name": f"{name}.out", "shards": len(entries)})
    lake.write(plan["shards"], json.dumps(cuts))
    lake.write(plan["files"], json.dumps(files))
    return {"files": len(files), "shards": len(cuts)}


def input_files(source: Source, uri: str, output: str) -> list[tuple[str, File]]:
    """Return (name below the location, file) of `s3://bucket/file` or of all files in `s3://bucket/folder/`.

    Files in the output folder and outputs of earlier jobs are not inputs. Raises InvalidLocation.
    """
    below = output.rstrip("/") + "/"
    files = find_files(
        source,
        uri,
        accept=lambda file: not _is_output(file, below),
        missing="no such file, and no file below it",
    )
    location = Location.parse(uri)
    return [(location.relative_name(file), file) for file in files]


def _is_output(file: File, below: str) -> bool:
    return file.key.endswith(("/", ".out")) or file.name.startswith(below)


def _sample(source: Source, file: File) -> bytes:
    with source.open(file) as stream:
        return stream.read(min(SAMPLE_BYTES, file.size)) or b""
