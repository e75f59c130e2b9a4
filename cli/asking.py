"""What commands that ask the models have in common: options, members of requests, and the campaign."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from cli import names
from cli.connection import Connection
from cli.errors import CommandError

COUNT = click.option(
    "-n", "--count", default=10, show_default=True, type=click.IntRange(1, 500), help="Items."
)
CAMPAIGN = click.option("--campaign", default="", metavar="NAME", help="Campaign, by name or ARN.")
RECOMMENDER = click.option("--recommender", default="", metavar="NAME", help="Recommender of a domain.")
FILTER = click.option("--filter", "filter_name", default="", metavar="NAME", help="Filter, by name or ARN.")
VALUES = click.option(
    "--value",
    "values",
    multiple=True,
    metavar="NAME=VALUE",
    help="Value of a filter's parameter $NAME (repeatable).",
)
CONTEXT = click.option(
    "--context",
    "context",
    multiple=True,
    metavar="NAME=VALUE",
    help="Context, such as DEVICE=phone (repeatable).",
)


def filter_and_context(
    connection: Connection, filter_name: str, values: Sequence[str], context: Sequence[str]
) -> dict[str, Any]:
    """The members of a request that a filter, its values and the context are."""
    members: dict[str, Any] = {}
    if filter_name:
        members["filterArn"] = names.resolve(connection, names.FILTER, filter_name)
        members["filterValues"] = {name: quoted(value) for name, value in pairs(values, "--value").items()}
    if context:
        members["context"] = pairs(context, "--context")
    return members


def choose_campaign(connection: Connection, given: str, recipe_types: Sequence[str]) -> str:
    """The ARN of the campaign that `given` names, or the only one of a recipe of these types.

    Several candidates are decided by the order of `recipe_types`, and then by the newest update. Raises
    CommandError.
    """
    if given:
        return names.resolve(connection, names.CAMPAIGN, given)
    client = connection.client("personalize")
    types: dict[str, str] = {}
    candidates: list[tuple[int, int, Any, str, str]] = []
    for one in names.listed(connection, names.CAMPAIGN):
        if one["status"] != "ACTIVE":
            continue
        described = client.describe_campaign(campaignArn=one["campaignArn"])["campaign"]
        if described["status"] != "ACTIVE":  # an alias of a campaign that does not answer yet
            continue
        version = described["solutionVersionArn"]
        recipe = client.describe_solution_version(solutionVersionArn=version)["solutionVersion"].get(
            "recipeArn", ""
        )
        if recipe not in types:
            types[recipe] = str(client.describe_recipe(recipeArn=recipe)["recipe"]["recipeType"])
        if types[recipe] in recipe_types:
            personal = int("popularity" not in recipe)
            order = -recipe_types.index(types[recipe])
            candidates.append((order, personal, one["lastUpdatedDateTime"], one["name"], one["campaignArn"]))
    if not candidates:
        wanted = " or ".join(recipe_types)
        raise CommandError(
            f"No active campaign has a recipe of the type {wanted}.",
            "tastemaker status lists the campaigns; tastemaker train --recipe … creates one.",
        )
    return max(candidates)[-1]


def pairs(given: Sequence[str], option: str) -> dict[str, str]:
    """`NAME=VALUE` texts as a mapping. Raises CommandError."""
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise CommandError(f"{option} {text!r} is not NAME=VALUE.", f"For example: {option} DEVICE=phone")
        found[name.removeprefix("$")] = value
    return found


def quoted(value: str) -> str:
    """A value of a filter's parameter, which the API wants in quotes unless it is a number."""
    if value.startswith('"'):
        return value
    try:
        float(value)
    except ValueError:
        return ",".join(json.dumps(part.strip(), ensure_ascii=False) for part in value.split(","))
    return value
