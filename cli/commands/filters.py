"""`tastemaker filter test`: what a filter leaves of a user's list, before it is created."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from typing import Any

import click

from cli import names
from cli.asking import CAMPAIGN, VALUES, choose_campaign, pairs, quoted
from cli.connection import Connection, connected
from cli.errors import FINDINGS, SUCCESS, CommandError
from cli.item_names import of_campaign
from cli.output import Output

CREATE_SECONDS = 120.0
SHOWN = 10


@click.group("filter")
def filters() -> None:
    """Test filters."""


@filters.command()
@click.argument("expression")
@click.option("--user", required=True, help="The user whose list is filtered.")
@CAMPAIGN
@VALUES
@click.option(
    "-n", "--count", default=100, show_default=True, type=click.IntRange(1, 500), help="Length of the list."
)
@connected
def test(
    connection: Connection,
    output: Output,
    expression: str,
    user: str,
    campaign: str,
    values: Sequence[str],
    count: int,
) -> int:
    """Apply EXPRESSION, or a filter of this name, to the list of a user, and show what it removes.

    A filter that is created for the test is deleted afterwards. The exit code is 1 if no item is left.

    \b
    Examples:
      tastemaker filter test 'EXCLUDE ItemID WHERE Interactions.EVENT_TYPE IN ("purchase")' --user ann
      tastemaker filter test 'INCLUDE ItemID WHERE Items.GENRE IN ($GENRE)' --user ann --value GENRE=Drama
      tastemaker filter test not-bought --user ann
    """
    chosen = choose_campaign(connection, campaign, ("USER_PERSONALIZATION", "POPULAR_ITEMS"))
    client = connection.client("personalize")
    described = client.describe_campaign(campaignArn=chosen)["campaign"]
    solution = described["solutionVersionArn"].rsplit("/", 1)[0]
    group = client.describe_solution(solutionArn=solution)["solution"]["datasetGroupArn"]
    item_names = of_campaign(connection, chosen)
    request: dict[str, Any] = {"campaignArn": chosen, "userId": user, "numResults": count}
    if item_names.in_answers and item_names.columns:
        request["metadataColumns"] = {"ITEMS": list(item_names.columns)}
        request["numResults"] = min(count, 50)
    filter_values = {name: quoted(value) for name, value in pairs(values, "--value").items()}
    made = ""
    try:
        if " " in expression.strip():
            made = arn = _create(client, group, expression)
        else:
            arn = names.resolve(connection, names.FILTER, expression, group)
        runtime = connection.client("personalize-runtime")
        before = runtime.get_recommendations(**request)["itemList"]
        after = runtime.get_recommendations(**request, filterArn=arn, filterValues=filter_values)["itemList"]
    finally:
        if made:
            client.delete_filter(filterArn=made)
    _show(output, user, before, after)
    return SUCCESS if after else FINDINGS


def _show(
    output: Output, user: str, before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]]
) -> None:
    """Show which items of the list the filter removes, and which are left."""
    kept = {one["itemId"] for one in after}
    removed = [one for one in before if one["itemId"] not in kept]
    if output.as_json:
        output.json({"before": before, "after": after, "removed": [one["itemId"] for one in removed]})
        return
    output.heading(f"Of the {len(before)} items for {user}, the filter removes {len(removed)}")
    for title, items in (("removed", removed), ("left", after)):
        output.line(f"  {title}" if items else f"  {title}: none", "dim")
        rows = [[one["itemId"], *(one.get("metadata") or {}).values()] for one in items[:SHOWN]]
        if rows:
            output.table([""] * max(map(len, rows)), rows, indent=4)
        if len(items) > SHOWN:
            output.line(f"    … and {len(items) - SHOWN} more", "dim")


def _create(client: Any, group_arn: str, expression: str) -> str:
    """A filter for this test. Raises CommandError if it cannot be created."""
    name = f"test-{secrets.token_hex(6)}"
    arn = str(
        client.create_filter(name=name, datasetGroupArn=group_arn, filterExpression=expression)["filterArn"]
    )
    end = time.monotonic() + CREATE_SECONDS
    while True:
        found = client.describe_filter(filterArn=arn)["filter"]
        if found["status"] == "ACTIVE":
            return arn
        if found["status"].endswith("FAILED") or time.monotonic() > end:
            client.delete_filter(filterArn=arn)
            raise CommandError(
                f"The filter cannot be used: {found.get('failureReason', found['status'])}",
                "Correct the expression.",
            )
        time.sleep(0.2)
