"""Solutions: a recipe with its configuration, and the schedule that trains it."""

import math
from collections.abc import Mapping

from tastemaker.contracts.arns import execution_name, name_of
from tastemaker.contracts.durations import DAY_SECONDS
from tastemaker.contracts.plans import OwnedData
from tastemaker.control.core import solution_config
from tastemaker.control.core.datasets import folder_of_group, schemas_of
from tastemaker.control.core.declaration import Body, Reference, Request
from tastemaker.control.core.operations import ensure_ended
from tastemaker.control.core.ports import StartError
from tastemaker.control.core.records import Record
from tastemaker.control.core.resource_type import ResourceType
from tastemaker.control.core.updates import applied
from tastemaker.control.workflows import precomputed
from tastemaker.errors import InvalidInput, ResourceInUse

AUTO_ML = "arn:aws:personalize:::recipe/aws-user-personalization"
"""AutoML chooses among the recipes of 2019 that rank items for users, which are one model here."""


class Solution(ResourceType):
    """A solution. It is ACTIVE at once.

    Private members: `_firstTrainingAt`, when the schedule fires first; `_trainingCheckedAt`, which
    `workflows/training_delays.py` reads; `_lists`, which `workflows/precomputed.py` reads.
    """

    name = "Solution"
    segment = "solution"
    references = (Reference("datasetGroupArn", "DatasetGroup"),)
    verbs = ("Create", "Describe", "List", "Update", "Delete")
    has_data = True
    quota = "solutionsPerDatasetGroup"

    def owns(self, arn: str) -> bool:
        return "/" not in name_of(arn)

    def build_body(self, request: Request, referenced: Mapping[str, Record]) -> Body:
        if request.get("performAutoML"):
            if "recipeArn" in request:
                raise InvalidInput("performAutoML chooses the recipe itself; leave recipeArn out.")
            chosen = self._auto_ml(request.get("solutionConfig", {}).get("autoMLConfig", {}))
            request = {**request, "recipeArn": chosen, "autoMLResult": {"bestRecipeArn": chosen}}
        if "recipeArn" not in request:
            raise InvalidInput("recipeArn is missing; ListRecipes shows the recipes.")
        recipe = self.context.ports.recipe(request["recipeArn"])
        if recipe.domain is not None:
            raise InvalidInput(
                f"{recipe.name} is a use case of the domain {recipe.domain}; use CreateRecommender."
            )
        solution_config.check_trainable(recipe)
        solution_config.check(recipe, request, schemas_of(self.context, request["datasetGroupArn"]))
        auto = request.get("performAutoTraining", True)
        body = {"performHPO": False, "performAutoML": False, **super().build_body(request, referenced)}
        body["performAutoTraining"] = auto
        if auto:
            body["_firstTrainingAt"] = self.context.now() + self.context.ports.auto_training_delay
        return body

    def _auto_ml(self, config: Request) -> str:
        """The recipe that AutoML chooses: the first of the list with a model of a user's history.

        Raises InvalidInput if the list has a recipe of another type, ResourceNotFound if one does not exist.
        """
        recipes = [self.context.ports.recipe(arn) for arn in config.get("recipeList", [])]
        for recipe in recipes:
            if recipe.type != "USER_PERSONALIZATION":
                raise InvalidInput(
                    f"autoMLConfig chooses among recipes of the type USER_PERSONALIZATION; {recipe.name} has "
                    f"the type {recipe.type}."
                )
        ranked = [recipe for recipe in recipes if recipe.model_name == "sequence"] or recipes
        return ranked[0].arn if ranked else AUTO_ML

    def start_workflow(self, record: Record) -> Record:
        if record.body["performAutoTraining"]:
            try:
                self._schedule(record)
            except StartError:
                self.context.writer.remove(record)
                raise
        return record

    def describe_body(self, record: Record) -> Body:
        newest = next(self.context.records.each("SolutionVersion", record.arn), None)
        return record.body if newest is None else {**record.body, "latestSolutionVersion": newest.body}

    def check_deletable(self, record: Record) -> None:
        for campaign in self.context.records.each_current("Campaign", record.arn):
            raise ResourceInUse(f"{record.arn} is used by {campaign.arn}; delete that first.")
        for version in self.context.records.each("SolutionVersion", record.arn):
            for job in self.context.records.each_current(None, version.arn):
                ensure_ended(job)

    def before_delete(self, record: Record) -> None:
        self.context.ports.workflows.unschedule(schedule_name(record))

    def owned_data(self, record: Record) -> OwnedData:
        folder = folder_of_group(self.context, record.body["datasetGroupArn"])
        name = record.body["name"]
        return {
            "prefixes": [folder.solution_training(name), folder.solution_models(name)],
            "recommendationsOf": precomputed.versions_of_solution(self.context, record.arn),
        }

    def update(self, request: Request) -> Body:
        """UpdateSolution: automatic training, its schedule and event weights, in force at once."""
        record = self.context.records.find_active("Solution", request["solutionArn"])
        recipe = self.context.ports.recipe(record.body["recipeArn"])
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
            first = self.context.now() + self.context.ports.auto_training_delay
        update = applied(self.context, **switches, solutionUpdateConfig=changes or None)
        members = {
            **switches,
            "solutionConfig": config or None,
            "latestSolutionUpdate": update,
            "_firstTrainingAt": first,
        }
        if auto:
            self._schedule(record.with_(**members))
        else:
            self.context.ports.workflows.unschedule(schedule_name(record))
        return self.context.writer.change(record, **members).body

    def _schedule(self, record: Record) -> None:
        days = solution_config.days_between_trainings(record.body.get("solutionConfig") or {})
        first, period, now = first_training_at(record), days * DAY_SECONDS, self.context.now()
        if first < now:  # a schedule cannot begin in the past: keep its rhythm
            first += math.ceil((now - first) / period) * period
        self.context.ports.workflows.schedule(
            schedule_name(record),
            workflow="train",
            every=period,
            first_at=first,
            request={"solutionArn": record.arn, "trainingType": "AUTOMATIC"},
        )


def schedule_name(record: Record) -> str:
    """The name of the training schedule of a solution or recommender."""
    return execution_name(record.arn, record.created_at)


def first_training_at(solution: Record) -> float:
    """When the training schedule of a solution first fires (seconds since 1970); 0.0 if it never has."""
    return float(solution.body.get("_firstTrainingAt", 0.0))
