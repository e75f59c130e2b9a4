"""An append-only file of JSON objects, one in each line, with a checksum.

An entry is in the file as soon as `append` returns: it survives the end of the process, however it ends. A
line that is not complete can only be the last one, and it was never acknowledged. The reader drops it.
"""

from __future__ import annotations

import json
import os
import threading
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Entry = dict[str, Any]


class DamagedError(Exception):
    """A line before the end of a journal is damaged. The message names the file and the line."""


def encode(entry: Entry) -> bytes:
    """The line of an entry: the checksum of its JSON (CRC-32, eight hex digits), a space, the JSON."""
    text = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def decode(data: bytes, *, name: str = "journal") -> tuple[list[Entry], int]:
    """The entries of a journal, and the number of bytes that they take.

    Bytes behind that number are the beginning of a line that was not written completely. Raises DamagedError
    if a line is damaged and a good one follows.
    """
    entries: list[Entry] = []
    start = 0
    while (end := data.find(b"\n", start)) >= 0:
        entry = _decode_line(data[start:end])
        if entry is None:
            if any(_decode_line(line) is not None for line in data[end + 1 :].split(b"\n")[:-1]):
                raise DamagedError(
                    f"line {len(entries) + 1} of {name} is damaged, and others follow it. Restore the "
                    "directory from a snapshot, or remove it to start with an empty state."
                )
            break
        entries.append(entry)
        start = end + 1
    return entries, start


def _decode_line(line: bytes) -> Entry | None:
    checksum, _, text = line.partition(b" ")
    if checksum != b"%08x" % zlib.crc32(text):
        return None
    found = json.loads(text)
    return found if isinstance(found, dict) else None


def read(file: Path) -> list[Entry]:
    """The entries of a journal that nobody writes, after an incomplete last line has been cut off.

    Raises DamagedError.
    """
    if not file.exists():
        return []
    entries, length = decode(file.read_bytes(), name=str(file))
    os.truncate(file, length)
    return entries


class ClosedError(OSError):
    """The journal is closed: the run has ended."""


class Journal:
    """A journal that is open for writing. Threads may append at the same time."""

    def __init__(self, file: Path) -> None:
        """Open or create `file`. It must not have an incomplete last line."""
        self._lock = threading.Lock()
        self._closed = False
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def append(self, *entries: Entry) -> None:
        """Write entries. They are in the file when this returns. Raises ClosedError or another OSError."""
        line = b"".join(encode(entry) for entry in entries)
        with self._lock:
            if self._closed:
                raise ClosedError("The journal is closed.")
            while line:
                line = line[os.write(self._file, line) :]

    def close(self) -> None:
        """Close the file. A later `append` raises ClosedError."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._file)
            self._file = -1


def write(file: Path, entries: Iterable[Entry]) -> None:
    """Write a new journal and replace `file` with it: a reader sees the old one or the new one."""
    new = file.with_suffix(".new")
    with new.open("wb") as out:
        os.fchmod(out.fileno(), 0o600)
        for entry in entries:
            out.write(encode(entry))
        out.flush()
        os.fsync(out.fileno())
    new.replace(file)
