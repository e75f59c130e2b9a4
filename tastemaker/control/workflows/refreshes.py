"""What serves is refreshed between two trainings: new items, and what is known of items by now, come into the
model of a campaign or recommender every two hours.

It is no resource: it has no record, and its failure changes no status. The record's internal member
`_serving` names the newest refresh in `refresh`; it changes by one write, after the refreshed model has
answered a request, and a new version begins without one.
"""

from collections.abc import Mapping
from typing import Any

from tastemaker.contracts.deployment import deployment_of
from tastemaker.contracts.lake_layout import is_refresh_of, refreshes_of, solution_models_of
from tastemaker.contracts.refresh import STATE_FILE, RefreshPlan
from tastemaker.control.core import statuses
from tastemaker.control.core.arns import work_name
from tastemaker.control.core.context import Desk
from tastemaker.control.core.records import Record
from tastemaker.control.resources.dataset_group import group_name
from tastemaker.recipes import Recipe

SECONDS = 7200.0
TREND_WINDOW = "trend_discovery_frequency"
SHORT_WINDOWS = {"30 minutes": 1800.0, "1 hour": 3600.0}
"""Trends of short windows are refreshed once a window; longer ones every two hours, as everything else."""

Document = Mapping[str, Any]


def interval(recipe: Recipe, featurization: Mapping[str, str]) -> float:
    """Seconds from one refresh to the next."""
    return SHORT_WINDOWS.get(featurization.get(TREND_WINDOW, "").lower(), SECONDS)


def schedule(desk: Desk, record: Record, recipe: Recipe, featurization: Mapping[str, str]) -> None:
    """Refresh a campaign or recommender from now on, if its recipe is one that is. Raises WorkError."""
    if recipe.refreshed:
        every = interval(recipe, featurization)
        desk.work.schedule(
            schedule_name(record),
            workflow="refresh",
            every=every,
            first_at=desk.now() + every,
            request=request_of(record),
        )


def unschedule(desk: Desk, record: Record) -> None:
    """No more of it. Raises WorkError."""
    desk.work.unschedule(schedule_name(record))


def schedule_name(record: Record) -> str:
    """At most 64 characters, as the scheduler wants; not the name of the schedule that trains."""
    return f"{work_name(record.arn, record.created_at)}-r"


def request_of(record: Record) -> dict[str, str]:
    """The input of the workflow."""
    return {f"{record.kind[0].lower()}{record.kind[1:]}Arn": record.arn}


class Refresh:
    """The steps of the workflow, in the form that kinds have. Each is safe to repeat."""

    def begin(self, desk: Desk, record: Record, request: Document, execution: str) -> dict[str, Any]:
        """What to refresh. `{"skip": True}` if the record serves nothing, or nothing that is refreshed."""
        now = deployment_of(record.body)
        if record.status != statuses.ACTIVE or now is None or not desk.recipe(now["recipeArn"]).refreshed:
            return {"skip": True, "arn": record.arn}
        group = now["datasetGroupArn"]
        home = refreshes_of(_key(desk, now["bundle"]), record.body["name"])
        target = f"{home}{execution.rpartition(':')[2]}/"
        kept = {target, _key(desk, now.get("refresh") or target)}
        old = {f"{home}{key.removeprefix(home).partition('/')[0]}/" for key, _ in desk.lake.objects(home)}
        plan = RefreshPlan(
            arn=record.arn,
            group=group_name(group),
            itemsArn=group.replace(":dataset-group/", ":dataset/") + "/ITEMS",
            bundle=now["bundle"],
            previous=now.get("refresh"),
            earlier=None if "refresh" in now else _earlier(desk, record, now["bundle"], home),
            target=desk.lake.uri(target),
            warm={
                **request_of(record),
                "solutionVersionArn": now["solutionVersionArn"],
                "refresh": desk.lake.uri(target),
            },
            # A process may still read the refresh that serves now, so that it goes with the next one.
            prefixes=sorted(old - kept),
        )
        return dict(plan)

    def succeed(self, desk: Desk, record: Record, plan: Document, result: Document) -> None:
        """Serve the refresh, unless another version or another refresh has come meanwhile."""
        now = deployment_of(record.body)
        if now and (now["bundle"], now.get("refresh")) == (plan["bundle"], plan["previous"]):
            desk.change(
                record,
                lastUpdatedDateTime=record.body["lastUpdatedDateTime"],  # nothing that a caller set
                _serving={**now, "refresh": plan["target"]},
            )

    def fail(self, desk: Desk, record: Record, reason: str) -> None:
        """What served serves on; the execution says why, and an alarm that one failed."""


def _earlier(desk: Desk, record: Record, bundle: str, home: str) -> str | None:
    """The newest refresh of the versions before: what it knows and training does not shall not be lost."""
    name = record.body["name"]
    ended = [
        (written, key)
        for key, written in desk.lake.objects(solution_models_of(_key(desk, bundle)))
        if key.endswith(f"/{STATE_FILE}") and is_refresh_of(key, name) and not key.startswith(home)
    ]
    return desk.lake.uri(max(ended)[1].removesuffix(STATE_FILE)) if ended else None


def _key(desk: Desk, uri: str) -> str:
    return uri.removeprefix(desk.lake.uri(""))
