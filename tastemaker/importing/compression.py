"""Text files as plain bytes: what is compressed with gzip or zstd is decompressed while it is read.

The first bytes decide, not the name: programs also write compressed data to files named `.csv`.
"""

import io
from typing import Any

import pyarrow as pa

from tastemaker.importing.errors import UnreadableFile

CODECS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
"""The first bytes of compressed files."""
_OTHERS = {
    b"PAR1": "this is a Parquet file; its name must end with .parquet",
    b"PK\x03\x04": "this is a ZIP archive or a spreadsheet; save the data as CSV",
    b"BZh": "the file is compressed with bzip2; use gzip or zstd",
    b"\xfd7zX": "the file is compressed with xz; use gzip or zstd",
    b"Obj\x01": "this is an Avro file; save the data as CSV or Parquet",
    b"ORC": "this is an ORC file; save the data as CSV or Parquet",
}


def codec_of(head: bytes) -> str | None:
    """The codec of a file that begins with `head`; None if it is not compressed."""
    return next((codec for magic, codec in CODECS.items() if head.startswith(magic)), None)


def plain_bytes(stream: io.RawIOBase, name: str) -> io.RawIOBase:
    """The text of a file. The stream stays open when the result is closed.

    Raises UnreadableFile for other formats, and while reading for compressed data that are damaged.
    """
    head = stream.read(4) or b""
    for magic, why in _OTHERS.items():
        if head.startswith(magic):
            raise UnreadableFile(name, why)
    whole = _Continued(head, stream)
    codec = codec_of(head)
    return whole if codec is None else _Decompressed(whole, name, codec)


class _Continued(io.RawIOBase):
    """Bytes that were read, and then the rest of the stream."""

    def __init__(self, head: bytes, stream: io.RawIOBase) -> None:
        self._head, self._stream = head, stream

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if not self._head:
            return self._stream.read(size) or b""
        if 0 <= size <= len(self._head):
            data, self._head = self._head[:size], self._head[size:]
            return data
        head, self._head = self._head, b""
        return head + (self._stream.read(size - len(head) if size >= 0 else -1) or b"")

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Decompressed(io.RawIOBase):
    """The decompressed bytes of a stream."""

    def __init__(self, stream: io.RawIOBase, name: str, codec: str) -> None:
        self._name, self._codec = name, codec
        self._stream = pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), codec)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            data: bytes = self._stream.read(None if size < 0 else size)
        except OSError as error:
            raise UnreadableFile(
                self._name, f"the {self._codec} data are damaged or cut off; write the file again ({error})"
            ) from error
        return data

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
