"""Answer a shard: read its lines from the caller's bucket, write the answers to the lake."""

import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, BinaryIO

from lambdas.stores.lake import LakeBucket
from tastemaker.batch import lines, shards
from tastemaker.batch.inference import InferenceJob
from tastemaker.errors import TastemakerError
from tastemaker.files import File, Source
from tastemaker.serving.history import LiveEvent
from tastemaker.serving.ports import Profiles

LINES_AHEAD = 256
"""Lines that are read together. Their users' events are read while other lines are answered."""
THREADS = 8

Answer = Callable[[lines.Question], dict[str, Any]]
Line = tuple[Any, lines.Question | None, str | None]


class PrefetchedProfiles:
    """The `Profiles` of a batch job: events until a point in time, read ahead by several threads.

    Later events are left out, so that a shard that is answered twice gives the same result. `until` is in
    seconds since 1970.
    """

    def __init__(self, profiles: Profiles, until: int) -> None:
        self._profiles, self._until = profiles, until
        self._pool = ThreadPoolExecutor(THREADS)
        self._requested: dict[tuple[str, str], Future[list[LiveEvent]]] = {}

    def __enter__(self) -> "PrefetchedProfiles":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def prefetch(self, dataset_group: str, users: Iterable[str]) -> None:
        """Start to read the events of these users, and drop those of other users."""
        keys = {(dataset_group, user) for user in users}
        self._requested = {
            key: self._requested.get(key) or self._pool.submit(self._read, *key) for key in keys
        }

    def newest(self, dataset_group: str, user: str, limit: int = 200) -> list[LiveEvent]:
        """Return a user's newest events, newest first."""
        requested = self._requested.get((dataset_group, user))
        return requested.result() if requested is not None else self._read(dataset_group, user)

    def _read(self, dataset_group: str, user: str) -> list[LiveEvent]:
        events = self._profiles.newest(dataset_group, user)
        return [event for event in events if event.time <= self._until]


def answer_shard(
    source: Source, lake: LakeBucket, entry: Mapping[str, Any], job: InferenceJob, ahead: PrefetchedProfiles
) -> int:
    """Answer the lines of a shard of an inference job. Returns how many could not be answered."""
    group = job.endpoint.dataset_group

    def prefetch(questions: list[lines.Question]) -> None:
        users = (question.get("userId") for question in questions)
        ahead.prefetch(group, (user for user in users if user and isinstance(user, str)))

    return write_part(source, lake, entry, job.answer, prefetch if job.needs_events else None)


def write_part(
    source: Source,
    lake: LakeBucket,
    entry: Mapping[str, Any],
    answer: Answer,
    prefetch: Callable[[list[lines.Question]], None] | None = None,
) -> int:
    """Answer the lines that start in a shard's range, without blank lines, and store them in the lake.

    `entry` is an element of shards.json. Returns how many lines could not be answered.
    """
    file = File(entry["bucket"], entry["key"], entry["size"], entry["etag"])
    failed = 0
    with source.open(file) as raw, tempfile.TemporaryFile() as part:
        stream: BinaryIO = io.BufferedReader(raw, 1 << 20)
        wanted = (line for line in shards.lines(stream, entry["start"], entry["end"]) if line.strip())
        for batch in _batches(map(lines.read, wanted)):
            if prefetch is not None:
                prefetch([question for _, question, _ in batch if question is not None])
            for echo, question, error in batch:
                output = None
                if question is not None:
                    try:
                        output = answer(question)
                    except TastemakerError as refused:
                        error = refused.message
                failed += output is None
                part.write(lines.write(echo, output, error))
        part.seek(0)
        lake.client.put_object(Bucket=lake.bucket, Key=entry["part"], Body=part)
    return failed


def _batches(read: Iterator[Line]) -> Iterator[list[Line]]:
    while batch := list(islice(read, LINES_AHEAD)):
        yield batch
