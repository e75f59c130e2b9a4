"""Refreshes: between two trainings, new items and new counts of events enter the model that serves.

A refresh is not a resource: it has no record, and its failure changes no status. `Deployment.refresh` of a
campaign or recommender names the newest refresh. It changes in one write, after the refreshed model has
answered a request. A new solution version begins without a refresh.
"""

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts import statuses
from tastemaker.contracts.arns import execution_name
from tastemaker.contracts.deployment import DEPLOYMENT, deployment_of
from tastemaker.contracts.lake_layout import is_refresh_of, refreshes_of, solution_models_of
from tastemaker.contracts.plans import RefreshPlan, SkippedPlan
from tastemaker.contracts.refresh import STATE_FILE
from tastemaker.contracts.workflows import RefreshInput
from tastemaker.control.core.context import Context
from tastemaker.control.core.datasets import current_storage
from tastemaker.control.core.records import Record
from tastemaker.recipes import Recipe

SECONDS = 7200.0
TREND_WINDOW = "trend_discovery_frequency"
SHORT_WINDOWS = {"30 minutes": 1800.0, "1 hour": 3600.0}
"""Trends of short windows are refreshed once per window; longer ones every two hours, like the rest."""


def interval(recipe: Recipe, featurization: Mapping[str, str]) -> float:
    """Seconds from one refresh to the next."""
    return SHORT_WINDOWS.get(featurization.get(TREND_WINDOW, "").lower(), SECONDS)


def schedule(context: Context, record: Record, recipe: Recipe, featurization: Mapping[str, str]) -> None:
    """Schedule the refreshes of a campaign or recommender, if its recipe has any. Raises StartError."""
    if recipe.refreshed:
        every = interval(recipe, featurization)
        context.ports.workflows.schedule(
            schedule_name(record),
            workflow="refresh",
            every=every,
            first_at=context.now() + every,
            request=request_of(record),
        )


def unschedule(context: Context, record: Record) -> None:
    """Remove the schedule of a campaign's or recommender's refreshes. Raises StartError."""
    context.ports.workflows.unschedule(schedule_name(record))


def schedule_name(record: Record) -> str:
    """The name of the schedule of refreshes: at most 64 characters, and not that of the training schedule."""
    return f"{execution_name(record.arn, record.created_at)}-r"


def request_of(record: Record) -> RefreshInput:
    """The input of the workflow."""
    is_campaign = record.resource_type == "Campaign"
    return {"campaignArn": record.arn} if is_campaign else {"recommenderArn": record.arn}


class RefreshLifecycle:
    """The steps of the refresh workflow, with the methods of a resource type's lifecycle."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def begin(self, record: Record, request: Mapping[str, Any], execution: str) -> RefreshPlan | SkippedPlan:
        """Return the plan. Skips a record that serves nothing, or whose recipe has no refreshes."""
        now, lake = deployment_of(record.body), self.context.ports.lake
        recipe = None if now is None else self.context.ports.recipe(now["recipeArn"])
        if record.status != statuses.ACTIVE or now is None or recipe is None or not recipe.refreshed:
            return {"skip": True, "arn": record.arn}
        group = now["datasetGroupArn"]
        home = refreshes_of(self._key(now["bundle"]), record.body["name"])
        target = f"{home}{execution.rpartition(':')[2]}/"
        kept = {target, self._key(now.get("refresh") or target)}
        old = {f"{home}{key.removeprefix(home).partition('/')[0]}/" for key, _ in lake.objects(home)}
        return {
            "arn": record.arn,
            "events": current_storage(self.context, group, "INTERACTIONS").events,
            "items": current_storage(self.context, group, "ITEMS").catalog,
            "actions": current_storage(self.context, group, "ACTIONS").catalog,
            "bundle": now["bundle"],
            "previous": now.get("refresh"),
            "earlier": None if "refresh" in now else self._earlier(record, now["bundle"], home),
            "target": lake.uri(target),
            "warm": {
                **request_of(record),
                "solutionVersionArn": now["solutionVersionArn"],
                "refresh": lake.uri(target),
            },
            # A process may still read the refresh that serves now, so the next refresh removes it.
            "prefixes": sorted(old - kept),
        }

    def succeed(self, record: Record, plan: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        """Serve the refresh, unless another version or another refresh has been put in service meanwhile."""
        now = deployment_of(record.body)
        if now is not None and (now["bundle"], now.get("refresh")) == (plan["bundle"], plan["previous"]):
            served = {**now, "refresh": plan["target"], "refreshed": self.context.now()}
            self.context.writer.change_private(record, **{DEPLOYMENT: served})

    def fail(self, record: Record, reason: str) -> None:
        """Do nothing: what serves now goes on serving. The execution has the reason; an alarm reports it."""

    def _earlier(self, record: Record, bundle: str, home: str) -> str | None:
        """The newest refresh of earlier solution versions, for what it knows and the training does not."""
        lake = self.context.ports.lake
        name = record.body["name"]
        ended = [
            (written, key)
            for key, written in lake.objects(solution_models_of(self._key(bundle)))
            if key.endswith(f"/{STATE_FILE}") and is_refresh_of(key, name) and not key.startswith(home)
        ]
        return lake.uri(max(ended)[1].removesuffix(STATE_FILE)) if ended else None

    def _key(self, uri: str) -> str:
        return uri.removeprefix(self.context.ports.lake.uri(""))
