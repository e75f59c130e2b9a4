"""`tastemaker plan`, `diff`, `apply`, `destroy` and `export`: resources that a file declares."""

from __future__ import annotations

import functools
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from cli import names
from cli.connection import Connection, connected
from cli.errors import ERROR, FINDINGS, SUCCESS, CommandError
from cli.output import Output

MAX_NAMED = 3
"""The number of resources up to which a question names what each of them loses."""
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _from_file(command: Callable[..., Any]) -> Callable[..., Any]:
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


def _planned(connection: Connection, declared: Any, *, prune: bool) -> tuple[Any, Any]:
    """The service and the plan for a declaration."""
    from cli.declarations.service import BotoApi
    from tastemaker.declaration.file.existing import find
    from tastemaker.declaration.file.planning import plan

    api = BotoApi(connection)
    return api, plan(declared, find(api, declared), prune=prune)


def _service_errors(command: Callable[..., Any]) -> Callable[..., Any]:
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
class _Changing:
    """What `apply` and `destroy` are told about deletions and waiting."""

    prune: bool
    yes: bool
    timeout: int

    @property
    def seconds(self) -> float:
        """How long to wait."""
        return self.timeout * 60.0


def _changing(*, prune: str, yes: str, minutes: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options of `_Changing`, as its argument `options`, and the file that it works on."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @click.option("--prune", is_flag=True, help=prune)
        @click.option("--yes", "-y", is_flag=True, help=yes)
        @click.option(
            "--timeout", default=minutes, show_default=True, metavar="MINUTES", help="How long to wait."
        )
        @_from_file
        @_service_errors
        @functools.wraps(command)
        def with_options(*given: Any, prune: bool, yes: bool, timeout: int, **more: Any) -> Any:
            return command(*given, options=_Changing(prune, yes, timeout), **more)

        return with_options

    return decorate


def _header(output: Output, connection: Connection, file: Path, environment: str) -> None:
    chosen = f" ({environment})" if environment else ""
    output.line(f"{file}{chosen} at {connection.api_url}, {connection.session.region_name}", "dim")
    output.line()


@click.command("plan", short_help="Show what apply would change, and why.")
@click.option("--prune", is_flag=True, help="Delete what is in the dataset groups and not in FILE.")
@_from_file
@_service_errors
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
@_from_file
@_service_errors
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
@_changing(
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
    options: _Changing,
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
    _check_allowed(output, plan, replacement=allow_replacement, deletion=options.yes)
    outcome = _perform(output, api, plan, wait=wait, seconds=options.seconds)
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


def _check_allowed(output: Output, plan: Any, *, replacement: bool, deletion: bool) -> None:
    """Refuse impossible changes, and ask about losses that no option allows.

    Raises CommandError if a change is impossible or a loss is not confirmed.
    """
    from tastemaker.declaration.plan import DELETE

    _check_possible(output, plan, "changed")
    replaced = [step for step in plan.steps if step.loses and step.action != DELETE]
    if replaced and not replacement:
        _confirm(output, replaced, "--allow-replacement")
    if plan.of(DELETE) and not deletion:
        _confirm(output, plan.of(DELETE), "--yes")


def _check_possible(output: Output, plan: Any, done: str) -> None:
    """Name the steps that are refused. Raises CommandError if there is one."""
    from tastemaker.declaration.plan import REFUSAL

    refused = plan.of(REFUSAL)
    for one in refused:
        output.note(f"  {one.one.place}: {one.id}: {'; '.join(one.reasons)}", "")
    if refused:
        raise CommandError(f"Nothing was {done}, because this is not possible.")


def _confirm(output: Output, steps: Sequence[Any], option: str) -> None:
    """Ask on a terminal whether to delete. Raises CommandError if the answer is not `yes`."""
    lost = "; ".join(
        f"{step.title} loses {step.loses}" if step.loses else f"{step.title} is deleted" for step in steps
    )
    if len(steps) > MAX_NAMED:
        lost = f"{len(steps)} resources are deleted with their data"
    if sys.stdin.isatty() and not output.as_json:
        output.note(f"This cannot be undone: {lost}.", "red")
        if click.prompt("Type yes to go on", default="no", err=True) == "yes":
            return
    raise CommandError(f"Nothing was changed, because {lost}.", f"Give {option} if that is meant.")


def _perform(output: Output, api: Any, plan: Any, *, wait: bool, seconds: float) -> Any:
    """Execute a plan with its progress on standard error."""
    from cli.declarations.output import show_progress
    from tastemaker.declaration.file.applying import Applying, Limits

    limits = Limits(wait=wait, seconds=seconds)
    applying = Applying(
        api,
        plan,
        limits=limits,
        clock=time.monotonic,
        sleep=time.sleep,
        report=functools.partial(show_progress, output),
    )
    try:
        return applying.run()
    except KeyboardInterrupt:
        output.note(
            "What was started goes on in the service. Run the same command again to go on with the rest."
        )
        raise


@click.command("destroy", short_help="Delete everything that a file declares.")
@_changing(prune="Also delete what is in the dataset groups and not in FILE.", yes="Do not ask.", minutes=60)
def destroy_command(
    connection: Connection,
    output: Output,
    declared: Any,
    *,
    file: Path,
    environment: str,
    options: _Changing,
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
    _check_possible(output, plan, "deleted")
    if plan.of(DELETE) and not options.yes:
        _confirm(output, plan.of(DELETE), "--yes")
    outcome = _perform(output, api, plan, wait=True, seconds=options.seconds)
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
@_service_errors
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
