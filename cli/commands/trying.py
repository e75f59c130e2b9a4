"""`tastemaker try`: from a file to recommendations with one command."""

from __future__ import annotations

import shlex
import sys
import time
import webbrowser
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from cli.connection import Connection, connected
from cli.errors import FINDINGS, SUCCESS, CommandError
from cli.histories import histories, typical_users
from cli.importing import Storage, ensure_group, free_name, load, resource_name, storage
from cli.output import Output
from cli.preparation import Given, data_options, prepare
from cli.program import write_program
from cli.results import Names, recommended, show_list, show_metrics, show_users
from cli.service import running
from cli.training import SHORT_NAMES, Trained, chosen_recipes, train
from tastemaker.contracts.api_endpoint import LOCAL_ENDPOINT
from tastemaker.detection.conversion import Prepared
from tastemaker.detection.report import supported
from tastemaker.detection.writing import schema_of

POPULAR, SIMILAR = "aws-popularity-count", "aws-similar-items"
PERSONAL = "aws-user-personalization-v2"
USERS_SHOWN, ITEMS_SHOWN, HISTORY_SHOWN = 3, 8, 8


@dataclass
class Trial:
    """What one run of the command found."""

    connection: Connection
    output: Output
    prepared: Prepared
    folder: Path
    started: float
    group: str = ""
    trained: dict[str, Trained] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)
    similar: dict[str, list[str]] = field(default_factory=dict)

    @property
    def program(self) -> Path:
        """The boto3 program that does the same."""
        return self.folder / "program.py"

    @property
    def names(self) -> Names:
        """The names of items."""
        return Names(self.prepared.names)


