"""Length-prefixed JSON over pipes, between the emulator and a worker. Imports nothing of this package."""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

_LENGTH = struct.Struct(">I")


def write(pipe: BinaryIO, message: dict[str, Any]) -> None:
    """Write one message."""
    data = json.dumps(message).encode()
    pipe.write(_LENGTH.pack(len(data)) + data)
    pipe.flush()


def read(pipe: BinaryIO) -> dict[str, Any] | None:
    """The next message; None when the other side is gone."""
    prefix = pipe.read(_LENGTH.size)
    if len(prefix) < _LENGTH.size:
        return None
    [length] = _LENGTH.unpack(prefix)
    data = pipe.read(length)
    return json.loads(data) if len(data) == length else None
