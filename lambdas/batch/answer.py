"""Answer a shard: read its lines from the caller's bucket, write the answers to the lake."""

import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import Any, BinaryIO, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.stores.lake import LakeBucket
from lambdas.support.observability import logger
from tastemaker.batch import lines, shards
from tastemaker.batch.inference import InferenceJob
from tastemaker.errors import TastemakerError
from tastemaker.files import File, Source
from tastemaker.serving.history import LiveEvent
from tastemaker.serving.ports import Profiles

GROUP = 256
"""Lines that are scored together, unless their masks take much memory.

The events of the next group's users are read meanwhile.
"""

THREADS = 8


class Counts(NamedTuple):
    """The lines of a shard, and how many of them were answered."""

    lines: int
    answered: int


Output = Mapping[str, Any] | str
"""The `output` of a line, which may already be JSON."""
Answer = Callable[[lines.Question], Output]
Line = tuple[Any, lines.Question | None, str | None]
Prepare = Callable[[list[Line]], Iterable[Line]]
"""Yields the lines of a group, each when it may be answered."""
Split = Callable[[Line, tuple[int, int]], list[Line]]
"""Makes the lines that are answered of a line and its place: the number of its file, and its byte."""


def whole(line: Line, place: tuple[int, int]) -> list[Line]:
    """Leave a line as it is."""
    return [line]


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

    def prefetch(self, event_group: str, users: Iterable[str]) -> None:
        """Start to read the events of these users, and drop those of other users."""
        keys = {(event_group, user) for user in users}
        self._requested = {
            key: self._requested.get(key) or self._pool.submit(self._read, *key) for key in keys
        }

    def newest(self, event_group: str, user: str, limit: int = 200) -> list[LiveEvent]:
        """Return a user's newest events, newest first."""
        requested = self._requested.get((event_group, user))
        return requested.result() if requested is not None else self._read(event_group, user)

    def _read(self, event_group: str, user: str) -> list[LiveEvent]:
        events = self._profiles.newest(event_group, user)
        return [event for event in events if event.time <= self._until]


def answer_shard(
    source: Source,
    lake: LakeBucket,
    entry: Mapping[str, Any],
    job: InferenceJob,
    ahead: PrefetchedProfiles,
    answer: Answer | None = None,
    split: Split = whole,
) -> Counts:
    """Answer the lines of a shard of an inference job, by `answer` if the job adds something to its lists."""
    group = job.runtime.records.storage(job.endpoint, "INTERACTIONS").event_group

    def prefetch(questions: list[lines.Question]) -> None:
        users = (question.get("userId") for question in questions)
        ahead.prefetch(group, (user for user in users if lines.is_identifier(user)))

    def prepared(lines_of_group: list[Line]) -> Iterator[Line]:
        size = job.lines_together
        for start in range(0, len(lines_of_group), size):
            some = lines_of_group[start : start + size]
            _prepare(job.score_together, [question for _, question, _ in some if question])
            yield from some

    return write_part(
        source,
        lake,
        entry,
        answer or job.json_answer,
        prefetch if job.needs_events else None,
        prepared,
        split,
    )


def write_part(
    source: Source,
    lake: LakeBucket,
    entry: Mapping[str, Any],
    answer: Answer,
    prefetch: Callable[[list[lines.Question]], None] | None = None,
    prepared: Prepare = iter,
    split: Split = whole,
) -> Counts:
    """Answer the lines that start in a shard's range, without blank lines, and store them in the lake.

    `entry` is an element of shards.json. `prefetch` and `prepared` get `GROUP` lines at a time. `split` may
    make several lines of one.
    """
    file = File(entry["bucket"], entry["key"], entry["size"], entry["etag"])
    counted = answered = 0
    with source.open(file) as raw, tempfile.TemporaryFile() as part:
        stream: BinaryIO = io.BufferedReader(raw, 1 << 20)
        wanted = (
            split(lines.read(line), (entry["file"], byte))
            for byte, line in shards.placed_lines(stream, entry["start"], entry["end"])
            if line.strip()
        )
        for group, following in _groups(chain.from_iterable(wanted)):
            if prefetch is not None:
                prefetch([question for _, question, _ in group + following if question is not None])
            for echo, question, error in prepared(group):
                output = None
                if question is not None:
                    output, error = _answered(answer, question)
                counted += 1
                answered += output is not None
                part.write(lines.write(echo, output, error))
        part.seek(0)
        lake.client.put_object(Bucket=lake.bucket, Key=entry["part"], Body=part)
    return Counts(counted, answered)


def _prepare(together: Callable[[list[lines.Question]], None], questions: list[lines.Question]) -> None:
    """Prepare some lines. If one of them fails, each is answered by itself, and the error is that line's."""
    try:
        together(questions)
    except (BotoCoreError, ClientError, OSError, MemoryError):
        raise
    except Exception:
        logger.exception("lines could not be prepared together; they are answered one by one")


def _answered(answer: Answer, question: lines.Question) -> tuple[Output | None, str | None]:
    """The output of a line, or why there is none: one line never fails the others.

    Errors of AWS and of the machine are raised: they are no property of the line, and a retry can succeed.
    """
    try:
        return answer(question), None
    except TastemakerError as refused:
        return None, refused.message
    except (BotoCoreError, ClientError, OSError, MemoryError):
        raise
    except Exception as error:
        logger.exception("a line could not be answered")
        return None, f"The line could not be answered: {type(error).__name__}: {error}"


def _groups(read: Iterator[Line]) -> Iterator[tuple[list[Line], list[Line]]]:
    """Groups of lines, each with the group that follows it."""
    group = list(islice(read, GROUP))
    while group:
        following = list(islice(read, GROUP))
        yield group, following
        group = following
