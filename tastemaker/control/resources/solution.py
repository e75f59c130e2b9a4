"""Solutions: a recipe with its configuration, and the schedule that trains it."""

import math
from collections.abc import Mapping
from typing import Any

from tastemaker.contracts.lake_layout import GroupFolder
from tastemaker.control.core import solution_config, statuses
from tastemaker.control.core.arns import name_of, work_name
from tastemaker.control.core.context import Desk
from tastemaker.control.core.declaration import Body, Kind, Reference, Request
from tastemaker.control.core.ports import WorkError
from tastemaker.control.core.records import Record
from tastemaker.control.core.updates import applied
from tastemaker.control.resources.dataset import schemas_of
from tastemaker.control.resources.dataset_group import group_name
from tastemaker.control.workflows import precomputed
from tastemaker.errors import InvalidInput, ResourceInUse

DAY = 86400.0
AUTO_ML = "arn:aws:personalize:::recipe/aws-user-personalization"
"""AutoML chose among the recipes of 2019 that rank items for users, which are one model here."""


class Solution(Kind):
    """ACTIVE at once. Internal member: `_firstTrainingAt`, when the schedule fires first."""

    name = "Solution"
    segment = "solution"
    refers = (Reference("datasetGroupArn", "DatasetGroup"),)
    verbs = ("Create", "Describe", "List", "Update", "Delete")
    purged = True
    quota = "solutionsPerDatasetGroup"

    def owns(self, arn: str) -> bool:
        return "/" not in name_of(arn)

    def members(self, desk: Desk, request: Request, found: Mapping[str, Record]) -> Body:
        if request.get("performAutoML"):
            if "recipeArn" in request:
                raise InvalidInput("performAutoML chooses the recipe itself; leave recipeArn out.")
            request = {**request, "recipeArn": AUTO_ML, "autoMLResult": {"bestRecipeArn": AUTO_ML}}
        if "recipeArn" not in request:
            raise InvalidInput("recipeArn is missing; ListRecipes shows the recipes.")
        recipe = desk.recipe(request["recipeArn"])
        if recipe.domain is not None:
            raise InvalidInput(
                f"{recipe.name} is a use case of the domain {recipe.domain}; use CreateRecommender."
            )
        solution_config.check_trainable(recipe)
        solution_config.check(recipe, request, schemas_of(desk, request["datasetGroupArn"]))
        auto = request.get("performAutoTraining", True)
        body = {"performHPO": False, "performAutoML": False, **super().members(desk, request, found)}
        body["performAutoTraining"] = auto
        if auto:
            body["_firstTrainingAt"] = desk.now() + desk.auto_training_delay
        return body

    def begin_work(self, desk: Desk, record: Record) -> Record:
        if record.body["performAutoTraining"]:
            try:
                _schedule(desk, record)
            except WorkError:
                desk.remove(record)
                raise
        return record

    def shown(self, desk: Desk, record: Record) -> Body:
        newest = next(desk.each("SolutionVersion", record.arn), None)
        return record.body if newest is None else {**record.body, "latestSolutionVersion": newest.body}

    def check_deletable(self, desk: Desk, record: Record) -> None:
        for campaign in desk.each_now("Campaign", record.arn):
            raise ResourceInUse(f"{record.arn} is used by {campaign.arn}; delete that first.")
        for version in desk.each("SolutionVersion", record.arn):
            for job in desk.each_now(None, version.arn):
                if job.status in statuses.MOVING:
                    raise ResourceInUse(f"{job.arn} has the status {job.status}; wait until it has ended.")

    def before_delete(self, desk: Desk, record: Record) -> None:
        desk.work.unschedule(schedule_name(record))

    def belongings(self, desk: Desk, record: Record) -> dict[str, Any]:
        folder = GroupFolder(group_name(record.body["datasetGroupArn"]))
        name = record.body["name"]
        return {
            "prefixes": [folder.solution_training(name), folder.solution_models(name)],
            "recommendationsOf": precomputed.of_solution(desk, record.arn),
        }

    def update(self, desk: Desk, request: Request) -> Body:
        """UpdateSolution: automatic training, its schedule, event weights. In force at once."""
        record = desk.find_active("Solution", request["solutionArn"])
        recipe = desk.recipe(record.body["recipeArn"])
        changes = request.get("solutionUpdateConfig", {})
        switches = {
            name: request[name]
            for name in ("performAutoTraining", "performIncrementalUpdate")
            if name in request
        }
        if not changes and not switches:
            raise InvalidInput("Nothing to update: give performAutoTraining or solutionUpdateConfig.")
        if switches.get("performIncrementalUpdate") and not recipe.incremental_update:
            raise InvalidInput(f"performIncrementalUpdate is not supported by {recipe.name}.")
        auto = switches.get("performAutoTraining", record.body["performAutoTraining"])
        if "autoTrainingConfig" in changes:
            if not auto:
                raise InvalidInput("autoTrainingConfig needs performAutoTraining=true.")
            solution_config.days_between_trainings(changes)
        if "eventsConfig" in changes:
            solution_config.check_events_config(recipe, changes["eventsConfig"])
        config = {**record.body.get("solutionConfig", {}), **changes}
        first = record.body.get("_firstTrainingAt")
        if auto and not record.body["performAutoTraining"]:
            first = desk.now() + desk.auto_training_delay
        update = applied(desk, **switches, solutionUpdateConfig=changes or None)
        members = {
            **switches,
            "solutionConfig": config or None,
            "latestSolutionUpdate": update,
            "_firstTrainingAt": first,
        }
        if auto:
            _schedule(desk, record.with_(**members))
        else:
            desk.work.unschedule(schedule_name(record))
        return desk.change(record, **members).body


def schedule_name(record: Record) -> str:
    """The name of a solution's or recommender's schedule."""
    return work_name(record.arn, record.created_at)


def _schedule(desk: Desk, record: Record) -> None:
    days = solution_config.days_between_trainings(record.body.get("solutionConfig") or {})
    first, period = record.body["_firstTrainingAt"], days * DAY
    if first < desk.now():  # keep to the rhythm: a schedule cannot begin in the past
        first += math.ceil((desk.now() - first) / period) * period
    desk.work.schedule(
        schedule_name(record),
        workflow="train",
        every=period,
        first_at=first,
        request={"solutionArn": record.arn, "trainingType": "AUTOMATIC"},
    )
