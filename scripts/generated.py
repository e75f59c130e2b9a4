"""Pages that a program writes: written, or with `--check` compared with what would be written."""

from __future__ import annotations

import sys
from pathlib import Path


def write_or_check(page: Path, text: str) -> int:
    """Write the text, or with `--check` on the command line compare it. Returns the exit status."""
    if "--check" in sys.argv[1:]:
        return int(not page.exists() or page.read_text(encoding="utf-8") != text)
    page.write_text(text, encoding="utf-8")
    return 0
