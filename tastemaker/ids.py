"""String ids as two flat arrays, sorted, so that a file of millions opens by memory map in no time.

An `Ids` is an immutable ordered set: position `i` is the integer that the rest of the house calls the id by.
Order is that of the ids' UTF-8 bytes (which is also the order of their code points), so the position of an id
is found by binary search and nothing has to be built when a process starts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ENCODING = "utf-8"
ERRORS = (
    "surrogatepass"  # JSON can carry half a surrogate pair; such an id is odd, but must not crash a look-up
)

TAIL = ".tail"
"""After a name: ids that were appended to it."""

SEARCH_COST = 8
"""How many entries of a dictionary are built in the time of one search in a million ids (measured)."""
FENCES = 1 << 13
"""At most about twice as many ids are kept as Python objects, evenly spread: between two of them a search is
short. They cost a few milliseconds, once.
"""


def save_array(path: Path, array: NDArray) -> None:
    """Write one array as `.npy`, the form that `open_array` maps."""
    np.save(path, np.ascontiguousarray(array), allow_pickle=False)


def open_array(path: Path) -> NDArray:
    """Map a `.npy` file read-only. The result is a plain ndarray: `np.memmap` is slow to slice."""
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    return array.view(np.ndarray)


class Ids:
    """Sorted, distinct, immutable string ids.

    `blob` is uint8, all ids end to end; `offsets` is int64 with one entry more than there are ids: id `i` is
    `blob[offsets[i]:offsets[i + 1]]`.
    """

    def __init__(self, blob: NDArray[np.uint8], offsets: NDArray[np.int64]) -> None:
        self.blob = blob
        self.offsets = offsets
        # Views of plain memory hand out Python objects several times faster than arrays do.
        self._bytes = blob.data
        self._starts = offsets.data

    @classmethod
    def build(cls, ids: Iterable[str]) -> Ids:
        """Sort the ids and drop duplicates."""
        encoded = [text.encode(ENCODING, ERRORS) for text in sorted(set(ids))]
        offsets = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=offsets[1:])
        return cls(np.frombuffer(b"".join(encoded), np.uint8), offsets)

    def save(self, folder: Path, name: str) -> None:
        """Write `<name>.bytes.npy` and `<name>.offsets.npy` into an existing folder."""
        save_array(folder / f"{name}.bytes.npy", self.blob)
        save_array(folder / f"{name}.offsets.npy", self.offsets)

    @classmethod
    def open(cls, folder: Path, name: str) -> Ids:
        """Map what `save` wrote, with what was appended to it. Raises FileNotFoundError."""
        ids = cls(open_array(folder / f"{name}.bytes.npy"), open_array(folder / f"{name}.offsets.npy"))
        if not (folder / f"{name}{TAIL}.offsets.npy").exists():
            return ids
        return JoinedIds(ids, Ids.open(folder, f"{name}{TAIL}"))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, position: int) -> str:
        """The id at a position; a negative one counts from the end. Raises IndexError."""
        if position < 0:
            position += len(self)
        if not 0 <= position < len(self):
            raise IndexError(f"no id at position {position} of {len(self)}")
        return str(self._bytes[self._starts[position] : self._starts[position + 1]], ENCODING, ERRORS)

    def take(self, positions: Iterable[int]) -> list[str]:
        """The ids at these positions, in their order."""
        return [self[int(position)] for position in positions]

    def tolist(self) -> list[str]:
        """All ids in order."""
        data, starts = self.blob.tobytes(), self.offsets.tolist()
        if data.isascii():  # then a place in the bytes is a place in the text
            text = data.decode("ascii")
            return [text[start:end] for start, end in pairwise(starts)]
        return [data[start:end].decode(ENCODING, ERRORS) for start, end in pairwise(starts)]

    def __iter__(self) -> Iterator[str]:
        return iter(self.tolist())

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and self.index(text) >= 0

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ids):
            return NotImplemented
        return np.array_equal(self.offsets, other.offsets) and np.array_equal(self.blob, other.blob)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Ids: {len(self)}>"

    def index(self, text: str) -> int:
        """The position of an id, or -1 (unlike `list.index`, which raises)."""
        step, fences = self._fences
        data, starts, key = self._bytes, self._starts, text.encode(ENCODING, ERRORS)
        low = bisect_right(fences, key) * step  # ids before this one are not greater
        high, low = min(low, len(self)), max(low - step, 0)
        while low < high:
            middle = (low + high) // 2
            if bytes(data[starts[middle] : starts[middle + 1]]) < key:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and bytes(data[starts[low] : starts[low + 1]]) == key else -1

    @cached_property
    def _fences(self) -> tuple[int, list[bytes]]:
        """Every so-manieth id from the first one on, and how many lie between two."""
        step = max(1, len(self) // FENCES)
        data, starts = self._bytes, self._starts
        return step, [bytes(data[starts[at] : starts[at + 1]]) for at in range(0, len(self), step)]

    def indexes(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """The positions of many ids, -1 where there is none: int32[len(texts)].

        A few are searched for one by one; when there are so many that a dictionary of all ids is cheaper, it
        is built once and kept.
        """
        if len(texts) * SEARCH_COST < len(self) and "_positions" not in self.__dict__:
            return np.fromiter(map(self.index, texts), np.int32, len(texts))
        positions = self._positions
        return np.fromiter((positions.get(text, -1) for text in texts), np.int32, len(texts))

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {text: position for position, text in enumerate(self.tolist())}


class JoinedIds(Ids):
    """Sorted ids, and behind them sorted ids that came later: the positions of the first ones stay."""

    def __init__(self, ids: Ids, tail: Ids) -> None:
        super().__init__(ids.blob, ids.offsets)
        self._head, self._tail = ids, tail

    def save(self, folder: Path, name: str) -> None:
        """Write both, so that `Ids.open` joins them again."""
        self._head.save(folder, name)
        self._tail.save(folder, f"{name}{TAIL}")

    def __len__(self) -> int:
        return len(self._head) + len(self._tail)

    def __getitem__(self, position: int) -> str:
        if position < 0:
            position += len(self)
        first = len(self._head)
        return self._head[position] if position < first else self._tail[position - first]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JoinedIds) and (self._head, self._tail) == (other._head, other._tail)

    __hash__ = None

    def tolist(self) -> list[str]:
        return self._head.tolist() + self._tail.tolist()

    def index(self, text: str) -> int:
        found = self._head.index(text)
        if found < 0 <= (behind := self._tail.index(text)):
            found = len(self._head) + behind
        return found
