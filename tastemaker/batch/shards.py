"""Cut input files into shards of about a minute of work, by bytes, without reading the files.

A shard is a range of bytes. It answers the lines that start in the range. So each line belongs to exactly one
shard, wherever the cuts are, and a shard that is answered twice gives the same result.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, BinaryIO

from tastemaker.batch.lines import MAX_LINE_BYTES
from tastemaker.contracts.job_folders import BatchFolder

TARGET_SECONDS = 60.0
"""Intended work per shard. A function may run fifteen times as long, so the estimate may be wrong."""
MIN_LINES, MAX_LINES = 200, 200_000
MAX_MODEL_TEXTS = 300
"""Texts by a model in a shard. At two seconds each, some of them written twice, they take ten minutes."""
MAX_SMALL_MODEL_TEXTS = 100
"""The same for a small model, which takes some seconds for a text."""
SECONDS_PER_LINE = 1e-3
SECONDS_PER_ITEM = 2e-8
"""The additional time of a line for each item of the catalog, for scoring and sorting."""


def lines_per_shard(items: int) -> int:
    """Return how many lines take `TARGET_SECONDS` with a catalog of this many items."""
    lines = TARGET_SECONDS / (SECONDS_PER_LINE + SECONDS_PER_ITEM * items)
    return int(min(max(lines, MIN_LINES), MAX_LINES))


def bytes_per_line(sample: bytes) -> float:
    """Return the mean length of the lines at the start of a file. The last line may be incomplete."""
    return max(len(sample) / (sample.count(b"\n") + 1), 1.0)


def has_segments(sample: bytes) -> bool:
    """Whether the start of a file is the output of a segment job, whose lines name many users."""
    return b'"usersList"' in sample


def bytes_per_text(sample: bytes) -> float:
    """Return the mean length of what gets one message: a line, or a user in the output of a segment job."""
    if has_segments(sample):
        return len(sample) / max(sample.count(b'"') / 2, 1)
    return bytes_per_line(sample)


def cut_texts(size: int, sample: bytes, most: int) -> Iterator[tuple[int, int, int, float]]:
    """Yield (start, end, slices, texts of a slice) of ranges whose slices have about `most` texts.

    A line of a segment job has thousands of users, and cannot be divided by bytes. So several shards read the
    same range, and each takes its slice of each line's users.
    """
    per_text = bytes_per_text(sample)
    least = MAX_LINE_BYTES if has_segments(sample) else 1
    for start, end in cut(size, max(int(most * per_text), least)):
        reach = min(end + MAX_LINE_BYTES, size) if has_segments(sample) else end
        texts = max((reach - start) / per_text, 1.0)
        slices = max(1, math.ceil(texts / most)) if has_segments(sample) else 1
        yield start, end, slices, texts / slices


def cut(size: int, shard_bytes: int) -> list[tuple[int, int]]:
    """Return ranges of about equal length, at most `shard_bytes`, that cover `size` bytes."""
    count = max(1, -(-size // max(shard_bytes, 1)))
    marks = [size * index // count for index in range(count + 1)]
    return list(pairwise(marks))


def lines(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    """Yield the lines of `placed_lines` without their places."""
    return (line for _, line in placed_lines(file, start, end))


def placed_lines(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that start in [start, end), without line ends, each with the byte at which it starts.

    `file` is seekable and buffered.

    A line of more than `MAX_LINE_BYTES` is cut off after one byte more, so that a file without line ends
    takes no more memory than others.
    """
    position = start
    if start:
        # A line starts here only if the previous byte is a line end. Otherwise an earlier shard has it.
        file.seek(start - 1)
        position = _after_line(file, start - 1, end)
    while position < end:
        line = file.readline(MAX_LINE_BYTES + 1)
        if not line:
            return
        if position == 0:
            line = line.removeprefix(b"\xef\xbb\xbf")
            position += 3 if file.tell() - len(line) == 3 else 0
        place, position = position, position + len(line)
        if not line.endswith(b"\n"):
            position = _after_line(file, position, end)
        yield place, line.rstrip(b"\r\n")


def _after_line(file: BinaryIO, position: int, end: int) -> int:
    """Read on from `position` in a line, to its end or to `end`. Returns the position there."""
    while position < end:
        rest = file.readline(MAX_LINE_BYTES)
        position += len(rest)
        if not rest or rest.endswith(b"\n"):
            break
    return position


def entry(folder: str, file: int, shard: int, **more: Any) -> dict[str, Any]:
    """Return an element of shards.json."""
    return {"file": file, "part": BatchFolder(folder).part(file, shard), **more}
