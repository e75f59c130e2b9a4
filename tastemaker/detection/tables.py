"""What all readers have in common: a table of text, read from front to back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from tastemaker.detection.inputs import Input

BATCH_ROWS = 20_000
MAX_EXAMPLES = 3


@dataclass
class BadRows:
    """Rows that could not be read, with the reason and the first examples."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Count a row."""
        self.count += 1
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append(text[:120])


class Table(Protocol):
    """One file as columns of text. An empty cell is null or an empty text."""

    @property
    def input(self) -> Input:
        """The file."""

    @property
    def shape(self) -> str:
        """How the file is read, for people: `CSV, semicolons, Windows-1252`."""

    @property
    def columns(self) -> Sequence[str]:
        """The distinct names of the columns."""

    @property
    def named(self) -> bool:
        """Whether the names are from the file."""

    @property
    def bad_rows(self) -> BadRows:
        """What the last reading left out."""

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows in the order of the file, as strings. It can be called again."""

    def where(self, row: int) -> str:
        """The place of a row (from 0) that was read, for people: `line 7`."""
