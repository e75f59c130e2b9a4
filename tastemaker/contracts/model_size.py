"""How large a model may be: functions copy it to their disk before they answer."""

from __future__ import annotations

MAX_DISK_MEGABYTES = 10_240
"""The largest disk of a Lambda function."""
HEADROOM_BYTES = 32 << 20
"""What stays free beside models."""


def megabytes(size: int) -> int:
    """Bytes in megabytes, rounded up."""
    return -(-size // (1 << 20))


def disk_shortage(size: int, disk: int) -> str | None:
    """Why a model of `size` bytes does not fit on a function's disk of `disk` bytes, and what to change.

    Returns None if it fits.
    """
    needed = megabytes(size + HEADROOM_BYTES)
    if needed <= disk >> 20:
        return None
    problem = f"The model needs {needed:,} MB of disk and the functions have {disk >> 20:,} MB."
    if not can_fit(size):
        return (
            f"{problem} A function has at most {MAX_DISK_MEGABYTES:,} MB: train on fewer users or items, or "
            "with a smaller hidden_dimension."
        )
    return f"{problem} Set functions.runtimeDisk and functions.batchDisk to {needed:,} or more, and deploy."


def can_fit(size: int) -> bool:
    """Whether a function can have a disk on which a model of `size` bytes fits."""
    return megabytes(size + HEADROOM_BYTES) <= MAX_DISK_MEGABYTES
