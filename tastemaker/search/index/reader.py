"""All segments of an index as one: documents are numbered through the segments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.columns import Column, Columns
from tastemaker.ids import Ids
from tastemaker.search.index.segment import Segment
from tastemaker.search.index.vocabulary import MAX_EXPANSIONS, with_prefix

Documents = NDArray[np.int32]
"""Increasing numbers of documents."""


@dataclass(frozen=True)
class Part:
    """A segment with the ids and attributes of its rows. `start` is the number of its first document."""

    segment: Segment
    ids: Ids
    columns: Columns
    start: int = 0


@dataclass(frozen=True)
class Postings:
    """The documents that have a token in a field, how often, and how long the field is."""

    documents: Documents
    counts: NDArray[np.float32]
    lengths: NDArray[np.float32]


@dataclass(frozen=True)
class FieldStatistics:
    """How many documents have a field, and how many words it has on average."""

    documents: int
    mean_length: float


class Reader:
    """An index as queries see it. A document of a later part replaces one with the same id."""

    def __init__(self, parts: Sequence[tuple[Segment, Ids, Columns]]) -> None:
        self.parts: list[Part] = []
        start = 0
        for segment, ids, columns in parts:
            self.parts.append(Part(segment, ids, columns, start))
            start += columns.rows
        self.size = start
        self._statistics: dict[str, FieldStatistics] = {}

    @cached_property
    def live(self) -> NDArray[np.bool_]:
        """bool[size]: which documents exist. An id without any attribute is not in the Items dataset."""
        live = np.zeros(self.size, bool)
        for part in self.parts:
            here = live[part.start : part.start + part.columns.rows]
            for column in part.columns.values():
                here |= has_value(column)
        for earlier, later in _pairs(self.parts):
            replaced = earlier.ids.indexes(later.ids.tolist())
            live[earlier.start + replaced[replaced >= 0]] = False
        return live

    @cached_property
    def documents(self) -> int:
        """The number of documents."""
        return int(np.count_nonzero(self.live))

    def columns_of(self, field: str) -> Iterator[tuple[Part, Column]]:
        """The column of a field in each part that has it."""
        for part in self.parts:
            column = part.columns.get(field)
            if column is not None:
                yield part, column

    def has(self, field: str) -> bool:
        """Whether some document can have the field."""
        return any(field in part.columns for part in self.parts)

    def column_type(self, field: str) -> str | None:
        """The type of a field, or None if there is no such field."""
        return next((column.column_type for _, column in self.columns_of(field)), None)

    @cached_property
    def fields(self) -> list[str]:
        """The names of all fields, in the order of the schema."""
        return list(dict.fromkeys(name for part in self.parts for name in part.columns))

    def statistics(self, field: str) -> FieldStatistics:
        """The statistics of a text field that scores are made with."""
        if field not in self._statistics:
            lengths = [
                part.segment.fields[field].lengths for part in self.parts if field in part.segment.fields
            ]
            documents = sum(int(np.count_nonzero(some)) for some in lengths)
            total = sum(int(some.sum(dtype=np.int64)) for some in lengths)
            self._statistics[field] = FieldStatistics(documents, total / max(documents, 1))
        return self._statistics[field]

    def postings(self, field: str, language: str, tokens: Sequence[str]) -> Postings:
        """The documents with any of some tokens in a field; their counts are added."""
        rows: list[Documents] = []
        counts: list[NDArray[np.float32]] = []
        lengths: list[NDArray[np.float32]] = []
        for part in self.parts:
            text = part.segment.fields.get(field)
            words = self._words(part, language, tokens)
            if text is None or not words:
                continue
            slices = [slice(text.starts[word], text.starts[word + 1]) for word in words]
            found, count = _summed(
                [text.rows[some] for some in slices],
                [text.counts[some].astype(np.float32) for some in slices],
                part.columns.rows,
            )
            rows.append(found + np.int32(part.start))
            counts.append(count)
            lengths.append(text.lengths[found].astype(np.float32))
        return Postings(_joined(rows, np.int32), _joined(counts, np.float32), _joined(lengths, np.float32))

    def occurrences(
        self, part: Part, field: str, language: str, token: str
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The rows and places of a token in one part."""
        text = part.segment.fields.get(field)
        words = self._words(part, language, [token])
        if text is None or not words:
            return np.zeros(0, np.int32), np.zeros(0, np.int64)
        found = [text.positions_of(word) for word in words]
        return np.concatenate([rows for rows, _ in found]), np.concatenate([places for _, places in found])

    def near(self, language: str, word: str, distance: int, prefix: int) -> dict[str, int]:
        """The tokens within an edit distance of a word, with their distance, nearest first."""
        found: dict[str, int] = {}
        for part in self.parts:
            found.update(part.segment.tokens[language].fuzzy.near(word, distance, prefix=prefix))
        return dict(sorted(found.items(), key=lambda one: one[1])[:MAX_EXPANSIONS])

    def with_prefix(self, prefix: str, limit: int | None = None) -> list[str]:
        """The words that begin with a prefix, in order, at most `limit`."""
        found = {word for part in self.parts for word in with_prefix(part.segment.vocabulary, prefix, limit)}
        return sorted(found)[:limit]

    def _words(self, part: Part, language: str, tokens: Sequence[str]) -> list[int]:
        groups = part.segment.tokens[language]
        positions = [groups.vocabulary.index(token) for token in dict.fromkeys(tokens)]
        return [word for position in positions if position >= 0 for word in groups.words_of(position)]

    def id_of(self, document: int) -> str:
        """The item id of a document."""
        part = self.part_of(document)
        return part.ids[document - part.start]

    def part_of(self, document: int) -> Part:
        """The part of a document."""
        return next(part for part in reversed(self.parts) if document >= part.start)

    def document_of(self, item_id: str) -> int:
        """The document with an id, or -1."""
        for part in reversed(self.parts):
            row = part.ids.index(item_id)
            if row >= 0 and self.live[part.start + row]:
                return part.start + row
        return -1


def has_value(column: Column) -> NDArray[np.bool_]:
    """Which rows of a column are not null: bool[rows]."""
    if column.is_text:
        return np.diff(column.offsets) > 0
    if column.column_type == "boolean":
        return np.asarray(column.values >= 0)
    return np.asarray(~np.isnan(column.values))


def _pairs(parts: Sequence[Part]) -> Iterator[tuple[Part, Part]]:
    return ((parts[i], parts[j]) for i in range(len(parts)) for j in range(i + 1, len(parts)))


def _joined(arrays: Sequence[NDArray[Any]], dtype: type) -> NDArray[Any]:
    return np.concatenate(arrays) if arrays else np.zeros(0, dtype)


def _summed(
    rows: Sequence[Documents], counts: Sequence[NDArray[np.float32]], size: int
) -> tuple[Documents, NDArray[np.float32]]:
    """The union of rows, and the sums of their counts."""
    if len(rows) == 1:
        return rows[0], counts[0]
    if sum(map(len, rows)) > size // 16:  # as vectors of all rows
        total = np.zeros(size, np.float32)
        for some, count in zip(rows, counts, strict=True):
            total[some] += count
        found = np.flatnonzero(total).astype(np.int32)
        return found, total[found]
    every, values = np.concatenate(rows), np.concatenate(counts)
    order = np.argsort(every, kind="stable")
    every, values = every[order], values[order]
    first = np.flatnonzero(np.append(True, every[1:] != every[:-1])) if len(every) else np.zeros(0, np.int64)
    return every[first], np.add.reduceat(values, first) if len(first) else values
