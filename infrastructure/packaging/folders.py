"""Folders of build results: complete or absent, and removed when they are no longer used."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Any other build that reads a folder is finished long before.
UNUSED_SECONDS = 24 * 3600.0


@contextmanager
def fresh_folder(target: Path) -> Iterator[Path]:
    """A temporary folder that becomes `target` at the end, if no error occurs.

    If another process builds the same folder at the same time, the first one wins. The content is the same.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    temporary.chmod(0o755)
    try:
        yield temporary
        try:
            temporary.rename(target)
        except OSError:
            if not target.exists():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def tidy(target: Path) -> None:
    """Mark a folder as used, and remove those of the same name that no build has used for a day."""
    os.utime(target)
    for other in target.parent.glob(target.name.rpartition("-")[0] + "-*"):
        try:
            unused = time.time() - other.stat().st_mtime
        except FileNotFoundError:  # another process removed it
            continue
        if unused > UNUSED_SECONDS:
            shutil.rmtree(other, ignore_errors=True)


def size(folder: Path) -> int:
    """Bytes of all files in a folder and below, as Lambda counts them: unzipped."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def megabytes(count: int) -> str:
    """A size in bytes as text."""
    return f"{count / 2**20:.1f} MB"
