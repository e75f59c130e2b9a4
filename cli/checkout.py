"""The checkout of Tastemaker, for commands that synthesize or run the app, such as `local` and `deploy`.

The installed package has no CDK app, no moto and no PyTorch, so that it installs in seconds. These commands
run with the Python environment of a checkout.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Invocation:
    """How a module of the checkout is started: its command line, working directory and environment."""

    line: Sequence[str]
    folder: Path
    environment: Mapping[str, str]


def invocation(module: str, arguments: Sequence[str] = ()) -> Invocation:
    """How to start a module of the checkout. Raises CommandError.

    Modules of the local run read and write files that the user names, so they run in the user's folder, whose
    own modules are not imported. The others call the CDK, which runs in the checkout.
    """
    checkout = folder()
    start = [python(checkout), "-P", "-m", module, *arguments]
    path = os.pathsep.join(filter(None, [str(checkout), os.environ.get("PYTHONPATH", "")]))
    in_place = module.partition(".")[0] == "local"
    return Invocation(start, Path.cwd() if in_place else checkout, {**os.environ, "PYTHONPATH": path})


def run(module: str, arguments: Sequence[str] = ()) -> int:
    """Run a module of the checkout in the foreground. Returns its exit code."""
    started = invocation(module, arguments)
    process = subprocess.Popen(started.line, cwd=started.folder, env=started.environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # the terminal sends Ctrl-C to the child, too, which ends by itself
            continue


def _is_checkout(path: Path) -> bool:
    return all((path / mark).exists() for mark in MARKS)
