"""Requirements with the hashes of the lock file: pip installs only files that were there when it was made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from infrastructure.packaging.packages import ROOT

LOCK = ROOT / "requirements.lock"


class NotLockedError(Exception):
    """A requirement that the lock file does not have with this version."""


def with_hashes(lines: Sequence[str]) -> str:
    """The text of a requirements file for `pip install --require-hashes`. Raises NotLockedError."""
    missing = [line for line in lines if line not in _hashes()]
    if missing:
        raise NotLockedError(
            f"requirements.lock lacks {', '.join(missing)}; add it to requirements.txt and run make lock"
        )
    return "\n".join(" ".join([line, *_hashes()[line]]) for line in lines) + "\n"


@cache
def _hashes() -> dict[str, list[str]]:
    """Requirement → its hashes, as options of pip."""
    found: dict[str, list[str]] = {}
    for block in re.split(r"\n(?=\S)", LOCK.read_text(encoding="utf-8")):
        pin = re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?(==[^\s;\\]+)", block)
        if pin:
            found.setdefault(pin[1] + pin[2], []).extend(re.findall(r"--hash=\S+", block))
    return found
