"""`tastemaker load` and `tastemaker train`: the steps of `try`, one at a time."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from cli import names
from cli.connection import Connection, connected
from cli.errors import CommandError
from cli.importing import ensure_group, load, resource_name, storage
from cli.output import Output
from cli.preparation import Given, data_options, prepare
from cli.training import SHORT_NAMES, chosen_recipes, train
from tastemaker.detection.writing import schema_of


@click.command("load", short_help="Import files into a dataset group.")
@data_options
@click.option(
    "--group", default="", metavar="NAME", help="Dataset group, new or not. [default: the file's name]"
)
@click.option("--add", is_flag=True, help="Add to earlier imports instead of replacing them.")
@click.option("--bucket", default="", metavar="NAME", help="Bucket for the files, for a deployment.")
@click.option("--role", default="", metavar="ARN", help="Role that may read the bucket, for a deployment.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask whether the mapping is right.")
@connected
def load_(
    connection: Connection,
    output: Output,
    given: Given,
    group: str,
    add: bool,
    bucket: str,
    role: str,
    yes: bool,
) -> None:
    """Import FILES into a dataset group, whatever their columns are called.

    \b
    Examples:
      tastemaker load orders.csv --group shop
      tastemaker load november.csv --group shop --add
    """
    _ = connection.api_url
    at = storage(connection, bucket, role)
    ask = sys.stdin.isatty() and sys.stdout.isatty() and not output.as_json and not yes
    with TemporaryDirectory(prefix="tastemaker-") as folder:
        _, prepared = prepare(given, Path(folder), output, ask=ask)
        name = group or resource_name(given.files.interactions[0].name.split(".")[0])
        arn = (
            names.resolve(connection, names.GROUP, name)
            if names.is_arn(name)
            else ensure_group(connection, name)
        )
        schemas = {kind: schema_of(kind, fields) for kind, fields in prepared.fields.items()}
        mode = "INCREMENTAL" if add else "FULL"
        jobs = load(connection, output, arn, prepared.files, schemas, at, mode)
    if output.as_json:
        output.json({"datasetGroupArn": arn, "jobs": jobs})


@click.command("train", short_help="Train recipes on a group, and serve them.")
@click.argument("group", default="")
@click.option(
    "--recipe",
    "--recipes",
    "recipes",
    default="for-you",
    show_default=True,
    metavar="A,B",
    help="Recipes, by name.",
)
@click.option("--no-campaign", is_flag=True, help="Train only; serve nothing.")
@connected
def train_(connection: Connection, output: Output, group: str, recipes: str, no_campaign: bool) -> None:
    """Train recipes on the data of GROUP, and serve them.

    Recipes are popular, similar, for-you, ranking and trending, or a recipe's own name.

    \b
    Examples:
      tastemaker train shop
      tastemaker train shop --recipe similar,ranking
      tastemaker train shop --recipe aws-item-affinity --no-campaign
    """
    arn = names.only(connection, names.GROUP, group, "GROUP, as in: tastemaker train")
    chosen = chosen_recipes(recipes, {})
    if not chosen:
        raise CommandError("No recipe is given.", f"Give --recipe {','.join(SHORT_NAMES.values())}.")
    found = [train(connection, output, arn, recipe, campaign=not no_campaign) for recipe in chosen]
    if output.as_json:
        output.json([vars(one) for one in found])
        return
    rows = [
        [
            one.recipe,
            _metric(one.metrics, "normalized_discounted_cumulative_gain_at_25"),
            one.campaign or one.version,
        ]
        for one in found
    ]
    output.table(["recipe", "NDCG@25", "campaign" if not no_campaign else "version"], rows, right=[1])


def _metric(metrics: dict[str, float], name: str) -> str:
    return f"{metrics[name]:.3f}" if name in metrics else ""
