"""An import on many machines: each file, and each slice of a long file without quotes, on its own.

The rows, their order and all error messages are those of `tastemaker.importing`, whose code imports every
slice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import SparkSession

from distributed.slices import SLICE_BYTES, QuotedError, Slice, SliceSource, cut
from tastemaker.failures import WorkFailedError
from tastemaker.files import File, Source
from tastemaker.importing.errors import BadRow, NoRows
from tastemaker.importing.importer import Importer
from tastemaker.importing.report import ActiveUsers, merged
from tastemaker.importing.storage import Destination, input_files
from tastemaker.schemas import Field

OpenStorage = Callable[[], tuple[Source, Destination]]
"""Opens the source and the destination of an import on the machine on which it is called."""


@dataclass(frozen=True)
class Outcome:
    """The result of a slice: counts, a bad row (file, line, why, column), a failure reason, or quotes.

    `users` are those of the rows that were counted, as far as they are sent (`ActiveUsers.to_send`).
    """

    counts: Mapping[str, Any] | None = None
    users: ActiveUsers = field(default_factory=ActiveUsers)
    bad_row: tuple[str, int | None, str, str | None] | None = None
    refused: str | None = None
    lines: int = 0

    @property
    def quoted(self) -> bool:
        """Whether the whole file of the slice must be read."""
        return self.counts is None and self.bad_row is None and self.refused is None


def run(
    spark: SparkSession,
    open_storage: OpenStorage,
    fields: Sequence[Field],
    prefix: str,
    location: str,
    size: int = SLICE_BYTES,
) -> dict[str, Any]:
    """Import a file or a folder, as `Importer.run` does.

    Raises WorkFailedError, and leaves nothing under the prefix then.
    """
    source, destination = open_storage()
    whole = Importer(source, destination, fields, prefix)
    inputs = input_files(source, location)
    files = inputs.files
    # Bad cells of lenient columns are counted by batches of a file, so files with such columns are not cut.
    cuttable = not any(rule.lenient for rule in whole.rules)
    whole.clean()
    try:
        outcomes = _outcomes(spark, open_storage, fields, prefix, files, size if cuttable else 0)
        for error in map(_error, outcomes):
            if error is not None:
                raise error
        counts = [outcome.counts or {} for outcomes_of in outcomes for outcome in outcomes_of]
        rows = sum(count["rows"] for count in counts)
        if not rows:
            raise NoRows(location)
    except BaseException:
        whole.clean()
        raise
    users = [outcome.users for outcomes_of in outcomes for outcome in outcomes_of]
    report = merged([(count["rows"], count["report"]) for count in counts], users, inputs.skipped)
    return {
        "rows": rows,
        "files": len(files),
        "bytes": sum(file.size for file in files),
        "parts": sum(count["parts"] for count in counts),
        "maxTimestamp": report["lastTimestamp"],
        "report": report,
    }


def _outcomes(
    spark: SparkSession,
    open_storage: OpenStorage,
    fields: Sequence[Field],
    prefix: str,
    files: Sequence[File],
    size: int,
) -> list[list[Outcome]]:
    """The outcomes of the slices of each file. A file with quotes is imported again as a whole."""
    pieces = [
        (number, place, piece)
        for number, file in enumerate(files)
        for place, piece in enumerate(cut(file, size or max(file.size, 1)))
    ]

    def imported(piece: tuple[int, int, Slice]) -> tuple[int, Outcome]:
        number, place, part = piece
        return number, _import(part, *open_storage(), fields, f"{prefix}{number:05}-{place:05}-")

    found: list[list[Outcome]] = [[] for _ in files]
    for number, outcome in _map(spark, imported, pieces):
        found[number].append(outcome)
    quoted = [number for number, some in enumerate(found) if any(outcome.quoted for outcome in some)]
    if quoted:
        _, destination = open_storage()
        for number in quoted:
            destination.clear(f"{prefix}{number:05}-")
        again = [(number, 0, Slice(files[number], 0, files[number].size)) for number in quoted]
        for number, outcome in _map(spark, imported, again):
            found[number] = [outcome]
    return found


def _map(spark: SparkSession, work: Callable[[Any], Any], pieces: Sequence[Any]) -> Iterator[Any]:
    yield from spark.sparkContext.parallelize(pieces, max(1, len(pieces))).map(work).collect()


def _import(
    part: Slice, source: Source, destination: Destination, fields: Sequence[Field], prefix: str
) -> Outcome:
    sliced = source if part.whole else SliceSource(source, part)
    importer = Importer(sliced, destination, fields, prefix)
    try:
        counts = importer.read([part.file])
    except BadRow as error:
        return Outcome(bad_row=(error.file, error.line, error.why, error.column))
    except WorkFailedError as error:
        return Outcome(refused=str(error))
    except QuotedError:
        return Outcome()
    lines = sliced.lines if isinstance(sliced, SliceSource) else 0
    return Outcome(counts, importer.users.to_send(), lines=lines)


def _error(outcomes: Sequence[Outcome]) -> WorkFailedError | None:
    """The first error of a file, with its line counted from the beginning of the file."""
    before = 0
    for outcome in outcomes:
        if outcome.refused is not None:
            return WorkFailedError(outcome.refused)
        if outcome.bad_row is not None:
            file, line, why, column = outcome.bad_row
            return BadRow(file, line if line is None else line + before, why, column=column)
        before += outcome.lines
    return None
