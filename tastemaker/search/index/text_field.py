"""The postings of one text field: for each word the rows that have it, how often, and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tastemaker.ids import open_array, save_array

MAX_COUNT = np.iinfo(np.uint16).max
_ARRAYS = ("starts", "rows", "counts", "position_starts", "positions", "lengths")


@dataclass(frozen=True)
class TextField:
    """Postings by word. A word is its position in the segment's sorted list of words.

    starts           int64[words + 1]: word `w` has the postings `starts[w]` to `starts[w + 1]`
    rows             int32[postings]: increasing within a word
    counts           uint16[postings]: how often the row has the word
    position_starts  int64[words + 1]: where the positions of each word begin
    positions        uint16[tokens]: places in the text, in the order of postings
    lengths          int32[rows]: the number of words of each row
    """

    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    counts: NDArray[np.uint16]
    position_starts: NDArray[np.int64]
    positions: NDArray[np.uint16]
    lengths: NDArray[np.int32]

    @classmethod
    def build(cls, word: NDArray[np.int32], row: NDArray[np.int32], words: int, rows: int) -> TextField:
        """Make postings of tokens in the order of rows. `word` and `row` are int32[tokens]."""
        lengths = np.bincount(row, minlength=rows).astype(np.int32)
        begins = np.concatenate([[0], np.cumsum(lengths)])[:-1]
        position = np.minimum(np.arange(len(row)) - begins[row], MAX_COUNT).astype(np.uint16)
        order = np.argsort(word, kind="stable")  # rows and positions stay in their order within a word
        word, row, position = word[order], row[order], position[order]
        first = np.ones(len(word), bool)
        first[1:] = (word[1:] != word[:-1]) | (row[1:] != row[:-1])
        at = np.flatnonzero(first)
        counts = np.minimum(np.diff(np.append(at, len(word))), MAX_COUNT).astype(np.uint16)
        return cls(
            starts=_starts(word[at], words),
            rows=row[at].astype(np.int32),
            counts=counts,
            position_starts=_starts(word, words),
            positions=position,
            lengths=lengths,
        )

    def positions_of(self, word: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The rows and places of every occurrence of a word, in the order of rows, then of places."""
        postings = slice(self.starts[word], self.starts[word + 1])
        rows = np.repeat(self.rows[postings], self.counts[postings])
        places = self.positions[self.position_starts[word] : self.position_starts[word + 1]]
        return rows, places[: len(rows)].astype(np.int64)

    def save(self, folder: Path, name: str) -> None:
        """Write one file for each array."""
        for array in _ARRAYS:
            save_array(folder / f"{name}.{array}.npy", getattr(self, array))

    @classmethod
    def open(cls, folder: Path, name: str) -> TextField:
        """Map the arrays that `save` wrote."""
        arrays: dict[str, Any] = {array: open_array(folder / f"{name}.{array}.npy") for array in _ARRAYS}
        return cls(**arrays)


def _starts(word: NDArray[np.int32], words: int) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(np.bincount(word, minlength=words))]).astype(np.int64)
