"""The checkout of Tastemaker, for commands that synthesize or run the app, such as `local` and `deploy`.

The installed package has no CDK app, no moto and no PyTorch, so that it installs in seconds. These commands
run with the Python environment of a checkout.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from cli.errors import CommandError

MARKS = ("app.py", "cdk.json", "local/__main__.py")
NEEDED = ("moto", "aws_cdk")


def folder() -> Path:
    """The checkout: $TASTEMAKER_HOME, this package's own, or the one around the working directory.

    Raises CommandError if there is none.
    """
    here = Path.cwd()
    home = os.environ.get("TASTEMAKER_HOME", "")
    if home and not _is_checkout(Path(home)):
        raise CommandError(f"TASTEMAKER_HOME is {home}, which is no checkout of Tastemaker.", "Correct it.")
    candidates = [Path(home)] if home else []
    candidates += [Path(__file__).resolve().parents[1], here, *here.parents]
    for candidate in candidates:
        if _is_checkout(candidate):
            return candidate
    raise CommandError(
        "This command runs the app itself, and needs a checkout of Tastemaker.",
        "Run it in the checkout, set TASTEMAKER_HOME, or name a running service with --endpoint.",
    )


def python(checkout: Path) -> str:
    """A Python that has the app's packages. Raises CommandError if there is none."""
    own = checkout / ".venv" / "bin" / "python"
    if Path(__file__).resolve().is_relative_to(checkout) and all(map(importlib.util.find_spec, NEEDED)):
        return sys.executable
    if own.exists():
        return str(own)
    if all(map(importlib.util.find_spec, NEEDED)):
        return sys.executable
    raise CommandError(
        f"The checkout {checkout} has no Python environment yet.",
        f"Set it up once (some minutes): make -C {checkout} .venv/ready",
    )


def line(module: str, arguments: Sequence[str] = ()) -> tuple[list[str], Path]:
    """The command line that runs a module of the checkout, and its working directory."""
    checkout = folder()
    return [python(checkout), "-m", module, *arguments], checkout


def run(module: str, arguments: Sequence[str] = ()) -> int:
    """Run a module of the checkout in the foreground. Returns its exit code."""
    command, checkout = line(module, arguments)
    process = subprocess.Popen(command, cwd=checkout)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # the terminal sends Ctrl-C to the child, too, which ends by itself
            continue


def _is_checkout(path: Path) -> bool:
    return all((path / mark).exists() for mark in MARKS)