@click.command("try", short_help="From your own file to recommendations.")
@data_options
@click.option("--name", default="", metavar="NAME", help="Name of the dataset group. [default: the file's]")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the prepared files and the program.")
@click.option(
    "--recipes",
    "--recipe",
    default="",
    metavar="A,B",
    help="Recipes: popular, similar, for-you, ranking, trending. [default: all that the data support, "
    "without ranking]",
)
@click.option("--bucket", default="", metavar="NAME", help="Bucket for the files, for a deployment.")
@click.option("--role", default="", metavar="ARN", help="Role that may read the bucket, for a deployment.")
@click.option(
    "--state", default="", metavar="DIR", help="Keep the local run's state there, to continue later."
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask whether the mapping is right.")
@click.option("--dry-run", is_flag=True, help="Show the mapping and write the files; import nothing.")
@click.option("--no-console", is_flag=True, help="Do not open the console, and end when the lists are shown.")
@connected
def try_(
    connection: Connection,
    output: Output,
    given: Given,
    name: str,
    out: Path | None,
    recipes: str,
    bucket: str,
    role: str,
    state: str,
    yes: bool,
    dry_run: bool,
    no_console: bool,
) -> int:
    """Try recommendations on your own data: FILES with who did what, and when.

    It finds out what the columns are, imports the data, trains what they support, and shows metrics and
    lists. Files are CSV (any encoding and separator), JSON, JSON Lines or Parquet, also compressed, in
    folders or ZIP archives. Exports of Shopify, Google Analytics 4, WooCommerce, Segment, Spotify, Steam,
    MovieLens and RetailRocket are known. A local run is started if none answers.

    \b
    Examples:
      tastemaker try orders.csv
      tastemaker try ratings.csv --items movies.csv
      tastemaker try export.csv --user-column email --time-column "paid at" --timezone Europe/Berlin
      tastemaker try events/ --dry-run
    """
    started = time.monotonic()
    wanted = resource_name(name or given.files.interactions[0].name.split(".")[0])
    folder = out or Path(f"tastemaker-{wanted}")
    on_terminal = sys.stdin.isatty() and sys.stdout.isatty() and not output.as_json
    _, prepared = prepare(given, folder, output, ask=on_terminal and not yes and not dry_run)
    if on_terminal and not yes:
        started = time.monotonic()  # the user has taken their time
    if dry_run:
        return _end_dry_run(Trial(connection, output, prepared, folder, started))
    chosen = _recipes(prepared, recipes)
    with running(connection, output, state) as (found, is_ours):
        trial = Trial(found, output, prepared, folder, started)
        at = storage(found, bucket, role)
        _import(trial, wanted, at)
        _train(trial, chosen)
        _show(trial, at)
        stays = is_ours and on_terminal and not no_console
        if not output.as_json:
            _next_steps(trial, is_ended=is_ours and not stays, state=state)
        if stays:
            _stay(trial)
    return FINDINGS if trial.failed else SUCCESS


def _end_dry_run(trial: Trial) -> int:
    if trial.output.as_json:
        trial.output.json(_document(trial))
    return SUCCESS


def _recipes(prepared: Prepared, given: str) -> list[str]:
    """The recipes that are given, or those that the data support.

    Raises CommandError if the data are too few.
    """
    if prepared.report.lacks:
        raise CommandError(
            f"The data are too few to learn from: {'; '.join(prepared.report.lacks)}.",
            "Give more data: several files or a folder are read together.",
        )
    found = supported(prepared.report)
    return chosen_recipes(given, {one.recipe: one.reason for one in found}) or [
        one.recipe for one in found if not one.reason and not one.on_request
    ]


def _import(trial: Trial, wanted: str, at: Storage) -> None:
    name = free_name(trial.connection, wanted)
    if not trial.output.as_json:
        trial.output.heading(f"Import into the dataset group {name}")
    trial.group = ensure_group(trial.connection, name)
    schemas = {kind: schema_of(kind, fields) for kind, fields in trial.prepared.fields.items()}
    load(trial.connection, trial.output, trial.group, trial.prepared.files, schemas, at)


def _train(trial: Trial, recipes: list[str]) -> None:
    """Train the recipes, the quick ones first, and show the first list as soon as there is one."""
    for recipe in recipes:
        try:
            trial.trained[recipe] = train(trial.connection, trial.output, trial.group, recipe)
        except CommandError as error:
            trial.failed[recipe] = error.problem
            trial.output.warn(error.problem)
            continue
        if recipe == POPULAR and not trial.output.as_json:
            items = recommended(
                trial.connection, trial.trained[recipe].campaign, user="anyone", count=ITEMS_SHOWN
            )
            took = time.monotonic() - trial.started
            trial.output.heading(f"First list, {took:.0f} s after the start")
            show_list(trial.output, "What most users like", items, trial.names)
            trial.output.line()


def _show(trial: Trial, at: Storage) -> None:
    report, trained = trial.prepared.report, trial.trained
    users = typical_users(report.users, USERS_SHOWN)
    popular: list[str] = []
    if POPULAR in trained:
        popular = recommended(trial.connection, trained[POPULAR].campaign, user=users[0], count=25)
    if PERSONAL in trained:
        for user in users:
            campaign = trained[PERSONAL].campaign
            trial.lists[user] = recommended(trial.connection, campaign, user=user, count=ITEMS_SHOWN)
    known = [item for item, _ in report.items.most_common(2)]
    if SIMILAR in trained:
        for item in known:
            trial.similar[item] = recommended(trial.connection, trained[SIMILAR].campaign, item=item, count=5)
    write_program(
        trial.program,
        group=trial.group.rsplit("/", 1)[-1],
        endpoint=trial.connection.api_url,
        region=trial.connection.session.region_name,
        dataset_types=list(trial.prepared.files),
        recipes=list(trained),
        at=at,
        user=users[0],
        item=known[0],
    )
    if trial.output.as_json:
        trial.output.json(_document(trial))
        return
    if POPULAR in trained and PERSONAL in trained:
        show_metrics(trial.output, trained[POPULAR], trained[PERSONAL])
    if trial.lists:
        past = histories(trial.prepared.files["INTERACTIONS"], users, HISTORY_SHOWN)
        show_users(trial.output, trial.lists, past, popular, trial.names)
    if trial.similar:
        trial.output.heading("Similar items")
        for item, items in trial.similar.items():
            show_list(trial.output, trial.names.of(item), items, trial.names)


def _next_steps(trial: Trial, *, is_ended: bool, state: str) -> None:
    """Show commands to go on with. `is_ended` says that the service ends with this command."""
    output, group = trial.output, trial.group.rsplit("/", 1)[-1]
    output.heading("Go on")
    if is_ended:
        kept = f"tastemaker local --state {state}" if state else "tastemaker local"
        output.line(f"  The service ends with this command. Start it again: {kept}")
        if not state:
            output.line("  With --state DIR, try keeps what was trained for it.", "dim")
        output.line(f"  python {trial.program} does the same as a boto3 program.")
        return
    url = trial.connection.api_url
    endpoint = "" if url == LOCAL_ENDPOINT else f" --endpoint {url}"
    some = shlex.quote(typical_users(trial.prepared.report.users, 1)[0])
    item = shlex.quote(trial.prepared.report.items.most_common(3)[-1][0])
    rows = [
        [f"tastemaker recommend {some}{endpoint}", "a list, also for new users"],
        [f"tastemaker events send {some} {item} --group {group}{endpoint}", "an event, which changes it"],
        *(
            [f"tastemaker train {group} --recipe {SHORT_NAMES[one.recipe]}{endpoint}", one.title]
            for one in supported(trial.prepared.report)
            if not one.reason and one.on_request and one.recipe not in trial.trained
        ),
        [f"tastemaker status {group}{endpoint}", "what is there"],
        [f"python {trial.program}", "the same as a boto3 program"],
    ]
    output.table(["", ""], rows, indent=2)


def _stay(trial: Trial) -> None:
    """Keep the local run that this command started, until Ctrl-C."""
    url = f"{trial.connection.api_url}/"
    trial.output.heading(f"Console: {url}")
    trial.output.line("  The service runs until Ctrl-C. Commands in another terminal find it.", "dim")
    webbrowser.open(url)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        trial.output.line()


def _document(trial: Trial) -> dict[str, Any]:
    report = trial.prepared.report
    return {
        "group": trial.group,
        "folder": str(trial.folder),
        "rows": report.rows,
        "interactions": report.kept,
        "users": len(report.users),
        "items": len(report.items),
        "dropped": {one.reason: one.rows for one in report.dropped.values()},
        "supported": {one.recipe: one.reason or True for one in supported(report)},
        "trained": {
            recipe: {"version": one.version, "campaign": one.campaign, "metrics": one.metrics}
            for recipe, one in trial.trained.items()
        },
        "failed": trial.failed,
        "lists": trial.lists,
        "similar": trial.similar,
    }
