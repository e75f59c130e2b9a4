"""Graphs with a line for each campaign, recommender, tracker or job, by search expressions.

These resources are created after the deployment, so the dashboard cannot name them: CloudWatch looks for them
whenever somebody opens the dashboard.
"""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch

from infrastructure.stage import Stage
from tastemaker.contracts.metrics import (
    ACCEPTED_EVENTS,
    COLD_USERS,
    FILLER_ITEMS,
    JOBS,
    OPERATIONS,
    REFUSED_EVENTS,
    SERVICE_DIMENSION,
    dimension_of,
)

ENDPOINTS = ("CampaignArn", "RecommenderArn")
TRACKER = ("DatasetGroupArn", "DatasetArn", "EventTrackerArn")
ANSWERS = ("GetRecommendations", "GetPersonalizedRanking", "GetActionRecommendations")
IMPORTS, TRAININGS = JOBS["DatasetImportJob"], JOBS["SolutionVersion"]


def resource_graphs(stage: Stage) -> list[list[cloudwatch.IWidget]]:
    """The rows of the dashboard, each of three graphs."""
    answers = [OPERATIONS[name] for name in ANSWERS]
    endpoints: list[tuple[str, ...]] = [(dimension,) for dimension in ENDPOINTS]
    trackers: list[tuple[str, ...]] = [TRACKER]
    if not stage.metrics.per_resource:
        endpoints = trackers = [(SERVICE_DIMENSION,)]

    def graph(
        title: str, names: list[str], dimensions: list[tuple[str, ...]], statistic: str
    ) -> cloudwatch.GraphWidget:
        lines = [
            _search(stage.metrics_namespace, name, one, statistic) for name in names for one in dimensions
        ]
        return cloudwatch.GraphWidget(title=title, left=lines, width=8)

    def jobs(title: str, name: str, members: tuple[str, ...]) -> cloudwatch.GraphWidget:
        dimensions = tuple(map(dimension_of, members)) if stage.metrics.per_resource else (SERVICE_DIMENSION,)
        return graph(title, [name], [dimensions], "Maximum")

    errors = [name for one in answers for name in (one.client_errors, one.server_errors)]
    return [
        [
            graph("Answers", [one.requests for one in answers], endpoints, "Sum"),
            graph("Latency of answers, p99", [one.latency for one in answers], endpoints, "p99"),
            graph("Errors of answers", errors, endpoints, "Sum"),
        ],
        [
            graph("Users without events", [COLD_USERS], endpoints, "Sum"),
            graph("Popular items that filled up answers", [FILLER_ITEMS], endpoints, "Sum"),
            graph("Accepted and refused events", [ACCEPTED_EVENTS, REFUSED_EVENTS], trackers, "Sum"),
        ],
        [
            jobs("Duration of imports", IMPORTS.execution_time, IMPORTS.dimensions),
            jobs("Duration of trainings", TRAININGS.execution_time, TRAININGS.dimensions),
            jobs("Failed trainings", TRAININGS.errors, TRAININGS.dimensions),
        ],
    ]


def _search(
    namespace: str, name: str, dimensions: tuple[str, ...], statistic: str
) -> cloudwatch.MathExpression:
    """All metrics of this name with exactly these dimensions."""
    schema = ",".join([f'"{namespace}"', *dimensions])
    return cloudwatch.MathExpression(
        expression=f"SEARCH('{{{schema}}} MetricName=\"{name}\"', '{statistic}', 300)",
        using_metrics={},
        label="",  # CloudWatch labels each line by its metric and dimensions
    )
