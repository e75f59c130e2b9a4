"""One long CSV file in slices that can be imported by themselves.

A slice holds the rows whose first byte lies in it, and stands for a file of its own: the header comes first.
Ends of lines are ends of rows only where nothing is quoted; at the first quote or backslash of a slice
`QuotedError` says that the file must be read in one piece.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

from tastemaker.files import File, Source

SLICE_BYTES = 256 << 20
PEEK = 1 << 20
"""Bytes that are read at once while an end of line is sought; also the longest header."""


class QuotedError(Exception):
    """The slice has a quote or a backslash: where rows end cannot be told from the slice alone."""


@dataclass(frozen=True)
class Slice:
    """Bytes `start` to `end` of a file."""

    file: File
    start: int
    end: int

    @property
    def whole(self) -> bool:
        """Whether this is all of the file."""
        return self.start == 0 and self.end >= self.file.size


def cut(file: File, size: int = SLICE_BYTES) -> list[Slice]:
    """Slices of about that many bytes; a Parquet file stays whole."""
    if file.is_parquet:
        return [Slice(file, 0, file.size)]
    starts = range(0, max(file.size, 1), size)
    return [Slice(file, start, min(start + size, file.size)) for start in starts]


class SliceSource:
    """A source in which a file has only the slice's rows; `lines` counts those that were read."""

    def __init__(self, source: Source, part: Slice) -> None:
        self._source, self._part = source, part
        self.lines = 0

    def files(self, bucket: str, prefix: str) -> Iterator[File]:
        """Those of the source."""
        return self._source.files(bucket, prefix)

    def open(self, file: File) -> io.RawIOBase:
        """The header and the slice's rows. Raises QuotedError while it is read."""
        stream = self._source.open(file)
        header = _header(stream)
        self.lines = 0
        return _Rows(self, stream, header, max(self._part.start, len(header)), self._part.end)


def _header(stream: io.RawIOBase) -> bytes:
    """The first line that is not blank, with what is before it."""
    head = stream.read(PEEK) or b""
    text = head.lstrip(b"\r\n")
    end = head.find(b"\n", len(head) - len(text))
    header = head[: end + 1] if end >= 0 else head
    _plain(header)
    return header


def _plain(chunk: bytes) -> bytes:
    if b'"' in chunk or b"\\" in chunk:
        raise QuotedError
    return chunk


class _Rows(io.RawIOBase):
    def __init__(self, owner: SliceSource, stream: io.RawIOBase, header: bytes, start: int, end: int) -> None:
        self._owner, self._stream, self._ready = owner, stream, header
        self._at, self._end, self._done = start, end, False
        self._begin(len(header))

    def readable(self) -> bool:
        return True

    def _begin(self, first: int) -> None:
        """Go to the first row that begins in the slice; an earlier one belongs to the slice before."""
        if self._at == first:
            self._stream.seek(first)
            return
        self._at -= 1
        self._stream.seek(self._at)
        while self._at < self._end:
            chunk = self._stream.read(PEEK) or b""
            end = chunk.find(b"\n")
            self._at += len(chunk) if end < 0 else end + 1
            if end >= 0 or not chunk:
                self._stream.seek(self._at)
                return

    def readinto(self, buffer) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        if self._ready:
            size = len(self._ready) if size < 0 else size
            data, self._ready = self._ready[:size], self._ready[size:]
            return data
        if self._done or self._at >= self._end:
            return b""
        data = self._stream.read(PEEK if size < 0 else size) or b""
        if self._at + len(data) >= self._end:  # the last row goes on to its end of line
            data = (
                data[: self._end - self._at]
                if data[self._end - self._at - 1 :][:1] == b"\n"
                else self._rest(data)
            )
            self._done = True
        self._at += len(data)
        self._owner.lines += data.count(b"\n")
        return _plain(data)

    def _rest(self, data: bytes) -> bytes:
        end = data.find(b"\n", self._end - self._at)
        while end < 0:
            more = self._stream.read(PEEK) or b""
            if not more:
                return data
            end = more.find(b"\n")
            end = len(data) + end if end >= 0 else -1
            data += more
        return data[: end + 1]

    def close(self) -> None:
        self._stream.close()
        super().close()
