"""Batch inference jobs: recommendations for a file of users or items."""

from collections.abc import Mapping

from tastemaker.contracts.plans import BatchPlan
from tastemaker.control.core import exploration_config
from tastemaker.control.core.datasets import schemas_of
from tastemaker.control.core.declaration import Body, Request
from tastemaker.control.core.locations import check_s3
from tastemaker.control.core.records import Record
from tastemaker.control.resources.batch_job import BatchJob, check_filter
from tastemaker.control.workflows import precomputed
from tastemaker.errors import InvalidInput
from tastemaker.recipes import Recipe

DEFAULT_RESULTS = 25
MAX_RESULTS = 500


class BatchInferenceJob(BatchJob):
    """A batch inference job. Private member: `_serveDays`, which `workflows/precomputed.py` reads."""

    name = "BatchInferenceJob"
    segment = "batch-inference-job"
    quota = "concurrentBatchInferenceJobs"

    def build_body(self, request: Request, referenced: Mapping[str, Record]) -> Body:
        version = referenced["solutionVersionArn"]
        recipe = self.context.ports.recipe(version.body["recipeArn"])
        if not recipe.batch_inference:
            raise InvalidInput(f"{recipe.name} does not support batch inference jobs.")
        body = super().build_body(request, referenced)
        check_filter(recipe, referenced)
        config = request.get("batchInferenceJobConfig", {})
        exploration_config.check(recipe, config.get("itemExplorationConfig"))
        if "rankingInfluence" in config and not recipe.ranking_influence:
            raise InvalidInput(f"rankingInfluence is not supported by {recipe.name}.")
        self._check_themes(recipe, request, version)
        if "messageConfig" in request:
            _check_messages(recipe, request)
        results = results_of(request)
        served = precomputed.private_members(precomputed.days_of(recipe, request, results))
        return {"batchInferenceJobMode": "BATCH_INFERENCE", **body, "numResults": results, **served}

    def _check_themes(self, recipe: Recipe, request: Request, version: Record) -> None:
        themes = request.get("batchInferenceJobMode") == "THEME_GENERATION"
        if themes != ("themeGenerationConfig" in request):
            raise InvalidInput(
                "themeGenerationConfig and batchInferenceJobMode=THEME_GENERATION need each other."
            )
        if not themes:
            return
        if not recipe.themes:
            raise InvalidInput(f"THEME_GENERATION is not supported by {recipe.name}.")
        column = request["themeGenerationConfig"]["fieldsForThemeGeneration"]["itemName"]
        items = schemas_of(self.context, version.body["datasetGroupArn"]).get("ITEMS")
        field = None if items is None else items.field(column)
        if items is None or field is None:
            raise InvalidInput(f"itemName is {column}; it must be a column of the Items dataset.")
        if field.type != "string":
            raise InvalidInput(f"itemName is {column}, which has the type {field.type}; it must be a string.")
        if not any(field.textual for field in items.fields):
            raise InvalidInput("THEME_GENERATION needs an Items dataset with a textual column.")

    def begin(self, record: Record, request: Request, execution: str) -> BatchPlan:
        plan = super().begin(record, request, execution)
        if "messageConfig" in record.body:
            plan["messages"] = record.body["messageConfig"]
        themes = record.body.get("themeGenerationConfig")
        if themes:
            items = schemas_of(self.context, plan["datasetGroupArn"])["ITEMS"]
            texts = [field.name for field in items.fields if field.textual]
            plan["themes"] = {"itemName": themes["fieldsForThemeGeneration"]["itemName"], "texts": texts}
        return plan


def _check_messages(recipe: Recipe, request: Request) -> None:
    """Check a job with messages. Raises InvalidInput."""
    if recipe.call != "GetRecommendations":
        raise InvalidInput(
            f"messageConfig is not supported by {recipe.name}: a message is about recommended items."
        )
    if "themeGenerationConfig" in request:
        raise InvalidInput("A job writes themes or messages: give themeGenerationConfig or messageConfig.")
    delivery = request["messageConfig"].get("delivery") or {}
    for member in ("unsubscribedPath", "sentPath"):
        if member in delivery:
            check_s3(delivery[member], f"messageConfig.delivery.{member}")


def results_of(request: Request) -> int:
    """The `numResults` of a batch job. Raises InvalidInput."""
    results = request.get("numResults", DEFAULT_RESULTS)
    if not 1 <= results <= MAX_RESULTS:
        raise InvalidInput(f"numResults is {results}; it must be from 1 to {MAX_RESULTS}.")
    return int(results)
