"""Metric attributions: which events recommendations led to. One for each dataset group.

Every quarter of an hour the workflow `attribution` reports on what has come in since the last run: on
streamed events, and on each import of interactions once.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tastemaker.attribution import Metric
from tastemaker.attribution.metrics import ITEMS
from tastemaker.attribution.sources import upper_case
from tastemaker.attribution.tally import QUARTER
from tastemaker.contracts import statuses
from tastemaker.contracts.arns import execution_name
from tastemaker.contracts.job_folders import AttributionFolder
from tastemaker.contracts.plans import AttributionPlan, ImportToReport, OwnedData
from tastemaker.contracts.workflow_names import ATTRIBUTION
from tastemaker.control.core import pagination
from tastemaker.control.core.context import Context
from tastemaker.control.core.datasets import (
    bulk_data_of,
    current_storage,
    datasets_of,
    folder_of_group,
    schemas_of,
    storage_of,
)
from tastemaker.control.core.declaration import Body, Operation, Reference, Request
from tastemaker.control.core.locations import check_s3
from tastemaker.control.core.records import Record
from tastemaker.control.core.resource_type import ResourceType
from tastemaker.errors import InvalidInput, ResourceAlreadyExists, ResourceInUse

MAX_METRICS = 10
MAX_IMPORTS = 200
"""Imports that one run reports on: the plan must fit into an execution's state in Step Functions."""


