"""Metric attributions: what recommendations brought about. One for each dataset group."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tastemaker.errors import InvalidInput, ResourceAlreadyExists
from tastemaker.resources import pages
from tastemaker.resources.dataset import schemas_of
from tastemaker.resources.desk import Desk
from tastemaker.resources.kind import Body, Kind, Operation, Reference, Request
from tastemaker.resources.locations import check_s3
from tastemaker.resources.repository import Record

MOST_METRICS = 10


class MetricAttribution(Kind):
    name = "MetricAttribution"
    segment = "metric-attribution"
    refers = (Reference("datasetGroupArn", "DatasetGroup"),)
    verbs = ("Create", "Describe", "List", "Update", "Delete")
    taggable = False
    served = False

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
        return {f"metric-attribution-of/{body['datasetGroupArn']}": arn}

    def update(self, desk: Desk, request: Request) -> Body:
        """UpdateMetricAttribution: metrics removed by name, then added, and where reports go."""
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
        metrics, token = pages.page("ListMetricAttributionMetrics", request, record.body["metrics"])
        return {"metrics": metrics, "nextToken": token}


def _check_output(output: Mapping[str, Any]) -> None:
    if "s3DataDestination" in output:
        check_s3(output["s3DataDestination"]["path"], "metricsOutputConfig.s3DataDestination.path")


def _check_metrics(desk: Desk, group: str, metrics: Iterable[Mapping[str, str]]) -> None:
    listed = list(metrics)
    names = [one["metricName"] for one in listed]
    if len(names) > MOST_METRICS or len(set(names)) != len(names):
        raise InvalidInput(
            f"At most {MOST_METRICS} metrics, each with a name of its own, are allowed: {names}."
        )
    schemas = schemas_of(desk, group)
    interactions = schemas.get("INTERACTIONS")
    if interactions is not None and interactions.field("EVENT_TYPE") is None:
        raise InvalidInput("Metrics need the column EVENT_TYPE in the schema of Interactions.")
    for one in listed:
        expression = one["expression"]
        match = re.fullmatch(r"SAMPLECOUNT\(\)|SUM\((Items|Interactions)\.(\w+)\)", expression, re.IGNORECASE)
        if match is None:
            raise InvalidInput(
                f"expression is {expression!r}; it must be SAMPLECOUNT(), SUM(Items.COLUMN) or "
                "SUM(Interactions.COLUMN)."
            )
        schema = schemas.get(match[1].upper()) if match[1] else None
        if schema is not None:
            field = schema.field(match[2])
            if field is None or not field.number:
                raise InvalidInput(f"{match[2]} in {expression!r} must be a numeric column of {match[1]}.")
