"""What commands of declarations are told: the file, its variables, deletions, and how long to wait."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from cli.connection import Connection, connected
from cli.errors import CommandError
from cli.output import Output

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def from_file(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the argument FILE and the options that fill in its variables."""

    @click.argument("file", type=FILE)
    @click.option("--environment", "-e", default="", metavar="NAME", help="An environment of FILE.")
    @click.option(
        "--var", "variables", multiple=True, metavar="NAME=VALUE", help="Set a variable; may be repeated."
    )
    @connected
    @functools.wraps(command)
    def with_file(
        connection: Connection,
        output: Output,
        *,
        file: Path,
        environment: str,
        variables: Sequence[str],
        **options: Any,
    ) -> Any:
        declared = _declaration(output, file, environment, variables)
        return command(connection, output, declared, file=file, environment=environment, **options)

    return with_file


def _declaration(output: Output, file: Path, environment: str, variables: Sequence[str]) -> Any:
    """The declaration in a file, checked by the rules of the service. Raises CommandError."""
    from cli.declarations.text import beside, load
    from tastemaker.declaration.file.document import InvalidDeclaration
    from tastemaker.declaration.file.maintaining import convert, is_parameter_file
    from tastemaker.declaration.file.reading import read
    from tastemaker.declaration.file.variables import filled

    given = dict(_variable(one) for one in variables)
    try:
        document = load(file)
        if is_parameter_file(document.value):
            converted = convert(document, given)
            for note in converted.notes:
                output.warn(note)
            return read(converted.document, beside(file))
        return read(filled(document, environment, given), beside(file))
    except InvalidDeclaration as error:
        many = len(error.problems)
        for line in str(error).splitlines():
            output.note(f"  {line}", "")
        raise CommandError(f"{file} has {many} error{'s' if many > 1 else ''}. Nothing was called.") from None


def _variable(given: str) -> tuple[str, Any]:
    """The name and the value of `--var`. A number or a switch is one, as in the file."""
    from cli.declarations.text import scalar

    name, equals, value = given.partition("=")
    if not equals or not name:
        raise click.BadParameter(f"{given!r} is not NAME=VALUE.", param_hint="--var")
    return name, scalar(value)


def service_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn refusals of the service into errors of the command."""

    @functools.wraps(command)
    def guarded(*args: Any, **options: Any) -> Any:
        from tastemaker.declaration.file.api import ApiError

        try:
            return command(*args, **options)
        except ApiError as error:
            raise CommandError(f"{error.message} ({error.code})") from None

    return guarded


@dataclass(frozen=True)
class Changing:
    """What `apply` and `destroy` are told about deletions and waiting."""

    prune: bool
    yes: bool
    timeout: int

    @property
    def seconds(self) -> float:
        """How long to wait."""
        return self.timeout * 60.0


def changing(*, prune: str, yes: str, minutes: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options of `Changing`, as its argument `options`, and the file that it works on."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @click.option("--prune", is_flag=True, help=prune)
        @click.option("--yes", "-y", is_flag=True, help=yes)
        @click.option(
            "--timeout", default=minutes, show_default=True, metavar="MINUTES", help="How long to wait."
        )
        @from_file
        @service_errors
        @functools.wraps(command)
        def with_options(*given: Any, prune: bool, yes: bool, timeout: int, **more: Any) -> Any:
            return command(*given, options=Changing(prune, yes, timeout), **more)

        return with_options

    return decorate
