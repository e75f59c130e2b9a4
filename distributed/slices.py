"""One long CSV file as slices that are imported independently.

A slice has the rows whose first byte is in its range, and reads as a file of its own with the header first.
The end of a line is the end of a row only if nothing is quoted: the first quote or backslash of a slice
raises `QuotedError`, and the file must be read as a whole.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tastemaker.files import File, Source
from tastemaker.importing.compression import codec_of

SLICE_BYTES = 256 << 20
PEEK = 1 << 20
"""Bytes that are read at once to find the end of a line; also the maximum length of the header."""


class QuotedError(Exception):
    """The slice has a quote or a backslash, or is compressed, so that the ends of its rows are not known."""


@dataclass(frozen=True)
class Slice:
    """The bytes of a file from `start` up to `end`."""

    file: File
    start: int
    end: int

    @property
    def whole(self) -> bool:
        """Whether the slice is the whole file."""
        return self.start == 0 and self.end >= self.file.size


def cut(file: File, size: int = SLICE_BYTES) -> list[Slice]:
    """Slices of about `size` bytes. A Parquet file is one slice."""
    if file.is_parquet:
        return [Slice(file, 0, file.size)]
    starts = range(0, max(file.size, 1), size)
    return [Slice(file, start, min(start + size, file.size)) for start in starts]


class SliceSource:
    """A source whose file has only the rows of a slice. `lines` counts the lines that were read."""

    def __init__(self, source: Source, part: Slice) -> None:
        self._source, self._part = source, part
        self.lines = 0

    def files(self, bucket: str, prefix: str) -> Iterator[File]:
        """The files of the underlying source."""
        return self._source.files(bucket, prefix)

    def open(self, file: File) -> io.RawIOBase:
        """The header and the rows of the slice. Reading raises QuotedError."""
        stream = self._source.open(file)
        try:
            header = _header(stream)
        except QuotedError:
            stream.close()
            raise
        self.lines = 0
        return _Rows(self, stream, header, max(self._part.start, len(header)), self._part.end)


def _header(stream: io.RawIOBase) -> bytes:
    """The first line that is not blank, and the blank lines before it."""
    head = stream.read(PEEK) or b""
    if codec_of(head) is not None:  # only the whole file can be decompressed
        raise QuotedError
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
        """Go to the first row that begins in the slice. An earlier row belongs to the previous slice."""
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

    def readinto(self, buffer: Any) -> int:
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
        if self._at + len(data) >= self._end:  # the last row continues to the end of its line
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
