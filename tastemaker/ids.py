"""String ids as two flat, sorted arrays, so that a file with millions of ids opens at once as a memory map.

An `Ids` is an immutable ordered set: all other code uses the position of an id in place of the id.
Order is that of the ids' UTF-8 bytes (which is also the order of their code points), so the position of an id
is found by binary search and nothing has to be built when a process starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise, takewhile
from operator import eq
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ENCODING = "utf-8"
ERRORS = (
    "surrogatepass"  # JSON can carry half a surrogate pair; such an id is odd, but must not crash a look-up
)

TAIL = ".tail"
"""The suffix of a name for the ids that were appended to it."""

SEARCH_COST = 8
"""Entries of a dictionary that can be built in the time of one search in a million ids, as measured."""
FENCES = 1 << 15
"""At most about twice as many evenly spread ids are kept as numbers, so that a search between two is short.

Building them takes one or two milliseconds, once.
"""
NUMBER = np.dtype(">u8")
"""Eight bytes of an id as a number, in the order of the bytes."""


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write an array as `.npy`, which `open_array` reads."""
    np.save(path, np.ascontiguousarray(array), allow_pickle=False)


def open_array(path: Path) -> NDArray[Any]:
    """A read-only memory map of a `.npy` file, as a plain ndarray because `np.memmap` is slow to slice."""
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    plain: NDArray[Any] = array.view(np.ndarray)
    return plain


