"""`tastemaker`, or `python -m cli`: run a command, and turn errors into one line with a remedy."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from cli.app import tastemaker
from cli.errors import ERROR, INTERRUPTED, SUCCESS, CommandError, of_service
from cli.output import console, printable


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns the exit code."""
    try:
        found = tastemaker.main(
            args=None if arguments is None else list(arguments), prog_name="tastemaker", standalone_mode=False
        )
        return found if isinstance(found, int) else SUCCESS
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return SUCCESS
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "tastemaker"
        return _failed(error.format_message(), f"{where} --help shows what it accepts.")
    except click.ClickException as error:
        return _failed(error.format_message(), "")
    except (click.Abort, KeyboardInterrupt):
        _show("Interrupted.", "")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of the output has left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SUCCESS
    except CommandError as error:
        return _failed(error.problem, error.remedy)
    except Exception as error:
        return _of_library(error)


def _of_library(error: Exception) -> int:
    """The exit code after an error of a library. One that nobody expects is raised again with a remedy."""
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(error, ClientError):
        known = of_service(error)
        return _failed(known.problem, known.remedy)
    if isinstance(error, BotoCoreError):
        return _failed(str(error), "Check --endpoint, --region and the credentials (tastemaker doctor).")
    if isinstance(error, OSError) and error.filename:
        return _failed(f"{error.filename}: {error.strerror}.", "")
    if os.environ.get("TASTEMAKER_DEBUG"):
        raise error
    return _failed(
        f"Unexpected {type(error).__name__}: {error}",
        "This is a defect. TASTEMAKER_DEBUG=1 shows where it happened; please report it with that text.",
    )


def _failed(problem: str, remedy: str) -> int:
    _show(problem, remedy)
    return ERROR


def _show(problem: str, remedy: str) -> None:
    from rich.text import Text

    shown = console(sys.stderr)
    shown.print(Text.assemble(("Error: ", "bold red"), printable(problem)))
    if remedy:
        shown.print(Text(f"  {printable(remedy)}"))


def main() -> None:
    """The entry point of the console script."""
    sys.exit(run())


if __name__ == "__main__":
    main()
