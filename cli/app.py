"""All commands, in the groups of `tastemaker --help`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from cli.commands import (
    app_commands,
    ask,
    completion,
    data,
    declare,
    doctor,
    events,
    filters,
    status,
    trying,
)

SECTIONS: Mapping[str, Sequence[click.Command]] = {
    "Start": [trying.try_, app_commands.local, app_commands.snapshot, app_commands.console, doctor.doctor],
    "Build": [data.load_, data.train_],
    "Ask": [status.status, ask.recommend, ask.similar, ask.rank, ask.search, events.events, filters.filters],
    "Declare": [
        declare.plan_command,
        declare.diff_command,
        declare.apply_command,
        declare.destroy_command,
        declare.export_command,
    ],
    "Deploy": [
        app_commands.deploy,
        app_commands.smoke,
        app_commands.cost,
        app_commands.preflight,
        completion.completion,
    ],
}
EPILOG = """\b
Examples:
  tastemaker try orders.csv                   from a file to recommendations
  tastemaker local                            the whole service on this machine
  tastemaker status                           what is there, and what failed
  tastemaker recommend ann                    a list for the user ann
  tastemaker similar film-42 --json           similar items, for a program
  tastemaker apply shop.yaml                  what a file declares

Exit codes: 0 success, 1 a check failed, 2 the command could not run, 130 interrupted.
NO_COLOR=1 turns colors off. `tastemaker completion --help` says how to complete commands in your shell."""


class Sections(click.Group):
    """A group that lists its commands in sections."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections with their commands."""
        width = max(len(command.name or "") for commands in SECTIONS.values() for command in commands)
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (
                            str(command.name).ljust(width),
                            command.get_short_help_str(formatter.width - width - 6),
                        )
                        for command in commands
                    ]
                )


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("tastemaker")
    except PackageNotFoundError:
        return "of this checkout"


def _show_version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        click.echo(f"tastemaker {_version()}")
        context.exit()


@click.group(
    cls=Sections,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_version,
    help="Show the version.",
)
def tastemaker() -> None:
    """Recommendations that you own: Amazon Personalize's API on a laptop or in your AWS account.

    Resources may be given by name or by ARN.
    """


for _commands in SECTIONS.values():
    for _command in _commands:
        tastemaker.add_command(_command)


def commands() -> dict[str, Any]:
    """Name → command."""
    return dict(tastemaker.commands)
