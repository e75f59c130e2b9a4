"""Compaction: the many small files of a day of events become one.

Firehose writes a file every few minutes, some 100,000 a year and dataset group. After `AGE_DAYS` the files of
a day are copied into one, `compacted.parquet` in the same folder. One write makes it visible, and hides the
files that it was made of: readers take only the compacted file of a folder that has one. The hidden files
stay for `KEPT_DAYS`, because trainings that wait for instances may have them in their manifests.

The compacted file lists its sources in its metadata, and names the source of each row in a column. So a
reader that has read some of the sources reads only the rows of the others.

This module uses the standard library only.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby

from tastemaker.contracts.durations import DAY_SECONDS

NAME = "compacted.parquet"
SOURCE_COLUMN = "compactedfrom"
"""The key of the file that a row comes from."""
SOURCES = b"tastemaker.sources"
"""The metadata of a compacted file with a JSON object: key of a source → its ETag when it was read."""
WRITTEN = b"tastemaker.written"
"""The metadata of a compacted file with a JSON object: key of a source → when it was written.

Times are in seconds since 1970."""
NEWEST_SOURCE = "newest-source"
"""The metadata of the object with the time of the newest source, for readers that cannot read Parquet."""
AGE_DAYS = 7
"""Readers of new files, which remember what they have read, look back two days at most."""
KEPT_DAYS = 7
LATE_DAYS = 2
"""How long after the end of its day a file may be written: Firehose tries for a day."""
DAY = re.compile(r".*/(\d{4}/\d{2}/\d{2})/[^/]+")


def folder_of(key: str) -> str:
    """The folder of a file, with the slash at its end."""
    return key[: key.rfind("/") + 1]


def is_compacted(key: str) -> bool:
    """Whether a file is the compacted file of a day."""
    return key.endswith(f"/{NAME}") and DAY.fullmatch(key) is not None


def end_of_day(key: str) -> float:
    """When the day of a file of events ended, in seconds since 1970. Raises ValueError for other files."""
    found = DAY.fullmatch(key)
    if found is None:
        raise ValueError(f"{key} is not in the folder of a day.")
    day = datetime.strptime(found[1], "%Y/%m/%d").replace(tzinfo=UTC)
    return (day + timedelta(days=1)).timestamp()


def visible(objects: Iterable[tuple[str, float]]) -> Iterator[tuple[str, float]]:
    """The objects that a reader takes, of (key, time of the last write) in the order of the keys.

    Of a day that was compacted that is the compacted file, with the end of its day as its time: its events
    are not new. When each of its sources was written is in the file (`source_times`), and when the newest one
    was, in the metadata of the object (`newest`).
    """
    for _, found in groupby(objects, lambda one: folder_of(one[0])):
        files = list(found)
        compacted = [key for key, _ in files if is_compacted(key)]
        yield from ((key, end_of_day(key)) for key in compacted) if compacted else files


def source_times(key: str, metadata: Mapping[bytes, bytes]) -> dict[str, float]:
    """When each source of the compacted file `key` was written, in seconds since 1970.

    Files of the first release lack the times: for them it is the end of the day.
    """
    known: dict[str, float] = json.loads(metadata.get(WRITTEN, b"{}"))
    return {source: known.get(source, end_of_day(key)) for source in json.loads(metadata[SOURCES])}


def newest(objects: Iterable[tuple[str, float]], metadata: Callable[[str], Mapping[str, str]]) -> float:
    """When the newest of the events of `objects` were written, in seconds since 1970; 0.0 if there are none.

    `metadata` reads those of an object. It is called for compacted files that can be the newest, so that a
    long history costs few calls.
    """
    found = 0.0
    compacted: list[tuple[float, str]] = []
    for key, written in visible(objects):
        if is_compacted(key):
            compacted.append((written, key))
        else:
            found = max(found, written)
    for end, key in sorted(compacted, reverse=True):
        if end + LATE_DAYS * DAY_SECONDS <= found:
            break
        found = max(found, float(metadata(key).get(NEWEST_SOURCE, end)))
    return found
