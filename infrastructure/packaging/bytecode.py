"""Byte code for the Python of the target. Without it, every cold start compiles a thousand source files.

Byte code is the same on every processor, but differs between minor versions of Python. It is compiled if this
machine has the Python of the target: `python3.13` on the PATH, or the Python that runs this program. Without
it, a package has no byte code, works the same, and starts more slowly.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path


@lru_cache
def interpreter(version: str) -> str | None:
    """The path of a Python of this version ("3.13") on this machine, or None."""
    for candidate in (sys.executable, shutil.which(f"python{version}")):
        if candidate and _version(candidate) == version:
            return candidate
    return None


def compile_folder(folder: Path, python: str) -> None:
    """Compile all source in `folder` and below. Python loads the byte code without checking the source."""
    command = [python, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash", "-s"]
    # Source that this version cannot compile, such as templates, stays as it is. So the exit code is ignored.
    subprocess.run([*command, str(folder), str(folder)], capture_output=True)


def _version(python: str) -> str:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    result = subprocess.run([python, "-c", code], capture_output=True, text=True)
    return result.stdout.strip()