class Ids:
    """Sorted, distinct, immutable string ids.

    `blob` is uint8 with the bytes of all ids; `offsets` is int64[ids + 1]. The bytes of id `i` are
    `blob[offsets[i]:offsets[i + 1]]`.
    """

    def __init__(self, blob: NDArray[np.uint8], offsets: NDArray[np.int64]) -> None:
        self.blob = blob
        self.offsets = offsets
        # Views of plain memory hand out Python objects several times faster than arrays do.
        self._bytes = blob.data
        self._starts = offsets.data
        self._count = len(offsets) - 1

    @classmethod
    def build(cls, ids: Iterable[str]) -> Ids:
        """Sort the ids and drop duplicates."""
        encoded = [text.encode(ENCODING, ERRORS) for text in sorted(set(ids))]
        offsets = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=offsets[1:])
        return cls(np.frombuffer(b"".join(encoded), np.uint8), offsets)

    def save(self, folder: Path, name: str) -> None:
        """Write `<name>.bytes.npy` and `<name>.offsets.npy` to an existing folder."""
        save_array(folder / f"{name}.bytes.npy", self.blob)
        save_array(folder / f"{name}.offsets.npy", self.offsets)

    @classmethod
    def open(cls, folder: Path, name: str) -> Ids:
        """Open what `save` wrote, with the appended ids, as memory maps. Raises FileNotFoundError."""
        ids = cls(open_array(folder / f"{name}.bytes.npy"), open_array(folder / f"{name}.offsets.npy"))
        if not (folder / f"{name}{TAIL}.offsets.npy").exists():
            return ids
        return JoinedIds(ids, Ids.open(folder, f"{name}{TAIL}"))

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, position: int) -> str:
        """The id at a position. A negative position counts from the end. Raises IndexError."""
        if position < 0:
            position += self._count
        if not 0 <= position < self._count:
            raise IndexError(f"no id at position {position} of {self._count}")
        return str(self._bytes[self._starts[position] : self._starts[position + 1]], ENCODING, ERRORS)

    def take(self, positions: Iterable[int]) -> list[str]:
        """The ids at these positions, which are not negative, in their order."""
        found = np.fromiter(positions, np.int64)
        begins, ends, data = self.offsets[found].tolist(), self.offsets[found + 1].tolist(), self._bytes
        return [str(data[begin:end], ENCODING, ERRORS) for begin, end in zip(begins, ends, strict=True)]

    def tolist(self) -> list[str]:
        """All ids in order."""
        data, starts = self.blob.tobytes(), self.offsets.tolist()
        if data.isascii():  # then positions in the bytes are positions in the text
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

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the arrays, and not the views of them."""
        return Ids, (self.blob, self.offsets)

    def __repr__(self) -> str:
        return f"<Ids: {len(self)}>"

    def index(self, text: str) -> int:
        """The position of an id, or -1 (unlike `list.index`, which raises)."""
        return self._search((text,))[0]

    def indexes(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """The positions of many ids: int32[len(texts)], -1 for an unknown id.

        A few ids are searched for. If a dictionary of all ids is cheaper, it is built once and kept.
        """
        if len(texts) * SEARCH_COST < len(self) and "_positions" not in self.__dict__:
            return np.array(self._search(texts), np.int32)
        positions = self._positions
        return np.fromiter((positions.get(text, -1) for text in texts), np.int32, len(texts))

    def _search(self, texts: Sequence[str]) -> list[int]:
        """Binary search: among the fences for all texts at once, then between two fences for each text."""
        if not (count := self._count):
            return [-1] * len(texts)
        step, skip, fences = self._fences
        data, starts, found = self._bytes, self._starts, []
        keys = [text.encode(ENCODING, ERRORS) for text in texts]
        packed = b"".join([key[skip : skip + 8].ljust(8, b"\0") for key in keys])
        numbers = np.frombuffer(packed, NUMBER).astype(np.uint64)
        lows = ((fences.searchsorted(numbers) - 1) * step + 1).tolist()
        highs = (fences.searchsorted(numbers, "right") * step).tolist()
        for key, low, high in zip(keys, lows, highs, strict=True):
            low, high = max(low, 0), min(high, count)
            while low < high:
                middle = (low + high) // 2
                there = bytes(data[starts[middle] : starts[middle + 1]])
                if there == key:
                    found.append(middle)
                    break
                if there < key:
                    low = middle + 1
                else:
                    high = middle
            else:
                found.append(-1)
        return found

    @cached_property
    def _fences(self) -> tuple[int, int, NDArray[np.uint64]]:
        """The number of ids between fences, the number of first bytes that all ids share, and the fences.

        A fence has the eight bytes after the shared ones, padded with zeros. Fences do not decrease.
        """
        count = self._count
        step = max(1, count // FENCES)
        first, last = (bytes(self._bytes[self._starts[at] : self._starts[at + 1]]) for at in (0, count - 1))
        skip = sum(takewhile(bool, map(eq, first, last)))
        begins, ends = self.offsets[:-1:step] + skip, self.offsets[1::step]
        whole = int(np.searchsorted(begins, len(self.blob) - 8, "right"))  # the last ones may be shorter
        numbers = np.zeros(len(begins), np.uint64)
        if whole:
            each_byte = np.ndarray((len(self.blob) - 7,), NUMBER, self.blob, strides=(1,))
            numbers[:whole] = each_byte[begins[:whole]]
        for place in range(whole, len(begins)):
            rest = bytes(self._bytes[begins[place] : begins[place] + 8])
            numbers[place] = int.from_bytes(rest.ljust(8, b"\0"), "big")
        beyond = np.maximum(begins + 8 - ends, 0).astype(np.uint64) * 8  # bits that belong to the next id
        numbers >>= beyond
        numbers <<= beyond
        if begins[0] == ends[0]:  # nothing follows what all share; a shift by 64 bits is none
            numbers[0] = 0
        return step, skip, numbers

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {text: position for position, text in enumerate(self.tolist())}


class JoinedIds(Ids):
    """Sorted ids, followed by sorted ids that were added later, so that earlier positions stay the same."""

    def __init__(self, ids: Ids, tail: Ids) -> None:
        super().__init__(ids.blob, ids.offsets)
        self._head, self._tail = ids, tail

    def __reduce__(self) -> tuple[Any, ...]:
        return JoinedIds, (self._head, self._tail)

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

    def take(self, positions: Iterable[int]) -> list[str]:
        return [self[int(position)] for position in positions]

    def tolist(self) -> list[str]:
        return self._head.tolist() + self._tail.tolist()

    def _search(self, texts: Sequence[str]) -> list[int]:
        found = self._head._search(texts)
        missing = [place for place, position in enumerate(found) if position < 0]
        behind = self._tail._search([texts[place] for place in missing])
        for place, position in zip(missing, behind, strict=True):
            if position >= 0:
                found[place] = len(self._head) + position
        return found
