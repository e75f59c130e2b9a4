"""`tastemaker status`: what exists, in which state, and why something failed."""

from __future__ import annotations

from typing import Any

import click

from cli import names
from cli.connection import Connection, connected
from cli.errors import FINDINGS, SUCCESS
from cli.output import Output, day, state


@click.command(short_help="Show what exists, and what has failed.")
@click.argument("group", default="")
@connected
def status(connection: Connection, output: Output, group: str) -> int:
    """Show dataset groups, or everything in GROUP: datasets, models, campaigns, and reasons of failures.

    The exit code is 1 if something in GROUP has failed.

    \b
    Examples:
      tastemaker status
      tastemaker status shop
      tastemaker status shop --json
    """
    groups = list(names.listed(connection, names.GROUP))
    if group:
        return _group(connection, output, names.resolve(connection, names.GROUP, group))
    if len(groups) == 1 and not output.as_json:
        return _group(connection, output, groups[0]["datasetGroupArn"])
    if output.as_json:
        output.json({"endpoint": connection.api_url, "datasetGroups": groups})
        return SUCCESS
    output.line(f"{connection.api_url}, {connection.session.region_name}", "dim")
    if not groups:
        output.line("There are no dataset groups yet. `tastemaker try FILE` creates one from your own data.")
        return SUCCESS
    output.table(
        ["dataset group", "domain", "status", "created"],
        [
            [one["name"], one.get("domain", ""), state(one["status"]), day(one["creationDateTime"])]
            for one in groups
        ],
    )
    output.note("tastemaker status NAME shows what a group contains.")
    return SUCCESS


def _group(connection: Connection, output: Output, arn: str) -> int:
    found = collect(connection, arn)
    failures = [
        (noun, one)
        for noun in ("imports", "versions", "campaigns", "recommenders")
        for one in found[noun]
        if str(one["status"]).endswith("FAILED")
    ]
    if output.as_json:
        output.json(found)
        return FINDINGS if failures else SUCCESS
    output.line(f"{connection.api_url}, {connection.session.region_name}", "dim")
    output.line(arn, "dim")
    _datasets(output, found)
    _models(output, found)
    if found["eventTrackers"]:
        output.heading("Event trackers")
        output.table(
            ["name", "tracking ID"], [[one["name"], one["trackingId"]] for one in found["eventTrackers"]]
        )
    if found["filters"]:
        output.heading("Filters")
        rows = [[one["name"], state(one["status"]), one["filterExpression"]] for one in found["filters"]]
        output.table(["name", "status", "expression"], rows, folded=[2])
    for noun, one in failures:
        output.line()
        output.line(f"{noun.removesuffix('s').capitalize()} {one['name']} failed:", "bold red")
        output.line(f"  {one.get('failureReason', 'no reason is known')}")
    return FINDINGS if failures else SUCCESS


def _datasets(output: Output, found: dict[str, Any]) -> None:
    output.heading("Datasets")
    if not found["datasets"]:
        output.line("  none yet: tastemaker load FILE", "dim")
        return
    imports: dict[str, list[dict[str, Any]]] = {}
    for one in found["imports"]:
        imports.setdefault(one["datasetArn"], []).append(one)
    rows = []
    for dataset in found["datasets"]:
        jobs = imports.get(dataset["datasetArn"], [])
        newest = max(jobs, key=lambda job: job["creationDateTime"], default=None)
        report = (newest or {}).get("report") or {}
        rows.append(
            [
                dataset["datasetType"].capitalize(),
                str(len(jobs)),
                state(newest["status"]) if newest else "",
                report.get("rows"),
                day(newest["creationDateTime"]) if newest else "",
            ]
        )
    output.table(["dataset", "imports", "newest", "rows", "created"], rows, right=[1, 3])


def _models(output: Output, found: dict[str, Any]) -> None:
    output.heading("Models")
    if not found["versions"]:
        output.line("  none yet: tastemaker train", "dim")
        return
    rows = []
    for version in found["versions"]:
        serving = [
            one["name"]
            for one in found["campaigns"]
            if one["solutionVersionArn"] == version["solutionVersionArn"]
        ]
        metric = (version["metrics"] or {}).get("normalized_discounted_cumulative_gain_at_25")
        rows.append(
            [
                version["name"],
                version["recipe"],
                state(version["status"]),
                "" if metric is None else f"{metric:.3f}",
                ", ".join(serving),
                day(version["creationDateTime"]),
            ]
        )
    output.table(["solution", "recipe", "status", "NDCG@25", "campaign", "trained"], rows, right=[3])


def collect(connection: Connection, group_arn: str) -> dict[str, Any]:
    """Everything in a dataset group, as the service describes it."""
    client = connection.client("personalize")
    datasets = list(names.listed(connection, names.DATASET, group_arn))
    imports = []
    for dataset in datasets:
        for job in names.listed(connection, names.IMPORT, dataset["datasetArn"]):
            described = client.describe_dataset_import_job(datasetImportJobArn=job["datasetImportJobArn"])
            imports.append({**described["datasetImportJob"], "name": job["jobName"]})
    versions: list[dict[str, Any]] = []
    campaigns: list[dict[str, Any]] = []
    for solution in names.listed(connection, names.SOLUTION, group_arn):
        for version in names.listed(connection, names.VERSION, solution["solutionArn"]):
            versions.append(_version(client, solution["name"], version["solutionVersionArn"]))
        for campaign in names.listed(connection, names.CAMPAIGN, solution["solutionArn"]):
            campaigns.append(client.describe_campaign(campaignArn=campaign["campaignArn"])["campaign"])
    trackers = [
        client.describe_event_tracker(eventTrackerArn=one["eventTrackerArn"])["eventTracker"]
        for one in names.listed(connection, names.TRACKER, group_arn)
    ]
    filters = [
        client.describe_filter(filterArn=one["filterArn"])["filter"]
        for one in names.listed(connection, names.FILTER, group_arn)
    ]
    return {
        "endpoint": connection.api_url,
        "datasetGroup": client.describe_dataset_group(datasetGroupArn=group_arn)["datasetGroup"],
        "datasets": datasets,
        "imports": imports,
        "versions": versions,
        "campaigns": campaigns,
        "recommenders": list(names.listed(connection, names.RECOMMENDER, group_arn)),
        "eventTrackers": trackers,
        "filters": filters,
    }


def _version(client: Any, solution: str, arn: str) -> dict[str, Any]:
    described = client.describe_solution_version(solutionVersionArn=arn)["solutionVersion"]
    metrics = None
    if described["status"] == "ACTIVE":
        metrics = client.get_solution_metrics(solutionVersionArn=arn)["metrics"]
    recipe = described.get("recipeArn", "").rsplit("/", 1)[-1]
    return {**described, "name": solution, "recipe": recipe, "metrics": metrics}
