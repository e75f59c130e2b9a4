"""Constructs of models: solutions, trainings, campaigns, recommenders and metric attributions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from constructs import Construct

from tastemaker.contracts.metrics import OPERATIONS
from tastemaker_cdk.data import NEVER_AGAIN
from tastemaker_cdk.resource import LATEST, Latest, Resource

RECIPE = "arn:aws:personalize:::recipe/"
ROUTES = {
    "GetRecommendations": "POST/recommendations",
    "GetPersonalizedRanking": "POST/personalize-ranking",
}


def recipe_arn(recipe: str) -> str:
    """The ARN of a recipe, by its name or its ARN."""
    return recipe if recipe.startswith("arn:") or cdk.Token.is_unresolved(recipe) else f"{RECIPE}{recipe}"


class Solution(Resource):
    """A solution: a recipe with its configuration, and the schedule that trains it.

    `training_schedule` is `rate(7 days)` or the like; None trains only when somebody asks. `event_weights`
    maps an event type to its weight. `objective` is the item attribute to favor, with its sensitivity.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        group: Resource | str,
        recipe: str,
        training_schedule: str | None = "rate(7 days)",
        event_weights: Mapping[str, float] | None = None,
        objective: tuple[str, str] | None = None,
        hyperparameters: Mapping[str, str] | None = None,
        config: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        given = dict(config or {})
        if training_schedule is not None:
            given["autoTrainingConfig"] = {"schedulingExpression": training_schedule}
        if event_weights is not None:
            weights = [{"eventType": name, "weight": weight} for name, weight in event_weights.items()]
            given["eventsConfig"] = {"eventParametersList": weights}
        if objective is not None:
            given["optimizationObjective"] = {
                "itemAttribute": objective[0],
                "objectiveSensitivity": objective[1],
            }
        if hyperparameters is not None:
            given["algorithmHyperParameters"] = dict(hyperparameters)
        properties = {
            "datasetGroupArn": group,
            "recipeArn": recipe_arn(recipe),
            "performAutoTraining": training_schedule is not None,
            "solutionConfig": given or None,
        }
        super().__init__(scope, id, type="Solution", properties=properties, **more)

    @property
    def latest(self) -> Latest:
        """The latest version, for a campaign that follows it or a batch job."""
        return Latest(self)


class Training(Resource):
    """A training: a new version of a solution at the first deployment, and with each other `trigger`.

    The deployment does not wait for it unless `wait` is True; see also `Wait`.
    """

    def __init__(
        self, scope: Construct, id: str, *, solution: Resource | str, trigger: str = NEVER_AGAIN, **more: Any
    ) -> None:
        properties = {"solutionArn": solution}
        super().__init__(scope, id, type="SolutionVersion", properties=properties, trigger=trigger, **more)


class _Serving(Resource):
    """What answers requests: grants, metrics and alarms."""

    dimension = ""

    def grant_recommend(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow asking for recommendations and rankings."""
        routes = [self.deployment.api_arn(self, route) for route in ROUTES.values()]
        iam.Grant.add_to_principal(
            grantee=grantee, actions=["execute-api:Invoke"], resource_arns=routes, scope=self
        )
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=[f"personalize:{operation}" for operation in ROUTES],
            resource_arns=[self.arn],
            scope=self,
        )

    def metric(self, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
        """A metric of this resource. The stage's setting `metrics.perResource` must be on."""
        return self.deployment.metric(name, {self.dimension: self.arn}, statistic)

    def metric_requests(self, operation: str = "GetRecommendations") -> cloudwatch.Metric:
        """How many requests succeeded."""
        return self.metric(OPERATIONS[operation].requests)

    def metric_latency(
        self, operation: str = "GetRecommendations", statistic: str = "p99"
    ) -> cloudwatch.Metric:
        """How long requests took, in milliseconds."""
        return self.metric(OPERATIONS[operation].latency, statistic)

    def metric_errors(self, operation: str = "GetRecommendations") -> cloudwatch.Metric:
        """How many requests failed for a reason of the service."""
        return self.metric(OPERATIONS[operation].server_errors)

    def alarm_on_latency(self, id: str, *, milliseconds: float, periods: int = 3) -> cloudwatch.Alarm:
        """An alarm for requests that take longer, in the slowest hundredth, for several periods."""
        return self.metric_latency().create_alarm(
            self,
            id,
            threshold=milliseconds,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )

    def alarm_on_errors(self, id: str, *, errors: float = 1, periods: int = 1) -> cloudwatch.Alarm:
        """An alarm for requests that fail for a reason of the service."""
        return self.metric_errors().create_alarm(
            self,
            id,
            threshold=errors,
            evaluation_periods=periods,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )


class Campaign(_Serving):
    """A campaign. By default it follows the latest version of a solution, also before there is a first one.

    With `version`, a `Training` or an ARN, it serves exactly that one until another is deployed.
    """

    dimension = "CampaignArn"

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        solution: Resource | None = None,
        version: Resource | str | None = None,
        config: Mapping[str, Any] | None = None,
        min_provisioned_tps: int | None = None,
        **more: Any,
    ) -> None:
        if (solution is None) == (version is None):
            raise ValueError(f"{scope.node.path}/{id}: give either solution or version.")
        given = dict(config or {})
        if solution is not None:
            given["syncWithLatestSolutionVersion"] = True
        properties = {
            "solutionVersionArn": version if solution is None else Latest(solution),
            "campaignConfig": given or None,
            "minProvisionedTPS": min_provisioned_tps,
        }
        super().__init__(scope, id, type="Campaign", properties=properties, **more)


class CampaignAlias(_Serving):
    """A campaign that answers as another one does, until another deployment points it elsewhere.

    Clients name the alias. So a campaign of another recipe, or of a second dataset group, can take over
    without a gap: the alias moves when the new one is ACTIVE.
    """

    dimension = "CampaignArn"

    def __init__(self, scope: Construct, id: str, *, campaign: Resource | str, **more: Any) -> None:
        super().__init__(scope, id, type="Campaign", properties={"solutionVersionArn": campaign}, **more)


class Recommender(_Serving):
    """A recommender of a domain, which trains and retrains by itself."""

    dimension = "RecommenderArn"

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        group: Resource | str,
        recipe: str,
        config: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        properties = {
            "datasetGroupArn": group,
            "recipeArn": recipe_arn(recipe),
            "recommenderConfig": None if config is None else dict(config),
        }
        super().__init__(scope, id, type="Recommender", properties=properties, **more)


class MetricAttribution(Resource):
    """A metric attribution. `metrics` has (event type, name, expression) of each metric."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        group: Resource | str,
        metrics: Sequence[tuple[str, str, str]],
        role: iam.IRole,
        output: str | None = None,
        **more: Any,
    ) -> None:
        listed = [dict(zip(("eventType", "metricName", "expression"), one, strict=True)) for one in metrics]
        target: dict[str, Any] = {"roleArn": role.role_arn}
        if output is not None:
            target["s3DataDestination"] = {"path": output}
        properties = {"datasetGroupArn": group, "metrics": listed, "metricsOutputConfig": target}
        super().__init__(scope, id, type="MetricAttribution", properties=properties, **more)


__all__ = [
    "LATEST",
    "Campaign",
    "CampaignAlias",
    "MetricAttribution",
    "Recommender",
    "Solution",
    "Training",
    "recipe_arn",
]
