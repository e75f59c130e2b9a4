"""Byte code for the target's Python: without it, every cold start compiles a thousand source files.

Byte code is the same on every processor, but only on one minor version of Python. So the Python of the target
has to be on this machine (`python3.13` on the PATH, or the one that runs this); where it is not, a package is
built without, works the same, and starts more slowly.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path


@lru_cache
def interpreter(version: str) -> str | None:
    """A Python of the version ("3.13") on this machine, or None."""
    for candidate in (sys.executable, shutil.which(f"python{version}")):
        if candidate and _version(candidate) == version:
            return candidate
    return None


def compile_folder(folder: Path, python: str) -> None:
    """Put byte code beside all source below `folder`, to be trusted without a look at the source."""
    command = [python, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash", "-s"]
    # Source that this version does not take (templates, say) stays as it is: the exit code is no verdict.
    subprocess.run([*command, str(folder), str(folder)], capture_output=True)


def _version(python: str) -> str:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    result = subprocess.run([python, "-c", code], capture_output=True, text=True)
    return result.stdout.strip()
