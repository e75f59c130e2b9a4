"""`tastemaker plan`, `diff`, `apply`, `destroy` and `export`: resources that a file declares."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from cli import names
from cli.connection import Connection, connected
from cli.declarations.options import Changing, changing, from_file, service_errors
from cli.declarations.performing import check_allowed, check_possible, confirm, perform
from cli.errors import ERROR, FINDINGS, SUCCESS
from cli.output import Output


def _planned(connection: Connection, declared: Any, *, prune: bool) -> tuple[Any, Any]:
    """The service and the plan for a declaration."""
    from cli.declarations.service import BotoApi
    from tastemaker.declaration.file.existing import find
    from tastemaker.declaration.file.planning import plan

    api = BotoApi(connection)
    return api, plan(declared, find(api, declared), prune=prune)


def _header(output: Output, connection: Connection, file: Path, environment: str) -> None:
    chosen = f" ({environment})" if environment else ""
    output.line(f"{file}{chosen} at {connection.api_url}, {connection.session.region_name}", "dim")
    output.line()


@click.command("plan", short_help="Show what apply would change, and why.")
@click.option("--prune", is_flag=True, help="Delete what is in the dataset groups and not in FILE.")
@from_file
@service_errors
def plan_command(
    connection: Connection, output: Output, declared: Any, *, file: Path, environment: str, prune: bool
) -> int:
    r"""Show what `apply` would change, and why. Nothing is changed.

    FILE is YAML or JSON; docs/declare.md describes it.

    \b
    Examples:
      tastemaker plan shop.yaml
      tastemaker plan shop.yaml --environment prod --json
    """
    from cli.declarations import output as shown

    _, plan = _planned(connection, declared, prune=prune)
    if output.as_json:
        output.json(shown.plan_as_json(plan))
    else:
        _header(output, connection, file, environment)
        shown.show_plan(output, plan)
    return SUCCESS


@click.command("diff", short_help="Show how the service differs from a file.")
@from_file
@service_errors
def diff_command(
    connection: Connection, output: Output, declared: Any, *, file: Path, environment: str
) -> int:
    r"""Show how the service differs from FILE, for example after changes by hand.

    The exit code is 1 if anything differs.

    \b
    Example:
      tastemaker diff shop.yaml --environment prod
    """
    from cli.declarations import output as shown

    _, plan = _planned(connection, declared, prune=False)
    if output.as_json:
        output.json(shown.plan_as_json(plan))
    else:
        _header(output, connection, file, environment)
        shown.show_plan(output, plan)
    return SUCCESS if plan.is_empty and not plan.others else FINDINGS


@click.command("apply", short_help="Create and change what a file declares.")
@click.option("--allow-replacement", is_flag=True, help="Allow changes that delete a resource with its data.")
@click.option("--wait", is_flag=True, help="Wait until everything is ACTIVE, also models and campaigns.")
@changing(
    prune="Delete what is in the dataset groups and not in FILE.",
    yes="Do not ask before deletions of --prune.",
    minutes=360,
)
def apply_command(
    connection: Connection,
    output: Output,
    declared: Any,
    *,
    file: Path,
    environment: str,
    options: Changing,
    allow_replacement: bool,
    wait: bool,
) -> int:
    r"""Create and change resources until they are as FILE declares.

    A run can be repeated at any time: it goes on with what exists. Independent resources are made at the same
    time. Without --wait, it waits only for what other resources need.

    \b
    Examples:
      tastemaker apply shop.yaml
      tastemaker apply shop.yaml --environment prod --var tps=5 --wait
    """
    from cli.declarations import output as shown

    api, plan = _planned(connection, declared, prune=options.prune)
    if not output.as_json:
        _header(output, connection, file, environment)
        shown.show_plan(output, plan)
    check_allowed(output, plan, replacement=allow_replacement, deletion=options.yes)
    outcome = perform(output, api, plan, wait=wait, seconds=options.seconds)
    found = shown.existing_now(api, plan, outcome)
    if output.as_json:
        output.json({**shown.plan_as_json(plan), "resources": found, "failures": outcome.failures})
    else:
        output.line()
        shown.show_existing(output, found)
    if not outcome.succeeded:
        shown.show_failures(output, plan, outcome, "apply")
        return ERROR
    return SUCCESS


@click.command("destroy", short_help="Delete everything that a file declares.")
@changing(prune="Also delete what is in the dataset groups and not in FILE.", yes="Do not ask.", minutes=60)
def destroy_command(
    connection: Connection,
    output: Output,
    declared: Any,
    *,
    file: Path,
    environment: str,
    options: Changing,
) -> int:
    r"""Delete everything that FILE declares, with its data.

    \b
    Example:
      tastemaker destroy shop.yaml --environment dev
    """
    from cli.declarations import output as shown
    from cli.declarations.service import BotoApi
    from tastemaker.declaration.file.existing import find
    from tastemaker.declaration.file.planning import destruction
    from tastemaker.declaration.plan import DELETE

    api = BotoApi(connection)
    plan = destruction(declared, find(api, declared), prune=options.prune)
    if not output.as_json:
        _header(output, connection, file, environment)
        shown.show_plan(output, plan, hint=False)
    check_possible(output, plan, "deleted")
    if plan.of(DELETE) and not options.yes:
        confirm(output, plan.of(DELETE), "--yes")
    outcome = perform(output, api, plan, wait=True, seconds=options.seconds)
    if output.as_json:
        output.json({**shown.plan_as_json(plan), "failures": outcome.failures})
    if not outcome.succeeded:
        shown.show_failures(output, plan, outcome, "destroy")
        return ERROR
    return SUCCESS


def _print_schema(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from tastemaker.declaration.file.json_schema import json_schema

        click.echo(json.dumps(json_schema(), indent=2))
        context.exit()


@click.command("export", short_help="Write a file that declares a group.")
@click.argument("group")
@click.option(
    "--output", "-o", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file."
)
@click.option(
    "--json-schema",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_schema,
    help="Print the JSON schema of such files.",
)
@connected
@service_errors
def export_command(connection: Connection, output: Output, group: str, target: Path | None) -> int:
    r"""Write a file that declares the dataset group GROUP as it is. Its plan is empty.

    \b
    Examples:
      tastemaker export shop > shop.yaml
      tastemaker export --json-schema > tastemaker.schema.json
    """
    from cli.declarations.service import BotoApi
    from cli.declarations.text import dump
    from tastemaker.declaration.file.exporting import export

    arn = names.resolve(connection, names.GROUP, group)
    text = dump(export(BotoApi(connection), arn), as_json=output.as_json)
    if target is None:
        click.echo(text, nl=False)
    else:
        target.write_text(text, encoding="utf-8")
        output.note(f"{target} declares {group}. `tastemaker plan {target}` shows that nothing differs.")
    return SUCCESS
