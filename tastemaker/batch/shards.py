"""Cutting input files into shards of about a minute's work, by bytes, without reading them.

A shard is a range of bytes; it answers the lines that *begin* in it. So every line belongs to exactly one
shard wherever the cuts fall, and a shard that is answered twice gives the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, BinaryIO

from tastemaker.contracts.lake_layout import BatchFolder

SECONDS = 60.0
"""Work wanted per shard. A function may run fifteen times as long: room for a wrong guess."""
LEAST_LINES, MOST_LINES = 200, 200_000
SECONDS_PER_LINE = 1e-3
SECONDS_PER_ITEM = 2e-8
"""What a line costs beyond that for each item of the catalog: scores and sorting."""


def lines_per_shard(items: int) -> int:
    """How many lines are about `SECONDS` of work on a catalog of so many items."""
    lines = SECONDS / (SECONDS_PER_LINE + SECONDS_PER_ITEM * items)
    return int(min(max(lines, LEAST_LINES), MOST_LINES))


def bytes_per_line(sample: bytes) -> float:
    """Mean length of the lines at the beginning of a file; the last may be cut off."""
    return max(len(sample) / (sample.count(b"\n") + 1), 1.0)


def cut(size: int, shard_bytes: int) -> list[tuple[int, int]]:
    """Ranges of at most `shard_bytes` that cover `size` bytes; all of them about as long."""
    count = max(1, -(-size // max(shard_bytes, 1)))
    marks = [size * place // count for place in range(count + 1)]
    return list(pairwise(marks))


def lines(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    """The lines that begin in [start, end), without their ends. `file` is seekable and buffered."""
    position = start
    if start:
        # A line begins here only if the byte before ends another; else it belongs to an earlier shard.
        file.seek(start - 1)
        position = start - 1 + len(file.readline())
    while position < end:
        line = file.readline()
        if not line:
            return
        if position == 0:
            line = line.removeprefix(b"\xef\xbb\xbf")
            position += 3 if file.tell() - len(line) == 3 else 0
        position += len(line)
        yield line.rstrip(b"\r\n")


def entry(folder: str, file: int, shard: int, **more: Any) -> dict[str, Any]:
    """One element of shards.json."""
    return {"file": file, "part": BatchFolder(folder).part(file, shard), **more}
