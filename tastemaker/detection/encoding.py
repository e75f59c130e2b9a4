"""The encoding of a text file, and its text as UTF-8."""

from __future__ import annotations

import codecs
import io
from itertools import pairwise
from typing import Any

HEAD_BYTES = 1 << 20
"""Bytes of a file from which its encoding is detected."""
CHUNK_BYTES = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks, the longer ones first: that of UTF-32 begins with that of UTF-16."""
_CYRILLIC_SHARE = 0.6


def detect(head: bytes) -> str:
    """The encoding of a file that begins with `head`, as Python names it.

    Without a byte order mark, a text is UTF-8 if it can be. Otherwise it is UTF-16 if every other byte is
    zero, and else an encoding of one byte: Windows-1251 if most of its letters beyond ASCII are then Russian,
    and Windows-1252, the encoding of Western spreadsheets.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if (width := _zeros(head)) is not None:
        return width
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # the end may cut a character
    except UnicodeDecodeError as error:
        if _mostly_utf8(head, error):
            return "utf-8"
        return _single_byte(head)
    return "utf-8"


def _zeros(head: bytes) -> str | None:
    sample = head[:2000]
    if b"\0" not in sample:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    return "utf-16-le" if odd > even else "utf-16-be"


def _mostly_utf8(head: bytes, error: UnicodeDecodeError) -> bool:
    """Whether a few bytes are damaged in a text that is UTF-8 otherwise."""
    text = head.decode("utf-8", "replace")
    damaged = text.count("�")
    beyond = sum(letter > "\x7f" for letter in text)
    return damaged * 20 < beyond


def _single_byte(head: bytes) -> str:
    letters = [byte for byte in head if byte >= 0x80]
    russian = sum(byte >= 0xC0 for byte in letters)
    pairs = sum(first >= 0xC0 and second >= 0xC0 for first, second in pairwise(head))
    if letters and russian > 0.9 * len(letters) and pairs > _CYRILLIC_SHARE * len(letters):
        return "cp1251"
    return "cp1252"


class Utf8Text(io.RawIOBase):
    """A stream of another encoding as UTF-8, without the byte order mark and the first `skip_lines` lines.

    `damaged` counts the characters that cannot be read. They become U+FFFD. `replaced` is a separator of
    several characters and the one that stands for it.
    """

    def __init__(
        self,
        stream: io.RawIOBase,
        encoding: str,
        replaced: tuple[str, str] | None = None,
        skip_lines: int = 0,
    ) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._replaced = replaced
        self._skip_lines = skip_lines
        self._first = True
        self._ended = False
        self._kept = ""
        self._buffer = b""
        self.damaged = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while not self._ended and (size < 0 or len(self._buffer) < max(size, 1)):
            self._fill()
        if size < 0:
            size = len(self._buffer)
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def stop(self) -> None:
        """End the text here, for a reader that reads ahead on another thread."""
        self._ended, self._buffer = True, b""

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _fill(self) -> None:
        chunk = self._stream.read(CHUNK_BYTES) or b""
        self._ended = not chunk
        text = self._kept + self._decoder.decode(chunk, final=self._ended)
        self._kept = ""
        if self._first and text:
            text, self._first = text.removeprefix("\ufeff"), False
        while self._skip_lines and text:
            _, newline, text = text.partition("\n")
            self._skip_lines -= bool(newline)
        if self._replaced is not None:
            long, short = self._replaced
            if not self._ended and text.endswith(long[0]):
                text, self._kept = text[:-1], text[-1]
            text = text.replace(long, short)
        self.damaged += text.count("\ufffd")
        self._buffer += text.encode("utf-8", "replace")
