"""Plan a batch job: list the input files and cut them into shards, for the map states of the workflow."""

import json
from collections.abc import Iterator
from typing import Any

from lambdas.stores.lake import LakeBucket
from tastemaker.batch import shards
from tastemaker.contracts.plans import BatchPlan
from tastemaker.contracts.text_models import TextGeneration, is_small
from tastemaker.files import File, Location, Source, find_files

SAMPLE_BYTES = 1 << 16


def plan_shards(
    source: Source, lake: LakeBucket, plan: BatchPlan, items: int, texts: TextGeneration | None = None
) -> dict[str, int]:
    """Write shards.json and files.json to the lake. Repeating this writes the same.

    `items` is the size of the catalog. `texts` says how the job writes texts, if it does. Returns the number
    of files and shards. Raises InvalidLocation and AccessRefused.
    """
    found = input_files(source, plan["input"], plan["output"])
    cuts: list[dict[str, Any]] = []
    files: list[dict[str, Any]] = []
    for number, (name, file) in enumerate(found):
        ranges = _ranges(file.size, sample_of(source, file), shards.lines_per_shard(items), texts)
        entries = [
            shards.entry(
                plan["folder"],
                number,
                place,
                bucket=file.bucket,
                key=file.key,
                etag=file.etag,
                size=file.size,
                **one,
            )
            for place, one in enumerate(ranges)
        ]
        cuts += entries
        files.append({"file": number, "name": f"{name}.out", "shards": len(entries)})
    if texts is not None:
        _share_ceiling(cuts, texts.ceiling_usd)
    lake.write(plan["shards"], json.dumps(cuts))
    lake.write(plan["files"], json.dumps(files))
    return {"files": len(files), "shards": len(cuts)}


def _ranges(size: int, sample: bytes, most: int, texts: TextGeneration | None) -> Iterator[dict[str, Any]]:
    """The members of the shards of a file that say what they read. A line takes longer if a model writes."""
    if texts is None:
        for start, end in shards.cut(size, max(1, int(most * shards.bytes_per_line(sample)))):
            yield {"start": start, "end": end}
        return
    if texts.model:
        most = min(most, shards.MAX_SMALL_MODEL_TEXTS if is_small(texts.model) else shards.MAX_MODEL_TEXTS)
    for start, end, slices, count in shards.cut_texts(size, sample, most):
        for number in range(slices):
            yield {"start": start, "end": end, "slice": number, "slices": slices, "texts": count}


def _share_ceiling(entries: list[dict[str, Any]], ceiling: float) -> None:
    """Give each shard the share of the ceiling that its texts have in those of the job."""
    total = sum(entry["texts"] for entry in entries)
    for entry in entries:
        entry["ceilingUsd"] = ceiling * entry["texts"] / total


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


def sample_of(source: Source, file: File) -> bytes:
    """The start of a file."""
    with source.open(file) as stream:
        return stream.read(min(SAMPLE_BYTES, file.size)) or b""