class MetricAttribution(ResourceType):
    """A metric attribution. It is ACTIVE after its first run.

    Private members: `_execution`, the newest run; `_imports`, the imports that have yet to be reported on.
    """

    name = "MetricAttribution"
    segment = "metric-attribution"
    references = (Reference("datasetGroupArn", "DatasetGroup"),)
    verbs = ("Create", "Describe", "List", "Update", "Delete")
    first_status = statuses.PENDING
    workflow = ATTRIBUTION
    has_data = True
    taggable = False

    def operations(self) -> dict[str, Operation]:
        return {
            **super().operations(),
            "ListMetricAttributionMetrics": self.list_metrics,
        }

    def build_body(self, request: Request, referenced: Mapping[str, Record]) -> Body:
        if not request["metrics"]:
            raise InvalidInput("metrics is empty; name at least one.")
        _check_metrics(self.context, request["datasetGroupArn"], request["metrics"])
        _check_output(request["metricsOutputConfig"])
        return super().build_body(request, referenced)

    def aliases(self, arn: str, body: Body) -> dict[str, str]:
        return {_alias(body["datasetGroupArn"]): arn}

    def schedule_work(self, record: Record) -> None:
        self.context.ports.workflows.schedule(
            execution_name(record.arn, record.created_at),
            workflow=ATTRIBUTION,
            every=float(QUARTER),
            first_at=self.context.now() + QUARTER,
            request=self.workflow_input(record),
        )

    def before_delete(self, record: Record) -> None:
        self.context.ports.workflows.unschedule(execution_name(record.arn, record.created_at))

    def owned_data(self, record: Record) -> OwnedData:
        return {"prefixes": [attribution_folder(self.context, record).prefix]}

    def update(self, request: Request) -> Body:
        """UpdateMetricAttribution: remove metrics by name, add others, and change where reports go.

        The changes are in force from the next run on.
        """
        if "metricAttributionArn" not in request:
            raise InvalidInput("metricAttributionArn is missing.")
        self.context.ports.caller_limits.check(request)
        record = self.context.records.find_active(self.name, request["metricAttributionArn"])
        metrics = {one["metricName"]: one for one in record.body["metrics"]}
        for name in request.get("removeMetrics", []):
            if metrics.pop(name, None) is None:
                raise InvalidInput(f"removeMetrics names {name}, which {record.arn} does not have.")
        for one in request.get("addMetrics", []):
            if one["metricName"] in metrics:
                raise ResourceAlreadyExists(
                    f"{record.arn} has a metric {one['metricName']} already; remove it first."
                )
            metrics[one["metricName"]] = one
        _check_metrics(self.context, record.body["datasetGroupArn"], metrics.values())
        output = request.get("metricsOutputConfig", record.body["metricsOutputConfig"])
        _check_output(output)
        changes = {"metrics": list(metrics.values()), "metricsOutputConfig": output}
        return self.context.writer.change(record, **changes).body

    def list_metrics(self, request: Request) -> Body:
        """ListMetricAttributionMetrics."""
        if "metricAttributionArn" not in request:
            raise InvalidInput("metricAttributionArn is missing.")
        record = self.context.records.find(self.name, request["metricAttributionArn"])
        metrics, token = pagination.page("ListMetricAttributionMetrics", request, record.body["metrics"])
        return {"metrics": metrics, "nextToken": token}

    # --- lifecycle ---

    def begin(self, record: Record, request: Request, execution: str) -> AttributionPlan:
        """Claim the record and return the plan.

        Runs may overlap: `lambdas/attribution` does each piece of work once, whichever run comes first.
        """
        if record.status == statuses.ACTIVE:
            record = self.context.writer.change_private(record, _execution=execution)
        else:
            claimed = self.claim(record, execution)
            if claimed is None:
                raise ResourceInUse(f"{record.arn} has the status {record.status}; it reports when ACTIVE.")
            record = claimed
        group_arn, output = record.body["datasetGroupArn"], record.body["metricsOutputConfig"]
        items = datasets_of(self.context, group_arn).get(ITEMS)
        target = output.get("s3DataDestination", {})
        return {
            "arn": record.arn,
            "datasetGroupArn": group_arn,
            "createdAt": record.created_at,
            "metrics": record.body["metrics"],
            "sources": list(self._sources(group_arn)),
            "folder": attribution_folder(self.context, record).prefix,
            "events": current_storage(self.context, group_arn, "INTERACTIONS").events,
            "imports": imports_to_report(record)[:MAX_IMPORTS],
            "items": (
                None
                if items is None
                else {
                    "catalog": storage_of(items).catalog,
                    "imports": bulk_data_of(self.context, items),
                }
            ),
            "output": target.get("path"),
            "kmsKeyArn": target.get("kmsKeyArn"),
            "roleArn": output["roleArn"],
        }

    def succeed(self, record: Record, plan: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        if record.status == statuses.IN_PROGRESS:
            record = self.context.writer.change(record, status=statuses.ACTIVE)
        if record.status == statuses.ACTIVE:
            left = [one for one in imports_to_report(record) if one not in plan["imports"]]
            self.context.writer.change_private(record, _imports=left or None, failureReason=None)

    def fail(self, record: Record, reason: str) -> None:
        """Store the reason. The attribution stays ACTIVE: the next run tries again what has failed."""
        super().fail(record, reason)
        if record.status == statuses.ACTIVE:
            self.context.writer.change_private(record, failureReason=reason)

    def _sources(self, group: str) -> Iterator[str]:
        """The ARNs of the campaigns and recommenders of a group."""
        for solution in self.context.records.each("Solution", group):
            for campaign in self.context.records.each("Campaign", solution.arn):
                yield campaign.arn
        for recommender in self.context.records.each("Recommender", group):
            yield recommender.arn


def imports_to_report(record: Record) -> list[ImportToReport]:
    """The imports that a metric attribution has yet to report on, oldest first."""
    imports: list[ImportToReport] = record.body.get("_imports", [])
    return imports


def note_import(context: Context, group: str, job: Record, prefix: str) -> None:
    """Have the next run of the group's metric attribution, if there is one, report on a finished import.

    Imports from before the attribution was created are not reported. Repeating changes nothing. Raises
    Conflict.
    """
    record = context.records.by_alias(_alias(group))
    incremental = job.body["importMode"] == "INCREMENTAL"
    publishes = bool(job.body.get("publishAttributionMetricsToS3"))
    if record is None or not (incremental or publishes):
        return
    waiting = imports_to_report(record)
    if all(one["name"] != job.body["jobName"] for one in waiting):
        added: ImportToReport = {
            "name": job.body["jobName"],
            "prefix": prefix,
            "at": context.now(),
            "toCloudWatch": incremental,
            "toS3": publishes,
        }
        context.writer.change_private(record, _imports=[*waiting, added])


def _alias(group: str) -> str:
    return f"metric-attribution-of/{group}"


def attribution_folder(context: Context, record: Record) -> AttributionFolder:
    """The folder of what the runs of an attribution have counted."""
    folder = folder_of_group(context, record.body["datasetGroupArn"])
    return folder.attribution(f"{record.body['name']}-{int(record.created_at)}")


def _check_output(output: Mapping[str, Any]) -> None:
    if "s3DataDestination" in output:
        check_s3(output["s3DataDestination"]["path"], "metricsOutputConfig.s3DataDestination.path")


def _check_metrics(context: Context, group: str, attributes: Iterable[Mapping[str, str]]) -> None:
    metrics = [Metric.parse(one) for one in attributes]
    names = [one.name for one in metrics]
    if len(names) > MAX_METRICS or len(set(map(upper_case, names))) != len(names):
        raise InvalidInput(
            f"At most {MAX_METRICS} metrics, each with a name of its own, are allowed: {names}."
        )
    schemas = schemas_of(context, group)
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
