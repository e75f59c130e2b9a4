"""What every command of this package shares: arguments, progress, errors with a remedy, JSON, exit codes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any, TextIO

from infrastructure.settings.declaration import StageError

SUCCESS = 0
FINDINGS = 1
"""The command did its work, and a check failed."""
ERROR = 2
"""The command could not do its work."""


class CommandError(Exception):
    """The command cannot go on. `remedy` says what the user can do about it."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem, self.remedy = problem, remedy


class Console:
    """Progress goes to standard error. The result goes to standard output: with `--json` one document."""

    def __init__(self, out: TextIO | None = None, progress: TextIO | None = None) -> None:
        self._out, self._progress = out, progress

    def progress(self, text: str, *, end: str = "\n") -> None:
        """Show what the command is doing."""
        stream = self._progress or sys.stderr
        stream.write(text + end)
        stream.flush()

    def result(self, text: str) -> None:
        """Show what the command found."""
        (self._out or sys.stdout).write(text.rstrip("\n") + "\n")

    def json(self, document: Any) -> None:
        """Show the result as JSON."""
        self.result(json.dumps(document, indent=2, ensure_ascii=False))


Run = Callable[[argparse.Namespace, Console], int]


def parser(module: str, description: str, epilog: str = "") -> argparse.ArgumentParser:
    """A parser with `--help` and `--json`, for `python -m {module}`."""
    made = argparse.ArgumentParser(
        prog=f"python -m {module}",
        description=description,
        epilog=f"{epilog}\n\nExit codes: 0 success, 1 a check failed, 2 the command could not run.".strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--json", action="store_true", help="print the result as JSON")
    return made


def main(
    arguments: argparse.ArgumentParser,
    run: Run,
    argv: Sequence[str] | None = None,
    console: Console | None = None,
) -> int:
    """Parse `argv`, run the command, and report errors. Returns the exit code."""
    console = console or Console()
    try:
        return run(arguments.parse_args(argv), console)
    except StageError as error:
        return _failed(
            console, f"The stage cannot be used: {error}.", "Correct cdk.json, or name another stage."
        )
    except CommandError as error:
        return _failed(console, error.problem, error.remedy)
    except KeyboardInterrupt:
        return _failed(console, "The command was interrupted.", "Run it again.")


def _failed(console: Console, problem: str, remedy: str) -> int:
    console.progress(f"Error: {problem}\n  {remedy}")
    return ERROR


def table(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """Rows as columns of text; the columns with the numbers in `right` are aligned to the right."""
    if not rows:
        return ""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
