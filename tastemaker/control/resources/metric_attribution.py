"""Metric attributions: what recommendations brought about. One for each dataset group.

Every quarter of an hour the workflow `attribute` reports on what came in since the last time: on streamed
events, and on each import of interactions once.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tastemaker.attribution import Metric
from tastemaker.attribution.metrics import ITEMS
from tastemaker.attribution.sources import capitals
from tastemaker.attribution.tally import QUARTER
from tastemaker.contracts.lake_layout import AttributionFolder, GroupFolder
from tastemaker.contracts.workflow_names import ATTRIBUTION
from tastemaker.control.core import pagination, statuses
from tastemaker.control.core.arns import work_name
from tastemaker.control.core.context import Desk
from tastemaker.control.core.declaration import Body, Kind, Operation, Reference, Request
from tastemaker.control.core.locations import check_s3
from tastemaker.control.core.records import Record
from tastemaker.control.resources.dataset import bulk_of, datasets_of, schemas_of
from tastemaker.control.resources.dataset_group import group_name
from tastemaker.errors import InvalidInput, ResourceAlreadyExists, ResourceInUse

MOST_METRICS = 10
MOST_IMPORTS = 200
"""Imports that one run reports on: a plan has to pass through Step Functions."""


class MetricAttribution(Kind):
    """ACTIVE when its first run has looked at what is there. Internal members: `_execution`, the newest
    run; `_imports`, those that are done and have not been reported on.
    """

    name = "MetricAttribution"
    segment = "metric-attribution"
    refers = (Reference("datasetGroupArn", "DatasetGroup"),)
    verbs = ("Create", "Describe", "List", "Update", "Delete")
    first_status = statuses.PENDING
    workflow = ATTRIBUTION
    purged = True
    taggable = False

    def operations(self, desk: Desk) -> dict[str, Operation]:
        return {
            **super().operations(desk),
            "ListMetricAttributionMetrics": lambda request: self.list_metrics(desk, request),
        }

    def members(self, desk: Desk, request: Request, found: Mapping[str, Record]) -> Body:
        if not request["metrics"]:
            raise InvalidInput("metrics is empty; name at least one.")
        _check_metrics(desk, request["datasetGroupArn"], request["metrics"])
        _check_output(request["metricsOutputConfig"])
        return super().members(desk, request, found)

    def aliases(self, arn: str, body: Body) -> dict[str, str]:
        return {_alias(body["datasetGroupArn"]): arn}

    def schedule_work(self, desk: Desk, record: Record) -> None:
        desk.work.schedule(
            work_name(record.arn, record.created_at),
            workflow=ATTRIBUTION,
            every=float(QUARTER),
            first_at=desk.now() + QUARTER,
            request=self.work_request(record),
        )

    def before_delete(self, desk: Desk, record: Record) -> None:
        desk.work.unschedule(work_name(record.arn, record.created_at))

    def belongings(self, desk: Desk, record: Record) -> dict[str, Any]:
        return {"prefixes": [attribution_folder(record).prefix]}

    def update(self, desk: Desk, request: Request) -> Body:
        """UpdateMetricAttribution: metrics removed by name, then added, and where reports go. In force from
        the next run on."""
        if "metricAttributionArn" not in request:
            raise InvalidInput("metricAttributionArn is missing.")
        record = desk.find_active(self.name, request["metricAttributionArn"])
        have = {one["metricName"]: one for one in record.body["metrics"]}
        for name in request.get("removeMetrics", []):
            if have.pop(name, None) is None:
                raise InvalidInput(f"removeMetrics names {name}, which {record.arn} does not have.")
        for one in request.get("addMetrics", []):
            if one["metricName"] in have:
                raise ResourceAlreadyExists(
                    f"{record.arn} has a metric {one['metricName']} already; remove it first."
                )
            have[one["metricName"]] = one
        _check_metrics(desk, record.body["datasetGroupArn"], have.values())
        output = request.get("metricsOutputConfig", record.body["metricsOutputConfig"])
        _check_output(output)
        return desk.change(record, metrics=list(have.values()), metricsOutputConfig=output).body

    def list_metrics(self, desk: Desk, request: Request) -> Body:
        """ListMetricAttributionMetrics."""
        if "metricAttributionArn" not in request:
            raise InvalidInput("metricAttributionArn is missing.")
        record = desk.find(self.name, request["metricAttributionArn"])
        metrics, token = pagination.page("ListMetricAttributionMetrics", request, record.body["metrics"])
        return {"metrics": metrics, "nextToken": token}

    # --- life ---

    def begin(self, desk: Desk, record: Record, request: Request, execution: str) -> dict[str, Any]:
        """Runs may meet: what each does is done once, whoever comes first (`lambdas/attribution`)."""
        if record.status == statuses.ACTIVE:
            record = _noted(desk, record, _execution=execution)
        else:
            moving = self.start_moving(desk, record, execution)
            if moving is None:
                raise ResourceInUse(f"{record.arn} has the status {record.status}; it reports when ACTIVE.")
            record = moving
        group_arn, output = record.body["datasetGroupArn"], record.body["metricsOutputConfig"]
        group, datasets = group_name(group_arn), datasets_of(desk, group_arn)
        items = datasets.get(ITEMS)
        target = output.get("s3DataDestination", {})
        return {
            "arn": record.arn,
            "datasetGroup": group,
            "datasetGroupArn": group_arn,
            "createdAt": record.created_at,
            "metrics": record.body["metrics"],
            "sources": list(_answering(desk, group_arn)),
            "folder": attribution_folder(record).prefix,
            "events": GroupFolder(group).events,
            "imports": record.body.get("_imports", [])[:MOST_IMPORTS],
            "items": None if items is None else {"datasetArn": items.arn, "imports": bulk_of(desk, items)},
            "output": target.get("path"),
            "kmsKeyArn": target.get("kmsKeyArn"),
            "roleArn": output["roleArn"],
        }

    def succeed(self, desk: Desk, record: Record, plan: Request, result: Request) -> None:
        if record.status == statuses.IN_PROGRESS:
            record = desk.change(record, status=statuses.ACTIVE)
        if record.status == statuses.ACTIVE:
            left = [one for one in record.body.get("_imports", []) if one not in plan["imports"]]
            _noted(desk, record, _imports=left or None, failureReason=None)

    def fail(self, desk: Desk, record: Record, reason: str) -> None:
        """What could not be reported is tried again by the next run, so that an attribution stays ACTIVE."""
        super().fail(desk, record, reason)
        if record.status == statuses.ACTIVE:
            _noted(desk, record, failureReason=reason)


def note_import(desk: Desk, group: str, job: Record, prefix: str) -> None:
    """Leave an import of interactions, which is done, to the next run of the group's attribution, if the
    group has one: what came in before it was created is never told. Safe to repeat. Raises Conflict."""
    arn = desk.repository.target(_alias(group))
    record = desk.repository.get(arn) if arn is not None else None
    incremental = job.body["importMode"] == "INCREMENTAL"
    publishes = bool(job.body.get("publishAttributionMetricsToS3"))
    if record is None or not (incremental or publishes):
        return
    waiting = record.body.get("_imports", [])
    if all(one["name"] != job.body["jobName"] for one in waiting):
        entry = {
            "name": job.body["jobName"],
            "prefix": prefix,
            "at": desk.now(),
            "toCloudWatch": incremental,
            "toS3": publishes,
        }
        _noted(desk, record, _imports=[*waiting, entry])


def _alias(group: str) -> str:
    return f"metric-attribution-of/{group}"


def attribution_folder(record: Record) -> AttributionFolder:
    """The folder of what the runs of an attribution have counted."""
    group = group_name(record.body["datasetGroupArn"])
    return GroupFolder(group).attribution(f"{record.body['name']}-{int(record.created_at)}")


def _noted(desk: Desk, record: Record, **members: Any) -> Record:
    """The record with members that no caller sees; it is written only where they change."""
    if record.with_(**members).body == record.body:
        return record
    return desk.change(record, lastUpdatedDateTime=record.body["lastUpdatedDateTime"], **members)


def _answering(desk: Desk, group: str) -> Iterator[str]:
    """The campaigns and recommenders of a group."""
    for solution in desk.each("Solution", group):
        for campaign in desk.each("Campaign", solution.arn):
            yield campaign.arn
    for recommender in desk.each("Recommender", group):
        yield recommender.arn


def _check_output(output: Mapping[str, Any]) -> None:
    if "s3DataDestination" in output:
        check_s3(output["s3DataDestination"]["path"], "metricsOutputConfig.s3DataDestination.path")


def _check_metrics(desk: Desk, group: str, attributes: Iterable[Mapping[str, str]]) -> None:
    metrics = [Metric.parse(one) for one in attributes]
    names = [one.name for one in metrics]
    if len(names) > MOST_METRICS or len(set(map(capitals, names))) != len(names):
        raise InvalidInput(
            f"At most {MOST_METRICS} metrics, each with a name of its own, are allowed: {names}."
        )
    schemas = schemas_of(desk, group)
    interactions = schemas.get("INTERACTIONS")
    if interactions is not None and interactions.field("EVENT_TYPE") is None:
        raise InvalidInput("Metrics need the column EVENT_TYPE in the schema of Interactions.")
    for one in metrics:
        schema = schemas.get(one.dataset)
        field = schema.field(one.column) if schema is not None else None
        if schema is not None and (field is None or not field.number):
            raise InvalidInput(
                f"{one.column} in the metric {one.name} must be a numeric column of {one.dataset.title()}."
            )
