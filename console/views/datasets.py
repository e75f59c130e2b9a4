"""Dataset groups, their datasets, and imports."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from starlette.responses import Response

from console.insights import insights
from console.minimums import serving_steps, training_steps
from console.page import Page, view
from console.resources import LISTED, PAGE, endpoints

DESCRIBED = 10
"""The newest imports whose reports a page reads."""
TYPES = ("INTERACTIONS", "ITEMS", "USERS", "ACTIONS", "ACTION_INTERACTIONS")


@view
def groups(page: Page) -> Response:
    """All dataset groups, newest first."""
    deployment, listed = page.api.together(
        lambda: page.api.own("DescribeDeployment")["deployment"],
        lambda: page.api.personalize("ListDatasetGroups", maxResults=PAGE, nextToken=page.asked("page")),
    )
    return page.render(
        "groups.html", deployment=deployment, groups=listed["datasetGroups"], more=listed.get("nextToken")
    )


@view
def group(page: Page) -> Response:
    """One dataset group: its datasets, what they still lack, and what answers from them."""
    arn = page.group_arn
    described, listed, answering, trackers = page.api.together(
        lambda: page.api.personalize("DescribeDatasetGroup", datasetGroupArn=arn)["datasetGroup"],
        lambda: page.api.personalize("ListDatasets", datasetGroupArn=arn)["datasets"],
        lambda: endpoints(page.api, arn),
        lambda: page.api.personalize("ListEventTrackers", datasetGroupArn=arn)["eventTrackers"],
    )
    calls = [partial(_imports, page, one["datasetArn"]) for one in listed]
    datasets = [
        {**one, "type": one["datasetType"], **summary}
        for one, summary in zip(listed, page.api.together(*calls), strict=True)
    ]
    by_type = {str(one["type"]): one for one in datasets}
    order = {name: at for at, name in enumerate(TYPES)}
    datasets.sort(key=lambda one: order.get(one["type"], len(TYPES)))
    return page.render(
        "group.html",
        section="data",
        group=described,
        datasets=datasets,
        endpoints=answering,
        trackers=trackers,
        steps=[
            *training_steps(by_type.get("INTERACTIONS", {}), described.get("domain", "")),
            *serving_steps(
                by_type.get("ITEMS", {}).get("rows", 0), any(one.active for one in answering), bool(trackers)
            ),
        ],
        live=any(one["busy"] for one in datasets),
    )


def _imports(page: Page, dataset_arn: str) -> dict[str, Any]:
    """What the imports of a dataset have brought: rows, times, warnings."""
    listed = page.api.personalize("ListDatasetImportJobs", datasetArn=dataset_arn, maxResults=LISTED)
    jobs = listed["datasetImportJobs"]
    current = _current(jobs)
    calls = [
        partial(
            page.api.personalize, "DescribeDatasetImportJob", datasetImportJobArn=job["datasetImportJobArn"]
        )
        for job in current[:DESCRIBED]
    ]
    reports = [
        {**answer["datasetImportJob"].get("report", {}), "job": answer["datasetImportJob"]["jobName"]}
        for answer in page.api.together(*calls)
    ]
    first = [report["firstTimestamp"] for report in reports if report.get("firstTimestamp")]
    last = [report["lastTimestamp"] for report in reports if report.get("lastTimestamp")]
    return {
        "jobs": jobs,
        "rows": sum(report.get("rows", 0) for report in reports),
        "complete": len(current) <= DESCRIBED and not listed.get("nextToken"),
        "first": min(first, default=None),
        "last": max(last, default=None),
        "reports": reports,
        "warnings": sum(len(report.get("warnings", ())) for report in reports),
        "failed": jobs[0] if jobs and "FAILED" in jobs[0]["status"] else None,
        "busy": any(job["status"] not in ("ACTIVE", "CREATE FAILED") for job in jobs),
    }


def _current(jobs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The imports whose rows the dataset has, newest first: those since the last that replaced all."""
    found = []
    for job in jobs:
        if job["status"] == "ACTIVE":
            found.append(job)
            if job.get("importMode", "FULL") == "FULL":
                break
    return found


@view
def dataset(page: Page) -> Response:
    """One dataset: its distributions, schema and imports."""
    arn = page.target.arn(f"dataset/{page.group}/{page.named('type')}")
    described = page.api.personalize("DescribeDataset", datasetArn=arn)["dataset"]
    schema, imports, found = page.api.together(
        lambda: page.api.personalize("DescribeSchema", schemaArn=described["schemaArn"])["schema"],
        lambda: _imports(page, arn),
        lambda: insights(page.api, endpoints(page.api, page.group_arn)),
    )
    return page.render(
        "dataset.html",
        section="data",
        dataset={**described, "type": described["datasetType"], **imports},
        fields=json.loads(schema["schema"])["fields"],
        schema=schema,
        steps=[step for step in training_steps(imports) if not step.done],
        insights=found,
        columns=[one for one in found.get("columns", ()) if one["dataset"] == described["datasetType"]],
        live=imports["busy"],
    )


@view
def import_job(page: Page) -> Response:
    """One import: its report, or why it failed."""
    arn = page.target.arn(f"dataset-import-job/{page.named('name')}")
    job = page.api.personalize("DescribeDatasetImportJob", datasetImportJobArn=arn)["datasetImportJob"]
    return page.render(
        "import.html",
        section="data",
        job=job,
        report=job.get("report", {}),
        live=job["status"] not in ("ACTIVE", "CREATE FAILED"),
    )


ROUTES = [
    ("GET", "/", groups),
    ("GET", "/groups/{group}", group),
    ("GET", "/groups/{group}/datasets/{type}", dataset),
    ("GET", "/groups/{group}/imports/{name}", import_job),
]
